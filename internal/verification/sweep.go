package verification

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/id"
	"assay/internal/postgres"
)

var worker = postgres.Actor{Platform: postgres.Worker}

// warnDays are the days before an end at which it is told of.
var warnDays = []int{60, 30, 7}

// Sweep tells of documents and levels that end, and asks for looks at domains
// that are due.
func (s *Service) Sweep(ctx context.Context) error {
	return errors.Join(s.vault.WarnExpiring(ctx, warnDays, tellDocument), s.warnLevels(ctx), s.askDueDomains(ctx))
}

type endingLevel struct {
	Organization id.Organization `db:"organization_id"`
	Ends         time.Time       `db:"expires_at"`
}

const endingLevels = `
SELECT   organization_id, expires_at
FROM     seller_level
WHERE    level IN ('email_domain', 'org_documents', 'rights_documents', 'verified')
AND      expires_at > @now
AND      expires_at <= @until
AND      (warned_days IS NULL OR warned_days > @days)
ORDER BY expires_at
LIMIT    200`

const markLevelWarned = `
UPDATE seller_level
SET    warned_days = @days
WHERE  organization_id = @organization
AND    expires_at = @ends
AND    (warned_days IS NULL OR warned_days > @days)`

// warnLevels tells of levels that end, once for each of warnDays.
func (s *Service) warnLevels(ctx context.Context) error {
	var failed []error
	now := s.now()
	for _, days := range slices.Sorted(slices.Values(warnDays)) {
		var list []endingLevel
		err := s.db.InTx(ctx, worker, func(tx pgx.Tx) (err error) {
			list, err = postgres.Many[endingLevel](ctx, tx, endingLevels, pgx.NamedArgs{"now": now, "until": now.AddDate(0, 0, days), "days": days})
			return err
		})
		if err != nil {
			failed = append(failed, fmt.Errorf("levels that end: %w", err))
		}
		for _, l := range list {
			failed = append(failed, s.warnLevel(ctx, l, days, int(l.Ends.Sub(now).Hours()/24)))
		}
	}
	return errors.Join(failed...)
}

func (s *Service) warnLevel(ctx context.Context, l endingLevel, days, left int) error {
	return s.db.InTx(ctx, worker, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, markLevelWarned, pgx.NamedArgs{"organization": l.Organization, "ends": l.Ends, "days": days})
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		return tellExpiring(ctx, tx, l.Organization, l.Ends, left)
	})
}
