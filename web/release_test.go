package web_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"assay/internal/account/accounttest"
	"assay/internal/listing"
	"assay/internal/listing/listingtest"
)

func canonical(page *goquery.Document) string {
	return page.Find("link[rel=canonical]").AttrOr("href", "")
}

// A version that was on offer has its own page for good: what it held, its
// license and its audit of that time, and the way to the newer one.
func TestEachReleasedVersionHasAPageForGood(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	owner := s.owner(t, "seller@example.org", "Northfield")
	accounttest.Verify(t, s.DB, owner.Organization)
	d := listingtest.Complete(t, s.DB, owner)
	p, url := s.person(t), "/datasets/"+d.Listing.Slug
	if a := p.get(url + "/v/1"); a.Status != http.StatusNotFound {
		t.Errorf("before it is live: %d", a.Status)
	}
	publish(t, s, owner, d)
	first := p.get(url + "/v/1")
	if first.Status != http.StatusOK || first.Page.Find("[data-testid=newer]").Length() != 0 || canonical(first.Page) != s.URL+url {
		t.Errorf("the version on offer: %d, canonical %q", first.Status, canonical(first.Page))
	}
	was := words(first.Page.Find("h1"))

	claims := listingtest.Claims()
	claims.Basics.Title, claims.License.Name = "Another title of the data set", "Another license"
	d = listingtest.Save(t, s.DB, owner, d, claims)
	publish(t, s, owner, d)

	old := p.get(url + "/v/1")
	for _, c := range []struct{ selector, text string }{
		{"h1", was}, {"[data-testid=newer]", "Version 2 has taken its place"}, {"[data-testid=release-state]", "Superseded"},
		{"[data-testid=claims]", "confirmed"}, {"[data-testid=reading]", "These are the terms of version 1."},
		{"[data-testid=permanent]", s.URL + url + "/v/1"}, {"[data-testid=versions]", "Changed for a test."},
	} {
		if got := words(old.Page.Find(c.selector)); !strings.Contains(got, c.text) {
			t.Errorf("%s: %q does not say %q", c.selector, got, c.text)
		}
	}
	if old.Status != http.StatusOK || strings.Contains(old.Body, "Another license") || strings.Contains(words(old.Page.Find("h1")), "Another title") {
		t.Errorf("version 1 (%d) reads as the newer one", old.Status)
	}
	if canonical(old.Page) != s.URL+url+"/v/1" {
		t.Errorf("canonical of version 1 = %q", canonical(old.Page))
	}
	for selector, want := range map[string]string{"[data-testid=newer] a": url + "/v/2", "[data-testid=audit-link]": url + "/audit?version=1", "[data-testid=release-audit]": url + "/audit?version=1"} {
		if got := old.Page.Find(selector).AttrOr("href", ""); got != want || p.get(got).Status != http.StatusOK {
			t.Errorf("%s leads to %q, want %q", selector, got, want)
		}
	}
	if now := p.get(url + "/v/2"); now.Status != http.StatusOK || !strings.Contains(now.Body, "Another license") {
		t.Errorf("version 2: %d", now.Status)
	}
	var history []string
	p.get(url).Page.Find("[data-testid=versions] tbody tr").Each(func(_ int, row *goquery.Selection) {
		history = append(history, row.Find("a").AttrOr("href", "")+" "+words(row))
	})
	if len(history) != 2 || !strings.HasPrefix(history[0], url+"/v/2 2") || !strings.Contains(history[0], "Changed for a test.") || !strings.HasPrefix(history[1], url+"/v/1 1") || !strings.Contains(history[1], "No note") {
		t.Errorf("history of versions: %q", history)
	}
	for _, path := range []string{"/v/0", "/v/01", "/v/+1", "/v/-1", "/v/1.0", "/v/x", "/v/3", "/v/99999999999999999999", "/v/1%00"} {
		if a := p.get(url + path); a.Status != http.StatusNotFound {
			t.Errorf("%s: %d, want 404", path, a.Status)
		}
	}
}

