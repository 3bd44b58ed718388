package ingest

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"assay/internal/audit/quality"
	"assay/internal/id"
	"assay/internal/postgres"
)

const insertQuality = `
INSERT INTO quality_report (report_id, version_id, organization_id, body)
VALUES (@report, @version, @organization, @body)`

// keepQuality stores the LQS of a report, which is in the same transaction.
func keepQuality(ctx context.Context, q postgres.Querier, r *run, report id.Report, lqs *quality.Report) error {
	if lqs == nil {
		return nil
	}
	body, err := json.Marshal(lqs)
	if err == nil {
		_, err = q.Exec(ctx, insertQuality, pgx.NamedArgs{"report": report, "version": r.version, "organization": r.organization, "body": body})
	}
	if err != nil {
		return fmt.Errorf("keep the LQS: %w", err)
	}
	return nil
}

const selectQuality = `
SELECT body
FROM   quality_report
WHERE  report_id = @report
AND    (organization_id = assay_organization() OR assay_platform() IN ('reviewer', 'admin'))`

// Quality returns the LQS of a report as lqs-report/1, for those who may read
// the report, or errs.NotFound: audits before the LQS have none.
func (s *Service) Quality(ctx context.Context, a postgres.Actor, r id.Report) (body []byte, err error) {
	err = s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, selectQuality, pgx.NamedArgs{"report": r}).Scan(&body)
		return postgres.NotFound(err, "This version has no quality report: it was audited before there was one.")
	})
	return body, err
}
