package web

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"

	"assay/internal/catalog"
	"assay/internal/errs"
	"assay/internal/listing"
	"assay/web/page"
	"assay/web/ui"
)

// releaseURL is the permanent page of a version.
func releaseURL(slug string, number int) string {
	return fmt.Sprintf("/datasets/%s/v/%d", slug, number)
}

// releaseNumber reads the version in the path. Each version has one address:
// 01 is none.
func releaseNumber(r *http.Request) (int, error) {
	text := chi.URLParam(r, "release")
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > 1<<20 || strconv.Itoa(n) != text {
		return 0, errs.New(errs.NotFound, "There is no such version.")
	}
	return n, nil
}

// showRelease shows a version that was on offer, as buyers read it then: what it
// held, its license and its audit. What was taken down shows why instead.
func (s *Server) showRelease(w http.ResponseWriter, r *http.Request) error {
	number, err := releaseNumber(r)
	if err != nil {
		return err
	}
	now, v, err := s.Catalog.Release(r.Context(), chi.URLParam(r, "slug"), number)
	if err != nil {
		return err
	}
	view := releaseView(now, v)
	view.Shell = s.shell(r, fmt.Sprintf("%s, version %d", view.Title, number), "datasets")
	view.Shell.Canonical = s.config.PublicURL + releaseURL(now.Slug, number)
	view.Release.Address = view.Shell.Canonical
	view.Shell.Print = view.Shell.Canonical + " " + v.RootDigest
	if v.State == listing.Live { // the same data set as on offer: one address for searches
		view.Shell.Canonical = s.config.PublicURL + "/datasets/" + now.Slug
	}
	view.Shell.Description = fmt.Sprintf("Version %d of a data set as it was on offer: contents, license and audit of that time.", number)
	status := http.StatusOK
	if view.Tombstone != nil {
		view.Shell.NoIndex = true
		status = releaseStatus(now, v)
	}
	return s.render(w, r, status, page.Listing(view))
}

// releaseStatus is 410 for what its seller withdrew for good.
func releaseStatus(now catalog.Entry, v catalog.Released) int {
	if v.State == listing.Withdrawn {
		return http.StatusGone
	}
	return tombstoneStatus(now)
}

// releaseView draws a version from what was kept of it; now is its data set
// today, which a tombstone of the whole goes before.
func releaseView(now catalog.Entry, v catalog.Released) page.ListingView {
	view := page.ListingView{Title: now.Title, By: ownerOf(now)}
	buried := buriedRelease(now, v)
	if v.Entry != nil && buried == nil {
		then := *v.Entry
		then.Detail.Certificate = "" // its page is that of the version on offer
		then.Detail.CommercialReview = stillReviewed(then, now)
		view = listingView(then)
		view.Seller, view.Tags = nil, tagsAt(then)
		view.Readers = readerLines(then, lastDay(v))
		view.Reading += fmt.Sprintf(" These are the terms of version %d.", v.Number)
		measuredLinks(&view, now.Slug, v.Number)
	}
	view.Tombstone, view.ReportURL = buried, reportURL(now.Slug)
	view.Crumbs = []ui.Crumb{{Label: "Data sets", URL: "/datasets"}, {Label: now.Title, URL: "/datasets/" + now.Slug}, {Label: fmt.Sprintf("Version %d", v.Number)}}
	view.Versions = linkedVersions(now)
	view.Release = releaseBox(now, v, buried == nil)
	view.ByNote = lowerFirst(view.Release.Name) + ", " + lowerFirst(view.Release.State)
	return view
}

// stillReviewed is the review of a version's license, if the data set stands on
// it today: one that ended, or was taken back, ends for earlier versions too.
func stillReviewed(then, now catalog.Entry) *catalog.CommercialReview {
	a, b := then.Detail.CommercialReview, now.Detail.CommercialReview
	if a == nil || b == nil || *a != *b {
		return nil
	}
	return a
}

// buriedRelease says why a version is no longer shown, nil if it is. While its
// data set is down no version of it is shown.
func buriedRelease(now catalog.Entry, v catalog.Released) *page.Tombstone {
	switch {
	case v.State == listing.Suspended || v.State == listing.Withdrawn:
		t := &page.Tombstone{Title: fmt.Sprintf("Version %d was withdrawn by the seller", v.Number), Reason: v.Reason, When: "Since " + ui.Date(v.StateAt)}
		if v.State == listing.Suspended {
			t.Title = fmt.Sprintf("Version %d is suspended by the platform", v.Number)
		}
		return t
	case now.State != catalog.Live:
		return tombstoneOf(now)
	}
	return nil
}

func releaseBox(now catalog.Entry, v catalog.Released, shown bool) *page.ReleaseView {
	kind, word, _ := ui.VersionStateWords(string(v.State))
	box := &page.ReleaseView{
		Name: fmt.Sprintf("Version %d", v.Number), NotKept: v.Entry == nil, Kind: kind, State: word, Note: v.Note,
		Files: v.RootDigest, Claims: v.ClaimsDigest, ListingURL: "/datasets/" + now.Slug,
		Lines: []ui.Pair{{Term: "On offer since", Value: ui.Date(v.ReleasedAt)}},
	}
	if v.State != listing.Live {
		box.Lines = []ui.Pair{{Term: "On offer from", Value: ui.Date(v.ReleasedAt)}, {Term: "Until", Value: ui.Date(v.StateAt)}}
	}
	if shown {
		box.AuditURL = fmt.Sprintf("%s?version=%d", auditURL(now.Slug), v.Number)
	}
	if v.Newest > v.Number {
		box.Newer = &page.NewerView{Text: fmt.Sprintf("This page shows version %d. Version %d has taken its place.", v.Number, v.Newest),
			Label: fmt.Sprintf("Go to version %d", v.Newest), URL: releaseURL(now.Slug, v.Newest)}
	}
	return box
}

// measuredLinks has the boxes of what was measured lead to that of the version.
func measuredLinks(view *page.ListingView, slug string, number int) {
	if view.Audit != nil {
		view.Audit.ReportURL = fmt.Sprintf("%s?version=%d", auditURL(slug), number)
	}
	if view.Quality != nil {
		view.Quality.URL = fmt.Sprintf("%s?version=%d", qualityURL(slug), number)
	}
}

// lastDay is the last moment at which buyers saw a version: now, if they do.
func lastDay(v catalog.Released) time.Time {
	if v.State == listing.Live {
		return time.Now()
	}
	return v.StateAt
}

// tagsAt are the tags of a version without the level of its seller, which is
// that of today.
func tagsAt(e catalog.Entry) []ui.TagProps {
	level := e.SellerLevel.Tag()
	var tags []ui.TagProps
	for _, t := range tagsOf(e) {
		if t.Text != level {
			tags = append(tags, t)
		}
	}
	return tags
}

// linkedVersions are the versions of a data set, each with its own page.
func linkedVersions(e catalog.Entry) []page.VersionLine {
	list := e.Detail.Versions
	if e.State != catalog.Live {
		list = buried(e)
	}
	lines := versionLines(list)
	for i, v := range list {
		lines[i].URL = releaseURL(e.Slug, v.Number)
	}
	return lines
}
