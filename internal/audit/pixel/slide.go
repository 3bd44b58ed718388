package pixel

import (
	"strings"

	"assay/internal/audit/dicom"
	"assay/internal/audit/finding"
)

// slideFindings reports a whole slide image that shows the label of the slide,
// or may: the label often carries a name or the number of the case.
//
// Source: DICOM PS3.3 Section C.8.12.4.1.1 (Image Flavor).
func (r *risk) slideFindings(h *dicom.Header) []finding.Finding {
	if !h.PixelData.Present {
		return nil
	}
	flavor := ""
	if h.Modality == "SM" || classOf(h) == storage+"77.1.6" {
		flavor = valueOf(r.imageType, 2)
	}
	const pathLabel = "(0048,0010) SpecimenLabelInImage"
	switch {
	case flavor == "LABEL":
		return []finding.Finding{ruleSlide.New(pathImageType, "", "The image is the label of a slide.", finding.Location{})}
	case r.specimenLabel == "YES":
		return []finding.Finding{ruleSlide.New(pathLabel, "", "The image shows the label of a slide.", finding.Location{})}
	case flavor == "OVERVIEW":
		f := ruleSlide.New(pathLabel, "", "The overview of a slide usually shows its label; SpecimenLabelInImage does not say so.", finding.Location{})
		f.Severity = finding.Warning
		return []finding.Finding{f}
	}
	return nil
}

// valueOf returns value n of a text of several, from 0, or "".
func valueOf(text string, n int) string {
	for range n {
		_, rest, ok := strings.Cut(text, `\`)
		if !ok {
			return ""
		}
		text = rest
	}
	first, _, _ := strings.Cut(text, `\`)
	return strings.Trim(first, " \x00")
}
