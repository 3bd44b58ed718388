package web

import (
	"fmt"
	"net/http"
	"time"

	"assay/internal/account"
	"assay/internal/catalog"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/listing"
	"assay/web/page"
	"assay/web/ui"
)

func versionsURL(l id.Listing) string { return "/seller/listings/" + string(l) + "/versions" }

// sellersMeaning says to the seller what a state means.
var sellersMeaning = map[listing.State]string{
	listing.Draft:            "No files have been sent for this version.",
	listing.Uploading:        "Files are on their way. What has arrived is kept; you can go on where it stopped.",
	listing.Queued:           "All bytes have arrived. The files are final and wait for the audit.",
	listing.Auditing:         "The audit reads your files.",
	listing.AuditFailed:      "The audit found something that must be mended in the files. Mend it, then send a new version; this one stays as it is.",
	listing.Flagged:          "There is no blocker. Each warning needs your answer, which a reviewer reads; or mend the files and send a new version.",
	listing.Passed:           "The audit found neither a blocker nor a warning.",
	listing.AuditError:       "The audit stopped through a fault of ours. It is tried again; you have nothing to do.",
	listing.InReview:         "A reviewer looks at the files, the claims and the report. You get an e-mail with the decision.",
	listing.ChangesRequested: "A reviewer asks for changes. Mend what is named, then send a new version.",
	listing.Rejected:         "A reviewer rejected this version. You can appeal within 60 days: see “Reports, strikes and appeals” on your desk. If the appeal is granted, another reviewer decides about this version.",
	listing.Approved:         "A reviewer approved exactly these files with exactly these claims.",
	listing.Embargoed:        "Approved, and kept back until the day that you named. It goes live by itself.",
	listing.Live:             "Buyers find it in the catalog.",
	listing.Superseded:       "A newer version has taken its place. Who has a license for this one keeps it.",
	listing.Suspended:        "The platform took it off the catalog. Buyers read the reason in its place. You can appeal within 60 days: see “Reports, strikes and appeals” on your desk.",
	listing.Withdrawn:        "You took it off the catalog. Buyers read the reason in its place.",
}

// versionState says what the state means, what to do next and what else can
// be done.
func (s *Server) versionState(r *http.Request, d listing.Dossier, view *page.VersionView) error {
	view.Meaning = sellersMeaning[d.Version.State]
	switch d.Version.State {
	case listing.ChangesRequested, listing.Rejected, listing.Suspended, listing.Withdrawn, listing.AuditError:
		view.Reason = d.Version.Reason
	}
	edits, rights := s.may(r, account.Editor), s.visitor(r).Rights
	s.plans(d, edits, rights, view)
	url, send := versionURL(d.Version.ID), page.NextView{Label: "Send files", URL: uploadURL(d.Listing.ID)}
	switch d.Version.State {
	case listing.Draft:
		view.Next = send
	case listing.Uploading:
		view.Next = page.NextView{Label: "Go on with the upload", URL: uploadURL(d.Listing.ID)}
		if edits {
			view.Acts.Cancel = uploadURL(d.Listing.ID) + "/cancel"
		}
	case listing.Queued, listing.Auditing:
		view.Next.Text = "Nothing to do. You get an e-mail when the report is there; you can close this page."
	case listing.AuditFailed, listing.ChangesRequested, listing.Rejected:
		view.Next = send
		view.Next.Label = "Send files for a new version"
	case listing.Flagged, listing.Passed:
		view.Next = s.nextAfterReport(d)
		if view.Next.Anchor && !edits {
			view.Next = page.NextView{Text: "Before it is submitted, somebody who may edit says what changed since the version before."}
		}
		if view.Next.Post && !rights.Submit {
			view.Next = page.NextView{Text: "Files and description are complete. Somebody with the right to submit sends it to review."}
		}
	case listing.Approved, listing.Embargoed:
		return s.nextAfterApproval(r, d, view, rights.Publish)
	case listing.Live:
		view.Next = page.NextView{Label: "See it as buyers do", URL: "/datasets/" + d.Listing.Slug}
		if d.Amendment != nil {
			view.Notices = append(view.Notices, "Changed claims wait for a reviewer. Until then buyers see the claims that were approved.")
		}
		if rights.Publish {
			view.Acts.Withdraw = url + "/withdraw"
		}
	case listing.Suspended, listing.Withdrawn:
		if d.Amendment != nil {
			view.Notices = append(view.Notices, "Changed claims wait for a reviewer, who decides once this version is back on offer.")
		}
		view.Next = page.NextView{Label: "See what buyers read", URL: "/datasets/" + d.Listing.Slug}
	case listing.Superseded:
		view.Next = page.NextView{Label: "See all versions", URL: versionsURL(d.Listing.ID)}
	}
	if !edits && view.Next.URL == send.URL {
		view.Next = page.NextView{Text: "Your role may read this. An editor of your organization takes the next step."}
	}
	return nil
}

