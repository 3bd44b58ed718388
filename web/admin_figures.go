package web

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"assay/internal/admindesk"
	"assay/internal/storage"
	"assay/web/page"
	"assay/web/ui"
)

const (
	adminPath         = "/admin"
	adminErrorsPath   = "/admin/errors"
	adminSettingsPath = "/admin/settings"
)

// showOverview is how the platform stands, with what waits first.
func (s *Server) showOverview(w http.ResponseWriter, r *http.Request) error {
	view := page.AdminPageView{Shell: s.adminShell(r, "Admin"), URL: adminPath, Heading: "How the platform stands"}
	o, err := s.Admin.Overview(r.Context(), s.actor(r))
	if err != nil {
		return err
	}
	waits, err := s.Moderation.Counts(r.Context(), s.actor(r))
	if err != nil {
		return err
	}
	hours, err := s.hourBlocks(r)
	if err != nil {
		return err
	}
	kept, err := s.Storage.Report(r.Context(), s.actor(r), 0)
	if err != nil {
		return err
	}
	chain := "Nothing is published yet: the hourly job publishes the first head."
	if o.Head > 0 {
		chain = fmt.Sprintf("verified to #%d at %s", o.Head, ui.DateTime(o.HeadAt))
	}
	view.Blocks = []page.AdminBlock{
		{ID: "steps", Title: "Next steps", Empty: "Nothing waits.", Table: page.AdminTable{Caption: "What waits", TestID: "waits", Heads: []string{"What", "How many"}}},
		{ID: "record", Title: "The record of acts", Pairs: []ui.Pair{{Term: "Chain", Value: chain}, {Term: "Rows since", Value: ui.Number(o.Rows - o.Head)}},
			Text:  "Each head is held against its rows before it is published. The whole record is walked by the command “server activity verify”.",
			Links: []ui.Pair{{Term: "The published heads", URL: "/trust/activity"}}},
		{ID: "size", Title: "People and data", Pairs: []ui.Pair{
			{Term: "Users", Value: ui.Number(o.Users), URL: adminUsersPath}, {Term: "Organizations", Value: ui.Number(o.Organizations), URL: adminOrganizationsPath},
			{Term: "Live listings", Value: ui.Number(o.Live)}, {Term: "Submissions kept", Value: ui.Bytes(o.Stored)}, storedPair(kept)}},
	}
	view.Blocks = slices.Insert(view.Blocks, 1, hours...)
	step := func(n int, what, url string) {
		if n > 0 {
			view.Blocks[0].Table.Rows = append(view.Blocks[0].Table.Rows, []page.AdminCell{{Text: what, URL: url}, number(n)})
		}
	}
	step(o.Discarded, "Jobs given up", adminJobsPath)
	step(o.Retryable, "Jobs that failed and are tried again", adminJobsPath)
	step(o.Late, "Jobs that are due for more than 10 minutes", adminJobsPath)
	step(o.Errors, "Server errors in 24 hours", adminErrorsPath)
	step(missingOf(kept), "Rows whose object is gone from the store", adminStoragePath)
	step(fullOf(kept), "Percent of the store’s disk in use", adminStoragePath)
	step(waits.Identifiers, "Reports of identifiers", "/review/flags")
	step(waits.Flags, "Reports on listings", "/review/flags")
	step(waits.Appeals, "Appeals", "/review/appeals")
	step(o.Verifications, "Requests for verification", "/review/verifications")
	step(o.Expiring, "Verifications that end within 30 days", adminOrganizationsPath)
	step(o.NoFactor, "Platform roles without a second factor", adminAccessPath+"?where=platform")
	step(int(kept.Deletable[0].Objects), "Objects in the store without a row", adminStoragePath)
	step(o.Stale, "Reference data sets not checked for 12 months", adminReferencesPath)
	return s.render(w, r, http.StatusOK, page.AdminPage(view))
}

// hourBlocks are the queue and the errors of the last 24 hours.
func (s *Server) hourBlocks(r *http.Request) ([]page.AdminBlock, error) {
	jobs, err := s.Admin.Jobs(r.Context(), s.actor(r))
	if err != nil {
		return nil, err
	}
	t, err := s.Admin.Traffic(r.Context(), s.actor(r))
	if err != nil {
		return nil, err
	}
	finished, failed := hoursPlot("Jobs finished, without sweeps", "jobs", jobs.Hours), errorsPlot(t.Hours)
	waiting, running, retried, given := 0, 0, 0, 0
	for _, k := range jobs.Kinds {
		waiting, running, retried, given = waiting+k.Waiting, running+k.Running, retried+k.Retryable, given+k.Discarded
	}
	queue := page.AdminBlock{ID: "queue", Title: "The queue of jobs", Plot: &finished, Links: []ui.Pair{{Term: "Jobs by kind", URL: adminJobsPath}},
		Pairs: []ui.Pair{{Term: "Waiting", Value: ui.Number(waiting)}, {Term: "Running", Value: ui.Number(running)},
			{Term: "To be tried again", Value: ui.Number(retried)}, {Term: "Given up", Value: ui.Number(given)}}}
	if finished.N == 0 {
		queue.Plot, queue.Text = nil, "No job finished in the last 24 hours, sweeps aside."
	}
	answers := page.AdminBlock{ID: "answers", Title: "Answers to requests", Plot: &failed, Links: []ui.Pair{{Term: "Errors by route", URL: adminErrorsPath}}}
	if failed.N == 0 {
		answers.Plot, answers.Text = nil, "No server error in the last 24 hours: "+failed.Caption+"."
	}
	return []page.AdminBlock{queue, answers}, nil
}

