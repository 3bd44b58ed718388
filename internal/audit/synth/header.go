package synth

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/suyashkumar/dicom"
	"github.com/suyashkumar/dicom/pkg/tag"
)

// header collects the elements of an instance, or of an item.
type header struct {
	elements map[tag.Tag]*dicom.Element
	err      error // the first mistake
}

func newHeader() *header { return &header{elements: map[tag.Tag]*dicom.Element{}} }

// set puts an element of the dictionary, replacing one of the same tag.
func (h *header) set(t tag.Tag, value any) {
	e, err := dicom.NewElement(t, value)
	if err != nil {
		if h.err == nil {
			h.err = fmt.Errorf("%v: %w", t, err)
		}
		return
	}
	if e.RawValueRepresentation == "SQ" {
		e.ValueLength = tag.VLUndefinedLength
	}
	h.elements[t] = e
}

// private puts a private element with its value representation.
func (h *header) private(group, element uint16, vr string, value any) {
	v, err := dicom.NewValue(value)
	if err != nil {
		if h.err == nil {
			h.err = err
		}
		return
	}
	t := tag.Tag{Group: group, Element: element}
	h.elements[t] = &dicom.Element{Tag: t, ValueRepresentation: tag.GetVRKind(t, vr), RawValueRepresentation: vr, Value: v}
}

func (h *header) text(t tag.Tag, values ...string) { h.set(t, values) }
func (h *header) ints(t tag.Tag, values ...int)    { h.set(t, values) }

// empty puts an element of length zero: Type 2 attributes whose value was
// removed.
func (h *header) empty(tags ...tag.Tag) {
	for _, t := range tags {
		h.text(t, "")
	}
}

// decimals puts a DS of numbers written short.
func (h *header) decimals(t tag.Tag, values ...float64) {
	list := make([]string, len(values))
	for i, v := range values {
		list[i] = strconv.FormatFloat(v, 'f', -1, 64)
		if len(list[i]) > 16 {
			list[i] = strconv.FormatFloat(v, 'g', 9, 64)
		}
	}
	h.set(t, list)
}

// items puts a sequence.
func (h *header) items(t tag.Tag, items ...*header) {
	list := make([][]*dicom.Element, len(items))
	for i, item := range items {
		list[i] = item.sorted()
		if h.err == nil {
			h.err = item.err
		}
	}
	h.set(t, list)
}

// code returns an item of a code sequence.
func code(value, scheme, meaning string) *header {
	h := newHeader()
	h.text(tag.CodeValue, value)
	h.text(tag.CodingSchemeDesignator, scheme)
	h.text(tag.CodeMeaning, meaning)
	return h
}

func (h *header) sorted() []*dicom.Element {
	list := make([]*dicom.Element, 0, len(h.elements))
	for _, e := range h.elements {
		list = append(list, e)
	}
	slices.SortFunc(list, func(a, b *dicom.Element) int { return a.Tag.Compare(b.Tag) })
	return list
}

// pixels puts a native frame as bytes that are ready to write.
func (h *header) pixels(rows, columns, samples, allocated, stored int, signed bool, data []byte) {
	h.ints(tag.SamplesPerPixel, samples)
	photometric := "MONOCHROME2"
	if samples == 3 {
		photometric = "RGB"
		h.ints(tag.PlanarConfiguration, 0)
	}
	h.text(tag.PhotometricInterpretation, photometric)
	h.ints(tag.Rows, rows)
	h.ints(tag.Columns, columns)
	h.ints(tag.BitsAllocated, allocated)
	h.ints(tag.BitsStored, stored)
	h.ints(tag.HighBit, stored-1)
	representation := 0
	if signed {
		representation = 1
	}
	h.ints(tag.PixelRepresentation, representation)
	if len(data)%2 == 1 {
		data = append(data, 0)
	}
	h.set(tag.PixelData, dicom.PixelDataInfo{IntentionallyUnprocessed: true, UnprocessedValueData: data})
}

const explicitLittleEndian = "1.2.840.10008.1.2.1"

var sopClass = map[Modality]string{
	CT: "1.2.840.10008.5.1.4.1.1.2",
	MR: "1.2.840.10008.5.1.4.1.1.4",
	US: "1.2.840.10008.5.1.4.1.1.6.1",
	DX: "1.2.840.10008.5.1.4.1.1.1.1",
	SC: "1.2.840.10008.5.1.4.1.1.7",
}

