package listing

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"assay/internal/account"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
)

// The methods of this file run in a transaction that the caller has opened for
// the actor a, because the bytes, the job and the state change together: see
// packages upload and ingest.

const insertVersion = `
INSERT INTO version (id, organization_id, listing_id, number, change_note, created_by)
SELECT @id, @organization, @listing, coalesce(max(number), 0) + 1, @note, nullif(@user, '')::uuid
FROM   version
WHERE  listing_id = @listing`

// StartVersion begins an upload: it takes the listing's version that is still
// a draft, or a new one, and moves it to uploading. It returns errs.Conflict
// while another version is on its way.
func (s *Service) StartVersion(ctx context.Context, tx pgx.Tx, a postgres.Actor, l id.Listing, note string) (Version, error) {
	v, err := s.startVersion(ctx, tx, a, l, note)
	if err != nil {
		return Version{}, fmt.Errorf("listing %s: start version: %w", l, err)
	}
	return v, nil
}

func (s *Service) startVersion(ctx context.Context, tx pgx.Tx, a postgres.Actor, l id.Listing, note string) (Version, error) {
	if _, err := account.Require(ctx, tx, a, account.Role.CanEdit); err != nil {
		return Version{}, err
	}
	found, err := lockListing(ctx, tx, a.Organization, l)
	if err != nil {
		return Version{}, err
	}
	if found.DeletedAt != nil {
		return Version{}, errs.New(errs.Conflict, "This draft was deleted. Take it back before you upload files.")
	}
	v, err := findVersion(ctx, tx, newestVersion, a.Organization, l)
	if err != nil {
		return Version{}, err
	}
	if v == nil || v.State != Draft {
		fresh := id.New[id.Version]()
		_, err := tx.Exec(ctx, insertVersion, pgx.NamedArgs{
			"id": fresh, "organization": a.Organization, "listing": l, "note": note, "user": string(a.User)})
		if err != nil {
			return Version{}, refusal(err)
		}
		made, err := readVersion(ctx, tx, fresh)
		if err != nil {
			return Version{}, err
		}
		v = &made
	} else if note != "" {
		if _, err := tx.Exec(ctx, setNote, pgx.NamedArgs{"id": v.ID, "organization": a.Organization, "note": note}); err != nil {
			return Version{}, err
		}
	}
	return *v, s.move(ctx, tx, a, v, StartUpload, change{})
}

// CancelUpload moves a version back to draft: by its seller, or by a worker
// because the upload has expired.
func (s *Service) CancelUpload(ctx context.Context, tx pgx.Tx, a postgres.Actor, v id.Version) error {
	event := CancelUpload
	if a.Platform == postgres.Worker {
		event = ExpireUpload
	}
	return s.fire(ctx, tx, a, v, event, change{})
}

// Queue moves a version whose last byte is stored to queued, and freezes the
// claims that the audit will hold the files against.
func (s *Service) Queue(ctx context.Context, tx pgx.Tx, a postgres.Actor, v id.Version) error {
	locked, err := lockVersion(ctx, tx, v)
	if err != nil {
		return fmt.Errorf("version %s: %w", v, err)
	}
	claims, err := readNewest(ctx, tx, Listing{ID: locked.Listing, Organization: locked.Organization})
	if err != nil {
		return fmt.Errorf("version %s: %w", v, err)
	}
	if err := freeze(ctx, tx, claims, false, ""); err != nil {
		return fmt.Errorf("version %s: %w", v, err)
	}
	if err := s.move(ctx, tx, a, &locked, FinishUpload, change{claims: string(claims.ID)}); err != nil {
		return fmt.Errorf("version %s: %w", v, err)
	}
	return nil
}

