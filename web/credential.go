package web

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"assay/internal/credential"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/web/page"
	"assay/web/ui"
)

func credentialParam(r *http.Request) id.Credential {
	return id.Credential(chi.URLParam(r, "credential"))
}

// credentialTag is the kind and the words of a credential's tag.
func credentialTag(c credential.Credential, now time.Time) (kind, text string) {
	switch state := c.State; {
	case state == credential.Verified && c.HasEnded(now):
		return "warn", credential.Expired.Label()
	case state == credential.Verified:
		return "ok", state.Label()
	case state == credential.Refused, state == credential.Revoked:
		return "bad", state.Label()
	case state == credential.Returned, state == credential.Expired:
		return "warn", state.Label()
	default:
		return "", state.Label()
	}
}

func credentialPairs(c credential.Credential) []ui.Pair {
	list := []ui.Pair{{Term: "Body", Value: c.Body}}
	if c.Number != "" {
		list = append(list, ui.Pair{Term: "Number, private", Value: c.Number})
	}
	if c.IssuedOn != nil {
		list = append(list, ui.Pair{Term: "Issued", Value: ui.Date(*c.IssuedOn)})
	}
	last := "No end stated"
	if c.ExpiresOn != nil {
		last = ui.Date(*c.ExpiresOn)
	}
	return append(list, ui.Pair{Term: "Last day", Value: last})
}

func credentialView(c credential.Credential, now time.Time) page.CredentialView {
	view := page.CredentialView{
		URL: "/seller/credentials/" + string(c.ID), Kind: c.Kind.Label(), Facts: credentialPairs(c), Reason: c.Reason,
		IsOpen: c.State.IsOpen(), MaySubmit: c.State.IsOpen() && c.Document != "", IsWaiting: c.State == credential.Submitted,
		Decided: decidedWords(c),
	}
	view.Tag, view.State = credentialTag(c, now)
	if c.Document != "" {
		view.EvidenceURL = view.URL + "/evidence"
	}
	switch {
	case c.State.IsOpen() && c.Document == "":
		view.Note = "Add the document before you submit it."
	case c.State == credential.Submitted:
		view.Note = "Submitted on " + ui.DateTime(*c.SubmittedAt) + ". To change it, withdraw it."
	case c.State == credential.Verified && c.RegisterURL != "" && c.RegisterOn != nil:
		view.Note = "Number found at " + c.RegisterURL + " on " + ui.Date(*c.RegisterOn) + ". It stays as it is; add a new one when it is renewed."
	}
	return view
}

// decidedWords says who decided last, to those who may read the name.
func decidedWords(c credential.Credential) string {
	if c.DecidedAt == nil || c.State == credential.Draft || c.State == credential.Submitted {
		return ""
	}
	what := map[credential.State]string{credential.Returned: "Returned", credential.Refused: "Refused", credential.Revoked: "Revoked"}[c.State]
	if what == "" {
		what = "Checked"
	}
	by := c.DecidedBy
	if by == "" {
		by = "a reviewer"
	}
	return what + " by " + by + " on " + ui.Date(*c.DecidedAt) + "."
}

func (s *Server) showNewCredential(w http.ResponseWriter, r *http.Request) error {
	a, err := s.Credentials.Annotator(r.Context(), s.actor(r), annotatorParam(r))
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, page.CredentialEdit(s.credentialEditView(r, a, credential.Credential{}, credential.Facts{}, nil)))
}

// credentialEditView is the form of a credential; of a new one if c has no id.
func (s *Server) credentialEditView(r *http.Request, a credential.Annotator, c credential.Credential, f credential.Facts, failure error) page.CredentialEditView {
	view := page.CredentialEditView{
		Title: "Add a credential", Action: annotatorURL(a.ID) + "/credentials", Label: a.Label, Back: annotatorURL(a.ID),
		Body: f.Body, Number: f.Number, IssuedOn: dayText(f.IssuedOn), ExpiresOn: dayText(f.ExpiresOn), HasEvidence: c.Document != "",
	}
	if c.ID != "" {
		view.Title, view.Action = "Change the "+lowerFirst(c.Kind.Label()), "/seller/credentials/"+string(c.ID)
	}
	if r.Method == http.MethodPost {
		view.IssuedOn, view.ExpiresOn = r.PostForm.Get("issued_on"), r.PostForm.Get("expires_on")
	}
	for _, k := range credential.Kinds() {
		view.Kinds = append(view.Kinds, ui.Option{Value: string(k), Label: k.Label(), Help: k.Help(), Selected: k == f.Kind})
	}
	if failure != nil {
		view.Errors = mistakes(failure)
	}
	view.Shell = s.formShell(r, errorTitle(view.Title, view.Errors), "sell")
	return view
}

func dayText(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.UTC().Format(time.DateOnly)
}

