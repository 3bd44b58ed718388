package admindesk

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/postgres"
)

// Overview is how the platform stands.
type Overview struct {
	Head          int64     `db:"head"` // number of the last row that a published head covers; 0 for none
	HeadAt        time.Time `db:"head_at"`
	Rows          int64     `db:"rows"` // of the record of acts
	Discarded     int       `db:"discarded"`
	Retryable     int       `db:"retryable"`
	Late          int       `db:"late"` // due for more than ten minutes
	Errors        int       `db:"errors"`
	Users         int       `db:"users"`
	Organizations int       `db:"organizations"`
	Live          int       `db:"live"`
	Stored        int64     `db:"stored"`
	Verifications int       `db:"verifications"` // that wait
	Expiring      int       `db:"expiring"`      // verifications, within 30 days
	NoFactor      int       `db:"no_factor"`     // platform roles that do not count
	Stale         int       `db:"stale"`         // external listings not checked for a year
}

const overviewQuery = `
SELECT coalesce((SELECT max(number) FROM activity_published), 0)::bigint AS head,
       coalesce((SELECT max(published_at) FROM activity_published), 'epoch') AS head_at,
       coalesce((SELECT max(number) FROM activity_chain), 0)::bigint AS rows,
       (SELECT count(*) FROM river_job WHERE state = 'discarded')::int AS discarded,
       (SELECT count(*) FROM river_job WHERE state = 'retryable')::int AS retryable,
       (SELECT count(*) FROM river_job WHERE state = 'available' AND scheduled_at < now() - interval '10 minutes')::int AS late,
       coalesce((SELECT sum(n) FROM answer_count WHERE class = '5xx' AND minute > now() - interval '24 hours'), 0)::int AS errors,
       (SELECT count(*) FROM app_user)::int AS users,
       (SELECT count(*) FROM organization)::int AS organizations,
       (SELECT count(*) FROM catalog_listing WHERE state = 'live')::int AS live,
       coalesce((SELECT sum(size_bytes) FROM upload WHERE state IN ('receiving', 'finished') AND deleted_at IS NULL), 0)::bigint AS stored,
       (SELECT count(*) FROM verification_request WHERE state = 'submitted')::int AS verifications,
       (SELECT count(*) FROM (SELECT DISTINCT ON (organization_id) expires_at FROM verification ORDER BY organization_id, decided_at DESC, id DESC) v
        WHERE expires_at BETWEEN now() AND now() + interval '30 days')::int AS expiring,
       (SELECT count(*) FROM platform_role p WHERE p.user_id NOT IN (SELECT user_id FROM people_with_second_factor()))::int AS no_factor,
       (SELECT count(*) FROM catalog_listing
        WHERE kind = 'external' AND state = 'live'
        AND   coalesce(nullif(detail ->> 'checked_on', ''), '1970-01-01') < to_char(now() - interval '12 months', 'YYYY-MM-DD'))::int AS stale`

// Overview reads how the platform stands.
func (s *Service) Overview(ctx context.Context, a postgres.Actor) (o Overview, err error) {
	err = s.reading(ctx, a, "overview", func(tx pgx.Tx) error {
		o, err = postgres.One[Overview](ctx, tx, overviewQuery)
		return err
	})
	return o, err
}
