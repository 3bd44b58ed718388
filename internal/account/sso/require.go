package sso

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"assay/internal/account"
	"assay/internal/errs"
	"assay/internal/postgres"
)

const (
	requireProvider = `
UPDATE organization_oidc
SET    required_at = coalesce(required_at, now())
WHERE  organization_id = @organization`
	relaxProvider = `
UPDATE organization_oidc
SET    required_at = NULL
WHERE  organization_id = @organization`
	hasOwnFactor = `
SELECT EXISTS (SELECT FROM second_factor WHERE user_id = @user)
OR     EXISTS (SELECT FROM passkey WHERE user_id = @user)`
)

// Require lets members in by the provider alone, from their next request on:
// sessions of another origin do not reach the organization any more, nor do
// tokens of members who did not come in by it lately. Only an owner may, who
// must have a second factor, the way back in when the provider fails; and
// somebody must have come in by the provider as it is set now. Either missing is
// errs.Conflict.
func (s *Service) Require(ctx context.Context, a postgres.Actor) error {
	err := s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if _, err := account.Require(ctx, tx, a, isOwner); err != nil {
			return err
		}
		var has bool
		if err := tx.QueryRow(ctx, hasOwnFactor, pgx.NamedArgs{"user": a.User}).Scan(&has); err != nil {
			return fmt.Errorf("organization sign-in: %w", err)
		}
		if !has {
			return errs.New(errs.Conflict, "Add a passkey or an authenticator app to your account first. With it you come in when the provider fails; without it nobody would.")
		}
		return nil
	})
	if err != nil {
		return err
	}
	err = s.change(ctx, a, "organization.require_sign_in", run(ctx, a, requireProvider))
	if isConstraint(err, "organization_oidc_tried") {
		return errs.Wrap(errs.Conflict, "Connect your account and sign in by the provider once, so that it is known to work. Then ask for it.", err)
	}
	return err
}

// Relax lets members in by their passwords and passkeys again.
func (s *Service) Relax(ctx context.Context, a postgres.Actor) error {
	return s.change(ctx, a, "organization.relax_sign_in", run(ctx, a, relaxProvider))
}

// Unready is a member whom the provider alone would not let in.
type Unready struct {
	Name  string `db:"name"`
	Email string `db:"email"`
	// IsOutside is true for an address of another domain, which the provider
	// never lets in; otherwise the account is not connected yet.
	IsOutside bool `db:"is_outside"`
	IsOwner   bool `db:"is_owner"`
}

const listUnready = `
SELECT    u.name, u.email, split_part(u.email, '@', 2) <> o.domain AS is_outside, m.role = 'owner' AS is_owner
FROM      membership m
JOIN      app_user u ON u.id = m.user_id
JOIN      organization_oidc o ON o.organization_id = m.organization_id
LEFT JOIN oidc_identity i ON i.organization_id = m.organization_id AND i.user_id = m.user_id AND i.issuer = o.issuer
WHERE     m.organization_id = @organization
AND       i.user_id IS NULL
ORDER BY  3 DESC, u.name, u.id`

// Unready returns the members whom the provider alone would not let in. Only an
// owner may ask.
func (s *Service) Unready(ctx context.Context, a postgres.Actor) (list []Unready, err error) {
	err = s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if _, err := account.Require(ctx, tx, a, isOwner); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, listUnready, pgx.NamedArgs{"organization": a.Organization})
		if err != nil {
			return fmt.Errorf("organization sign-in: %w", err)
		}
		list, err = pgx.CollectRows(rows, pgx.RowToStructByName[Unready])
		return err
	})
	return list, err
}
