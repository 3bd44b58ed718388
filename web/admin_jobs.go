package web

import (
	"fmt"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

	"assay/internal/admindesk"
	"assay/internal/errs"
	"assay/web/page"
	"assay/web/ui"
)

const (
	adminJobsPath  = "/admin/jobs"
	adminBoardPath = "/admin/river"
)

// showJobs is the queue in figures, with what may be tried again.
func (s *Server) showJobs(w http.ResponseWriter, r *http.Request) error {
	jobs, err := s.Admin.Jobs(r.Context(), s.actor(r))
	if err != nil {
		return err
	}
	view := page.AdminJobsView{Shell: s.adminShell(r, "Jobs"), Hours: hoursPlot("Jobs finished, without sweeps", "jobs", jobs.Hours),
		Kinds: page.AdminTable{Caption: "Jobs by kind", TestID: "kinds", Heads: []string{"Kind", "Waiting", "Running", "To be tried again", "Given up", "Finished in 24 hours"}}}
	if s.Board != nil {
		view.BoardURL = adminBoardPath + "/"
	}
	for _, k := range jobs.Kinds {
		waiting := number(k.Waiting)
		if k.Oldest != nil {
			waiting.Small = "the first since " + ago(time.Since(*k.Oldest))
		}
		view.Kinds.Rows = append(view.Kinds.Rows, []page.AdminCell{cell(k.Kind), waiting, number(k.Running), number(k.Retryable), number(k.Discarded), number(k.Completed)})
	}
	for _, j := range jobs.Failed {
		one := page.AdminJob{ID: fmt.Sprint(j.ID), Kind: j.Kind, Tries: fmt.Sprintf("%d of %d", j.Attempt, j.Most), Failed: ui.DateTime(j.FailedAt), Next: "none",
			Error: j.Error, State: page.AdminCell{Text: "given up", Tag: "bad"}}
		if j.State == "retryable" {
			one.Next, one.State = ui.DateTime(j.NextAt), page.AdminCell{Text: "to be tried again", Tag: "warn"}
		}
		view.Failed = append(view.Failed, one)
	}
	return s.render(w, r, http.StatusOK, page.AdminJobs(view))
}

// hoursPlot draws the last 24 hours.
func hoursPlot(title, what string, hours []admindesk.Hour) ui.PlotProps {
	plot := ui.PlotProps{Title: title, LabelHead: "Hour in UTC", ValueHead: what, Ordered: true, Note: "the last 24 hours"}
	for _, h := range hours {
		from := h.From.UTC()
		plot.Bars = append(plot.Bars, ui.Bar{Label: from.Format("15h"), Long: "From " + ui.DateTime(from), Value: h.N})
		plot.N += h.N
	}
	return plot
}

// ago says a time in its largest unit.
func ago(d time.Duration) string {
	switch {
	case d < time.Minute:
		return ui.Plural(int(max(d, 0).Seconds()), "second", "seconds")
	case d < time.Hour:
		return ui.Plural(int(d.Minutes()), "minute", "minutes")
	case d < 48*time.Hour:
		return ui.Plural(int(d.Hours()), "hour", "hours")
	}
	return ui.Plural(int(d.Hours()/24), "day", "days")
}

func (s *Server) moveJob(w http.ResponseWriter, r *http.Request) error {
	number, err := admindesk.ParseJob(chi.URLParam(r, "job"))
	if err != nil {
		return err
	}
	sentence := "The job is tried now."
	switch r.PostForm.Get("act") {
	case "retry":
		err = s.Admin.RetryJob(r.Context(), s.actor(r), number)
	case "cancel":
		err, sentence = s.Admin.CancelJob(r.Context(), s.actor(r), number), "The job is canceled."
	default:
		err = errs.New(errs.Invalid, "Choose what to do with the job.")
	}
	if err != nil {
		return err
	}
	s.flash(r, sentence)
	redirect(w, r, adminJobsPath)
	return nil
}
