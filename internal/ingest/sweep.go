package ingest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/id"
	"assay/internal/job"
	"assay/internal/postgres"
)

// retryBrokenAfter is how long an audit that broke through a fault of ours rests
// before the platform tries it again.
const retryBrokenAfter = time.Hour

// stuck are the versions that wait for a worker: queued without a job for a
// while, auditing under a lease that ran out, or broken through our fault a
// while ago.
const selectStuck = `
SELECT   v.id AS version, v.organization_id AS organization, v.state, coalesce(r.attempt, 0) AS attempt,
         coalesce((SELECT u.user_id::text FROM upload u WHERE u.version_id = v.id AND u.state = 'finished'), '') AS "user"
FROM     version v
LEFT JOIN audit_run r ON r.version_id = v.id
WHERE    assay_platform() = 'worker'
AND      (v.state = 'auditing' AND (r.renewed_at IS NULL OR r.renewed_at < now() - make_interval(secs => @lease))
OR        v.state = 'queued' AND v.updated_at < now() - make_interval(secs => @lease)
          AND NOT EXISTS (SELECT FROM river_job j WHERE j.kind = @kind AND j.args ->> 'version' = v.id::text
                          AND j.state IN ('available', 'scheduled', 'retryable', 'pending'))
OR        v.state = 'audit_error' AND v.updated_at < now() - make_interval(secs => @again))
ORDER BY v.updated_at
LIMIT    100
FOR UPDATE OF v SKIP LOCKED`

type stuck struct {
	Version      id.Version
	Organization id.Organization
	State        string
	Attempt      int
	User         id.User
}

// Sweep gives versions whose worker died to another one, clears what dead
// workers left in the scratch folder, deletes lists of texts whose version is
// gone, and notes for reviewers what dead workers did not.
func (s *Service) Sweep(ctx context.Context) error {
	err := s.db.InTx(ctx, worker, func(tx pgx.Tx) error {
		found, err := postgres.Many[stuck](ctx, tx, selectStuck, pgx.NamedArgs{"lease": leaseTime.Seconds(), "again": retryBrokenAfter.Seconds(), "kind": job.AuditVersion{}.Kind()})
		if err != nil {
			return fmt.Errorf("look for stuck audits: %w", err)
		}
		for _, v := range found {
			if err := s.restart(ctx, tx, v); err != nil {
				return err
			}
		}
		return nil
	})
	return errors.Join(err, s.clearScratch(ctx), s.sweepTexts(ctx), s.matchMissing(ctx))
}

// maxDeaths is how many workers may die over one submission before it is put
// aside: it may be what kills them.
const maxDeaths = 6

// revokeLease makes a worker that is not dead but late lose its lease.
const revokeLease = `
UPDATE audit_run
SET    lease = gen_random_uuid()
WHERE  version_id = @version
AND    organization_id = @organization`

func (s *Service) restart(ctx context.Context, tx pgx.Tx, v stuck) error {
	switch v.State {
	case "audit_error":
		if err := s.retryBroken(ctx, tx, v); err != nil {
			return err
		}
	case "auditing":
		if _, err := tx.Exec(ctx, revokeLease, pgx.NamedArgs{"version": v.Version, "organization": v.Organization}); err != nil {
			return fmt.Errorf("revoke the lease: %w", err)
		}
		if v.Attempt >= maxDeaths {
			s.log.Error("audit given up: its workers die", "version", v.Version, "attempts", v.Attempt)
			return s.versions.BreakAudit(ctx, tx, worker, v.Version, brokenReason)
		}
		if err := s.versions.Requeue(ctx, tx, worker, v.Version); err != nil {
			return err
		}
	}
	s.log.Warn("audit taken up again", "version", v.Version, "was", v.State)
	return job.Insert(ctx, tx, job.AuditVersion{Organization: v.Organization, User: v.User, Version: v.Version})
}

// retryBroken queues a broken audit again, with its attempts counted anew.
func (s *Service) retryBroken(ctx context.Context, tx pgx.Tx, v stuck) error {
	_, err := tx.Exec(ctx, `DELETE FROM audit_run WHERE version_id = @version AND organization_id = @organization`,
		pgx.NamedArgs{"version": v.Version, "organization": v.Organization})
	if err != nil {
		return fmt.Errorf("forget the attempts: %w", err)
	}
	return s.versions.RetryAudit(ctx, tx, worker, v.Version)
}