// sellersNext says beside the verdict what a seller does about it.
func sellersNext(d listing.Dossier) string {
	if d.Report == nil {
		return ""
	}
	switch d.Report.Verdict {
	case "failed":
		return "Mend the files as each finding says, then send them as a new version."
	case "unrecognized":
		return "Check that you sent the data set itself, then send it as a new version."
	case "flagged":
		if open := len(d.Report.WarningKeys) - len(d.Answers); d.Version.State == listing.Flagged && open > 0 {
			return "Answer each warning, or mend the files and send a new version."
		}
		return "A reviewer reads the answers and decides."
	case "passed":
		return "Read what was not checked, then submit the version."
	}
	return ""
}

// nextAfterReport leads to the warnings, to what the description lacks, or to
// submission.
func (s *Server) nextAfterReport(d listing.Dossier) page.NextView {
	if open := len(d.Report.WarningKeys) - len(d.Answers); open > 0 {
		return page.NextView{
			Text:  fmt.Sprintf("%s without an answer.", ui.Plural(open, "warning is", "warnings are")),
			Label: "Answer the warnings", URL: "#findings-warning",
		}
	}
	if gaps := d.Claims.Claims.Gaps(time.Now()); len(gaps) > 0 {
		return page.NextView{
			Text:  fmt.Sprintf("The description still lacks %s: %s", ui.Plural(len(gaps), "answer", "answers"), gaps[0].Message),
			Label: "Complete the description", URL: listingURL(d.Listing.ID, "check"),
		}
	}
	if d.Version.NeedsNote() && d.Version.ChangeNote == "" {
		return page.NextView{
			Text:  fmt.Sprintf("Say what changed since version %d before you submit: reviewers look there first, and buyers who hold an earlier version read it in the history.", d.Version.Number-1),
			Label: "Say what changed", URL: "#note-form", Anchor: true,
		}
	}
	return page.NextView{
		Text:  "Files and description are complete. Submitting makes the claims final for this version.",
		Label: "Submit for review", URL: versionURL(d.Version.ID) + "/submit", Post: true,
	}
}

// nextAfterApproval offers publishing, or verification if the seller has none.
func (s *Server) nextAfterApproval(r *http.Request, d listing.Dossier, view *page.VersionView, publishes bool) error {
	if f := d.Version.PublishFailure; f != "" {
		view.Notices = append(view.Notices, "It could not go live as planned: "+lowerFirst(listing.Failures.Help(f))+" We try again until it can, or until the plan is changed.")
	} else if d.Version.State == listing.Approved && d.Version.Plan != listing.Manual {
		view.Notices = append(view.Notices, "As planned, it moves on by itself within a minute.")
	}
	level, err := s.Reviews.Level(r.Context(), s.seller(r))
	if err != nil {
		return err
	}
	url := versionURL(d.Version.ID)
	switch {
	case !publishes:
		view.Next.Text = "Somebody with the right to publish puts it on offer."
	case level != "verified":
		view.Next = page.NextView{
			Text:  "Only a verified seller can publish. Your organization is not verified, or its verification has expired.",
			Label: "Get your organization verified", URL: "/seller/verification",
		}
	default:
		view.Next = page.NextView{Label: "Publish now", URL: url + "/publish", Post: true}
		view.Next.Text = "It goes on offer at /datasets/" + d.Listing.Slug + ". A version that is live now is superseded."
	}
	if d.Version.State == listing.Embargoed && view.Next.Post {
		view.Next.Text += " Publishing now ends the embargo early."
	}
	return nil
}

