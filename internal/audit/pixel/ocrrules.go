package pixel

import (
	"strings"

	"assay/internal/audit/deid"
	"assay/internal/audit/finding"
)

const fixPixels = "Blank the part of the frame that shows the text, in every frame and in the icon and overlays too, and set BurnedInAnnotation (0028,0301) to NO once it is gone."

// Rules about text that images show.
var (
	ruleText = finding.Rule{
		ID: "pix-ocr-text", Title: "Text in the image", Severity: finding.Blocker, HIPAA: []string{"A", "C", "H"},
		Action: "X", Fix: fixPixels,
		Source: "DICOM PS3.15 Section E.3.1 (Clean Pixel Data Option); 45 CFR 164.514(b)(2)(i)",
	}
	ruleImageText = finding.Rule{
		ID: "img-ocr", Title: "Text in an image that is not DICOM", Severity: finding.Blocker, HIPAA: []string{"A", "C", "H"},
		Fix:    "Blank the part of the image that shows the text, or leave the image out.",
		Source: "45 CFR 164.514(b)(2)(i)",
	}
	ruleNotRun = finding.Rule{
		ID: "pix-ocr-not-run", Title: "Text in the image was not looked for", Severity: finding.Warning,
		Fix:    "Submit the image in a transfer syntax that can be decoded, or say in the answer how its frames were checked by eye.",
		Source: "DICOM PS3.15 Section E.3.1 (Clean Pixel Data Option)",
	}
	ruleBurnedIn = finding.Rule{
		ID: "pix-burnedin-yes", Title: "The header says that text is burned in", Severity: finding.Blocker, HIPAA: []string{"A"},
		Fix:    "Blank the text in the frames and set BurnedInAnnotation (0028,0301) to NO, or leave the object out.",
		Source: "DICOM PS3.3 Section C.7.6.1 (General Image Module)",
	}
)

var ocrRules = []finding.Rule{ruleText, ruleImageText, ruleNotRun, ruleBurnedIn}

// ruleOf returns the rule that text in a raster breaks: what is shown by an
// overlay or an icon counts under the rule about those.
func ruleOf(source string) finding.Rule {
	switch {
	case strings.Contains(source, "OverlayData"):
		return headerRule("phi-overlay")
	case strings.Contains(source, "(0088,0200)"):
		return headerRule("phi-icon")
	case source == "image":
		return ruleImageText
	}
	return ruleText
}

// headerRule finds a rule that package deid owns.
func headerRule(id string) finding.Rule {
	for _, r := range deid.Rules() {
		if r.ID == id {
			return r
		}
	}
	return ruleText
}
