package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/audit"
	"assay/internal/audit/archive"
	"assay/internal/blob"
	"assay/internal/catalog"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/job"
	"assay/internal/listing"
	"assay/internal/postgres"
	"assay/internal/upload"
)

// Versions is the listing's side of an audit, within the caller's transaction.
type Versions interface {
	// StartAudit moves queued to auditing and returns the claims that the
	// files are held against.
	StartAudit(ctx context.Context, tx pgx.Tx, a postgres.Actor, v id.Version) (listing.Version, listing.Revision, error)
	// FinishAudit stores manifest and report and moves auditing to its outcome.
	FinishAudit(ctx context.Context, tx pgx.Tx, a postgres.Actor, v id.Version, r listing.AuditResult) (listing.Report, error)
	// Requeue moves auditing back to queued.
	Requeue(ctx context.Context, tx pgx.Tx, a postgres.Actor, v id.Version) error
	// CancelAudit moves queued or auditing back to draft, by the seller.
	CancelAudit(ctx context.Context, tx pgx.Tx, a postgres.Actor, v id.Version) error
	// RetryAudit moves audit_error to queued.
	RetryAudit(ctx context.Context, tx pgx.Tx, a postgres.Actor, v id.Version) error
	// Version returns a version with the claims it goes by.
	Version(ctx context.Context, a postgres.Actor, v id.Version) (listing.Dossier, error)
	// AddReport keeps the report of an audit by new rules, and moves nothing.
	AddReport(ctx context.Context, tx pgx.Tx, a postgres.Actor, v id.Version, claimsDigest string, r listing.AuditResult) (listing.Report, error)
	// SuspendWithin takes a live version down.
	SuspendWithin(ctx context.Context, tx pgx.Tx, a postgres.Actor, v id.Version, reason string) error
	// BreakAudit moves auditing to audit_error: our fault.
	BreakAudit(ctx context.Context, tx pgx.Tx, a postgres.Actor, v id.Version, reason string) error
}

// Options say how audits run.
type Options struct {
	Version  string // of the program, for the report
	Scratch  string // folder for staged objects; each is deleted after its audit
	Inspect  audit.InspectFunc
	Parallel int
	Limits   audit.Limits
	// Space makes temporary space for files inside archives.
	Space archive.Scratch
	// Tools decode pixels and read the text in them.
	Tools audit.Tools
	// RulesVersion is that of the rules; empty for audit.RulesVersion.
	RulesVersion string
	// SecretKey, of at least 32 bytes, seals the texts that the seller alone may
	// read, and keys the index of images; without it no texts are kept, and images
	// are not compared with those of other listings. OldSecretKeys open texts that
	// were sealed before.
	SecretKey     []byte
	OldSecretKeys [][]byte
}

// Service audits submissions.
type Service struct {
	db       *postgres.DB
	blobs    *blob.Store
	versions Versions
	options  Options
	pixelKey []byte
	log      *slog.Logger
}

// New returns a service that stages in o.Scratch.
func New(db *postgres.DB, blobs *blob.Store, versions Versions, o Options, log *slog.Logger) *Service {
	return &Service{db, blobs, versions, o, pixelKey(o.SecretKey), log}
}

// worker is the platform's own actor; rows keep the organization they are of.
var worker = postgres.Actor{Platform: postgres.Worker}

// maxAttempts is how often an audit is tried before it is called broken.
const maxAttempts = 3

// Audit carries out one job. A version that another worker has taken, or that
// is not queued any more, is left alone.
func (s *Service) Audit(ctx context.Context, j job.AuditVersion) error {
	r := &run{Service: s, version: j.Version, organization: j.Organization, lease: id.New[string]()}
	if err := r.take(ctx); err != nil {
		if errs.KindOf(err) == errs.Conflict || errs.KindOf(err) == errs.NotFound {
			return nil
		}
		return err
	}
	report, err := r.audit(ctx)
	if err == nil {
		err = r.store(ctx, report)
	}
	if err == nil || errors.Is(err, errLost) {
		return nil
	}
	s.log.Error("audit broke", "version", j.Version, "error", err)
	return r.giveBack(context.WithoutCancel(ctx), err)
}

