package ingest

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"assay/internal/id"
)

// insertMatch counts the images that equal some which others hold and do not
// offer. A row is written also for none.
const insertMatch = `
WITH concealed AS MATERIALIZED (
         SELECT v.id, v.listing_id, v.organization_id
         FROM   version v
         JOIN   listing l ON l.id = v.listing_id
         WHERE  v.organization_id <> @organization
         AND    v.state <> 'live'
         AND    l.deleted_at IS NULL
),
equal AS MATERIALIZED (
         SELECT mine.mac, mine.instances, p.version_id
         FROM   pixel_index mine
         JOIN   pixel_index p ON p.mac = mine.mac
         WHERE  mine.version_id = @version
         AND    mine.organization_id = @organization
         AND    p.version_id IN (SELECT id FROM concealed)
),
held AS (
         SELECT count(DISTINCT listing_id) AS listings, count(DISTINCT organization_id) AS organizations
         FROM   concealed
         WHERE  id IN (SELECT version_id FROM equal)
)
INSERT INTO pixel_match (report_id, version_id, organization_id, images, listings, organizations)
SELECT @report, @version, @organization,
       (SELECT coalesce(sum(instances), 0) FROM (SELECT DISTINCT mac, instances FROM equal) images), listings, organizations
FROM   held
ON CONFLICT (report_id) DO NOTHING`

// match notes for reviewers what equals the private images of others. It runs
// when the seller has the report already, so that the time it takes tells
// nothing; what a crash left out is for the sweep.
func (s *Service) match(ctx context.Context, report id.Report, v id.Version, org id.Organization) error {
	return s.db.InTx(ctx, worker, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, insertMatch, pgx.NamedArgs{"report": report, "version": v, "organization": org})
		if err != nil {
			return fmt.Errorf("version %s: images that equal those of others: %w", v, err)
		}
		return nil
	})
}

const selectUnmatched = `
SELECT   a.id, a.version_id, a.organization_id
FROM     audit_report a
WHERE    a.created_at > now() - interval '30 days'
AND      assay_platform() = 'worker'
AND      NOT a.is_reaudit
AND      NOT EXISTS (SELECT FROM pixel_match m WHERE m.report_id = a.id)
AND      EXISTS (SELECT FROM pixel_index p WHERE p.version_id = a.version_id)
ORDER BY a.created_at
LIMIT    20`

// matchMissing notes what a worker that died did not.
func (s *Service) matchMissing(ctx context.Context) error {
	type report struct {
		ID           id.Report       `db:"id"`
		Version      id.Version      `db:"version_id"`
		Organization id.Organization `db:"organization_id"`
	}
	var list []report
	err := s.db.InTx(ctx, worker, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, selectUnmatched)
		if err != nil {
			return fmt.Errorf("reports without a note: %w", err)
		}
		list, err = pgx.CollectRows(rows, pgx.RowToStructByName[report])
		return err
	})
	for _, r := range list {
		err = errors.Join(err, s.match(ctx, r.ID, r.Version, r.Organization))
	}
	return err
}