// common puts what every instance has: the modules Patient, General Study,
// General Series, General Equipment, General Image and SOP Common, as the
// Basic Profile leaves them with the options Clean Descriptors and Retain
// Patient Characteristics.
//
// Source: DICOM PS3.3 Annex C, PS3.15 Annex E.
func (s *series) common(h *header, i int) {
	instance := s.uid("instance", i)
	h.set(tag.FileMetaInformationVersion, []byte{0, 1})
	h.text(tag.MediaStorageSOPClassUID, sopClass[s.Modality])
	h.text(tag.MediaStorageSOPInstanceUID, instance)
	h.text(tag.TransferSyntaxUID, explicitLittleEndian)
	h.text(tag.ImplementationClassUID, "2.25.193417326891463172658321947306141925")
	h.text(tag.ImplementationVersionName, "ASSAY_SYNTH_1")

	h.text(tag.SpecificCharacterSet, "ISO_IR 100")
	h.text(tag.SOPClassUID, sopClass[s.Modality])
	h.text(tag.SOPInstanceUID, instance)
	h.empty(tag.StudyDate, tag.StudyTime, tag.AccessionNumber, tag.ReferringPhysicianName, tag.StudyID)
	modality := string(s.Modality)
	if s.Modality == SC {
		modality = "OT"
	}
	h.text(tag.Modality, modality)
	h.text(tag.Manufacturer, s.device.maker)
	h.text(tag.ManufacturerModelName, s.device.model)
	h.text(tag.SoftwareVersions, s.device.software)
	h.text(tag.StudyDescription, s.words.study)
	h.text(tag.SeriesDescription, s.words.series)
	h.text(tag.BodyPartExamined, s.words.part)

	h.text(tag.PatientName, s.Subject)
	h.text(tag.PatientID, s.Subject)
	h.empty(tag.PatientBirthDate)
	h.text(tag.PatientSex, s.sex)
	h.text(tag.PatientAge, fmt.Sprintf("%03dY", s.age))
	h.decimals(tag.PatientWeight, float64(s.weight))
	s.claim(h)

	h.text(tag.StudyInstanceUID, s.uid("study", 0))
	h.text(tag.SeriesInstanceUID, s.uid("series", 0))
	h.text(tag.SeriesNumber, fmt.Sprint(2+s.Seed%7))
	h.text(tag.InstanceNumber, fmt.Sprint(i+1))
	h.text(tag.BurnedInAnnotation, "NO")
	h.text(tag.LossyImageCompression, "00")
}

// methods are the profile and options that a series says it was treated by.
var methods = []struct{ code, meaning string }{
	{"113100", "Basic Application Confidentiality Profile"},
	{"113105", "Clean Descriptors Option"},
	{"113108", "Retain Patient Characteristics Option"},
}

// Codes returns the codes of CID 7050 that a clean series carries; a seller
// who declares them and removed dates says what is true.
func Codes() []string {
	list := make([]string, len(methods))
	for i, m := range methods {
		list[i] = m.code
	}
	return list
}

// claim puts the statement of de-identification.
//
// Source: DICOM PS3.3 Section C.7.1.1, PS3.16 CID 7050.
func (s *series) claim(h *header) {
	h.text(tag.PatientIdentityRemoved, "YES")
	h.text(tag.DeidentificationMethod, "Phantom made by code", "PS3.15 Basic Profile, clean descriptors")
	items := make([]*header, len(methods))
	for i, m := range methods {
		items[i] = code(m.code, "DCM", m.meaning)
	}
	h.items(tag.DeidentificationMethodCodeSequence, items...)
	h.text(tag.LongitudinalTemporalInformationModified, "REMOVED")
}

// slice puts the place of slice i in an axial stack.
//
// Source: DICOM PS3.3 Section C.7.6.2.
func (s *series) slice(h *header, i int, spacing, thickness float64) {
	z := (float64(i) - float64(s.Slices-1)/2) * thickness
	h.text(tag.FrameOfReferenceUID, s.uid("frame of reference", 0))
	h.empty(tag.PositionReferenceIndicator)
	h.decimals(tag.ImageOrientationPatient, 1, 0, 0, 0, 1, 0)
	h.decimals(tag.ImagePositionPatient, -spacing*float64(s.Columns-1)/2, -spacing*float64(s.Rows-1)/2, z)
	h.decimals(tag.PixelSpacing, spacing, spacing)
	h.decimals(tag.SliceThickness, thickness)
	h.decimals(tag.SpacingBetweenSlices, thickness)
	h.decimals(tag.SliceLocation, z)
	h.text(tag.PatientPosition, "HFS")
}
