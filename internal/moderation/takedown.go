package moderation

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
)

// Offer is a version on offer.
type Offer struct {
	Version id.Version `db:"version_id"`
	Number  int        `db:"number"`
	Title   string     `db:"title"`
	Slug    string     `db:"slug"`
}

const offersQuery = `
SELECT   v.id AS version_id, v.number, c.title, c.slug
FROM     version v
JOIN     catalog_listing c ON c.id = v.listing_id AND c.organization_id = v.organization_id
WHERE    v.organization_id = @organization
AND      v.state = 'live'
ORDER BY c.title, v.id
LIMIT    500`

// Offers returns what a seller has on offer, for a reviewer outside it, with
// the seller's name. Anybody else gets errs.NotFound.
func (s *Service) Offers(ctx context.Context, a postgres.Actor, org id.Organization) (seller string, list []Offer, err error) {
	if err := mustReview(a); err != nil {
		return "", nil, err
	}
	err = s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		args := pgx.NamedArgs{"organization": org}
		err := tx.QueryRow(ctx, `
SELECT name FROM organization
WHERE  id = @organization
AND    'reviewer' = ANY (acting_party(id))
AND    EXISTS (SELECT FROM listing l WHERE l.organization_id = organization.id AND l.submitted_at IS NOT NULL)`, args).Scan(&seller)
		if err != nil {
			return postgres.NotFound(err, "There is no such seller.")
		}
		list, err = postgres.Many[Offer](ctx, tx, offersQuery, args)
		return err
	})
	if err != nil {
		return "", nil, fmt.Errorf("offers of %s: %w", org, err)
	}
	return seller, list, nil
}

// Takedown is several versions of one seller that one reason suspends.
type Takedown struct {
	Organization id.Organization
	Versions     []id.Version
	Reason       Reason // of the list
	Comment      string // buyers read both
}

// TakeDown suspends each version in a transaction of its own, so that one that
// cannot be suspended any more keeps none of the others. It returns how many
// were, and the titles of those that were not. A fault of ours ends it and is
// returned together with both. Mistakes are errs.Fields with the fields version,
// reason and comment.
func (s *Service) TakeDown(ctx context.Context, a postgres.Actor, t Takedown) (down int, left []string, err error) {
	_, offers, err := s.Offers(ctx, a, t.Organization)
	if err != nil {
		return 0, nil, err
	}
	t.Comment = clean(t.Comment)
	var f errs.Fields
	if len(t.Versions) == 0 {
		f.Add("version", "Choose at least one data set.")
	}
	if !Reasons.Has(t.Reason) {
		f.Add("reason", "Choose a reason; buyers read it.")
	}
	sentence(&f, "comment", t.Comment, 10, 3000, "Say in a sentence why; buyers and the seller read it.")
	if err := f.Err(); err != nil {
		return 0, nil, err
	}
	titles := map[id.Version]string{}
	for _, o := range offers {
		titles[o.Version] = o.Title
	}
	reason := strings.TrimSpace(grounds[t.Reason] + " " + t.Comment)
	var fault error
	for _, v := range t.Versions {
		title, ok := titles[v]
		if !ok {
			left = append(left, "one that is not on offer")
			continue
		}
		if fault == nil {
			err := s.listings.Suspend(ctx, a, v, reason)
			if err == nil {
				down++
				continue
			}
			if errs.KindOf(err) != errs.Conflict {
				fault = err
			}
		}
		left = append(left, title)
	}
	return down, left, fault
}
