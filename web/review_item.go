package web

import (
	"fmt"
	"net/http"
	"net/url"
	"time"

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/listing"
	"assay/internal/review"
	"assay/internal/vault"
	"assay/web/page"
	"assay/web/ui"
)

// reviewTries is a form of the page that came back with mistakes.
type reviewTries struct {
	act      string // decision, answers, checklist, assign, notes, licensing or suspend
	form     url.Values
	mistakes []errs.FieldError
}

// of returns the values and mistakes of a form, none if another one came back.
func (t reviewTries) of(act string) (url.Values, []errs.FieldError) {
	if t.act != act {
		return url.Values{}, nil
	}
	return t.form, t.mistakes
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
		Shell: s.deskShell(r, "Review of "+title), Title: title, State: string(d.Version.State),
		Crumbs:  []ui.Crumb{{Label: "Review", URL: "/review"}, {Label: title}},
		Version: fmt.Sprintf("Version %d of %s", d.Version.Number, it.Seller.Name),
		Seller:  sellerBox(it.Seller), Listing: listingView(it.Entry), Errors: tries.mistakes,
	}
	view.Shell.Print = s.config.PublicURL + reviewURL(d.Version.ID) + " " + d.Version.RootDigest
	view.Listing.Embedded = true
	if it.Waits && d.Version.State != listing.InReview {
		view.Version += ", changed claims"
	}
	evidenceOf(it, &view)
	changesSince(it, &view)
	var err error
	if view.Standing, err = s.standingView(r, it, tries); err != nil {
		return view, err
	}
	s.decisionForms(it, tries, &view)
	view.Licensing = licensingView(it, tries, view.Shell.CSRF)
	if !it.Own {
		view.Notes = notesView(it, tries, view.Shell.CSRF)
	}
	if view.Report, err = s.reviewersReport(r, it, tries, view.Shell.CSRF); err != nil {
		return view, err
	}
	if view.Samples, err = s.reviewersSamples(r, d, it.Own, tries); err != nil {
		return view, err
	}
	view.History, err = s.deskHistory(r.Context(), s.actor(r), it)
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

func evidenceOf(it review.Item, view *page.ReviewView) {
	if a := it.Acceptance; a != nil {
		view.Signed = []ui.Pair{{Term: "Signed by", Value: a.Name}, {Term: "When", Value: ui.DateTime(a.At)}, {Term: "Text", Value: a.TextVersion}}
		view.SignedHash = a.TextSHA256
	}
	for _, x := range it.Documents {
		row := page.DocumentRow{Kind: review.DocumentKinds[x.Kind], Name: x.Name, URL: vaultFileURL(vault.Ref{Document: id.Document(x.ID), Number: x.Number}), SHA256: x.SHA256, State: "not decided", StateKind: ""}
		switch x.Verdict {
		case "accepted":
			row.State, row.StateKind = "accepted", "ok"
		case "rejected":
			row.State, row.StateKind = "rejected", "bad"
		}
		view.Documents = append(view.Documents, row)
	}
	if m := it.Match; m != nil {
		view.Match = fmt.Sprintf("%s of this submission equal images in %s of %s that are not on offer.",
			ui.Plural(m.Images, "image", "images"), ui.Plural(m.Listings, "listing", "listings"),
			ui.Plural(m.Organizations, "other organization", "other organizations"))
	}
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
	if it.Files == nil {
		return
	}
	f := &page.FilesView{Added: it.Files.Added, Removed: it.Files.Removed, Changed: it.Files.Changed, Same: it.Files.Same}
	for _, x := range []struct {
		kind, one, more string
		n               int
	}{{"added", "file is new", "files are new", f.Added}, {"removed", "file is gone", "files are gone", f.Removed}, {"changed", "file has changed", "files have changed", f.Changed}} {
		if x.n == 0 {
			continue
		}
		list := page.FileList{Title: ui.Plural(x.n, x.one, x.more)}
		for _, p := range it.Files.Paths {
			if p.Kind == x.kind {
				list.Paths = append(list.Paths, p.Path)
			}
		}
		list.More = x.n - len(list.Paths)
		f.Lists = append(f.Lists, list)
	}
	view.Files = f
}