func isUnderWay(state listing.State) bool {
	switch state {
	case listing.Uploading, listing.Queued, listing.Auditing, listing.AuditError, listing.InReview, listing.Approved, listing.Embargoed:
		return true
	}
	return false
}

// showListingAudit leads to the newest version that has a report.
func (s *Server) showListingAudit(w http.ResponseWriter, r *http.Request) error {
	l, err := listingParam(r)
	if err != nil {
		return err
	}
	versions, err := s.Listings.Versions(r.Context(), s.seller(r), l)
	if err != nil {
		return err
	}
	for _, v := range versions {
		if v.RootDigest != "" {
			redirect(w, r, versionURL(v.ID)+"#report")
			return nil
		}
	}
	redirect(w, r, versionsURL(l))
	return nil
}

// answerWarning keeps the answer to one warning.
func (s *Server) answerWarning(w http.ResponseWriter, r *http.Request) error {
	v, err := versionID(r)
	if err != nil {
		return err
	}
	key := r.PostForm.Get("key")
	text := r.PostForm.Get("answer-" + key)
	err = s.Listings.AnswerFinding(r.Context(), s.seller(r), v, key, text)
	if errs.KindOf(err) == errs.Invalid {
		return s.versionPage(w, r, http.StatusUnprocessableEntity, versionTries{
			key: key, answer: text, mistakes: []errs.FieldError{{Field: "answer-" + key, Message: errs.MessageOf(err)}}})
	}
	if err != nil {
		return err
	}
	d, err := s.Listings.Version(r.Context(), s.seller(r), v)
	if err != nil {
		return err
	}
	s.flash(r, fmt.Sprintf("Answer saved: %d of %s answered.", len(d.Answers), ui.Plural(len(d.Report.WarningKeys), "warning", "warnings")))
	redirect(w, r, versionURL(v)+answerAnchor(d, key))
	return nil
}

// answerAnchor is the place of the finding with a key.
func answerAnchor(d listing.Dossier, key string) string {
	report, err := catalog.ParseReport(d.Report.Body)
	if err != nil {
		return "#report"
	}
	for i, f := range report.Findings {
		if f.Key() == key {
			if i >= findingsAPage { // on no first page: as far as it has to be shown
				return fmt.Sprintf("?show=%d#%s", (i/findingsAPage+1)*findingsAPage, ui.FindingID(f))
			}
			return "#" + ui.FindingID(f)
		}
	}
	return "#report"
}

// backOnVersion answers an act whose form stood on the version's page: with
// that page, where a mistake stands beside its field.
func (s *Server) backOnVersion(w http.ResponseWriter, r *http.Request, v id.Version, said string, err error) error {
	if mistakes := errs.FieldsOf(err); len(mistakes) > 0 {
		return s.versionPage(w, r, http.StatusUnprocessableEntity, versionTries{
			day: r.PostForm.Get("until"), why: r.PostForm.Get("reason"), plan: r.PostForm.Get("plan"),
			note: r.PostForm.Get("note"), sent: r.PostForm.Has("note"), mistakes: mistakes})
	}
	if err != nil {
		return err
	}
	s.flash(r, said)
	redirect(w, r, versionURL(v))
	return nil
}
