package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/httprate"

	"assay/internal/audit"
	"assay/internal/audit/quality"
	"assay/internal/errs"
	"assay/internal/freeaudit"
	"assay/internal/upload"
	"assay/web/page"
	"assay/web/ui"
)

// sendingsPerHour is how many free audits one address may begin.
const sendingsPerHour = 30

// limitSendings bounds what one address sends without an account.
func (s *Server) limitSendings() func(http.Handler) http.Handler {
	key := func(r *http.Request) (string, error) { return httprate.CanonicalizeIP(addressOf(r)), nil }
	return httprate.LimitBy(sendingsPerHour, time.Hour, key,
		httprate.WithLimitHandler(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Retry-After", "3600")
			s.renderError(w, r, http.StatusTooManyRequests, "Many audits were begun from your address within an hour. Audit in your browser or on the command line, where there is no limit.")
		}))
}

// unreferred keeps the address of a page, which is a secret, from the pages that
// it links to.
func unreferred(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Referrer-Policy", "no-referrer")
		next.ServeHTTP(w, r)
	})
}

// sendView is the form that sends files, or nil if the server takes none.
func (s *Server) sendView(csrf string) *page.LQSSend {
	if s.Free == nil {
		return nil
	}
	lim := s.Free.Limits()
	return &page.LQSSend{
		CSRF: csrf, Action: "/lqs/files",
		Limits: []ui.Pair{
			{Term: "One sending", Value: audit.FormatBytes(lim.Bytes)},
			{Term: "Files in an archive", Value: ui.Number(lim.Audit.Files)},
			{Term: "Unpacked", Value: audit.FormatBytes(lim.Audit.SetBytes) + "; 200 to 1 over all, 1,032 to 1 for one entry"},
			{Term: "Time of the audit", Value: "10 minutes"},
			{Term: "Audits that wait at once", Value: ui.Number(lim.Waiting)},
		},
	}
}

// receiveFree takes files in without an account.
func (s *Server) receiveFree(w http.ResponseWriter, r *http.Request) error {
	if s.Free == nil {
		return errs.New(errs.NotFound, "This server takes no files without an account.")
	}
	lim := s.Free.Limits()
	most := lim.Bytes + 1<<20 // with what the form adds
	if r.ContentLength > most {
		return freeaudit.TooLarge(lim.Bytes)
	}
	r.Body = http.MaxBytesReader(w, r.Body, most)
	parts, err := r.MultipartReader()
	if err != nil {
		return errs.Wrap(errs.Invalid, "This form holds no files. Go back and choose some.", err)
	}
	if err := s.firstFieldIsToken(r, parts); err != nil {
		return err
	}
	if err := s.Free.Room(r.Context()); err != nil {
		return s.busy(w, r, err)
	}
	files, name, err := upload.Join(func() (upload.Part, error) { return nextFile(parts) }, lim.Bytes)
	if err != nil {
		return tooLarge(err, lim.Bytes)
	}
	defer files.Close()
	token, err := s.Free.Receive(r.Context(), files, name)
	if err != nil {
		return s.busy(w, r, tooLarge(err, lim.Bytes))
	}
	redirect(w, r, freeURL(token))
	return nil
}

// tooLarge says of whatever came of too many bytes what the limit is.
func tooLarge(err error, limit int64) error {
	var big *http.MaxBytesError
	if errors.As(err, &big) || errs.KindOf(err) == errs.TooLarge {
		return freeaudit.TooLarge(limit)
	}
	return err
}

// busy answers 429 where too many audits wait.
func (s *Server) busy(w http.ResponseWriter, r *http.Request, err error) error {
	if !errors.Is(err, freeaudit.ErrBusy) {
		return err
	}
	w.Header().Set("Retry-After", strconv.Itoa(int(freeaudit.Retry.Seconds())))
	s.renderError(w, r, http.StatusTooManyRequests, errs.MessageOf(err))
	return nil
}

func freeURL(token string) string { return "/lqs/r/" + token }

// free finds the audit behind the link of r.
func (s *Server) free(r *http.Request) (token string, a freeaudit.Audit, err error) {
	token = chi.URLParam(r, "token")
	if s.Free == nil || len(token) != 43 {
		return "", a, errs.New(errs.NotFound, "There is no such audit. Results are deleted an hour after the files came.")
	}
	a, err = s.Free.Find(r.Context(), token)
	return token, a, err
}

