package web

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/listing"
	"assay/internal/postgres"
	"assay/internal/review"
	"assay/web/page"
	"assay/web/ui"
)

func reviewURL(v id.Version) string { return "/review/versions/" + string(v) }

// showReviewQueue is the reviewer's desk.
func (s *Server) showReviewQueue(w http.ResponseWriter, r *http.Request) error {
	byAge := r.URL.Query().Get("sort") == "age"
	waiting, err := s.Reviews.Queue(r.Context(), s.actor(r), byAge)
	if err != nil {
		return err
	}
	offers, err := s.Reviews.Offers(r.Context(), s.actor(r))
	if err != nil {
		return err
	}
	broken, err := s.Reviews.Interrupted(r.Context(), s.actor(r))
	if err != nil {
		return err
	}
	matches, err := s.Reviews.Matches(r.Context(), s.actor(r))
	if err != nil {
		return err
	}
	sellers, err := s.Accounts.VerificationQueue(r.Context(), s.actor(r))
	if err != nil {
		return err
	}
	view := page.ReviewQueueView{Shell: s.formShell(r, "Review", "review"), ByAge: byAge, Sellers: len(sellers)}
	for _, x := range broken {
		view.Broken = append(view.Broken, page.BrokenRow{Version: string(x.Version), Since: ui.DateTime(x.Since), Action: reviewURL(x.Version) + "/audit"})
	}
	for _, x := range waiting {
		view.Waiting = append(view.Waiting, reviewRow(x, time.Now()))
	}
	for _, o := range offers {
		view.Offers = append(view.Offers, page.OfferRow{
			Title: o.Title, URL: reviewURL(o.Version), Version: fmt.Sprintf("Version %d", o.Number), Seller: o.Seller,
			State: string(o.State), Since: ui.Date(o.Since), Reason: o.Reason,
		})
	}
	for _, m := range matches {
		view.Matches = append(view.Matches, page.MatchRow{
			Title: m.Title, URL: reviewURL(m.Version), Version: fmt.Sprintf("Version %d", m.Number), Seller: m.Seller,
			State: m.State, Text: ui.Plural(m.Images, "image", "images"), Since: ui.Date(m.FoundAt),
		})
	}
	return s.render(w, r, http.StatusOK, page.ReviewQueue(view))
}

func reviewRow(x review.Waiting, now time.Time) page.ReviewRow {
	row := page.ReviewRow{
		Title: x.Title, URL: reviewURL(x.Version), Version: fmt.Sprintf("Version %d", x.Number), Seller: x.Seller, Demo: x.Demo,
		Level: x.Level, Kind: review.Kinds.Label(x.Kind()), Risk: x.Risk().Label(), Own: x.Own,
		Since: ui.Date(x.Since), Waits: waited(now.Sub(x.Since)),
		RiskKind: map[review.Risk]string{review.High: "bad", review.Medium: "warn"}[x.Risk()],
	}
	if x.Warnings > 0 && !x.Amends {
		row.Answers = fmt.Sprintf("%d of %s accepted", x.Accepted, ui.Plural(x.Warnings, "answer", "answers"))
	}
	return row
}

// waited says how long something waits.
func waited(d time.Duration) string {
	switch {
	case d < time.Hour:
		return "under an hour"
	case d < 48*time.Hour:
		return ui.Plural(int(d.Hours()), "hour", "hours")
	}
	return ui.Plural(int(d.Hours()/24), "day", "days")
}

// reviewTries are the values and mistakes of a form that came back.
type reviewTries struct {
	decision, comment string
	reasons           []string
	mistakes          []errs.FieldError
	key, keyError     string // of an answer
	suspend           bool   // the mistakes are those of the form that suspends
}

// showReview shows a reviewer everything about one version.
func (s *Server) showReview(w http.ResponseWriter, r *http.Request) error {
	v, err := versionID(r)
	if err != nil {
		return err
	}
	return s.reviewPage(w, r, v, http.StatusOK, reviewTries{})
}

func (s *Server) reviewPage(w http.ResponseWriter, r *http.Request, v id.Version, status int, tries reviewTries) error {
	it, err := s.Reviews.Item(r.Context(), s.actor(r), v)
	if err != nil {
		return err
	}
	view, err := s.reviewView(r, it, tries)
	if err != nil {
		return err
	}
	return s.render(w, r, status, page.Review(view))
}

