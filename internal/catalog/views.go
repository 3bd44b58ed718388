package catalog

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/id"
	"assay/internal/postgres"
)

// Bounds of Views.
const (
	viewsEvery = 5 * time.Second
	// mostViewed is how many listings a process counts between two writes;
	// views of others are lost until the next one. A row takes about 100 bytes.
	mostViewed = 20_000
)

// Views counts how often public pages of hosted listings are opened: a figure a
// listing and day, of nobody in particular. Each process counts in memory and
// adds what it has to the database every few seconds, beside the requests; a
// crash loses what was not written yet. The figures of several processes add
// up.
type Views struct {
	db  *postgres.DB
	log *slog.Logger
	now func() time.Time

	mu      sync.Mutex
	counted map[viewed]int64

	stop chan struct{}
	done chan struct{}
}

type viewed struct {
	listing      id.Listing
	organization id.Organization
	day          string // in UTC
}

// NewViews counts until Close; now is the clock, time.Now outside tests.
func NewViews(db *postgres.DB, log *slog.Logger, now func() time.Time) *Views {
	v := &Views{db: db, log: log, now: now, counted: map[viewed]int64{}, stop: make(chan struct{}), done: make(chan struct{})}
	go v.run()
	return v
}

// Count notes that somebody opened the page of a live, hosted listing. It
// never waits for the database.
func (v *Views) Count(e Entry) {
	if e.Kind != Hosted || e.State != Live {
		return
	}
	key := viewed{e.ID, e.Organization, v.now().UTC().Format(time.DateOnly)}
	v.mu.Lock()
	defer v.mu.Unlock()
	if _, ok := v.counted[key]; ok || len(v.counted) < mostViewed {
		v.counted[key]++
	}
}

func (v *Views) run() {
	defer close(v.done)
	tick := time.NewTicker(viewsEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if err := v.Flush(context.Background()); err != nil {
				v.log.Warn("views were not written; they are tried again", "error", err)
			}
		case <-v.stop:
			return
		}
	}
}

// addViews leaves out listings that are gone meanwhile.
const addViews = `
INSERT INTO listing_view (listing_id, organization_id, day, views)
SELECT   l.id, l.organization_id, c.day, c.views
FROM     unnest(@listings::uuid[], @organizations::uuid[], @days::date[], @views::bigint[]) AS c (listing_id, organization_id, day, views)
JOIN     listing l ON l.id = c.listing_id AND l.organization_id = c.organization_id AND l.kind = 'hosted'
ORDER BY l.id, c.day
ON CONFLICT (listing_id, day) DO UPDATE
SET      views = listing_view.views + excluded.views`

// Flush adds what was counted to the database. What could not be written is
// kept for the next time.
func (v *Views) Flush(ctx context.Context) error {
	v.mu.Lock()
	taken := v.counted
	v.counted = map[viewed]int64{}
	v.mu.Unlock()
	if len(taken) == 0 {
		return nil
	}
	var listings, organizations, days []string
	var counts []int64
	for k, n := range taken {
		listings, organizations = append(listings, string(k.listing)), append(organizations, string(k.organization))
		days, counts = append(days, k.day), append(counts, n)
	}
	err := v.db.InTx(ctx, postgres.Actor{Platform: postgres.Worker}, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, addViews, pgx.NamedArgs{"listings": listings, "organizations": organizations, "days": days, "views": counts})
		return err
	})
	if err != nil {
		v.giveBack(taken)
	}
	return err
}

func (v *Views) giveBack(taken map[viewed]int64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for k, n := range taken {
		if _, ok := v.counted[k]; ok || len(v.counted) < mostViewed {
			v.counted[k] += n
		}
	}
}

// Close writes what is left and ends the counting.
func (v *Views) Close(ctx context.Context) error {
	close(v.stop)
	<-v.done
	return v.Flush(ctx)
}
