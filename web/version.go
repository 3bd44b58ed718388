package web

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

	"assay/internal/account"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/listing"
	"assay/internal/postgres"
	"assay/internal/review"
	"assay/web/page"
	"assay/web/ui"
)

// refreshSeconds is how often a page of progress renews itself.
const refreshSeconds = 5

// versionID reads the version in the path; anything else is none.
func versionID(r *http.Request) (id.Version, error) {
	v, ok := id.Parse[id.Version](chi.URLParam(r, "version"))
	if !ok {
		return "", errs.New(errs.NotFound, "There is no such version.")
	}
	return v, nil
}

// seller is the actor without the platform's role: on the seller's pages a
// reviewer sees own data sets only.
func (s *Server) seller(r *http.Request) postgres.Actor {
	a := s.actor(r)
	a.Platform = postgres.None
	return a
}

func (s *Server) ownVersion(r *http.Request) (listing.Dossier, error) {
	v, err := versionID(r)
	if err != nil {
		return listing.Dossier{}, err
	}
	return s.Listings.Version(r.Context(), s.seller(r), v)
}

// showVersion is a seller's page of one version: where it stands, what to do
// next, and the report.
func (s *Server) showVersion(w http.ResponseWriter, r *http.Request) error {
	return s.versionPage(w, r, http.StatusOK, versionTries{})
}

// versionTries are the values and mistakes of a form that came back.
type versionTries struct {
	key, answer string // of the warning
	day, why    string
	plan, note  string
	sent        bool // the form of a note came back
	mistakes    []errs.FieldError
}

func (s *Server) versionPage(w http.ResponseWriter, r *http.Request, status int, tries versionTries) error {
	d, err := s.ownVersion(r)
	if err != nil {
		return err
	}
	view, err := s.versionView(r, d, tries)
	if err != nil {
		return err
	}
	return s.render(w, r, status, page.Version(view))
}

func (s *Server) versionView(r *http.Request, d listing.Dossier, tries versionTries) (page.VersionView, error) {
	heading, title := fmt.Sprintf("Version %d", d.Version.Number), d.Claims.Claims.Basics.Title
	shell := s.formShell(r, heading+" of "+title, "sell")
	view := page.VersionView{
		Shell: shell, Heading: heading, Title: title, State: string(d.Version.State), AllURL: versionsURL(d.Listing.ID),
		Crumbs: []ui.Crumb{{Label: "Sell", URL: "/seller"}, {Label: title, URL: listingURL(d.Listing.ID, "check")}, {Label: heading}},
		Facts:  versionFacts(d),
	}
	view.Shell.Print = s.config.PublicURL + versionURL(d.Version.ID) + " " + d.Version.RootDigest
	view.Shell.Styles = reportStyles()
	if err := s.versionState(r, d, &view); err != nil {
		return view, err
	}
	view.Digests = versionDigests(d)
	keepTries(&view.Acts, tries)
	var err error
	if view.Change, err = s.changeOf(r, d.Listing.ID, d.Version.ID); err != nil {
		return view, err
	}
	if view.Progress, err = s.progressView(r.Context(), s.seller(r), d.Version, s.may(r, account.Editor)); err != nil {
		return view, err
	}
	if view.Progress != nil {
		view.Progress.Asks = view.Progress.CancelURL != "" && r.URL.Query().Has("cancel")
		if !view.Progress.Asks {
			view.Shell.Refresh = refreshSeconds
		}
	}
	if view.Samples, err = s.sellersSamples(r, d, tries); err != nil {
		return view, err
	}
	if view.Report, err = s.sellersReport(r, d, tries, shell.CSRF); err != nil {
		return view, err
	}
	if view.Grounds = groundLines(d); len(view.Grounds) > 0 {
		view.Reason = review.CommentOn(view.Reason, d.Decisions[len(d.Decisions)-1].Grounds)
	}
	if view.NewRules, err = s.newRules(r, d); err != nil {
		return view, err
	}
	if view.Licensing, err = s.sellersLicensing(r, d); err != nil {
		return view, err
	}
	view.History, err = s.versionHistory(r.Context(), s.seller(r), d)
	return view, err
}

func versionFacts(d listing.Dossier) []ui.Pair {
	list := []ui.Pair{{Term: "Begun", Value: ui.DateTime(d.Version.CreatedAt)}}
	if d.Version.ChangeNote != "" {
		list = append(list, ui.Pair{Term: "What changed", Value: d.Version.ChangeNote})
	}
	if d.Version.State == listing.Embargoed && d.Version.EmbargoUntil != nil {
		list = append(list, ui.Pair{Term: "Live from", Value: dayInUTC(*d.Version.EmbargoUntil)})
	}
	if text := planText(d.Version); text != "" {
		list = append(list, ui.Pair{Term: "Once approved", Value: text})
	}
	if d.Version.LiveAt != nil {
		list = append(list, ui.Pair{Term: "Live since", Value: ui.DateTime(*d.Version.LiveAt)})
	}
	return list
}

