package ingest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/account"
	"assay/internal/activity"
	"assay/internal/audit"
	"assay/internal/blob"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
)

// textsFolder holds the sealed lists, one a report. It is not the folder of
// reports, so that a sweep need not walk those.
const textsFolder = "texts/"

// TextsKey names the sealed list of texts of a report in the object store.
func TextsKey(r id.Report) string { return textsFolder + string(r) + ".sealed" }

// maxSealed bounds a sealed list that is read, in bytes: 4 MiB of texts, each
// byte of which JSON may write as six.
const maxSealed = 32 << 20

// residual is where an audit puts texts for the seller to read; nil if there
// is no secret to seal them with.
func (r *run) residual() *audit.Residual {
	if len(r.options.SecretKey) == 0 {
		return nil
	}
	return &r.texts
}

func (r *run) keepTexts(ctx context.Context, report id.Report) error {
	if len(r.options.SecretKey) == 0 {
		return nil
	}
	list := TextList{Texts: r.texts.Texts(), Beyond: r.texts.Beyond()}
	sealed, err := list.Seal(r.options.SecretKey, TextsOf{r.organization, r.version, report})
	if err == nil {
		_, err = r.blobs.Put(ctx, TextsKey(report), bytes.NewReader(sealed))
	}
	if err != nil {
		return fmt.Errorf("keep the list of texts: %w", err)
	}
	return nil
}

const selectTextsOf = `
SELECT   organization_id AS organization, version_id AS version, id AS report
FROM     audit_report
WHERE    version_id = @version
AND      organization_id = @organization
AND      NOT is_reaudit
ORDER BY created_at DESC, id DESC
LIMIT    1`

// Texts opens the list of texts of a version for an editor, admin or owner of
// the organization that owns it, and records that it was opened. A role on the
// platform counts for nothing here. For others, for a version without report
// and for a list that is gone it is errs.NotFound; errs.Conflict for one that
// cannot be opened.
func (s *Service) Texts(ctx context.Context, a postgres.Actor, v id.Version) (list TextList, err error) {
	a.Platform = postgres.None
	err = s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if _, err := account.Require(ctx, tx, a, account.Role.CanEdit); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, selectTextsOf, pgx.NamedArgs{"version": v, "organization": a.Organization})
		if err != nil {
			return fmt.Errorf("texts: %w", err)
		}
		of, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[TextsOf])
		if err != nil {
			return postgres.NotFound(err, "This version has no list of texts.")
		}
		if list, err = s.unseal(ctx, of); err != nil {
			return err
		}
		return activity.Record(ctx, tx, activity.Entry{Actor: a, Organization: a.Organization, Verb: "version.read_texts", Object: "version", ObjectID: string(v)})
	})
	if err != nil {
		return TextList{}, err
	}
	return list, nil
}

func (s *Service) unseal(ctx context.Context, of TextsOf) (TextList, error) {
	sealed, err := s.sealedTexts(ctx, TextsKey(of.Report))
	if err != nil {
		return TextList{}, err
	}
	list, err := s.options.openTexts(sealed, of)
	if err != nil {
		return TextList{}, errs.Wrap(errs.Conflict, "The list cannot be opened. A new audit makes a new one.", err)
	}
	return list, nil
}

func (s *Service) sealedTexts(ctx context.Context, key string) ([]byte, error) {
	body, err := s.blobs.Get(ctx, key, 0)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	sealed, err := io.ReadAll(io.LimitReader(body, maxSealed))
	if err != nil {
		return nil, fmt.Errorf("read the list of texts: %w", err)
	}
	return sealed, nil
}

// youngTexts is how long a list may wait for the row of its report: it is
// written before that transaction commits.
const youngTexts = time.Hour

// A list goes with its version: with a data set that is deleted, a version
// that is withdrawn, and one that a newer version has replaced.
const selectTextsToKeep = `
SELECT r.id, l.deleted_at IS NOT NULL OR v.state IN ('withdrawn', 'superseded') AS gone
FROM   audit_report r
JOIN   version v ON v.id = r.version_id AND v.organization_id = r.organization_id
JOIN   listing l ON l.id = v.listing_id AND l.organization_id = v.organization_id
WHERE  assay_platform() = 'worker'
AND    r.id = ANY (@ids)`

// sweepTexts deletes the lists whose version is gone, and those that a crash
// left without a report.
func (s *Service) sweepTexts(ctx context.Context) error {
	var batch []blob.Object
	flush := func() error {
		err := s.deleteGoneTexts(ctx, batch)
		batch = batch[:0]
		return err
	}
	err := s.blobs.List(ctx, textsFolder, func(o blob.Object) error {
		if batch = append(batch, o); len(batch) < 1000 {
			return nil
		}
		return flush()
	})
	return errors.Join(err, flush())
}

func (s *Service) deleteGoneTexts(ctx context.Context, list []blob.Object) error {
	if len(list) == 0 {
		return nil
	}
	gone, err := s.goneReports(ctx, list)
	if err != nil {
		return err
	}
	var failed []error
	for _, o := range list {
		isGone, known := gone[reportOfTexts(o.Key)]
		if isGone || !known && time.Since(o.At) > youngTexts {
			failed = append(failed, s.blobs.Delete(ctx, o.Key))
		}
	}
	return errors.Join(failed...)
}

func reportOfTexts(key string) id.Report {
	r, _ := id.Parse[id.Report](strings.TrimSuffix(strings.TrimPrefix(key, textsFolder), ".sealed"))
	return r
}

// goneReports says of each report that has a row whether its version is gone.
func (s *Service) goneReports(ctx context.Context, list []blob.Object) (map[id.Report]bool, error) {
	ids := make([]string, 0, len(list))
	for _, o := range list {
		if r := reportOfTexts(o.Key); r != "" {
			ids = append(ids, string(r))
		}
	}
	gone := map[id.Report]bool{}
	err := s.db.InTx(ctx, worker, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, selectTextsToKeep, pgx.NamedArgs{"ids": ids})
		if err != nil {
			return err
		}
		var r id.Report
		var is bool
		_, err = pgx.ForEachRow(rows, []any{&r, &is}, func() error { gone[r] = is; return nil })
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("look for texts of versions that are gone: %w", err)
	}
	return gone, nil
}
