package ingest

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"assay/internal/blob"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
	"assay/internal/seal"
)

// Reseal brings every list of texts under the newest secret and returns how
// many were under an older one. A list that opens under none stays as it is; the
// error says how many there are.
func (s *Service) Reseal(ctx context.Context) (n int, err error) {
	box, err := textsBox(s.options.SecretKey, s.options.OldSecretKeys...)
	if err != nil {
		return 0, err
	}
	broken := 0
	err = s.blobs.List(ctx, textsFolder, func(o blob.Object) error {
		renewed, err := s.resealTexts(ctx, box, reportOfTexts(o.Key))
		switch {
		case errors.Is(err, seal.ErrBroken):
			broken++
			return nil
		case renewed:
			n++
		}
		return err
	})
	if err != nil {
		return n, fmt.Errorf("lists of texts: %w", err)
	}
	if broken > 0 {
		return n, fmt.Errorf("lists of texts: %d open under no secret of the settings", broken)
	}
	return n, nil
}

const selectTextsOfReport = `
SELECT organization_id AS organization, version_id AS version, id AS report
FROM   audit_report
WHERE  assay_platform() = 'worker'
AND    id = @report`

// resealTexts reports whether the list of a report was sealed anew.
func (s *Service) resealTexts(ctx context.Context, box seal.Box, report id.Report) (bool, error) {
	of, err := s.textsOf(ctx, report)
	if errs.KindOf(err) == errs.NotFound {
		return false, nil // of a report that is being written, or gone: the sweep's
	}
	if err != nil {
		return false, err
	}
	sealed, err := s.sealedTexts(ctx, TextsKey(report))
	if errs.KindOf(err) == errs.NotFound {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	fresh, err := box.Renew(sealed, of.bound())
	if err != nil || fresh == nil {
		return false, err
	}
	_, err = s.blobs.Put(ctx, TextsKey(report), bytes.NewReader(fresh))
	return err == nil, err
}

func (s *Service) textsOf(ctx context.Context, report id.Report) (of TextsOf, err error) {
	if report == "" {
		return of, errs.New(errs.NotFound, "There is no such list.")
	}
	err = s.db.InTx(ctx, worker, func(tx pgx.Tx) error {
		of, err = postgres.One[TextsOf](ctx, tx, selectTextsOfReport, pgx.NamedArgs{"report": report})
		return postgres.NotFound(err, "There is no such list.")
	})
	return of, err
}
