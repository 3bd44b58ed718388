package web

import (
	"net/http"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"assay/internal/audit"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/listing"
	"assay/internal/postgres"
	"assay/internal/review"
	"assay/internal/sellerdesk"
	"assay/web/page"
	"assay/web/ui"
)

const reauditsPath = "/review/reaudits"

func reauditURL(x id.Reaudit) string { return reauditsPath + "/" + string(x) }

func ownReauditURL(v id.Version, x id.Reaudit) string {
	return versionURL(v) + "/reaudits/" + string(x)
}

func reauditID(r *http.Request) (id.Reaudit, error) {
	x, ok := id.Parse[id.Reaudit](chi.URLParam(r, "reaudit"))
	if !ok {
		return "", errs.New(errs.NotFound, "There is no such audit.")
	}
	return x, nil
}

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
	if err != nil {
		return view, err
	}
	for _, x := range list {
		view.Rows = append(view.Rows, reauditRow(x))
	}
	broken, err := s.Reviews.BrokenReaudits(r.Context(), s.actor(r))
	for _, x := range broken {
		row := page.BrokenReauditRow{Title: x.Title + ", version " + ui.Number(x.Number), URL: reviewURL(x.Version),
			By: "rules " + x.By + ", after " + ui.Plural(x.Attempts, "try", "tries")}
		if s.actor(r).Platform == postgres.Admin && !x.Own {
			row.RetryURL = reauditURL(x.ID) + "/retry"
		}
		view.Broken = append(view.Broken, row)
	}
	return view, err
}

func reauditRow(x review.Reaudit) page.ReauditRow {
	row := page.ReauditRow{ID: string(x.ID), Title: x.Title, URL: reviewURL(x.Version), ReportURL: reauditURL(x.ID), Seller: x.Seller,
		State: x.State, By: x.By, When: ui.DateTime(x.AuditedAt), Own: x.Own, Action: reauditURL(x.ID) + "/close", Rules: ruleLinks(x.Rules)}
	row.Version = "Version " + ui.Number(x.Number)
	row.Kind, row.Words = outcomeWords(x.Outcome, x.State)
	if x.IsOpen {
		row.Due, row.DueKind = dueWords(x.Due(), time.Now())
	}
	return row
}

// ruleLinks names rules in words, each with the place that explains it.
func ruleLinks(rules []string) (list []ui.Pair) {
	titles := map[string]string{}
	for _, rule := range audit.Registry() {
		titles[rule.ID] = rule.Title
	}
	for _, id := range rules {
		title := titles[id]
		if title == "" {
			title = id
		}
		list = append(list, ui.Pair{Term: title, URL: ui.RuleURL(id)})
	}
	return list
}

// outcomeWords says what was found and what became of the version; kind as in
// ui.Tag.
func outcomeWords(outcome, state string) (kind, words string) {
	kind, words = "bad", map[string]string{"identifiers": "Identifiers", "blockers": "Blocker"}[outcome]
	if words == "" {
		kind, words = "warn", "Warning"
	}
	switch listing.State(state) {
	case listing.Live:
		return kind, words + ": still on offer"
	case listing.Suspended:
		return kind, words + ": taken down"
	}
	return kind, words + ": " + strings.ToLower(listing.State(state).Label())
}

// reauditTry is the form of a page that came back with a mistake.
type reauditTry struct {
	reason string
	err    error
}

// showReaudit shows a reviewer the whole report of an audit by new rules.
func (s *Server) showReaudit(w http.ResponseWriter, r *http.Request) error {
	return s.reauditPage(w, r, http.StatusOK, reauditTry{})
}

func (s *Server) reauditPage(w http.ResponseWriter, r *http.Request, status int, try reauditTry) error {
	x, d, err := s.reaudited(r)
	if err != nil {
		return err
	}
	row := reauditRow(x)
	view := page.ReauditView{
		Shell: s.formShell(r, "New rules: "+x.Title, "review"), Row: row, Title: x.Title, Reason: x.Reason,
		Crumbs: []ui.Crumb{{Label: "Review", URL: "/review"}, {Label: "New rules, live versions", URL: reauditsPath}, {Label: x.Title}},
		Lines:  []ui.Pair{{Term: "Version", Value: row.Version, URL: row.URL}, {Term: "Seller", Value: x.Seller}, {Term: "Rules", Value: x.By}, {Term: "Audited", Value: row.When}},
	}
	if x.IsOpen && !x.Own {
		view.Close = true
		view.Row.Reason = try.reason
	}
	if try.err != nil {
		view.Errors, view.Row.Error = mistakes(try.err), errs.MessageOf(try.err)
	}
	view.Shell.Styles = reportStyles()
	if view.Report, err = s.newRulesReport(r, s.actor(r), d, reauditURL(x.ID)); err != nil {
		return err
	}
	return s.render(w, r, status, page.Reaudit(view))
}

