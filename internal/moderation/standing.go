package moderation

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/account"
	"assay/internal/id"
	"assay/internal/postgres"
)

// Strike is what an upheld flag cost an organization.
type Strike struct {
	ID        id.Strike  `db:"id"`
	Flag      id.Flag    `db:"flag_id"`
	Title     string     `db:"title"` // of the data set
	Reason    string     `db:"reason"`
	GivenAt   time.Time  `db:"given_at"`
	ExpiresAt time.Time  `db:"expires_at"`
	RemovedAt *time.Time `db:"removed_at"`
	IsActive  bool       `db:"is_active"`
}

const strikesQuery = `
SELECT   s.id, coalesce(s.flag_id::text, '') AS flag_id, coalesce(c.title, '') AS title, s.reason, s.given_at, s.expires_at, s.removed_at,
         s.removed_at IS NULL AND s.expires_at > now() AS is_active
FROM     strike s
LEFT JOIN flag f ON f.id = s.flag_id
LEFT JOIN catalog_listing c ON c.id = f.listing_id
WHERE    s.organization_id = @organization
ORDER BY s.given_at DESC, s.id`

const ownFlagsQuery = flagQuery + `
WHERE    f.organization_id = @organization
AND      (f.asked_at IS NOT NULL OR f.act <> '')
ORDER BY (f.state = 'needs_seller') DESC, f.created_at DESC
LIMIT    200`

// Standing is what the platform holds against an organization, and what the
// organization can do about it.
type Standing struct {
	Strikes    []Strike
	Active     int    // strikes that hold now
	Flags      []Flag // asked about or upheld, those that wait for an answer first
	Appealable []Subject
	Appeals    []Appeal
}

// Blocked reports whether nothing can be published.
func (s Standing) Blocked() bool { return s.Active >= StrikesToBlock }

// Standing returns that of the actor's organization.
func (s *Service) Standing(ctx context.Context, a postgres.Actor) (st Standing, err error) {
	err = s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if _, err := account.Require(ctx, tx, a, account.Role.CanRead); err != nil {
			return err
		}
		args := pgx.NamedArgs{"organization": a.Organization}
		if st.Strikes, err = postgres.Many[Strike](ctx, tx, strikesQuery, args); err != nil {
			return err
		}
		for _, k := range st.Strikes {
			if k.IsActive {
				st.Active++
			}
		}
		if st.Flags, err = postgres.Many[Flag](ctx, tx, ownFlagsQuery, args); err != nil {
			return err
		}
		if st.Appealable, err = postgres.Many[Subject](ctx, tx, subjectsQuery, args); err != nil {
			return err
		}
		st.Appeals, err = postgres.Many[Appeal](ctx, tx, ownAppealsQuery, args)
		return err
	})
	if err != nil {
		return Standing{}, fmt.Errorf("standing: %w", err)
	}
	return st, nil
}
