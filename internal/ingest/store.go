package ingest

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/audit"
	"assay/internal/id"
	"assay/internal/postgres"
	"assay/internal/upload"
)

const selectUpload = `
SELECT id, organization_id, version_id, user_id, state, storage_id, fingerprint, size_bytes,
       received_bytes, sha256, expires_at
FROM   upload
WHERE  version_id = @version
AND    assay_platform() = 'worker'
AND    state = 'finished'`

func finishedUpload(ctx context.Context, q postgres.Querier, v id.Version) (upload.Upload, error) {
	rows, err := q.Query(ctx, selectUpload, pgx.NamedArgs{"version": v})
	if err != nil {
		return upload.Upload{}, fmt.Errorf("find the upload: %w", err)
	}
	u, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[upload.Upload])
	return u, postgres.NotFound(err, "There is no finished upload for this version.")
}

const upsertLease = `
INSERT INTO audit_run (version_id, organization_id, lease, bytes_total)
VALUES (@version, @organization, @lease, @bytes)
ON CONFLICT (version_id) DO UPDATE
SET    lease = excluded.lease, attempt = audit_run.attempt + 1, stage = 'staging', files_done = 0, files_total = 0,
       bytes_done = 0, bytes_total = excluded.bytes_total, started_at = now(), stage_at = now(), renewed_at = now()
RETURNING attempt`

func takeLease(ctx context.Context, q postgres.Querier, r *run) (attempt int, err error) {
	err = q.QueryRow(ctx, upsertLease, pgx.NamedArgs{"version": r.version, "organization": r.organization,
		"lease": r.lease, "bytes": r.upload.SizeBytes}).Scan(&attempt)
	if err != nil {
		return 0, fmt.Errorf("take the lease: %w", err)
	}
	return attempt, nil
}

const updateLease = `
UPDATE audit_run
SET    stage = @stage, files_done = @files, files_total = @total_files, bytes_done = @bytes,
       bytes_total = @total_bytes, stage_at = CASE WHEN stage = @stage THEN stage_at ELSE now() END, renewed_at = now()
WHERE  version_id = @version
AND    organization_id = @organization
AND    lease = @lease`

func renewLease(ctx context.Context, q postgres.Querier, r *run, p audit.Progress) error {
	if r.reaudit != "" {
		return renewReaudit(ctx, q, r)
	}
	tag, err := q.Exec(ctx, updateLease, pgx.NamedArgs{"stage": string(p.Stage), "files": p.Files, "total_files": p.TotalFiles,
		"bytes": p.Bytes, "total_bytes": p.TotalBytes, "version": r.version, "organization": r.organization, "lease": r.lease})
	if err != nil {
		return fmt.Errorf("renew the lease: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return errLost
	}
	return nil
}

// checkLease returns errLost unless r still holds the version; the row stays
// locked until the transaction ends.
func checkLease(ctx context.Context, q postgres.Querier, r *run) error {
	var held bool
	err := q.QueryRow(ctx, `SELECT lease = @lease FROM audit_run WHERE version_id = @version AND organization_id = @organization FOR UPDATE`,
		pgx.NamedArgs{"lease": r.lease, "version": r.version, "organization": r.organization}).Scan(&held)
	if err == pgx.ErrNoRows || err == nil && !held {
		return errLost
	}
	if err != nil {
		return fmt.Errorf("check the lease: %w", err)
	}
	return nil
}

// lockLease locks the lease on the version, if there is one, until the
// transaction ends: whoever changes both locks the lease before the version.
func lockLease(ctx context.Context, q postgres.Querier, r *run) error {
	_, err := q.Exec(ctx, `SELECT FROM audit_run WHERE version_id = @version AND organization_id = @organization FOR UPDATE`,
		pgx.NamedArgs{"version": r.version, "organization": r.organization})
	if err != nil {
		return fmt.Errorf("lock the lease: %w", err)
	}
	return nil
}

func endLease(ctx context.Context, q postgres.Querier, r *run) error {
	if err := checkLease(ctx, q, r); err != nil {
		return err
	}
	_, err := q.Exec(ctx, `DELETE FROM audit_run WHERE version_id = @version AND organization_id = @organization`,
		pgx.NamedArgs{"version": r.version, "organization": r.organization})
	if err != nil {
		return fmt.Errorf("end the lease: %w", err)
	}
	return nil
}

// lostLease returns errLost if r does not hold the version any more.
func lostLease(ctx context.Context, q postgres.Querier, r *run) error {
	if r.reaudit != "" {
		return renewReaudit(ctx, q, r)
	}
	var held bool
	err := q.QueryRow(ctx, `SELECT EXISTS (SELECT FROM audit_run WHERE version_id = @version AND organization_id = @organization AND lease = @lease)`,
		pgx.NamedArgs{"lease": r.lease, "version": r.version, "organization": r.organization}).Scan(&held)
	if err == nil && !held {
		err = errLost
	}
	return err
}

// Progress is how far the audit of a version is.
type Progress struct {
	Stage      string    `db:"stage"`
	Attempt    int       `db:"attempt"`
	FilesDone  int64     `db:"files_done"`
	FilesTotal int64     `db:"files_total"`
	BytesDone  int64     `db:"bytes_done"`
	BytesTotal int64     `db:"bytes_total"`
	StartedAt  time.Time `db:"started_at"`
	StageAt    time.Time `db:"stage_at"`   // when the stage began
	RenewedAt  time.Time `db:"renewed_at"` // when the figures were written
}

const selectProgress = `
SELECT stage, attempt, files_done, files_total, bytes_done, bytes_total, started_at, stage_at, renewed_at
FROM   audit_run
WHERE  version_id = @version
AND    organization_id = @organization`

// Progress returns how far the audit of a version is, or errs.NotFound if none
// runs.
func (s *Service) Progress(ctx context.Context, a postgres.Actor, v id.Version) (p Progress, err error) {
	err = s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, selectProgress, pgx.NamedArgs{"version": v, "organization": a.Organization})
		if err != nil {
			return fmt.Errorf("progress: %w", err)
		}
		p, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Progress])
		return postgres.NotFound(err, "No audit runs for this version.")
	})
	return p, err
}

// renewing keeps the lease while a long copy runs.
type renewing struct {
	ctx  context.Context
	r    io.Reader
	run  *run
	done int64
}

// Read passes bytes on and renews the lease now and then.
func (r *renewing) Read(p []byte) (int, error) {
	n, err := r.r.Read(p)
	r.done += int64(n)
	if renewErr := r.run.renew(r.ctx, audit.Progress{Stage: "staging", Bytes: r.done, TotalBytes: r.run.upload.SizeBytes}); renewErr != nil {
		return n, renewErr
	}
	return n, err
}

// Report opens the whole report of an audit, with every place of every
// finding. Who may read it is for the caller to know. A report that is not in
// the object store is errs.NotFound.
func (s *Service) Report(ctx context.Context, r id.Report) (io.ReadCloser, error) {
	return s.blobs.Get(ctx, ReportKey(r), 0)
}