// reaudited finds the audit in the path, with its report.
func (s *Server) reaudited(r *http.Request) (x review.Reaudit, d listing.Dossier, err error) {
	key, err := reauditID(r)
	if err == nil {
		x, err = s.Reviews.Reaudit(r.Context(), s.actor(r), key)
	}
	if err == nil {
		d, err = s.Listings.VersionBy(r.Context(), s.actor(r), x.Version, x.Report)
	}
	return x, d, err
}

// newRulesReport draws the report of an audit by new rules, with how it differs
// from that of the submission.
func (s *Server) newRulesReport(r *http.Request, a postgres.Actor, d listing.Dossier, base string) (*page.ReportView, error) {
	submitted, err := s.Listings.Version(r.Context(), a, d.Version.ID)
	if err != nil {
		return nil, err
	}
	narrow, err := s.reportFilter(r, d)
	if err != nil {
		return nil, err
	}
	view, err := reportView(d, &submitted, "", narrow)
	if err != nil || view == nil {
		return nil, err
	}
	if view.Changes != nil {
		view.Changes.Before = "the audit of its submission"
	}
	view.JSONURL, view.CSVURL = base+"/report.json", base+"/report.csv"
	return view, nil
}

// downloadReaudit sends the whole report of an audit by new rules to a
// reviewer.
func (s *Server) downloadReaudit(w http.ResponseWriter, r *http.Request) error {
	_, d, err := s.reaudited(r)
	if err != nil {
		return err
	}
	return s.sendReport(w, r, d)
}

// downloadReauditFindings sends its findings as a table.
func (s *Server) downloadReauditFindings(w http.ResponseWriter, r *http.Request) error {
	_, d, err := s.reaudited(r)
	if err != nil {
		return err
	}
	return s.sendFindings(w, r, d)
}

// closeReaudit answers one entry with a reason.
func (s *Server) closeReaudit(w http.ResponseWriter, r *http.Request) error {
	x := id.Reaudit(chi.URLParam(r, "reaudit"))
	reason := r.PostForm.Get("reason")
	err := s.Reviews.CloseReaudit(r.Context(), s.actor(r), x, reason)
	if errs.KindOf(err) == errs.Invalid {
		return s.reauditPage(w, r, http.StatusUnprocessableEntity, reauditTry{reason, err})
	}
	if err != nil {
		return err
	}
	s.flash(r, "Closed. The reason is kept with the audit.")
	redirect(w, r, reauditsPath)
	return nil
}

// retryReaudit has a broken audit tried afresh.
func (s *Server) retryReaudit(w http.ResponseWriter, r *http.Request) error {
	x, err := reauditID(r)
	if err != nil {
		return err
	}
	if err := s.Reviews.RetryReaudit(r.Context(), s.actor(r), x); err != nil {
		return err
	}
	s.flash(r, "The audit is tried again, when no seller waits for one.")
	redirect(w, r, reauditsPath)
	return nil
}

// newRules says to the seller what new rules found in a version, and what to do
// about it by when.
func (s *Server) newRules(r *http.Request, d listing.Dossier) ([]page.FoundView, error) {
	if s.Desk == nil || d.Version.LiveAt == nil {
		return nil, nil
	}
	found, err := s.Desk.NewRules(r.Context(), s.seller(r), d.Version.ID)
	var list []page.FoundView
	for _, n := range found {
		v := page.FoundView{Rules: ruleLinks(n.Rules), ReportURL: ownReauditURL(d.Version.ID, n.ID),
			When: "Rules " + n.By + ", " + ui.DateTime(n.AuditedAt)}
		v.Kind, v.Words = outcomeWords(n.Outcome, string(d.Version.State))
		v.Text = whatToDo(n, d.Version.State)
		if n.ClosedAt == nil && d.Version.State == listing.Live {
			v.Due, v.DueKind = dueWords(n.Due(), time.Now())
			v.DueOn = ui.DateTime(n.Due())
			v.UploadURL = uploadURL(d.Listing.ID)
		}
		list = append(list, v)
	}
	return list, err
}

