package web

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"assay/internal/id"
	"assay/internal/verification"
	"assay/web/page"
	"assay/web/ui"
)

// Fields of the decision's form on one document, one person, one item.
func judgmentName(d id.Document) string { return "document-" + string(d) }
func faultName(d id.Document) string    { return "fault-" + string(d) }
func signerName(p id.Signer) string     { return "signer-" + string(p) }

// fillDecision draws the decision's form: as it was sent, or as reviewers saved
// it to go on later. A failure of another form of the page leaves the saved one.
func (s *Server) fillDecision(r *http.Request, c verification.Case, view *page.VerificationCaseView) {
	form := r.PostForm
	if !form.Has("submitted_at") {
		form = savedForm(c.Saved)
	}
	if last := c.Saved.Last(); !last.At.IsZero() {
		view.Saved, view.SavedSeen = savedWords(c.Saved), last.At.UTC().Format(time.RFC3339Nano)
	}
	for _, d := range c.Documents {
		judgment := page.JudgmentView{Verdict: ui.ChoiceProps{
			Name: judgmentName(d.Document), Legend: d.Title, Help: d.Kind.Label() + savedBy(c.Saved, judgmentName(d.Document)), Inline: true, Options: acceptOptions(form.Get(judgmentName(d.Document))),
		}, Fault: ui.SelectProps{Name: faultName(d.Document), Label: "What is wrong with it", Blank: "Nothing", Value: form.Get(faultName(d.Document))}}
		for _, r := range verification.Reasons() {
			if r.Place == "document" {
				judgment.Fault.Options = append(judgment.Fault.Options, ui.Option{Value: r.Code, Label: r.Label})
			}
		}
		view.Judgments = append(view.Judgments, judgment)
	}
	for _, p := range c.Signers {
		if p.State == "open" {
			view.SignerJudgments = append(view.SignerJudgments, ui.ChoiceProps{
				Name: signerName(p.ID), Legend: p.Name + ", " + p.Title, Help: "By " + p.DocumentTitle + ", until " + ui.Date(p.ValidUntil) + savedBy(c.Saved, signerName(p.ID)), Inline: true,
				Options: acceptOptions(form.Get(signerName(p.ID))),
			})
		}
	}
	fillChecklist(form, c.Saved, view)
	for _, r := range verification.Reasons() {
		if r.Place != "document" {
			view.Reasons = append(view.Reasons, ui.Option{Value: r.Code, Label: r.Label, Selected: slices.Contains(form["gaps"], r.Code)})
		}
	}
	for _, o := range []struct {
		state       verification.RequestState
		label, help string
	}{
		{verification.RequestGranted, "Grant a level", "It holds at once, until its date."},
		{verification.RequestReturned, "Return for changes", "The organization changes its answers or papers and submits again."},
		{verification.RequestRefused, "Refuse", "The request is over; a new one may follow."},
	} {
		view.Outcomes = append(view.Outcomes, ui.Option{Value: string(o.state), Label: o.label, Help: o.help, Selected: form.Get("outcome") == string(o.state)})
	}
	for _, l := range verification.GrantableLevels() {
		view.Levels = append(view.Levels, ui.Option{Value: string(l), Label: l.Label(), Help: l.Help(), Selected: form.Get("level") == string(l)})
	}
	view.LevelReason = form.Get("level_reason")
	if form.Has("months") {
		view.Months = form.Get("months")
	}
	if view.IsWaiting {
		view.Reason = form.Get("reason")
	}
}

func acceptOptions(chosen string) []ui.Option {
	return []ui.Option{
		{Value: "accepted", Label: "Accept", Selected: chosen == "accepted"},
		{Value: "rejected", Label: "Do not accept", Selected: chosen == "rejected"},
	}
}

// fillChecklist draws the questions, grouped by the level that they are for.
func fillChecklist(form url.Values, saved verification.Answers, view *page.VerificationCaseView) {
	var level verification.Level
	for _, i := range verification.Checklist() {
		if i.Level != level {
			level = i.Level
			view.Checklist = append(view.Checklist, page.CheckGroupView{Level: "For “" + level.Label() + "”"})
		}
		group := &view.Checklist[len(view.Checklist)-1]
		item := page.CheckView{Choice: ui.ChoiceProps{Name: "check-" + i.Name, Legend: i.Label, Help: i.Help + savedBy(saved, "check-"+i.Name), Inline: true},
			NoteName: "note-" + i.Name, Note: form.Get("note-" + i.Name)}
		for _, state := range []verification.CheckState{verification.Met, verification.NotMet, verification.NotApplicable} {
			item.Choice.Options = append(item.Choice.Options, ui.Option{Value: string(state), Label: state.Label(), Selected: form.Get("check-"+i.Name) == string(state)})
		}
		group.Items = append(group.Items, item)
	}
}

func (s *Server) decideVerification(w http.ResponseWriter, r *http.Request) error {
	c, err := s.verificationCase(r)
	if err != nil {
		return err
	}
	if r.PostForm.Has("later") {
		return s.saveAnswers(w, r, c)
	}
	if err := s.Verification.Decide(r.Context(), s.actor(r), decisionOf(r, c)); err != nil {
		return s.renderCase(w, r, err)
	}
	s.flash(r, fmt.Sprintf("Your decision on %s is recorded. The organization is told.", c.OrganizationName))
	redirect(w, r, "/review/verifications")
	return nil
}

