package catalog

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"assay/internal/activity"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
)

const insertWithdrawal = `
INSERT INTO reference_withdrawal (id, organization_id, listing_id, reason, withdrawn_by)
VALUES (@id, @organization, @listing, @reason, @by)`

const endWithdrawal = `
UPDATE reference_withdrawal
SET    restored_at = now(), restored_by = @by
WHERE  listing_id = @listing
AND    organization_id = @organization
AND    restored_at IS NULL`

// WithdrawReference takes a description out of the search; its address shows
// the reason, of 10 to 500 characters. It stays so over new editions of the
// program. One that is not live is errs.Conflict.
func (s *Store) WithdrawReference(ctx context.Context, a postgres.Actor, slug, reason string) error {
	reason = strings.TrimSpace(reason)
	return s.keeping(ctx, a, func(tx pgx.Tx, a postgres.Actor) error {
		var form errs.Fields
		within(&form, "reason", reason, 10, 500)
		if err := form.Err(); err != nil {
			return err
		}
		k, err := lockedReference(ctx, tx, slug)
		if err != nil {
			return err
		}
		if State(k.State) != Live {
			return errs.New(errs.Conflict, "The data set is withdrawn already.")
		}
		args := pgx.NamedArgs{"id": id.New[string](), "organization": string(PlatformOrganization), "listing": k.ID, "reason": reason, "by": a.User}
		if _, err := tx.Exec(ctx, insertWithdrawal, args); err != nil {
			return fmt.Errorf("reference %s: withdraw: %w", slug, err)
		}
		if err := Entomb(ctx, tx, PlatformOrganization, id.Listing(k.ID), Withdrawn, reason); err != nil {
			return err
		}
		return activity.Record(ctx, tx, activity.Entry{Actor: a, Organization: PlatformOrganization, Verb: "catalog.withdraw_reference", Object: "listing", ObjectID: k.ID})
	})
}

// RestoreReference puts a withdrawn description back, as it is described now.
// One that no admin withdrew is errs.Conflict.
func (s *Store) RestoreReference(ctx context.Context, a postgres.Actor, slug string) error {
	return s.keeping(ctx, a, func(tx pgx.Tx, a postgres.Actor) error {
		if _, err := lockedReference(ctx, tx, slug); err != nil {
			return err
		}
		k, d, err := described(ctx, tx, slug)
		if err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, endWithdrawal, pgx.NamedArgs{"listing": k.ID, "organization": string(PlatformOrganization), "by": a.User})
		if err != nil {
			return fmt.Errorf("reference %s: put back: %w", slug, err)
		}
		if tag.RowsAffected() == 0 {
			return errs.New(errs.Conflict, "The data set is in the catalog already.")
		}
		e, err := d.entry()
		if err != nil {
			return fmt.Errorf("reference %s: put back: %w", slug, err)
		}
		k.WithdrawnFor = ""
		if err := Project(ctx, tx, k.onto(e)); err != nil {
			return err
		}
		return activity.Record(ctx, tx, activity.Entry{Actor: a, Organization: PlatformOrganization, Verb: "catalog.restore_reference", Object: "listing", ObjectID: k.ID})
	})
}

// lockedReference holds all descriptions and returns one of them.
func lockedReference(ctx context.Context, tx pgx.Tx, slug string) (knownExternal, error) {
	if _, err := tx.Exec(ctx, lockReferences); err != nil {
		return knownExternal{}, fmt.Errorf("reference %s: %w", slug, err)
	}
	known, err := knownExternals(ctx, tx, PlatformOrganization)
	if err != nil {
		return knownExternal{}, err
	}
	k, ok := known[slug]
	if !ok {
		return k, errs.New(errs.NotFound, "There is no such reference data set.")
	}
	return k, nil
}
