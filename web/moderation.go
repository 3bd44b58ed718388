package web

import (
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

	"assay/internal/activity"
	"assay/internal/catalog"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/moderation"
	"assay/internal/postgres"
	"assay/internal/promise"
	"assay/web/page"
	"assay/web/ui"
)

func flagURL(f id.Flag) string { return "/review/flags/" + string(f) }

func flagID(r *http.Request) (id.Flag, error) {
	f, ok := id.Parse[id.Flag](chi.URLParam(r, "flag"))
	if !ok {
		return "", errs.New(errs.NotFound, "There is no such report.")
	}
	return f, nil
}

// moderationCounts are what waits of flags and appeals.
func (s *Server) moderationCounts(r *http.Request) (page.ModerationCounts, error) {
	if s.Moderation == nil {
		return page.ModerationCounts{}, nil
	}
	c, err := s.Moderation.Counts(r.Context(), s.actor(r))
	return page.ModerationCounts(c), err
}

// showFlagQueue lists what the public reported.
func (s *Server) showFlagQueue(w http.ResponseWriter, r *http.Request) error {
	waiting, decided, err := s.Moderation.Queue(r.Context(), s.actor(r))
	if err != nil {
		return err
	}
	view := page.FlagQueueView{Shell: s.shell(r, "Reports by the public", "review"), Clocks: clockRows()}
	for _, f := range waiting {
		view.Waiting = append(view.Waiting, flagRow(f, time.Now()))
	}
	for _, f := range decided {
		view.Decided = append(view.Decided, flagRow(f, time.Now()))
	}
	return s.render(w, r, http.StatusOK, page.FlagQueue(view))
}

// riskyFlags are the reports of the highest risk, for the top of the desk.
func (s *Server) riskyFlags(r *http.Request) ([]page.FlagRow, error) {
	if s.Moderation == nil {
		return nil, nil
	}
	waiting, _, err := s.Moderation.Queue(r.Context(), s.actor(r))
	var rows []page.FlagRow
	for _, f := range waiting {
		if f.Reason.Risk() == moderation.High {
			rows = append(rows, flagRow(f, time.Now()))
		}
	}
	return rows, err
}

// clockRows are the times within which things are answered.
func clockRows() []page.ClockRow {
	var rows []page.ClockRow
	for _, p := range promise.All() {
		rows = append(rows, page.ClockRow{What: p.Label, By: p.By, Within: p.Words(), Source: p.Source})
	}
	return rows
}

func flagRow(f moderation.Flag, now time.Time) page.FlagRow {
	row := page.FlagRow{
		URL: flagURL(f.ID), Title: f.Title, Seller: f.Seller, Reason: moderation.Reasons.Label(f.Reason),
		Risk: moderation.Risks.Label(f.Reason.Risk()), RiskKind: flagRiskKind(f.Reason),
		Kind: flagKind(f.State), State: moderation.States.Label(f.State), Reports: ui.Plural(f.Reports, "report", "reports"), Since: ui.Date(f.CreatedAt),
	}
	switch {
	case f.OverturnedAt != nil:
		row.Note = "after an appeal"
	case f.State.Closed():
	case f.RepliedAt != nil:
		row.Note = "the seller answered; " + f.Claimer + " has it"
	case f.Claimer != "":
		row.Note = f.Claimer + " has it"
	}
	if !f.State.Closed() {
		row.Due, row.DueKind = dueWords(f.Due(), now)
		if f.State == moderation.NeedsSeller {
			row.Due = "seller: " + row.Due
		}
	}
	return row
}

func flagRiskKind(r moderation.Reason) string {
	return map[moderation.Risk]string{moderation.High: "bad", moderation.Medium: "warn"}[r.Risk()]
}

func flagKind(s moderation.State) string {
	return map[moderation.State]string{moderation.Open: "warn", moderation.InTriage: "info", moderation.NeedsSeller: "info", moderation.Upheld: "bad", moderation.Dismissed: "ok"}[s]
}

// showFlag shows a reviewer one flag.
func (s *Server) showFlag(w http.ResponseWriter, r *http.Request) error {
	return s.flagPage(w, r, http.StatusOK, nil)
}

