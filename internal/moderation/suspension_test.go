package moderation_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/account"
	"assay/internal/account/accounttest"
	"assay/internal/id"
	"assay/internal/listing"
	"assay/internal/listing/listingtest"
	"assay/internal/moderation"
	"assay/internal/notice"
	"assay/internal/postgres"
	"assay/internal/review"
)

// mayRelease gives the seller what approval at once asks for besides another
// approved listing.
func (d desk) mayRelease(t *testing.T) {
	t.Helper()
	request, document := id.New[string](), id.New[string]()
	for _, x := range []struct {
		as   postgres.Actor
		sql  string
		args []any
	}{
		{d.seller.Owner, `INSERT INTO verification_request (id, organization_id) VALUES ($1, $2)`, []any{request, d.seller.ID}},
		{d.seller.Owner, `INSERT INTO vault_document (id, organization_id, kind, title) VALUES ($1, $2, 'authorization_to_license', 'A')`, []any{document, d.seller.ID}},
		{d.seller.Owner, `INSERT INTO vault_version (document_id, number, organization_id, name, media_type, size_bytes, sha256, blob_key, key_id, uploaded_by)
			VALUES ($1, 1, $2, 'waiver.pdf', 'application/pdf', 10, repeat('ab', 32), 'k', repeat('0', 16), $3)`, []any{document, d.seller.ID, d.seller.Owner.User}},
		{d.seller.Owner, `UPDATE vault_version SET submitted_at = now() WHERE document_id = $1`, []any{document}},
		{d.seller.Owner, `INSERT INTO verification_document (request_id, organization_id, document_id, number, kind) VALUES ($1, $2, $3, 1, 'rights')`, []any{request, d.seller.ID, document}},
		{d.seller.Owner, `UPDATE verification_request SET state = 'submitted', submitted_at = now(), submitted_by = $2 WHERE id = $1`, []any{request, d.seller.Owner.User}},
		{d.reviewer, `UPDATE verification_document SET verdict = 'accepted' WHERE request_id = $1`, []any{request}},
	} {
		if err := d.in(t, x.as, x.sql, x.args...); err != nil {
			t.Fatal(err)
		}
	}
}