// factsOfForm reads a credential from a form; a day that is none is errs.Fields.
func factsOfForm(r *http.Request) (credential.Facts, error) {
	form := r.PostForm
	f := credential.Facts{Kind: credential.Kind(form.Get("kind")), Body: form.Get("body"), Number: form.Get("number")}
	var wrong errs.Fields
	f.IssuedOn, f.ExpiresOn = optionalDay(r, "issued_on", &wrong), optionalDay(r, "expires_on", &wrong)
	return f, wrong.Err()
}

// optionalDay reads a day that may be left out.
func optionalDay(r *http.Request, name string, wrong *errs.Fields) *time.Time {
	text := strings.TrimSpace(r.PostForm.Get(name))
	if text == "" {
		return nil
	}
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		wrong.Add(name, "Write a day as year-month-day, such as 2027-03-31.")
		return nil
	}
	return &t
}

// saveCredential keeps what a form says, by enter, with the file that came.
func saveCredential(r *http.Request, f credential.Facts, enter func(credential.Facts, *credential.Evidence) error) error {
	file, header, err := r.FormFile("file")
	if errors.Is(err, http.ErrMissingFile) || errors.Is(err, http.ErrNotMultipart) {
		return enter(f, nil)
	}
	if err != nil {
		return err
	}
	defer file.Close()
	return enter(f, &credential.Evidence{Name: header.Filename, Content: file})
}

func (s *Server) addCredential(w http.ResponseWriter, r *http.Request) error {
	a, err := s.Credentials.Annotator(r.Context(), s.actor(r), annotatorParam(r))
	if err != nil {
		return err
	}
	f, err := factsOfForm(r)
	if err == nil {
		err = saveCredential(r, f, func(f credential.Facts, e *credential.Evidence) error {
			_, err := s.Credentials.Enter(r.Context(), s.actor(r), a.ID, f, e)
			return err
		})
	}
	if err != nil {
		return s.renderTry(w, r, err, page.CredentialEdit(s.credentialEditView(r, a, credential.Credential{}, f, err)))
	}
	s.flash(r, "The credential is saved as a draft. Submit it when it is complete.")
	redirect(w, r, annotatorURL(a.ID))
	return nil
}

func (s *Server) showCredential(w http.ResponseWriter, r *http.Request) error {
	c, a, err := s.ownCredential(r)
	if err != nil {
		return err
	}
	if !c.State.IsOpen() {
		redirect(w, r, annotatorURL(a.ID))
		return nil
	}
	return s.render(w, r, http.StatusOK, page.CredentialEdit(s.credentialEditView(r, a, c, c.Facts, nil)))
}

// ownCredential reads the credential in the path and its annotator.
func (s *Server) ownCredential(r *http.Request) (c credential.Credential, a credential.Annotator, err error) {
	if c, err = s.Credentials.Credential(r.Context(), s.actor(r), credentialParam(r)); err == nil {
		a, err = s.Credentials.Annotator(r.Context(), s.actor(r), c.Annotator)
	}
	return c, a, err
}

func (s *Server) changeCredential(w http.ResponseWriter, r *http.Request) error {
	c, a, err := s.ownCredential(r)
	if err != nil {
		return err
	}
	f, err := factsOfForm(r)
	if err == nil {
		err = saveCredential(r, f, func(f credential.Facts, e *credential.Evidence) error {
			return s.Credentials.Correct(r.Context(), s.actor(r), c.ID, f, e)
		})
	}
	if err != nil {
		return s.renderTry(w, r, err, page.CredentialEdit(s.credentialEditView(r, a, c, f, err)))
	}
	s.flash(r, "Saved. Submit it when it is complete.")
	redirect(w, r, annotatorURL(a.ID))
	return nil
}

// onCredential carries out an act on a credential of the organization.
func (s *Server) onCredential(done string, act func(*http.Request, id.Credential) error) http.HandlerFunc {
	return s.handle(func(w http.ResponseWriter, r *http.Request) error {
		c, err := s.Credentials.Credential(r.Context(), s.actor(r), credentialParam(r))
		if err != nil {
			return err
		}
		if err := act(r, c.ID); err != nil {
			return s.annotatorPage(w, r, c.Annotator, err)
		}
		s.flash(r, done)
		redirect(w, r, annotatorURL(c.Annotator))
		return nil
	})
}

func (s *Server) submitCredential(r *http.Request, c id.Credential) error {
	return s.Credentials.Submit(r.Context(), s.actor(r), c)
}

func (s *Server) withdrawCredential(r *http.Request, c id.Credential) error {
	return s.Credentials.Withdraw(r.Context(), s.actor(r), c)
}

func (s *Server) dropCredential(r *http.Request, c id.Credential) error {
	return s.Credentials.Drop(r.Context(), s.actor(r), c)
}

// sendEvidence hands out the document of a credential.
func (s *Server) sendEvidence(w http.ResponseWriter, r *http.Request) error {
	v, body, err := s.Credentials.OpenEvidence(r.Context(), s.actor(r), credentialParam(r))
	if err != nil {
		return err
	}
	return s.sendPrivate(w, r, string(v.Kind)+"."+extensions[v.MediaType], body) // a name that tells nothing
}

// extensions of documents by their media type.
var extensions = map[string]string{"application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpg"}