// flagPage draws a flag, with the form as it was sent if it was.
func (s *Server) flagPage(w http.ResponseWriter, r *http.Request, status int, mistakes []errs.FieldError) error {
	flag, err := flagID(r)
	if err != nil {
		return err
	}
	it, err := s.Moderation.Item(r.Context(), s.actor(r), flag)
	if err != nil {
		return err
	}
	f := it.Flag
	view := page.FlagItemView{
		Shell: s.formShell(r, moderation.Reasons.Label(f.Reason)+": "+f.Title, "review"), URL: flagURL(flag), Title: f.Title, Reason: moderation.Reasons.Label(f.Reason),
		Kind: flagKind(f.State), State: moderation.States.Label(f.State), Words: flagWords(f, s.actor(r)), Errors: mistakes,
		CanClaim: f.State == moderation.Open, CanTakeOver: f.State == moderation.NeedsSeller || f.State == moderation.InTriage && f.ClaimedBy != s.actor(r).User,
		Facts: flagFacts(it), Files: f.OfferedFiles, Earlier: askedViews(f.Earlier), Question: f.Question, Reply: f.Reply, ShowReason: r.PostForm.Get("samples-reason"),
	}
	if f.Kind == string(catalog.Hosted) {
		view.TakedownURL = takedownURL(f.Organization)
	}
	if f.Offered != "" && f.OfferedFiles != f.Files {
		view.OtherFilesURL = reviewURL(f.Offered)
	}
	if f.HiddenAt != nil {
		view.Hidden = ui.DateTime(*f.HiddenAt)
	}
	if f.State == moderation.InTriage && f.ClaimedBy == s.actor(r).User {
		view.Decide = flagDecision(r, it)
	}
	if !f.State.Closed() {
		view.Due, view.DueKind = dueWords(f.Due(), time.Now())
		view.DueOn = dueBy(f) + ui.DateTime(f.Due())
	}
	fillTimes(&view, f)
	for _, x := range it.Told {
		view.Told = append(view.Told, toldView(x))
	}
	for _, x := range it.Similar {
		view.Similar = append(view.Similar, flagRow(x, time.Now()))
	}
	if view.History, err = s.flagHistory(r, it.History); err != nil {
		return err
	}
	return s.render(w, r, status, page.FlagItem(view))
}

// dueBy says who is to answer by the moment that follows.
func dueBy(f moderation.Flag) string {
	if f.State == moderation.NeedsSeller {
		return "the seller answers by "
	}
	return "a reviewer decides by "
}

// askedViews are the questions before the one that stands.
func askedViews(list []moderation.Asked) (views []page.AskedView) {
	for _, q := range list {
		v := page.AskedView{Question: q.Question, Asked: "Asked on " + ui.DateTime(q.AskedAt), Reply: q.Reply, Replied: "No answer came."}
		if q.RepliedAt != nil {
			v.Replied = "Answered on " + ui.DateTime(*q.RepliedAt)
		}
		views = append(views, v)
	}
	return views
}

func fillTimes(view *page.FlagItemView, f moderation.Flag) {
	if f.AskedAt != nil {
		view.Asked = "Asked on " + ui.DateTime(*f.AskedAt)
	}
	if f.RepliedAt != nil {
		view.Replied = "Answered on " + ui.DateTime(*f.RepliedAt)
	}
	if f.ErasedAt != nil {
		view.Erased = ui.Date(*f.ErasedAt)
	}
	if f.DecidedAt != nil {
		view.Decision = f.Decision
		view.Decided = []ui.Pair{{Term: "Decided by", Value: f.Decider}, {Term: "When", Value: ui.DateTime(*f.DecidedAt)}}
		if f.Act != "" {
			view.Decided = append(view.Decided, ui.Pair{Term: "What followed", Value: moderation.Acts.Label(f.Act)})
		}
		if f.OverturnedAt != nil {
			view.Decided = append(view.Decided, ui.Pair{Term: "Taken back", Value: ui.DateTime(*f.OverturnedAt) + ", after an appeal"})
		}
	}
}

func flagWords(f moderation.Flag, a postgres.Actor) string {
	switch {
	case f.State == moderation.InTriage && f.ClaimedBy == a.User:
		return "You have it. Nobody else decides on it until you give it back."
	case f.State == moderation.InTriage:
		return f.Claimer + " has it."
	case f.State == moderation.NeedsSeller:
		return moderation.States.Help(f.State) + " Take it over to go on without an answer."
	}
	return moderation.States.Help(f.State)
}

func flagFacts(it moderation.Item) []ui.Pair {
	f := it.Flag
	facts := []ui.Pair{{Term: "Page", Value: f.Title, URL: "/datasets/" + f.Slug}, {Term: "On offer", Value: map[string]string{"live": "Yes", "suspended": "No, suspended", "withdrawn": "No, withdrawn"}[f.Offer]},
		{Term: "Offered by", Value: f.Seller}, {Term: "Stands for", Value: ui.Plural(f.Reports, "report", "reports")}}
	if f.Version != "" {
		facts = append(facts, ui.Pair{Term: "Reported version", Value: "Files and review", URL: reviewURL(f.Version)}, ui.Pair{Term: "Strikes that hold", Value: ui.Number(it.Strikes)})
	}
	if f.Kind == string(catalog.External) {
		facts = append(facts, ui.Pair{Term: "Kept", Value: "By its owner, described here"})
	}
	return facts
}

