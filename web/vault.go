package web

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/vault"
	"assay/internal/verification"
	"assay/web/page"
	"assay/web/ui"
)

const vaultPath = "/seller/vault"

// vaultURL is the page of a document, vaultFileURL the file of one version.
func vaultURL(r vault.Ref) string { return vaultPath + "/" + string(r.Document) }

func vaultFileURL(r vault.Ref) string {
	return "/vault/" + string(r.Document) + "/" + strconv.Itoa(r.Number)
}

func versionView(v vault.Version) page.VaultVersionView {
	view := page.VaultVersionView{
		ID: string(v.Document), Number: strconv.Itoa(v.Number), URL: vaultFileURL(v.Ref()), Title: v.Title, Name: v.Name, Kind: v.Kind.Label(),
		Size: ui.Bytes(v.SizeBytes), At: ui.Date(v.UploadedAt), SHA256: v.SHA256, IsHeld: v.HeldAt != nil,
	}
	if v.ExpiresOn == nil {
		return view
	}
	left := time.Until(v.ExpiresOn.AddDate(0, 0, 1))
	switch {
	case left <= 0:
		view.EndKind, view.End = "bad", "ended on "+ui.Date(*v.ExpiresOn)
	case left <= 60*24*time.Hour:
		view.EndKind, view.End = "warn", "ends on "+ui.Date(*v.ExpiresOn)
	default:
		view.End = "until " + ui.Date(*v.ExpiresOn)
	}
	return view
}

func documentView(d vault.Document) page.VaultDocumentView {
	view := page.VaultDocumentView{ID: string(d.ID), URL: vaultPath + "/" + string(d.ID), Title: d.Title, Kind: d.Kind.Label(), MayRemove: d.MayRemove()}
	for _, v := range d.Versions {
		view.Versions = append(view.Versions, versionView(v))
	}
	return view
}

// showVault lists the private documents of an organization.
func (s *Server) showVault(w http.ResponseWriter, r *http.Request) error {
	documents, err := s.Verification.Documents(r.Context(), s.actor(r))
	if err != nil {
		return err
	}
	view := page.VaultView{Shell: s.formShell(r, "The vault", "sell")}
	for _, d := range documents {
		view.Documents = append(view.Documents, documentView(d))
	}
	return s.render(w, r, http.StatusOK, page.Vault(view))
}

// showVaultDocument shows one document with its versions, to replace or remove.
func (s *Server) showVaultDocument(w http.ResponseWriter, r *http.Request) error {
	view, err := s.vaultDocumentView(r, url.Values{})
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, page.VaultDocument(view))
}

func (s *Server) vaultDocumentView(r *http.Request, form url.Values) (page.VaultDocumentPageView, error) {
	view := page.VaultDocumentPageView{ExpiresOn: form.Get("expires_on")}
	documents, err := s.Verification.Documents(r.Context(), s.actor(r))
	if err != nil {
		return view, err
	}
	for _, d := range documents {
		if string(d.ID) == chi.URLParam(r, "document") {
			view.Shell, view.Document = s.formShell(r, d.Title, "sell"), documentView(d)
			return view, nil
		}
	}
	return view, errs.New(errs.NotFound, "There is no such document.")
}

func (s *Server) replaceDocument(w http.ResponseWriter, r *http.Request) error {
	document := id.Document(chi.URLParam(r, "document"))
	err := s.withFile(r, func(p verification.Paper) error { return s.Verification.Replace(r.Context(), s.actor(r), document, p) })
	if err != nil {
		view, loadErr := s.vaultDocumentView(r, r.PostForm)
		if loadErr != nil {
			return loadErr
		}
		view.Errors = mistakes(err)
		return s.renderTry(w, r, err, page.VaultDocument(view))
	}
	s.flash(r, "The newer version is kept. The ones before stay.")
	redirect(w, r, vaultPath+"/"+string(document))
	return nil
}

func (s *Server) removeDocument(w http.ResponseWriter, r *http.Request) error {
	err := s.Verification.RemoveDocument(r.Context(), s.actor(r), id.Document(chi.URLParam(r, "document")))
	if errs.KindOf(err) == errs.Conflict {
		view, loadErr := s.vaultDocumentView(r, url.Values{})
		if loadErr != nil {
			return loadErr
		}
		view.Errors = mistakes(err)
		return s.renderTry(w, r, err, page.VaultDocument(view))
	}
	if err != nil {
		return err
	}
	s.flash(r, "The document and all its versions are removed.")
	redirect(w, r, vaultPath)
	return nil
}

// sendDocument hands out a version of a document.
func (s *Server) sendDocument(w http.ResponseWriter, r *http.Request) error {
	number, err := strconv.Atoi(chi.URLParam(r, "edition"))
	if err != nil || number < 1 || number > 1000 {
		return errs.New(errs.NotFound, "There is no such document.")
	}
	v, body, err := s.Verification.OpenDocument(r.Context(), s.actor(r), vault.Ref{Document: id.Document(chi.URLParam(r, "document")), Number: number})
	if err != nil {
		return err
	}
	return s.sendPrivate(w, r, v.Name, body)
}
