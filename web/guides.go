package web

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"assay/web/page"
)

func (s *Server) listGuides(w http.ResponseWriter, r *http.Request) error {
	shell := s.shell(r, "Guides", "guides")
	shell.Description = "HIPAA, IRB, de-identification and FDA rules for medical imaging data, in plain words."
	return s.render(w, r, http.StatusOK, page.GuideIndex(page.GuidesView{Shell: shell, Guides: page.Guides()}))
}

func (s *Server) showGuide(w http.ResponseWriter, r *http.Request) error {
	guide, ok := page.GuideBySlug(chi.URLParam(r, "slug"))
	if !ok {
		return notFound(w, r)
	}
	shell := s.shell(r, guide.Title, "guides")
	shell.Description = guide.Summary
	return s.render(w, r, http.StatusOK, page.GuidePage(page.NewGuideView(shell, guide)))
}
