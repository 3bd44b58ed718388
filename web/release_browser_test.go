package web_test

import (
	"testing"

	"assay/internal/account/accounttest"
	"assay/internal/listing"
	"assay/internal/listing/listingtest"
	"assay/web/webtest"
)

// The pages of versions, without scripts: the history on the data set, an older
// version, a tombstone, and the note that a next version needs.
func TestReleasePagesInABrowser(t *testing.T) {
	s := newSite(t, false)
	owner := s.owner(t, "seller@example.org", "Northfield")
	accounttest.Verify(t, s.DB, owner.Organization)
	org := accounttest.Org{ID: owner.Organization, Owner: owner}
	d := listingtest.Complete(t, s.DB, owner)
	publish(t, s, owner, d)
	second := publish(t, s, owner, d)
	url := "/datasets/" + d.Listing.Slug

	b := webtest.Start(t)
	v := b.Visitor(t, s.URL, webtest.NoScript)
	v.Go(url)
	v.Follow("[data-testid=versions] a[href$='/v/1']")
	v.WantText("[data-testid=newer]", "Version 2 has taken its place")
	v.CheckViews("release-superseded")
	v.Follow("[data-testid=newer] a")
	v.WantText("[data-testid=release-state]", "Live")
	v.CheckViews("release-live")
	v.Go("/docs/api")
	v.CheckViews("docs-api")

	seller := b.Visitor(t, s.URL, webtest.NoScript)
	s.signInPage(t, seller, "seller@example.org")
	third := listingtest.Advance(t, s.DB, org, d, listing.Passed).Version
	if err := s.Listings.SetChangeNote(t.Context(), owner, third.ID, ""); err != nil {
		t.Fatal(err)
	}
	seller.Go("/seller/versions/" + string(third.ID))
	seller.Follow("[data-testid=next] a")
	seller.Set("note", "Two studies more, from the same site.")
	seller.Submit("#note-form")
	seller.Submit("[data-testid=next] form")
	seller.WantText("[data-testid=version-state]", "In review")
	seller.Go("/seller")
	seller.CheckViews("seller-desk")
	seller.Go("/seller/listings/" + string(d.Listing.ID) + "/versions")
	seller.CheckViews("seller-versions")

	if err := s.Listings.Withdraw(t.Context(), owner, second.ID, "The hospital ended the contract."); err != nil {
		t.Fatal(err)
	}
	v.Go(url + "/v/2")
	v.WantText("[data-testid=tombstone]", "The hospital ended the contract.")
	v.CheckViews("release-withdrawn")
}
