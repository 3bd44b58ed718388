package listing_test

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/account/accounttest"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/listing"
	"assay/internal/listing/listingtest"
	"assay/internal/postgres"
	"assay/internal/postgres/postgrestest"
)

// draftBeside leaves an empty draft after a version: an upload begun and given
// up.
func draftBeside(t testing.TB, db *postgres.DB, org accounttest.Org, of listing.Dossier) id.Version {
	t.Helper()
	begun := listingtest.Begin(t, db, org.Owner, listing.Description{Listing: of.Listing})
	err := db.InTx(t.Context(), org.Owner, func(tx pgx.Tx) error {
		return listingtest.Service(db).CancelUpload(t.Context(), tx, org.Owner, begun.ID)
	})
	if err != nil {
		t.Fatal(err)
	}
	return begun.ID
}

// An upload that was begun and given up keeps no audited version back: it is
// submitted, reviewed and published beside the empty draft, which the next
// upload takes up again.
func TestGivenUpUploadKeepsNothingBack(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	org := accounttest.Seller(t, db)
	s := listing.New(db, nil, time.Now)
	ctx := t.Context()
	passed := listingtest.Version(t, db, org, listing.Passed)
	d := listing.Description{Listing: passed.Listing}
	begun := listingtest.Begin(t, db, org.Owner, d)
	if _, err := s.Submit(ctx, org.Owner, passed.Version.ID); errs.KindOf(err) != errs.Conflict {
		t.Errorf("submitted while a newer upload runs: %v, want a conflict", err)
	}
	err := db.InTx(ctx, org.Owner, func(tx pgx.Tx) error { return s.CancelUpload(ctx, tx, org.Owner, begun.ID) })
	if err != nil {
		t.Fatal(err)
	}
	if v, err := s.Submit(ctx, org.Owner, passed.Version.ID); err != nil || v.State != listing.InReview {
		t.Fatalf("submitted after the upload was given up: %s (err: %v)", v.State, err)
	}
	start := func() (v listing.Version, err error) {
		err = db.InTx(ctx, org.Owner, func(tx pgx.Tx) error {
			v, err = s.StartVersion(ctx, tx, org.Owner, passed.Listing.ID, "")
			return err
		})
		return v, err
	}
	if _, err := start(); errs.KindOf(err) != errs.Conflict {
		t.Errorf("an upload begins beside a version in review: %v, want a conflict", err)
	}
	listingtest.Rule(t, db, accounttest.Reviewer(t, db), passed.Version.ID, listing.Approves)
	if err := s.Publish(ctx, org.Owner, passed.Version.ID); err != nil {
		t.Fatal(err)
	}
	if v, err := start(); err != nil || v.ID != begun.ID {
		t.Errorf("the next upload is version %d, want the draft of before, %d (err: %v)", v.Number, begun.Number, err)
	}
}
