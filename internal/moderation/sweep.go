package moderation

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"assay/internal/id"
	"assay/internal/postgres"
)

// Sweep tells those who reported a data set that it was taken down or is back,
// and erases what reporters wrote once it was kept for KeptFor.
func (s *Service) Sweep(ctx context.Context) error {
	return errors.Join(s.tellReporters(ctx), s.erase(ctx))
}

const untoldQuery = `
SELECT   f.organization_id, c.id AS listing_id, c.title, c.slug, c.state, c.state_reason, r.flag_id, r.token_hash, r.email, coalesce(r.reporter_id::text, '') AS reporter
FROM     flag f
JOIN     flag_report r ON r.flag_id = f.id
JOIN     catalog_listing c ON c.id = f.listing_id
WHERE    f.told_state <> c.state
ORDER BY f.created_at, f.id
LIMIT    200
FOR UPDATE OF f SKIP LOCKED`

const markTold = `
UPDATE flag
SET    told_state = @state
WHERE  id = @flag
AND    organization_id = @organization`

type untold struct {
	Organization id.Organization `db:"organization_id"`
	Listing      id.Listing      `db:"listing_id"`
	Title        string          `db:"title"`
	Slug         string          `db:"slug"`
	State        string          `db:"state"`
	Reason       string          `db:"state_reason"`
	reporter
}

// tellReporters follows the listing, whoever moved it: a reviewer, a worker or
// the seller, who must not learn who reported.
func (s *Service) tellReporters(ctx context.Context) error {
	err := s.db.InTx(ctx, worker, func(tx pgx.Tx) error {
		list, err := postgres.Many[untold](ctx, tx, untoldQuery)
		if err != nil {
			return err
		}
		told := map[string]bool{}
		for _, u := range list {
			to := string(u.Listing) + string(u.User) + u.Email
			if !told[to] {
				told[to] = true
				l := listed{Slug: u.Slug, Title: u.Title}
				if err := s.answered(ctx, tx, l, []reporter{u.reporter}, offerWords(u)...); err != nil {
					return err
				}
			}
			if _, err := tx.Exec(ctx, markTold, pgx.NamedArgs{"flag": u.Flag, "organization": u.Organization, "state": u.State}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("tell reporters: %w", err)
	}
	return nil
}

func offerWords(u untold) []string {
	switch u.State {
	case "suspended":
		return []string{fmt.Sprintf("You reported “%s”. The platform has taken it off the catalog.", u.Title), u.Reason}
	case "withdrawn":
		return []string{fmt.Sprintf("You reported “%s”. It was withdrawn for good.", u.Title), u.Reason}
	}
	return []string{fmt.Sprintf("You reported “%s”. It is on offer again.", u.Title)}
}

// eraseReports waits while an appeal against the decision is open.
const eraseReports = `
WITH erased AS (
    UPDATE flag_report r
    SET    place = '', body = '', email = '', reporter_id = NULL
    FROM   flag f
    WHERE  f.id = r.follows
    AND    f.organization_id = r.organization_id
    AND    f.state IN ('upheld', 'dismissed')
    AND    f.decided_at < @before
    AND    (r.body <> '' OR r.email <> '' OR r.reporter_id IS NOT NULL)
    AND    NOT EXISTS (SELECT FROM appeal a WHERE a.kind = 'flag' AND a.subject = f.id::text AND a.state = 'open')
    RETURNING r.flag_id
)
UPDATE flag
SET    erased_at = @now
WHERE  id IN (SELECT flag_id FROM erased)`

func (s *Service) erase(ctx context.Context) error {
	now := s.now()
	err := s.db.InTx(ctx, worker, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, eraseReports, pgx.NamedArgs{"now": now, "before": now.Add(-KeptFor)})
		return err
	})
	if err != nil {
		return fmt.Errorf("erase reports: %w", err)
	}
	return nil
}
