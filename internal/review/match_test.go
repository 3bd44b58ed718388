package review_test

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"assay/internal/account"
	"assay/internal/account/accounttest"
	"assay/internal/errs"
	"assay/internal/listing"
	"assay/internal/listing/listingtest"
	"assay/internal/postgres"
)

// match notes that a version holds images of others.
func (d desk) match(t *testing.T, v listing.Dossier, images int) {
	t.Helper()
	err := d.db.InTx(t.Context(), listingtest.Worker, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), `INSERT INTO pixel_match (report_id, version_id, organization_id, images, listings, organizations)
			VALUES (@report, @version, @organization, @images, 1, 1)`,
			pgx.NamedArgs{"report": v.Report.ID, "version": v.Version.ID, "organization": v.Version.Organization, "images": images})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestReviewersSeeWhatEqualsOthers(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	org := accounttest.Seller(t, d.db)
	waits := listingtest.Version(t, d.db, org, listing.InReview)
	d.match(t, waits, 5)
	live := listingtest.Version(t, d.db, org, listing.Live) // approved, perhaps without a reviewer
	d.match(t, live, 7)
	d.match(t, listingtest.Version(t, d.db, org, listing.Live), 0)
	d.match(t, listingtest.Version(t, d.db, org, listing.Flagged), 9) // not submitted

	list, err := d.reviews.Matches(t.Context(), d.reviewer)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]int{}
	for _, m := range list {
		found[string(m.Version)] = m.Images
	}
	if len(list) != 2 || found[string(waits.Version.ID)] != 5 || found[string(live.Version.ID)] != 7 {
		t.Errorf("the desk lists %v, want the one in review and the one that is live", list)
	}
	if it := d.item(t, waits.Version.ID); it.Match == nil || it.Match.Images != 5 || it.Match.Organizations != 1 {
		t.Errorf("the page of the version says %+v", it.Match)
	}
}

// Neither the seller nor a reviewer who belongs to the seller is told, whatever
// page or statement they use.
func TestSellersDoNotSeeWhatEqualsOthers(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	org := accounttest.Seller(t, d.db)
	waits := listingtest.Version(t, d.db, org, listing.InReview)
	d.match(t, waits, 5)
	inside := accounttest.Member(t, d.db, org.ID, account.Viewer)
	own := postgres.Actor{User: inside.User, Platform: postgres.Reviewer}

	if _, err := d.reviews.Matches(t.Context(), org.Owner); errs.KindOf(err) != errs.NotFound {
		t.Errorf("Matches for the seller: %v, want NotFound", err)
	}
	list, err := d.reviews.Matches(t.Context(), own)
	if err != nil || len(list) != 0 {
		t.Errorf("a reviewer of the seller's own sees %v (%v)", list, err)
	}
	if it, err := d.reviews.Item(t.Context(), own, waits.Version.ID); err != nil || it.Match != nil {
		t.Errorf("a reviewer of the seller's own reads %+v (%v)", it.Match, err)
	}
	for name, a := range map[string]postgres.Actor{"the seller": org.Owner, "a reviewer of the seller's own": own, "a stranger": accounttest.Organization(t, d.db).Owner, "the public": {}} {
		for _, table := range []string{"pixel_match", "pixel_index"} {
			n := 0
			err := d.db.InTx(t.Context(), a, func(tx pgx.Tx) error {
				return tx.QueryRow(t.Context(), "SELECT count(*) FROM "+table).Scan(&n)
			})
			if err != nil || n != 0 {
				t.Errorf("%s sees %d rows of %s (%v)", name, n, table, err)
			}
		}
	}
}
