package review

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"assay/internal/catalog"
	"assay/internal/id"
	"assay/internal/notice"
	"assay/internal/postgres"
)

var worker = postgres.Actor{Platform: postgres.Worker}

// endedBadge is a granted review of commercial terms whose paper or signer has
// ended.
type endedBadge struct {
	ID           string          `db:"id"`
	Version      id.Version      `db:"version_id"`
	Listing      id.Listing      `db:"listing_id"`
	Organization id.Organization `db:"organization_id"`
	Why          catalog.End     `db:"why"`
	Counts       bool            `db:"counts"` // the newest about terms that the listing still has: the seller hears of it
}

const endedBadges = `
SELECT   r.id::text AS id, r.version_id, r.listing_id, r.organization_id, commercial_review_over(r) AS why,
         NOT EXISTS (SELECT FROM commercial_review n
                     WHERE  n.listing_id = r.listing_id
                     AND    n.terms_digest = r.terms_digest
                     AND    n.outcome IS NOT NULL
                     AND    (n.decided_at, n.id) > (r.decided_at, r.id))
         AND EXISTS (SELECT FROM version v
                     JOIN   listing_claims c ON c.id = v.claims_id
                     WHERE  v.listing_id = r.listing_id
                     AND    v.state NOT IN ('changes_requested', 'rejected', 'withdrawn', 'superseded')
                     AND    commercial_terms_digest(c.claims) = r.terms_digest) AS counts
FROM     commercial_review r
WHERE    r.outcome = 'granted'
AND      r.ended_at IS NULL
AND      commercial_review_over(r) <> ''
AND      assay_platform() = 'worker'
ORDER BY r.decided_at, r.id
LIMIT    100`

// Sweep ends the badges of commercial terms whose paper or signer has ended:
// its day is over, a reviewer took the signer back, or the signer is gone. It
// writes down when and why, shows buyers so, and tells the sellers.
func (s *Service) Sweep(ctx context.Context) error {
	var list []endedBadge
	err := s.db.InTx(ctx, worker, func(tx pgx.Tx) (err error) {
		list, err = postgres.Many[endedBadge](ctx, tx, endedBadges)
		return err
	})
	for _, b := range list {
		err = errors.Join(err, s.db.InTx(ctx, worker, func(tx pgx.Tx) error { return s.endBadge(ctx, tx, b) }))
	}
	if err != nil {
		return fmt.Errorf("badges of commercial terms: %w", err)
	}
	return nil
}

const endBadge = `
UPDATE commercial_review
SET    ended_at = clock_timestamp(), ended_why = @why
WHERE  id = @id
AND    organization_id = @organization
AND    ended_at IS NULL`

func (s *Service) endBadge(ctx context.Context, tx pgx.Tx, b endedBadge) error {
	tag, err := tx.Exec(ctx, endBadge, pgx.NamedArgs{"id": b.ID, "organization": b.Organization, "why": string(b.Why)})
	if err != nil || tag.RowsAffected() == 0 {
		return err
	}
	if err := s.showLive(ctx, tx, b.Organization, b.Listing); err != nil {
		return err
	}
	if err := recordFor(ctx, tx, worker, b.Organization, "version.licensing_end", b.Version, map[string]string{"why": string(b.Why)}); err != nil {
		return err
	}
	if !b.Counts {
		return nil
	}
	return notice.Send(ctx, tx, notice.Notice{
		Kind: notice.ClaimsDecided, To: notice.To{Organization: b.Organization}, Of: b.Organization, Subject: "Review of commercial terms ended",
		Lines:  []string{"The badge of a data set ended: " + b.Why.Words() + ".", "Buyers read so on its page. Renew what it rested on in your verification, then ask for another review."},
		Action: "See the version", Path: "/seller/versions/" + string(b.Version) + "#licensing",
	})
}

const liveOfListing = `
SELECT id
FROM   version
WHERE  listing_id = @listing
AND    organization_id = @organization
AND    state = 'live'`

// showLive shows buyers anew what is on offer of a listing.
func (s *Service) showLive(ctx context.Context, tx pgx.Tx, org id.Organization, l id.Listing) error {
	list, err := postgres.Values[id.Version](ctx, tx, liveOfListing, pgx.NamedArgs{"listing": l, "organization": org})
	for _, live := range list {
		err = errors.Join(err, s.listings.ShowAgainIn(ctx, tx, live))
	}
	return err
}
