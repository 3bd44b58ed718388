package verification

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"assay/internal/account"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/notice"
	"assay/internal/postgres"
)

const takeBackSigner = `
UPDATE signer
SET    state = 'refused', decided_by = @user, decided_at = clock_timestamp(), reason = @reason
WHERE  id = @id
AND    organization_id = @organization
AND    state = 'accepted'`

// TakeBackSigner ends an accepted signer's right to sign at once, for a
// reviewer outside the organization, which reads the reason. Who does not sign
// any more is errs.Conflict.
func (s *Service) TakeBackSigner(ctx context.Context, a postgres.Actor, org id.Organization, signer id.Signer, reason string) error {
	if err := requireReviewer(a); err != nil {
		return err
	}
	var form errs.Fields
	if _, ok := id.Parse[id.Signer](string(signer)); !ok {
		form.Add("signer", "Choose who is not to sign any more.")
	}
	if reason = strings.TrimSpace(reason); reason == "" {
		form.Add("signer_reason", "Say why. The organization reads it.")
	} else if len([]rune(reason)) > 2000 {
		form.Add("signer_reason", "Use at most 2,000 characters.")
	}
	if err := form.Err(); err != nil {
		return err
	}
	return s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		members, err := account.MembersOf(ctx, tx, org)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(members, func(m account.Member) bool { return m.User == a.User }) {
			return errs.New(errs.Forbidden, "You belong to this organization. Another reviewer decides.")
		}
		tag, err := tx.Exec(ctx, takeBackSigner, pgx.NamedArgs{"id": signer, "organization": org, "user": a.User, "reason": reason})
		if err != nil {
			return fmt.Errorf("signer: %w", err)
		}
		if tag.RowsAffected() == 0 {
			return errs.New(errs.Conflict, "This person does not sign any more. Reload the page.")
		}
		if err := record(ctx, tx, a, org, "signer.take_back", "signer", string(signer), nil); err != nil {
			return err
		}
		return notice.Send(ctx, tx, notice.Notice{
			Kind: notice.VerificationDecided, To: notice.To{Organization: org}, Subject: "Somebody may not sign for you any more",
			Lines:  []string{"A reviewer took back that a person of your organization may sign.", "Reason: " + reason},
			Action: "See who may sign", Path: ownPage + "/signers",
		})
	})
}