func toldView(x moderation.Told) page.ToldView {
	v := page.ToldView{Where: x.Place, Text: x.Body, When: ui.DateTime(x.CreatedAt), From: "Without an account"}
	switch {
	case x.HasAccount:
		v.From = "With an account"
	case x.HasAddress:
		v.From = "Without an account, left an address"
	}
	if x.WasMergedIn {
		v.From += ", merged in"
	}
	return v
}

func flagDecision(r *http.Request, it moderation.Item) *page.FlagDecision {
	form := r.PostForm
	d := &page.FlagDecision{
		Strike: form.Get("strike") == "1", Reason: form.Get("reason"), Answer: form.Get("answer"), Question: form.Get("question"),
		CanAsk: it.Flag.Kind == string(catalog.Hosted),
		Outcomes: []ui.Option{
			{Value: string(moderation.Upheld), Label: "The report is right", Selected: form.Get("outcome") == string(moderation.Upheld)},
			{Value: string(moderation.Dismissed), Label: "Nothing has to change", Help: "The seller learns of it only if you asked about it.", Selected: form.Get("outcome") == string(moderation.Dismissed)},
		},
	}
	for _, t := range moderation.Acts {
		if t.Value != moderation.Suspend || it.Flag.Kind == string(catalog.Hosted) && it.Flag.Offer == string(catalog.Live) {
			d.Acts = append(d.Acts, ui.Option{Value: string(t.Value), Label: t.Label, Help: t.Help, Selected: form.Get("act") == string(t.Value)})
		}
	}
	for _, x := range it.Similar {
		if x.State != moderation.Merged {
			d.Merge = append(d.Merge, ui.Option{Value: string(x.ID), Label: moderation.Reasons.Label(x.Reason), Help: moderation.States.Label(x.State) + ", " + ui.DateTime(x.CreatedAt)})
		}
	}
	return d
}

// flagVerbs say what an act on a flag was.
var flagVerbs = map[string]string{
	"flag.receive": "Reported", "flag.count": "Reported again, counted", "flag.claim": "Taken by a reviewer", "flag.release": "Given back to the queue",
	"flag.ask": "The seller was asked", "flag.reply": "The seller answered", "flag.merge": "Merged into another report", "flag.uphold": "Upheld", "flag.dismiss": "Dismissed",
}

// flagHistory tells what happened, the newest first. It does not name who
// reported.
func (s *Server) flagHistory(r *http.Request, rows []activity.Row) ([]ui.Event, error) {
	var ids []id.User
	for _, x := range rows {
		ids = append(ids, x.User)
	}
	names, err := s.Reviews.Names(r.Context(), s.actor(r), ids)
	if err != nil {
		return nil, err
	}
	var list []ui.Event
	for _, x := range rows {
		e := ui.Event{When: ui.DateTime(x.At), Text: flagVerbs[x.Verb]}
		if e.Text == "" {
			e.Text = x.Verb
		}
		if x.Platform != postgres.None && x.Platform != postgres.Worker {
			e.Who = names[x.User]
		}
		list = append([]ui.Event{e}, list...)
	}
	return list, nil
}

// flagStep answers a form on the page of a flag.
func (s *Server) flagStep(done string, step func(r *http.Request, flag id.Flag) error) handlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		flag, err := flagID(r)
		if err != nil {
			return err
		}
		err = step(r, flag)
		if list := errs.FieldsOf(err); len(list) > 0 {
			return s.flagPage(w, r, http.StatusUnprocessableEntity, list)
		}
		if err != nil {
			return err
		}
		s.flash(r, done)
		redirect(w, r, flagURL(flag))
		return nil
	}
}

func (s *Server) claimFlag(r *http.Request, flag id.Flag) error {
	return s.Moderation.Claim(r.Context(), s.actor(r), flag, r.PostForm.Get("over") == "1")
}

func (s *Server) releaseFlag(r *http.Request, flag id.Flag) error {
	return s.Moderation.Release(r.Context(), s.actor(r), flag)
}

func (s *Server) askAboutFlag(r *http.Request, flag id.Flag) error {
	return s.Moderation.Ask(r.Context(), s.actor(r), flag, r.PostForm.Get("question"))
}

func (s *Server) mergeFlag(r *http.Request, flag id.Flag) error {
	return s.Moderation.Merge(r.Context(), s.actor(r), flag, id.Flag(r.PostForm.Get("into")))
}

func (s *Server) showSamplesAgain(r *http.Request, flag id.Flag) error {
	return s.Moderation.ShowSamples(r.Context(), s.actor(r), flag, r.PostForm.Get("files"), r.PostForm.Get("samples-reason"))
}

func (s *Server) decideFlag(r *http.Request, flag id.Flag) error {
	form := r.PostForm
	return s.Moderation.Decide(r.Context(), s.actor(r), moderation.Decision{
		Flag: flag, Outcome: moderation.State(form.Get("outcome")), Act: moderation.Act(form.Get("act")), Strike: form.Get("strike") == "1",
		Files: form.Get("files"), Reason: form.Get("reason"), Answer: form.Get("answer"),
	})
}
