package web_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"assay/internal/account/accounttest"
	"assay/internal/catalog"
	"assay/internal/listing"
	"assay/internal/listing/listingtest"
	"assay/internal/postgres"
)

// publish brings a flagged version through answers and review to live.
func publish(t *testing.T, s site, owner postgres.Actor, d listing.Description) listing.Version {
	t.Helper()
	return publishWith(t, s, owner, d, func(listing.Version) {})
}

// publishWith is publish of a version that audited has changed.
func publishWith(t *testing.T, s site, owner postgres.Actor, d listing.Description, audited func(listing.Version)) listing.Version {
	t.Helper()
	ctx, reviewer := t.Context(), accounttest.Reviewer(t, s.DB)
	v := sendVersion(t, s, owner, d, flaggedReport())
	audited(v)
	for _, f := range flaggedReport().Findings[:2] {
		if err := s.Listings.AnswerFinding(ctx, owner, v.ID, f.Key(), "The date is shifted by an offset of the patient's own."); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Listings.Submit(ctx, owner, v.ID); err != nil {
		t.Fatal(err)
	}
	for _, f := range flaggedReport().Findings[:2] {
		listingtest.Accept(t, s.DB, v.ID, f.Key())
	}
	rule(t, s, reviewer, v.ID)
	if err := s.Listings.Publish(ctx, owner, v.ID); err != nil {
		t.Fatal(err)
	}
	return v
}

// Anybody reads what the audit of a live version found, by rule, and nobody
// reads where. Older versions keep theirs; what is withdrawn leaves its reason.
func TestAnybodyReadsThePublicPartOfAnAudit(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	owner := s.owner(t, "seller@example.org", "Northfield")
	accounttest.Verify(t, s.DB, owner.Organization)
	d := listingtest.Complete(t, s.DB, owner)
	p, url := s.person(t), "/datasets/"+d.Listing.Slug
	if a := p.get(url + "/audit"); a.Status != http.StatusNotFound {
		t.Errorf("before it is live: %d", a.Status)
	}
	publish(t, s, owner, d)
	if got := p.get(url).Page.Find("[data-testid=audit-link]").AttrOr("href", ""); got != url+"/audit" {
		t.Errorf("the data set leads to %q", got)
	}
	second := publish(t, s, owner, d)

	for _, path := range []string{"/audit", "/audit?version=1", "/audit.json", "/audit.json?version=1"} {
		a := p.get(url + path)
		if a.Status != http.StatusOK {
			t.Fatalf("%s: %d", path, a.Status)
		}
		for _, place := range []string{"study/1.dcm", "99999999", "(0008,0020)", "Shift it by", "offset of the patient"} {
			if strings.Contains(a.Body, place) {
				t.Errorf("%s tells %q", path, place)
			}
		}
		if got := a.Header.Get("Cache-Control"); got != p.get(url).Header.Get("Cache-Control") {
			t.Errorf("%s: Cache-Control %q differs from that of the data set", path, got)
		}
	}
	page := p.get(url + "/audit").Page
	for _, c := range []struct{ selector, text string }{
		{"[data-testid=report-verdict]", "Flagged"}, {"[data-testid=report-next]", "answered 2 of 2 warnings"},
		{"[data-testid=not-checked]", "tesseract was not there"}, {"[data-rule=deid-claim-mismatch]", "1 of 1"},
		{"[data-testid=rule-counts]", "fmt-charset"}, {"[data-testid=measured]", "120"}, {"[data-testid=audit-versions]", "Version 1"},
		{"main", "2026.11"}, {"[data-testid=claims]", "confirmed"},
	} {
		if got := words(page.Find(c.selector)); !strings.Contains(got, c.text) {
			t.Errorf("%s: %q does not say %q", c.selector, got, c.text)
		}
	}
	if page.Find("[data-testid=plot]").Length() == 0 || page.Find("[data-testid=superseded]").Length() != 0 {
		t.Error("the newest audit has no plot, or is called older")
	}
	if p.get(url+"/audit?version=1").Page.Find("[data-testid=superseded]").Length() != 1 {
		t.Error("an older audit does not lead to the newest")
	}
	var public catalog.PublicAudit
	if err := json.Unmarshal([]byte(p.get(url+"/audit.json").Body), &public); err != nil || public.Version != 2 || public.Schema != catalog.PublicAuditSchema {
		t.Errorf("JSON: version %d, %v", public.Version, err)
	}
	for _, path := range []string{"/audit?version=3", "/audit?version=x", "/audit.json?version=0"} {
		if a := p.get(url + path); a.Status != http.StatusNotFound {
			t.Errorf("%s: %d, want 404", path, a.Status)
		}
	}

	if err := s.Listings.Withdraw(t.Context(), owner, second.ID, "The hospital ended the contract."); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/audit", "/audit?version=1", "/audit.json"} {
		if a := p.get(url + path); a.Status != http.StatusGone || !strings.Contains(a.Body, "The hospital ended the contract.") || strings.Contains(a.Body, "deid-claim-mismatch") {
			t.Errorf("%s after withdrawing: %d", path, a.Status)
		}
	}
}
