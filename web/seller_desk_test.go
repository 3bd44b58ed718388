package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"assay/internal/account/accounttest"
	"assay/internal/listing"
	"assay/internal/listing/listingtest"
)

// A day on which a version goes on offer is a day after today in UTC, whatever
// the clock of its seller says; anything else comes back beside its field, and
// nothing moves.
func TestDaysThatAreNoneComeBackBesideTheirField(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	owner := s.owner(t, "seller@example.org", "Northfield")
	org := accounttest.Org{ID: owner.Organization, Owner: owner}
	accounttest.Verify(t, s.DB, owner.Organization)
	v := listingtest.Version(t, s.DB, org, listing.Approved).Version
	p := s.person(t)
	p.signIn("seller@example.org")
	at := "/seller/versions/" + string(v.ID)
	today := time.Now().UTC()
	for name, day := range map[string]string{
		"none": "", "a word": "soon", "today": today.Format(time.DateOnly), "yesterday": today.AddDate(0, 0, -1).Format(time.DateOnly),
		"no day of the calendar": "2031-02-30", "a year of nothing": "0000-00-00", "too far": "9999-12-31", "with a time": "2031-03-01T00:00:00+14:00",
		"another order": "01/03/2031", "other digits": "２０３１-03-01", "more than a day": "2031-03-01; DROP TABLE version",
	} {
		for _, form := range []struct {
			to    string
			pairs []string
		}{{"/embargo", nil}, {"/plan", []string{"plan", "on_day"}}} {
			a := p.fill(at, at+form.to, append([]string{"on", "version", "until", day}, form.pairs...)...)
			if a.Status != http.StatusUnprocessableEntity {
				t.Errorf("%s to %s: %d, want 422", name, form.to, a.Status)
			}
			if a.Status == http.StatusUnprocessableEntity && a.Page.Find("#f-until-error").Length() == 0 {
				t.Errorf("%s to %s: nothing stands beside the field", name, form.to)
			}
		}
	}
	if a := p.fill(at, at+"/plan", "on", "version", "plan", "whenever"); a.Status != http.StatusUnprocessableEntity {
		t.Errorf("a plan that is none: %d", a.Status)
	}
	if d, err := s.Listings.Version(t.Context(), owner, v.ID); err != nil || d.Version.State != listing.Approved || d.Version.Plan != listing.Manual {
		t.Errorf("the version moved: %s, plan %s, %v", d.Version.State, d.Version.Plan, err)
	}
	if a := p.fill(at, at+"/embargo", "on", "version", "until", today.AddDate(0, 0, 2).Format(time.DateOnly)); a.Status != http.StatusSeeOther {
		t.Errorf("the day after tomorrow: %d", a.Status)
	}
	if got := words(p.get(at).Page.Find("[data-testid=embargo-day]")); !strings.Contains(got, today.AddDate(0, 0, 2).Format("2 January 2006")) || !strings.Contains(got, "UTC") {
		t.Errorf("the day is told as %q", got)
	}
}

// What belongs to others cannot be copied, previewed or looked at, and answers
// as what does not exist.
func TestNothingOfAnotherSellerIsCopied(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	owner, other := s.owner(t, "seller@example.org", "Northfield"), s.owner(t, "other@example.org", "Southfield")
	accounttest.Verify(t, s.DB, other.Organization)
	theirs := listingtest.Version(t, s.DB, accounttest.Org{ID: other.Organization, Owner: other}, listing.Live)
	p := s.person(t)
	p.signIn("seller@example.org")
	for _, path := range []string{"/clone", "/preview", "/versions", "/check"} {
		if a := p.get("/seller/listings/" + string(theirs.Listing.ID) + path); a.Status != http.StatusNotFound {
			t.Errorf("GET %s of another's: %d", path, a.Status)
		}
	}
	for _, l := range []string{string(theirs.Listing.ID), "0193d2b2-1111-7222-8333-444455556666", "x"} {
		if a := p.fill("/seller", "/seller/listings/"+l+"/clone"); a.Status != http.StatusNotFound {
			t.Errorf("copy of %s: %d", l, a.Status)
		}
	}
	if n := p.get("/seller").Page.Find("[data-testid=listing]").Length(); n != 0 {
		t.Errorf("%d data sets on the desk of who has none", n)
	}
	own := listingtest.Draft(t, s.DB, owner)
	if a := p.fill("/seller/listings/"+string(own.Listing.ID)+"/clone", "/seller/listings/"+string(own.Listing.ID)+"/clone"); a.Status != http.StatusSeeOther {
		t.Errorf("a copy of one's own: %d", a.Status)
	}
}

// An organization keeps an owner, and nobody gives rights but an owner.
func TestTheLastOwnerStays(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	owner := s.owner(t, "seller@example.org", "Northfield")
	p := s.person(t)
	p.signIn("seller@example.org")
	self := "/organization/members/" + string(owner.User)
	for _, try := range []struct {
		action string
		pairs  []string
	}{
		{self + "/role", []string{"role", "viewer"}}, {self + "/role", []string{"role", "god"}}, {self + "/remove", nil}, {"/organization/leave", nil},
		{"/organization/members/0193d2b2-1111-7222-8333-444455556666/remove", nil}, {"/organization/members/x/role", []string{"role", "owner"}},
	} {
		a := p.fill(self, try.action, try.pairs...)
		if a.Status < 400 || a.Status >= 500 {
			t.Errorf("%s %v: %d", try.action, try.pairs, a.Status)
		}
	}
	if a := p.get("/seller"); a.Status != http.StatusOK {
		t.Errorf("the owner's desk afterwards: %d", a.Status)
	}
}

// The address of the desk takes whatever is typed into it.
func TestTheDeskTakesAnyAddress(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	owner := s.owner(t, "seller@example.org", "Northfield")
	listingtest.Draft(t, s.DB, owner)
	p := s.person(t)
	p.signIn("seller@example.org")
	for _, q := range []url.Values{
		{"state": {"live' OR 1=1"}}, {"sort": {"title; DROP TABLE listing"}}, {"after": {"garbage"}}, {"after": {"%00"}}, {"q": {strings.Repeat("long ", 4000)}},
		{"q": {"100%_\\"}}, {"q": {"<script>alert(1)</script>"}}, {"state": {"deleted"}, "sort": {"views"}, "q": {"no such title"}}, {"q": {"\xff\xfe"}}, {"q": {"a\x00b"}}, {"state": {"\x00\xff"}, "sort": {"\xff"}, "after": {"\x00"}}, {"state": {"live", "drafts"}},
	} {
		a := p.get("/seller?" + q.Encode())
		if a.Status >= 500 || strings.Contains(a.Body, "<script>alert") {
			t.Errorf("%.60q: %d", q.Encode(), a.Status)
		}
	}
	// The place of requests is clear: nothing is shown that is not there.
	main := words(p.get("/seller").Page.Find("main"))
	for _, word := range []string{"NaN", "null", "undefined", "%!"} {
		if strings.Contains(main, word) {
			t.Errorf("the desk says %q", word)
		}
	}
}
