package review_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"assay/internal/account/accounttest"
	"assay/internal/catalog"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/listing"
	"assay/internal/listing/listingtest"
	"assay/internal/review"
)

// tearing is the catalog until it is told of one version.
type tearing struct {
	catalog.Publisher
	at id.Version
}

func (c tearing) TakenDown(ctx context.Context, tx pgx.Tx, d listing.TakenDown) error {
	if d.Version.ID == c.at {
		return errors.New("the catalog is torn")
	}
	return c.Publisher.TakenDown(ctx, tx, d)
}

// A fault of ours in the middle of an order is returned with what became of
// each item: what was done stands as done, the rest was not tried.
func TestOrderThatBreaksOffSaysWhatWasDone(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	org := accounttest.Seller(t, d.db)
	var versions []id.Version
	for range 3 {
		v := listingtest.Version(t, d.db, org, listing.Approved).Version.ID
		if err := d.listings.Publish(t.Context(), org.Owner, v); err != nil {
			t.Fatal(err)
		}
		versions = append(versions, v)
	}
	torn := review.New(d.db, listing.New(d.db, tearing{at: versions[1]}, time.Now), time.Now)
	items, err := torn.Select(t.Context(), d.reviewer, versions)
	if err != nil {
		t.Fatal(err)
	}
	done, err := torn.Bulk(t.Context(), d.reviewer, review.Order{Act: review.BulkSuspend, Items: items, Reason: review.Reasons[0].Value, Comment: "Taken down for a test."})
	if err == nil || errs.KindOf(err) != errs.Internal || len(done) != 3 {
		t.Fatalf("%d items, %v; want three and the fault", len(done), err)
	}
	var got []listing.State
	for i, v := range versions {
		if (done[i].Err == nil) != (i == 0) {
			t.Errorf("item %d: %v", i+1, done[i].Err)
		}
		got = append(got, d.item(t, v).Dossier.Version.State)
	}
	if diff := cmp.Diff([]listing.State{listing.Suspended, listing.Live, listing.Live}, got); diff != "" {
		t.Error(diff)
	}
	if errs.KindOf(done[2].Err) != errs.Unavailable {
		t.Errorf("the last item: %v, want it not tried", done[2].Err)
	}
}
