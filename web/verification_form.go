package web

import (
	"errors"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/listing"
	"assay/internal/vault"
	"assay/internal/verification"
	"assay/web/page"
	"assay/web/ui"
)

func (s *Server) showVerificationIdentity(w http.ResponseWriter, r *http.Request) error {
	request, err := s.Verification.Request(r.Context(), s.actor(r))
	if err != nil && errs.KindOf(err) != errs.NotFound {
		return err
	}
	return s.render(w, r, http.StatusOK, page.VerificationIdentity(s.identityView(r, request.Identity, nil)))
}

func (s *Server) identityView(r *http.Request, in verification.Identity, failure error) page.VerificationIdentityView {
	view := page.VerificationIdentityView{
		Shell: s.formShell(r, "The organization", "sell"), LegalName: in.LegalName, Country: in.Country, Registry: in.Registry,
		RegistryNumber: in.RegistryNumber, PostalAddress: in.PostalAddress, Website: in.Website,
		ContactName: in.ContactName, ContactRole: in.ContactRole, RightsBasis: in.RightsBasis,
	}
	for _, code := range listing.Countries() {
		view.Countries = append(view.Countries, ui.Option{Value: code, Label: listing.CountryName(code)})
	}
	if failure != nil {
		view.Errors = mistakes(failure)
	}
	return view
}

func (s *Server) saveVerificationIdentity(w http.ResponseWriter, r *http.Request) error {
	form := r.PostForm
	in := verification.Identity{
		LegalName: form.Get("legal_name"), Country: form.Get("country"), Registry: form.Get("registry"),
		RegistryNumber: form.Get("registry_number"), PostalAddress: form.Get("postal_address"), Website: form.Get("website"),
		ContactName: form.Get("contact_name"), ContactRole: form.Get("contact_role"), RightsBasis: form.Get("rights_basis"),
	}
	if err := s.Verification.SaveIdentity(r.Context(), s.actor(r), in); err != nil {
		return s.renderTry(w, r, err, page.VerificationIdentity(s.identityView(r, in, err)))
	}
	s.flash(r, "Your answers are saved.")
	redirect(w, r, verificationPath+"/documents")
	return nil
}

func (s *Server) showVerificationDocuments(w http.ResponseWriter, r *http.Request) error {
	view, err := s.documentsView(r, url.Values{})
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, page.VerificationDocuments(view))
}

func (s *Server) documentsView(r *http.Request, form url.Values) (page.VerificationDocumentsView, error) {
	view := page.VerificationDocumentsView{Shell: s.formShell(r, "Documents", "sell"), Title: form.Get("title"), ExpiresOn: form.Get("expires_on")}
	for _, k := range verification.Kinds() {
		view.Kinds = append(view.Kinds, ui.Option{Value: string(k), Label: k.Label(), Help: k.Help(), Selected: form.Get("kind") == string(k)})
	}
	request, err := s.Verification.Request(r.Context(), s.actor(r))
	if errs.KindOf(err) == errs.NotFound {
		return view, nil
	}
	switch {
	case request.State.IsOpen():
		view.Documents = documentViews(request.Documents)
	case request.State != verification.RequestSubmitted:
		view.KeptCount = len(accepted(request.Documents))
	}
	return view, err
}

func (s *Server) attachDocument(w http.ResponseWriter, r *http.Request) error {
	err := s.withFile(r, func(p verification.Paper) error {
		p.Kind = vault.Kind(r.PostForm.Get("kind"))
		_, err := s.Verification.Attach(r.Context(), s.actor(r), p)
		return err
	})
	if err != nil {
		view, loadErr := s.documentsView(r, r.PostForm)
		if loadErr != nil {
			return loadErr
		}
		view.Errors = mistakes(err)
		return s.renderTry(w, r, err, page.VerificationDocuments(view))
	}
	s.flash(r, "The document is added and encrypted.")
	redirect(w, r, verificationPath+"/documents")
	return nil
}

// withFile calls do with the file of a form and what the form says of it.
func (s *Server) withFile(r *http.Request, do func(verification.Paper) error) error {
	expires, err := formDay(r.PostForm, "expires_on")
	if err != nil {
		return err
	}
	file, header, err := r.FormFile("file")
	if errors.Is(err, http.ErrMissingFile) || errors.Is(err, http.ErrNotMultipart) {
		return &errs.Error{Kind: errs.Invalid, Field: "file", Message: "Choose a file."}
	}
	if err != nil {
		return err
	}
	defer func(f multipart.File) { f.Close() }(file)
	return do(verification.Paper{Title: r.PostForm.Get("title"), Name: header.Filename, Content: file, ExpiresOn: expires})
}

// formDay reads a day of a form; nil if there is none.
func formDay(form url.Values, field string) (*time.Time, error) {
	text := strings.TrimSpace(form.Get(field))
	if text == "" {
		return nil, nil
	}
	day, err := time.Parse(time.DateOnly, text)
	if err != nil || day.Year() < 1900 || day.Year() > 2200 {
		return nil, &errs.Error{Kind: errs.Invalid, Field: field, Message: "Enter a day, like 2027-03-31."}
	}
	return &day, nil
}

func (s *Server) detachDocument(w http.ResponseWriter, r *http.Request) error {
	if err := s.Verification.Detach(r.Context(), s.actor(r), id.Document(chi.URLParam(r, "document"))); err != nil {
		return err
	}
	s.flash(r, "The document is out of the request. It stays in the vault.")
	redirect(w, r, verificationPath+"/documents")
	return nil
}
