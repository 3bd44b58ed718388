package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"assay/internal/id"
	"assay/internal/listing"
	"assay/internal/review"
	"assay/web/page"
	"assay/web/static"
	"assay/web/ui"
)

func reviewURL(v id.Version) string { return "/review/versions/" + string(v) }

// deskShell frames a page of the reviewers' desk.
func (s *Server) deskShell(r *http.Request, title string) ui.Shell {
	shell := s.formShell(r, title, "review")
	shell.Styles = append(reportStyles(), static.URL("desk.css"))
	shell.Scripts = []string{static.URL("desk.js")}
	return shell
}

// showReviewQueue is the reviewer's desk.
func (s *Server) showReviewQueue(w http.ResponseWriter, r *http.Request) error {
	a, f := s.actor(r), queueFilter(r.URL.Query())
	all, err := s.Reviews.Queue(r.Context(), a, review.Filter{ByAge: f.ByAge})
	if err != nil {
		return err
	}
	view := page.ReviewQueueView{Shell: s.deskShell(r, "Review"), Filter: filterView(f), Clocks: clockRows(), Whose: wholeQueue(f, all, a.User)}
	for _, term := range review.BulkActs {
		if term.Value != review.BulkSuspend {
			view.Acts = append(view.Acts, ui.Option{Value: string(term.Value), Label: term.Label})
		}
	}
	for _, x := range all {
		if f.Keeps(x, a.User) {
			view.Waiting = append(view.Waiting, reviewRow(x, time.Now(), a.User))
		}
	}
	view.Hidden = len(all) - len(view.Waiting)
	if view.Moderation, err = s.moderationCounts(r); err != nil {
		return err
	}
	if view.Flags, err = s.riskyFlags(r); err != nil {
		return err
	}
	if err := s.besideQueue(r, &view); err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, page.ReviewQueue(view))
}

// queueFilter reads the part of the queue from the address; what it does not
// know narrows nothing.
func queueFilter(q url.Values) review.Filter {
	f := review.Filter{Whose: review.Whose(q.Get("whose")), Kind: review.Kind(q.Get("kind")), Risk: review.Risk(q.Get("risk")), ByAge: q.Get("sort") == "age"}
	switch f.Whose {
	case review.Mine, review.Nobodys, review.ForSecond:
	default:
		f.Whose = review.Everybodys
	}
	if !review.Kinds.Has(f.Kind) {
		f.Kind = ""
	}
	if !review.Risks.Has(f.Risk) {
		f.Risk = ""
	}
	return f
}

func queueURL(f review.Filter) string {
	q := url.Values{}
	for name, value := range map[string]string{"whose": string(f.Whose), "kind": string(f.Kind), "risk": string(f.Risk)} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if f.ByAge {
		q.Set("sort", "age")
	}
	if len(q) == 0 {
		return "/review"
	}
	return "/review?" + q.Encode()
}

// wholeQueue lists the parts of the queue, each with how much is in it.
func wholeQueue(f review.Filter, all []review.Waiting, reader id.User) []ui.SortLink {
	var list []ui.SortLink
	for _, x := range []struct {
		whose review.Whose
		label string
	}{{review.Everybodys, "All"}, {review.Mine, "Mine"}, {review.Nobodys, "Unassigned"}, {review.ForSecond, "Needs a second person"}} {
		part, n := f, 0
		part.Whose = x.whose
		for _, w := range all {
			if part.Keeps(w, reader) {
				n++
			}
		}
		link := ui.SortLink{Label: fmt.Sprintf("%s (%d)", x.label, n)}
		if x.whose != f.Whose {
			link.URL = queueURL(part)
		}
		list = append(list, link)
	}
	return list
}

func filterView(f review.Filter) page.QueueFilterView {
	v := page.QueueFilterView{Whose: string(f.Whose), Kind: string(f.Kind), Risk: string(f.Risk), Order: "risk", Active: f != review.Filter{}}
	if f.ByAge {
		v.Order = "age"
	}
	v.Kinds, v.Risks = optionsOf(review.Kinds), optionsOf(review.Risks)
	v.Sorts = []ui.Option{{Value: "risk", Label: "Riskiest first, overdue ones leading"}, {Value: "age", Label: "Longest wait first"}}
	return v
}

func optionsOf[T ~string](v listing.Vocabulary[T]) []ui.Option {
	var list []ui.Option
	for _, term := range v {
		list = append(list, ui.Option{Value: string(term.Value), Label: term.Label})
	}
	return list
}

