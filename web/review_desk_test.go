package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"assay/internal/account/accounttest"
	"assay/internal/audit"
	"assay/internal/id"
	"assay/internal/listing"
	"assay/internal/listing/listingtest"
	"assay/internal/postgres"
	"assay/internal/review"
	"assay/web/webtest"
)

// A reviewer sends a version back with a reason and its place, without scripts;
// the seller is led to what mends it, sends a new one, and the reviewer approves
// that.
func TestReviewerReturnsThenApprovesInABrowser(t *testing.T) {
	s := newSite(t, false)
	owner := s.owner(t, "seller@example.org", "Northfield")
	makeReviewer(t, s, s.user(t, "reviewer@example.org"))
	d := listingtest.Complete(t, s.DB, owner)
	send := func() id.Version {
		t.Helper()
		v := sendVersion(t, s, owner, d, audit.Report{Verdict: audit.Passed})
		if _, err := s.Listings.Submit(t.Context(), owner, v.ID); err != nil {
			t.Fatal(err)
		}
		return v.ID
	}
	first := send()
	b := webtest.Start(t)
	reviewer, seller := b.Visitor(t, s.URL, webtest.NoScript), b.Visitor(t, s.URL, webtest.NoScript)
	s.signInPage(t, reviewer, "reviewer@example.org")
	s.signInPage(t, seller, "seller@example.org")

	reviewer.Go("/review")
	reviewer.Submit("[data-testid=queue] form")
	reviewer.WantText("[data-testid=holder]", "You have this review.")
	reviewer.Click(`#decision input[value=changes]`)
	reviewer.Click(`#decision input[value=consent_unclear]`)
	reviewer.Submit("#decision")
	reviewer.WantText("[data-testid=error-summary]", "Say where")
	reviewer.CheckViews("review-returning")
	reviewer.Set("place-consent_unclear", "section:consent")
	reviewer.Fill("text-consent_unclear", "The waiver is silent about products.")
	reviewer.Submit("#decision")
	reviewer.WantText("[data-testid=flash]", "Sent back.")

	seller.Go("/seller/versions/" + string(first))
	seller.WantText("[data-testid=grounds]", "Consent or IRB do not cover this use")
	seller.WantText("[data-testid=grounds]", "The waiver is silent about products.")
	if seller.Has("[data-testid=reason]") {
		t.Error("the reason is said twice")
	}
	seller.CheckViews("version-returned")
	seller.Follow("[data-testid=grounds] a")
	if want := "/seller/listings/" + string(d.Listing.ID) + "/consent"; seller.Path() != want {
		t.Errorf("the place leads to %s, want %s", seller.Path(), want)
	}

	second := send()
	reviewer.Go(reviewPath(second))
	for _, name := range checksIn(reviewer) {
		reviewer.Choose(name, "yes")
	}
	reviewer.Submit("#checks")
	reviewer.Click(`#decision input[value=approve]`)
	reviewer.Submit("#decision")
	reviewer.WantText("[data-testid=flash]", "Approved.")
	seller.Go("/seller/versions/" + string(second))
	seller.WantText("[data-testid=version-state]", "Approved")
}

// Several are chosen in the queue, named once more with a way back, and each
// says what became of it.
func TestBulkActsNameEachDataSet(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	owner := s.owner(t, "seller@example.org", "Northfield")
	makeReviewer(t, s, s.user(t, "reviewer@example.org"))
	org := accounttest.Org{ID: owner.Organization, Owner: owner}
	one, two := listingtest.Version(t, s.DB, org, listing.InReview).Version.ID, listingtest.Version(t, s.DB, org, listing.InReview).Version.ID
	p := s.person(t)
	p.signIn("reviewer@example.org")
	query := url.Values{"act": {"return"}, "item": {string(one), string(two), "not-an-id", string(id.New[id.Version]())}}
	a := p.get("/review/bulk?" + query.Encode())
	items := a.Page.Find("[data-testid=chosen] input[name=item]")
	if a.Status != http.StatusOK || items.Length() != 2 || a.Page.Find(`#order a[href="/review"]`).Length() != 1 {
		t.Fatalf("confirming: %d with %d data sets", a.Status, items.Length())
	}
	form := []string{"act", "return", "item", items.Eq(0).AttrOr("value", ""), "item", items.Eq(1).AttrOr("value", "")}
	if a = p.fill("/review", "/review/bulk", form...); a.Status != http.StatusUnprocessableEntity || a.Page.Find("#f-reason-error").Length() != 1 {
		t.Errorf("without a reason: %d", a.Status)
	}
	listingtest.Rule(t, s.DB, accounttest.Reviewer(t, s.DB), two, listing.Rejects)
	if a = p.fill("/review", "/review/bulk", append(form, "reason", "rights_unclear")...); a.Status != http.StatusSeeOther {
		t.Fatalf("order: %d %s", a.Status, words(a.Page.Find("main")))
	}
	a = p.get(a.Location)
	if got := words(a.Page.Find("[data-testid=bulk-sum]")); !strings.HasPrefix(got, "Done for 1 of 2 data sets") {
		t.Errorf("sum: %q", got)
	}
	if got := words(a.Page.Find("[data-testid=bulk-done]")); !strings.Contains(got, "refusedNothing waits for a decision here") {
		t.Errorf("what became of each: %q", got)
	}
	if a = p.get("/review/bulk?act=paint"); a.Status != http.StatusNotFound {
		t.Errorf("an act that there is none: %d", a.Status)
	}
}