func versionDigests(d listing.Dossier) []page.DigestView {
	var list []page.DigestView
	if d.Version.RootDigest != "" {
		list = append(list, page.DigestView{Name: "Files", Hex: d.Version.RootDigest})
	}
	if d.Version.ClaimsID != "" {
		list = append(list, page.DigestView{Name: "Claims", Hex: d.Claims.Digest})
	}
	return list
}

// progressView is how far an audit is, nil if none is due.
func (s *Server) progressView(ctx context.Context, a postgres.Actor, v listing.Version, mayCancel bool) (*page.ProgressView, error) {
	if v.State != listing.Queued && v.State != listing.Auditing {
		return nil, nil
	}
	view := &page.ProgressView{Refresh: refreshSeconds, URL: versionURL(v.ID)}
	view.Stages = auditStages("", 0, 0)
	if v.State == listing.Queued {
		view.Bytes = "The audit begins as soon as a worker is free."
	}
	if mayCancel {
		view.CancelURL = versionURL(v.ID) + "/cancel"
	}
	if v.State == listing.Queued || s.Audits == nil {
		return view, nil
	}
	p, err := s.Audits.Progress(ctx, a, v.ID)
	if err != nil && errs.KindOf(err) != errs.NotFound {
		return nil, err
	}
	view.Stages = auditStages(p.Stage, p.FilesDone, p.FilesTotal)
	if p.BytesTotal > 0 {
		view.Bytes = ui.Bytes(p.BytesDone) + " of " + ui.Bytes(p.BytesTotal)
	}
	done, total := p.BytesDone, p.BytesTotal // they tell more of the time left than files of unequal size
	if total == 0 {
		done, total = p.FilesDone, p.FilesTotal
	}
	spent := p.RenewedAt.Sub(p.StageAt)
	view.Rate, view.Left = rateOf(spent, p.FilesDone, p.BytesDone), timeLeft(spent, done, total)
	if p.Attempt > 1 {
		view.Bytes += fmt.Sprintf(" · attempt %d, after a fault of ours", p.Attempt)
	}
	return view, nil
}

// auditStages are the stages in the order in which they run; current is the
// name that the audit gives one, empty before the first.
func auditStages(current string, done, total int64) []ui.Stage {
	list := []ui.Stage{
		{Label: "Files received", State: "done"}, {Label: "Copied and checked against their digest"}, {Label: "Files listed"},
		{Label: "Files inspected"}, {Label: "Text in images read"}, {Label: "Names looked for once more"}, {Label: "Files compared with each other"},
	}
	at := map[string]int{"staging": 1, "listing files": 2, "inspecting files": 3, "reading text in images": 4, "looking again for shared names": 5, "comparing files": 6}[current]
	for i := 1; i < at; i++ {
		list[i].State = "done"
	}
	if at > 0 {
		list[at].State = "current"
		if at >= 3 {
			list[at].Done, list[at].Total, list[at].Unit = int(done), int(total), "files"
		}
	}
	return list
}

// rateOf says how fast a stage goes: files where it counts them, else bytes. It
// says nothing of the first moments.
func rateOf(spent time.Duration, files, bytes int64) string {
	seconds := spent.Seconds()
	switch {
	case seconds < 1 || files+bytes == 0:
		return ""
	case files == 0:
		return ui.Bytes(int64(float64(bytes)/seconds)) + "/s"
	case float64(files)/seconds < 10:
		return fmt.Sprintf("%.1f files/s", float64(files)/seconds)
	}
	return ui.Number(int64(float64(files)/seconds)) + " files/s"
}

// timeLeft guesses from the bytes done so far; it says nothing too early.
func timeLeft(spent time.Duration, done, total int64) string {
	if spent < 3*time.Second || done <= 0 || done >= total || done*20 < total {
		return ""
	}
	left := time.Duration(float64(spent) * float64(total-done) / float64(done))
	switch {
	case left < time.Minute:
		return "less than a minute left"
	case left < 90*time.Minute:
		return fmt.Sprintf("about %s left", ui.Plural(int(left.Minutes()+0.5), "minute", "minutes"))
	}
	return fmt.Sprintf("about %s left", ui.Plural(int(left.Hours()+0.5), "hour", "hours"))
}

// cancelAudit gives up an audit that waits or runs.
func (s *Server) cancelAudit(w http.ResponseWriter, r *http.Request) error {
	d, err := s.ownVersion(r)
	if err != nil {
		return err
	}
	if err := s.Audits.Cancel(r.Context(), s.seller(r), d.Version.ID); err != nil {
		return err
	}
	s.flash(r, "The audit was canceled and the files you sent are deleted. The description stays.")
	redirect(w, r, versionURL(d.Version.ID))
	return nil
}

