package pixel

import (
	"slices"
	"strings"

	"assay/internal/audit/deid"
	"assay/internal/audit/dicom"
	"assay/internal/audit/finding"
)

// Region says whether an image shows the head, as far as its header tells.
type Region uint8

// Regions. Whether a series of slices may show a face is decided for the whole
// series, see package audit.
const (
	RegionUnsaid Region = iota // no attribute names a part of the body
	RegionOther
	RegionHead
)

// Face is what the header of one image says about a face in it. It is plain,
// so that it can cross the border of a process.
type Face struct {
	Region  Region
	Treated bool // the image carries code 113102 among its methods
	Visible bool // RecognizableVisualFeatures says YES
}

// face collects what names a part of the body.
type face struct {
	part    string // BodyPartExamined
	hasText bool   // some attribute has words to judge by
	strong  bool   // a word that means the head whatever else is said
	weak    bool   // a word that means the head unless another part is named
	treated bool
	visible bool
}

// Face returns what the header says about a face.
func (in *Inspector) Face(h *dicom.Header) Face {
	f := &in.risk.face
	return Face{Region: f.where(), Treated: f.treated, Visible: f.visible}
}

func (f *face) element(e *dicom.Element, text string) {
	switch e.Tag {
	case 0x00180015:
		f.part = text
	case 0x00081030, 0x00181030, 0x00321060, 0x00400254: // StudyDescription, ProtocolName, RequestedProcedureDescription, PerformedProcedureStepDescription
		f.words(text)
	case 0x00280302:
		f.visible = dicom.Trim(text) == "YES"
	}
}

// nested keeps the code of a method of de-identification and the meaning of an
// anatomic region.
func (f *face) nested(e *dicom.Element, text string) {
	last := e.Parents[len(e.Parents)-1].Tag
	switch {
	case e.Tag == 0x00080100 && last == 0x00120064:
		f.treated = f.treated || dicom.Trim(text) == "113102"
	case e.Tag == 0x00080104 && last == 0x00082218: // AnatomicRegionSequence
		f.words(text)
	}
}

// headParts are the values of BodyPartExamined that hold the face or lie
// behind it in the same field of view.
//
// Source: DICOM PS3.16 Annex L.
var headParts = []string{
	"HEAD", "BRAIN", "SKULL", "FACE", "HEADNECK", "HEAD NECK", "HEAD AND NECK", "ORBIT", "EYE", "SINUS", "PARANASALSINUS", "PARANASAL SINUS",
	"JAW", "MAXILLA", "MANDIBLE", "TMJ", "NOSE", "IAC", "EAR", "PITUITARY", "ZYGOMA", "CEREBELLUM", "SCALP", "CHEEK", "MOUTH", "TEETH", "PAROTID",
}

// strongWords mean the head in whatever description they stand; weakWords do
// unless another part is named. English, German, French, Spanish.
var (
	strongWords = []string{
		"brain", "skull", "cranial", "cranium", "neurocranium", "facial", "mprage", "mp2rage", "encephalon",
		"gehirn", "hirn", "schädel", "neurokranium", "gesicht", "cerveau", "cérébral", "crâne", "visage", "cerebro", "cerebral", "cráneo", "encéfalo",
	}
	weakWords = []string{"head", "face", "orbit", "orbits", "sinus", "sinuses", "neuro", "kopf", "tête", "cabeza", "cara", "iac", "pituitary", "hypophyse"}
	// Words beside which a weak word means something else: the femoral head,
	// head first, the head of the pancreas, the coronary sinus, a phased-array
	// coil facing the table.
	otherHeads = []string{"femoral", "humeral", "radial", "first", "pancreas", "pancreatic", "metatarsal", "fibular", "tarsi", "coronary", "valsalva", "pilonidal", "caput"}
)

// words looks for words of the head in a description.
func (f *face) words(text string) {
	if dicom.Trim(text) == "" {
		return
	}
	f.hasText = true
	switch {
	case f.strong:
	case hasAnyWord(text, strongWords...):
		f.strong = true
	case hasAnyWord(text, weakWords...) && !hasAnyWord(text, otherHeads...):
		f.weak = true
	}
}

func (f *face) where() Region {
	part := strings.ToUpper(strings.Trim(f.part, " \x00"))
	isHead := slices.Contains(headParts, part)
	switch {
	case isHead, f.strong:
		return RegionHead
	case f.weak && part == "":
		return RegionHead
	case part == "" && !f.hasText:
		return RegionUnsaid
	}
	return RegionOther
}

// RuleFace returns the rule on faces, for the part of it that needs a whole
// series.
func RuleFace() finding.Rule { return ruleFace }

// HasFacesTreated reports whether the claims say that faces were made
// unrecognizable.
func HasFacesTreated(claims *deid.Claims) bool {
	if claims == nil {
		return false
	}
	return claims.Faces == deid.FacesDefaced || claims.Faces == deid.FacesSkullRemoved || slices.Contains(claims.Codes, "113102")
}

// photoFindings reports photographs of patients, which may show a face: a
// blocker if the claims name Safe Harbor, which has full-face photographs
// removed.
//
// Source: 45 CFR 164.514(b)(2)(i)(Q).
func (r *risk) photoFindings(h *dicom.Header, claims *deid.Claims) []finding.Finding {
	if !h.PixelData.Present || r.face.treated || HasFacesTreated(claims) || !isPhoto(h) {
		return nil
	}
	f := ruleFace.New(pathSOPClass, "", "The image is a photograph of a patient, and may show a face.", finding.Location{})
	if claims != nil && claims.Method == deid.SafeHarbor {
		f.Severity = finding.Blocker
		f.Message = "The image is a photograph of a patient, and may show a face; Safe Harbor has such photographs removed."
	}
	return []finding.Finding{f}
}

// isPhoto reports whether the object is a photograph of the outside of a
// patient: taken by a camera, not through an endoscope, a microscope or of an
// eye's fundus.
func isPhoto(h *dicom.Header) bool {
	switch strings.TrimPrefix(classOf(h), storage) {
	case "77.1.4", "77.1.4.1", "77.1.7": // VL Photographic, Video Photographic, Dermoscopic Photography
		return true
	}
	return h.Modality == "XC" || h.Modality == "DMS"
}
