package web

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"assay/internal/account"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/listing"
	"assay/web/page"
	"assay/web/ui"
)

// showCheck sums up a data set: what comes next, what is missing, every answer
// and every version.
func (s *Server) showCheck(w http.ResponseWriter, r *http.Request) error {
	l, err := listingParam(r)
	if err != nil {
		return err
	}
	return s.checkPage(w, r, l, http.StatusOK, nil)
}

// checkPage shows the summary; cause is why an act on it did not happen.
func (s *Server) checkPage(w http.ResponseWriter, r *http.Request, l id.Listing, status int, cause error) error {
	d, err := s.Listings.Draft(r.Context(), s.actor(r), l)
	if err != nil {
		return err
	}
	versions, err := s.Listings.Versions(r.Context(), s.actor(r), l)
	if err != nil {
		return err
	}
	next, err := s.nextStep(r, d, versions)
	if err != nil {
		return err
	}
	claims, role := d.Revision.Claims, s.visitor(r).Role
	view := page.ListingCheckView{
		Shell:  s.formShell(r, titleOf(claims), "sell"),
		Crumbs: []ui.Crumb{{Label: "Sell", URL: "/seller"}, {Label: titleOf(claims)}},
		Title:  titleOf(claims), State: stateTag(newestOf(versions), d.Listing.DeletedAt != nil),
		Steps: stepLinks(d, "check"), Next: next, Answers: answersOf(claims, l, role.CanEdit() && d.Listing.DeletedAt == nil),
		PreviewURL: listingURL(l, "preview"), Digest: d.Revision.Digest,
	}
	for _, gap := range claims.Gaps(time.Now()) {
		line := page.CheckLine{Step: gap.Step.Label(), Message: gap.Message, URL: listingURL(l, string(gap.Step)) + "#f-" + gap.Field}
		if gap.Missing {
			view.Missing = append(view.Missing, line)
		} else {
			view.Clashes = append(view.Clashes, line)
		}
	}
	for _, v := range versions {
		view.Versions = append(view.Versions, sellerVersion(v))
	}
	view.LogURL = versionsURL(l)
	if role.CanEdit() && d.Listing.DeletedAt == nil {
		view.CloneURL = listingURL(l, "clone")
	}
	switch {
	case !role.CanEdit():
	case d.Listing.DeletedAt != nil:
		view.RestoreURL = listingURL(l, "undelete")
	case d.Listing.SubmittedAt == nil:
		view.DeleteURL = listingURL(l, "delete")
	}
	if cause != nil {
		view.Problem = problemOf(r, &view.Next, cause)
	}
	return s.render(w, r, status, page.ListingCheck(view))
}

// problemOf puts the message of a field beside it, with the value kept, and
// returns the sentence for one that stands alone.
func problemOf(r *http.Request, next *page.NextStep, cause error) string {
	mistakes := errs.FieldsOf(cause)
	if message := ui.FieldErrorOf(mistakes, "until"); message != "" && next.Later != nil {
		next.Later.Error, next.Later.Value = message, r.PostForm.Get("until")
		return ""
	}
	if message := ui.FieldErrorOf(mistakes, "reason"); message != "" && next.Reason != nil {
		next.Reason.Error, next.Reason.Value = message, r.PostForm.Get("reason")
		return ""
	}
	return errs.MessageOf(cause)
}

// newestOf returns the newest version with files, else the one that waits for
// some.
func newestOf(versions []listing.Version) *listing.Version {
	for i, v := range versions {
		if v.State != listing.Draft {
			return &versions[i]
		}
	}
	if len(versions) == 0 {
		return nil
	}
	return &versions[0]
}

func stateTag(v *listing.Version, deleted bool) ui.TagProps {
	switch {
	case deleted:
		return ui.TagProps{Text: "Deleted draft"}
	case v == nil:
		return ui.TagProps{Text: listing.Draft.Label()}
	}
	kind := map[listing.State]string{
		listing.Live: "ok", listing.Approved: "ok", listing.Passed: "ok",
		listing.Flagged: "warn", listing.ChangesRequested: "warn", listing.AuditError: "warn", listing.Embargoed: "info",
		listing.AuditFailed: "bad", listing.Rejected: "bad", listing.Suspended: "bad",
		listing.Uploading: "info", listing.Queued: "info", listing.Auditing: "info", listing.InReview: "info",
	}[v.State]
	return ui.TagProps{Kind: kind, Text: v.State.Label()}
}

func sellerVersion(v listing.Version) page.SellerVersion {
	line := page.SellerVersion{
		Number: strconv.Itoa(v.Number), When: ui.Date(v.UpdatedAt), Note: v.ChangeNote, URL: versionURL(v.ID),
		State: stateTag(&v, false),
	}
	if says := []listing.State{listing.ChangesRequested, listing.Rejected, listing.Suspended, listing.Withdrawn}; oneOf(v.State, says) {
		line.Reason = v.Reason
	}
	return line
}