// Notes of reviewers stand on their page and on none of the seller's.
func TestNotesAreOnNoPageOfTheSeller(t *testing.T) {
	t.Parallel()
	s, _, v, _ := reviewSite(t)
	p := s.person(t)
	p.signIn("reviewer@example.org")
	path := reviewPath(v.ID)
	const note = "Their letterhead has a number that is not in service."
	if a := p.fill(path, path+"/notes", "internal-note", note); a.Status != http.StatusSeeOther {
		t.Fatalf("note: %d", a.Status)
	}
	if got := words(p.get(path).Page.Find("[data-testid=notes]")); !strings.Contains(got, note) {
		t.Errorf("notes: %q", got)
	}
	seller := s.person(t)
	seller.signIn("seller@example.org")
	for _, page := range []string{"/seller", "/seller/versions/" + string(v.ID)} {
		if a := seller.get(page); a.Status != http.StatusOK || strings.Contains(a.Body, note) {
			t.Errorf("%s: %d, or it holds the note", page, a.Status)
		}
	}
}

// Keys lead through the queue, never record a decision, and can be turned off.
func TestKeysOfTheDeskInABrowser(t *testing.T) {
	s, _, v, _ := reviewSite(t)
	b := webtest.Start(t)
	p := b.Visitor(t, s.URL)
	s.signInPage(t, p, "reviewer@example.org")
	p.Go("/review")
	p.Press("j")
	if !p.Has("tr[data-row].here") {
		t.Error("j marks no entry")
	}
	p.Press("x")
	if !p.Eval(`document.querySelector("[data-testid=queue] input[name=item]").checked`) {
		t.Error("x does not choose the entry")
	}
	p.Press("k")
	if !p.Has("tr[data-row].here") {
		t.Error("k leaves no entry marked")
	}
	p.Go(reviewPath(v.ID))
	p.Press("a")
	if !p.Eval(`document.activeElement.textContent.includes("Approval needs")`) || p.Path() != reviewPath(v.ID) {
		t.Error("a does not lead to what an approval needs")
	}
	p.Press("r")
	if !p.Eval(`document.querySelector("#decision input[value=changes]").checked`) {
		t.Error("r does not lead to asking for changes")
	}
	p.Press("n")
	if !p.Eval(`document.activeElement.id === "f-internal-note"`) {
		t.Error("n does not lead to the notes")
	}
	p.Eval(`(() => { document.querySelector("[data-testid=keys]").open = true; document.querySelector("[data-keys-switch] button").click(); document.activeElement.blur(); return true })()`)
	p.Go("/review")
	p.Press("j")
	if p.Has(".here") {
		t.Error("a key works after the keys were turned off")
	}
	if p.Press("c"); p.Path() != "/review" {
		t.Error("a key took a review after the keys were turned off")
	}
}

