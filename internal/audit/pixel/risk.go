package pixel

import (
	"strings"

	"assay/internal/audit/dicom"
	"assay/internal/audit/dicom/dict"
	"assay/internal/audit/finding"
)

// risk collects what the header says about text and faces in the image.
type risk struct {
	imageType      string
	conversion     string // ConversionType
	series         string // SeriesDescription
	burnedIn       string // BurnedInAnnotation
	lossy          string // LossyImageCompression
	specimenLabel  string // SpecimenLabelInImage
	manufacturer   bool   // has a value
	captureDevice  bool   // an attribute of the device of a secondary capture has a value
	regions        bool   // SequenceOfUltrasoundRegions
	cleanClaimed   bool   // DeidentificationMethodCodeSequence names option 113101
	multiframeType string // FrameType of the first functional group
	face           face
}

// element keeps what some rule asks for.
func (r *risk) element(e *dicom.Element, text string) {
	if e.Depth > 0 {
		r.nested(e, text)
		return
	}
	switch e.Tag {
	case 0x00080008:
		r.imageType = text
	case 0x00080064:
		r.conversion = dicom.Trim(text)
	case 0x0008103E:
		r.series = text
		r.face.words(text)
	case 0x00280301:
		r.burnedIn = dicom.Trim(text)
	case 0x00282110:
		r.lossy = dicom.Trim(text)
	case 0x00480010:
		r.specimenLabel = dicom.Trim(text)
	case 0x00080070:
		r.manufacturer = dicom.Trim(text) != ""
	case 0x00181010, 0x00181012, 0x00181014, 0x00181016, 0x00181018, 0x00181019:
		r.captureDevice = r.captureDevice || dicom.Trim(text) != ""
	case 0x00186011:
		r.regions = e.Length != 0
	default:
		r.face.element(e, text)
	}
}

// nested keeps what items of sequences tell.
func (r *risk) nested(e *dicom.Element, text string) {
	if e.Tag == 0x00089007 && r.multiframeType == "" { // FrameType
		r.multiframeType = text
	}
	if e.Tag == 0x00080100 && e.Depth == 1 && e.Parents[0].Tag == 0x00120064 && dicom.Trim(text) == "113101" {
		r.cleanClaimed = true
	}
	r.face.nested(e, text)
}

// reason is why an image may show text.
type reason struct {
	words string
	path  string
}

// risks returns the reasons for which the image may show text, in words.
func (r *risk) risks(h *dicom.Header) []string {
	list := r.reasons(h)
	if len(list) == 0 {
		return nil
	}
	words := make([]string, len(list))
	for i, x := range list {
		words[i] = x.words
	}
	return words
}

// Paths of the attributes that reasons rest on.
const (
	pathSOPClass    = "(0008,0016) SOPClassUID"
	pathImageType   = "(0008,0008) ImageType"
	pathModality    = "(0008,0060) Modality"
	pathConversion  = "(0008,0064) ConversionType"
	pathMaker       = "(0008,0070) Manufacturer"
	pathSeries      = "(0008,103E) SeriesDescription"
	pathDevice      = "(0018,1010) SecondaryCaptureDeviceID"
	pathRegions     = "(0018,6011) SequenceOfUltrasoundRegions"
	pathPhotometric = "(0028,0004) PhotometricInterpretation"
	pathBurnedIn    = "(0028,0301) BurnedInAnnotation"
)

