package main

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"assay/internal/id"
)

const grantVerified = `
INSERT INTO verification (id, organization_id, level, reason, expires_at, decided_by)
SELECT @id, @organization, 'verified', 'A seller of the demo.', now() + interval '1 year', @user
WHERE  organization_verification(@organization) <> 'verified'`

// verifySellers has the demo's reviewer verify the demo's sellers.
func (h *house) verifySellers(ctx context.Context, people cast) error {
	reviewer := people["reviewer"].actor()
	for _, key := range []string{"seller", "imaging"} {
		err := h.db.InTx(ctx, reviewer, func(tx pgx.Tx) error {
			_, err := tx.Exec(ctx, grantVerified, pgx.NamedArgs{"id": id.New[id.Verification](), "organization": people[key].org, "user": reviewer.User})
			return err
		})
		if err != nil {
			return fmt.Errorf("verify %s: %w", key, err)
		}
	}
	return nil
}
