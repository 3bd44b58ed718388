package vault

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/postgres"
)

const expiringVersions = versionColumns + `
WHERE    v.expires_on >= @today
AND      v.expires_on <= @until
AND      (v.warned_days IS NULL OR v.warned_days > @days)
AND      v.number = (SELECT max(w.number) FROM vault_version w WHERE w.document_id = v.document_id)
ORDER BY v.expires_on, v.document_id
LIMIT    200`

const markWarned = `
UPDATE vault_version
SET    warned_days = @days
WHERE  document_id = @document
AND    number = @number
AND    organization_id = @organization
AND    (warned_days IS NULL OR warned_days > @days)`

// WarnExpiring calls tell for each newest version that ends within one of days,
// once for each of them and in one transaction with the note that it was told;
// of several that are due only the nearest. left is the days until the end.
func (s *Service) WarnExpiring(ctx context.Context, days []int, tell func(ctx context.Context, tx pgx.Tx, v Version, left int) error) error {
	today := s.now().UTC().Truncate(24 * time.Hour)
	nearest := slices.Sorted(slices.Values(days))
	var failed []error
	for _, d := range nearest {
		args := pgx.NamedArgs{"today": today, "until": today.AddDate(0, 0, d), "days": d}
		var due []Version
		err := s.db.InTx(ctx, worker, func(tx pgx.Tx) (err error) {
			due, err = postgres.Many[Version](ctx, tx, expiringVersions, args)
			return err
		})
		failed = append(failed, err)
		for _, v := range due {
			failed = append(failed, s.warn(ctx, v, d, int(v.ExpiresOn.Sub(today).Hours()/24), tell))
		}
	}
	return errors.Join(failed...)
}

func (s *Service) warn(ctx context.Context, v Version, days, left int, tell func(context.Context, pgx.Tx, Version, int) error) error {
	return s.db.InTx(ctx, worker, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, markWarned, pgx.NamedArgs{"document": v.Document, "number": v.Number, "organization": v.Organization, "days": days})
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		return tell(ctx, tx, v, left)
	})
}