// A review of the license holds for an earlier version as long as the data set
// stands on the same one.
func TestAnEndedReviewOfTheLicenseLeavesEarlierVersions(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	owner := s.owner(t, "seller@example.org", "Northfield")
	accounttest.Verify(t, s.DB, owner.Organization)
	d := listingtest.Complete(t, s.DB, owner)
	publish(t, s, owner, d)
	const grant = `UPDATE catalog_listing SET detail = detail || '{"commercial_review": {"on": "2026-11-20", "clause": "3.1", "document": "IRB approval", "sha256": "ab", "signer_role": "Counsel"}}'`
	s.super(t, grant)
	publish(t, s, owner, d)
	s.super(t, grant)
	p, url := s.person(t), "/datasets/"+d.Listing.Slug+"/v/1"
	if first := p.get(url); !strings.Contains(first.Body, "Commercial license reviewed") {
		t.Fatalf("with a review that holds, version 1 (%d) does not show it", first.Status)
	}

	for name, now := range map[string]string{
		"ended":     `UPDATE catalog_listing SET detail = detail - 'commercial_review'`,
		"done anew": `UPDATE catalog_listing SET detail = jsonb_set(detail || '{"commercial_review": {"clause": "3.1"}}', '{commercial_review,on}', '"2026-11-21"')`,
	} {
		s.super(t, grant)
		s.super(t, now)
		if got := p.get(url); strings.Contains(got.Body, "Commercial license reviewed") || got.Status != http.StatusOK {
			t.Errorf("%s: version 1 (%d) still shows it", name, got.Status)
		}
	}
}

// What no buyer may see yet answers like what is not there, to its seller as
// well: embargo and plan do not show through the address.
func TestVersionsThatAreKeptBackAreNotThere(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	owner := s.owner(t, "seller@example.org", "Northfield")
	accounttest.Verify(t, s.DB, owner.Organization)
	org := accounttest.Org{ID: owner.Organization, Owner: owner}
	d := listingtest.Complete(t, s.DB, owner)
	publish(t, s, owner, d)
	seller, stranger := s.person(t), s.person(t)
	seller.signIn("seller@example.org")
	url := "/datasets/" + d.Listing.Slug
	absent := stranger.get(url + "/v/9")
	check := func(when string) {
		t.Helper()
		for who, p := range map[string]*person{"a stranger": stranger, "its seller": seller} {
			a := p.get(url + "/v/2")
			if a.Status != http.StatusNotFound || words(a.Page.Find("main h1")) != words(absent.Page.Find("main h1")) || a.Page.Find("[data-testid=release-state]").Length() != 0 {
				t.Errorf("%s, for %s: %d", when, who, a.Status)
			}
		}
		if got := stranger.get(url + "/v/1"); got.Page.Find("[data-testid=newer]").Length() != 0 {
			t.Errorf("%s: version 1 tells of a newer one", when)
		}
	}
	v := listingtest.Advance(t, s.DB, org, d, listing.Approved).Version
	check("approved")
	if err := s.Listings.PlanPublishing(t.Context(), owner, v.ID, listing.OnDay, time.Now().AddDate(0, 0, 20)); err != nil {
		t.Fatal(err)
	}
	check("planned")
	if err := s.Listings.Embargo(t.Context(), owner, v.ID, time.Now().AddDate(0, 0, 20)); err != nil {
		t.Fatal(err)
	}
	check("under embargo")
	if a := stranger.get("/datasets/" + listingtest.Version(t, s.DB, org, listing.InReview).Listing.Slug + "/v/1"); a.Status != http.StatusNotFound {
		t.Errorf("a data set in review: %d", a.Status)
	}
}

