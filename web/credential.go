package web

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"assay/internal/credential"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/listing"
	"assay/internal/vault"
	"assay/web/page"
	"assay/web/ui"
)

func annotatorURL(a id.Annotator) string { return "/seller/annotators/" + string(a) }

func annotatorParam(r *http.Request) id.Annotator {
	return id.Annotator(chi.URLParam(r, "annotator"))
}

func credentialParam(r *http.Request) id.Credential {
	return id.Credential(chi.URLParam(r, "credential"))
}

// listAnnotators shows the readers of the organization.
func (s *Server) listAnnotators(w http.ResponseWriter, r *http.Request) error {
	list, err := s.Credentials.List(r.Context(), s.actor(r))
	if err != nil {
		return err
	}
	view := page.AnnotatorsView{Shell: s.formShell(r, "Annotators", "sell")}
	for _, a := range list {
		row := page.AnnotatorRow{
			URL: annotatorURL(a.ID), Label: a.Label, Name: a.Name, Role: professionLabel(a.Role),
			Credentials: ui.Plural(len(a.Credentials), "credential", "credentials"),
		}
		row.Kind, row.State = standingOf(a, time.Now())
		view.Rows = append(view.Rows, row)
	}
	return s.render(w, r, http.StatusOK, page.Annotators(view))
}

func professionLabel(r credential.Role) string {
	return listing.AnnotatorRoles.Label(listing.AnnotatorRole(r))
}

// standingOf says in a tag whether an annotator counts as checked.
func standingOf(a credential.Annotator, now time.Time) (kind, text string) {
	if a.Holds(now) {
		return "ok", "Checked"
	}
	for _, c := range a.Credentials {
		switch c.State {
		case credential.Submitted:
			return "", "Waits for a reviewer"
		case credential.Returned:
			return "warn", "Changes asked for"
		case credential.Expired:
			return "warn", "Expired"
		case credential.Verified:
			if c.HasEnded(now) {
				return "warn", "Expired"
			}
		}
	}
	return "", "Not checked"
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

func (s *Server) showNewAnnotator(w http.ResponseWriter, r *http.Request) error {
	return s.render(w, r, http.StatusOK, page.AnnotatorEdit(s.annotatorEditView(r, credential.Annotator{}, credential.Person{}, nil)))
}

// annotatorEditView is the form of an annotator; of a new one if a has no id.
func (s *Server) annotatorEditView(r *http.Request, a credential.Annotator, p credential.Person, failure error) page.AnnotatorEditView {
	view := page.AnnotatorEditView{
		Title: "Add an annotator", Action: "/seller/annotators", Consent: credential.ConsentText, Agreed: r.PostForm.Get("agreed") == "1",
		Label: p.Label, Name: p.Name, Role: string(p.Role), Specialty: p.Specialty, Subspecialty: p.Subspecialty, Country: p.Country,
		Years: numberText(p.Years), ShowsBody: p.ShowsBody, ShowsCountry: p.ShowsCountry,
	}
	if a.ID != "" {
		view.Title, view.Action, view.Back, view.Consent = "Change "+a.Label, annotatorURL(a.ID)+"/edit", annotatorURL(a.ID), ""
		view.Fixed = a.IsFixed()
	}
	if r.Method == http.MethodPost {
		view.Years = r.PostForm.Get("years")
	}
	for _, role := range credential.Roles() {
		view.Roles = append(view.Roles, ui.Option{Value: string(role), Label: professionLabel(role)})
	}
	for _, code := range listing.Countries() {
		view.Countries = append(view.Countries, ui.Option{Value: code, Label: listing.CountryName(code)})
	}
	if failure != nil {
		view.Errors = mistakes(failure)
	}
	view.Shell = s.formShell(r, errorTitle(view.Title, view.Errors), "sell")
	return view
}

func numberText(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// personOf reads an annotator from a form. A number of years that is none
// becomes one that is refused, and so does a country.
func personOf(r *http.Request) credential.Person {
	form := r.PostForm
	p := credential.Person{
		Label: form.Get("label"), Name: form.Get("name"), Role: credential.Role(form.Get("role")), Specialty: form.Get("specialty"),
		Subspecialty: form.Get("subspecialty"), ShowsBody: form.Get("shows_body") == "1", ShowsCountry: form.Get("shows_country") == "1",
	}
	if code, ok := listing.ParseCountry(form.Get("country")); ok {
		p.Country = code
	}
	if text := strings.TrimSpace(form.Get("years")); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			n = -1
		}
		p.Years = n
	}
	return p
}

func (s *Server) addAnnotator(w http.ResponseWriter, r *http.Request) error {
	p := personOf(r)
	key, err := s.Credentials.Add(r.Context(), s.actor(r), p, r.PostForm.Get("agreed") == "1")
	if err != nil {
		return s.renderTry(w, r, err, page.AnnotatorEdit(s.annotatorEditView(r, credential.Annotator{}, p, err)))
	}
	s.flash(r, p.Label+" is added. Now add what a reviewer can check.")
	redirect(w, r, annotatorURL(key))
	return nil
}