func (s *Server) sellersReport(r *http.Request, d listing.Dossier, tries versionTries, csrf string) (*page.ReportView, error) {
	before, err := s.reportedBefore(r.Context(), s.seller(r), d)
	if err != nil {
		return nil, err
	}
	narrow, err := s.reportFilter(r, d)
	if err != nil {
		return nil, err
	}
	view, err := reportView(d, before, sellersNext(d), narrow)
	if err != nil || view == nil {
		return nil, err
	}
	if view.Findings.Pictures, err = s.pictures(r.Context(), s.seller(r), d, versionURL(d.Version.ID)); err != nil {
		return nil, err
	}
	view.JSONURL, view.CSVURL = versionURL(d.Version.ID)+"/report.json", versionURL(d.Version.ID)+"/report.csv"
	view.ManifestURL = versionURL(d.Version.ID) + "/manifest.txt"
	view.QualityURL = s.qualityLink(r, d, versionURL(d.Version.ID))
	if s.may(r, account.Editor) {
		view.TextsURL = textsURL(d)
	}
	if d.Version.State == listing.AuditFailed {
		return view, nil // no answer helps: the files are to be mended
	}
	names, err := s.Reviews.Names(r.Context(), s.seller(r), answerers(d))
	if err != nil {
		return nil, err
	}
	takes := d.Version.State == listing.Flagged && s.may(r, account.Editor)
	placeAnswers(view, d, func(key string, a *listing.WarningAnswer) page.AnswerView {
		drawn := answerView(d, a, names)
		if !takes {
			return drawn
		}
		drawn.Form = &ui.AnswerProps{
			Action: versionURL(d.Version.ID) + "/answers", CSRF: csrf, Name: "answer-" + key, Value: drawn.Text,
			Hidden: []ui.Pair{{Term: "key", Value: key}},
		}
		if drawn.By != "" {
			drawn.Form.Answered = "Answered by " + drawn.By
		}
		if tries.key == key {
			drawn.Form.Value, drawn.Form.Error = tries.answer, ui.FieldErrorOf(tries.mistakes, "answer-"+key)
		}
		return drawn
	})
	return view, nil
}

func answerers(d listing.Dossier) []id.User {
	var ids []id.User
	for _, a := range d.Answers {
		ids = append(ids, a.By, a.OutcomeBy, a.ConfirmedBy)
	}
	return ids
}

func answerView(d listing.Dossier, a *listing.WarningAnswer, names map[id.User]string) page.AnswerView {
	if a == nil {
		return page.AnswerView{}
	}
	who := names[a.By]
	if who == "" {
		who = "somebody who has left"
	}
	return page.AnswerView{Text: a.Text, By: who + ", " + ui.DateTime(a.At), Outcome: a.Outcome, Note: a.OutcomeNote, Settled: d.Report.IsSettled(*a)}
}

// reportedBefore is the newest earlier version of the data set with a report.
func (s *Server) reportedBefore(ctx context.Context, a postgres.Actor, d listing.Dossier) (*listing.Dossier, error) {
	if d.Report == nil || d.Version.Number == 1 {
		return nil, nil
	}
	versions, err := s.Listings.Versions(ctx, a, d.Listing.ID)
	if err != nil {
		return nil, err
	}
	for _, v := range versions { // the newest first
		if v.Number < d.Version.Number && v.RootDigest != "" {
			before, err := s.Listings.Version(ctx, a, v.ID)
			return &before, err
		}
	}
	return nil, nil
}

// versionHistory tells what happened, the newest first. A seller reads that a
// reviewer acted, not who.
func (s *Server) versionHistory(ctx context.Context, a postgres.Actor, d listing.Dossier) ([]ui.Event, error) {
	var ids []id.User
	for _, m := range d.History {
		ids = append(ids, m.User)
	}
	names, err := s.Reviews.Names(ctx, a, ids)
	if err != nil {
		return nil, err
	}
	list := make([]ui.Event, 0, len(d.History))
	for _, m := range d.History {
		who := names[m.User]
		switch {
		case m.Platform == string(postgres.Worker):
			who = "Assay"
		case m.Platform != "" && a.Platform == postgres.None:
			who = "a reviewer"
		case m.Platform != "":
			who += ", reviewer"
		case who == "" && a.Platform == postgres.None:
			who = "somebody who has left"
		case who == "":
			who = "the seller"
		}
		kind, word, _ := ui.VersionStateWords(string(m.To))
		list = append([]ui.Event{{When: ui.DateTime(m.At), Who: who, Text: word, Note: m.Reason, Kind: kind}}, list...)
	}
	return list, nil
}

// may reports whether the visitor's role in the organization allows what least
// may do.
func (s *Server) may(r *http.Request, least account.Role) bool {
	return atLeast(s.visitor(r).Role, least)
}
