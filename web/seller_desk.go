package web

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"assay/internal/listing"
	"assay/internal/sellerdesk"
	"assay/web/page"
	"assay/web/ui"
)

// mostTodos is how many to-dos stand open on the desk; the rest fold away.
const mostTodos = 12

// showSeller is a seller's desk.
func (s *Server) showSeller(w http.ResponseWriter, r *http.Request) error {
	a, v := s.seller(r), s.visitor(r)
	q := deskQuery(r)
	list, err := s.Desk.Listings(r.Context(), a, q)
	if err != nil {
		return err
	}
	todos, err := s.Desk.Todos(r.Context(), a)
	if err != nil {
		return err
	}
	view := page.DeskView{
		Shell: s.formShell(r, "Your data sets", "sell"), Owner: v.OrganizationName, CanEdit: v.Role.CanEdit(),
		Acts: v.Role.CanEdit() || v.Rights.Submit || v.Rights.Publish, Manages: v.Role.CanManage(),
	}
	for i, t := range todos {
		if i < mostTodos {
			view.Todos = append(view.Todos, todoView(t))
		} else {
			view.MoreTodos = append(view.MoreTodos, todoView(t))
		}
	}
	deskList(q, list, &view)
	if view.None {
		return s.render(w, r, http.StatusOK, page.Desk(view))
	}
	if err := s.deskFigures(r, &view); err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, page.Desk(view))
}

func deskQuery(r *http.Request) sellerdesk.Query {
	values := r.URL.Query()
	return sellerdesk.Query{
		Group: sellerdesk.Group(values.Get("state")), Title: strings.TrimSpace(values.Get("q")),
		Sort: sellerdesk.Sort(values.Get("sort")), After: values.Get("after"),
	}
}

func deskURL(q sellerdesk.Query) string {
	values := url.Values{}
	for name, value := range map[string]string{"state": string(q.Group), "q": q.Title, "sort": string(q.Sort), "after": q.After} {
		if value != "" {
			values.Set(name, value)
		}
	}
	if len(values) == 0 {
		return "/seller"
	}
	return "/seller?" + values.Encode()
}

// deskList fills in the list with its tabs, orders and pages.
func deskList(q sellerdesk.Query, list sellerdesk.Page, view *page.DeskView) {
	all := 0
	for g, n := range list.Counts {
		if g != sellerdesk.Deleted {
			all += n
		}
	}
	view.None = all == 0 && list.Counts[sellerdesk.Deleted] == 0 && q.Title == ""
	view.Search = ui.SearchProps{Action: "/seller", Query: q.Title, Label: "Search your data sets by title"}
	if q.Group != "" {
		view.Search.Kept = append(view.Search.Kept, ui.Pair{Term: "state", Value: string(q.Group)})
	}
	if q.Sort != "" {
		view.Search.Kept = append(view.Search.Kept, ui.Pair{Term: "sort", Value: string(q.Sort)})
	}
	tab := func(label string, g sellerdesk.Group, n int) {
		to := q
		to.Group, to.After = g, ""
		view.Tabs = append(view.Tabs, ui.Tab{Label: label, URL: deskURL(to), Count: ui.Number(n), Current: q.Group == g})
	}
	tab("All", "", all)
	for _, g := range sellerdesk.Groups {
		if n := list.Counts[g.Value]; n > 0 || q.Group == g.Value {
			tab(g.Label, g.Value, n)
		}
	}
	for _, term := range sellerdesk.Sorts {
		link := ui.SortLink{Label: strings.ToLower(term.Label)}
		if term.Value != q.Sort && (q.Sort != "" || term.Value != sellerdesk.ByChange) {
			to := q
			to.Sort, to.After = term.Value, ""
			link.URL = deskURL(to)
		}
		view.Sort = append(view.Sort, link)
	}
	for _, row := range list.Rows {
		view.Rows = append(view.Rows, deskRow(row))
	}
	first, next := q, q
	first.After, next.After = "", list.Next
	if q.After != "" {
		view.Pager.FirstURL = deskURL(first)
	}
	if list.Next != "" {
		view.Pager.NextURL = deskURL(next)
	}
	view.ClearURL = "/seller"
}

