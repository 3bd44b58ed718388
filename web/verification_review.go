package web

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
	"assay/internal/verification"
	"assay/web/page"
	"assay/web/static"
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
		row := queueRow(q)
		row.Due, row.DueKind = dueWords(q.Due(), time.Now())
		view.Waiting = append(view.Waiting, row)
	}
	for _, q := range decided {
		view.Decided = append(view.Decided, queueRow(q))
	}
	return s.render(w, r, http.StatusOK, page.VerificationQueue(view))
}

func queueRow(q verification.QueuedRequest) page.VerificationQueueRow {
	return page.VerificationQueueRow{
		URL: verificationURL(q.ID), Organization: q.OrganizationName, Level: string(q.Level),
		When: ui.DateTime(q.At), BegunBy: q.BegunBy, Documents: ui.Plural(q.DocumentCount, "document", "documents"), Outcome: outcomeText(q.State),
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
		Reason: c.Reason, History: levelEvents(c.Standing), Months: usualMonths,
	}
	view.Shell.Styles = append(view.Shell.Styles, static.URL("desk.css"))
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
		if p.State == "accepted" {
			view.Accepted = append(view.Accepted, ui.Option{Value: string(p.ID), Label: p.Name + ", " + p.Title})
		}
	}
	view.Chosen, view.SignerReason = r.PostForm.Get("signer"), r.PostForm.Get("signer_reason")
	for _, k := range c.Checks {
		view.Checked = append(view.Checked, checkedView(k))
	}
	s.fillDecision(r, c, &view)
	return view, nil
}

func domainFact(c verification.Case) (matches bool, fact string) {
	if c.FreeMail {
		return false, "Anybody gets an address of the domain of " + c.Website + ", so that one shows nothing. The domain has to be proved by DNS or file."
	}
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

func (s *Server) suspendVerification(w http.ResponseWriter, r *http.Request) error {
	return s.changeLevel(w, r, s.Verification.Suspend, "The verification is suspended.")
}

func (s *Server) restoreVerification(w http.ResponseWriter, r *http.Request) error {
	return s.changeLevel(w, r, s.Verification.Restore, "The level is given back.")
}

// takeBackSigner ends that somebody may sign for an organization.
func (s *Server) takeBackSigner(w http.ResponseWriter, r *http.Request) error {
	c, err := s.verificationCase(r)
	if err != nil {
		return err
	}
	form := r.PostForm
	if err := s.Verification.TakeBackSigner(r.Context(), s.actor(r), c.Organization, id.Signer(form.Get("signer")), form.Get("signer_reason")); err != nil {
		return s.renderCase(w, r, err)
	}
	s.flash(r, "This person may not sign any more. The organization was told.")
	redirect(w, r, verificationURL(c.ID))
	return nil
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
