package catalog_test

import (
	"io"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/account/accounttest"
	"assay/internal/catalog"
	"assay/internal/id"
	"assay/internal/listing"
	"assay/internal/listing/listingtest"
	"assay/internal/postgres"
	"assay/internal/postgres/postgrestest"
)

func viewsOf(t *testing.T, db *postgres.DB, a postgres.Actor) (n int64) {
	t.Helper()
	err := db.InTx(t.Context(), a, func(tx pgx.Tx) error {
		return tx.QueryRow(t.Context(), `SELECT coalesce(sum(views), 0)::bigint FROM listing_view`).Scan(&n)
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestViewsOfSeveralProcessesAddUp(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	org, other := accounttest.Seller(t, db), accounttest.Seller(t, db)
	d := listingtest.Version(t, db, org, listing.Live)
	entry := catalog.Entry{ID: d.Listing.ID, Organization: org.ID, Kind: catalog.Hosted, State: catalog.Live}
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	now := func() time.Time { return time.Date(2026, 11, 27, 23, 30, 0, 0, time.UTC) }
	processes := []*catalog.Views{catalog.NewViews(db, log, now), catalog.NewViews(db, log, now)}

	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			for j := range 40 {
				processes[i%2].Count(entry)
				if j == 20 && i%10 == 0 {
					if err := processes[i%2].Flush(t.Context()); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	all.Wait()
	for _, v := range processes {
		if err := v.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if n := viewsOf(t, db, org.Owner); n != 50*40 {
		t.Errorf("%d views, want %d", n, 50*40)
	}
	if n := viewsOf(t, db, other.Owner); n != 0 {
		t.Errorf("another seller reads %d of them", n)
	}
}

func TestOnlyPagesOfLiveHostedListingsAreCounted(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	org := accounttest.Seller(t, db)
	draft := listingtest.Draft(t, db, org.Owner)
	views := catalog.NewViews(db, slog.New(slog.NewTextHandler(io.Discard, nil)), time.Now)
	for _, e := range []catalog.Entry{
		{ID: draft.Listing.ID, Organization: org.ID, Kind: catalog.Hosted, State: catalog.Suspended},
		{ID: draft.Listing.ID, Organization: org.ID, Kind: catalog.External, State: catalog.Live},
		{ID: id.New[id.Listing](), Organization: org.ID, Kind: catalog.Hosted, State: catalog.Live}, // gone meanwhile
	} {
		views.Count(e)
	}
	if err := views.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := viewsOf(t, db, listingtest.Worker); n != 0 {
		t.Errorf("%d views, want none", n)
	}
}
