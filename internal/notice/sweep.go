package notice

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/id"
	"assay/internal/job"
	"assay/internal/postgres"
)

// How long what is kept.
const (
	forgottenAfter = 5 * time.Minute      // an event that waits longer gets a job again
	givenUpAfter   = 7 * 24 * time.Hour   // and none once it is this old
	eventKept      = 30 * 24 * time.Hour  // after its delivery, or from its beginning if there was none
	InboxKept      = 180 * 24 * time.Hour // a notice in the inbox
)

const (
	forgotten = `
SELECT   id::text
FROM     notice_event
WHERE    delivered_at IS NULL
AND      created_at < now() - @forgotten::interval
AND      created_at > now() - @given_up::interval
ORDER BY created_at
LIMIT    100`
	// An address and the path that was meant for it alone are erased with an
	// event that is given up, as with its delivery.
	eraseGivenUp = `
UPDATE notice_event
SET    address = '', path = ''
WHERE  delivered_at IS NULL
AND    address <> ''
AND    created_at < now() - @given_up::interval`
	dropEvents = `
DELETE FROM notice_event
WHERE  coalesce(delivered_at, created_at) < now() - @kept::interval`
	dropInbox = `
DELETE FROM inbox_notice
WHERE  created_at < now() - @kept::interval`
)

// Sweep gives events a job again that lost theirs, and drops what is old. An
// event whose job still waits is left to it.
func (s *Service) Sweep(ctx context.Context) error {
	return s.db.InTx(ctx, worker, func(tx pgx.Tx) error {
		events, err := postgres.Values[id.Notice](ctx, tx, forgotten, pgx.NamedArgs{"forgotten": forgottenAfter, "given_up": givenUpAfter})
		if err != nil {
			return fmt.Errorf("notice: sweep: %w", err)
		}
		for _, e := range events {
			if err := job.Insert(ctx, tx, job.DeliverNotice{Notice: e}); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, eraseGivenUp, pgx.NamedArgs{"given_up": givenUpAfter}); err != nil {
			return fmt.Errorf("notice: sweep: %w", err)
		}
		if _, err := tx.Exec(ctx, dropEvents, pgx.NamedArgs{"kept": eventKept}); err != nil {
			return fmt.Errorf("notice: sweep: %w", err)
		}
		if _, err := tx.Exec(ctx, dropInbox, pgx.NamedArgs{"kept": InboxKept}); err != nil {
			return fmt.Errorf("notice: sweep: %w", err)
		}
		return nil
	})
}
