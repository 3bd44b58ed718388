package web

import (
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/httprate"

	"assay/internal/catalog"
	"assay/internal/errs"
	"assay/internal/moderation"
	"assay/internal/promise"
	"assay/web/page"
	"assay/web/ui"
)

// reportsPerHour is how many reports one address may send.
const reportsPerHour = 20

func reportURL(slug string) string { return "/report/" + slug }

// limitReports bounds what one address reports; how many reports of a kind are
// kept for one data set is bounded by package moderation.
func (s *Server) limitReports() func(http.Handler) http.Handler {
	key := func(r *http.Request) (string, error) { return httprate.CanonicalizeIP(addressOf(r)), nil }
	return httprate.LimitBy(reportsPerHour, time.Hour, key,
		httprate.WithLimitHandler(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Retry-After", "3600")
			s.renderError(w, r, http.StatusTooManyRequests, "Many reports came from your address within an hour. Please wait, or write to the platform if it cannot wait.")
		}))
}

// showReportForm asks anybody what is wrong with a data set.
func (s *Server) showReportForm(w http.ResponseWriter, r *http.Request) error {
	e, err := s.Catalog.Get(r.Context(), chi.URLParam(r, "slug"))
	if err != nil {
		return err
	}
	if !s.sessions.Exists(r.Context(), sessionForm) {
		s.sessions.Put(r.Context(), sessionForm, time.Now().UnixMilli())
	}
	return s.render(w, r, http.StatusOK, page.Flag(s.flagView(r, e, moderation.Report{}, nil)))
}

const (
	// sessionForm is when a visitor's form of a report was first shown, in
	// Unix milliseconds.
	sessionForm = "report-form"
	// trapField is a field of the form that people neither see nor reach.
	trapField = "topic"
)

// looksAutomatic reports whether a program seems to have sent a report: it
// filled in what no person sees, or sent the form before anybody can have read
// it. Nothing is lost by it: the form comes back as it was, to be sent again.
func (s *Server) looksAutomatic(r *http.Request) bool {
	shown := time.UnixMilli(s.sessions.GetInt64(r.Context(), sessionForm))
	return r.PostForm.Get(trapField) != "" || time.Since(shown) < s.FormTime
}

func (s *Server) flagView(r *http.Request, e catalog.Entry, given moderation.Report, mistakes []errs.FieldError) page.FlagView {
	view := page.FlagView{
		Shell: s.formShell(r, "Report a problem: "+e.Title, "datasets"), Title: e.Title, Action: reportURL(e.Slug),
		Crumbs: []ui.Crumb{{Label: "Data sets", URL: "/datasets"}, {Label: e.Title, URL: "/datasets/" + e.Slug}, {Label: "Report a problem"}},
		Place:  given.Place, Body: given.Body, Email: given.Email, SignedIn: s.visitor(r).SignedIn(), External: e.Kind == catalog.External, Errors: mistakes, Trap: trapField,
		Soon: promise.Of(promise.FlagOfIdentifiers).Words(), Later: promise.Of(promise.FlagOfContent).Words(),
	}
	for _, t := range moderation.Reasons {
		view.Reasons = append(view.Reasons, ui.Option{Value: string(t.Value), Label: t.Label, Help: t.Help, Selected: t.Value == given.Reason})
	}
	return view
}

// reportListing takes a report of anybody.
func (s *Server) reportListing(w http.ResponseWriter, r *http.Request) error {
	e, err := s.Catalog.Get(r.Context(), chi.URLParam(r, "slug"))
	if err != nil {
		return err
	}
	form := r.PostForm
	given := moderation.Report{Slug: e.Slug, Reason: moderation.Reason(form.Get("reason")), Place: form.Get("place"), Body: form.Get("body"), Reporter: s.actor(r).User}
	if given.Reporter == "" {
		given.Email = form.Get("email")
	}
	if s.looksAutomatic(r) {
		again := errs.FieldError{Message: "This came as fast, or as full, as a program sends it. Nothing is lost: look over what you wrote and send it again."}
		return s.render(w, r, http.StatusUnprocessableEntity, page.Flag(s.flagView(r, e, given, []errs.FieldError{again})))
	}
	got, err := s.Moderation.Report(r.Context(), given)
	if list := errs.FieldsOf(err); len(list) > 0 {
		return s.render(w, r, http.StatusUnprocessableEntity, page.Flag(s.flagView(r, e, given, list)))
	}
	if err != nil {
		return err
	}
	s.flash(r, receivedWords(got, given.Reporter != ""))
	if got.Counted {
		redirect(w, r, "/datasets/"+e.Slug)
		return nil
	}
	redirect(w, r, receiptURL(got.Receipt))
	return nil
}

func receivedWords(got moderation.Received, isSignedIn bool) string {
	switch {
	case got.Counted && isSignedIn:
		return "You have reported this already; it is counted again. A reviewer will answer."
	case got.Counted:
		return "Several reports of this kind wait here already. Yours is counted with them; what you wrote is not kept. If it says something new, sign in and send it again."
	case got.Hidden:
		return "Thank you. Pictures of this data set are hidden, and reviewers were called."
	case got.Cleared:
		return "Thank you. A reviewer has looked at exactly these pictures before, so they stay; your report waits for a reviewer."
	}
	return "Thank you. A reviewer will look at it."
}

func receiptURL(secret string) string { return "/report/r/" + secret }

// showReceipt tells the holder of a link what became of a report.
func (s *Server) showReceipt(w http.ResponseWriter, r *http.Request) error {
	got, err := s.Moderation.Receipt(r.Context(), chi.URLParam(r, "token"))
	if err != nil {
		return err
	}
	shell := s.formShell(r, "Your report", "datasets")
	shell.Path = "/datasets/" + got.Slug // where signing in returns to: the link is a secret
	view := page.ReceiptView{
		Shell: shell, Title: got.Title, ListingURL: "/datasets/" + got.Slug, Answer: got.Answer,
		Hidden: got.Hidden, HasEmail: got.HasEmail, Closed: got.State.Closed(),
		Lines: []ui.Pair{{Term: "Data set", Value: got.Title, URL: "/datasets/" + got.Slug}, {Term: "Reported", Value: ui.DateTime(got.CreatedAt)}, {Term: "Reason", Value: moderation.Reasons.Label(got.Reason)}},
	}
	if got.DecidedAt != nil {
		view.Lines = append(view.Lines, ui.Pair{Term: "Decided", Value: ui.DateTime(*got.DecidedAt)})
	}
	if got.Offer != string(catalog.Live) {
		view.Lines = append(view.Lines, ui.Pair{Term: "On offer", Value: "No, it was taken off the catalog"})
	}
	view.Kind, view.Word, view.Text = receiptWords(got)
	return s.render(w, r, http.StatusOK, page.Receipt(view))
}

func receiptWords(got moderation.Receipt) (kind, word, text string) {
	word, text = moderation.States.Label(got.State), moderation.States.Help(got.State)
	if got.Merged {
		text += " It is decided together with another report on the same data set."
	}
	switch {
	case got.Overturn:
		return "", "Taken back", "A reviewer found the report to be right; the seller appealed, and another reviewer found otherwise."
	case got.State == moderation.Upheld:
		return "ok", word, text + " " + map[moderation.Act]string{
			moderation.Suspend: "The data set was taken off the catalog.", moderation.Changes: "The seller was asked to change it.", moderation.NoAct: "It was noted."}[got.Act]
	case got.State == moderation.Dismissed:
		return "", word, text
	}
	return "info", word, text
}
