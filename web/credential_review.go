package web

import (
	"net/http"
	"time"

	"assay/internal/credential"
	"assay/internal/errs"
	"assay/web/page"
	"assay/web/ui"
)

// showCredentialQueue lists the credentials that wait for a reviewer.
func (s *Server) showCredentialQueue(w http.ResponseWriter, r *http.Request) error {
	waiting, decided, err := s.Credentials.Queue(r.Context(), s.actor(r))
	if err != nil {
		return err
	}
	view := page.CredentialQueueView{Shell: s.shell(r, "Annotators’ credentials", "review")}
	for _, x := range waiting {
		view.Waiting = append(view.Waiting, credentialRow(x))
	}
	for _, x := range decided {
		view.Decided = append(view.Decided, credentialRow(x))
	}
	return s.render(w, r, http.StatusOK, page.CredentialQueue(view))
}

func credentialRow(x credential.Waiting) page.CredentialRow {
	row := page.CredentialRow{
		URL: "/review/credentials/" + string(x.ID), Kind: x.Kind.Label(), Body: x.Body, Label: x.Label + " (" + lowerFirst(professionLabel(x.Role)) + ")",
		Organization: x.Organization, When: ui.DateTime(x.At), Own: x.Own && x.State == credential.Submitted,
	}
	if x.Past != "" {
		row.When += ", " + x.Past
	}
	row.Tag, row.State = credentialTag(credential.Credential{State: x.State}, time.Now())
	return row
}

func (s *Server) showCredentialCase(w http.ResponseWriter, r *http.Request) error {
	view, err := s.credentialCaseView(r, nil)
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, page.CredentialCase(view))
}

// credentialCaseView is the page of a credential, with the form as it was sent,
// if it was.
func (s *Server) credentialCaseView(r *http.Request, failure error) (page.CredentialCaseView, error) {
	c, err := s.Credentials.Case(r.Context(), s.actor(r), credentialParam(r))
	if err != nil {
		return page.CredentialCaseView{}, err
	}
	view := page.CredentialCaseView{
		URL: "/review/credentials/" + string(c.ID), Kind: c.Kind.Label(), Label: c.Of.Label, Organization: c.OrganizationName,
		Person: personPairs(c.Of.Person), Facts: credentialPairs(c.Credential), Consent: c.Of.ConsentText,
		Submitted: ui.DateTime(*c.SubmittedAt), Seen: c.SubmittedAt.UTC().Format(time.RFC3339Nano),
		Own: c.Own && c.State == credential.Submitted, MayDecide: c.State == credential.Submitted && !c.Own,
		MayRevoke: c.State == credential.Verified && !c.Own, RevokeReason: r.PostForm.Get("revoke-reason"),
		NeedsRegister: c.Kind != credential.Training, Decided: decidedWords(c.Credential), Reason: c.Reason,
	}
	view.Tag, view.State = credentialTag(c.Credential, time.Now())
	for _, other := range c.Of.Credentials {
		if other.ID != c.ID {
			view.Others = append(view.Others, ui.Pair{Term: other.Kind.Label(), Value: other.Body + ": " + lowerFirst(other.State.Label())})
		}
	}
	if failure != nil {
		view.Errors = mistakes(failure)
	}
	fillCredentialDecision(r, &view)
	view.Shell = s.formShell(r, errorTitle(c.Kind.Label()+", "+c.OrganizationName, view.Errors), "review")
	return view, nil
}

// fillCredentialDecision draws the decision's form: empty, or as it was sent.
func fillCredentialDecision(r *http.Request, view *page.CredentialCaseView) {
	form := r.PostForm
	for _, check := range []struct{ name, label, help string }{
		{"name_matches", "The name on the document is the name given here", ""},
		{"body_exists", "The body exists and gives such credentials", ""},
		{"number_checked", "The number is in the body’s public register, under this name", ""},
		{"in_force", "It is in force: not expired, not revoked", ""},
	} {
		view.Checks = append(view.Checks, ui.CheckboxProps{Name: check.name, Label: check.label, Help: check.help,
			Checked: form.Get(check.name) == "1", Error: ui.FieldErrorOf(view.Errors, check.name)})
	}
	for _, o := range []struct {
		state       credential.State
		label, help string
	}{
		{credential.Verified, "Verify", "It counts at once in each data set that names the person, until its last day."},
		{credential.Returned, "Return for changes", "The organization changes it and submits it again."},
		{credential.Refused, "Refuse", "It does not show what it should. Another one may follow."},
	} {
		view.Outcomes = append(view.Outcomes, ui.Option{Value: string(o.state), Label: o.label, Help: o.help, Selected: form.Get("outcome") == string(o.state)})
	}
	if r.Method == http.MethodPost {
		view.RegisterURL, view.RegisterOn = form.Get("register_url"), form.Get("register_on")
	}
	if view.MayDecide {
		view.Reason = form.Get("reason")
	}
}

func (s *Server) decideCredential(w http.ResponseWriter, r *http.Request) error {
	form := r.PostForm
	d := credential.Decision{
		Credential: credentialParam(r), Outcome: credential.State(form.Get("outcome")), Reason: form.Get("reason"),
		Checks: credential.Checks{
			NameMatches: form.Get("name_matches") == "1", BodyExists: form.Get("body_exists") == "1",
			NumberChecked: form.Get("number_checked") == "1", InForce: form.Get("in_force") == "1", RegisterURL: form.Get("register_url"),
		},
	}
	d.SubmittedAt, _ = time.Parse(time.RFC3339Nano, form.Get("submitted_at")) // the zero time fits no submission
	var wrong errs.Fields
	d.Checks.RegisterOn = optionalDay(r, "register_on", &wrong)
	err := wrong.Err()
	if err == nil {
		err = s.Credentials.Decide(r.Context(), s.actor(r), d)
	}
	if err != nil {
		view, loadErr := s.credentialCaseView(r, err)
		if loadErr != nil {
			return loadErr
		}
		return s.renderTry(w, r, err, page.CredentialCase(view))
	}
	s.flash(r, "Your decision is recorded. The organization was told.")
	redirect(w, r, "/review/credentials")
	return nil
}

// revokeCredential takes back the check of a credential.
func (s *Server) revokeCredential(w http.ResponseWriter, r *http.Request) error {
	err := s.Credentials.Revoke(r.Context(), s.actor(r), credentialParam(r), r.PostForm.Get("revoke-reason"))
	if err != nil {
		view, loadErr := s.credentialCaseView(r, err)
		if loadErr != nil {
			return loadErr
		}
		return s.renderTry(w, r, err, page.CredentialCase(view))
	}
	s.flash(r, "Revoked. It counts nowhere any more, and the organization was told.")
	redirect(w, r, "/review/credentials")
	return nil
}
