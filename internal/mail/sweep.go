package mail

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/job"
	"assay/internal/postgres"
)

// forgottenAfter is the age at which a mail that waits gets a job again, unless
// it has one; keptFor is how long the row of a mail is kept that was sent or
// given up, which holds address and subject only.
const (
	forgottenAfter = 10 * time.Minute
	keptFor        = 30 * 24 * time.Hour
)

const (
	forgotten = `
SELECT   id::text
FROM     mail_outbox
WHERE    sent_at IS NULL
AND      failed_at IS NULL
AND      created_at < now() - @forgotten::interval
ORDER BY created_at
LIMIT    200`
	dropOld = `
DELETE FROM mail_outbox
WHERE  created_at < now() - @kept::interval
AND    (sent_at IS NOT NULL OR failed_at IS NOT NULL)`
)

// Sweep gives a job again to mail whose own was given up or lost, so that it is
// sent or, after a day, erased; and drops what is long over.
func (s *Sender) Sweep(ctx context.Context) error {
	if s.dial == nil && s.keep {
		return nil
	}
	return s.db.InTx(ctx, worker, func(tx pgx.Tx) error {
		list, err := postgres.Values[string](ctx, tx, forgotten, pgx.NamedArgs{"forgotten": forgottenAfter})
		if err != nil {
			return fmt.Errorf("mail: sweep: %w", err)
		}
		for _, key := range list {
			if err := job.Insert(ctx, tx, job.SendMail{Outbox: key}); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, dropOld, pgx.NamedArgs{"kept": keptFor}); err != nil {
			return fmt.Errorf("mail: sweep: %w", err)
		}
		return nil
	})
}
