package credential

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

// warnDays are the days before its end at which a credential is told of.
var warnDays = []int{30, 7}

// One that another of the same kind and person outlives needs no renewal.
const endingCredentials = `
SELECT   c.id
FROM     credential c
WHERE    c.state = 'verified'
AND      c.expires_on >= @today
AND      c.expires_on <= @until
AND      (c.warned_days IS NULL OR c.warned_days > @days)
AND      NOT EXISTS (SELECT 1
                     FROM   credential o
                     WHERE  o.annotator_id = c.annotator_id
                     AND    o.organization_id = c.organization_id
                     AND    o.kind = c.kind
                     AND    o.state = 'verified'
                     AND    (o.expires_on IS NULL OR o.expires_on > c.expires_on))
AND      EXISTS (SELECT 1
                 FROM   annotator a
                 WHERE  a.id = c.annotator_id
                 AND    a.organization_id = c.organization_id
                 AND    a.removed_at IS NULL)
ORDER BY c.expires_on, c.id
LIMIT    200`

const markWarned = `
UPDATE credential
SET    warned_days = @days
WHERE  id = @id
AND    organization_id = @organization
AND    state = 'verified'
AND    (warned_days IS NULL OR warned_days > @days)`

// warnEnding tells organizations of checked credentials that end, once for each
// of warnDays; of several that are due only the nearest.
func (s *Service) warnEnding(ctx context.Context) error {
	today := day(s.now())
	var failed []error
	for _, days := range slices.Sorted(slices.Values(warnDays)) {
		var ending []id.Credential
		err := s.db.InTx(ctx, worker, func(tx pgx.Tx) (err error) {
			ending, err = postgres.Values[id.Credential](ctx, tx, endingCredentials, pgx.NamedArgs{"today": today, "until": today.AddDate(0, 0, days), "days": days})
			return err
		})
		failed = append(failed, err)
		for _, key := range ending {
			failed = append(failed, s.warn(ctx, key, days, today))
		}
	}
	if err := errors.Join(failed...); err != nil {
		return fmt.Errorf("credentials that end: %w", err)
	}
	return nil
}

func (s *Service) warn(ctx context.Context, key id.Credential, days int, today time.Time) error {
	return s.db.InTx(ctx, worker, func(tx pgx.Tx) error {
		c, err := s.credential(ctx, tx, key)
		if err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, markWarned, pgx.NamedArgs{"id": key, "organization": c.Organization, "days": days})
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		return s.tellEnding(ctx, tx, c, int(c.ExpiresOn.Sub(today).Hours()/24))
	})
}
