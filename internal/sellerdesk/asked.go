package sellerdesk

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/id"
	"assay/internal/postgres"
	"assay/internal/promise"
)

// askedQuery finds what reviewers wait for: answers to questions about reports,
// and a mended version where new rules found something in what is live.
const askedQuery = `
SELECT   'answer_report' AS kind, f.id::text AS flag_id, f.listing_id, coalesce(f.version_id::text, '') AS version_id, c.title,
         0 AS number, f.reason = 'phi_suspected' AS is_grave, f.asked_at AS since
FROM     flag f
JOIN     catalog_listing c ON c.id = f.listing_id AND c.organization_id = f.organization_id
WHERE    f.organization_id = @organization
AND      f.state = 'needs_seller'
UNION ALL
SELECT   'mend_for_new_rules', '', v.listing_id, v.id::text, coalesce(c.claims -> 'basics' ->> 'title', ''),
         v.number, x.outcome = 'blockers', x.audited_at
FROM     reaudit x
JOIN     version v ON v.id = x.version_id AND v.organization_id = x.organization_id
LEFT JOIN listing_claims c ON c.id = v.claims_id AND c.organization_id = v.organization_id
WHERE    x.organization_id = @organization
AND      x.state = 'open'
AND      v.state = 'live'
ORDER BY since
LIMIT    200`

type asked struct {
	Kind    Kind       `db:"kind"`
	Flag    id.Flag    `db:"flag_id"`
	Listing id.Listing `db:"listing_id"`
	Version id.Version `db:"version_id"`
	Title   string     `db:"title"`
	Number  int        `db:"number"`
	Grave   bool       `db:"is_grave"`
	Since   time.Time  `db:"since"`
}

// asked returns what reviewers wait for, each with its clock.
func (s *Service) asked(ctx context.Context, tx pgx.Tx, a postgres.Actor) ([]Todo, error) {
	found, err := postgres.Many[asked](ctx, tx, askedQuery, pgx.NamedArgs{"organization": a.Organization})
	if err != nil {
		return nil, err
	}
	var list []Todo
	for _, x := range found {
		within := promise.OfNewRules(x.Grave)
		if x.Kind == AnswerReport {
			within = promise.OfQuestion(x.Grave)
		}
		due := within.Due(x.Since)
		list = append(list, Todo{Kind: x.Kind, Listing: x.Listing, Version: x.Version, Title: x.Title, Number: x.Number,
			Since: x.Since, Flag: x.Flag, Due: &due, Grave: x.Grave})
	}
	return list, nil
}