// run is one audit under a lease.
type run struct {
	*Service
	version      id.Version
	organization id.Organization
	lease        string
	attempt      int
	claims       listing.Claims
	claimsDigest string     // of an audit by new rules
	reaudit      id.Reaudit // set if it is one
	upload       upload.Upload
	renewed      time.Time
	texts        audit.Residual
}

// errLost says that another worker holds the version now.
var errLost = errors.New("the lease on this version was lost")

func (r *run) take(ctx context.Context) error {
	return r.db.InTx(ctx, worker, func(tx pgx.Tx) (err error) {
		// The lease of an earlier attempt first, as everywhere.
		if err := lockLease(ctx, tx, r); err != nil {
			return err
		}
		_, revision, err := r.versions.StartAudit(ctx, tx, worker, r.version)
		if err != nil {
			return err
		}
		r.claims = revision.Claims
		if r.upload, err = finishedUpload(ctx, tx, r.version); err != nil {
			return err
		}
		r.attempt, err = takeLease(ctx, tx, r)
		return err
	})
}

func (r *run) audit(ctx context.Context) (*audit.Report, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go r.watch(ctx, cancel)
	report, err := r.auditWatched(ctx, cancel)
	if cause := context.Cause(ctx); err != nil && cause != nil {
		err = cause
	}
	return report, err
}

func (r *run) auditWatched(ctx context.Context, cancel context.CancelCauseFunc) (*audit.Report, error) {
	folder := filepath.Join(r.options.Scratch, folderPrefix+r.lease)
	if err := os.Mkdir(folder, 0o700); err != nil {
		return nil, fmt.Errorf("make a folder to stage in: %w", err)
	}
	defer os.RemoveAll(folder)
	staged, err := r.stage(ctx, folder)
	if err != nil {
		return nil, err
	}
	defer staged.Close()
	options := audit.Options{
		Version: r.options.Version, Claims: catalog.AuditClaims(r.claims), Limits: r.options.Limits,
		Inspect: r.options.Inspect, Parallel: r.options.Parallel, Scratch: r.options.Space, Tools: r.options.Tools, AllLocations: true,
		Samples: MaxSamples, ListTexts: true, Residual: r.residual(), Scoring: &audit.Scoring{Seed: 1},
		Now: time.Now().UTC().Truncate(24 * time.Hour),
		Progress: func(p audit.Progress) {
			if err := r.renew(ctx, p); err != nil {
				cancel(err)
			}
		},
	}
	if r.reaudit != "" { // beside sellers' audits, and without a score of its own
		options.Parallel, options.Scoring, options.Samples = 1, nil, 0
	}
	return audit.RunFile(ctx, "submission", staged, r.upload.SizeBytes, options)
}

// watchEvery is how soon a worker notices that its audit was canceled or given
// to another, while a file keeps it from renewing the lease.
const watchEvery = 500 * time.Millisecond

// watch ends the audit once the lease is lost. It does not renew: that shows
// that the audit makes progress.
func (r *run) watch(ctx context.Context, cancel context.CancelCauseFunc) {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			err := r.db.InTx(ctx, worker, func(tx pgx.Tx) error { return lostLease(ctx, tx, r) })
			if errors.Is(err, errLost) {
				cancel(errLost)
				return
			}
		}
	}
}

// Cancel gives up an audit that waits or runs, for the seller: the version is
// a draft again, what was sent is deleted, and the worker stops within a
// second. It returns errs.Conflict if the audit has ended.
func (s *Service) Cancel(ctx context.Context, a postgres.Actor, v id.Version) error {
	return s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		// The lease first: a worker that stores its result locks in this order.
		_, err := tx.Exec(ctx, `DELETE FROM audit_run WHERE version_id = @version AND organization_id = @organization`,
			pgx.NamedArgs{"version": v, "organization": a.Organization})
		if err != nil {
			return fmt.Errorf("version %s: end the lease: %w", v, err)
		}
		if err := s.versions.CancelAudit(ctx, tx, a, v); err != nil {
			return err
		}
		if err := upload.Discard(ctx, tx, a, v); err != nil {
			return fmt.Errorf("version %s: cancel audit: %w", v, err)
		}
		return nil
	})
}

