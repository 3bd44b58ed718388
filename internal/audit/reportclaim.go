package audit

import (
	"assay/internal/audit/finding"
	"assay/internal/audit/sniff"
)

// reportClaim holds a file that is or carries a report against what the claims
// say about reports and notes, which need their own de-identification.
func (a *run) reportClaim(file int, f *Facts) {
	c := a.opts.Claims
	if c == nil || !carriesReport(f) {
		return
	}
	message := ""
	switch {
	case c.ReportsIncluded == "no":
		message = "The claims say that no reports or notes come with the images, but the file is a document or carries one."
	case !c.SayHowReportsWereTreated():
		message = "The file is a document or carries one, and the claims do not say how the text of reports was de-identified."
	default:
		return
	}
	rule := ruleByID()["deid-claim-mismatch"]
	found := rule.New("", "", message, finding.Location{})
	found.Fix = "Say in the claims that reports are included and how their text was treated, or leave the documents out."
	a.found.add(file, found)
}

// carriesReport reports whether a file is of a kind that people write reports
// in, or a DICOM object around such a document.
func carriesReport(f *Facts) bool {
	switch sniff.Kind(f.Kind) {
	case sniff.PDF, sniff.DOCX, sniff.RTF, sniff.ODF, sniff.PPTX, sniff.HL7:
		return true
	}
	return f.Header != nil && f.Header.Document != nil
}
