package synth

import (
	"bytes"
	"fmt"
	"path"

	"github.com/suyashkumar/dicom"
	"github.com/suyashkumar/dicom/pkg/tag"
)

const segmentationClass = "1.2.840.10008.5.1.4.1.1.66.4"

// structure is a segment of the thorax.
type structure struct {
	label    string
	category *header
	kind     *header
	tissues  tissues // 1 where it is
}

func structures() []structure {
	anatomy := code("123037004", "SCT", "Anatomical Structure")
	return []structure{
		{"Lung", anatomy, code("39607008", "SCT", "Lung"), tissues{lung: 1, nodule: 1}},
		{"Heart", anatomy, code("80891009", "SCT", "Heart"), tissues{heart: 1}},
		{"Nodule", code("49755003", "SCT", "Morphologically Altered Structure"), code("27925004", "SCT", "Nodule"), tissues{nodule: 1}},
	}
}

// Segmentation makes a DICOM Segmentation of lung, heart and nodule, drawn by
// hand as it says, of the CT series that Series makes of the same Spec.
//
// Source: DICOM PS3.3 Sections A.51 and C.8.20.
func Segmentation(spec Spec) (File, error) {
	s, err := newSeries(spec)
	if err != nil {
		return File{}, err
	}
	if s.Modality != CT {
		return File{}, fmt.Errorf("synth: a segmentation of %s cannot be made", s.Modality)
	}
	h := newHeader()
	s.common(h, 0)
	s.segmented(h)
	s.shared(h)
	s.frames(h)
	if h.err != nil {
		return File{}, h.err
	}
	var b bytes.Buffer
	if err := dicom.Write(&b, dicom.Dataset{Elements: h.sorted()}); err != nil {
		return File{}, err
	}
	return File{path.Join(path.Dir(path.Dir(s.path(0))), "SEG", "labels.dcm"), b.Bytes()}, nil
}

// segmented puts what tells a segmentation from the images.
func (s *series) segmented(h *header) {
	uid := s.uid("segmentation", 0)
	for _, t := range []tag.Tag{tag.MediaStorageSOPClassUID, tag.SOPClassUID} {
		h.text(t, segmentationClass)
	}
	for _, t := range []tag.Tag{tag.MediaStorageSOPInstanceUID, tag.SOPInstanceUID} {
		h.text(t, uid)
	}
	h.text(tag.Modality, "SEG")
	h.text(tag.ImageType, "DERIVED", "PRIMARY")
	h.text(tag.SeriesInstanceUID, s.uid("series of segmentations", 0))
	h.text(tag.SeriesDescription, "Segmentation")
	h.text(tag.SeriesNumber, "100")
	h.text(tag.Manufacturer, "Phantom Works")
	h.text(tag.ManufacturerModelName, "Contour Desk")
	h.text(tag.SoftwareVersions, "1.0")
	h.text(tag.DeviceSerialNumber, "ANONYMOUS")
	h.text(tag.ContentDate, "19000101") // dummies, since neither may be empty
	h.text(tag.ContentTime, "000000")
	h.text(tag.LongitudinalTemporalInformationModified, "MODIFIED")
	h.empty(tag.ContentDescription, tag.ContentCreatorName)
	h.text(tag.ContentLabel, "THORAX")
	h.text(tag.SegmentationType, "BINARY")
	h.text(tag.FrameOfReferenceUID, s.uid("frame of reference", 0))
	h.empty(tag.PositionReferenceIndicator)
	var segments []*header
	for n, part := range structures() {
		item := newHeader()
		item.ints(tag.SegmentNumber, n+1)
		item.text(tag.SegmentLabel, part.label)
		item.text(tag.SegmentAlgorithmType, "MANUAL")
		item.items(tag.SegmentedPropertyCategoryCodeSequence, part.category)
		item.items(tag.SegmentedPropertyTypeCodeSequence, part.kind)
		segments = append(segments, item)
	}
	h.items(tag.SegmentSequence, segments...)

	var images []*header
	for i := range s.Slices {
		images = append(images, s.reference(i))
	}
	of := newHeader()
	of.text(tag.SeriesInstanceUID, s.uid("series", 0))
	of.items(tag.ReferencedInstanceSequence, images...)
	h.items(tag.ReferencedSeriesSequence, of)
}

