package moderation_test

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"assay/internal/catalog"
	"assay/internal/errs"
	"assay/internal/listing"
	"assay/internal/listing/listingtest"
	"assay/internal/postgres"
)

// otherBytes brings a new version with files of its own to approved.
func (d desk) otherBytes(t *testing.T, l listing.Dossier) listing.Version {
	t.Helper()
	ctx, s := t.Context(), d.listings
	v := listingtest.Begin(t, d.db, d.seller.Owner, listing.Description{Listing: l.Listing})
	result := listingtest.Result(0)
	result.Manifest[0].SHA256 = strings.Repeat("cd", 32)
	for _, step := range []struct {
		as postgres.Actor
		do func(tx pgx.Tx) error
	}{
		{d.seller.Owner, func(tx pgx.Tx) error { return s.Queue(ctx, tx, d.seller.Owner, v.ID) }},
		{listingtest.Worker, func(tx pgx.Tx) error { _, _, err := s.StartAudit(ctx, tx, listingtest.Worker, v.ID); return err }},
		{listingtest.Worker, func(tx pgx.Tx) error { _, err := s.FinishAudit(ctx, tx, listingtest.Worker, v.ID, result); return err }},
	} {
		if err := d.db.InTx(ctx, step.as, step.do); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Submit(ctx, d.seller.Owner, v.ID); err != nil {
		t.Fatal(err)
	}
	listingtest.Rule(t, d.db, d.second, v.ID, listing.Approves)
	return v
}

// A suspended version returns neither under a newer one that has been on offer,
// withdrawn or not, nor for a suspended seller; the refusal says which. The
// newest that was on offer returns, and the public audit is the one of its
// files.
func TestSuspendedVersionReturnsOnlyToWhereItWas(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	do := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	refused := func(name string, v listing.Dossier, words string) {
		t.Helper()
		err := d.listings.Restore(ctx, d.second, v.Version.ID)
		if errs.KindOf(err) != errs.Conflict || !strings.Contains(errs.MessageOf(err), words) {
			t.Errorf("%s: restored with %v, want a conflict that names %q", name, err, words)
		}
	}
	l := d.live(t)
	do(d.listings.Suspend(ctx, d.reviewer, l.Version.ID, "The license was not stated correctly."))
	v := d.otherBytes(t, l)
	do(d.listings.Publish(ctx, d.seller.Owner, v.ID))
	refused("under a newer live one", l, "newer version")

	do(d.listings.Suspend(ctx, d.reviewer, v.ID, "The license was not stated correctly."))
	refused("under a newer suspended one", l, "newer version")
	do(d.listings.Restore(ctx, d.second, v.ID))
	e, err := catalog.NewStore(d.db).Get(ctx, l.Listing.Slug)
	do(err)
	a, err := catalog.NewStore(d.db).Audit(ctx, e, 0)
	if err != nil || a.RootDigest != e.Detail.Audit.RootDigest || a.Version != v.Number || e.LiveNumber() != v.Number {
		t.Errorf("the public audit is of version %d and files %.8s, on offer are version %d and files %.8s (err: %v)",
			a.Version, a.RootDigest, e.LiveNumber(), e.Detail.Audit.RootDigest, err)
	}

	do(d.listings.Withdraw(ctx, d.seller.Owner, v.ID, "A site took back its consent."))
	refused("under a newer one that its seller withdrew", l, "newer version")

	other := d.live(t)
	do(d.listings.Suspend(ctx, d.reviewer, other.Version.ID, "The license was not stated correctly."))
	d.level(t, "suspended")
	refused("for a suspended seller", other, "suspended")
	bare := `UPDATE version SET state = 'live', last_event = 'restore' WHERE id = $1`
	if err := d.in(t, d.second, bare, other.Version.ID); !postgres.IsRefused(err) {
		t.Errorf("the bare statement: %v, want refused by the database", err)
	}
}
