package web

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"assay/internal/account"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
	"assay/web/page"
	"assay/web/ui"
)

func verificationURL(request id.Verification) string {
	return "/review/verifications/" + string(request)
}

func (s *Server) showVerificationQueue(w http.ResponseWriter, r *http.Request) error {
	waiting, err := s.Accounts.VerificationQueue(r.Context(), s.actor(r))
	if err != nil {
		return err
	}
	decided, err := s.Accounts.DecidedVerifications(r.Context(), s.actor(r))
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

func queueRow(q account.QueuedRequest) page.VerificationQueueRow {
	return page.VerificationQueueRow{
		URL: verificationURL(q.ID), Organization: q.OrganizationName, Level: string(q.Level),
		When: ui.DateTime(q.At), Documents: ui.Plural(q.DocumentCount, "document", "documents"), Outcome: outcomeText(q.State),
	}
}

func outcomeText(state account.RequestState) string {
	switch state {
	case account.RequestGranted:
		return "A level was granted."
	case account.RequestReturned:
		return "Returned for changes."
	case account.RequestRefused:
		return "Refused."
	case account.RequestWithdrawn:
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

func (s *Server) verificationCase(r *http.Request) (account.Case, error) {
	return s.Accounts.VerificationCase(r.Context(), s.actor(r), id.Verification(chi.URLParam(r, "request")))
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
		IsWaiting: c.State == account.RequestSubmitted, IsSuspended: c.Standing.Level == account.Suspended,
		HasLevel: c.Standing.Level != account.Unverified, Outcome: outcomeText(c.State),
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
	s.fillDecision(r, c, &view)
	return view, nil
}

func domainFact(c account.Case) (matches bool, fact string) {
	if len(c.DomainMembers) == 0 {
		return false, "No owner’s or admin’s confirmed address is of the domain of " + c.Website + "."
	}
	return true, "Confirmed address of the domain of " + c.Website + ": " + strings.Join(c.DomainMembers, ", ") + "."
}

// judgmentName is the field of the judgment on one document.
func judgmentName(d id.Document) string { return "document-" + string(d) }

// fillDecision draws the decision's form: empty, or as it was sent.
func (s *Server) fillDecision(r *http.Request, c account.Case, view *page.VerificationCaseView) {
	form := r.PostForm
	for _, d := range c.Documents {
		chosen := form.Get(judgmentName(d.ID))
		view.Judgments = append(view.Judgments, ui.ChoiceProps{
			Name: judgmentName(d.ID), Legend: d.Name, Help: d.Kind.Label(), Inline: true,
			Options: []ui.Option{
				{Value: "accepted", Label: "Accept", Selected: chosen == "accepted"},
				{Value: "rejected", Label: "Do not accept", Selected: chosen == "rejected"},
			},
		})
	}
	for _, o := range []struct {
		state       account.RequestState
		label, help string
	}{
		{account.RequestGranted, "Grant a level", "It holds at once, until its date."},
		{account.RequestReturned, "Return for changes", "The organization changes its answers or papers and submits again."},
		{account.RequestRefused, "Refuse", "The request is over; a new one may follow."},
	} {
		view.Outcomes = append(view.Outcomes, ui.Option{Value: string(o.state), Label: o.label, Help: o.help, Selected: form.Get("outcome") == string(o.state)})
	}
	for _, l := range account.GrantableLevels() {
		view.Levels = append(view.Levels, ui.Option{Value: string(l), Label: l.Label(), Help: l.Help(), Selected: form.Get("level") == string(l)})
	}
	if r.Method == http.MethodPost {
		view.Months, view.LevelReason = form.Get("months"), form.Get("level_reason")
		if view.IsWaiting {
			view.Reason = form.Get("reason")
		}
	}
}

func (s *Server) decideVerification(w http.ResponseWriter, r *http.Request) error {
	c, err := s.verificationCase(r)
	if err != nil {
		return err
	}
	if err := s.Accounts.DecideVerification(r.Context(), s.actor(r), decisionOf(r, c)); err != nil {
		return s.renderCase(w, r, err)
	}
	s.flash(r, fmt.Sprintf("Your decision on %s is recorded and mailed.", c.OrganizationName))
	redirect(w, r, "/review/verifications")
	return nil
}

func decisionOf(r *http.Request, c account.Case) account.Decision {
	form := r.PostForm
	d := account.Decision{
		Request: c.ID, Outcome: account.RequestState(form.Get("outcome")), Level: account.Level(form.Get("level")), Reason: form.Get("reason"),
	}
	d.SubmittedAt, _ = time.Parse(time.RFC3339Nano, form.Get("submitted_at")) // the zero time fits no request
	d.ValidMonths, _ = strconv.Atoi(form.Get("months"))                       // 0 is refused
	for _, doc := range c.Documents {
		switch form.Get(judgmentName(doc.ID)) {
		case "accepted":
			d.Accepted = append(d.Accepted, doc.ID)
		case "rejected":
			d.Rejected = append(d.Rejected, doc.ID)
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
	return s.changeLevel(w, r, s.Accounts.SuspendVerification, "The verification is suspended.")
}

func (s *Server) restoreVerification(w http.ResponseWriter, r *http.Request) error {
	return s.changeLevel(w, r, s.Accounts.RestoreVerification, "The level is given back.")
}

// levelChange is a method of account that suspends or restores.
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
