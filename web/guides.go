package web

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"assay/internal/audit"
	"assay/internal/audit/quality"
	"assay/web/page"
)

func (s *Server) listGuides(w http.ResponseWriter, r *http.Request) error {
	shell := s.shell(r, "Guides", "guides")
	shell.Description = "HIPAA, IRB, de-identification and FDA rules for medical imaging data, in plain words."
	return s.render(w, r, http.StatusOK, page.GuideIndex(page.GuidesView{Shell: shell, Guides: page.Guides()}))
}

func (s *Server) showGuide(w http.ResponseWriter, r *http.Request) error {
	switch chi.URLParam(r, "slug") {
	case page.RulesSlug:
		return s.showRules(w, r)
	case page.ScoreSlug:
		return s.showScoreRules(w, r)
	}
	guide, ok := page.GuideBySlug(chi.URLParam(r, "slug"))
	if !ok {
		return notFound(w, r)
	}
	shell := s.shell(r, guide.Title, "guides")
	shell.Description = guide.Summary
	return s.render(w, r, http.StatusOK, page.GuidePage(page.NewGuideView(shell, guide)))
}

// showRules lists the rules of the audit, from the registry that the audit
// itself uses; docs/audit-rules.md is written from it too.
func (s *Server) showRules(w http.ResponseWriter, r *http.Request) error {
	shell := s.shell(r, page.RulesTitle, "guides")
	shell.Description = page.RulesSummary
	shell.Styles = reportStyles()
	return s.render(w, r, http.StatusOK, page.Rules(page.NewRulesView(shell, audit.Registry())))
}

// showScoreRules says how the LQS is reckoned, from the registry that the score
// itself uses; docs/lqs-rules.md is written from it too.
func (s *Server) showScoreRules(w http.ResponseWriter, r *http.Request) error {
	shell := s.shell(r, page.ScoreTitle, "guides")
	shell.Description = page.ScoreSummary
	shell.Styles = reportStyles()
	return s.render(w, r, http.StatusOK, page.ScoreRules(page.NewScoreRulesView(shell, quality.Registry())))
}
