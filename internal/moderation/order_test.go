package moderation_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"

	"assay/internal/listing"
	"assay/internal/listing/listingtest"
	"assay/internal/moderation"
	"assay/internal/postgres/postgrestest"
	"assay/internal/review"
)

// A granted appeal locks the listing before its version, as everybody does:
// whoever has the listing gets the version too, and nobody waits in a circle.
func TestGrantedAppealWaitsForWhoHasTheListing(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	l := d.live(t)
	if err := d.listings.Suspend(ctx, d.reviewer, l.Version.ID, "Suspended for a test."); err != nil {
		t.Fatal(err)
	}
	key := d.appeal(t, moderation.OfSuspension, d.subject(t, moderation.OfSuspension))
	var ruled error
	done := make(chan struct{})
	err := d.db.InTx(ctx, listingtest.Worker, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT FROM listing WHERE id = $1 FOR UPDATE`, l.Listing.ID); err != nil {
			return err
		}
		go func() {
			defer close(done)
			ruled = d.flags.Rule(ctx, d.second, key, moderation.Ruling{Outcome: moderation.Granted, Reason: "The letter of March was overlooked."})
		}()
		postgrestest.AwaitLock(t, d.db, done)
		_, err := tx.Exec(ctx, `SELECT FROM version WHERE id = $1 FOR UPDATE NOWAIT`, l.Version.ID)
		return err
	})
	<-done
	if err != nil || ruled != nil {
		t.Errorf("who has the listing locks its version: %v; the ruling: %v", err, ruled)
	}
}

// beside runs fn in the transaction that approves a version, after the
// decision and before the end.
type beside struct {
	review.Letters
	fn func()
}

func (b beside) Moved(ctx context.Context, tx pgx.Tx, v listing.Version, by listing.Event) error {
	if by == listing.Approve {
		b.fn()
	}
	return b.Letters.Moved(ctx, tx, v, by)
}

// An approval that commits beside a suspension of the version before counts as
// given before it: the new version is back with the reviewers, who can decide.
func TestApprovalBesideASuspensionIsGivenAgain(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	l := d.live(t)
	v := listingtest.Advance(t, d.db, d.seller, listing.Description{Listing: l.Listing}, listing.InReview).Version.ID
	listingtest.Check(t, d.db, d.second, v)
	seen, err := d.listings.Version(ctx, d.second, v)
	if err != nil {
		t.Fatal(err)
	}
	var suspended error
	done := make(chan struct{})
	approving := d.listings.Notifying(beside{fn: func() {
		go func() {
			defer close(done)
			suspended = d.listings.Suspend(ctx, d.reviewer, l.Version.ID, "The license was not stated correctly.")
		}()
		postgrestest.AwaitLock(t, d.db, done)
	}})
	_, err = approving.Decide(ctx, d.second, listing.Ruling{Version: v, RootDigest: seen.Version.RootDigest, ClaimsDigest: seen.Claims.Digest, Outcome: listing.Approves})
	<-done
	if err != nil || suspended != nil {
		t.Fatalf("approve: %v, suspend: %v", err, suspended)
	}
	if is := d.state(t, v); is != listing.InReview {
		t.Fatalf("the version is %s, want in review", is)
	}
	listingtest.Rule(t, d.db, d.second, v, listing.Approves)
	if err := d.listings.Publish(ctx, d.seller.Owner, v); err != nil {
		t.Errorf("approved since: %v", err)
	}
}