func (s *Server) reviewView(r *http.Request, it review.Item, tries reviewTries) (page.ReviewView, error) {
	d, title := it.Dossier, it.Claims.Claims.Basics.Title
	view := page.ReviewView{
		Shell: s.formShell(r, "Review of "+title, "review"), Title: title, State: string(d.Version.State),
		Crumbs:  []ui.Crumb{{Label: "Review", URL: "/review"}, {Label: title}},
		Version: fmt.Sprintf("Version %d of %s", d.Version.Number, it.Seller.Name),
		Seller:  sellerBox(it.Seller), Listing: listingView(it.Entry), Errors: tries.mistakes,
	}
	view.Shell.Print = s.config.PublicURL + reviewURL(d.Version.ID) + " " + d.Version.RootDigest
	view.Shell.Styles = reportStyles()
	view.Listing.Embedded = true
	if it.Waits && d.Version.State != listing.InReview {
		view.Version += ", changed claims"
	}
	if a := it.Acceptance; a != nil {
		view.Signed = []ui.Pair{{Term: "Signed by", Value: a.Name}, {Term: "When", Value: ui.DateTime(a.At)}, {Term: "Text", Value: a.TextVersion}}
		view.SignedHash = a.TextSHA256
	}
	if m := it.Match; m != nil {
		view.Match = fmt.Sprintf("%s of this submission equal images in %s of %s that are not on offer.",
			ui.Plural(m.Images, "image", "images"), ui.Plural(m.Listings, "listing", "listings"),
			ui.Plural(m.Organizations, "other organization", "other organizations"))
	}
	s.decisionForm(it, tries, &view)
	changesSince(it, &view)
	var err error
	if view.Report, err = s.reviewersReport(r, it, tries, view.Shell.CSRF); err != nil {
		return view, err
	}
	if view.History, err = s.versionHistory(r.Context(), s.actor(r), d); err != nil {
		return view, err
	}
	view.Decisions, err = s.decisionsSoFar(r.Context(), s.actor(r), it)
	return view, err
}

func sellerBox(x review.Seller) page.SellerBox {
	box := page.SellerBox{Name: x.Name, Level: x.Level, Demo: x.Demo}
	if x.LevelUntil != nil {
		box.Until = ui.Date(*x.LevelUntil)
	}
	if x.Request != "" {
		box.VerificationURL = "/review/verifications/" + x.Request
	}
	return box
}

// decisionForm offers the acts that this reviewer has on this version now.
func (s *Server) decisionForm(it review.Item, tries reviewTries, view *page.ReviewView) {
	d, url := it.Dossier, reviewURL(it.Dossier.Version.ID)
	if it.Own {
		view.Why = "You belong to this seller. Another reviewer has to decide."
		return
	}
	if !it.Waits {
		_, word, next := ui.VersionStateWords(string(d.Version.State))
		view.Why = "Nothing waits for a decision. " + word + ": " + lowerFirst(next)
	} else {
		refused, open := answersOpen(d)
		p := &ui.ReviewDecisionProps{
			Action: url + "/decision", CSRF: view.Shell.CSRF, RootDigest: d.Version.RootDigest, ClaimsDigest: it.Claims.Digest,
			Reasons: reasonOptions(tries.reasons), Value: tries.decision, Comment: tries.comment, CanApprove: refused+open == 0,
		}
		if !tries.suspend {
			p.Errors = tries.mistakes
		}
		if !p.CanApprove {
			p.WhyNot = fmt.Sprintf("Approval needs every answer to be accepted: %s open, %s refused.", ui.Number(open), ui.Number(refused))
		}
		view.Decision = p
	}
	switch d.Version.State {
	case listing.Live:
		view.Suspend = &page.SuspendView{Action: url + "/suspend"}
		if tries.suspend {
			view.Suspend.Errors, view.Suspend.Comment = tries.mistakes, tries.comment
			view.Suspend.Reasons = reasonOptions(tries.reasons)
		} else {
			view.Suspend.Reasons = reasonOptions(nil)
		}
	case listing.Suspended:
		view.RestoreURL = url + "/restore"
	}
}

