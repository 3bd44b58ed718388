package moderation_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/catalog"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/listing"
	"assay/internal/moderation"
)

// tearing is the catalog until it is told of one listing.
type tearing struct {
	catalog.Publisher
	at id.Listing
}

func (c tearing) TakenDown(ctx context.Context, tx pgx.Tx, d listing.TakenDown) error {
	if d.Listing.ID == c.at {
		return errors.New("the catalog is torn")
	}
	return c.Publisher.TakenDown(ctx, tx, d)
}

// A fault of ours in the middle of a takedown does not hide what was done
// before it, and what was not is named.
func TestTakedownThatBreaksOffSaysWhatWasDone(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	a, b, c := d.live(t), d.live(t), d.live(t)
	torn := listing.New(d.db, tearing{at: b.Listing.ID}, time.Now)
	flags := moderation.New(d.db, torn, bytes.Repeat([]byte{7}, 32), time.Now)
	down, left, err := flags.TakeDown(t.Context(), d.reviewer, moderation.Takedown{Organization: d.seller.ID,
		Versions: []id.Version{a.Version.ID, b.Version.ID, c.Version.ID}, Reason: "rights_not_held", Comment: "The hospital did not agree."})
	if down != 1 || len(left) != 2 || err == nil || errs.KindOf(err) != errs.Internal {
		t.Fatalf("%d down, %d left, %v; want 1, 2 and the fault", down, len(left), err)
	}
	for v, want := range map[id.Version]listing.State{a.Version.ID: listing.Suspended, b.Version.ID: listing.Live, c.Version.ID: listing.Live} {
		if got := d.state(t, v); got != want {
			t.Errorf("a version is %s, want %s", got, want)
		}
	}
}
