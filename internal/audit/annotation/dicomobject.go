package annotation

import (
	"errors"
	"math"
	"strconv"
	"strings"

	"assay/internal/audit/dicom"
)

// Names of the SOP Classes of objects that label images.
//
// Source: DICOM PS3.4 Table B.5-1.
const (
	segmentationClass = "Segmentation Storage"
	labelMapClass     = "Label Map Segmentation Storage"
	structureSetClass = "RT Structure Set Storage"
)

// reportClasses are the structured reports that people and programs write on
// images; those on dose and the like hold no labels.
//
// Source: DICOM PS3.3 Section A.35, PS3.16 TID 1500.
var reportClasses = map[string]bool{
	"Basic Text SR Storage": true, "Enhanced SR Storage": true, "Comprehensive SR Storage": true,
	"Comprehensive 3D SR Storage": true, "Extensible SR Storage": true,
}

// dicomObjects reads segmentations, structure sets and reports. Ordinary images
// are not opened: Join counts them by what the audit read of their headers.
var dicomObjects = reader{detect: detectObject, read: readObject}

// Tags that the objects have in common.
const (
	tagCodeValue       dicom.Tag = 0x00080100
	tagCodingScheme    dicom.Tag = 0x00080102
	tagCodeMeaning     dicom.Tag = 0x00080104
	tagReferencedSOP   dicom.Tag = 0x00081155
	tagReferencedFrom  dicom.Tag = 0x00081115 // ReferencedSeriesSequence
	tagInstances       dicom.Tag = 0x0008114A // ReferencedInstanceSequence
	tagReferencedSOPs  dicom.Tag = 0x00081199 // ReferencedSOPSequence
	tagSeries          dicom.Tag = 0x0020000E
	tagFrameOfRef      dicom.Tag = 0x00200052
	tagPixelSpacing    dicom.Tag = 0x00280030
	maxObjectTextBytes           = 16 << 20 // of one value: the points of one contour
)

func detectObject(in *input) ([]Match, error) {
	switch {
	case in.SOPClass == segmentationClass, in.SOPClass == labelMapClass:
		return []Match{{DICOMSEG, 1}}, nil
	case in.SOPClass == structureSetClass:
		return []Match{{RTSTRUCT, 1}}, nil
	case reportClasses[in.SOPClass]:
		return in.detectReport()
	}
	return nil, nil
}

func readObject(in *input) error {
	in.facts.Object = &Object{}
	switch in.facts.Formats[0].Format {
	case DICOMSEG:
		return in.readSegmentation()
	case RTSTRUCT:
		return in.readStructureSet()
	case SRTID1500:
		return in.readMeasurements()
	}
	return in.readOtherReport()
}

// errSeen ends a scan that has seen enough.
var errSeen = errors.New("enough is seen")

// scan visits the elements of a DICOM file with their decoded text, trimmed.
// The header is nil if visit ended the scan by errSeen.
func (in *input) scan(visit func(e *dicom.Element, text string) error) (*dicom.Header, error) {
	h, err := dicom.Scan(in.ctx, in.Content, in.SizeBytes, dicom.Limits{TextBytes: maxObjectTextBytes}, func(e *dicom.Element) error {
		var text string
		if e.VR.IsText() {
			text, _ = dicom.Text(e, e.Charset)
			text = dicom.Trim(text)
		}
		return visit(e, text)
	})
	if errors.Is(err, errSeen) {
		return nil, nil
	}
	return h, err
}

// tagPath is the pointer to an element, or to the item that holds it if tag is
// 0: "(3006,0039)[2].(3006,0040)[0].(3006,0050)". Items are counted from 0.
func tagPath(parents []dicom.Step, tag dicom.Tag) string {
	var room [192]byte
	b := room[:0]
	for i, p := range parents {
		if i > 0 {
			b = append(b, '.')
		}
		b = p.Tag.AppendTo(b)
		b = append(b, '[')
		b = strconv.AppendInt(b, int64(p.Item-1), 10)
		b = append(b, ']')
	}
	if tag != 0 {
		if len(parents) > 0 {
			b = append(b, '.')
		}
		b = tag.AppendTo(b)
	}
	return string(b)
}

// within reports whether the items are those of the sequences, outermost first.
func within(items []dicom.Step, sequences ...dicom.Tag) bool {
	if len(items) != len(sequences) {
		return false
	}
	for i, s := range sequences {
		if items[i].Tag != s {
			return false
		}
	}
	return true
}

// integer reads an integer string, or a binary number of one or two bytes or of
// four.
func integer(e *dicom.Element, text string) (int, bool) {
	if e.VR.IsText() {
		first, _, _ := strings.Cut(text, `\`)
		n, err := strconv.ParseInt(dicom.Trim(first), 10, 32)
		return int(n), err == nil
	}
	if len(e.Value) < 2 {
		return 0, false
	}
	if e.BigEndian {
		return int(e.Value[0])<<8 | int(e.Value[1]), true
	}
	return int(e.Value[1])<<8 | int(e.Value[0]), true
}

// references collects the instances that an object names, each once.
type references struct {
	in    *input
	index map[Hash]int32
	of    Hash    // the series of those that follow, zero if it is not known yet
	fresh []int32 // those whose series is told after them
}

func newReferences(in *input) *references {
	return &references{in: in, index: map[Hash]int32{}}
}

// add takes an element that names an instance, and returns its index into the
// images of the file, -1 if it names none or there are too many.
func (r *references) add(e *dicom.Element, uid string) int32 {
	h := r.in.Hash(uid)
	if h == (Hash{}) {
		return -1
	}
	if i, ok := r.index[h]; ok {
		return i
	}
	f := r.in.facts
	if len(f.Images) >= r.in.Limits.Records {
		f.Beyond++
		return -1
	}
	i := int32(len(f.Images))
	r.index[h] = i
	r.fresh = append(r.fresh, i)
	f.Images = append(f.Images, Image{SOP: h, Series: r.of, Place: i, AgeYears: float32(math.NaN())})
	f.Object.Places = append(f.Object.Places, tagPath(e.Parents, e.Tag))
	return i
}

// series says of which series the instances are that were added since the last
// one.
func (r *references) series(uid string) {
	h := r.in.Hash(uid)
	for _, i := range r.fresh {
		r.in.facts.Images[i].Series = h
	}
	r.fresh = r.fresh[:0]
}

// addLabel adds a label if there is room for it, and returns its index, -1 if
// there is none.
func (in *input) addLabel(l Label) int32 {
	if len(in.facts.Labels) >= in.Limits.Records {
		in.facts.Beyond++
		return -1
	}
	in.facts.Labels = append(in.facts.Labels, l)
	return int32(len(in.facts.Labels) - 1)
}

// objectClasses numbers the classes of one object by name.
type objectClasses struct {
	in     *input
	byName map[string]int32
}

// of returns the number of a class, -1 if there are too many.
func (c *objectClasses) of(name string, declared bool) int32 {
	if i, ok := c.byName[name]; ok {
		return i
	}
	if len(c.byName) >= c.in.Limits.Classes {
		return -1
	}
	if c.byName == nil {
		c.byName = map[string]int32{}
	}
	i := int32(len(c.in.facts.Classes))
	c.byName[name] = i
	c.in.facts.Classes = append(c.in.facts.Classes, Class{Name: name, Declared: declared})
	return i
}
