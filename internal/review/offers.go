package review

import (
	"context"
	"fmt"
	"time"

	"assay/internal/id"
	"assay/internal/listing"
	"assay/internal/postgres"
)

// Offer is a version that is live or was taken down by the platform.
type Offer struct {
	Version id.Version    `db:"version_id"`
	Number  int           `db:"number"`
	State   listing.State `db:"state"`
	Title   string        `db:"title"`
	Seller  string        `db:"seller"`
	Slug    string        `db:"slug"`
	Since   time.Time     `db:"since"`
	Reason  string        `db:"reason"`
}

const offersQuery = `
SELECT   v.id AS version_id, v.number, v.state, coalesce(c.claims -> 'basics' ->> 'title', '') AS title,
         o.name AS seller, l.slug, v.updated_at AS since, CASE WHEN v.state = 'suspended' THEN v.reason ELSE '' END AS reason
FROM     version v
JOIN     listing l ON l.id = v.listing_id
JOIN     listing_claims c ON c.id = v.claims_id
JOIN     organization o ON o.id = v.organization_id
WHERE    v.state IN ('live', 'suspended')
AND      assay_platform() IN ('reviewer', 'admin')
ORDER BY v.state DESC, v.updated_at DESC
LIMIT    200`

// Offers returns what is live or suspended, the suspended first: where a
// reviewer takes something down or restores it.
func (s *Service) Offers(ctx context.Context, a postgres.Actor) ([]Offer, error) {
	if err := mustReview(a); err != nil {
		return nil, err
	}
	list, err := collect[Offer](ctx, s.db, a, offersQuery)
	if err != nil {
		return nil, fmt.Errorf("offers: %w", err)
	}
	return list, nil
}
