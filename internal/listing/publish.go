package listing

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"assay/internal/account"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
)

// Publish makes an approved or embargoed version live in one transaction: the
// version that was live is superseded and the catalog is told. It needs the
// right to publish, and a seller who is verified at that moment.
func (s *Service) Publish(ctx context.Context, a postgres.Actor, v id.Version) error {
	err := s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		locked, err := s.lockOwn(ctx, tx, a, v, account.Publishes.Require)
		if err != nil {
			return err
		}
		return s.publish(ctx, tx, a, locked)
	})
	if err != nil {
		return fmt.Errorf("version %s: publish: %w", v, err)
	}
	return nil
}

// publish expects the listing and the version to be locked.
func (s *Service) publish(ctx context.Context, tx pgx.Tx, a postgres.Actor, v Version) error {
	if _, err := v.State.After(Publish); err != nil {
		return err
	}
	live, err := findVersion(ctx, tx, liveVersion, v.Organization, v.Listing)
	if err != nil {
		return err
	}
	if live != nil {
		if err := s.move(ctx, tx, a, live, Supersede, change{}); err != nil {
			return err
		}
	}
	if err := s.lapse(ctx, tx, a, v.Organization, v.Listing, v.ID); err != nil {
		return err
	}
	if err := s.move(ctx, tx, a, &v, Publish, change{}); err != nil {
		return err
	}
	return s.showVersion(ctx, tx, v)
}

func (s *Service) showVersion(ctx context.Context, tx pgx.Tx, v Version) error {
	l, err := postgres.One[Listing](ctx, tx, listingOf, pgx.NamedArgs{"id": v.Listing, "organization": v.Organization})
	if err != nil {
		return postgres.NotFound(err, noSuchListing)
	}
	claims, err := readClaims(ctx, tx, v.Organization, v.ClaimsID)
	if err != nil {
		return err
	}
	return s.show(ctx, tx, l, v, claims)
}

// ShowAgain certifies a live version that has no certificate yet, and tells
// the catalog of it anew. A version that is not live is left alone. A is a
// worker.
func (s *Service) ShowAgain(ctx context.Context, a postgres.Actor, v id.Version) error {
	return s.db.InTx(ctx, a, func(tx pgx.Tx) error { return s.ShowAgainIn(ctx, tx, v) })
}

// ShowAgainIn is ShowAgain in the transaction of an act that changes what
// buyers see of a version; the transaction's actor may see it.
func (s *Service) ShowAgainIn(ctx context.Context, tx pgx.Tx, v id.Version) error {
	locked, err := Lock(ctx, tx, v)
	if err == nil && locked.State == Live {
		err = s.showVersion(ctx, tx, locked)
	}
	if err != nil {
		return fmt.Errorf("version %s: show again: %w", v, err)
	}
	return nil
}

// Withdraw takes a live version down for good; a tombstone with the reason
// stays. It needs the right to publish.
func (s *Service) Withdraw(ctx context.Context, a postgres.Actor, v id.Version, reason string) error {
	return s.takeDown(ctx, a, v, Withdraw, reason)
}

// Suspend takes a live version down on behalf of the platform; a tombstone
// with the reason stays until it is restored. A is a reviewer or a worker.
func (s *Service) Suspend(ctx context.Context, a postgres.Actor, v id.Version, reason string) error {
	return s.takeDown(ctx, a, v, Suspend, reason)
}

// SuspendWithin is Suspend as a part of a larger act, in its transaction.
func (s *Service) SuspendWithin(ctx context.Context, tx pgx.Tx, a postgres.Actor, v id.Version, reason string) error {
	if err := s.takeDownWithin(ctx, tx, a, v, Suspend, reason); err != nil {
		return fmt.Errorf("version %s: %s: %w", v, Suspend, err)
	}
	return nil
}

func (s *Service) takeDown(ctx context.Context, a postgres.Actor, v id.Version, event Event, reason string) error {
	err := s.db.InTx(ctx, a, func(tx pgx.Tx) error { return s.takeDownWithin(ctx, tx, a, v, event, reason) })
	if err != nil {
		return fmt.Errorf("version %s: %s: %w", v, event, err)
	}
	return nil
}

func (s *Service) takeDownWithin(ctx context.Context, tx pgx.Tx, a postgres.Actor, v id.Version, event Event, reason string) error {
	reason = clean(reason)
	if n := len([]rune(reason)); n < 10 || n > 4000 {
		return &errs.Error{Kind: errs.Invalid, Field: "reason", Message: "Say why in 10 to 4000 characters; buyers will read it."}
	}
	var locked Version
	var err error
	switch {
	case event == Withdraw:
		locked, err = s.lockOwn(ctx, tx, a, v, account.Publishes.Require)
	case a.Platform == postgres.None:
		return errs.New(errs.NotFound, noSuchVersion)
	default:
		locked, err = Lock(ctx, tx, v)
	}
	if err != nil {
		return err
	}
	if err := s.move(ctx, tx, a, &locked, event, change{reason: reason}); err != nil {
		return err
	}
	if event == Withdraw { // what is suspended may come back, and its changed claims with it
		if err := s.lapse(ctx, tx, a, locked.Organization, locked.Listing, ""); err != nil {
			return err
		}
	} else if err := s.recall(ctx, tx, a, locked); err != nil {
		return err
	}
	l, err := postgres.One[Listing](ctx, tx, listingOf, pgx.NamedArgs{"id": locked.Listing, "organization": locked.Organization})
	if err != nil {
		return postgres.NotFound(err, noSuchListing)
	}
	if err := s.catalog.TakenDown(ctx, tx, TakenDown{l, locked}); err != nil {
		return fmt.Errorf("catalog: %w", err)
	}
	return nil
}

const approvedVersion = `
SELECT   ` + versionColumns + `
FROM     version v
WHERE    v.listing_id = @listing
AND      v.organization_id = @organization
AND      v.state IN ('approved', 'embargoed')
FOR UPDATE`

// recall brings a version that was approved beside a suspended one back to the
// reviewers: whoever approved it did not know what is known now.
func (s *Service) recall(ctx context.Context, tx pgx.Tx, a postgres.Actor, suspended Version) error {
	v, err := findVersion(ctx, tx, approvedVersion, suspended.Organization, suspended.Listing)
	if err != nil || v == nil {
		return err
	}
	return s.move(ctx, tx, a, v, Recall, change{})
}

// Restore makes a suspended version live again. The same digests must still be
// approved and clear, no newer version may have been on offer since, and the
// seller must not be suspended. A is a reviewer.
func (s *Service) Restore(ctx context.Context, a postgres.Actor, v id.Version) error {
	return s.db.InTx(ctx, a, func(tx pgx.Tx) error { return s.RestoreWithin(ctx, tx, a, v) })
}

// RestoreWithin is Restore as a part of a larger act, in its transaction.
func (s *Service) RestoreWithin(ctx context.Context, tx pgx.Tx, a postgres.Actor, v id.Version) error {
	if a.Platform != postgres.Reviewer && a.Platform != postgres.Admin {
		return errs.New(errs.NotFound, noSuchVersion)
	}
	locked, err := Lock(ctx, tx, v)
	if err == nil {
		err = s.move(ctx, tx, a, &locked, Restore, change{})
	}
	if err == nil {
		err = s.showVersion(ctx, tx, locked)
	}
	if err != nil {
		return fmt.Errorf("version %s: restore: %w", v, err)
	}
	return nil
}
