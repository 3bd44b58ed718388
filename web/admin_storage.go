package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/job"
	"assay/internal/storage"
	"assay/web/page"
	"assay/web/ui"
)

const (
	adminStoragePath = "/admin/storage"
	adminOrphansPath = "/admin/storage/orphans"
)

// storageRows is how many organizations the page of storage shows, and
// storageExport how many its table for spreadsheets holds.
const (
	storageRows   = 50
	storageExport = 100_000
)

// kindsKept says what is kept, and where, in words.
var kindsKept = map[storage.Kind][2]string{
	storage.Submissions: {"Submissions", "objects"},
	storage.Reports:     {"Audit reports", "objects; with the sealed lists of texts"},
	storage.Pictures:    {"Previews and samples", "rows of the database"},
	storage.Documents:   {"Documents of the vault", "objects, sealed"},
	storage.Heads:       {"Heads of the record of acts", "objects, never deleted"},
	storage.FreeAudits:  {"Free audits", "objects until audited; results in rows for an hour"},
	storage.Exports:     {"Archives of accounts", "objects, sealed, for a week"},
	storage.Unknown:     {"Not ours", "objects outside of our folders, never touched"},
}

func (s *Server) showStorage(w http.ResponseWriter, r *http.Request) error {
	view, err := s.storageView(r)
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, page.AdminStorage(view))
}

func (s *Server) storageView(r *http.Request) (view page.AdminStorageView, err error) {
	report, err := s.Storage.Report(r.Context(), s.actor(r), storageRows)
	if err != nil {
		return view, err
	}
	view = page.AdminStorageView{Shell: s.adminShell(r, "Storage"), Every: ago(job.MeasureStorageEvery), IsUnderWay: report.IsUnderWay,
		Deleted: cleanupsTable(report.Cleanups)}
	m := report.Measurement
	if m == nil {
		return view, nil
	}
	view.Measured = ui.DateTime(m.FinishedAt) + ", in " + tookWords(m.FinishedAt.Sub(m.BegunAt))
	if late := time.Since(m.FinishedAt); late > 2*job.MeasureStorageEvery {
		view.Late = "That is " + ago(late) + " ago. Look whether workers run, and whether the job failed."
	}
	if m.DiskTotal != nil {
		unit, name := unitOf(*m.DiskTotal)
		view.Disk = ui.ProgressProps{Label: ui.Bytes(*m.DiskFree) + " free", Done: int((*m.DiskTotal - *m.DiskFree) / unit), Total: int(*m.DiskTotal / unit), Unit: name + " used"}
	}
	view.Kept = partsTable(report.Parts)
	view.Days = daysPlot(report.Days)
	view.Shares = s.sharesTable(report.Shares)
	view.IsShortened = len(report.Shares) == storageRows
	view.Orphans, view.Missing = orphansTable(report.Orphans), missingTable(report.Missing)
	for i, age := range storage.Ages {
		if n := report.Deletable[i]; n.Objects > 0 {
			view.Ages = append(view.Ages, ui.Option{Value: daysOf(age), Selected: i == 0,
				Label: "Older than " + ago(age) + ": " + ui.Plural(n.Objects, "object", "objects") + ", " + ui.Bytes(n.Bytes)})
		}
	}
	return view, nil
}

func tookWords(d time.Duration) string {
	if d < time.Second {
		return "less than a second"
	}
	return ago(d)
}

func partsTable(parts []storage.Part) page.AdminTable {
	t := page.AdminTable{Caption: "What is kept", TestID: "kept", Heads: []string{"What", "How many", "New, no row yet", "Without a row", "Object gone", "Size"}}
	all := storage.Part{}
	for _, p := range parts {
		words := kindsKept[p.Kind]
		t.Rows = append(t.Rows, partRow(page.AdminCell{Text: words[0], Small: words[1]}, p))
		all.Objects, all.Bytes, all.Waiting = all.Objects+p.Objects, all.Bytes+p.Bytes, all.Waiting+p.Waiting
		all.Orphans, all.Missing = all.Orphans+p.Orphans, all.Missing+p.Missing
	}
	t.Rows = append(t.Rows, partRow(cell("In all"), all))
	return t
}

func partRow(name page.AdminCell, p storage.Part) []page.AdminCell {
	return []page.AdminCell{name, number(p.Objects), number(p.Waiting), marked(p.Orphans, "warn"), marked(p.Missing, "bad"), size(p.Bytes)}
}

// marked is a number that should be 0.
func marked(n int64, tag string) page.AdminCell {
	c := number(n)
	if n > 0 {
		c.Tag = tag
	}
	return c
}

