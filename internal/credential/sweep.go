package credential

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"assay/internal/id"
	"assay/internal/postgres"
)

var worker = postgres.Actor{Platform: postgres.Worker}

const endedCredentials = `
SELECT   id
FROM     credential
WHERE    state = 'verified'
AND      expires_on < (now() AT TIME ZONE 'UTC')::date
ORDER BY expires_on, id
LIMIT    200`

const expireCredential = `
UPDATE credential
SET    state = 'expired'
WHERE  id = @id
AND    organization_id = @organization
AND    state = 'verified'`

// Sweep writes down which checked credentials have ended, counts listings anew
// and tells their organizations; it tells of ends before they come, too. Nothing
// counts an ended one meanwhile: whoever reads compares days.
func (s *Service) Sweep(ctx context.Context) error {
	return errors.Join(s.expireEnded(ctx), s.warnEnding(ctx))
}

func (s *Service) expireEnded(ctx context.Context) error {
	var ended []id.Credential
	err := s.db.InTx(ctx, worker, func(tx pgx.Tx) (err error) {
		ended, err = postgres.Values[id.Credential](ctx, tx, endedCredentials)
		return err
	})
	failed := []error{err}
	for _, key := range ended {
		failed = append(failed, s.expire(ctx, key))
	}
	if err := errors.Join(failed...); err != nil {
		return fmt.Errorf("credentials that ended: %w", err)
	}
	return nil
}

func (s *Service) expire(ctx context.Context, key id.Credential) error {
	return s.db.InTx(ctx, worker, func(tx pgx.Tx) error {
		c, err := s.credential(ctx, tx, key)
		if err != nil {
			return err
		}
		if err := lock(ctx, tx, c.Organization); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, expireCredential, pgx.NamedArgs{"id": key, "organization": c.Organization})
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		if err := record(ctx, tx, worker, c.Organization, "credential.expire", "credential", string(key), map[string]string{"kind": string(c.Kind)}); err != nil {
			return err
		}
		if err := s.changed(ctx, tx, c.Organization, c.Annotator); err != nil {
			return err
		}
		return s.tellDecided(ctx, tx, c, Expired)
	})
}
