package web

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"assay/internal/audit/finding"
	"assay/internal/catalog"
	"assay/internal/errs"
	"assay/internal/listing"
	"assay/internal/review"
	"assay/web/page"
	"assay/web/ui"
)

// decisionForms offers the acts that this reviewer has on this version now.
func (s *Server) decisionForms(it review.Item, tries reviewTries, view *page.ReviewView) {
	d, at := it.Dossier, reviewURL(it.Dossier.Version.ID)
	if it.Own {
		view.Why = "You belong to this seller. Another reviewer has to decide."
		return
	}
	if it.Waits && it.Rejected {
		view.Why = "You rejected this version before. After the appeal another reviewer decides."
		return
	}
	if it.Waits {
		view.Checklist = checklistView(it, tries, view.Shell.CSRF)
		view.Decision = decisionForm(it, tries, view.Shell.CSRF)
	} else {
		_, word, next := ui.VersionStateWords(string(d.Version.State))
		view.Why = "Nothing waits for a decision. " + word + ": " + lowerFirst(next)
		if it.Dossier.Amendment != nil {
			view.Why = "Changed claims wait, and are decided on once this version is back on offer."
		}
	}
	switch d.Version.State {
	case listing.Live:
		form, mistakes := tries.of("suspend")
		view.Suspend = &page.SuspendView{Action: at + "/suspend", Errors: mistakes, Comment: form.Get("suspend-comment")}
		for _, term := range review.Reasons {
			view.Suspend.Reasons = append(view.Suspend.Reasons, ui.Option{Value: string(term.Value), Label: term.Label,
				Selected: slices.Contains(form["suspend-reason"], string(term.Value))})
		}
	case listing.Suspended:
		view.RestoreURL = at + "/restore"
	}
}

func decisionForm(it review.Item, tries reviewTries, csrf string) *ui.ReviewDecisionProps {
	form, mistakes := tries.of("decision")
	missing := it.Missing()
	p := &ui.ReviewDecisionProps{
		Action: reviewURL(it.Dossier.Version.ID) + "/decision", CSRF: csrf, RootDigest: it.Dossier.Version.RootDigest, ClaimsDigest: it.Claims.Digest,
		Value: form.Get("decision"), Comment: form.Get("comment"), Errors: mistakes, CanApprove: missing.None(),
	}
	if !p.CanApprove {
		p.WhyNot = "Approval needs " + missingWords(missing) + "."
	}
	for _, term := range review.Reasons {
		key := string(term.Value)
		p.Reasons = append(p.Reasons, ui.ReasonProps{
			Value: key, Label: term.Label, Help: term.Help, Picked: slices.Contains(form["reason"], key), Places: placesFor(term.Value, it),
			Place: form.Get("place-" + key), TakesFiles: term.Value.InFiles(), Files: form.Get("files-" + key), Text: form.Get("text-" + key),
		})
	}
	return p
}

func missingWords(m review.Missing) string {
	var list []string
	for _, x := range []struct {
		n    int
		text string
	}{
		{m.Unjudged + m.Refused, fmt.Sprintf("every answer to be accepted (%d open, %d refused)", m.Unjudged, m.Refused)},
		{m.Second, "a second person for " + ui.Plural(m.Second, "answer", "answers") + " about identifiers"},
		{m.Unchecked + m.No, fmt.Sprintf("the whole checklist (%d open, %d answered no)", m.Unchecked, m.No)},
	} {
		if x.n > 0 {
			list = append(list, x.text)
		}
	}
	if n := len(list); n > 1 {
		return strings.Join(list[:n-1], ", ") + " and " + list[n-1]
	}
	return strings.Join(list, "")
}

// mostPlaces is how many findings a form offers as places.
const mostPlaces = 40

// placesFor are the places that a reason can have on this version: "section:"
// with a step, "finding:" with a key, or "files".
func placesFor(r review.Reason, it review.Item) []ui.Option {
	var list []ui.Option
	for _, step := range r.Sections() {
		list = append(list, ui.Option{Value: "section:" + string(step), Label: "Claims: " + step.Label()})
	}
	if r.InFindings() {
		list = append(list, findingPlaces(it)...)
	}
	if r.InFiles() {
		list = append(list, ui.Option{Value: "files", Label: "A number of files"})
	}
	return list
}