// unitOf is the smallest unit in which a size is below 10,000.
func unitOf(bytes int64) (unit int64, name string) {
	unit, name = 1, "bytes"
	for _, larger := range []string{"kB", "MB", "GB", "TB", "PB"} {
		if bytes/unit < 10_000 {
			break
		}
		unit, name = unit*1000, larger
	}
	return unit, name
}

// daysPlot draws what was kept day by day, in the unit of the largest.
func daysPlot(days []storage.Day) *ui.PlotProps {
	if len(days) < 2 {
		return nil
	}
	largest := int64(0)
	for _, d := range days {
		largest = max(largest, d.Bytes)
	}
	unit, name := unitOf(largest)
	plot := &ui.PlotProps{Title: "Kept at the end of each day", LabelHead: "Day, UTC", ValueHead: name, Ordered: true,
		Caption: fmt.Sprintf("%s, %d days", name, len(days))}
	for _, d := range days {
		day := d.Day.UTC()
		plot.Bars = append(plot.Bars, ui.Bar{Label: day.Format("2"), Long: ui.Date(day), Value: int(d.Bytes / unit), Text: ui.Bytes(d.Bytes)})
	}
	return plot
}

func (s *Server) sharesTable(list []storage.Share) page.AdminTable {
	t := page.AdminTable{Caption: "What organizations keep", TestID: "shares",
		Heads: []string{"Organization", "Submissions", "Reports", "Pictures", "Documents", "Room for submissions", "In all"}}
	for _, o := range list {
		quota := s.shareQuota(o)
		room := page.AdminCell{Text: percentOf(o.Submissions, quota), Small: "of " + ui.Bytes(quota), IsNumber: true}
		if o.Submissions > quota {
			room.Tag = "bad"
		}
		t.Rows = append(t.Rows, []page.AdminCell{{Text: o.Name, URL: adminOrganizationURL(o.Organization)}, size(o.Submissions), size(o.Reports), size(o.Pictures),
			size(o.Documents), room, size(o.All)})
	}
	return t
}

func size(bytes int64) page.AdminCell { return page.AdminCell{Text: ui.Bytes(bytes), IsNumber: true} }

func (s *Server) shareQuota(o storage.Share) int64 {
	if o.Quota != nil {
		return *o.Quota
	}
	return s.config.QuotaBytes
}

func percentOf(part, whole int64) string {
	if whole <= 0 {
		return "–"
	}
	return fmt.Sprintf("%.1f %%", 100*float64(part)/float64(whole))
}

func orphansTable(list []storage.Finding) page.AdminTable {
	t := page.AdminTable{Caption: "Objects without a row", TestID: "orphans", Heads: []string{"Object", "What", "Written", "Size"}}
	for _, f := range list {
		what := cell(kindsKept[f.Kind][0])
		if f.Kind == storage.Heads {
			what.Small = "kept: it may prove that rows are gone"
		}
		t.Rows = append(t.Rows, []page.AdminCell{cell(f.Key), what, cell(ui.DateTime(*f.WrittenAt)), size(*f.Bytes)})
	}
	return t
}

func missingTable(list []storage.Finding) page.AdminTable {
	t := page.AdminTable{Caption: "Rows whose object is gone", TestID: "missing", Heads: []string{"Object", "What", "Organization"}}
	for _, f := range list {
		whose := page.AdminCell{Text: "the platform"}
		if f.Organization != "" {
			whose = page.AdminCell{Text: f.OrganizationName, URL: adminOrganizationURL(f.Organization)}
		}
		t.Rows = append(t.Rows, []page.AdminCell{cell(f.Key), cell(kindsKept[f.Kind][0]), whose})
	}
	return t
}

func cleanupsTable(list []storage.Cleanup) page.AdminTable {
	t := page.AdminTable{Caption: "Deletions", TestID: "deletions", Heads: []string{"Asked", "By", "Written before", "Shown", "Deleted", "State"}}
	for _, c := range list {
		state := page.AdminCell{Text: "under way", Tag: "info"}
		if c.FinishedAt != nil {
			state = page.AdminCell{Text: "done", Tag: "ok", Small: ui.DateTime(*c.FinishedAt)}
			if c.Skipped > 0 {
				state = page.AdminCell{Text: ui.Number(c.Skipped) + " could not be deleted", Tag: "warn", Small: ui.DateTime(*c.FinishedAt)}
			}
		}
		by := c.By
		if by == "" {
			by = "an account that is gone"
		}
		t.Rows = append(t.Rows, []page.AdminCell{cell(ui.DateTime(c.AskedAt)), cell(by), cell(ui.DateTime(c.Before)), number(c.Objects),
			{Text: ui.Number(c.Deleted), Small: ui.Bytes(c.Bytes), IsNumber: true}, state})
	}
	return t
}