// StartAudit moves a queued version to auditing and returns it with the claims
// that its files are held against. A is a worker.
func (s *Service) StartAudit(ctx context.Context, tx pgx.Tx, a postgres.Actor, v id.Version) (Version, Revision, error) {
	locked, err := lockVersion(ctx, tx, v)
	if err == nil {
		err = s.move(ctx, tx, a, &locked, StartAudit, change{})
	}
	var claims Revision
	if err == nil {
		claims, err = readClaims(ctx, tx, locked.Organization, locked.ClaimsID)
	}
	if err != nil {
		return Version{}, Revision{}, fmt.Errorf("version %s: %w", v, err)
	}
	return locked, claims, nil
}

// Requeue moves a version back to queued because the worker that had it died.
func (s *Service) Requeue(ctx context.Context, tx pgx.Tx, a postgres.Actor, v id.Version) error {
	return s.fire(ctx, tx, a, v, Requeue, change{})
}

// CancelAudit moves a version that waits for its audit, or is in it, back to
// draft, because its seller gives it up. The upload is the caller's to end.
func (s *Service) CancelAudit(ctx context.Context, tx pgx.Tx, a postgres.Actor, v id.Version) error {
	if _, err := account.Require(ctx, tx, a, account.Role.CanEdit); err != nil {
		return err
	}
	return s.fire(ctx, tx, a, v, CancelAudit, change{})
}

// BreakAudit notes that the audit could not finish through a fault of ours.
// Reason is for the platform's people and names no value from a file.
func (s *Service) BreakAudit(ctx context.Context, tx pgx.Tx, a postgres.Actor, v id.Version, reason string) error {
	return s.fire(ctx, tx, a, v, BreakAudit, change{reason: reason})
}

// RetryAudit queues a version again after a fault of ours.
func (s *Service) RetryAudit(ctx context.Context, tx pgx.Tx, a postgres.Actor, v id.Version) error {
	return s.fire(ctx, tx, a, v, RetryAudit, change{})
}

// fire moves a version by an event that needs nothing else.
func (s *Service) fire(ctx context.Context, tx pgx.Tx, a postgres.Actor, v id.Version, event Event, c change) error {
	locked, err := lockVersion(ctx, tx, v)
	if err == nil {
		err = s.move(ctx, tx, a, &locked, event, c)
	}
	if err != nil {
		return fmt.Errorf("version %s: %w", v, err)
	}
	return nil
}

// AuditResult is what an audit hands over when it has finished.
type AuditResult struct {
	Manifest     Manifest
	Verdict      string          // passed, flagged, failed or unrecognized
	Blockers     int             // findings of that severity
	WarningKeys  []string        // one a warning, stable within the report
	Report       json.RawMessage // assay-report/1
	RulesVersion string
}

const insertFiles = `
INSERT INTO version_file (version_id, organization_id, path, size_bytes, sha256)
SELECT @version, @organization, f.path, f.size_bytes, f.sha256
FROM   unnest(@paths::text[], @sizes::bigint[], @digests::text[]) AS f (path, size_bytes, sha256)`

const insertReport = `
INSERT INTO audit_report (id, organization_id, version_id, root_digest, claims_digest, verdict,
                          blockers, warnings, warning_keys, report, rules_version, is_reaudit)
VALUES (@id, @organization, @version, @root, @claims, @verdict, @blockers, cardinality(@keys::text[]), @keys, @report, @rules, @again)`

const oneReport = reportColumns + `
WHERE  id = @report
AND    version_id = @version`

// FinishAudit seals the manifest of a version that is being audited, keeps the
// report and moves the version to passed, flagged or audit_failed. A is a
// worker.
func (s *Service) FinishAudit(ctx context.Context, tx pgx.Tx, a postgres.Actor, v id.Version, result AuditResult) (Report, error) {
	report, err := s.finishAudit(ctx, tx, a, v, result)
	if err != nil {
		return Report{}, fmt.Errorf("version %s: finish audit: %w", v, err)
	}
	return report, nil
}

