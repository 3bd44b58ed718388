package web

import (
	"fmt"
	"net/http"
	"time"

	"assay/internal/account"
	"assay/internal/listing"
	"assay/web/page"
	"assay/web/ui"
)

// plans offers what can be said about a version ahead of its way: a note, what
// happens once it is approved, and the day.
func (s *Server) plans(d listing.Dossier, edits bool, rights account.Rights, view *page.VersionView) {
	v, url := d.Version, versionURL(d.Version.ID)
	if edits && v.SubmittedAt == nil && !v.State.IsFinal() {
		view.Acts.Note = &page.NoteView{Action: url + "/note", Note: v.ChangeNote}
		if v.NeedsNote() {
			view.Acts.Note.Since = v.Number - 1
		}
	}
	if !rights.Publish {
		return
	}
	switch v.State {
	case listing.Uploading, listing.Queued, listing.Auditing, listing.AuditError, listing.Flagged, listing.Passed, listing.InReview:
		view.Acts.Plan = planView(v)
	case listing.Approved:
		view.Acts.Day = &page.DayView{Action: url + "/embargo"}
	case listing.Embargoed:
		view.Acts.Day = &page.DayView{Action: url + "/embargo", Cancel: url + "/cancel-embargo",
			Holds: dayInUTC(*v.EmbargoUntil), Day: v.EmbargoUntil.Format(time.DateOnly)}
	}
}

func planView(v listing.Version) *page.PlanView {
	view := &page.PlanView{Action: versionURL(v.ID) + "/plan"}
	for _, term := range listing.Plans {
		view.Options = append(view.Options, ui.Option{Value: string(term.Value), Label: term.Label, Help: term.Help, Selected: term.Value == v.Plan})
	}
	if v.PublishOn != nil {
		view.Day = v.PublishOn.Format(time.DateOnly)
	}
	return view
}

// planText says what is planned; nothing if nothing is, or it is done.
func planText(v listing.Version) string {
	switch {
	case v.State.IsFinal() || v.State == listing.Rejected || v.State == listing.Live || v.State == listing.Embargoed || v.State == listing.Suspended:
		return ""
	case v.Plan == listing.AtOnce:
		return "on offer at once"
	case v.Plan == listing.OnDay && v.PublishOn != nil:
		return "on offer from " + dayInUTC(*v.PublishOn)
	}
	return ""
}

// keepTries puts what was sent back into the forms, with the mistakes.
func keepTries(acts *page.ActsView, tries versionTries) {
	acts.Why, acts.Errors = tries.why, tries.mistakes
	if len(tries.mistakes) == 0 {
		return
	}
	if acts.Day != nil {
		acts.Day.Day = tries.day
	}
	if acts.Note != nil && tries.sent {
		acts.Note.Note = tries.note
	}
	if acts.Plan != nil && tries.plan != "" {
		acts.Plan.Day = tries.day
		for i := range acts.Plan.Options {
			acts.Plan.Options[i].Selected = acts.Plan.Options[i].Value == tries.plan
		}
	}
}

// listVersions is the change log of an own data set.
func (s *Server) listVersions(w http.ResponseWriter, r *http.Request) error {
	l, err := listingParam(r)
	if err != nil {
		return err
	}
	d, err := s.Listings.Draft(r.Context(), s.seller(r), l)
	if err != nil {
		return err
	}
	changes, err := s.Desk.ChangeLog(r.Context(), s.seller(r), l)
	if err != nil {
		return err
	}
	title := titleOf(d.Revision.Claims)
	view := page.VersionsView{
		Shell: s.formShell(r, "Versions of "+title, "sell"), Title: title, UploadURL: uploadURL(l),
		Crumbs: []ui.Crumb{{Label: "Sell", URL: "/seller"}, {Label: title, URL: listingURL(l, "check")}, {Label: "Versions"}},
	}
	view.MayUpload = s.may(r, account.Editor) && (len(changes) == 0 || !isUnderWay(changes[0].Version.State))
	for _, c := range changes {
		v := c.Version
		row := page.VersionRow{
			Label: fmt.Sprintf("Version %d", v.Number), URL: versionURL(v.ID), State: string(v.State),
			When: ui.DateTime(v.UpdatedAt), Files: v.RootDigest, Note: v.ChangeNote, Change: changeView(c),
		}
		if v.State == listing.Embargoed && v.EmbargoUntil != nil {
			row.Day = dayInUTC(*v.EmbargoUntil)
		}
		view.Rows = append(view.Rows, row)
	}
	return s.render(w, r, http.StatusOK, page.Versions(view))
}

// dayInUTC says when a day begins, as plans mean it.
func dayInUTC(t time.Time) string { return ui.Date(t) + ", 00:00 UTC" }
