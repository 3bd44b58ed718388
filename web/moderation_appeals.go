package web

import (
	"net/http"
	"time"

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/moderation"
	"assay/web/page"
	"assay/web/ui"
)

func appealURL(a id.Appeal) string { return "/review/appeals/" + string(a) }

// showAppealQueue lists appeals for reviewers.
func (s *Server) showAppealQueue(w http.ResponseWriter, r *http.Request) error {
	waiting, ruled, err := s.Moderation.Appeals(r.Context(), s.actor(r))
	if err != nil {
		return err
	}
	view := page.AppealQueueView{Shell: s.shell(r, "Appeals", "review")}
	for _, p := range waiting {
		view.Waiting = append(view.Waiting, s.appealRow(r, p))
	}
	for _, p := range ruled {
		view.Ruled = append(view.Ruled, s.appealRow(r, p))
	}
	return s.render(w, r, http.StatusOK, page.AppealQueue(view))
}

func (s *Server) appealRow(r *http.Request, p moderation.Appeal) page.AppealRow {
	row := page.AppealRow{URL: appealURL(p.ID), What: moderation.AppealKinds.Label(p.Kind), Title: p.Title, Seller: p.Seller, When: ui.Date(p.MadeAt)}
	row.Kind, row.State = appealState(p)
	if p.State == "open" {
		row.Due, row.DueKind = dueWords(p.Due(), time.Now())
	}
	if p.State == "open" && p.WhyNot(s.actor(r)) != "" {
		row.Note = "another reviewer rules"
	}
	return row
}

// showAppeal shows a reviewer an appeal.
func (s *Server) showAppeal(w http.ResponseWriter, r *http.Request) error {
	return s.appealPage(w, r, http.StatusOK, nil)
}

func (s *Server) appealPage(w http.ResponseWriter, r *http.Request, status int, mistakes []errs.FieldError) error {
	key, err := appealID(r)
	if err != nil {
		return err
	}
	p, err := s.Moderation.Appeal(r.Context(), s.actor(r), key)
	if err != nil {
		return err
	}
	names, err := s.Reviews.Names(r.Context(), s.actor(r), []id.User{p.Against})
	if err != nil {
		return err
	}
	view := appealView(p)
	view.Shell = s.formShell(r, "Appeal: "+view.What, "review")
	view.Crumbs = []ui.Crumb{{Label: "Review", URL: "/review"}, {Label: "Appeals", URL: "/review/appeals"}, {Label: view.What}}
	view.Errors, view.WhyNot = mistakes, p.WhyNot(s.actor(r))
	by := names[p.Against]
	if p.Against == "" {
		by = "The audit, by a new rule"
	}
	view.Lines = append([]ui.Pair{{Term: "Seller", Value: p.Seller}, {Term: "Decided by", Value: by}}, view.Lines...)
	if p.State == "open" {
		view.Due, view.DueKind = dueWords(p.Due(), time.Now())
		view.DueOn = "another reviewer rules by " + ui.DateTime(p.Due())
	}
	if p.Version != "" {
		view.Lines = append(view.Lines, ui.Pair{Term: "Version", Value: "Files and review", URL: reviewURL(p.Version)})
	}
	if p.Kind == moderation.OfFlag && !p.IsOwn {
		view.Lines = append(view.Lines, ui.Pair{Term: "Report", Value: "What was reported", URL: flagURL(id.Flag(p.Subject))})
	}
	if view.WhyNot == "" {
		view.Rule = &page.AppealRuling{Action: appealURL(key), Ruling: r.PostForm.Get("ruling"), Outcomes: []ui.Option{
			{Value: "granted", Label: "The seller is right", Help: moderation.AppealKinds.Help(p.Kind), Selected: r.PostForm.Get("outcome") == "granted"},
			{Value: "denied", Label: "The decision stands", Selected: r.PostForm.Get("outcome") == "denied"},
		}}
	}
	return s.render(w, r, status, page.Appeal(view))
}

// ruleOnAppeal decides an appeal.
func (s *Server) ruleOnAppeal(w http.ResponseWriter, r *http.Request) error {
	key, err := appealID(r)
	if err != nil {
		return err
	}
	err = s.Moderation.Rule(r.Context(), s.actor(r), key, moderation.Ruling{Outcome: r.PostForm.Get("outcome"), Reason: r.PostForm.Get("ruling")})
	if list := errs.FieldsOf(err); len(list) > 0 {
		return s.appealPage(w, r, http.StatusUnprocessableEntity, list)
	}
	if err != nil {
		return err
	}
	s.flash(r, "Your ruling holds. The seller was told.")
	redirect(w, r, appealURL(key))
	return nil
}
