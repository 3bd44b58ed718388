package series

import (
	"strconv"
	"strings"

	"assay/internal/audit/dicom"
	"assay/internal/audit/intern"
)

// Hash is a keyed hash.
type Hash = [8]byte

// Place is where an instance lies in its series. It holds no identifier.
type Place struct {
	Number         int // InstanceNumber
	HasNumber      bool
	Position       [3]float64 // ImagePositionPatient in millimeters
	HasPosition    bool
	Orientation    [6]float64 // ImageOrientationPatient: cosines of rows and columns
	HasOrientation bool
	SpacingMM      [2]float64 // PixelSpacing; 0 if absent
	BetweenMM      float64    // SpacingBetweenSlices; 0 if absent
	Rows, Columns  int

	// Localizer says that the image is an overview, on which others are
	// planned.
	Localizer bool

	// Frame is the hash of FrameOfReferenceUID, Type of ImageType. Phase is the
	// hash of what tells apart the images that lie at one place: acquisition,
	// time, echo, weighting. All are zero if absent.
	Frame, Type, Phase Hash

	// FrameStepMM is the usual distance of the frames of a multi-frame
	// instance, 0 for any other.
	FrameStepMM float64
}

// InSpace says whether the instance is one slice with a place in space.
func (p *Place) InSpace() bool { return p.HasPosition && p.HasOrientation && !p.Localizer }

// Stacks says whether instances of a modality are slices that can be compared.
func Stacks(modality string) bool {
	return modality == "CT" || modality == "MR" || modality == "PT"
}

// Reader collects the place of one instance from its elements.
type Reader struct {
	place    Place
	modality string
	frame    string
	kind     string
	phase    []byte
	room     [192]byte // of phase, as a rule
	frames   frames
}

// maxPhase bounds the bytes kept of what tells phases apart.
const maxPhase = 1 << 10

// Element takes one element with its decoded text.
func (r *Reader) Element(e *dicom.Element, text string) {
	if e.Depth > 0 {
		r.frames.element(e, text)
		return
	}
	switch e.Tag {
	case 0x00080008: // ImageType
		r.kind = text
		r.place.Localizer = r.place.Localizer || strings.Contains(text, "LOCALIZER")
	case 0x00080060:
		r.modality = trim(text)
	case 0x0008103E: // SeriesDescription
		r.place.Localizer = r.place.Localizer || saysOverview(text)
	case 0x00200013:
		n, err := strconv.ParseInt(trim(text), 10, 32)
		r.place.Number, r.place.HasNumber = int(n), err == nil
	case 0x00200032:
		r.place.HasPosition = numbers(r.place.Position[:], text)
	case 0x00200037:
		r.place.HasOrientation = numbers(r.place.Orientation[:], text) && perpendicular(r.place.Orientation)
	case 0x00200052:
		r.frame = trim(text)
	case 0x00280030:
		if !numbers(r.place.SpacingMM[:], text) {
			r.place.SpacingMM = [2]float64{}
		}
	case 0x00180088:
		var v [1]float64
		if numbers(v[:], text) && v[0] > 0 {
			r.place.BetweenMM = v[0]
		}
	default:
		if tellsPhases(e) && len(r.phase) < maxPhase {
			if r.phase == nil {
				r.phase = r.room[:0]
			}
			r.phase = e.Tag.AppendTo(r.phase)
			r.phase = append(r.phase, e.Value[:min(len(e.Value), 64)]...)
		}
	}
}

// tellsPhases reports whether an attribute tells apart images that lie at one
// place: of another acquisition, time, echo or weighting.
//
// Source: DICOM PS3.3 Sections C.7.6.1, C.7.6.2, C.8.2.1, C.8.3.1, C.8.9.1; the
// private ones hold the b-value of Siemens, GE and Philips.
func tellsPhases(e *dicom.Element) bool {
	switch e.Tag {
	case 0x00200012, 0x00200100, // AcquisitionNumber, TemporalPositionIdentifier
		0x0008002A, 0x00080032, // AcquisitionDateTime, AcquisitionTime
		0x00180080, 0x00180081, 0x00180082, 0x00180086, // RepetitionTime, EchoTime, InversionTime, EchoNumbers
		0x00181060, 0x00181314, // TriggerTime, FlipAngle
		0x00189087, 0x00189089, // DiffusionBValue, DiffusionGradientOrientation
		0x00180010, 0x00180060, 0x00181210, // ContrastBolusAgent, KVP, ConvolutionKernel
		0x00541300, 0x00541330: // FrameReferenceTime, ImageIndex
		return true
	}
	switch e.Tag.Group() {
	case 0x0019:
		return e.Tag.Element()&0xFF == 0x0C && e.Creator == "SIEMENS MR HEADER"
	case 0x0043:
		return e.Tag.Element()&0xFF == 0x39 && e.Creator == "GEMS_PARM_01"
	case 0x2001:
		return e.Tag.Element()&0xFF == 0x03 && e.Creator == "Philips Imaging DD 001"
	}
	return false
}

// Place returns what was read. hash hashes a value with the key of the audit
// and returns zero for "".
func (r *Reader) Place(h *dicom.Header, hash func(string) Hash) Place {
	p := r.place
	p.Rows, p.Columns = h.Image.Rows, h.Image.Columns
	p.Frame, p.Type = hash(r.frame), hash(r.kind)
	p.Phase = hash(string(r.phase) + r.kind)
	if !Stacks(r.modality) || h.Image.Frames > 1 || !h.PixelData.Present {
		p.HasPosition = false
	}
	return p
}

// saysOverview is remembered, as descriptions repeat over a series.
var saysOverview = intern.NewMemo(hasOverviewWord).Of

// hasOverviewWord reports whether a description has a word for overview images.
func hasOverviewWord(description string) bool {
	if len(description) > 256 {
		return false
	}
	for _, w := range strings.FieldsFunc(strings.ToLower(description), func(c rune) bool { return c < 'a' || c > 'z' }) {
		switch w {
		case "localizer", "localiser", "loc", "locs", "scout", "scouts", "survey", "surview", "topogram", "scanogram", "scano", "scanoscope":
			return true
		}
	}
	return false
}

func trim(s string) string { return dicom.Trim(s) }

// numbers reads as many decimal strings as into has room for, and no others.
func numbers(into []float64, text string) bool {
	for i := range into {
		one, rest, more := strings.Cut(text, `\`)
		if more != (i < len(into)-1) {
			return false
		}
		v, err := strconv.ParseFloat(trim(one), 64)
		if err != nil || !(v > -1e6 && v < 1e6) {
			return false
		}
		into[i], text = v, rest
	}
	return true
}