// showFree is the page of one free audit: how far it is, or what it found.
func (s *Server) showFree(w http.ResponseWriter, r *http.Request) error {
	token, a, err := s.free(r)
	if err != nil {
		return err
	}
	shell := s.formShell(r, "Your audit", "lqs")
	shell.Path = "/lqs" // where signing in returns to: the link is a secret
	shell.Styles = reportStyles()
	view := page.LQSResultView{
		Shell: shell, State: string(a.State), Reason: a.Reason, Before: a.Before, Stage: a.Stage, Files: a.FilesDone, TotalFiles: a.FilesTotal,
		Bytes: audit.FormatBytes(a.SizeBytes), ExpiresAt: a.ExpiresAt, DeleteURL: freeURL(token) + "/delete",
	}
	switch a.State {
	case freeaudit.Queued, freeaudit.Running:
		view.Shell.Refresh = 2
	case freeaudit.Done:
		var report quality.Report
		if err := json.Unmarshal(a.Quality, &report); err != nil {
			return err
		}
		view.ListURL = s.listFactsURL(r)
		if view.Facts, err = reportFacts(&report); err != nil {
			return err
		}
		view.Report = ui.QualityProps{Report: &report, GuideURL: "/guides/lqs", Form: qualityFilter(r, freeURL(token)), Downloads: downloads(freeURL(token))}
	}
	return s.render(w, r, http.StatusOK, page.LQSResult(view))
}

// downloads are the forms in which a report can be had.
func downloads(base string) []ui.Pair {
	return []ui.Pair{
		{Term: "One file (HTML)", URL: base + "/report.html"}, {Term: "JSON", URL: base + "/lqs.json"},
		{Term: "Findings as CSV", URL: base + "/findings.csv"}, {Term: "Audit of identifiers (JSON)", URL: base + "/audit.json"},
	}
}

// qualityFilter reads the filter of the findings from the address.
func qualityFilter(r *http.Request, action string) *ui.QualityFilter {
	q := r.URL.Query()
	return &ui.QualityFilter{Action: action, Pillar: q.Get("pillar"), Level: q.Get("level")}
}

// sendFree sends the result in the form that the address names.
func (s *Server) sendFree(w http.ResponseWriter, r *http.Request) error {
	_, a, err := s.free(r)
	if err != nil {
		return err
	}
	if a.State != freeaudit.Done {
		return errs.New(errs.NotFound, "There is no result yet.")
	}
	form := chi.URLParam(r, "form")
	if form == "audit.json" {
		attach(w, "application/json; charset=utf-8", form)
		s.write(w, r, a.Report)
		return nil
	}
	var report quality.Report
	if err := json.Unmarshal(a.Quality, &report); err != nil {
		return err
	}
	return s.sendQuality(w, r, form, &report)
}

// sendQuality sends a report as lqs.json, findings.csv or report.html.
func (s *Server) sendQuality(w http.ResponseWriter, r *http.Request, form string, report *quality.Report) error {
	var b bytes.Buffer
	var err error
	kind := "text/html"
	switch form {
	case "lqs.json":
		kind, err = "application/json", report.WriteJSON(&b)
	case "findings.csv":
		kind, err = "text/csv", report.WriteFindingsCSV(&b)
	case "report.html":
		err = ui.QualityDocument(ui.QualityProps{Report: report}).Render(r.Context(), &b)
	}
	if err != nil {
		return err
	}
	if b.Len() == 0 {
		return errs.New(errs.NotFound, "The report is had as lqs.json, findings.csv or report.html.")
	}
	attach(w, kind+"; charset=utf-8", form)
	s.write(w, r, b.Bytes())
	return nil
}

// deleteFree deletes a free audit at its holder's wish.
func (s *Server) deleteFree(w http.ResponseWriter, r *http.Request) error {
	if s.Free != nil {
		if err := s.Free.Delete(r.Context(), chi.URLParam(r, "token")); err != nil {
			return err
		}
	}
	s.flash(r, "The audit was deleted, with everything that was sent for it.")
	redirect(w, r, "/lqs")
	return nil
}