// reasons applies the risk rules to a header. An object without an image has
// none, except a document that may hold pages as images.
//
// Source: DICOM PS3.3 Sections C.7.6.1.1.2 (ImageType), C.8.6.1 (SC), C.8.5.5
// (US regions), C.8.12.4 (slides); DICOM PS3.15 Section E.3.1.
func (r *risk) reasons(h *dicom.Header) []reason {
	class := strings.TrimPrefix(classOf(h), storage)
	if class == "104.1" || class == "104.2" {
		return []reason{{"a document in a DICOM file", pathSOPClass}}
	}
	if !h.PixelData.Present {
		return nil
	}
	var list []reason
	add := func(is bool, words, path string) {
		if is {
			list = append(list, reason{words, path})
		}
	}
	add(isCapture(class), "a secondary capture", pathSOPClass)
	add(r.burnedIn == "YES", "BurnedInAnnotation says YES", pathBurnedIn)
	ultrasound := h.Modality == "US" || h.Modality == "IVUS" || isUltrasound(class)
	add(ultrasound && r.regions, "ultrasound", pathModality)
	add(ultrasound && !r.regions, "ultrasound without the regions of its image", pathRegions)
	if words := drawsText(h.Modality); words != "" {
		add(true, words, pathModality)
	}
	r.byImageType(add)
	switch r.conversion {
	case "WSD", "DF", "DI":
		add(true, "made from a screen, film or picture (ConversionType)", pathConversion)
	}
	add(hasAnyWord(r.series, "dose", "report", "screen", "save", "3d"), "words in the series description", pathSeries)
	add(r.captureDevice, "device of a secondary capture named", pathDevice)
	photometric := h.Image.PhotometricInterpretation
	add((h.Modality == "CT" || h.Modality == "MR") && photometric != "" && !strings.HasPrefix(photometric, "MONOCHROME"), "color in CT or MR", pathPhotometric)
	add(!r.manufacturer, "no manufacturer named", pathMaker)
	return list
}

// byImageType adds the reasons that ImageType gives, and FrameType where the
// object has frames of its own kinds.
func (r *risk) byImageType(add func(bool, string, string)) {
	t := r.imageType
	if r.multiframeType != "" {
		t += `\` + r.multiframeType
	}
	add(hasAnyWord(t, "secondary"), "image type SECONDARY", pathImageType)
	add(hasAnyWord(t, "screen", "save", "screensave"), "image type of a saved screen", pathImageType)
	add(hasAnyWord(t, "report"), "image type REPORT", pathImageType)
	add(hasAnyWord(t, "derived"), "image type DERIVED", pathImageType)
	add(hasAnyWord(t, "label", "overview"), "label or overview of a slide", pathImageType)
}

// storage is the root of the storage SOP Classes.
const storage = "1.2.840.10008.5.1.4.1.1."

func classOf(h *dicom.Header) string {
	if h.SOPClassUID != "" {
		return h.SOPClassUID
	}
	return h.MediaStorageSOPClassUID
}

func isCapture(class string) bool { return class == "7" || strings.HasPrefix(class, "7.") }

func isUltrasound(class string) bool {
	switch class {
	case "6", "6.1", "6.2", "3", "3.1":
		return true
	}
	return false
}

// drawsText says of modalities whose images often show text what they are.
func drawsText(modality string) string {
	switch modality {
	case "XA", "RF":
		return "angiography or fluoroscopy"
	case "ES", "XC", "GM", "DMS":
		return "a camera's picture"
	case "OP":
		return "ophthalmic photography"
	case "OT":
		return "modality OT"
	}
	return ""
}

// hasAnyWord reports whether s holds one of words as a word of its own, in
// whatever case. Letters and digits make words.
func hasAnyWord(s string, words ...string) bool {
	for s != "" {
		i := strings.IndexFunc(s, isWordRune)
		if i < 0 {
			return false
		}
		s = s[i:]
		end := strings.IndexFunc(s, func(c rune) bool { return !isWordRune(c) })
		if end < 0 {
			end = len(s)
		}
		for _, w := range words {
			if len(w) == end && strings.EqualFold(w, s[:end]) {
				return true
			}
		}
		s = s[end:]
	}
	return false
}

func isWordRune(c rune) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c > 127
}

// riskFindings reports the reasons.
func (r *risk) riskFindings(h *dicom.Header) []finding.Finding {
	var list []finding.Finding
	for _, x := range r.reasons(h) {
		list = append(list, ruleRisk.New(x.path, "", "The image may show text: "+x.words+".", finding.Location{}))
	}
	return list
}

// isLossySyntax reports whether a transfer syntax always loses.
func isLossySyntax(uid string) bool {
	s, ok := dict.LookupTransferSyntax(uid)
	return ok && s.Lossy == "yes"
}