func reviewRow(x review.Waiting, now time.Time, reader id.User) page.ReviewRow {
	row := page.ReviewRow{
		ID: string(x.Version), Title: x.Title, URL: reviewURL(x.Version), Version: fmt.Sprintf("Version %d", x.Number),
		Seller: x.Seller, Demo: x.Demo, Level: x.Level, Kind: kindWords(x.Kinds), Risk: review.Risks.Label(x.Risk()),
		RiskKind: riskKind(x.Risk()), Since: ui.Date(x.Since), Holder: x.HolderName,
	}
	row.Due, row.DueKind = dueWords(x.Due(), now)
	if x.Warnings > 0 && !x.Amends {
		row.Answers = fmt.Sprintf("%d of %s accepted", x.Accepted, ui.Plural(x.Warnings, "answer", "answers"))
	}
	switch {
	case x.Own:
		row.NotYours = "Yours: another reviewer decides"
	case x.Rejected:
		row.NotYours = "You rejected it: another reviewer decides"
	}
	if x.Returned {
		row.Kind += ", after an appeal"
	}
	if x.Recalled {
		row.Kind += ", after a suspension"
	}
	if x.Second > 0 && !x.Own {
		row.Second = ui.Plural(x.Second, "answer needs a second person", "answers need a second person")
	}
	switch {
	case x.Holder == reader:
		row.Holder = "you"
	case x.Holder == "" && row.NotYours == "":
		row.ClaimURL = row.URL + "/claim"
	}
	return row
}

// kindWords says all that an item is: "Flagged, first listing".
func kindWords(kinds []review.Kind) string {
	labels := review.Kinds.Labels(kinds)
	for i := range labels[1:] {
		labels[i+1] = strings.ToLower(labels[i+1])
	}
	return strings.Join(labels, ", ")
}

func riskKind(r review.Risk) string {
	return map[review.Risk]string{review.High: "bad", review.Medium: "warn"}[r]
}

// dueWords says how long there is until a moment, or since when it is past,
// with the kind of its tag.
func dueWords(due, now time.Time) (text, kind string) {
	switch left := due.Sub(now); {
	case left < 0:
		return "overdue by " + shortly(-left), "bad"
	case left < 8*time.Hour:
		return "due in " + shortly(left), "warn"
	default:
		return "due in " + shortly(left), ""
	}
}

// shortly says a length of time in its largest unit: "40 min", "5 h", "2 d".
func shortly(d time.Duration) string {
	switch {
	case d < time.Hour:
		return fmt.Sprintf("%d min", max(1, int(d.Minutes())))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	return fmt.Sprintf("%d d", int(d.Hours()/24))
}

// besideQueue reads what else is on the desk.
func (s *Server) besideQueue(r *http.Request, view *page.ReviewQueueView) error {
	ctx, a := r.Context(), s.actor(r)
	offers, err := s.Reviews.Offers(ctx, a)
	if err != nil {
		return err
	}
	for _, o := range offers {
		view.Offers = append(view.Offers, page.OfferRow{
			ID: string(o.Version), Title: o.Title, URL: reviewURL(o.Version), Version: fmt.Sprintf("Version %d", o.Number), Seller: o.Seller,
			State: string(o.State), Since: ui.Date(o.Since), Reason: o.Reason, Live: o.State == listing.Live,
		})
	}
	broken, err := s.Reviews.Interrupted(ctx, a)
	if err != nil {
		return err
	}
	for _, x := range broken {
		view.Broken = append(view.Broken, page.BrokenRow{Version: string(x.Version), Since: ui.Date(x.Since), Action: reviewURL(x.Version) + "/audit"})
	}
	matches, err := s.Reviews.Matches(ctx, a)
	if err != nil {
		return err
	}
	for _, m := range matches {
		view.Matches = append(view.Matches, page.MatchRow{
			Title: m.Title, URL: reviewURL(m.Version), Version: fmt.Sprintf("Version %d", m.Number), Seller: m.Seller,
			State: m.State, Text: ui.Plural(m.Images, "image", "images"), Since: ui.Date(m.FoundAt),
		})
	}
	asked, err := s.Reviews.LicensingQueue(ctx, a)
	if err != nil {
		return err
	}
	for _, x := range asked {
		row := page.LicensingRow{Title: x.Title, URL: reviewURL(x.Version) + "#licensing",
			Version: fmt.Sprintf("Version %d", x.Number), Seller: x.Seller, Since: ui.Date(x.Since)}
		row.Due, row.DueKind = dueWords(x.Due(), time.Now())
		view.Licensing = append(view.Licensing, row)
	}
	sellers, err := s.Verification.Queue(ctx, a)
	if err != nil {
		return err
	}
	view.Sellers = len(sellers)
	found, err := s.Reviews.Reaudits(ctx, a)
	if err != nil {
		return err
	}
	view.Reaudits = len(found)
	view.Readers, err = s.Credentials.CountWaiting(ctx, a)
	return err
}
