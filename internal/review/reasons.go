package review

import (
	"slices"
	"strings"

	"assay/internal/errs"
	"assay/internal/listing"
)

// Reason is a ground for sending a version back or taking it down.
type Reason string

// Reasons is the vocabulary of Reason.
var Reasons = listing.Vocabulary[Reason]{
	{Value: "identifiers_left", Label: "Identifiers are left in the files", Help: "In headers, file names or documents."},
	{Value: "burned_in_text", Label: "Text with identifiers is burned into pixels", Help: "In the image itself."},
	{Value: "answer_refused", Label: "An answer to a warning does not hold", Help: "Name the finding."},
	{Value: "deid_not_borne_out", Label: "The de-identification claim is not borne out", Help: "The files say something else."},
	{Value: "rights_unclear", Label: "The right to license is not shown", Help: "A document or a clause is missing."},
	{Value: "consent_unclear", Label: "Consent or IRB do not cover this use", Help: "Commercial use above all."},
	{Value: "claims_contradict", Label: "Claims contradict what was measured", Help: "Counts, modalities, labels."},
	{Value: "labels_unclear", Label: "Labels or annotators are not described well enough", Help: "Who labeled what, and how."},
	{Value: "description_misleads", Label: "The description misleads or leaves out what matters", Help: "Title, summary, caveats."},
	{Value: "other", Label: "Another reason, said in the comment"},
}

// places says where a reason can lie.
type places struct {
	sections []listing.Step
	findings bool // a finding of the report
	files    bool // a number of files
}

var placesOf = map[Reason]places{
	"identifiers_left":     {findings: true, files: true},
	"burned_in_text":       {findings: true, files: true},
	"answer_refused":       {findings: true},
	"deid_not_borne_out":   {sections: []listing.Step{listing.StepDeidentification}, findings: true},
	"rights_unclear":       {sections: []listing.Step{listing.StepLicense, listing.StepRights}},
	"consent_unclear":      {sections: []listing.Step{listing.StepConsent, listing.StepRights}},
	"claims_contradict":    {sections: allSteps(), findings: true, files: true},
	"labels_unclear":       {sections: []listing.Step{listing.StepLabels, listing.StepAnnotators, listing.StepSplits}},
	"description_misleads": {sections: []listing.Step{listing.StepBasics, listing.StepCaveats, listing.StepCoverage, listing.StepDemographics}},
}

func allSteps() []listing.Step {
	list := make([]listing.Step, len(listing.Steps))
	for i, s := range listing.Steps {
		list[i] = s.Value
	}
	return list
}

// Sections returns the steps of the description that a reason can lie in.
func (r Reason) Sections() []listing.Step { return placesOf[r].sections }

// InFindings reports whether a finding can be a reason's place.
func (r Reason) InFindings() bool { return placesOf[r].findings }

// InFiles reports whether a number of files can be a reason's place.
func (r Reason) InFiles() bool { return placesOf[r].files }

// Because returns grounds without a place, one a reason.
func Because(reasons ...Reason) []listing.Ground {
	list := make([]listing.Ground, len(reasons))
	for i, r := range reasons {
		list[i].Reason = string(r)
	}
	return list
}

// checkGrounds notes what is wrong with grounds and the comment beside them. A
// ground names one place that its reason can have; general grounds, for
// several versions at once, need none. Keys are the findings of the report.
func checkGrounds(f *errs.Fields, grounds []listing.Ground, comment string, general bool, keys []string) {
	n := len([]rune(strings.TrimSpace(comment)))
	for _, g := range grounds {
		r := Reason(g.Reason)
		if !Reasons.Has(r) {
			f.Add("reason", "Pick reasons from the list.")
			continue
		}
		if r == "other" && n < 10 {
			f.Add("comment", "Say in a sentence which other reason.")
		}
		if len([]rune(g.Text)) > 1000 {
			f.Add("text-"+g.Reason, "Use at most 1,000 characters.")
		}
		if !general && !r.lies(g, keys) {
			f.Add("place-"+g.Reason, "Say where: choose a place from the list, and for files how many.")
		}
	}
	if n > 3000 {
		f.Add("comment", "Use at most 3,000 characters.")
	}
}

// lies reports whether a ground names one place that the reason can have.
func (r Reason) lies(g listing.Ground, keys []string) bool {
	p, named := placesOf[r], 0
	if g.Section != "" {
		named++
	}
	if g.Finding != "" {
		named++
	}
	if g.Files != 0 {
		named++
	}
	switch {
	case named != 1:
		return named == 0 && !p.findings && !p.files && len(p.sections) == 0
	case g.Section != "":
		return slices.Contains(p.sections, g.Section)
	case g.Finding != "":
		return p.findings && slices.Contains(keys, g.Finding)
	}
	return p.files && g.Files > 0
}

// inWords is the sentence that the seller, and of a version that is taken down
// everybody, reads.
func inWords(grounds []listing.Ground, comment string) string {
	var list []string
	for _, g := range grounds {
		if g.Reason != "other" {
			list = append(list, Reasons.Label(Reason(g.Reason))+".")
		}
	}
	return strings.TrimSpace(strings.Join(append(list, strings.TrimSpace(comment)), " "))
}

// CommentOn returns what a reviewer wrote beside the grounds that a reason
// names in words.
func CommentOn(reason string, grounds []listing.Ground) string {
	return strings.TrimSpace(strings.TrimPrefix(reason, inWords(grounds, "")))
}
