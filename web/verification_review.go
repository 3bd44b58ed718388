package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
	"assay/internal/verification"
	"assay/web/page"
	"assay/web/ui"
)

func verificationURL(request id.Verification) string {
	return "/review/verifications/" + string(request)
}

func (s *Server) showVerificationQueue(w http.ResponseWriter, r *http.Request) error {
	waiting, err := s.Verification.Queue(r.Context(), s.actor(r))
	if err != nil {
		return err
	}
	decided, err := s.Verification.Decided(r.Context(), s.actor(r))
	if err != nil {
		return err
	}
	view := page.VerificationQueueView{Shell: s.shell(r, "Verification of sellers", "review")}
	for _, q := range waiting {
		view.Waiting = append(view.Waiting, queueRow(q))
	}
	for _, q := range decided {
		view.Decided = append(view.Decided, queueRow(q))
	}
	return s.render(w, r, http.StatusOK, page.VerificationQueue(view))
}

func queueRow(q verification.QueuedRequest) page.VerificationQueueRow {
	return page.VerificationQueueRow{
		URL: verificationURL(q.ID), Organization: q.OrganizationName, Level: string(q.Level),
		When: ui.DateTime(q.At), Documents: ui.Plural(q.DocumentCount, "document", "documents"), Outcome: outcomeText(q.State),
	}
}

func outcomeText(state verification.RequestState) string {
	switch state {
	case verification.RequestGranted:
		return "A level was granted."
	case verification.RequestReturned:
		return "Returned for changes."
	case verification.RequestRefused:
		return "Refused."
	case verification.RequestWithdrawn:
		return "Withdrawn by the organization."
	}
	return ""
}

func (s *Server) showVerificationCase(w http.ResponseWriter, r *http.Request) error {
	view, err := s.caseView(r)
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, page.VerificationCase(view))
}

func (s *Server) verificationCase(r *http.Request) (verification.Case, error) {
	return s.Verification.Case(r.Context(), s.actor(r), id.Verification(chi.URLParam(r, "request")))
}

// caseView is the page of a case, with the form as it was sent, if it was.
func (s *Server) caseView(r *http.Request) (page.VerificationCaseView, error) {
	c, err := s.verificationCase(r)
	if err != nil {
		return page.VerificationCaseView{}, err
	}
	view := page.VerificationCaseView{
		Shell: s.formShell(r, c.OrganizationName, "review"), ID: string(c.ID), Organization: c.OrganizationName,
		OrganizationID: string(c.Organization), Level: string(c.Standing.Level),
		IsWaiting: c.State == verification.RequestSubmitted, IsSuspended: c.Standing.Level == verification.Suspended,
		HasLevel: c.Standing.Level != verification.Unverified, Outcome: outcomeText(c.State),
		Identity: identityPairs(c.Identity), Documents: documentViews(c.Documents),
		Reason: c.Reason, History: levelEvents(c.Standing), Months: "12",
	}
	if c.SubmittedAt != nil {
		view.Submitted, view.Seen = ui.DateTime(*c.SubmittedAt), c.SubmittedAt.UTC().Format(time.RFC3339Nano)
	}
	view.DomainMatches, view.DomainFact = domainFact(c)
	for _, m := range c.Members {
		view.Members = append(view.Members, m.Role.Label()+": "+m.Name+", "+m.Email)
	}
	if c.Domain.Domain != "" {
		view.ProofKind, view.ProofState, view.ProofFacts = domainState(c.Domain)
	}
	for _, p := range c.Signers {
		view.Signers = append(view.Signers, signerView(p))
	}
	for _, k := range c.Checks {
		view.Checked = append(view.Checked, checkedView(k))
	}
	s.fillDecision(r, c, &view)
	return view, nil
}

func domainFact(c verification.Case) (matches bool, fact string) {
	if len(c.DomainMembers) == 0 {
		return false, "No owner’s or admin’s confirmed address is of the domain of " + c.Website + "."
	}
	return true, "Confirmed address of the domain of " + c.Website + ": " + strings.Join(c.DomainMembers, ", ") + "."
}

