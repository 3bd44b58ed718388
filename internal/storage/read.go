package storage

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/id"
	"assay/internal/postgres"
)

// Amount is how much is kept.
type Amount struct {
	Objects int64 `db:"objects"`
	Bytes   int64 `db:"bytes"`
}

func (a *Amount) add(bytes int64) {
	a.Objects++
	a.Bytes += bytes
}

// Part is what is kept of a kind, and what of it does not fit.
type Part struct {
	Kind Kind `db:"kind"`
	Amount
	Waiting     int64 `db:"waiting"` // without a row for less than OrphanAge
	Orphans     int64 `db:"orphans"` // without a row for longer
	OrphanBytes int64 `db:"orphan_bytes"`
	Missing     int64 `db:"missing"` // rows whose object is not there
}

// What does not fit.
type What string

// Orphan is an object that no row names, Missing a row whose object is gone.
const (
	Orphan  What = "orphan"
	Missing What = "missing"
)

// Finding is one thing that does not fit.
type Finding struct {
	Key              string          `db:"key"`
	What             What            `db:"what"`
	Kind             Kind            `db:"kind"`
	Bytes            *int64          `db:"bytes"`      // of an orphan
	WrittenAt        *time.Time      `db:"written_at"` // of an orphan
	Organization     id.Organization `db:"organization_id"`
	OrganizationName string          `db:"organization_name"`
}

// Measurement is what the last one found.
type Measurement struct {
	ID         id.Measurement `db:"id"`
	BegunAt    time.Time      `db:"begun_at"`
	FinishedAt time.Time      `db:"finished_at"`
	DiskFree   *int64         `db:"disk_free_bytes"` // nil: the store does not say
	DiskTotal  *int64         `db:"disk_total_bytes"`
}

// Report is what a page shows.
type Report struct {
	Measurement *Measurement // nil before the first
	IsUnderWay  bool         // one waits in the queue, or runs
	Parts       []Part       // in the order of Kinds
	Shares      []Share      // the largest first, at most the number asked for
	Missing     []Finding    // at most mostShown
	Orphans     []Finding    // the oldest first, at most mostShown
	Deletable   [len(Ages)]Amount
	Days        []Day     // the newest measurement of each of 30 days, the oldest first
	Cleanups    []Cleanup // the newest first, at most 10
}

// mostShown is how many findings a page names.
const mostShown = 20

// Share is what an organization keeps.
type Share struct {
	Organization id.Organization `db:"organization_id"`
	Name         string          `db:"name"`
	Quota        *int64          `db:"quota_bytes"` // nil: as the settings give to all
	Submissions  int64           `db:"submissions"` // bytes
	Reports      int64           `db:"reports"`
	Pictures     int64           `db:"pictures"`
	Documents    int64           `db:"documents"`
	All          int64           `db:"all_bytes"`
}

// Day is what was kept at the end of a day, UTC.
type Day struct {
	Day   time.Time `db:"day"`
	Bytes int64     `db:"bytes"`
}

const newestMeasurement = `
SELECT   id, begun_at, finished_at, disk_free_bytes, disk_total_bytes
FROM     storage_measurement
WHERE    finished_at IS NOT NULL
ORDER BY finished_at DESC
LIMIT    1`

const isUnderWay = `
SELECT EXISTS (SELECT FROM storage_measurement WHERE finished_at IS NULL AND renewed_at > now() - @silence::interval)
    OR EXISTS (SELECT FROM river_job WHERE kind = 'measure_storage' AND state IN ('available', 'pending', 'scheduled', 'retryable', 'running'))`

const listParts = `
SELECT kind, objects, bytes, waiting, orphans, orphan_bytes, missing
FROM   storage_part
WHERE  measurement_id = @id
ORDER BY array_position(@kinds, kind)`

