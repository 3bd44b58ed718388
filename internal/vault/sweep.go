package vault

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"assay/internal/postgres"
)

var worker = postgres.Actor{Platform: postgres.Worker}

// Sweep seals anew what lies in clear or under an older key, and deletes the
// objects that no row names.
func (s *Service) Sweep(ctx context.Context) error {
	list, err := s.sealedOtherwise(ctx)
	if err == nil {
		_, err = s.reseal(ctx, list, resealAtMost)
	}
	return errors.Join(err, s.deleteLeftovers(ctx))
}

const dueLeftovers = `
DELETE FROM vault_leftover
WHERE blob_key = (SELECT   blob_key
                  FROM     vault_leftover
                  WHERE    due_at <= now()
                  ORDER BY due_at
                  LIMIT    1
                  FOR      UPDATE SKIP LOCKED)
RETURNING blob_key`

// deleteLeftovers deletes objects that no row names, one in each transaction:
// the row goes only if the object did.
func (s *Service) deleteLeftovers(ctx context.Context) error {
	for range 100 {
		var key string
		err := s.db.InTx(ctx, worker, func(tx pgx.Tx) error {
			if err := tx.QueryRow(ctx, dueLeftovers).Scan(&key); err != nil {
				return err
			}
			return s.blobs.Delete(ctx, key)
		})
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("objects of removed documents: %w", err)
		}
	}
	return nil
}