// answersOpen counts warnings of a version in review whose answer is refused,
// and those not judged yet.
func answersOpen(d listing.Dossier) (refused, open int) {
	if d.Version.State != listing.InReview {
		return 0, 0
	}
	judged := 0
	for _, a := range d.Answers {
		switch a.Outcome {
		case "accepted":
			judged++
		case "refused":
			judged++
			refused++
		}
	}
	return refused, len(d.Report.WarningKeys) - judged
}

func reasonOptions(picked []string) []ui.Option {
	var list []ui.Option
	for _, term := range review.Reasons {
		list = append(list, ui.Option{Value: string(term.Value), Label: term.Label, Selected: slices.Contains(picked, string(term.Value))})
	}
	return list
}

func changesSince(it review.Item, view *page.ReviewView) {
	switch {
	case it.Claims.ID != it.Dossier.Claims.ID:
		view.Since = "the approved ones that are live"
	case it.Before != nil:
		view.Since = fmt.Sprintf("version %d, approved before", it.Before.Version.Number)
	}
	for _, c := range it.Changes {
		view.Changes = append(view.Changes, page.ClaimChange{Subject: c.Subject, Term: c.Term, Before: c.Before, Now: c.Now})
	}
}

func (s *Server) reviewersReport(r *http.Request, it review.Item, tries reviewTries, csrf string) (*page.ReportView, error) {
	d := it.Dossier
	d.Claims = it.Claims // what is to be decided stands beside the measured facts
	narrow, err := s.reportFilter(r, d)
	if err != nil {
		return nil, err
	}
	view, err := reportView(d, it.Before, reviewersNext(d), narrow)
	if err != nil || view == nil {
		return nil, err
	}
	if view.Findings.Pictures, err = s.pictures(r.Context(), s.actor(r), d, reviewURL(d.Version.ID)); err != nil {
		return nil, err
	}
	view.JSONURL, view.CSVURL = reviewURL(d.Version.ID)+"/report.json", reviewURL(d.Version.ID)+"/report.csv"
	view.QualityURL = s.qualityLink(r, d, reviewURL(d.Version.ID))
	names, err := s.Reviews.Names(r.Context(), s.actor(r), answerers(d))
	if err != nil {
		return nil, err
	}
	judges := d.Version.State == listing.InReview && !it.Own
	placeAnswers(view, d, func(key string, a *listing.WarningAnswer) page.AnswerView {
		drawn := answerView(a, names)
		if judges && a != nil {
			drawn.Judge = &page.JudgeView{Action: reviewURL(d.Version.ID) + "/answers", CSRF: csrf, Key: key}
			if tries.key == key {
				drawn.Judge.Error = tries.keyError
			}
		}
		return drawn
	})
	return view, nil
}

// reviewersNext says beside the verdict what a reviewer does about it.
func reviewersNext(d listing.Dossier) string {
	if d.Report == nil || d.Version.State != listing.InReview {
		return ""
	}
	if refused, open := answersOpen(d); open > 0 {
		return fmt.Sprintf("Judge the seller’s answers: %s without your word, %d refused.", ui.Plural(open, "warning is", "warnings are"), refused)
	}
	return "Read what was not checked, and compare the claims with what was measured, before you decide."
}

// decisionsSoFar tells who decided what on a version, the newest first.
func (s *Server) decisionsSoFar(ctx context.Context, a postgres.Actor, it review.Item) ([]ui.Event, error) {
	var ids []id.User
	for _, x := range it.Dossier.Decisions {
		ids = append(ids, x.Reviewer)
	}
	names, err := s.Reviews.Names(ctx, a, ids)
	if err != nil {
		return nil, err
	}
	var list []ui.Event
	for _, x := range it.Dossier.Decisions {
		e := ui.Event{When: ui.DateTime(x.CreatedAt), Who: names[x.Reviewer], Note: x.Reason, Kind: "ok", Text: "Approved"}
		switch x.Outcome {
		case listing.AsksForChanges:
			e.Text, e.Kind = "Asked for changes", "warn"
		case listing.Rejects:
			e.Text, e.Kind = "Rejected", "bad"
		}
		switch x.Kind {
		case "automatic":
			e.Who = "at once: passed, verified and known seller"
		case "carried":
			e.Who = "carried over: nothing that needs a reviewer changed"
		}
		list = append([]ui.Event{e}, list...)
	}
	return list, nil
}

