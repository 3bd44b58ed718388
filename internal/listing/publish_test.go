package listing_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/account/accounttest"
	"assay/internal/listing"
	"assay/internal/listing/listingtest"
	"assay/internal/postgres/postgrestest"
)

// shelf is a catalog that remembers what it was told, and may refuse.
type shelf struct {
	published []listing.Published
	taken     []listing.TakenDown
	err       error
}

func (c *shelf) Published(_ context.Context, _ pgx.Tx, p listing.Published) error {
	c.published = append(c.published, p)
	return c.err
}

func (c *shelf) TakenDown(_ context.Context, _ pgx.Tx, t listing.TakenDown) error {
	c.taken = append(c.taken, t)
	return c.err
}

func TestPublishingSupersedesAndTellsTheCatalog(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	org := accounttest.Seller(t, db)
	catalog := &shelf{}
	s := listing.New(db, catalog, time.Now)
	first := listingtest.Version(t, db, org, listing.Live)
	second := listingtest.Advance(t, db, org, listing.Description{Listing: first.Listing}, listing.Approved)

	catalog.err = errors.New("the catalog is full")
	if err := s.Publish(t.Context(), org.Owner, second.Version.ID); err == nil {
		t.Fatal("Publish held although the catalog refused")
	}
	if d, _ := s.Version(t.Context(), org.Owner, first.Version.ID); d.Version.State != listing.Live {
		t.Errorf("after a refused publication the first version is %s, want live", d.Version.State)
	}

	catalog.err = nil
	if err := s.Publish(t.Context(), org.Owner, second.Version.ID); err != nil {
		t.Fatal(err)
	}
	if d, _ := s.Version(t.Context(), org.Owner, first.Version.ID); d.Version.State != listing.Superseded {
		t.Errorf("the first version is %s, want superseded", d.Version.State)
	}
	last := catalog.published[len(catalog.published)-1]
	if last.Version.ID != second.Version.ID || last.Version.State != listing.Live || last.Claims.ID != second.Claims.ID || last.Report.Verdict != "passed" {
		t.Errorf("the catalog was told of %+v", last)
	}

	if err := s.Withdraw(t.Context(), org.Owner, second.Version.ID, "The sites took back their consent."); err != nil {
		t.Fatal(err)
	}
	if len(catalog.taken) != 1 || catalog.taken[0].Version.Reason != "The sites took back their consent." {
		t.Errorf("the catalog was told of takedowns %+v", catalog.taken)
	}
}

func TestSuspendedVersionIsRestored(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	org := accounttest.Seller(t, db)
	reviewer := accounttest.Reviewer(t, db)
	s := listingtest.Service(db)
	d := listingtest.Version(t, db, org, listing.Suspended)
	if err := s.Restore(t.Context(), reviewer, d.Version.ID); err != nil {
		t.Fatal(err)
	}
	if got, _ := s.Version(t.Context(), org.Owner, d.Version.ID); got.Version.State != listing.Live {
		t.Errorf("restored version is %s, want live", got.Version.State)
	}
}

func TestDueEmbargoGoesLive(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	org := accounttest.Seller(t, db)
	d := listingtest.Version(t, db, org, listing.Embargoed)
	if n, err := listingtest.Service(db).PublishDue(t.Context(), listingtest.Worker); n != 0 || err != nil {
		t.Errorf("PublishDue before the day = %d, %v", n, err)
	}
	err := db.InTx(t.Context(), org.Owner, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), `UPDATE version SET embargo_until = (now() AT TIME ZONE 'UTC')::date WHERE id = $1`, d.Version.ID)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if n, err := listingtest.Service(db).PublishDue(t.Context(), listingtest.Worker); n != 1 || err != nil {
		t.Errorf("PublishDue on the day = %d, %v; want 1", n, err)
	}
}