const listShares = `
SELECT   s.organization_id, o.name, o.quota_bytes,
         coalesce(sum(s.bytes) FILTER (WHERE s.kind = 'submission'), 0)::bigint AS submissions,
         coalesce(sum(s.bytes) FILTER (WHERE s.kind = 'report'), 0)::bigint AS reports,
         coalesce(sum(s.bytes) FILTER (WHERE s.kind = 'picture'), 0)::bigint AS pictures,
         coalesce(sum(s.bytes) FILTER (WHERE s.kind = 'document'), 0)::bigint AS documents,
         sum(s.bytes)::bigint AS all_bytes
FROM     storage_share s
JOIN     organization o ON o.id = s.organization_id
GROUP BY s.organization_id, o.name, o.quota_bytes
ORDER BY all_bytes DESC, s.organization_id
LIMIT    @limit`

const listFindings = `
SELECT    f.key, f.what, f.kind, f.bytes, f.written_at, coalesce(f.organization_id::text, '') AS organization_id, coalesce(o.name, '') AS organization_name
FROM      storage_finding f
LEFT JOIN organization o ON o.id = f.organization_id
WHERE     f.what = @what
AND       (@before::timestamptz IS NULL OR f.written_at < @before AND f.kind <> 'head')
ORDER BY  f.written_at NULLS LAST, f.key
LIMIT     @limit`

const weighOrphans = `
SELECT count(*) AS objects, coalesce(sum(bytes), 0)::bigint AS bytes
FROM   storage_finding
WHERE  what = 'orphan'
AND    kind <> 'head'
AND    written_at < @before`

const listDays = `
SELECT   d.day, sum(p.bytes)::bigint AS bytes
FROM (
    SELECT   DISTINCT ON (date_trunc('day', finished_at, 'UTC')) date_trunc('day', finished_at, 'UTC') AS day, id
    FROM     storage_measurement
    WHERE    finished_at >= date_trunc('day', now(), 'UTC') - interval '29 days'
    ORDER BY date_trunc('day', finished_at, 'UTC'), finished_at DESC
) d
JOIN     storage_part p ON p.measurement_id = d.id
GROUP BY d.day
ORDER BY d.day`

// Report reads what the last measurement found, with at most so many
// organizations.
func (s *Service) Report(ctx context.Context, a postgres.Actor, organizations int) (r Report, err error) {
	err = s.reading(ctx, a, "report", func(tx pgx.Tx) (err error) {
		if err := tx.QueryRow(ctx, isUnderWay, pgx.NamedArgs{"silence": silence}).Scan(&r.IsUnderWay); err != nil {
			return err
		}
		if r.Cleanups, err = postgres.Many[Cleanup](ctx, tx, listCleanups); err != nil {
			return err
		}
		if r.Measurement, err = newest(ctx, tx); err != nil || r.Measurement == nil {
			return err
		}
		return s.fill(ctx, tx, &r, organizations)
	})
	return r, err
}

func newest(ctx context.Context, tx pgx.Tx) (*Measurement, error) {
	m, err := postgres.One[Measurement](ctx, tx, newestMeasurement)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	return &m, err
}

func (s *Service) fill(ctx context.Context, tx pgx.Tx, r *Report, organizations int) (err error) {
	if r.Parts, err = postgres.Many[Part](ctx, tx, listParts, pgx.NamedArgs{"id": r.Measurement.ID, "kinds": Kinds()}); err != nil {
		return err
	}
	if r.Shares, err = postgres.Many[Share](ctx, tx, listShares, pgx.NamedArgs{"limit": organizations}); err != nil {
		return err
	}
	if r.Missing, err = postgres.Many[Finding](ctx, tx, listFindings, pgx.NamedArgs{"what": Missing, "before": nil, "limit": mostShown}); err != nil {
		return err
	}
	if r.Orphans, err = postgres.Many[Finding](ctx, tx, listFindings, pgx.NamedArgs{"what": Orphan, "before": nil, "limit": mostShown}); err != nil {
		return err
	}
	for i, age := range Ages {
		w := pgx.NamedArgs{"before": s.now().Add(-age)}
		if err := tx.QueryRow(ctx, weighOrphans, w).Scan(&r.Deletable[i].Objects, &r.Deletable[i].Bytes); err != nil {
			return err
		}
	}
	r.Days, err = postgres.Many[Day](ctx, tx, listDays)
	return err
}