// decideReview records a reviewer's decision about the digests in the form.
func (s *Server) decideReview(w http.ResponseWriter, r *http.Request) error {
	v, err := versionID(r)
	if err != nil {
		return err
	}
	form := r.PostForm
	outcome := map[string]listing.Outcome{
		"approve": listing.Approves, "changes": listing.AsksForChanges, "reject": listing.Rejects}[form.Get("decision")]
	_, err = s.Reviews.Decide(r.Context(), s.actor(r), review.Decision{
		Version: v, RootDigest: form.Get("root_digest"), ClaimsDigest: form.Get("claims_digest"), Outcome: outcome,
		Reasons: reasonsOf(form["reason"]), Comment: form.Get("comment")})
	if mistakes := errs.FieldsOf(err); len(mistakes) > 0 {
		return s.reviewPage(w, r, v, http.StatusUnprocessableEntity, reviewTries{
			decision: form.Get("decision"), comment: form.Get("comment"), reasons: form["reason"], mistakes: mistakes})
	}
	if err != nil {
		return err
	}
	s.flash(r, map[listing.Outcome]string{
		listing.Approves:       "Approved. The seller was told and may publish exactly these files and claims.",
		listing.AsksForChanges: "Sent back. The seller was told what to change.",
		listing.Rejects:        "Rejected. The seller was told why.",
	}[outcome])
	redirect(w, r, "/review")
	return nil
}

func reasonsOf(values []string) []review.Reason {
	list := make([]review.Reason, len(values))
	for i, v := range values {
		list[i] = review.Reason(v)
	}
	return list
}

// judgeAnswer accepts or refuses the answer to one warning.
func (s *Server) judgeAnswer(w http.ResponseWriter, r *http.Request) error {
	v, err := versionID(r)
	if err != nil {
		return err
	}
	key := r.PostForm.Get("key")
	err = s.Reviews.Judge(r.Context(), s.actor(r), v, key, r.PostForm.Get("outcome") == "accepted", r.PostForm.Get("note-"+key))
	if mistakes := errs.FieldsOf(err); len(mistakes) > 0 {
		for i := range mistakes {
			mistakes[i].Field = "note-" + key
		}
		return s.reviewPage(w, r, v, http.StatusUnprocessableEntity, reviewTries{key: key, keyError: mistakes[0].Message, mistakes: mistakes})
	}
	if err != nil {
		return err
	}
	d, err := s.Listings.Version(r.Context(), s.actor(r), v)
	if err != nil {
		return err
	}
	redirect(w, r, reviewURL(v)+answerAnchor(d, key))
	return nil
}

// suspendVersion takes a live version down.
func (s *Server) suspendVersion(w http.ResponseWriter, r *http.Request) error {
	v, err := versionID(r)
	if err != nil {
		return err
	}
	reasons, comment := r.PostForm["suspend-reason"], r.PostForm.Get("suspend-comment")
	err = s.Reviews.Suspend(r.Context(), s.actor(r), v, reasonsOf(reasons), comment)
	if mistakes := errs.FieldsOf(err); len(mistakes) > 0 {
		for i := range mistakes {
			if !strings.HasPrefix(mistakes[i].Field, "suspend-") {
				mistakes[i].Field = "suspend-" + mistakes[i].Field
			}
		}
		return s.reviewPage(w, r, v, http.StatusUnprocessableEntity, reviewTries{comment: comment, reasons: reasons, mistakes: mistakes, suspend: true})
	}
	if err != nil {
		return err
	}
	s.flash(r, "Suspended. Buyers read the reason in its place, and the seller was told.")
	redirect(w, r, reviewURL(v))
	return nil
}

// restoreVersion puts a suspended version back on offer.
func (s *Server) restoreVersion(w http.ResponseWriter, r *http.Request) error {
	v, err := versionID(r)
	if err != nil {
		return err
	}
	if err := s.Reviews.Restore(r.Context(), s.actor(r), v); err != nil {
		return err
	}
	s.flash(r, "Back on offer. The seller was told.")
	redirect(w, r, reviewURL(v))
	return nil
}

// runAuditAgain queues a version whose audit broke through a fault of ours.
func (s *Server) runAuditAgain(w http.ResponseWriter, r *http.Request) error {
	v, err := versionID(r)
	if err != nil {
		return err
	}
	if err := s.Reviews.RunAgain(r.Context(), s.actor(r), v); err != nil {
		return err
	}
	s.flash(r, "Queued again.")
	redirect(w, r, "/review")
	return nil
}