func (s *Service) finishAudit(ctx context.Context, tx pgx.Tx, a postgres.Actor, v id.Version, result AuditResult) (Report, error) {
	if err := result.Manifest.check(); err != nil {
		return Report{}, err
	}
	locked, err := lockVersion(ctx, tx, v)
	if err != nil {
		return Report{}, err
	}
	event, err := result.event()
	if err != nil {
		return Report{}, err
	}
	if _, err := locked.State.After(event); err != nil {
		return Report{}, err
	}
	if err := addFiles(ctx, tx, locked, result.Manifest); err != nil {
		return Report{}, err
	}
	if err := s.move(ctx, tx, a, &locked, event, change{rootDigest: result.Manifest.RootDigest()}); err != nil {
		return Report{}, err
	}
	claims, err := readClaims(ctx, tx, locked.Organization, locked.ClaimsID)
	if err != nil {
		return Report{}, err
	}
	return s.addReport(ctx, tx, locked, claims.Digest, result, false)
}

// event is where a result leads. What was not recognized has not passed.
func (r AuditResult) event() (Event, error) {
	switch {
	case r.Verdict == "failed" || r.Verdict == "unrecognized":
		return FailAudit, nil
	case r.Verdict == "flagged" && r.Blockers == 0 && len(r.WarningKeys) > 0:
		return Flag, nil
	case r.Verdict == "passed" && r.Blockers == 0 && len(r.WarningKeys) == 0:
		return Pass, nil
	}
	return "", fmt.Errorf("verdict %q does not fit %d blockers and %d warnings", r.Verdict, r.Blockers, len(r.WarningKeys))
}

func addFiles(ctx context.Context, q postgres.Querier, v Version, m Manifest) error {
	paths, sizes, digests := make([]string, len(m)), make([]int64, len(m)), make([]string, len(m))
	for i, f := range m {
		paths[i], sizes[i], digests[i] = f.Path, f.SizeBytes, f.SHA256
	}
	_, err := q.Exec(ctx, insertFiles, pgx.NamedArgs{
		"version": v.ID, "organization": v.Organization, "paths": paths, "sizes": sizes, "digests": digests})
	return err
}

func (s *Service) addReport(ctx context.Context, q postgres.Querier, v Version, claimsDigest string, result AuditResult, again bool) (Report, error) {
	report := id.New[id.Report]()
	keys := result.WarningKeys
	if keys == nil {
		keys = []string{}
	}
	_, err := q.Exec(ctx, insertReport, pgx.NamedArgs{
		"id": report, "organization": v.Organization, "version": v.ID, "root": v.RootDigest, "claims": claimsDigest,
		"verdict": result.Verdict, "blockers": result.Blockers, "keys": keys,
		"report": result.Report, "rules": result.RulesVersion,
		"again": again,
	})
	if err != nil {
		return Report{}, refusal(err)
	}
	return postgres.One[Report](ctx, q, oneReport, pgx.NamedArgs{"report": report, "version": v.ID})
}

// AddReport keeps the report of a later audit of the same files, after the
// rules changed. It moves nothing, and the version goes on to be shown by the
// report of its submission: what a blocker means for a live version is for the
// caller. A is a worker.
func (s *Service) AddReport(ctx context.Context, tx pgx.Tx, a postgres.Actor, v id.Version, claimsDigest string, result AuditResult) (Report, error) {
	locked, err := lockVersion(ctx, tx, v)
	if err != nil {
		return Report{}, fmt.Errorf("version %s: add report: %w", v, err)
	}
	if digest := result.Manifest.RootDigest(); digest != locked.RootDigest {
		return Report{}, errs.New(errs.Conflict, "The report is about other files than those of the version.")
	}
	report, err := s.addReport(ctx, tx, locked, claimsDigest, result, true)
	if err != nil {
		return Report{}, fmt.Errorf("version %s: add report: %w", v, err)
	}
	return report, s.record(ctx, tx, a, locked.Organization, "version.report", "version", string(v),
		map[string]string{"verdict": result.Verdict, "root_digest": locked.RootDigest, "rules_version": result.RulesVersion})
}