func checkedView(k verification.Check) page.CheckedView {
	view := page.CheckedView{Label: k.Item, State: k.State.Label(), Note: k.Note, By: k.By + ", " + ui.Date(k.At), Kind: "ok"}
	switch k.State {
	case verification.NotMet:
		view.Kind = "bad"
	case verification.NotApplicable:
		view.Kind = ""
	}
	for _, i := range verification.Checklist() {
		if i.Name == k.Item {
			view.Label = i.Label
		}
	}
	return view
}

// Fields of the decision's form on one document, one person, one item.
func judgmentName(d id.Document) string { return "document-" + string(d) }
func faultName(d id.Document) string    { return "fault-" + string(d) }
func signerName(p id.Signer) string     { return "signer-" + string(p) }

// fillDecision draws the decision's form: empty, or as it was sent.
func (s *Server) fillDecision(r *http.Request, c verification.Case, view *page.VerificationCaseView) {
	form := r.PostForm
	for _, d := range c.Documents {
		judgment := page.JudgmentView{Verdict: ui.ChoiceProps{
			Name: judgmentName(d.Document), Legend: d.Title, Help: d.Kind.Label(), Inline: true, Options: acceptOptions(form.Get(judgmentName(d.Document))),
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
				Name: signerName(p.ID), Legend: p.Name + ", " + p.Title, Help: "By " + p.DocumentTitle + ", until " + ui.Date(p.ValidUntil), Inline: true,
				Options: acceptOptions(form.Get(signerName(p.ID))),
			})
		}
	}
	fillChecklist(form, view)
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
	if r.Method == http.MethodPost {
		view.Months, view.LevelReason = form.Get("months"), form.Get("level_reason")
		if view.IsWaiting {
			view.Reason = form.Get("reason")
		}
	}
}

func acceptOptions(chosen string) []ui.Option {
	return []ui.Option{
		{Value: "accepted", Label: "Accept", Selected: chosen == "accepted"},
		{Value: "rejected", Label: "Do not accept", Selected: chosen == "rejected"},
	}
}

// fillChecklist draws the questions, grouped by the level that they are for.
func fillChecklist(form url.Values, view *page.VerificationCaseView) {
	var level verification.Level
	for _, i := range verification.Checklist() {
		if i.Level != level {
			level = i.Level
			view.Checklist = append(view.Checklist, page.CheckGroupView{Level: "For “" + level.Label() + "”"})
		}
		group := &view.Checklist[len(view.Checklist)-1]
		item := page.CheckView{Choice: ui.ChoiceProps{Name: "check-" + i.Name, Legend: i.Label, Help: i.Help, Inline: true},
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
	if err := s.Verification.Decide(r.Context(), s.actor(r), decisionOf(r, c)); err != nil {
		return s.renderCase(w, r, err)
	}
	s.flash(r, fmt.Sprintf("Your decision on %s is recorded. The organization is told.", c.OrganizationName))
	redirect(w, r, "/review/verifications")
	return nil
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

func (s *Server) suspendVerification(w http.ResponseWriter, r *http.Request) error {
	return s.changeLevel(w, r, s.Verification.Suspend, "The verification is suspended.")
}

func (s *Server) restoreVerification(w http.ResponseWriter, r *http.Request) error {
	return s.changeLevel(w, r, s.Verification.Restore, "The level is given back.")
}

// levelChange is a method of verification that suspends or restores.
type levelChange func(ctx context.Context, a postgres.Actor, org id.Organization, reason string) error

func (s *Server) changeLevel(w http.ResponseWriter, r *http.Request, change levelChange, done string) error {
	c, err := s.verificationCase(r)
	if err != nil {
		return err
	}
	err = change(r.Context(), s.actor(r), c.Organization, r.PostForm.Get("level_reason"))
	if fields := errs.FieldsOf(err); len(fields) > 0 { // two forms of the page have a reason
		err = &errs.Error{Kind: errs.Invalid, Field: "level_reason", Message: fields[0].Message}
	}
	if err != nil {
		return s.renderCase(w, r, err)
	}
	s.flash(r, done)
	redirect(w, r, verificationURL(c.ID))
	return nil
}
