package sellerdesk

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/id"
	"assay/internal/postgres"
)

// Figures are what the desk counts.
type Figures struct {
	WasLive bool   // some data set was live once: before that nobody can view one
	Weeks   []Week // of the last 12 weeks, the oldest first
	Health  Health
	Largest []Stored // versions whose files take the most room, at most 5
}

// Week is how often public pages were opened in a week from Monday on, in UTC.
type Week struct {
	From  time.Time
	Views int
}

// Health is how the newest versions with a report stand.
type Health struct {
	Passed, Flagged, Failed int
	Open                    int // warnings without an answer
	Grades                  []Grade
}

// Grade is how many of them have a grade of the LQS, "A" to "F".
type Grade struct {
	Grade string `db:"grade"`
	N     int    `db:"n"`
}

// Stored is what the files of a version take.
type Stored struct {
	Listing id.Listing `db:"listing_id"`
	Version id.Version `db:"version_id"`
	Title   string     `db:"title"`
	Number  int        `db:"number"`
	Bytes   int64      `db:"size_bytes"`
}

const healthQuery = deskRows + `
SELECT   coalesce(bool_or(was_live), false),
         (count(*) FILTER (WHERE verdict = 'passed'))::int,
         (count(*) FILTER (WHERE verdict = 'flagged'))::int,
         (count(*) FILTER (WHERE verdict IN ('failed', 'unrecognized')))::int,
         coalesce(sum(open_warnings), 0)::int
FROM     desk
WHERE    desk_group <> 'deleted'`

const gradesQuery = deskRows + `
SELECT   grade, count(*)::int AS n
FROM     desk
WHERE    grade <> ''
AND      desk_group <> 'deleted'
GROUP BY grade
ORDER BY grade`

// weeksBack is how many weeks the desk shows.
const weeksBack = 12

const weeksQuery = `
SELECT   w.monday, coalesce(sum(v.views), 0)::int AS views
FROM     generate_series(date_trunc('week', @today::date::timestamp) - make_interval(weeks => @back - 1),
                         date_trunc('week', @today::date::timestamp), interval '1 week') AS w (monday)
LEFT JOIN listing_view v ON v.organization_id = @organization AND v.day >= w.monday::date AND v.day < w.monday::date + 7
GROUP BY w.monday
ORDER BY w.monday`

const largestQuery = `
SELECT   v.listing_id, v.id AS version_id, v.number, u.size_bytes,
         coalesce((SELECT c.claims -> 'basics' ->> 'title' FROM listing_claims c
                   WHERE c.listing_id = v.listing_id AND c.organization_id = @organization
                   ORDER BY c.revision DESC LIMIT 1), '') AS title
FROM     upload u
JOIN     version v ON v.id = u.version_id AND v.organization_id = @organization
WHERE    u.organization_id = @organization
AND      u.state IN ('receiving', 'finished')
AND      u.deleted_at IS NULL
ORDER BY u.size_bytes DESC, u.id
LIMIT    5`

// Figures counts for the organization of the actor.
func (s *Service) Figures(ctx context.Context, a postgres.Actor) (f Figures, err error) {
	args := s.args(a, "")
	args["back"] = weeksBack
	err = s.reading(ctx, a, func(tx pgx.Tx) error {
		h := &f.Health
		err := tx.QueryRow(ctx, healthQuery, args).Scan(&f.WasLive, &h.Passed, &h.Flagged, &h.Failed, &h.Open)
		if err != nil {
			return err
		}
		if h.Grades, err = postgres.Many[Grade](ctx, tx, gradesQuery, args); err != nil {
			return err
		}
		weeks, err := tx.Query(ctx, weeksQuery, args)
		if err != nil {
			return err
		}
		if f.Weeks, err = pgx.CollectRows(weeks, pgx.RowToStructByPos[Week]); err != nil {
			return err
		}
		f.Largest, err = postgres.Many[Stored](ctx, tx, largestQuery, args)
		return err
	})
	if err != nil {
		return Figures{}, fmt.Errorf("desk: figures: %w", err)
	}
	return f, nil
}