// A seller who may skip review does so only for a listing that no report is
// about: not while one is open or was upheld with consequences, and never in
// the place of a suspended version, be it with the very same bytes. The
// database refuses the decision too.
func TestNobodySkipsReviewPastAReportOrASuspension(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var offered []listing.Dossier // approved by reviewers, before the seller may skip them
	for range 6 {
		offered = append(offered, d.live(t))
	}
	d.mayRelease(t)
	submit := func(l listing.Dossier) listing.Version {
		t.Helper()
		next := listingtest.Advance(t, d.db, d.seller, listing.Description{Listing: l.Listing}, listing.Passed)
		v, err := d.listings.Submit(t.Context(), d.seller.Owner, next.Version.ID)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for i, c := range []struct {
		name string
		what func(l listing.Dossier)
		want listing.State
	}{
		{"nothing was reported", func(listing.Dossier) {}, listing.Approved},
		{"a report is open", func(l listing.Dossier) { d.report(t, report(l, "rights_not_held")) }, listing.InReview},
		{"a report was dismissed", func(l listing.Dossier) {
			d.decide(t, moderation.Decision{Flag: d.claimed(t, l, "rights_not_held"), Outcome: moderation.Dismissed})
		}, listing.Approved},
		{"a report was upheld and asks for changes", func(l listing.Dossier) {
			d.decide(t, moderation.Decision{Flag: d.claimed(t, l, "rights_not_held"), Outcome: moderation.Upheld, Act: moderation.Changes})
		}, listing.InReview},
		{"a report was upheld and suspends", func(l listing.Dossier) {
			d.decide(t, moderation.Decision{Flag: d.claimed(t, l, "rights_not_held"), Outcome: moderation.Upheld, Act: moderation.Suspend})
		}, listing.InReview},
		{"a reviewer suspended it", func(l listing.Dossier) {
			if err := d.listings.Suspend(t.Context(), d.reviewer, l.Version.ID, "The license was not stated correctly."); err != nil {
				t.Fatal(err)
			}
		}, listing.InReview},
	} {
		l := offered[i]
		c.what(l)
		v := submit(l)
		if v.State != c.want {
			t.Errorf("%s: a new version of the same bytes is %s, want %s", c.name, v.State, c.want)
		}
		if c.want != listing.InReview {
			continue
		}
		err := d.in(t, d.seller.Owner, `INSERT INTO decision (id, organization_id, version_id, claims_id, root_digest, claims_digest, kind, outcome)
			SELECT gen_random_uuid(), v.organization_id, v.id, c.id, v.root_digest, c.claims_digest, 'automatic', 'approve'
			FROM version v JOIN listing_claims c ON c.id = v.claims_id WHERE v.id = $1`, v.ID)
		if !postgres.IsRefused(err) {
			t.Errorf("%s: the bare decision: %v, want refused by the database", c.name, err)
		}
	}
}

// What was approved before a suspension does not take the place of the
// tombstone: it goes back to the reviewers, its plan waits, and after a new
// approval the plan is carried out.
func TestVersionApprovedBeforeASuspensionIsReviewedAgain(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.listings = d.listings.Notifying(review.Letters{})
	d.flags = moderation.New(d.db, d.listings, make([]byte, 32), time.Now)
	ctx := t.Context()
	for _, c := range []struct {
		name  string
		state listing.State
		plan  bool
	}{{"planned at once", listing.InReview, true}, {"kept back until a day", listing.Embargoed, false}, {"approved", listing.Approved, false}} {
		l := d.live(t)
		next := listingtest.Advance(t, d.db, d.seller, listing.Description{Listing: l.Listing}, c.state)
		v := next.Version.ID
		if c.plan {
			if err := d.listings.PlanPublishing(ctx, d.seller.Owner, v, listing.AtOnce, time.Time{}); err != nil {
				t.Fatal(err)
			}
			listingtest.Rule(t, d.db, d.second, v, listing.Approves)
		}
		told := d.notices(t, notice.VersionReturned)
		flag := d.claimed(t, l, "rights_not_held")
		d.decide(t, moderation.Decision{Flag: flag, Outcome: moderation.Upheld, Act: moderation.Suspend})
		n, err := d.listings.PublishDue(ctx, listingtest.Worker)
		back, _ := d.listings.Version(ctx, d.second, v)
		if n != 0 || err != nil || back.Version.State != listing.InReview {
			t.Fatalf("%s: after the suspension %d went live and it is %s, want in review (err: %v)", c.name, n, back.Version.State, err)
		}
		if got := d.notices(t, notice.VersionReturned) - told; got != 1 {
			t.Errorf("%s: its seller is told %d times, want once", c.name, got)
		}
		it, err := review.New(d.db, d.listings, time.Now).Item(ctx, d.second, v)
		if err != nil || it.Missing().Unchecked == 0 {
			t.Errorf("%s: what was checked before the suspension counts (err: %v)", c.name, err)
		}
		listingtest.Check(t, d.db, d.second, v)
		if c.plan { // nothing moves by the old approval
			if err := d.in(t, d.second, `UPDATE version SET state = 'approved', last_event = 'approve' WHERE id = $1`, v); err != nil {
				t.Fatal(err)
			}
			err = d.in(t, d.seller.Owner, `UPDATE version SET state = 'live', last_event = 'publish' WHERE id = $1`, v)
			if !postgres.IsRefused(err) {
				t.Errorf("%s: put on offer by the approval of before: %v, want refused by the database", c.name, err)
			}
			continue
		}
		listingtest.Rule(t, d.db, d.second, v, listing.Approves)
		if err := d.listings.Publish(ctx, d.seller.Owner, v); err != nil {
			t.Errorf("%s: approved since: %v", c.name, err)
		}
	}
}

// A version that is sent in and one that is suspended at the same time never
// lead to an approval that no reviewer gave.
func TestSkippingReviewAndSuspendingAtOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var offered []listing.Dossier
	for range 10 {
		offered = append(offered, d.live(t))
	}
	d.mayRelease(t)
	for _, l := range offered {
		next := listingtest.Advance(t, d.db, d.seller, listing.Description{Listing: l.Listing}, listing.Passed)
		suspended := make(chan error)
		go func() {
			suspended <- d.listings.Suspend(t.Context(), d.reviewer, l.Version.ID, "The license was not stated correctly.")
		}()
		_, sent := d.listings.Submit(t.Context(), d.seller.Owner, next.Version.ID)
		if err := <-suspended; err != nil || sent != nil {
			t.Fatalf("suspend: %v, submit: %v", err, sent)
		}
		v, err := d.listings.Version(t.Context(), d.seller.Owner, next.Version.ID)
		if err != nil || v.Version.State != listing.InReview {
			t.Fatalf("the new version is %s, want in review (err: %v)", v.Version.State, err)
		}
	}
}

