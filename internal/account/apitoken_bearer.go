package account

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
)

// Bearer is a program that acts for a person by a token. Its rights are the
// lesser of the token's scopes and of what the person may do at this moment.
type Bearer struct {
	Token     id.APIToken
	TokenName string
	Scopes    []Scope
	ExpiresAt time.Time
	// Visitor is the person, in the token's organization alone and without any
	// role on the platform.
	Visitor Visitor
}

// Actor is on whose behalf the bearer's transactions run.
func (b Bearer) Actor() postgres.Actor { return b.Visitor.Actor() }

// Allows returns errs.Forbidden unless the token has the scope and its user's
// present role allows what the scope stands for.
func (b Bearer) Allows(scope Scope) error {
	if !slices.Contains(b.Scopes, scope) {
		return errs.Newf(errs.Forbidden, "This token lacks the scope %s.", scope)
	}
	if !scope.AllowedTo(b.Visitor.Role) {
		return errs.Newf(errs.Forbidden, "Your role in the organization (%s) does not allow %s.", b.Visitor.Role.Label(), scope)
	}
	return nil
}

const findBearer = `
SELECT id, organization_id, user_id, name, scopes, expires_at, coalesce(last_used_at < now() - @exact::interval, true)
FROM   api_token
WHERE  secret_hash = @hash
AND    revoked_at IS NULL
AND    expires_at > now()`

const touchToken = `
UPDATE api_token
SET    last_used_at = now()
WHERE  id = @id
AND    user_id = @user
AND    organization_id = @organization`

// Bearer returns who acts by a secret. A secret that is unknown, expired or
// revoked, whose user is disabled or has left the organization, is
// errs.Unauthenticated in the same words; so is one of a member who did not come
// in by the organization's own sign-in lately, where it asks for that.
func (s *Service) Bearer(ctx context.Context, secret string) (Bearer, error) {
	refused := errs.New(errs.Unauthenticated, "This token is not valid: it is mistyped, expired or revoked, its user has left, or has not signed in with the organization for 30 days.")
	if !isSecret(secret) {
		return Bearer{}, refused
	}
	b, a, stale, err := s.findToken(ctx, hashToken(secret))
	if errs.KindOf(err) == errs.NotFound {
		return Bearer{}, refused
	}
	if err != nil {
		return Bearer{}, err
	}
	b.Visitor, err = s.Visitor(ctx, a.User, a.Organization)
	switch {
	case errs.KindOf(err) == errs.Unauthenticated, err == nil && !b.Visitor.mayUseTokens(a.Organization):
		return Bearer{}, refused
	case err != nil:
		return Bearer{}, err
	}
	b.Visitor.Platform = postgres.None
	b.Visitor.Memberships = slices.DeleteFunc(b.Visitor.Memberships, func(m Membership) bool { return m.Organization != a.Organization })
	if stale {
		err = s.db.InTx(ctx, a, func(tx pgx.Tx) error {
			_, err := tx.Exec(ctx, touchToken, pgx.NamedArgs{"id": b.Token, "user": a.User, "organization": a.Organization})
			return err
		})
	}
	if err != nil {
		return Bearer{}, fmt.Errorf("bearer: %w", err)
	}
	return b, nil
}

// mayUseTokens reports whether the tokens of a person for an organization work.
func (v Visitor) mayUseTokens(org id.Organization) bool {
	return slices.ContainsFunc(v.Memberships, func(m Membership) bool {
		return m.Organization == org && v.Organization == org && (!m.MustSignIn || m.IsConnected && m.isVouchedFor)
	})
}

// findToken reads a token in force by the digest of its secret; stale is true if
// its last use is to be noted anew.
func (s *Service) findToken(ctx context.Context, hash string) (b Bearer, a postgres.Actor, stale bool, err error) {
	err = s.db.InTx(ctx, postgres.Actor{}, func(tx pgx.Tx) error {
		if err := postgres.LookFor(ctx, tx, hash); err != nil {
			return err
		}
		return tx.QueryRow(ctx, findBearer, pgx.NamedArgs{"hash": hash, "exact": seenEvery}).
			Scan(&b.Token, &a.Organization, &a.User, &b.TokenName, &b.Scopes, &b.ExpiresAt, &stale)
	})
	return b, a, stale, postgres.NotFound(err, noSuchToken)
}