func oneOf[T comparable](value T, list []T) bool {
	for _, v := range list {
		if v == value {
			return true
		}
	}
	return false
}

func versionURL(v id.Version) string { return "/seller/versions/" + string(v) }

// answersOf lists every answer of every step with the words of its question.
func answersOf(claims listing.Claims, l id.Listing, editable bool) []page.AnswerGroup {
	var groups []page.AnswerGroup
	for _, term := range listing.Steps {
		step := term.Value
		g := page.AnswerGroup{Title: term.Label, Said: saidOf(listing.Description{Revision: listing.Revision{Claims: claims}}, step)}
		if editable {
			g.URL = listingURL(l, string(step))
		}
		for _, s := range askStep(step, asker{values: claims.Form(step)}, 0) {
			if s.ID == "known" {
				continue
			}
			if len(claims.License.Grants) < 2 && step == listing.StepRights {
				s.Legend = "" // one part is everything
			}
			for _, q := range s.Questions {
				g.Pairs = append(g.Pairs, answered(s, q)...)
			}
		}
		if len(g.Pairs) == 0 {
			g.Pairs = []ui.Pair{{Term: "Answers", Value: "none yet"}}
		}
		groups = append(groups, g)
	}
	return groups
}

// answered returns a question with its answer in words; nothing if it has none.
func answered(s page.Section, q page.Question) []ui.Pair {
	var label, value string
	switch {
	case q.Input != nil:
		label, value = q.Input.Label, q.Input.Value
		if value != "" && q.Input.Suffix != "" {
			value += " " + q.Input.Suffix
		}
	case q.Textarea != nil:
		label, value = q.Textarea.Label, strings.ReplaceAll(q.Textarea.Value, "\n", "; ")
	case q.Select != nil:
		label, value = q.Select.Label, chosen(q.Select.Options)
	case q.Radios != nil:
		label, value = q.Radios.Legend, chosen(q.Radios.Options)
	case q.Checkboxes != nil:
		label, value = q.Checkboxes.Legend, chosen(q.Checkboxes.Options)
	case q.Checkbox != nil:
		if q.Checkbox.Checked {
			label, value = q.Checkbox.Label, "yes"
		}
	case q.Rights != nil:
		return rightsAnswered(s, q.Rights)
	}
	if value == "" {
		return nil
	}
	if s.Legend != "" {
		label = s.Legend + ": " + lowerFirst(label)
	}
	return []ui.Pair{{Term: label, Value: value}}
}

func rightsAnswered(s page.Section, rows []ui.RightsEditorRow) []ui.Pair {
	var list []ui.Pair
	for _, row := range rows {
		if row.Cell.Verdict == "" {
			continue
		}
		text := row.Cell.Verdict.Label()
		if row.Cell.Condition != "" {
			text += ": " + row.Cell.Condition
		}
		if row.Cell.Clause != "" {
			text += " (" + row.Cell.Clause + ")"
		}
		term := row.Use.Label()
		if s.Legend != "" {
			term = s.Legend + ": " + lowerFirst(term)
		}
		list = append(list, ui.Pair{Term: term, Value: text})
	}
	return list
}

func chosen(options []ui.Option) string {
	var list []string
	for _, o := range options {
		if o.Selected {
			list = append(list, o.Label)
		}
	}
	return strings.Join(list, "; ")
}

// nextStep says what the seller should do now about a data set.
func (s *Server) nextStep(r *http.Request, d listing.Description, versions []listing.Version) (page.NextStep, error) {
	role, l := s.visitor(r).Role, d.Listing.ID
	if d.Listing.DeletedAt != nil {
		return page.NextStep{}, nil
	}
	rights := s.visitor(r).Rights
	if v := newestOf(versions); !role.CanEdit() && v != nil && rights.Publish && oneOf(v.State, []listing.State{listing.Approved, listing.Embargoed}) {
		return publishStep(*v, rights), nil
	}
	if !role.CanEdit() {
		return page.NextStep{Text: waitingText(newestOf(versions)) + " Your role can read but not write."}, nil
	}
	send := page.NextStep{Text: "Send the files. The audit begins when the last byte has arrived.", Label: "Send files", URL: uploadURL(l)}
	gaps := d.Revision.Claims.Gaps(time.Now())
	v := newestOf(versions)
	if v == nil || v.State == listing.Draft {
		if len(gaps) > 0 {
			return page.NextStep{Text: "Finish the description: " + lowerFirst(ui.Plural(len(gaps), "answer is", "answers are")) + " still needed before it can be submitted.",
				Label: "Go on with " + strings.ToLower(gaps[0].Step.Label()), URL: listingURL(l, string(gaps[0].Step)), More: ui.Pair{Term: "Send files now", URL: send.URL}}, nil
		}
		return send, nil
	}
	next := stateStep(*v, l, s.visitor(r).Rights, gaps)
	if v.State == listing.Flagged {
		dossier, err := s.Listings.Version(r.Context(), s.actor(r), v.ID)
		if err != nil {
			return next, err
		}
		if dossier.Report != nil && len(dossier.Answers) == dossier.Report.Warnings && len(gaps) == 0 && s.visitor(r).Rights.Submit {
			return submitStep(*v), nil
		}
	}
	if v.State == listing.Live {
		return s.liveStep(r, d, *v, s.visitor(r).Rights)
	}
	return next, nil
}