// level has the reviewer give the seller a level.
func (d desk) level(t *testing.T, level string) {
	t.Helper()
	err := d.db.InTx(t.Context(), d.reviewer, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), `INSERT INTO verification (id, organization_id, level, reason, decided_by) VALUES ($1, $2, $3, 'For a test.', $4)`,
			id.New[id.Verification](), d.seller.ID, level, d.reviewer.User)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A plan is carried out only while whoever made it may publish; three strikes
// and a lost right are told as what they are.
func TestPlansAreHeldForTheirTrueReason(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	for _, c := range []struct {
		name string
		plan func(d desk, by postgres.Actor, v id.Version) error
		fall func(d desk, by postgres.Actor, l listing.Dossier)
		want listing.Failure
	}{
		{"three strikes", planAtOnce, func(d desk, _ postgres.Actor, l listing.Dossier) {
			for range 3 {
				d.struck(t, l)
			}
		}, listing.Strikes},
		{"who planned it left", planAtOnce, func(d desk, by postgres.Actor, _ listing.Dossier) {
			d.exec(t, `DELETE FROM membership WHERE user_id = $1`, by.User)
		}, listing.NotAllowed},
		{"who planned it may only edit", planAtOnce, func(d desk, by postgres.Actor, _ listing.Dossier) {
			d.exec(t, `UPDATE membership SET role = 'editor' WHERE user_id = $1`, by.User)
		}, listing.NotAllowed},
		{"who set the day of the embargo may not publish", func(d desk, by postgres.Actor, v id.Version) error {
			listingtest.Rule(t, d.db, d.second, v, listing.Approves)
			err := d.listings.Embargo(t.Context(), by, v, time.Now().AddDate(0, 0, 1))
			d.exec(t, `UPDATE version SET embargo_until = current_date - 1 WHERE id = $1`, v)
			return err
		}, func(d desk, by postgres.Actor, _ listing.Dossier) {
			d.exec(t, `UPDATE membership SET may_publish = false WHERE user_id = $1`, by.User)
		}, listing.NotAllowed},
		{"who planned it still may", planAtOnce, func(desk, postgres.Actor, listing.Dossier) {}, ""},
	} {
		d := newDesk(t)
		l := d.live(t)
		by := accounttest.Member(t, d.db, d.seller.ID, account.Admin)
		next := listingtest.Version(t, d.db, d.seller, listing.InReview)
		if err := c.plan(d, by, next.Version.ID); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if v, _ := d.listings.Version(ctx, d.second, next.Version.ID); v.Version.State == listing.InReview {
			listingtest.Rule(t, d.db, d.second, next.Version.ID, listing.Approves)
		}
		c.fall(d, by, l)
		n, err := d.listings.PublishDue(ctx, listingtest.Worker)
		v, _ := d.listings.Version(ctx, d.seller.Owner, next.Version.ID)
		if err != nil || (n == 1) != (c.want == "") || v.Version.PublishFailure != c.want {
			t.Errorf("%s: %d went live, held for %q, want %q (err: %v)", c.name, n, v.Version.PublishFailure, c.want, err)
		}
	}
}

func planAtOnce(d desk, by postgres.Actor, v id.Version) error {
	return d.listings.PlanPublishing(context.Background(), by, v, listing.AtOnce, time.Time{})
}

// exec changes the database past every trigger and policy.
func (d desk) exec(t *testing.T, sql string, args ...any) {
	t.Helper()
	c, err := pgx.Connect(t.Context(), d.super)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(t.Context())
	if _, err := c.Exec(t.Context(), `SET session_replication_role = replica`); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Exec(t.Context(), sql, args...); err != nil {
		t.Fatal(err)
	}
}
