package review

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/job"
	"assay/internal/postgres"
)

// Interrupted is a version whose audit broke through a fault of ours. Who the
// seller is and what it claims stay unseen: it was not submitted yet.
type Interrupted struct {
	Version id.Version `db:"version_id"`
	Number  int        `db:"number"`
	Since   time.Time  `db:"since"`
}

const interruptedQuery = `
SELECT   id AS version_id, number, updated_at AS since
FROM     version
WHERE    state = 'audit_error'
AND      assay_platform() IN ('reviewer', 'admin')
ORDER BY updated_at
LIMIT    200`

// Interrupted returns the versions whose audit waits to be run again.
func (s *Service) Interrupted(ctx context.Context, a postgres.Actor) ([]Interrupted, error) {
	if err := mustReview(a); err != nil {
		return nil, err
	}
	list, err := collect[Interrupted](ctx, s.db, a, interruptedQuery)
	if err != nil {
		return nil, fmt.Errorf("interrupted audits: %w", err)
	}
	return list, nil
}

const interruptedOne = `
SELECT organization_id, coalesce(created_by::text, '') AS user_id
FROM   version
WHERE  id = @version
AND    state = 'audit_error'
AND    assay_platform() IN ('reviewer', 'admin')`

// RunAgain queues a version again whose audit was interrupted; any other is
// errs.NotFound.
func (s *Service) RunAgain(ctx context.Context, a postgres.Actor, v id.Version) error {
	if err := mustReview(a); err != nil {
		return err
	}
	type found struct {
		Organization id.Organization `db:"organization_id"`
		User         id.User         `db:"user_id"`
	}
	err := s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		list, err := postgres.Many[found](ctx, tx, interruptedOne, pgx.NamedArgs{"version": v})
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return errs.New(errs.NotFound, noSuchVersion)
		}
		if err := s.listings.RetryAudit(ctx, tx, a, v); err != nil {
			return err
		}
		return job.Insert(ctx, tx, job.AuditVersion{Organization: list[0].Organization, User: list[0].User, Version: v})
	})
	if err != nil {
		return fmt.Errorf("version %s: run the audit again: %w", v, err)
	}
	return nil
}