func deskRow(row sellerdesk.Row) page.DeskRow {
	title := row.Title
	if title == "" {
		title = "Untitled data set"
	}
	state := listing.Version{State: row.State}
	out := page.DeskRow{
		Title: title, URL: listingURL(row.Listing, "check"), Changed: ui.Date(row.ChangedAt), State: stateTag(&state, row.DeletedAt != nil),
		Grade: row.Grade, GradeKind: gradeKind(row.Grade),
	}
	if row.Version == "" {
		out.State = stateTag(nil, row.DeletedAt != nil)
	} else {
		out.Version, out.VersionURL = "Version "+strconv.Itoa(row.Number), versionURL(row.Version)
	}
	if row.LiveAs > 0 && row.LiveAs != row.Number {
		out.Live = "version " + strconv.Itoa(row.LiveAs) + " is live"
	}
	if row.Suspended > 0 && row.Suspended != row.Number {
		out.Live = "version " + strconv.Itoa(row.Suspended) + " is suspended"
	}
	if row.Verdict != "" {
		out.Warnings = ui.Number(row.Warnings)
		if row.Open > 0 {
			out.Open = ui.Number(row.Open) + " open"
		}
	}
	if row.WasLive {
		out.Views = ui.Number(row.Views)
	}
	if row.DeletedAt != nil {
		out.Restore = listingURL(row.Listing, "undelete")
	}
	return out
}

// deskFigures fills in views, audits and storage; what does not exist yet is
// left out.
func (s *Server) deskFigures(r *http.Request, view *page.DeskView) error {
	f, err := s.Desk.Figures(r.Context(), s.seller(r))
	if err != nil {
		return err
	}
	if f.WasLive {
		view.Views = viewsPlot(f.Weeks)
	}
	if h := f.Health; h.Passed+h.Flagged+h.Failed > 0 {
		view.Health = &page.DeskHealth{Pairs: []ui.Pair{
			{Term: "Passed", Value: ui.Number(h.Passed)}, {Term: "Passed with warnings", Value: ui.Number(h.Flagged)},
			{Term: "Failed", Value: ui.Number(h.Failed)}, {Term: "Warnings without an answer", Value: ui.Number(h.Open)},
		}}
		if len(h.Grades) > 0 {
			plot := ui.PlotProps{Title: "Quality grades", LabelHead: "LQS grade", ValueHead: "data sets", Ordered: true}
			for _, letter := range []string{"A", "B", "C", "D", "F"} {
				bar := ui.Bar{Label: letter}
				for _, g := range h.Grades {
					if g.Grade == letter {
						bar.Value = g.N
					}
				}
				plot.Bars, plot.N = append(plot.Bars, bar), plot.N+bar.Value
			}
			view.Health.Grades = &plot
		}
	}
	if s.Uploads == nil {
		return nil
	}
	used, quota, err := s.Uploads.Used(r.Context(), s.seller(r))
	if err != nil {
		return err
	}
	view.Storage = storageView(used, quota, f.Largest)
	return nil
}

// viewsPlot is nil if nobody has opened a page in that time.
func viewsPlot(weeks []sellerdesk.Week) *page.DeskViews {
	plot := ui.PlotProps{
		Title: "Views of public pages", LabelHead: "Week of the year", ValueHead: "views", Ordered: true,
		Note: "your own people, reviewers and programs are not counted",
	}
	for _, w := range weeks {
		_, number := w.From.ISOWeek()
		plot.Bars = append(plot.Bars, ui.Bar{Label: strconv.Itoa(number), Long: "Week from " + ui.Date(w.From), Value: w.Views})
		plot.N += w.Views
	}
	if plot.N == 0 {
		return &page.DeskViews{}
	}
	return &page.DeskViews{Plot: &plot}
}

func storageView(used, quota int64, largest []sellerdesk.Stored) *page.DeskStorage {
	view := &page.DeskStorage{Text: ui.Bytes(used) + " of " + ui.Bytes(quota)}
	if quota > 0 {
		view.Percent = int(min(100, (used*100+quota-1)/quota))
	}
	for _, v := range largest {
		title := v.Title
		if title == "" {
			title = "Untitled data set"
		}
		view.Largest = append(view.Largest, page.DeskStored{
			Title: title, Version: "version " + strconv.Itoa(v.Number), URL: versionURL(v.Version), Size: ui.Bytes(v.Bytes)})
	}
	return view
}
