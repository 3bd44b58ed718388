package web_test

import (
	"testing"

	"assay/internal/account/accounttest"
	"assay/internal/listing"
	"assay/internal/listing/listingtest"
	"assay/web/webtest"
)

// A rejected version comes back after an appeal, without scripts: the reviewer
// who rejected it reads that another one decides, and the other one does, with
// a checklist of its own.
func TestRejectedVersionComesBackInABrowser(t *testing.T) {
	s, owner, _, _ := reportSite(t)
	org := accounttest.Org{ID: owner.Organization, Owner: owner}
	v := listingtest.Version(t, s.DB, org, listing.InReview).Version.ID
	b := webtest.Start(t)
	rita, otto, ada := b.Visitor(t, s.URL, webtest.NoScript), b.Visitor(t, s.URL), b.Visitor(t, s.URL, webtest.NoScript)
	s.signInPage(t, rita, "rita@example.org")
	s.signInPage(t, otto, "otto@example.org")
	s.signInPage(t, ada, "seller@example.org")

	rita.Go(reviewPath(v))
	rita.Click(`#decision input[value=reject]`)
	rita.Click(`#decision input[value=other]`)
	rita.Set("comment", "Nothing says that this may be sold.")
	rita.Submit("#decision")
	rita.WantText("[data-testid=flash]", "Rejected.")

	ada.Go("/seller/standing")
	ada.Follow("[data-testid=appealable] a[href*=appeals]")
	ada.WantText("main", "another reviewer than the one who rejected it decides")
	ada.Set("text", "The contract of March says so; it is in the vault.")
	ada.Submit("#appeal")
	own := ada.Path()

	otto.Go("/review/appeals")
	otto.Follow("[data-testid=appeals] th a")
	otto.WantText("[data-testid=clock]", "another reviewer rules by")
	otto.Choose("outcome", "granted")
	otto.Set("ruling", "The contract of March covers this.")
	otto.Submit("#rule")
	otto.WantText("[data-testid=remedy]", "The version is back in review, as it is.")
	ada.Go(own)
	ada.WantText("[data-testid=remedy]", "nothing is approved yet")

	rita.Go("/review")
	rita.WantText("[data-testid=queue]", "You rejected it: another reviewer decides")
	rita.Go(reviewPath(v))
	rita.WantText("#decide", "After the appeal another reviewer decides.")
	otto.Go("/review")
	otto.WantText("[data-testid=queue]", "after an appeal")
	otto.CheckViews("review-queue-appealed")
	otto.Go(reviewPath(v))
	otto.WantText("[data-testid=missing]", "open checks")
	otto.CheckViews("review-appealed")
	for _, name := range checksIn(otto) {
		otto.Choose(name, "yes")
	}
	otto.Submit("#checks")
	otto.Click(`#decision input[value=approve]`)
	otto.Submit("#decision")
	otto.WantText("[data-testid=flash]", "Approved.")
}

// Several are returned at once, without scripts: each is named before, and
// each says afterwards what became of it.
func TestBulkInABrowser(t *testing.T) {
	s, owner, _, _ := reportSite(t)
	first := listingtest.Version(t, s.DB, accounttest.Org{ID: owner.Organization, Owner: owner}, listing.InReview).Version.ID
	listingtest.Version(t, s.DB, accounttest.Seller(t, s.DB), listing.InReview)
	b := webtest.Start(t)
	rita, otto := b.Visitor(t, s.URL), b.Visitor(t, s.URL, webtest.NoScript)
	s.signInPage(t, rita, "rita@example.org")
	s.signInPage(t, otto, "otto@example.org")
	rita.Go("/review/bulk?act=return")
	rita.WantText("[data-testid=empty]", "Nothing was chosen")
	rita.Go("/review")
	rita.Eval(`(() => { document.querySelectorAll("[data-testid=queue] input[name=item]").forEach(x => { x.checked = true }); return true })()`)
	rita.Follow("#bulk button[value=return]")
	rita.CheckViews("bulk-ask")
	rita.Submit("#order")
	rita.WantText("[data-testid=error-summary]", "Pick a reason")
	rita.Set("reason", "other")
	rita.Set("comment", "Say which hospitals took part, please.")
	otto.Go(reviewPath(first))
	otto.Submit("form[action$='/claim']")
	rita.Submit("#order")
	rita.WantText("[data-testid=bulk-sum]", "Done for 1 of 2 data sets.")
	rita.WantText("[data-testid=bulk-done]", "has this review")
	rita.CheckViews("bulk-done")
}
