package web

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"assay/internal/credential"
	"assay/internal/id"
	"assay/internal/listing"
	"assay/web/page"
	"assay/web/ui"
)

func annotatorURL(a id.Annotator) string { return "/seller/annotators/" + string(a) }

func annotatorParam(r *http.Request) id.Annotator {
	return id.Annotator(chi.URLParam(r, "annotator"))
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

func (s *Server) removeAnnotator(w http.ResponseWriter, r *http.Request) error {
	key := annotatorParam(r)
	if err := s.Credentials.Remove(r.Context(), s.actor(r), key); err != nil {
		return s.annotatorPage(w, r, key, err)
	}
	s.flash(r, "Removed. The name and the numbers are forgotten.")
	redirect(w, r, "/seller/annotators")
	return nil
}
