package catalog_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"assay/internal/account/accounttest"
	"assay/internal/catalog"
	"assay/internal/errs"
	"assay/internal/listing"
	"assay/internal/listing/listingtest"
	"assay/internal/postgres"
	"assay/internal/postgres/postgrestest"
)

// releases are a seller, a data set, and what brings versions of it on offer.
type releases struct {
	t     *testing.T
	db    *postgres.DB
	s     *listing.Service
	store *catalog.Store
	org   accounttest.Org
	d     listing.Description
}

func newReleases(t *testing.T) *releases {
	t.Helper()
	db := postgrestest.New(t)
	org := accounttest.Seller(t, db)
	return &releases{t, db, listing.New(db, catalog.Publisher{}, time.Now), catalog.NewStore(db), org, listingtest.Complete(t, db, org.Owner)}
}

// approved brings a new version as far as an approval.
func (r *releases) approved() listing.Version {
	r.t.Helper()
	v := passWith(r.t, r.db, r.org.Owner, r.d, measuredReport())
	_, err := r.s.Submit(r.t.Context(), r.org.Owner, v.ID)
	r.must(err)
	listingtest.Rule(r.t, r.db, accounttest.Reviewer(r.t, r.db), v.ID, listing.Approves)
	return v
}

func (r *releases) live() listing.Version {
	r.t.Helper()
	v := r.approved()
	r.must(r.s.Publish(r.t.Context(), r.org.Owner, v.ID))
	return v
}

func (r *releases) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *releases) release(number int) (catalog.Released, error) {
	_, v, err := r.store.Release(r.t.Context(), r.d.Listing.Slug, number)
	return v, err
}

func TestAVersionKeepsWhatBuyersReadOfItWhenTheNextTakesItsPlace(t *testing.T) {
	t.Parallel()
	r := newReleases(t)
	first := r.live()
	before, err := r.release(1)
	r.must(err)
	if before.State != listing.Live || before.Entry == nil || before.Entry.Detail.LicenseName == "" || before.RootDigest == "" || before.Newest != 1 {
		t.Fatalf("the version on offer: %+v", before)
	}
	claims := listingtest.Claims()
	claims.Basics.Title = "Chest CT, second edition"
	claims.License.Name = "Another license"
	r.d = listingtest.Save(t, r.db, r.org.Owner, r.d, claims)
	r.live()

	then, err := r.release(1)
	r.must(err)
	if then.State != listing.Superseded || then.Newest != 2 || then.Entry == nil {
		t.Fatalf("the first version: %+v", then)
	}
	if then.Entry.Title != before.Entry.Title || then.Entry.Detail.LicenseName != before.Entry.Detail.LicenseName || then.ClaimsDigest != before.ClaimsDigest || then.RootDigest != before.RootDigest {
		t.Errorf("version 1 reads %q under %q now, %q under %q before", then.Entry.Title, then.Entry.Detail.LicenseName, before.Entry.Title, before.Entry.Detail.LicenseName)
	}
	now, err := r.release(2)
	r.must(err)
	if now.State != listing.Live || now.Entry.Title != "Chest CT, second edition" || now.Entry.Detail.LicenseName != "Another license" || now.Note != "Changed for a test." {
		t.Errorf("version 2: %s %q under %q, note %q", now.State, now.Entry.Title, now.Entry.Detail.LicenseName, now.Note)
	}
	if d, err := r.s.Version(t.Context(), r.org.Owner, first.ID); err != nil || d.Version.State != listing.Superseded {
		t.Errorf("the seller's version 1 is %s, %v", d.Version.State, err)
	}
}

func TestAVersionThatWasNeverOnOfferIsNotThere(t *testing.T) {
	t.Parallel()
	r := newReleases(t)
	_, err := r.release(1)
	if errs.KindOf(err) != errs.NotFound {
		t.Errorf("a data set that was never on offer: %v", err)
	}
	r.live()
	kept := r.approved()
	_, approved := r.release(2)
	r.must(r.s.Embargo(t.Context(), r.org.Owner, kept.ID, time.Now().AddDate(0, 1, 0)))
	_, embargoed := r.release(2)
	for name, err := range map[string]error{"approved": approved, "under embargo": embargoed} {
		if errs.KindOf(err) != errs.NotFound || errs.MessageOf(err) != "There is no version 2 of a data set at this address." {
			t.Errorf("%s: %v", name, err)
		}
	}
	now, err := r.release(1)
	r.must(err)
	if now.Newest != 1 {
		t.Errorf("the newest version that was on offer is %d, want 1", now.Newest)
	}
	if _, _, err := r.store.Release(t.Context(), "no-such-data-set", 1); errs.KindOf(err) != errs.NotFound {
		t.Errorf("another address: %v", err)
	}
}

