package moderation

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
)

const wasCleared = `
SELECT EXISTS (SELECT FROM samples_clearance
               WHERE listing_id = @listing
               AND   organization_id = @organization
               AND   root_digest = @root)`

const hideSamples = `
UPDATE catalog_listing
SET    samples_hidden_at = now()
WHERE  id = @listing
AND    organization_id = @organization`

// hide takes the pictures of a hosted listing out of sight, unless a reviewer
// cleared the same bytes before; it reports whether it did. An external
// listing has no pictures here.
func (s *Service) hide(ctx context.Context, tx pgx.Tx, l listed, got *Received) (bool, error) {
	if l.Kind != "hosted" {
		return false, nil
	}
	if l.HiddenAt != nil {
		got.Hidden = true
		return false, nil
	}
	args := pgx.NamedArgs{"listing": l.ID, "organization": l.Organization, "root": l.RootDigest}
	if err := tx.QueryRow(ctx, wasCleared, args).Scan(&got.Cleared); err != nil {
		return false, fmt.Errorf("look for a clearance: %w", err)
	}
	if got.Cleared {
		return false, nil
	}
	if _, err := tx.Exec(ctx, hideSamples, args); err != nil {
		return false, fmt.Errorf("hide pictures: %w", refusal(err))
	}
	got.Hidden = true
	return true, record(ctx, tx, worker, l.Organization, "samples.hide", "listing", string(l.ID), map[string]string{"root_digest": l.RootDigest})
}

const showSamples = `
UPDATE catalog_listing
SET    samples_hidden_at = NULL
WHERE  id = @listing
AND    organization_id = @organization
AND    samples_hidden_at IS NOT NULL`

const clearBytes = `
INSERT INTO samples_clearance (listing_id, organization_id, root_digest, reason, cleared_by)
VALUES (@listing, @organization, @root, @reason, @user)
ON CONFLICT (listing_id, root_digest) DO NOTHING`

// ShowSamples shows the pictures of a flag's listing again. Files is the root
// digest of what was on offer as a looked at them: reports about the same bytes
// hide nothing from then on, and other bytes are errs.Conflict. A is a reviewer
// outside the seller.
func (s *Service) ShowSamples(ctx context.Context, a postgres.Actor, flag id.Flag, files, reason string) error {
	if err := mustReview(a); err != nil {
		return err
	}
	var f errs.Fields
	reason = clean(reason)
	sentence(&f, "samples-reason", reason, 10, 4000, "Say in a sentence why the pictures can be shown.")
	if err := f.Err(); err != nil {
		return err
	}
	err := s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		l, err := listedOf(ctx, tx, flag)
		if err != nil {
			return err
		}
		if files != l.RootDigest {
			return errOtherFiles
		}
		args := pgx.NamedArgs{"listing": l.ID, "organization": l.Organization, "root": l.RootDigest, "reason": reason, "user": a.User}
		tag, err := tx.Exec(ctx, showSamples, args)
		if err != nil {
			return refusal(err)
		}
		if tag.RowsAffected() == 0 {
			return errs.New(errs.Conflict, "The pictures of this data set are not hidden.")
		}
		if l.RootDigest != "" {
			if _, err := tx.Exec(ctx, clearBytes, args); err != nil {
				return refusal(err)
			}
		}
		if err := tellShown(ctx, tx, l); err != nil {
			return err
		}
		return record(ctx, tx, a, l.Organization, "samples.show", "listing", string(l.ID), map[string]string{"root_digest": l.RootDigest})
	})
	if err != nil {
		return fmt.Errorf("flag %s: show pictures: %w", flag, err)
	}
	return nil
}

// listedOf finds and locks the listing of a flag that the actor may see.
func listedOf(ctx context.Context, tx pgx.Tx, flag id.Flag) (listed, error) {
	var slug string
	err := tx.QueryRow(ctx, `
SELECT c.slug
FROM   flag f
JOIN   catalog_listing c ON c.id = f.listing_id AND c.organization_id = f.organization_id
WHERE  f.id = @flag`, pgx.NamedArgs{"flag": flag}).Scan(&slug)
	if err != nil {
		return listed{}, postgres.NotFound(err, noSuchFlag)
	}
	l, err := lockListed(ctx, tx, slug)
	return l, postgres.NotFound(err, noSuchFlag)
}
