package review

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/id"
	"assay/internal/postgres"
)

// Match is a submission that holds images equal to images of other
// organizations which are not on offer. Its seller never learns of it: who owns
// what in private is for reviewers alone, and they see numbers.
type Match struct {
	Version       id.Version `db:"version_id"`
	Number        int        `db:"number"`
	Title         string     `db:"title"`
	Seller        string     `db:"seller"`
	State         string     `db:"state"`
	Images        int        `db:"images"` // of the submission
	Listings      int        `db:"listings"`
	Organizations int        `db:"organizations"`
	FoundAt       time.Time  `db:"found_at"`
}

const matchesQuery = `
SELECT   p.version_id, v.number, coalesce(c.claims -> 'basics' ->> 'title', '') AS title, o.name AS seller, v.state,
         p.images, p.listings, p.organizations, p.found_at
FROM     pixel_match p
JOIN     version v ON v.id = p.version_id
JOIN     listing_claims c ON c.id = v.claims_id
JOIN     organization o ON o.id = v.organization_id
WHERE    p.images > 0
AND      (v.state IN ('in_review', 'approved', 'embargoed', 'live', 'suspended') OR v.id = @version::uuid)
AND      (@version::uuid IS NULL OR v.id = @version::uuid)
AND      assay_platform() IN ('reviewer', 'admin')
ORDER BY p.found_at DESC, p.report_id
LIMIT    200`

// Matches returns the submissions under way or on offer that hold images of
// others, the newest first; also those that were approved without a reviewer.
func (s *Service) Matches(ctx context.Context, a postgres.Actor) ([]Match, error) {
	if err := mustReview(a); err != nil {
		return nil, err
	}
	list, err := collect[Match](ctx, s.db, a, matchesQuery, pgx.NamedArgs{"version": nil})
	if err != nil {
		return nil, fmt.Errorf("equal images: %w", err)
	}
	return list, nil
}

// match returns what the newest report of a version says of images of others;
// nil for none.
func match(ctx context.Context, q postgres.Querier, v id.Version) (*Match, error) {
	list, err := postgres.Many[Match](ctx, q, matchesQuery, pgx.NamedArgs{"version": v})
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}