func TestAVersionTakenDownKeepsItsReasonAndComesBack(t *testing.T) {
	t.Parallel()
	r := newReleases(t)
	ctx, reviewer := t.Context(), accounttest.Reviewer(t, r.db)
	v := r.live()
	r.must(r.s.Suspend(ctx, reviewer, v.ID, "A buyer reported a name in an image."))
	down, err := r.release(1)
	r.must(err)
	if down.State != listing.Suspended || down.Reason != "A buyer reported a name in an image." || down.Entry == nil || down.Entry.State != catalog.Live {
		t.Errorf("suspended: %+v", down)
	}
	r.must(r.s.Restore(ctx, reviewer, v.ID))
	if back, err := r.release(1); err != nil || back.State != listing.Live || back.Reason != "" {
		t.Errorf("restored: %s %q, %v", back.State, back.Reason, err)
	}
	r.must(r.s.Withdraw(ctx, r.org.Owner, v.ID, "The hospital ended the contract."))
	r.live()
	if gone, err := r.release(1); err != nil || gone.State != listing.Withdrawn || gone.Reason != "The hospital ended the contract." || gone.Newest != 2 {
		t.Errorf("withdrawn, with another version on offer: %+v, %v", gone, err)
	}
}

// Whatever the server may be talked into, the database keeps public versions to
// those that were on offer, and what was read of them as it was.
func TestTheDatabaseKeepsPublicVersionsTrue(t *testing.T) {
	t.Parallel()
	r := newReleases(t)
	r.live()
	r.live()
	waiting := r.approved()
	other := accounttest.Seller(t, r.db)
	args := pgx.NamedArgs{"listing": r.d.Listing.ID, "organization": r.org.ID, "waiting": waiting.ID, "root": listingtest.Result(0).Manifest.RootDigest()}
	for _, tt := range []struct {
		name, want, sql string
		by              postgres.Actor
	}{
		{"a version that is only approved", "catalog_version_released", `
INSERT INTO catalog_version (listing_id, organization_id, number, version_id, state, released_at, change_note, root_digest, claims_digest)
VALUES (@listing, @organization, 3, @waiting, 'live', now(), '', @root, @root)`, r.org.Owner},
		{"another description of a superseded version", "catalog_version_stays", `UPDATE catalog_version SET entry = '{}' WHERE listing_id = @listing AND number = 1`, r.org.Owner},
		{"another license of a superseded version", "catalog_version_stays", `UPDATE catalog_version SET entry = jsonb_set(entry, '{detail,license_name}', '"Mine"') WHERE listing_id = @listing AND number = 1`, r.org.Owner},
		{"a description of the live version", "catalog_version_stays", `UPDATE catalog_version SET entry = '{}' WHERE listing_id = @listing AND number = 2`, r.org.Owner},
		{"a state that it has not", "catalog_version_released", `UPDATE catalog_version SET state = 'withdrawn', state_reason = 'x' WHERE listing_id = @listing AND number = 1`, r.org.Owner},
		{"other files", "permission", `UPDATE catalog_version SET root_digest = @root WHERE listing_id = @listing`, r.org.Owner},
		{"a row gone", "permission", `DELETE FROM catalog_version WHERE listing_id = @listing`, r.org.Owner},
		{"a stranger writes", "", `UPDATE catalog_version SET state_at = now() WHERE listing_id = @listing`, other.Owner},
	} {
		var rows int64
		err := r.db.InTx(context.Background(), tt.by, func(tx pgx.Tx) error {
			tag, err := tx.Exec(t.Context(), tt.sql, args)
			rows = tag.RowsAffected()
			return err
		})
		switch {
		case tt.want == "" && (err != nil || rows != 0):
			t.Errorf("%s: %d rows, %v; want none", tt.name, rows, err)
		case tt.want != "" && refusedBy(err) != tt.want:
			t.Errorf("%s: %v, want %s", tt.name, err, tt.want)
		}
	}
}

// refusedBy names the constraint that refused, or says that it was a missing
// permission.
func refusedBy(err error) string {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return ""
	}
	if pg.Code == "42501" {
		return "permission"
	}
	return pg.ConstraintName
}