func submitStep(v listing.Version) page.NextStep {
	return page.NextStep{Text: "Everything is there. Send version " + strconv.Itoa(v.Number) + " to review; its claims are final from then on.",
		Label: "Send to review", Post: versionURL(v.ID) + "/submit"}
}

// waitingText tells a state in a sentence.
func waitingText(v *listing.Version) string {
	if v == nil {
		return "Files have not been sent yet."
	}
	return "Version " + strconv.Itoa(v.Number) + ": " + v.State.Label() + ". " + listing.States.Help(v.State)
}

func stateStep(v listing.Version, l id.Listing, rights account.Rights, gaps []listing.Gap) page.NextStep {
	wait := page.NextStep{Text: waitingText(&v), Label: "Open the version", URL: versionURL(v.ID)}
	again := ui.Pair{Term: "Send a new version", URL: uploadURL(l)}
	switch v.State {
	case listing.Uploading:
		wait.Label, wait.URL = "Go on with the upload", uploadURL(l)
	case listing.AuditFailed:
		wait.Label, wait.More = "See what to mend", again
	case listing.Flagged:
		wait.Label, wait.More = "Answer the warnings", again
	case listing.Passed:
		if len(gaps) == 0 && !rights.Submit {
			wait.Text += " Somebody with the right to submit sends it to review."
			return wait
		}
		if len(gaps) == 0 {
			return submitStep(v)
		}
		wait.Text += " " + ui.Plural(len(gaps), "answer is", "answers are") + " still needed before it can be submitted."
		wait.Label, wait.URL = "Go on with "+strings.ToLower(gaps[0].Step.Label()), listingURL(l, string(gaps[0].Step))
	case listing.ChangesRequested, listing.Rejected, listing.Suspended, listing.Withdrawn:
		wait.Text += " The reason: " + v.Reason
		wait.More = again
	case listing.Approved, listing.Embargoed:
		return publishStep(v, rights)
	}
	return wait
}

func publishStep(v listing.Version, rights account.Rights) page.NextStep {
	text := waitingText(&v)
	if v.State == listing.Embargoed && v.EmbargoUntil != nil {
		text = "Version " + strconv.Itoa(v.Number) + " is approved and goes live on " + dayInUTC(*v.EmbargoUntil) + "."
	}
	if v.PublishFailure != "" {
		text += " It could not go live as planned: " + lowerFirst(listing.Failures.Help(v.PublishFailure))
	}
	if !rights.Publish {
		return page.NextStep{Text: text + " Ask somebody with the right to publish.", Label: "Open the version", URL: versionURL(v.ID)}
	}
	step := page.NextStep{Text: text, Label: "Publish now", Post: versionURL(v.ID) + "/publish"}
	if v.State == listing.Embargoed {
		step.More = ui.Pair{Term: "Change or drop the day", URL: versionURL(v.ID)}
	}
	if v.State == listing.Approved {
		step.Later = &page.EmbargoAction{URL: versionURL(v.ID) + "/embargo"}
	}
	return step
}

// liveStep looks at whether the claims were edited since they went live.
func (s *Server) liveStep(r *http.Request, d listing.Description, v listing.Version, rights account.Rights) (page.NextStep, error) {
	dossier, err := s.Listings.Version(r.Context(), s.actor(r), v.ID)
	if err != nil {
		return page.NextStep{}, err
	}
	step := page.NextStep{
		Text:  "Version " + strconv.Itoa(v.Number) + " is live.",
		Label: "See it as buyers do", URL: "/datasets/" + d.Listing.Slug, More: ui.Pair{Term: "Send a new version", URL: uploadURL(d.Listing.ID)},
	}
	edited := (d.Revision.FrozenAt == nil || d.Revision.Outcome == listing.Lapsed) && d.Revision.Digest != dossier.Claims.Digest
	switch {
	case dossier.Amendment != nil:
		step.Text += " Changed claims wait for a reviewer; the approved ones stay live until then."
	case edited && rights.Publish:
		step.Text += " You have changed answers that buyers do not see yet. Rights, consent, labels and annotators wait for a reviewer, de-identification needs a new version, and anything else holds at once."
		step.Label, step.URL, step.Post = "Put the changes on their way", "", listingURL(d.Listing.ID, "claims")
	case edited:
		step.Text += " Answers were changed that buyers do not see yet. Somebody with the right to publish puts them on their way."
	}
	if rights.Publish {
		step.Reason = &page.ReasonAction{Label: "Withdraw it", URL: versionURL(v.ID) + "/withdraw",
			Help: "Buyers read it in place of the data set. A withdrawn version does not come back; who has a license keeps it."}
	}
	return step, nil
}
