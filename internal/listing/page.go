package listing

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"assay/internal/account"
	"assay/internal/id"
	"assay/internal/postgres"
)

// The ids of listings sort by the time at which they were begun.
const pageQuery = `
SELECT   ` + listingColumns + `
FROM     listing l
WHERE    l.organization_id = @organization
AND      l.kind = 'hosted'
AND      (@before = '' OR l.id < nullif(@before, '')::uuid)
ORDER BY l.id DESC
LIMIT    @limit`

const newestClaimsOf = `
SELECT DISTINCT ON (c.listing_id) ` + claimsColumns + `
FROM     listing_claims c
WHERE    c.organization_id = @organization
AND      c.listing_id = ANY (@listings::uuid[])
ORDER BY c.listing_id, c.revision DESC`

// Page returns up to limit listings of the actor's organization with their
// newest claims, the last begun first, from the one after before on; without it
// from the first. Deleted drafts are among them.
func (s *Service) Page(ctx context.Context, a postgres.Actor, before id.Listing, limit int) ([]Description, error) {
	var page []Description
	err := s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if _, err := account.Require(ctx, tx, a, account.Role.CanRead); err != nil {
			return err
		}
		listings, err := postgres.Many[Listing](ctx, tx, pageQuery, pgx.NamedArgs{"organization": a.Organization, "before": string(before), "limit": limit})
		if err != nil {
			return err
		}
		ids := make([]string, len(listings))
		for i, l := range listings {
			ids[i] = string(l.ID)
		}
		claims, err := postgres.Many[claimsRow](ctx, tx, newestClaimsOf, pgx.NamedArgs{"organization": a.Organization, "listings": ids})
		if err != nil {
			return err
		}
		list, err := overviews(listings, claims, nil)
		for _, o := range list {
			page = append(page, Description{o.Listing, o.Revision})
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("page of listings: %w", err)
	}
	return page, nil
}