// The badge on commercial terms stands on the card and the page of a listing
// with what was looked at, and without the name of who signs; the form asks for
// its evidence.
func TestCommercialTermsInABrowser(t *testing.T) {
	s := newSite(t, false)
	owner := s.owner(t, "seller@example.org", "Northfield")
	reviewer := postgres.Actor{User: s.user(t, "reviewer@example.org"), Platform: postgres.Reviewer}
	makeReviewer(t, s, reviewer.User)
	accounttest.Verify(t, s.DB, owner.Organization)
	org := accounttest.Org{ID: owner.Organization, Owner: owner}
	live := listingtest.Version(t, s.DB, org, listing.Approved)
	if err := s.Listings.Publish(t.Context(), owner, live.Version.ID); err != nil {
		t.Fatal(err)
	}
	b := webtest.Start(t)
	p := b.Visitor(t, s.URL, webtest.NoScript)
	s.signInPage(t, p, "reviewer@example.org")
	path := reviewPath(live.Version.ID)
	p.Go(path)
	p.Click("#licensing summary")
	p.Choose("outcome", "granted")
	p.Submit("#license-review")
	p.WantText("[data-testid=error-summary]", "Granted only if the terms say commercial rights explicitly.")
	p.CheckViews("review-licensing")

	document := id.New[string]()
	s.super(t, `INSERT INTO vault_document (id, organization_id, kind, title) VALUES ($1, $2, 'consent_waiver', 'Waiver')`, document, string(org.ID))
	s.super(t, `INSERT INTO vault_version (document_id, number, organization_id, name, media_type, size_bytes, sha256, blob_key, key_id, uploaded_by)
		VALUES ($1, 1, $2, 'waiver.pdf', 'application/pdf', 10, repeat('ab', 32), 'k', repeat('0', 16), $3)`, document, string(org.ID), string(owner.User))
	s.super(t, `INSERT INTO signer (id, organization_id, user_id, title, document_id, number, valid_until, named_by, submitted_at, state, decided_by, decided_at)
		VALUES (gen_random_uuid(), $2, $3, 'Director of data licensing', $1, 1, current_date + 300, $3, now(), 'accepted', $4, now())`,
		document, string(org.ID), string(owner.User), string(reviewer.User))
	exec(t, s, reviewer, `
		INSERT INTO commercial_review (id, organization_id, listing_id, version_id, claims_id, claims_digest, terms_digest, outcome, rights, clause,
		       consent, document_kind, document_sha256, authority, signer_id, signer, signer_role, reviewer_id, decided_at)
		SELECT gen_random_uuid(), v.organization_id, v.listing_id, v.id, c.id, c.claims_digest, commercial_terms_digest(c.claims), 'granted', 'yes', '3.1',
		       'yes', 'IRB, consent or waiver', repeat('ab', 32), 'yes', g.id, 'Grace Signer', 'Director of data licensing', $2, now()
		FROM   version v JOIN listing_claims c ON c.id = v.claims_id JOIN signer g ON g.organization_id = v.organization_id WHERE v.id = $1`, live.Version.ID, reviewer.User)
	if err := s.Listings.ShowAgain(t.Context(), listingtest.Worker, live.Version.ID); err != nil {
		t.Fatal(err)
	}
	buyer := b.Visitor(t, s.URL)
	buyer.Go("/datasets?commercial_review=1")
	buyer.WantText("[data-testid=result]", "Commercial license reviewed")
	buyer.Go("/datasets/" + live.Listing.Slug)
	buyer.WantText("[data-testid=commercial-review]", "Director of data licensing")
	if strings.Contains(buyer.HTML(), "Grace Signer") {
		t.Error("the page names who signs")
	}
	buyer.CheckViews("listing-reviewed")

	s.super(t, `UPDATE signer SET state = 'refused', reason = 'The power of attorney was withdrawn.'`)
	reviews := review.New(s.DB, s.Listings, time.Now)
	if err := reviews.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	const why = "a reviewer took back that its signer may sign for the seller"
	buyer.Go("/datasets/" + live.Listing.Slug)
	buyer.WantText("[data-testid=commercial-review-ended]", why)
	if buyer.Has("[data-testid=commercial-review]") || strings.Contains(buyer.HTML(), "power of attorney") {
		t.Error("the page shows the badge that has ended, or the reviewer's reason")
	}
	buyer.CheckViews("listing-review-ended")
	buyer.Go("/datasets?commercial_review=1")
	if buyer.Has("[data-testid=result]") {
		t.Error("the search finds the badge that has ended")
	}
	p.Go(path)
	p.WantText("[data-testid=licensing]", "A badge was granted before and has ended: "+why)
	seller := b.Visitor(t, s.URL)
	s.signInPage(t, seller, "seller@example.org")
	seller.Go("/seller/versions/" + string(live.Version.ID))
	seller.WantText("main", "The badge ended: "+why)
	seller.CheckViews("version-badge-ended")
	if err := reviews.AskLicensing(t.Context(), owner, live.Version.ID); err != nil {
		t.Fatal(err)
	}
	p.Go("/review")
	p.WantText("[data-testid=licensing-queue]", "due in")
	p.CheckViews("review-licensing-queue")
	p.Go("/review/bulk?act=suspend&item=" + string(live.Version.ID))
	p.CheckViews("review-bulk")
}