// reference names slice i.
func (s *series) reference(i int) *header {
	h := newHeader()
	h.text(tag.ReferencedSOPClassUID, sopClass[s.Modality])
	h.text(tag.ReferencedSOPInstanceUID, s.uid("instance", i))
	return h
}

// shared puts what holds for all frames.
func (s *series) shared(h *header) {
	organization := newHeader()
	organization.text(tag.DimensionOrganizationUID, s.uid("dimensions", 0))
	h.items(tag.DimensionOrganizationSequence, organization)
	var dimensions []*header
	for _, d := range [...][2]tag.Tag{{tag.ReferencedSegmentNumber, tag.SegmentIdentificationSequence}, {tag.ImagePositionPatient, tag.PlanePositionSequence}} {
		item := newHeader()
		item.text(tag.DimensionOrganizationUID, s.uid("dimensions", 0))
		item.ints(tag.DimensionIndexPointer, int(d[0].Group), int(d[0].Element)) // an AT is two numbers of 16 bits
		item.ints(tag.FunctionalGroupPointer, int(d[1].Group), int(d[1].Element))
		dimensions = append(dimensions, item)
	}
	h.items(tag.DimensionIndexSequence, dimensions...)

	place := s.placed(0)
	measures, orientation, all := newHeader(), newHeader(), newHeader()
	for _, t := range []tag.Tag{tag.PixelSpacing, tag.SliceThickness, tag.SpacingBetweenSlices} {
		measures.elements[t] = place.elements[t]
	}
	orientation.elements[tag.ImageOrientationPatient] = place.elements[tag.ImageOrientationPatient]
	all.items(tag.PixelMeasuresSequence, measures)
	all.items(tag.PlaneOrientationSequence, orientation)
	h.items(tag.SharedFunctionalGroupsSequence, all)
}

// placed is the place of slice i of a CT.
func (s *series) placed(i int) *header {
	h := newHeader()
	s.slice(h, i, 360/float64(s.Columns), 3)
	return h
}

// frames puts a frame for each structure in each slice that it is in, bit by
// bit without gaps.
//
// Source: DICOM PS3.5 Section 8.1.1.
func (s *series) frames(h *header) {
	var groups []*header
	var bits []byte
	n := 0
	for number, part := range structures() {
		for i := range s.Slices {
			c := newCanvas(s.Rows, s.Columns, 0)
			s.thorax(c, i, part.tissues)
			if !c.any() {
				continue
			}
			for _, v := range c.v {
				if n%8 == 0 {
					bits = append(bits, 0)
				}
				if v > 0 {
					bits[n/8] |= 1 << (n % 8)
				}
				n++
			}
			groups = append(groups, s.frame(number+1, i))
		}
	}
	h.items(tag.PerFrameFunctionalGroupsSequence, groups...)
	h.text(tag.NumberOfFrames, fmt.Sprint(len(groups)))
	h.pixels(s.Rows, s.Columns, 1, 1, 1, false, bits)
}

// frame says what a frame shows: a segment in slice i.
func (s *series) frame(segment, i int) *header {
	content, plane, which, source, derivation, h := newHeader(), newHeader(), newHeader(), s.reference(i), newHeader(), newHeader()
	content.ints(tag.DimensionIndexValues, segment, i+1)
	plane.elements[tag.ImagePositionPatient] = s.placed(i).elements[tag.ImagePositionPatient]
	which.ints(tag.ReferencedSegmentNumber, segment)
	source.items(tag.PurposeOfReferenceCodeSequence, code("121322", "DCM", "Source image for image processing operation"))
	derivation.items(tag.SourceImageSequence, source)
	derivation.items(tag.DerivationCodeSequence, code("113076", "DCM", "Segmentation"))
	h.items(tag.FrameContentSequence, content)
	h.items(tag.PlanePositionSequence, plane)
	h.items(tag.SegmentIdentificationSequence, which)
	h.items(tag.DerivationImageSequence, derivation)
	return h
}