// sendStorage is what each organization keeps, as a table for spreadsheets.
func (s *Server) sendStorage(w http.ResponseWriter, r *http.Request) error {
	report, err := s.Storage.Report(r.Context(), s.actor(r), storageExport)
	if err != nil {
		return err
	}
	heads := []string{"organization", "name", "submission_bytes", "report_bytes", "picture_bytes", "document_bytes", "all_bytes", "quota_bytes", "measured_at"}
	return s.sendTable(w, r, "storage.csv", heads, func(row func(...string) error) error {
		for _, o := range report.Shares {
			text := func(n int64) string { return strconv.FormatInt(n, 10) }
			err := row(string(o.Organization), o.Name, text(o.Submissions), text(o.Reports), text(o.Pictures), text(o.Documents), text(o.All),
				text(s.shareQuota(o)), stamp(&report.Measurement.FinishedAt))
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Server) measureStorage(w http.ResponseWriter, r *http.Request) error {
	if err := s.Storage.Ask(r.Context(), s.actor(r)); err != nil {
		return err
	}
	s.flash(r, "A measurement is asked for. Load this page again in a moment.")
	redirect(w, r, adminStoragePath)
	return nil
}

func daysOf(age time.Duration) string { return strconv.Itoa(int(age.Hours() / 24)) }

// ageOf is an age of the form in days; an unknown one is 0.
func ageOf(values url.Values) time.Duration {
	for _, age := range storage.Ages {
		if values.Get("age") == daysOf(age) {
			return age
		}
	}
	return 0
}

func orphansBack(r *http.Request) string {
	return withQuery(adminOrphansPath, "age", daysOf(max(ageOf(r.PostForm), storage.OrphanAge)))
}

// showOrphans asks for confirmation before objects are deleted.
func (s *Server) showOrphans(w http.ResponseWriter, r *http.Request) error {
	age := ageOf(r.URL.Query())
	if !r.URL.Query().Has("age") {
		age = storage.OrphanAge
	}
	return s.confirmOrphans(w, r, age, nil)
}

// confirmOrphans shows what would be deleted now, with what was refused before.
// Where nothing can be deleted it says so on the page of storage.
func (s *Server) confirmOrphans(w http.ResponseWriter, r *http.Request, age time.Duration, refused error) error {
	o, err := s.Storage.Offer(r.Context(), s.actor(r), age)
	if kind := errs.KindOf(err); err != nil && (kind == errs.Invalid || kind == errs.Conflict) {
		view, loadErr := s.storageView(r)
		if loadErr != nil {
			return loadErr
		}
		view.Errors = mistakes(err)
		if refused == nil && kind == errs.Conflict { // a page that was asked for, not an act
			return s.render(w, r, http.StatusOK, page.AdminStorage(view))
		}
		return s.renderTry(w, r, err, page.AdminStorage(view))
	}
	if err != nil {
		return err
	}
	view := page.AdminOrphansView{Shell: s.adminShell(r, "Delete objects without a row"), Age: daysOf(age), AgeWords: ago(age), Measurement: string(o.Measurement),
		Before: o.Before.UTC().Format(time.RFC3339), Objects: strconv.FormatInt(o.Objects, 10),
		Facts: []ui.Pair{{Term: "Objects", Value: ui.Number(o.Objects)}, {Term: "Size", Value: ui.Bytes(o.Bytes)}, {Term: "Written before", Value: ui.DateTime(o.Before)}},
		Table: orphansTable(o.First), Button: "Delete " + ui.Plural(o.Objects, "object", "objects") + " for good"}
	if int64(len(o.First)) < o.Objects {
		view.First = "The oldest " + ui.Number(len(o.First)) + " of them:"
	}
	if refused != nil {
		view.Errors = mistakes(refused)
		return s.renderTry(w, r, refused, page.AdminOrphans(view))
	}
	return s.render(w, r, http.StatusOK, page.AdminOrphans(view))
}

func (s *Server) deleteOrphans(w http.ResponseWriter, r *http.Request) error {
	f := r.PostForm
	shown := storage.Offer{Measurement: id.Measurement(f.Get("measurement"))}
	var err error
	if shown.Before, err = time.Parse(time.RFC3339, f.Get("before")); err != nil {
		return errs.New(errs.Invalid, "Choose again how old the objects must be.")
	}
	if shown.Objects, err = strconv.ParseInt(f.Get("objects"), 10, 64); err != nil {
		return errs.New(errs.Invalid, "Choose again how old the objects must be.")
	}
	err = s.Storage.Delete(r.Context(), s.actor(r), shown)
	if errs.KindOf(err) == errs.Conflict {
		return s.confirmOrphans(w, r, ageOf(f), err)
	}
	if err != nil {
		return err
	}
	s.flash(r, "The deletion has begun. Objects that a row names by now are spared.")
	redirect(w, r, adminStoragePath)
	return nil
}
