package web

import (
	"fmt"
	"net/http"

	"github.com/go-chi/chi/v5"

	"assay/internal/agreement"
	"assay/internal/id"
	"assay/internal/upload"
	"assay/web/page"
	"assay/web/ui"
)

const adminAgreementsPath = "/admin/agreements"

func agreementURL(t id.Agreement) string { return adminAgreementsPath + "/" + string(t) }

func agreementOf(r *http.Request) id.Agreement { return id.Agreement(chi.URLParam(r, "agreement")) }

func (s *Server) showAgreements(w http.ResponseWriter, r *http.Request) error {
	view, err := s.agreementsView(r)
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, page.AdminAgreements(view))
}

func (s *Server) agreementsView(r *http.Request) (page.AdminAgreementsView, error) {
	text := upload.CurrentAgreement()
	view := page.AdminAgreementsView{Shell: s.adminShell(r, "Agreement templates"),
		Table:   page.AdminTable{Caption: "Agreement templates", TestID: "agreements", Heads: []string{"Text", "Name", "Changed", "State"}},
		BuiltIn: []ui.Pair{{Term: "Text", Value: "Terms of the upload"}, {Term: "Version", Value: text.Version}, {Term: "SHA-256", Value: text.SHA256}}}
	list, err := s.Agreements.Templates(r.Context(), s.actor(r))
	for _, t := range list {
		view.Table.Rows = append(view.Table.Rows, []page.AdminCell{
			{Text: t.Title, URL: agreementURL(t.ID), Small: fmt.Sprintf("Version %d", t.Version)}, cell(t.Name), cell(ui.Date(t.UpdatedAt)), agreementState(t.State)})
	}
	return view, err
}

func agreementState(s agreement.State) page.AdminCell {
	switch s {
	case agreement.Published:
		return page.AdminCell{Text: "published", Tag: "ok"}
	case agreement.Retired:
		return page.AdminCell{Text: "retired", Tag: "plain"}
	}
	return page.AdminCell{Text: "draft", Tag: "info"}
}

func (s *Server) writeAgreement(w http.ResponseWriter, r *http.Request) error {
	t := agreement.Template{Name: r.PostForm.Get("name"), Title: r.PostForm.Get("title"), Body: r.PostForm.Get("body")}
	key, err := s.Agreements.Write(r.Context(), s.actor(r), t)
	if err != nil {
		view, loadErr := s.agreementsView(r)
		if loadErr != nil {
			return loadErr
		}
		view.Name, view.Title, view.Body, view.Errors = t.Name, t.Title, t.Body, mistakes(err)
		return s.renderTry(w, r, err, page.AdminAgreements(view))
	}
	s.flash(r, "The draft is kept.")
	redirect(w, r, agreementURL(key))
	return nil
}

func (s *Server) showAgreement(w http.ResponseWriter, r *http.Request) error {
	view, err := s.agreementView(r)
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, page.AdminAgreement(view))
}

func (s *Server) agreementView(r *http.Request) (page.AdminAgreementView, error) {
	t, before, err := s.Agreements.Template(r.Context(), s.actor(r), agreementOf(r))
	if err != nil {
		return page.AdminAgreementView{}, err
	}
	view := page.AdminAgreementView{
		Shell: s.adminShell(r, t.Title), URL: agreementURL(t.ID), Heading: fmt.Sprintf("%s, version %d", t.Title, t.Version), State: agreementState(t.State),
		Facts: []ui.Pair{{Term: "Name", Value: t.Name}, {Term: "Changed", Value: ui.DateTime(t.UpdatedAt)}}, SHA256: t.SHA256, Body: t.Body,
		IsDraft: t.State == agreement.Draft, IsPublished: t.State == agreement.Published,
	}
	view.Form.Title, view.Form.Body = t.Title, t.Body
	if t.PublishedAt != nil {
		view.Facts = append(view.Facts, ui.Pair{Term: "Published", Value: ui.DateTime(*t.PublishedAt)})
	}
	if t.RetiredAt != nil {
		view.Facts = append(view.Facts, ui.Pair{Term: "Retired", Value: ui.DateTime(*t.RetiredAt)})
	}
	if before != nil {
		view.Before, view.Changes = fmt.Sprintf("version %d", before.Version), agreementLines(before.Body, t.Body)
		if before.State == agreement.Published {
			view.Replaces = fmt.Sprintf("Version %d is retired at the same moment.", before.Version)
		}
	}
	return view, nil
}

func agreementLines(before, now string) (list []page.AdminAgreementLine) {
	for _, l := range agreement.Compare(before, now) {
		line := page.AdminAgreementLine{Text: l.Text}
		switch l.Change {
		case agreement.Added:
			line.Mark, line.Word = "ok", "added"
		case agreement.Removed:
			line.Mark, line.Word = "bad", "removed"
		}
		list = append(list, line)
	}
	return list
}

func (s *Server) rewriteAgreement(w http.ResponseWriter, r *http.Request) error {
	t := agreement.Template{ID: agreementOf(r), Title: r.PostForm.Get("title"), Body: r.PostForm.Get("body")}
	if err := s.Agreements.Rewrite(r.Context(), s.actor(r), t); err != nil {
		view, loadErr := s.agreementView(r)
		if loadErr != nil {
			return loadErr
		}
		view.Form.Title, view.Form.Body, view.Errors = t.Title, t.Body, mistakes(err)
		return s.renderTry(w, r, err, page.AdminAgreement(view))
	}
	s.flash(r, "The draft is kept.")
	redirect(w, r, agreementURL(t.ID))
	return nil
}

func (s *Server) publishAgreement(w http.ResponseWriter, r *http.Request) error {
	if err := s.Agreements.Publish(r.Context(), s.actor(r), agreementOf(r), r.PostForm.Get("sha256")); err != nil {
		return err
	}
	s.flash(r, "The text is published.")
	redirect(w, r, agreementURL(agreementOf(r)))
	return nil
}

func (s *Server) retireAgreement(w http.ResponseWriter, r *http.Request) error {
	if err := s.Agreements.Retire(r.Context(), s.actor(r), agreementOf(r)); err != nil {
		return err
	}
	s.flash(r, "The text is retired.")
	redirect(w, r, agreementURL(agreementOf(r)))
	return nil
}

func (s *Server) discardAgreement(w http.ResponseWriter, r *http.Request) error {
	if err := s.Agreements.Discard(r.Context(), s.actor(r), agreementOf(r)); err != nil {
		return err
	}
	s.flash(r, "The draft is thrown away.")
	redirect(w, r, adminAgreementsPath)
	return nil
}