func findingPlaces(it review.Item) []ui.Option {
	report, err := catalog.ParseReport(it.Dossier.Report.Body)
	if err != nil {
		return nil // the page of the report has said so
	}
	var list []ui.Option
	for _, f := range report.Findings {
		if f.Severity == finding.Info || len(list) == mostPlaces {
			continue
		}
		label := "Finding: " + ui.RuleTitle(f.Rule)
		if f.Path != "" {
			label += ", " + f.Path
		}
		list = append(list, ui.Option{Value: "finding:" + f.Key(), Label: label})
	}
	return list
}

// groundsOf reads the reasons of the form with their places.
func groundsOf(form url.Values) []listing.Ground {
	var list []listing.Ground
	for _, reason := range form["reason"] {
		g := listing.Ground{Reason: reason, Text: form.Get("text-" + reason)}
		switch kind, value, _ := strings.Cut(form.Get("place-"+reason), ":"); kind {
		case "section":
			g.Section = listing.Step(value)
		case "finding":
			g.Finding = value
		case "files":
			g.Files, _ = strconv.Atoi(strings.TrimSpace(form.Get("files-" + reason)))
			if g.Files < 1 {
				g.Files = -1 // said to be a number, and none that counts
			}
		}
		list = append(list, g)
	}
	return list
}

func checklistView(it review.Item, tries reviewTries, csrf string) *page.ChecklistView {
	form, mistakes := tries.of("checklist")
	v := &page.ChecklistView{
		Action: reviewURL(it.Dossier.Version.ID) + "/checklist", CSRF: csrf, RootDigest: it.Dossier.Version.RootDigest,
		ClaimsDigest: it.Claims.Digest, Kind: strings.ToLower(kindWords(it.Kinds)),
	}
	for _, c := range it.Checklist {
		name := "check-" + string(c.Item)
		line := page.ReviewCheck{Name: name, Label: review.Checks.Label(c.Item), Help: review.Checks.Help(c.Item), NoteName: "note-" + name,
			Note: c.Note, Error: ui.FieldErrorOf(mistakes, name)}
		verdict := string(c.Verdict)
		if tries.act == "checklist" {
			verdict, line.Note = form.Get(name), form.Get(line.NoteName)
		}
		if c.Verdict != "" {
			line.Said = fmt.Sprintf("%s: %s, %s", review.Verdicts.Label(c.Verdict), c.By, ui.DateTime(c.At))
		}
		for _, term := range review.Verdicts {
			line.Verdicts = append(line.Verdicts, ui.Option{Value: string(term.Value), Label: term.Label, Selected: string(term.Value) == verdict})
		}
		v.Lines = append(v.Lines, line)
	}
	return v
}

// checksOf reads the answers of the checklist's form; what was not answered is
// left out.
func checksOf(form url.Values) review.Answers {
	x := review.Answers{RootDigest: form.Get("root_digest"), ClaimsDigest: form.Get("claims_digest")}
	for _, term := range review.Checks {
		name := "check-" + string(term.Value)
		if verdict := form.Get(name); verdict != "" {
			x.Given = append(x.Given, review.Checked{Item: term.Value, Verdict: review.Verdict(verdict), Note: form.Get("note-" + name)})
		}
	}
	return x
}

func reasonsOf(values []string) []review.Reason {
	list := make([]review.Reason, len(values))
	for i, v := range values {
		list[i] = review.Reason(v)
	}
	return list
}

// prefixed names the fields of mistakes as they are called in the page.
func prefixed(mistakes []errs.FieldError, prefix string) []errs.FieldError {
	for i := range mistakes {
		if !strings.HasPrefix(mistakes[i].Field, prefix) {
			mistakes[i].Field = prefix + mistakes[i].Field
		}
	}
	return mistakes
}
