package web

import (
	"net/http"
	"net/url"
	"time"

	"github.com/go-chi/chi/v5"

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/moderation"
	"assay/web/page"
	"assay/web/ui"
)

func ownFlagURL(f id.Flag) string { return "/seller/flags/" + string(f) }

func ownAppealURL(a id.Appeal) string { return "/seller/appeals/" + string(a) }

func newAppealURL(kind moderation.AppealKind, subject string) string {
	return "/seller/appeals/new?" + url.Values{"kind": {string(kind)}, "subject": {subject}}.Encode()
}

// showStanding shows what the platform holds against the organization, and how
// to appeal it.
func (s *Server) showStanding(w http.ResponseWriter, r *http.Request) error {
	st, err := s.Moderation.Standing(r.Context(), s.actor(r))
	if err != nil {
		return err
	}
	v := s.visitor(r)
	view := page.RecordView{Shell: s.shell(r, "Standing", "sell"), Owner: v.OrganizationName, Blocked: st.Blocked(), Active: st.Active, CanAppeal: v.Role.CanManage()}
	for _, f := range st.Flags {
		view.Flags = append(view.Flags, ownFlagRow(f))
	}
	for _, k := range st.Strikes {
		view.Strikes = append(view.Strikes, strikeRow(k))
	}
	for _, x := range st.Appealable {
		row := page.RecordRow{Title: x.Title, Text: x.Reason, Kind: "bad", State: moderation.AppealKinds.Label(x.Kind), When: ui.Date(x.At) + ", until " + ui.Date(x.Until)}
		if x.Version != "" {
			row.URL = versionURL(x.Version)
		}
		if v.Role.CanManage() {
			row.Action, row.Next = "Appeal", newAppealURL(x.Kind, x.ID)
		}
		view.Appealable = append(view.Appealable, row)
	}
	for _, p := range st.Appeals {
		kind, word := appealState(p)
		view.Appeals = append(view.Appeals, page.RecordRow{Title: appealTitle(p), URL: ownAppealURL(p.ID), Text: p.Decision, Kind: kind, State: word, When: ui.Date(p.MadeAt)})
	}
	return s.render(w, r, http.StatusOK, page.Record(view))
}

func ownFlagRow(f moderation.Flag) page.RecordRow {
	row := page.RecordRow{Title: f.Title, URL: ownFlagURL(f.ID), Text: moderation.Reasons.Label(f.Reason), When: ui.Date(f.CreatedAt)}
	row.Kind, row.State, _ = ownFlagWords(f)
	if f.State == moderation.NeedsSeller {
		row.Action, row.Next = "Answer the question", row.URL
	}
	return row
}

// ownFlagWords say where a flag is, to its seller.
func ownFlagWords(f moderation.Flag) (kind, word, text string) {
	switch {
	case f.OverturnedAt != nil:
		return "ok", "Taken back", "It was upheld and, after an appeal, dismissed."
	case f.State == moderation.NeedsSeller:
		return "warn", "Your answer is needed", "A reviewer looks at a report by the public and has a question."
	case f.State == moderation.Upheld:
		return "bad", "Upheld", "A reviewer found the report to be right. " + map[moderation.Act]string{
			moderation.NoAct: "Nothing more follows.", moderation.Changes: "Please change what the reason names. The data set stays on offer.", moderation.Suspend: "The version on offer was suspended."}[f.Act]
	case f.State == moderation.Merged && f.Fate == "":
		return "info", "Being looked at", "A reviewer has your answer, and decides this report together with another one about the same data set."
	case f.State == moderation.Merged && f.Fate == moderation.Upheld:
		return "bad", "Upheld with another", "It was decided together with another report about the same data set, which a reviewer found to be right. What follows stands there."
	case f.State.Closed():
		return "ok", "Closed", "A reviewer looked at the report and found nothing that you have to change."
	}
	return "info", "Being looked at", "A reviewer has your answer."
}

func strikeRow(k moderation.Strike) page.RecordRow {
	row := page.RecordRow{Title: k.Title, Text: k.Reason, When: ui.Date(k.GivenAt) + ", ends on " + ui.Date(k.ExpiresAt), Kind: "bad", State: "Holds"}
	if k.Title == "" {
		row.Title = "Your organization"
	}
	if k.Flag != "" {
		row.URL = ownFlagURL(k.Flag)
	}
	switch {
	case k.RemovedAt != nil:
		row.Kind, row.State = "ok", "Taken back"
	case !k.IsActive:
		row.Kind, row.State = "", "Ended"
	}
	return row
}

// showOwnFlag shows a seller a report that it was asked about, or that was
// upheld.
func (s *Server) showOwnFlag(w http.ResponseWriter, r *http.Request) error {
	return s.ownFlagPage(w, r, http.StatusOK, nil)
}