func whatToDo(n sellerdesk.NewRules, state listing.State) string {
	switch {
	case n.ClosedAt != nil && n.Outcome == "identifiers" && state == listing.Suspended:
		return "A reviewer looked at it and closed it on " + ui.Date(*n.ClosedAt) + ". The version stays off the catalog: by these rules it cannot return. Mend the files and send them as a new version; if you think that the audit is wrong, appeal."
	case n.ClosedAt != nil && state == listing.Suspended:
		return "A reviewer looked at it and closed it on " + ui.Date(*n.ClosedAt) + ". It does not keep the version off the catalog; why it is suspended stands above."
	case n.ClosedAt != nil:
		return "A reviewer looked at it and closed it on " + ui.Date(*n.ClosedAt) + ". You need not do anything."
	case state == listing.Suspended:
		return "The version is off the catalog. Mend the files and send them as a new version; if you think that the audit is wrong, appeal."
	case state != listing.Live:
		return "The version is not on offer any more. You need not do anything."
	case n.Outcome == "blockers":
		return "A new version with this would not pass. Mend the files and send a new version by then; this one stays on offer meanwhile, and a reviewer looks at it."
	}
	return "Mend it in a new version by then, or with the next one that you plan; this one stays on offer, and a reviewer looks at it."
}

// ownReaudited finds the audit in the path among those of an own version.
func (s *Server) ownReaudited(r *http.Request) (n sellerdesk.NewRules, d listing.Dossier, err error) {
	v, err := versionID(r)
	if err != nil {
		return n, d, err
	}
	x, err := reauditID(r)
	if err != nil {
		return n, d, err
	}
	found, err := s.Desk.NewRules(r.Context(), s.seller(r), v)
	if err != nil {
		return n, d, err
	}
	for _, n := range found {
		if n.ID == x {
			d, err = s.Listings.VersionBy(r.Context(), s.seller(r), v, n.Report)
			return n, d, err
		}
	}
	return n, d, errs.New(errs.NotFound, "There is no such audit.")
}

// showOwnReaudit shows a seller the whole report of an audit by new rules.
func (s *Server) showOwnReaudit(w http.ResponseWriter, r *http.Request) error {
	n, d, err := s.ownReaudited(r)
	if err != nil {
		return err
	}
	title, heading := d.Claims.Claims.Basics.Title, "Version "+ui.Number(d.Version.Number)
	row := page.ReauditRow{Version: heading, Rules: ruleLinks(n.Rules)}
	row.Kind, row.Words = outcomeWords(n.Outcome, string(d.Version.State))
	view := page.ReauditView{
		Shell: s.shell(r, "New rules: "+title, "sell"), Row: row, Title: title, Text: whatToDo(n, d.Version.State),
		Crumbs: []ui.Crumb{{Label: "Sell", URL: "/seller"}, {Label: heading, URL: versionURL(d.Version.ID)}, {Label: "New rules"}},
		Lines:  []ui.Pair{{Term: "Version", Value: heading, URL: versionURL(d.Version.ID)}, {Term: "Rules", Value: n.By}, {Term: "Audited", Value: ui.DateTime(n.AuditedAt)}},
	}
	if n.ClosedAt == nil && d.Version.State == listing.Live {
		view.Lines = append(view.Lines, ui.Pair{Term: "Mend it by", Value: ui.DateTime(n.Due())})
	}
	view.Shell.Styles = reportStyles()
	if view.Report, err = s.newRulesReport(r, s.seller(r), d, ownReauditURL(d.Version.ID, n.ID)); err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, page.Reaudit(view))
}

// downloadOwnReaudit sends that report as JSON.
func (s *Server) downloadOwnReaudit(w http.ResponseWriter, r *http.Request) error {
	_, d, err := s.ownReaudited(r)
	if err != nil {
		return err
	}
	return s.sendReport(w, r, d)
}

// downloadOwnReauditFindings sends its findings as a table.
func (s *Server) downloadOwnReauditFindings(w http.ResponseWriter, r *http.Request) error {
	_, d, err := s.ownReaudited(r)
	if err != nil {
		return err
	}
	return s.sendFindings(w, r, d)
}