// errorsPlot draws the errors of 24 hours; its table has their rates.
func errorsPlot(hours []admindesk.Hour) ui.PlotProps {
	plot := hoursPlot("Server errors", "answers of 500 and above", hours)
	all := 0
	for i, h := range hours {
		plot.Bars[i].Text = fmt.Sprintf("%s of %s (%s)", ui.Number(h.N), ui.Number(h.Of), ui.Percent(h.N, h.Of))
		all += h.Of
	}
	plot.Caption = fmt.Sprintf("%s of %s answers (%s)", ui.Number(plot.N), ui.Number(all), ui.Percent(plot.N, all))
	return plot
}

// storedPair is what the last measurement of storage found.
func storedPair(kept storage.Report) ui.Pair {
	pair := ui.Pair{Term: "Storage", Value: "not measured yet", URL: adminStoragePath}
	if kept.Measurement != nil {
		var bytes int64
		for _, p := range kept.Parts {
			bytes += p.Bytes
		}
		pair.Value = ui.Bytes(bytes) + " on " + ui.DateTime(kept.Measurement.FinishedAt)
	}
	return pair
}

func missingOf(kept storage.Report) (n int) {
	for _, p := range kept.Parts {
		n += int(p.Missing)
	}
	return n
}

// fullDisk is the share of the store's disk in use from which it is a next step
// to make room, in percent.
const fullDisk = 85

func fullOf(kept storage.Report) int {
	m := kept.Measurement
	if m == nil || m.DiskTotal == nil {
		return 0
	}
	if used := int((*m.DiskTotal - *m.DiskFree) * 100 / *m.DiskTotal); used >= fullDisk {
		return used
	}
	return 0
}

// showErrors is how requests were answered.
func (s *Server) showErrors(w http.ResponseWriter, r *http.Request) error {
	t, err := s.Admin.Traffic(r.Context(), s.actor(r))
	if err != nil {
		return err
	}
	plot := errorsPlot(t.Hours)
	total := 0
	for _, c := range t.Classes {
		total += c.N
	}
	classes := page.AdminTable{Caption: "Answers by class", TestID: "classes", Heads: []string{"Class", "Answers", "Share"}}
	for _, c := range t.Classes {
		classes.Rows = append(classes.Rows, []page.AdminCell{cell(c.What), number(c.N), {Text: ui.Percent(c.N, total), IsNumber: true}})
	}
	routes := page.AdminTable{Caption: "Routes that failed", TestID: "routes", Heads: []string{"Route", "Errors", "Of all answers"}}
	for _, f := range t.Routes {
		routes.Rows = append(routes.Rows, []page.AdminCell{cell(f.Route), number(f.N), {Text: ui.Percent(f.N, f.Of), IsNumber: true}})
	}
	failed := page.AdminTable{Caption: "Server errors, the newest first", TestID: "errors", Heads: []string{"Request", "When", "Route", "Status"}}
	for _, e := range t.Errors {
		failed.Rows = append(failed.Rows, []page.AdminCell{cell(e.Request), cell(ui.DateTime(e.At)), cell(e.Method + " " + e.Route), cell(strconv.Itoa(e.Status))})
	}
	view := page.AdminPageView{Shell: s.adminShell(r, "Errors"), URL: adminErrorsPath, Heading: "Errors",
		Lead: "How requests of the last 24 hours were answered, of all processes. Figures come up to a minute late.",
		Blocks: []page.AdminBlock{
			{ID: "by-hour", Title: "By hour", Plot: &plot},
			{ID: "by-class", Title: "By class of status", Table: classes, Empty: "Nothing was counted yet."},
			{ID: "by-route", Title: "By route", Table: routes, Empty: "No route failed."},
			{ID: "newest", Title: "The newest", Text: "Find one in the log by the id of its request. What was sent is not kept.", Table: failed, Empty: "None in 7 days."},
		}}
	return s.render(w, r, http.StatusOK, page.AdminPage(view))
}

// showSettings is what `server config` prints, of this process.
func (s *Server) showSettings(w http.ResponseWriter, r *http.Request) error {
	list := page.AdminTable{Caption: "Settings", TestID: "settings", Heads: []string{"Setting", "Meaning", "Value", "From"}}
	for _, line := range s.config.Lines(s.Environ) {
		list.Rows = append(list.Rows, []page.AdminCell{cell(line.Name), cell(line.Meaning), cell(line.Value), cell(line.From)})
	}
	view := page.AdminPageView{Shell: s.adminShell(r, "Settings"), URL: adminSettingsPath, Heading: "Settings",
		Lead: "What the process runs with that answered this request. They come from its environment; secrets are never shown. Before maintenance, announce it.",
		Blocks: []page.AdminBlock{{ID: "settings", Title: "This process", Table: list,
			Links: []ui.Pair{{Term: "Announce maintenance", URL: adminAnnouncementsPath}}}}}
	return s.render(w, r, http.StatusOK, page.AdminPage(view))
}

// countAnswer notes how a request was answered.
func (s *Server) countAnswer(r *http.Request, status int) {
	if s.Answers != nil {
		s.Answers.Count(requestID(r), r.Method, routeOf(r), status)
	}
}

// parseMoment reads what a field of date and time sends, as UTC; the zero time
// for anything else.
func parseMoment(text string) time.Time {
	at, err := time.Parse("2006-01-02T15:04", text)
	if err != nil {
		return time.Time{}
	}
	return at
}
