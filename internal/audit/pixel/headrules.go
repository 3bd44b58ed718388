package pixel

import (
	"assay/internal/audit/deid"
	"assay/internal/audit/dicom"
	"assay/internal/audit/finding"
)

// Rules of what the header says about the pixels.
var (
	ruleRisk = finding.Rule{
		ID: "pix-risk-class", Title: "An image of a kind that often shows text", Severity: finding.Info,
		Fix:    "Nothing, if no frame shows text; the audit looks for text in images of this kind first. Check them by eye, and set BurnedInAnnotation (0028,0301) to what is true.",
		Source: "DICOM PS3.15 Section E.3.1 (Clean Pixel Data); doi 10.1007/s10278-024-01098-7",
	}
	ruleFace = finding.Rule{
		ID: "pix-face-risk", Title: "A face may be recognized", Severity: finding.Warning, HIPAA: []string{"Q"}, Action: "C",
		Fix:    "Deface the series or remove the skull, add code 113102 to DeidentificationMethodCodeSequence (0012,0064) and declare it; leave out photographs of faces.",
		Source: "45 CFR 164.514(b)(2)(i)(Q); DICOM PS3.15 Section E.3.2 (Clean Recognizable Visual Features)",
	}
	ruleSlide = finding.Rule{
		ID: "pix-wsi-label", Title: "The label of a slide is in the image", Severity: finding.Blocker, HIPAA: []string{"A", "H"}, Action: "C",
		Fix:    "Leave out the LABEL image, cut the label off the OVERVIEW image, and set SpecimenLabelInImage (0048,0010) to NO.",
		Source: "DICOM PS3.3 Section C.8.12.4.1.1",
	}
	ruleLossy = finding.Rule{
		ID: "pix-lossy", Title: "Compressed with loss, not declared", Severity: finding.Warning,
		Fix:    "Say in the listing that images were compressed with loss, or deliver them without; LossyImageCompression (0028,2110), -Ratio and -Method say what was done.",
		Source: "DICOM PS3.3 Section C.7.6.1.1.5",
	}
)

// HeaderFindings returns what the header alone says about the pixels: reasons
// to look for text, labels of slides, photographs, undeclared loss.
func (in *Inspector) HeaderFindings(h *dicom.Header, claims *deid.Claims) []finding.Finding {
	list := in.risk.riskFindings(h)
	list = append(list, in.risk.slideFindings(h)...)
	list = append(list, in.risk.lossyFindings(h, claims)...)
	return append(list, in.risk.photoFindings(h, claims)...)
}
