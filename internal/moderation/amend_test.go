package moderation_test

import (
	"strings"
	"testing"
	"time"

	"assay/internal/errs"
	"assay/internal/listing"
	"assay/internal/listing/listingtest"
	"assay/internal/review"
)

// change edits the newest claims of a listing and puts them on their way.
func (d desk) change(t *testing.T, l listing.Dossier, step listing.Step, edit func(*listing.Claims)) (waits bool, err error) {
	t.Helper()
	draft, err := d.listings.Draft(t.Context(), d.seller.Owner, l.Listing.ID)
	if err != nil {
		t.Fatal(err)
	}
	c := draft.Revision.Claims
	edit(&c)
	if _, err = d.listings.SaveStep(t.Context(), d.seller.Owner, l.Listing.ID, listing.Save{Step: step, Token: draft.Revision.Token(), Claims: c}); err != nil {
		t.Fatal(err)
	}
	return d.listings.SubmitClaims(t.Context(), d.seller.Owner, l.Listing.ID)
}

// Changed claims of a version that is suspended meanwhile wait with it: nobody
// finds them in the queue, takes them or decides. Once it is back they are
// checked anew, and what is approved is on offer.
func TestChangedClaimsOfASuspendedVersionWaitUntilItIsBack(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	reviews := review.New(d.db, d.listings, time.Now)
	l := d.live(t)
	v := l.Version.ID
	waits, err := d.change(t, l, listing.StepConsent, func(c *listing.Claims) { c.Consent.Board = "Second board" })
	if !waits || err != nil {
		t.Fatalf("changed consent waits: %v (err: %v)", waits, err)
	}
	listingtest.Check(t, d.db, d.second, v)
	it, err := reviews.Item(ctx, d.second, v)
	if err != nil || !it.Waits {
		t.Fatalf("before the suspension the changed claims wait: %v (err: %v)", it.Waits, err)
	}
	ruling := listing.Ruling{Version: v, RootDigest: it.Dossier.Version.RootDigest, ClaimsDigest: it.Claims.Digest, Outcome: listing.Approves}
	if err := d.listings.Suspend(ctx, d.reviewer, v, "The license was not stated correctly."); err != nil {
		t.Fatal(err)
	}

	if _, err := d.listings.Decide(ctx, d.second, ruling); errs.KindOf(err) != errs.Conflict || !strings.Contains(errs.MessageOf(err), "suspended") {
		t.Errorf("decided while it is suspended: %v, want a conflict that says so", err)
	}
	if err := reviews.Claim(ctx, d.second, v); errs.KindOf(err) != errs.Conflict {
		t.Errorf("taken while it is suspended: %v, want a conflict", err)
	}
	if list, err := reviews.Queue(ctx, d.second, review.Filter{}); err != nil || len(list) != 0 {
		t.Errorf("the queue has %d entries while it is suspended, want none (err: %v)", len(list), err)
	}
	bare := `INSERT INTO decision (id, organization_id, version_id, claims_id, root_digest, claims_digest, kind, outcome, reviewer_id)
		SELECT gen_random_uuid(), v.organization_id, v.id, c.id, v.root_digest, c.claims_digest, 'review', 'approve', assay_user()
		FROM version v JOIN listing_claims c ON c.amends_version = v.id WHERE v.id = $1`
	if err := d.in(t, d.second, bare, v); err == nil || !strings.Contains(err.Error(), "suspended version") {
		t.Errorf("the bare decision: %v, want refused by the database", err)
	}

	if err := d.listings.Restore(ctx, d.second, v); err != nil {
		t.Fatal(err)
	}
	if it, err = reviews.Item(ctx, d.second, v); err != nil || !it.Waits || it.Missing().Unchecked == 0 {
		t.Errorf("back on offer: waits %v with %d unchecked, want all (err: %v)", it.Waits, it.Missing().Unchecked, err)
	}
	listingtest.Rule(t, d.db, d.second, v, listing.Approves)
	now, err := d.listings.Version(ctx, d.seller.Owner, v)
	if err != nil || now.Claims.Claims.Consent.Board != "Second board" || now.Amendment != nil {
		t.Errorf("after approval the board is %q (err: %v)", now.Claims.Claims.Consent.Board, err)
	}
}

// What goes on offer without a reviewer asks of its seller what publishing asks.
func TestClaimsGoOnOfferOnlyForWhoMayPublish(t *testing.T) {
	t.Parallel()
	title := func(c *listing.Claims) { c.Basics.Title = "A wholly new title of the data set" }
	for _, c := range []struct {
		name  string
		fall  func(d desk, l listing.Dossier)
		words string
	}{
		{"a suspended seller", func(d desk, _ listing.Dossier) { d.level(t, "suspended") }, "not verified"},
		{"three strikes", func(d desk, l listing.Dossier) {
			for range 3 {
				d.struck(t, l)
			}
		}, "three strikes"},
	} {
		d := newDesk(t)
		l := d.live(t)
		c.fall(d, l)
		if _, err := d.change(t, l, listing.StepBasics, title); errs.KindOf(err) != errs.Conflict || !strings.Contains(errs.MessageOf(err), c.words) {
			t.Errorf("%s: a new title goes on offer with %v, want a conflict that names %q", c.name, err, c.words)
		}
	}
	d := newDesk(t)
	l := d.live(t)
	if waits, err := d.change(t, l, listing.StepBasics, title); waits || err != nil {
		t.Errorf("who may publish: a new title waits %v, %v; want it on offer", waits, err)
	}
}

// The audit held the files against the de-identification claim that is live:
// another one goes with a new version, and no approval puts it on the old files.
func TestDeidentificationOfALiveVersionChangesWithItsFiles(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	l := d.live(t)
	_, err := d.change(t, l, listing.StepDeidentification, func(c *listing.Claims) {
		c.Deidentification.Codes = []listing.DeidCode{listing.BasicProfile, listing.RetainModifiedDates, "113111"}
	})
	if errs.KindOf(err) != errs.Conflict || !strings.Contains(errs.MessageOf(err), "new version") {
		t.Errorf("a changed de-identification claim: %v, want a conflict that names a new version", err)
	}
	// as if it had been sent before this was refused
	if err := d.in(t, d.seller.Owner, `UPDATE listing_claims SET frozen_at = now(), submitted_at = now(), amends_version = $1
		WHERE listing_id = $2 AND frozen_at IS NULL`, l.Version.ID, l.Listing.ID); err != nil {
		t.Fatal(err)
	}
	listingtest.Check(t, d.db, d.second, l.Version.ID)
	it, err := review.New(d.db, d.listings, time.Now).Item(t.Context(), d.second, l.Version.ID)
	if err != nil {
		t.Fatal(err)
	}
	ruling := listing.Ruling{Version: l.Version.ID, RootDigest: it.Dossier.Version.RootDigest, ClaimsDigest: it.Claims.Digest, Outcome: listing.Approves}
	if _, err := d.listings.Decide(t.Context(), d.second, ruling); errs.KindOf(err) != errs.Conflict || !strings.Contains(errs.MessageOf(err), "new version") {
		t.Errorf("approved by a reviewer: %v, want refused by the database", err)
	}
	ruling.Outcome, ruling.Reason = listing.AsksForChanges, "Send a new version with this claim."
	if _, err := d.listings.Decide(t.Context(), d.second, ruling); err != nil {
		t.Errorf("returned by a reviewer: %v", err)
	}
}