// renewEvery is how often progress is written; leaseTime is how long a worker
// may be silent.
const (
	renewEvery = time.Second
	leaseTime  = 30 * time.Second
)

func (r *run) renew(ctx context.Context, p audit.Progress) error {
	if time.Since(r.renewed) < renewEvery {
		return nil
	}
	r.renewed = time.Now()
	return r.db.InTx(ctx, worker, func(tx pgx.Tx) error { return renewLease(ctx, tx, r, p) })
}

// store writes everything in one transaction; the whole report and the sealed
// list of texts go to the object store before it commits.
func (r *run) store(ctx context.Context, full *audit.Report) error {
	var kept id.Report
	err := r.db.InTx(ctx, worker, func(tx pgx.Tx) error {
		if err := endLease(ctx, tx, r); err != nil {
			return err
		}
		whole, err := r.comparePixels(ctx, tx, full)
		if err != nil {
			return err
		}
		result, err := result(whole)
		if err != nil {
			return err
		}
		report, err := r.versions.FinishAudit(ctx, tx, worker, r.version, result)
		if err != nil {
			return err
		}
		kept = report.ID
		if err := keepPreviews(ctx, tx, r, kept, full.Previews); err != nil {
			return err
		}
		if err := keepSamples(ctx, tx, r, kept, full.Samples); err != nil {
			return err
		}
		if err := keepQuality(ctx, tx, r, kept, full.Quality); err != nil {
			return err
		}
		if err := r.keepReport(ctx, kept, whole); err != nil {
			return err
		}
		return r.keepTexts(ctx, kept)
	})
	if err != nil && kept != "" {
		ctx := context.WithoutCancel(ctx)
		return errors.Join(err, r.blobs.Delete(ctx, ReportKey(kept)), r.blobs.Delete(ctx, TextsKey(kept)))
	}
	if err == nil && r.pixelKey != nil {
		if err := r.match(ctx, kept, r.version, r.organization); err != nil {
			r.log.Error("note for reviewers", "version", r.version, "error", err) // the sweep tries again
		}
	}
	return err
}

// brokenReason is what the seller reads of an audit that we could not finish.
const brokenReason = "The audit could not be finished: a fault on our side. We were told and will run it again."

// giveBack queues the version again, or calls the audit broken after too many
// attempts. The reason in the database is a sentence of ours.
func (r *run) giveBack(ctx context.Context, cause error) error {
	return r.db.InTx(ctx, worker, func(tx pgx.Tx) error {
		if err := checkLease(ctx, tx, r); err != nil {
			if errors.Is(err, errLost) {
				return nil
			}
			return err
		}
		if r.attempt >= maxAttempts {
			return r.versions.BreakAudit(ctx, tx, worker, r.version, brokenReason)
		}
		if err := r.versions.Requeue(ctx, tx, worker, r.version); err != nil {
			return err
		}
		return job.Insert(ctx, tx, job.AuditVersion{Organization: r.organization, User: r.upload.User, Version: r.version})
	})
}

// ReportKey names the whole report of an audit in the object store.
func ReportKey(r id.Report) string { return "report/" + string(r) + ".json" }

func (r *run) keepReport(ctx context.Context, reportID id.Report, full *audit.Report) error {
	pr, pw := io.Pipe()
	defer pr.Close()
	go func() { pw.CloseWithError(full.WriteJSON(pw)) }()
	if _, err := r.blobs.Put(ctx, ReportKey(reportID), pr); err != nil {
		return fmt.Errorf("keep the report: %w", err)
	}
	return nil
}
