package credential

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
)

const revokeCredential = `
UPDATE credential
SET    state = 'revoked', decided_by = @user, decided_at = clock_timestamp(), reason = @reason
WHERE  id = @id
AND    organization_id = @organization
AND    state = 'verified'`

// Revoke takes back the check of a credential that turned out to be forged, or
// that its body withdrew. The listings whose claims name the annotator count
// anew in the same transaction, and the organization reads the reason. One that
// is not checked any more is errs.Conflict; a member of its organization never
// decides (errs.Forbidden).
func (s *Service) Revoke(ctx context.Context, a postgres.Actor, key id.Credential, reason string) error {
	if err := requireReviewer(a); err != nil {
		return err
	}
	if reason = strings.TrimSpace(reason); reason == "" {
		return &errs.Error{Kind: errs.Invalid, Field: "revoke-reason", Message: "Say why. The organization reads it."}
	}
	if utf8.RuneCountInString(reason) > 2000 {
		return &errs.Error{Kind: errs.Invalid, Field: "revoke-reason", Message: "Use at most 2,000 characters."}
	}
	return s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		c, err := s.credential(ctx, tx, key)
		if err != nil {
			return err
		}
		if err := s.mayDecide(ctx, tx, c); err != nil {
			return err
		}
		if err := lock(ctx, tx, c.Organization); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, revokeCredential, pgx.NamedArgs{"id": key, "organization": c.Organization, "user": a.User, "reason": reason})
		if err != nil {
			return fmt.Errorf("revoke: %w", err)
		}
		if tag.RowsAffected() == 0 {
			return errs.New(errs.Conflict, "This credential does not count any more. Reload the page.")
		}
		if err := record(ctx, tx, a, c.Organization, "credential.revoke", "credential", string(key), map[string]string{"kind": string(c.Kind)}); err != nil {
			return err
		}
		if err := s.changed(ctx, tx, c.Organization, c.Annotator); err != nil {
			return err
		}
		return s.tellDecided(ctx, tx, c, Revoked)
	})
}
