package ingest

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"assay/internal/audit"
	"assay/internal/id"
	"assay/internal/postgres"
)

// Preview is a small picture of a frame in which an audit found text, with the
// text filled so that nobody can read it.
type Preview struct {
	Number   int      `db:"number"` // from 1
	Path     string   `db:"path"`   // of the file, as the report names it
	Source   string   `db:"source"` // attribute that carries the frame
	Frame    int      `db:"frame"`  // from 1; 0 for a summary over all frames
	Severity string   `db:"severity"`
	Rules    []string `db:"rules"`
	Width    int      `db:"width"` // pixels
	Height   int      `db:"height"`
}

const insertPreview = `
INSERT INTO audit_preview (report_id, organization_id, version_id, number, path, source, frame, severity, rules, width, height, image)
VALUES (@report, @organization, @version, @number, @path, @source, @frame, @severity, @rules, @width, @height, @image)`

// keepPreviews stores the pictures of a report, which is in the same
// transaction. They are few and small, so that they lie in the database and
// go with the report.
func keepPreviews(ctx context.Context, q postgres.Querier, r *run, report id.Report, list []audit.Preview) error {
	number := 0
	for _, p := range list {
		if len(p.PNG) == 0 {
			continue
		}
		number++
		_, err := q.Exec(ctx, insertPreview, pgx.NamedArgs{
			"report": report, "organization": r.organization, "version": r.version, "number": number,
			"path": p.Path, "source": p.Source, "frame": p.Frame, "severity": string(p.Severity), "rules": p.Rules,
			"width": p.Width, "height": p.Height, "image": p.PNG,
		})
		if err != nil {
			return fmt.Errorf("keep a preview: %w", err)
		}
	}
	return nil
}

const selectPreviews = `
SELECT   number, path, source, frame, severity, rules, width, height
FROM     audit_preview
WHERE    report_id = @report
AND      (organization_id = assay_organization() OR assay_platform() IN ('reviewer', 'admin'))
ORDER BY number`

// Previews lists the pictures of a report, at most 24, for those who may read
// the report; for others there are none.
func (s *Service) Previews(ctx context.Context, a postgres.Actor, r id.Report) (list []Preview, err error) {
	err = s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, selectPreviews, pgx.NamedArgs{"report": r})
		if err != nil {
			return fmt.Errorf("list previews: %w", err)
		}
		list, err = pgx.CollectRows(rows, pgx.RowToStructByName[Preview])
		return err
	})
	return list, err
}

const selectPreviewImage = `
SELECT image
FROM   audit_preview
WHERE  report_id = @report
AND    number = @number
AND    (organization_id = assay_organization() OR assay_platform() IN ('reviewer', 'admin'))`

// PreviewImage returns one of the pictures of a report as PNG, or
// errs.NotFound.
func (s *Service) PreviewImage(ctx context.Context, a postgres.Actor, r id.Report, number int) (image []byte, err error) {
	err = s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, selectPreviewImage, pgx.NamedArgs{"report": r, "number": number}).Scan(&image)
		return postgres.NotFound(err, "The report has no such picture.")
	})
	return image, err
}