func (s *Server) ownFlagPage(w http.ResponseWriter, r *http.Request, status int, mistakes []errs.FieldError) error {
	flag, err := flagID(r)
	if err != nil {
		return err
	}
	f, err := s.Moderation.OwnFlag(r.Context(), s.actor(r), flag)
	if err != nil {
		return err
	}
	role := s.visitor(r).Role
	view := page.OwnFlagView{
		Shell: s.formShell(r, "Report: "+f.Title, "sell"), Action: ownFlagURL(flag), Title: f.Title, Reason: lowerFirst(moderation.Reasons.Label(f.Reason)),
		Lines:   []ui.Pair{{Term: "Data set", Value: f.Title, URL: "/datasets/" + f.Slug}, {Term: "Reported", Value: ui.Date(f.CreatedAt)}},
		Earlier: askedViews(f.Earlier), Question: f.Question, Reply: f.Reply, CanReply: f.State == moderation.NeedsSeller && role.CanEdit(), NeedsAnEditor: f.State == moderation.NeedsSeller && !role.CanEdit(), Errors: mistakes,
	}
	view.Kind, view.State, view.Words = ownFlagWords(f)
	if f.State == moderation.NeedsSeller {
		view.Due, view.DueKind = dueWords(f.Due(), time.Now())
		view.DueOn = "until " + ui.DateTime(f.Due()) + "; then the reviewer decides on what there is"
	}
	if view.CanReply {
		view.Reply = r.PostForm.Get("reply")
	}
	if f.Act != "" {
		view.Decision = f.Decision
		view.Lines = append(view.Lines, ui.Pair{Term: "Decided", Value: ui.Date(*f.DecidedAt)})
	}
	if f.State == moderation.Upheld && role.CanManage() {
		if _, err := s.Moderation.Subject(r.Context(), s.actor(r), moderation.OfFlag, string(flag)); err == nil {
			view.AppealURL = newAppealURL(moderation.OfFlag, string(flag))
		} else if errs.KindOf(err) != errs.NotFound {
			return err
		}
	}
	return s.render(w, r, status, page.OwnFlag(view))
}

// replyToFlag is the seller's answer to a reviewer.
func (s *Server) replyToFlag(w http.ResponseWriter, r *http.Request) error {
	flag, err := flagID(r)
	if err != nil {
		return err
	}
	err = s.Moderation.Reply(r.Context(), s.actor(r), flag, r.PostForm.Get("reply"))
	if list := errs.FieldsOf(err); len(list) > 0 {
		return s.ownFlagPage(w, r, http.StatusUnprocessableEntity, list)
	}
	if err != nil {
		return err
	}
	s.flash(r, "The reviewer has your answer.")
	redirect(w, r, ownFlagURL(flag))
	return nil
}

// showNewAppeal asks what a decision overlooks.
func (s *Server) showNewAppeal(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	if !q.Has("subject") {
		redirect(w, r, "/seller/standing") // where a decision is chosen
		return nil
	}
	return s.newAppealPage(w, r, http.StatusOK, moderation.AppealKind(q.Get("kind")), q.Get("subject"), nil)
}

func (s *Server) newAppealPage(w http.ResponseWriter, r *http.Request, status int, kind moderation.AppealKind, subject string, mistakes []errs.FieldError) error {
	x, err := s.Moderation.Subject(r.Context(), s.actor(r), kind, subject)
	if err != nil {
		return err
	}
	return s.render(w, r, status, page.NewAppeal(page.NewAppealView{
		Shell: s.formShell(r, "Appeal a decision", "sell"), Kind: string(kind), Subject: subject, What: moderation.AppealKinds.Label(kind), Reason: x.Reason,
		Lines: []ui.Pair{{Term: "Data set", Value: x.Title}, {Term: "Decided", Value: ui.Date(x.At)}, {Term: "Can be appealed until", Value: ui.Date(x.Until)}},
		Help:  moderation.AppealKinds.Help(kind), Text: r.PostForm.Get("text"), Errors: mistakes,
	}))
}

// makeAppeal appeals a decision.
func (s *Server) makeAppeal(w http.ResponseWriter, r *http.Request) error {
	kind, subject := moderation.AppealKind(r.PostForm.Get("kind")), r.PostForm.Get("subject")
	key, err := s.Moderation.Make(r.Context(), s.actor(r), kind, subject, r.PostForm.Get("text"))
	if list := errs.FieldsOf(err); len(list) > 0 {
		return s.newAppealPage(w, r, http.StatusUnprocessableEntity, kind, subject, list)
	}
	if err != nil {
		return err
	}
	s.flash(r, "The appeal is on its way. You will be told what another reviewer finds.")
	redirect(w, r, ownAppealURL(key))
	return nil
}

func appealID(r *http.Request) (id.Appeal, error) {
	a, ok := id.Parse[id.Appeal](chi.URLParam(r, "appeal"))
	if !ok {
		return "", errs.New(errs.NotFound, "There is no such appeal.")
	}
	return a, nil
}

// showOwnAppeal shows a seller an own appeal.
func (s *Server) showOwnAppeal(w http.ResponseWriter, r *http.Request) error {
	key, err := appealID(r)
	if err != nil {
		return err
	}
	p, err := s.Moderation.OwnAppeal(r.Context(), s.actor(r), key)
	if err != nil {
		return err
	}
	view := appealView(p)
	view.Shell = s.shell(r, "Appeal", "sell")
	view.Crumbs = []ui.Crumb{{Label: "Sell", URL: "/seller"}, {Label: "Standing", URL: "/seller/standing"}, {Label: "Appeal"}}
	return s.render(w, r, http.StatusOK, page.Appeal(view))
}

func appealTitle(p moderation.Appeal) string {
	if p.Title == "" {
		return moderation.AppealKinds.Label(p.Kind)
	}
	return p.Title
}

func appealState(p moderation.Appeal) (kind, word string) {
	switch p.State {
	case "granted":
		return "ok", "Granted"
	case "denied":
		return "bad", "Denied"
	}
	return "info", "Waits"
}

func appealView(p moderation.Appeal) page.AppealView {
	view := page.AppealView{
		What: moderation.AppealKinds.Label(p.Kind), Title: p.Title, Decision: p.Decision, Text: p.Text, Ruling: p.Ruling, Remedy: p.Remedy,
		Lines: []ui.Pair{{Term: "Decided", Value: ui.DateTime(p.AgainstAt)}, {Term: "Appealed", Value: ui.DateTime(p.MadeAt)}},
	}
	view.Kind, view.State = appealState(p)
	if p.RuledAt != nil {
		view.Lines = append(view.Lines, ui.Pair{Term: "Ruled on", Value: ui.DateTime(*p.RuledAt)})
	}
	return view
}
