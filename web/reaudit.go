package web

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"assay/internal/audit"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/web/page"
	"assay/web/ui"
)

const reauditsPath = "/review/reaudits"

// showReaudits lists what audits by new rules found in live versions.
func (s *Server) showReaudits(w http.ResponseWriter, r *http.Request) error {
	view, err := s.reauditsView(r)
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, page.Reaudits(view))
}

func (s *Server) reauditsView(r *http.Request) (page.ReauditsView, error) {
	list, err := s.Reviews.Reaudits(r.Context(), s.actor(r))
	view := page.ReauditsView{Shell: s.formShell(r, "New rules, live versions", "review")}
	titles := map[string]string{}
	for _, rule := range audit.Registry() {
		titles[rule.ID] = rule.Title
	}
	for _, x := range list {
		row := page.ReauditRow{ID: string(x.ID), Title: x.Title, URL: reviewURL(x.Version), Seller: x.Seller,
			State: x.State, By: x.By, When: ui.DateTime(x.AuditedAt), Own: x.Own, Action: reauditsPath + "/" + string(x.ID) + "/close"}
		row.Version = "Version " + ui.Number(x.Number)
		row.Kind, row.Words = outcomeWords(x.Outcome)
		for _, id := range x.Rules {
			title := titles[id]
			if title == "" {
				title = id
			}
			row.Rules = append(row.Rules, ui.Pair{Term: title, URL: ui.RuleURL(id)})
		}
		view.Rows = append(view.Rows, row)
	}
	return view, err
}

// outcomeWords says what became of a version; kind as in ui.Tag.
func outcomeWords(outcome string) (kind, words string) {
	switch outcome {
	case "identifiers":
		return "bad", "Identifiers: taken down"
	case "blockers":
		return "bad", "Blocker: still on offer"
	}
	return "warn", "Warning: still on offer"
}

// closeReaudit answers one entry with a reason.
func (s *Server) closeReaudit(w http.ResponseWriter, r *http.Request) error {
	x := chi.URLParam(r, "reaudit")
	reason := r.PostForm.Get("reason")
	err := s.Reviews.CloseReaudit(r.Context(), s.actor(r), id.Reaudit(x), reason)
	if errs.KindOf(err) == errs.Invalid {
		view, viewErr := s.reauditsView(r)
		if viewErr != nil {
			return viewErr
		}
		view.Errors = mistakes(err)
		for i := range view.Rows {
			if view.Rows[i].ID == x {
				view.Rows[i].Reason, view.Rows[i].Error = reason, errs.MessageOf(err)
			}
		}
		return s.render(w, r, http.StatusUnprocessableEntity, page.Reaudits(view))
	}
	if err != nil {
		return err
	}
	s.flash(r, "Closed. The reason is kept with the audit.")
	redirect(w, r, reauditsPath)
	return nil
}
