package verification

import (
	"context"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"assay/internal/account"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
)

// Suspend takes an organization's verification away until Restore gives back
// the level it had. Live data sets stay live; nothing new is published.
func (s *Service) Suspend(ctx context.Context, a postgres.Actor, org id.Organization, reason string) error {
	return s.changeLevel(ctx, a, org, reason, func(standing Standing) (LevelChange, error) {
		if standing.Level == Suspended {
			return LevelChange{}, errs.New(errs.Conflict, "The verification is suspended already.")
		}
		return LevelChange{Level: Suspended}, nil
	})
}

// Restore ends a suspension: the level before it holds again, until the date it
// had.
func (s *Service) Restore(ctx context.Context, a postgres.Actor, org id.Organization, reason string) error {
	return s.changeLevel(ctx, a, org, reason, func(standing Standing) (LevelChange, error) {
		if standing.Level != Suspended {
			return LevelChange{}, errs.New(errs.Conflict, "The verification is not suspended.")
		}
		for _, c := range standing.Changes {
			if c.Level != Suspended {
				return LevelChange{Level: c.Level, ExpiresAt: c.ExpiresAt, RightsUntil: c.RightsUntil}, nil
			}
		}
		return LevelChange{Level: Unverified}, nil
	})
}

const organizationName = `
SELECT name
FROM   organization
WHERE  id = @organization`

func (s *Service) changeLevel(ctx context.Context, a postgres.Actor, org id.Organization, reason string, next func(Standing) (LevelChange, error)) error {
	if err := requireReviewer(a); err != nil {
		return err
	}
	if reason = strings.TrimSpace(reason); reason == "" {
		return &errs.Error{Kind: errs.Invalid, Field: "reason", Message: "Say why. The organization reads it."}
	}
	if _, ok := id.Parse[id.Organization](string(org)); !ok {
		return errs.New(errs.NotFound, "No such organization.")
	}
	return s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		var name string
		if err := tx.QueryRow(ctx, organizationName, pgx.NamedArgs{"organization": org}).Scan(&name); err != nil {
			return postgres.NotFound(err, "No such organization.")
		}
		members, err := account.MembersOf(ctx, tx, org)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(members, func(m account.Member) bool { return m.User == a.User }) {
			return errs.New(errs.Forbidden, "You belong to this organization. Another reviewer decides.")
		}
		if err := lockOrganization(ctx, tx, org); err != nil {
			return err
		}
		standing, err := readStanding(ctx, tx, org)
		if err != nil {
			return err
		}
		change, err := next(standing)
		if err != nil {
			return err
		}
		change.Reason = reason
		if err := giveLevel(ctx, tx, a, org, "", change); err != nil {
			return err
		}
		return tellLevel(ctx, tx, org, name, change)
	})
}
