package moderation

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/errs"
	"assay/internal/postgres"
)

// Receipt is what a reporter sees of the own report. It holds nothing of what
// was written.
type Receipt struct {
	Title     string     `db:"title"`
	Slug      string     `db:"slug"`
	Reason    Reason     `db:"reason"`
	State     State      `db:"state"` // of the flag that it was merged into, if it was
	Merged    bool       `db:"is_merged"`
	Overturn  bool       `db:"is_overturned"`
	Act       Act        `db:"act"`
	Answer    string     `db:"answer"`
	CreatedAt time.Time  `db:"created_at"`
	DecidedAt *time.Time `db:"decided_at"`
	Offer     string     `db:"offer"` // live, suspended or withdrawn
	Hidden    bool       `db:"is_hidden"`
	HasEmail  bool       `db:"has_email"`
}

const receiptQuery = `
SELECT c.title, c.slug, f.reason, f.state, r.follows <> r.flag_id AS is_merged, f.overturned_at IS NOT NULL AS is_overturned,
       f.act, r.answer, r.created_at, f.decided_at, c.state AS offer, c.samples_hidden_at IS NOT NULL AS is_hidden, r.email <> '' AS has_email
FROM   flag_report r
JOIN   flag f ON f.id = r.follows
JOIN   catalog_listing c ON c.id = f.listing_id
WHERE  r.token_hash = @token`

// Receipt returns the report behind a link, or errs.NotFound.
func (s *Service) Receipt(ctx context.Context, secret string) (got Receipt, err error) {
	const none = "There is no report at this address."
	if len(secret) != 43 {
		return got, errs.New(errs.NotFound, none)
	}
	err = s.db.InTx(ctx, postgres.Actor{}, func(tx pgx.Tx) error {
		if err := postgres.LookFor(ctx, tx, hashOf(secret)); err != nil {
			return err
		}
		got, err = postgres.One[Receipt](ctx, tx, receiptQuery, pgx.NamedArgs{"token": hashOf(secret)})
		return err
	})
	return got, postgres.NotFound(err, none)
}