// A version that was taken down says why and shows nothing else; while the whole
// is down, none of its versions is shown.
func TestAVersionTakenDownLeavesATombstone(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	owner := s.owner(t, "seller@example.org", "Northfield")
	accounttest.Verify(t, s.DB, owner.Organization)
	d := listingtest.Complete(t, s.DB, owner)
	ctx, reviewer, p, url := t.Context(), accounttest.Reviewer(t, s.DB), s.person(t), "/datasets/"+d.Listing.Slug
	tomb := func(path string, status int, reason string) {
		t.Helper()
		a := p.get(path)
		if a.Status != status || !strings.Contains(words(a.Page.Find("[data-testid=tombstone]")), reason) || a.Page.Find("#rights").Length() != 0 || !strings.Contains(a.Page.Find("meta[name=robots]").AttrOr("content", ""), "noindex") {
			t.Errorf("%s: %d, tombstone %q", path, a.Status, words(a.Page.Find("[data-testid=tombstone]")))
		}
	}
	first := publish(t, s, owner, d)
	if err := s.Listings.Withdraw(ctx, owner, first.ID, "The hospital ended the contract."); err != nil {
		t.Fatal(err)
	}
	tomb(url+"/v/1", http.StatusGone, "The hospital ended the contract.")
	second := publish(t, s, owner, d)
	tomb(url+"/v/1", http.StatusGone, "The hospital ended the contract.")
	if got := words(p.get(url + "/v/1").Page.Find("[data-testid=newer]")); !strings.Contains(got, "Version 2") {
		t.Errorf("the tombstone leads nowhere: %q", got)
	}
	publish(t, s, owner, d)
	if a := p.get(url + "/v/2"); a.Status != http.StatusOK || a.Page.Find("#rights").Length() != 1 {
		t.Errorf("version 2, superseded: %d", a.Status)
	}
	third, err := s.Listings.Versions(ctx, owner, d.Listing.ID)
	if err != nil || second.Number != 2 {
		t.Fatal(err)
	}
	if err := s.Listings.Suspend(ctx, reviewer, third[0].ID, "Somebody reported names in the images."); err != nil {
		t.Fatal(err)
	}
	tomb(url+"/v/3", http.StatusOK, "Somebody reported names in the images.")
	tomb(url+"/v/2", http.StatusOK, "Somebody reported names in the images.")
}

// The page asks for the note before it offers submission, and a submission
// without it comes back with the reason beside the field.
func TestTheSecondVersionIsSentWithANote(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	owner := s.owner(t, "seller@example.org", "Northfield")
	accounttest.Verify(t, s.DB, owner.Organization)
	org := accounttest.Org{ID: owner.Organization, Owner: owner}
	d := listingtest.Complete(t, s.DB, owner)
	publish(t, s, owner, d)
	v := listingtest.Advance(t, s.DB, org, d, listing.Passed).Version
	if err := s.Listings.SetChangeNote(t.Context(), owner, v.ID, ""); err != nil {
		t.Fatal(err)
	}
	p := s.person(t)
	p.signIn("seller@example.org")
	url := "/seller/versions/" + string(v.ID)
	a := p.get(url)
	if next := words(a.Page.Find("[data-testid=next]")); !strings.Contains(next, "Say what changed since version 1 before you submit") || a.Page.Find("[data-testid=next] form").Length() != 0 {
		t.Errorf("next: %q", next)
	}
	if label := words(a.Page.Find("label[for=f-note]")); label != "What changed since version 1" {
		t.Errorf("label = %q", label)
	}
	a = p.fill(url, url+"/submit", "on", "version")
	if a.Status != http.StatusUnprocessableEntity || !strings.Contains(words(a.Page.Find("#f-note-error")), "reviewers look there first") {
		t.Errorf("submitted without a note: %d %q", a.Status, words(a.Page.Find("#f-note-error")))
	}
	if a = p.fill(url, url+"/note", "on", "version", "note", "Two studies more."); a.Status != http.StatusSeeOther {
		t.Fatalf("note: %d", a.Status)
	}
	if a = p.fill(url, url+"/submit", "on", "version"); a.Status != http.StatusSeeOther {
		t.Errorf("submitted with a note: %d", a.Status)
	}
}