func (s *Server) showAnnotatorEdit(w http.ResponseWriter, r *http.Request) error {
	a, err := s.Credentials.Annotator(r.Context(), s.actor(r), annotatorParam(r))
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, page.AnnotatorEdit(s.annotatorEditView(r, a, a.Person, nil)))
}

func (s *Server) changeAnnotator(w http.ResponseWriter, r *http.Request) error {
	a, err := s.Credentials.Annotator(r.Context(), s.actor(r), annotatorParam(r))
	if err != nil {
		return err
	}
	p := personOf(r)
	if err := s.Credentials.Change(r.Context(), s.actor(r), a.ID, p); err != nil {
		return s.renderTry(w, r, err, page.AnnotatorEdit(s.annotatorEditView(r, a, p, err)))
	}
	s.flash(r, "Saved. Live data sets show it at once.")
	redirect(w, r, annotatorURL(a.ID))
	return nil
}

func (s *Server) showAnnotator(w http.ResponseWriter, r *http.Request) error {
	return s.annotatorPage(w, r, annotatorParam(r), nil)
}

// annotatorPage shows an annotator, with why the last act failed, if it did.
func (s *Server) annotatorPage(w http.ResponseWriter, r *http.Request, key id.Annotator, failure error) error {
	a, err := s.Credentials.Annotator(r.Context(), s.actor(r), key)
	if err != nil {
		return err
	}
	view := page.AnnotatorView{
		Shell: s.formShell(r, a.Label, "sell"), URL: annotatorURL(a.ID), Label: a.Label, Facts: personPairs(a.Person),
		Consent: a.ConsentText, ConsentOn: ui.DateTime(a.ConsentAt), MayRemove: true,
	}
	shown := "nothing but the profession"
	switch {
	case a.ShowsBody && a.ShowsCountry:
		shown = "body and country"
	case a.ShowsBody:
		shown = "the body"
	case a.ShowsCountry:
		shown = "the country"
	}
	view.Facts = append(view.Facts, ui.Pair{Term: "Buyers may read", Value: upperFirst(shown)})
	for _, c := range a.Credentials {
		view.Credentials = append(view.Credentials, credentialView(c, time.Now()))
		view.MayRemove = view.MayRemove && c.State != credential.Submitted
	}
	if failure == nil {
		return s.render(w, r, http.StatusOK, page.Annotator(view))
	}
	view.Errors = mistakes(failure)
	return s.renderTry(w, r, failure, page.Annotator(view))
}

func personPairs(p credential.Person) []ui.Pair {
	list := []ui.Pair{{Term: "Name, private", Value: p.Name}, {Term: "Profession", Value: professionLabel(p.Role)}}
	if text := strings.Trim(p.Specialty+", "+p.Subspecialty, ", "); text != "" {
		list = append(list, ui.Pair{Term: "Specialty", Value: text})
	}
	if p.Country != "" {
		list = append(list, ui.Pair{Term: "Country of practice", Value: listing.CountryName(p.Country)})
	}
	if p.Years > 0 {
		list = append(list, ui.Pair{Term: "Years of practice", Value: ui.Number(p.Years)})
	}
	return list
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

func (s *Server) removeAnnotator(w http.ResponseWriter, r *http.Request) error {
	key := annotatorParam(r)
	if err := s.Credentials.Remove(r.Context(), s.actor(r), key); err != nil {
		return s.annotatorPage(w, r, key, err)
	}
	s.flash(r, "Removed. The name and the numbers are forgotten.")
	redirect(w, r, "/seller/annotators")
	return nil
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

// sendEvidence hands the document out as a download: it is a stranger's file,
// which no browser may show as part of this site.
func (s *Server) sendEvidence(w http.ResponseWriter, r *http.Request) error {
	v, body, err := s.Credentials.OpenEvidence(r.Context(), s.actor(r), credentialParam(r))
	if err != nil {
		return err
	}
	return s.sendPrivate(w, r, v, body)
}

// extensions of documents by their media type.
var extensions = map[string]string{"application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpg"}

// sendPrivate sends a document under a name that tells nothing.
func (s *Server) sendPrivate(w http.ResponseWriter, r *http.Request, v vault.Version, body []byte) error {
	h := w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", `attachment; filename="`+string(v.Kind)+"."+extensions[v.MediaType]+`"`)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Content-Security-Policy", policy+"; sandbox")
	if _, err := w.Write(body); err != nil {
		s.log.Info("a document was not sent whole", "route", routeOf(r), "request", requestID(r), "error", err)
	}
	return nil
}