// saveAnswers keeps what was answered so far.
func (s *Server) saveAnswers(w http.ResponseWriter, r *http.Request, c verification.Case) error {
	if err := s.Verification.Save(r.Context(), s.actor(r), newAnswers(r.PostForm, c)); err != nil {
		return s.renderCase(w, r, err)
	}
	s.flash(r, fmt.Sprintf("Your answers on %s are saved. Reviewers alone see them.", c.OrganizationName))
	redirect(w, r, verificationURL(c.ID))
	return nil
}

// newAnswers are the fields of the decision's form.
func newAnswers(form url.Values, c verification.Case) verification.NewAnswers {
	n := verification.NewAnswers{Request: c.ID, Values: map[string]string{
		"outcome": form.Get("outcome"), "level": form.Get("level"), "months": form.Get("months"), "reason": strings.TrimSpace(form.Get("reason")),
		"gaps": strings.Join(form["gaps"], ","),
	}}
	n.SubmittedAt, _ = time.Parse(time.RFC3339Nano, form.Get("submitted_at")) // the zero time fits no request
	n.Seen, _ = time.Parse(time.RFC3339Nano, form.Get("saved_seen"))          // the zero time is before every answer
	keep := func(names ...string) {
		for _, name := range names {
			n.Values[name] = strings.TrimSpace(form.Get(name))
		}
	}
	for _, d := range c.Documents {
		keep(judgmentName(d.Document), faultName(d.Document))
	}
	for _, p := range c.Signers {
		if p.State == "open" {
			keep(signerName(p.ID))
		}
	}
	for _, i := range verification.Checklist() {
		keep("check-"+i.Name, "note-"+i.Name)
	}
	if n.Values["months"] == usualMonths {
		n.Values["months"] = "" // nobody has answered that
	}
	return n
}

// usualMonths is how long a level holds unless the reviewer says otherwise.
const usualMonths = "12"

// savedForm are saved answers as the form would send them.
func savedForm(saved verification.Answers) url.Values {
	form := url.Values{}
	for _, a := range saved {
		form[a.Field] = []string{a.Value}
		if a.Field == "gaps" {
			form[a.Field] = strings.Split(a.Value, ",")
		}
	}
	return form
}

// savedWords says who saved answers, and when the last was.
func savedWords(saved verification.Answers) string {
	var names []string
	for _, a := range saved {
		if a.By != "" && !slices.Contains(names, a.By) {
			names = append(names, a.By)
		}
	}
	slices.Sort(names)
	return ui.Plural(len(saved), "answer is", "answers are") + " saved by " + strings.Join(names, " and ") + ", the last on " + ui.DateTime(saved.Last().At) + "."
}

// savedBy says who saved one answer; empty if nobody did.
func savedBy(saved verification.Answers, field string) string {
	a := saved.Of(field)
	if a.At.IsZero() || a.By == "" {
		return ""
	}
	return " Saved by " + a.By + ", " + ui.DateTime(a.At) + "."
}

func decisionOf(r *http.Request, c verification.Case) verification.Decision {
	form := r.PostForm
	d := verification.Decision{
		Request: c.ID, Outcome: verification.RequestState(form.Get("outcome")), Level: verification.Level(form.Get("level")), Reason: form.Get("reason"),
		Signers: map[id.Signer]bool{},
	}
	d.SubmittedAt, _ = time.Parse(time.RFC3339Nano, form.Get("submitted_at")) // the zero time fits no request
	d.ValidMonths, _ = strconv.Atoi(form.Get("months"))                       // 0 is refused
	for _, doc := range c.Documents {
		switch form.Get(judgmentName(doc.Document)) {
		case "accepted":
			d.Accepted = append(d.Accepted, doc.Document)
		case "rejected":
			d.Rejected = append(d.Rejected, doc.Document)
		}
		if code := form.Get(faultName(doc.Document)); code != "" && d.Outcome == verification.RequestReturned {
			d.Gaps = append(d.Gaps, verification.Gap{Code: code, Place: string(doc.Document)})
		}
	}
	for _, p := range c.Signers {
		if verdict := form.Get(signerName(p.ID)); verdict != "" {
			d.Signers[p.ID] = verdict == "accepted"
		}
	}
	for _, i := range verification.Checklist() {
		d.Checks = append(d.Checks, verification.Check{Item: i.Name, State: verification.CheckState(form.Get("check-" + i.Name)), Note: form.Get("note-" + i.Name)})
	}
	if d.Outcome != verification.RequestReturned {
		return d
	}
	for _, r := range verification.Reasons() {
		if slices.Contains(form["gaps"], r.Code) {
			d.Gaps = append(d.Gaps, verification.Gap{Code: r.Code, Place: r.Place})
		}
	}
	return d
}

func (s *Server) renderCase(w http.ResponseWriter, r *http.Request, failure error) error {
	view, err := s.caseView(r)
	if err != nil {
		return err
	}
	view.Errors = mistakes(failure)
	return s.renderTry(w, r, failure, page.VerificationCase(view))
}
