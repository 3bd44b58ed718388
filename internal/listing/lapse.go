package listing

import (
	"context"

	"github.com/jackc/pgx/v5"

	"assay/internal/id"
	"assay/internal/postgres"
)

// lapseClaims closes what waits for a reviewer on versions of a listing other
// than the one that is live from now on; keep is empty if none is.
const lapseClaims = `
UPDATE listing_claims
SET    outcome = 'lapsed'
WHERE  listing_id = @listing
AND    organization_id = @organization
AND    outcome IS NULL
AND    amends_version IS NOT NULL
AND    amends_version IS DISTINCT FROM nullif(@keep, '')::uuid
RETURNING claims_digest`

// lapse ends the wait of changed claims whose version left the catalog, so
// that whatever takes its place can ask again. The listing is locked.
func (s *Service) lapse(ctx context.Context, tx pgx.Tx, a postgres.Actor, org id.Organization, l id.Listing, keep id.Version) error {
	gone, err := postgres.Values[string](ctx, tx, lapseClaims, pgx.NamedArgs{"listing": l, "organization": org, "keep": string(keep)})
	if err != nil {
		return refusal(err)
	}
	for _, digest := range gone {
		if err := s.record(ctx, tx, a, org, "listing.lapse_claims", "listing", string(l), map[string]string{"claims_digest": digest}); err != nil {
			return err
		}
	}
	return nil
}

// again returns lapsed claims as a revision that can be sent anew; any other
// revision as it is.
func (s *Service) again(ctx context.Context, tx pgx.Tx, a postgres.Actor, l Listing, claims, current Revision) (Revision, error) {
	if claims.Outcome != Lapsed || claims.Digest == current.Digest {
		return claims, nil
	}
	if err := addClaims(ctx, tx, l, claims.Number+1, claims.Claims, a.User); err != nil {
		return Revision{}, err
	}
	return readNewest(ctx, tx, l)
}