// standingView says who has the item and what an approval still lacks.
func (s *Server) standingView(r *http.Request, it review.Item, tries reviewTries) (page.StandingView, error) {
	if !it.Waits {
		return page.StandingView{}, nil
	}
	v := page.StandingView{Waits: true, Kind: kindWords(it.Kinds), URL: reviewURL(it.Dossier.Version.ID), MayAct: !it.Own && !it.Rejected}
	if it.Returned {
		v.Kind += ", after an appeal"
	}
	if it.Dossier.Version.LastEvent == listing.Recall {
		v.Kind += ", after a suspension"
	}
	due := review.Due(it.Kinds[0], it.Since)
	v.Due, v.DueKind = dueWords(due, time.Now())
	v.DueOn = ui.DateTime(due)
	risk := it.Risk()
	v.Risk, v.RiskKind = review.Risks.Label(risk), riskKind(risk)
	if it.Holder != nil {
		v.Holder, v.Mine = it.Holder.Name, it.Holder.Reviewer == s.actor(r).User
	}
	m := it.Missing()
	for _, x := range []struct {
		n               int
		one, more, href string
	}{
		{m.Unjudged, "answer that nobody has judged", "answers that nobody has judged", "#findings-warning"},
		{m.Refused, "refused answer to be accepted, or the version sent back", "refused answers to be accepted, or the version sent back", "#findings-warning"},
		{m.Second, "answer to be confirmed by a second person", "answers to be confirmed by a second person", "#findings-warning"},
		{m.Unchecked, "open check", "open checks", "#checklist"},
		{m.No, "check answered no", "checks answered no", "#checklist"},
	} {
		if x.n > 0 {
			v.Missing = append(v.Missing, ui.Pair{Value: ui.Plural(x.n, x.one, x.more), URL: x.href})
		}
	}
	form, mistakes := tries.of("assign")
	v.Error = ui.FieldErrorOf(mistakes, "reviewer")
	if !v.MayAct {
		return v, nil
	}
	people, err := s.Reviews.Colleagues(r.Context(), s.actor(r), it.Dossier.Version.ID)
	for _, p := range people {
		if it.Holder != nil && it.Holder.Reviewer == p.ID {
			continue
		}
		label := p.Name
		if p.ID == s.actor(r).User {
			label += " (you)"
		}
		v.Colleagues = append(v.Colleagues, ui.Option{Value: string(p.ID), Label: label, Selected: form.Get("reviewer") == string(p.ID)})
	}
	return v, err
}

func notesView(it review.Item, tries reviewTries, csrf string) *page.NotesView {
	form, mistakes := tries.of("notes")
	v := &page.NotesView{Action: reviewURL(it.Dossier.Version.ID) + "/notes", CSRF: csrf, Value: form.Get("internal-note"),
		Error: ui.FieldErrorOf(mistakes, "internal-note")}
	for _, n := range it.Notes {
		row := page.NoteRow{Who: n.Name, When: ui.DateTime(n.At), Text: n.Text}
		if n.Number != it.Dossier.Version.Number {
			row.When += fmt.Sprintf(", at version %d", n.Number)
		}
		v.List = append(v.List, row)
	}
	return v
}

func (s *Server) reviewersReport(r *http.Request, it review.Item, tries reviewTries, csrf string) (*page.ReportView, error) {
	d := it.Dossier
	d.Claims = it.Claims // what is to be decided stands beside the measured facts
	narrow, err := s.reportFilter(r, d)
	if err != nil {
		return nil, err
	}
	view, err := reportView(d, it.Before, reviewersNext(it), narrow)
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
	form, mistakes := tries.of("answers")
	placeAnswers(view, d, func(key string, a *listing.WarningAnswer) page.AnswerView {
		drawn := answerView(d, a, names)
		if a == nil {
			return drawn
		}
		drawn.Two = twoPeople(d, *a, names)
		if d.Version.State == listing.InReview && !it.Own {
			drawn.Judge = judgeView(d, *a, s.actor(r).User, csrf)
			if form.Get("key") == key && len(mistakes) > 0 {
				drawn.Judge.Error = mistakes[0].Message
			}
		}
		return drawn
	})
	return view, nil
}

// twoPeople says who has said what to an answer that two people have to accept.
func twoPeople(d listing.Dossier, a listing.WarningAnswer, names map[id.User]string) string {
	if !d.Report.IsAboutIdentifiers(a.Key) {
		return ""
	}
	switch {
	case a.ConfirmedBy != "":
		return fmt.Sprintf("About identifiers: accepted by %s, confirmed by %s.", names[a.OutcomeBy], names[a.ConfirmedBy])
	case a.Outcome == "accepted":
		return fmt.Sprintf("About identifiers: accepted by %s. Another reviewer has to confirm it.", names[a.OutcomeBy])
	}
	return "About identifiers: two reviewers have to accept the answer."
}

// judgeView is what a reviewer may say to an answer.
func judgeView(d listing.Dossier, a listing.WarningAnswer, reader id.User, csrf string) *page.JudgeView {
	j := &page.JudgeView{Action: reviewURL(d.Version.ID) + "/answers", CSRF: csrf, Key: a.Key, MayRefuse: a.Outcome != "refused"}
	switch {
	case a.Outcome != "accepted":
		j.Accept = "Accept the answer"
	case !d.Report.IsSettled(a) && a.OutcomeBy != reader:
		j.Accept = "Confirm it as the second person"
	}
	j.MayTakeBack = a.Outcome != "" && a.OutcomeBy == reader && a.ConfirmedBy == ""
	return j
}

// reviewersNext says beside the verdict what a reviewer does about it.
func reviewersNext(it review.Item) string {
	if it.Dossier.Report == nil || it.Dossier.Version.State != listing.InReview {
		return ""
	}
	if m := it.Missing(); m.Unjudged > 0 {
		return fmt.Sprintf("Judge the seller’s answers: %s without your word, %d refused.", ui.Plural(m.Unjudged, "warning is", "warnings are"), m.Refused)
	}
	return "Read what was not checked, and compare the claims with what was measured, before you decide."
}
