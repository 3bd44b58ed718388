package freeaudit

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/audit"
	"assay/internal/id"
	"assay/internal/postgres"
)

// room counts under a lock, so that many visitors at once do not all see the
// last place.
func room(ctx context.Context, q postgres.Querier, most int) error {
	if _, err := q.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtext('free_audit'))`); err != nil {
		return fmt.Errorf("count waiting audits: %w", err)
	}
	var waiting int
	err := q.QueryRow(ctx, `
SELECT count(*)
FROM   free_audit
WHERE  state IN ('queued', 'running')
AND    expires_at > now()`).Scan(&waiting)
	switch {
	case err != nil:
		return fmt.Errorf("count waiting audits: %w", err)
	case waiting >= most:
		return ErrBusy
	}
	return nil
}

const insertAudit = `
INSERT INTO free_audit (id, token_hash, extension, size_bytes, expires_at)
VALUES (@id, @token, @extension, @size, now() + make_interval(secs => @lifetime))`

func insert(ctx context.Context, q postgres.Querier, a Audit, tokenHash string) error {
	_, err := q.Exec(ctx, insertAudit, pgx.NamedArgs{"id": a.ID, "token": tokenHash, "extension": a.Extension,
		"size": a.SizeBytes, "lifetime": Lifetime.Seconds()})
	if err != nil {
		return fmt.Errorf("note a free audit: %w", err)
	}
	return nil
}

const columns = `id, state, extension, size_bytes, stage, files_done, files_total, reason, quality, report, created_at, expires_at`

const selectAudit = `
SELECT ` + columns + `
FROM   free_audit
WHERE  token_hash = @token
AND    expires_at > now()`

func find(ctx context.Context, q postgres.Querier, tokenHash string) (Audit, error) {
	rows, err := q.Query(ctx, selectAudit, pgx.NamedArgs{"token": tokenHash})
	if err != nil {
		return Audit{}, fmt.Errorf("find a free audit: %w", err)
	}
	a, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Audit])
	return a, postgres.NotFound(err, "There is no such audit. Results are deleted an hour after the files came.")
}

func before(ctx context.Context, q postgres.Querier, a Audit) (n int, err error) {
	err = q.QueryRow(ctx, `
SELECT count(*)
FROM   free_audit
WHERE  state IN ('queued', 'running')
AND    (created_at, id) < (@at, @id)
AND    expires_at > now()`, pgx.NamedArgs{"at": a.CreatedAt, "id": a.ID}).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count audits before: %w", err)
	}
	return n, nil
}

func remove(ctx context.Context, q postgres.Querier, tokenHash string) ([]id.FreeAudit, error) {
	rows, err := q.Query(ctx, `DELETE FROM free_audit WHERE token_hash = @token RETURNING id`, pgx.NamedArgs{"token": tokenHash})
	if err != nil {
		return nil, fmt.Errorf("delete a free audit: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[id.FreeAudit])
}

// silence is after how long without a sign a worker is taken for dead.
const silence = 30 * time.Second

const takeAudit = `
UPDATE free_audit
SET    state = 'running', attempt = attempt + 1, renewed_at = now(), stage = '', files_done = 0, files_total = 0
WHERE  id = @id
AND    expires_at > now()
AND    attempt < @most
AND    (state = 'queued' OR state = 'running' AND renewed_at < now() - make_interval(secs => @silence))
RETURNING ` + columns

// maxAttempts is how often an audit is begun.
const maxAttempts = 2

// take gives an audit to a worker, or errs.NotFound if there is nothing to do.
func take(ctx context.Context, q postgres.Querier, a id.FreeAudit) (Audit, error) {
	rows, err := q.Query(ctx, takeAudit, pgx.NamedArgs{"id": a, "most": maxAttempts, "silence": silence.Seconds()})
	if err != nil {
		return Audit{}, fmt.Errorf("take a free audit: %w", err)
	}
	taken, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Audit])
	return taken, postgres.NotFound(err, "There is nothing to do.")
}

const renewAudit = `
UPDATE free_audit
SET    renewed_at = now(), stage = @stage, files_done = @files, files_total = @total
WHERE  id = @id
AND    state = 'running'
AND    expires_at > now()`

// renew notes progress. It reports false once the audit was deleted.
func renew(ctx context.Context, q postgres.Querier, a id.FreeAudit, p audit.Progress) (bool, error) {
	tag, err := q.Exec(ctx, renewAudit, pgx.NamedArgs{"id": a, "stage": string(p.Stage), "files": p.Files, "total": p.TotalFiles})
	if err != nil {
		return false, fmt.Errorf("note progress: %w", err)
	}
	return tag.RowsAffected() == 1, nil
}

const finishAudit = `
UPDATE free_audit
SET    state = @state, reason = @reason, quality = @quality, report = @report
WHERE  id = @id
AND    state IN ('queued', 'running')`

func finish(ctx context.Context, q postgres.Querier, a id.FreeAudit, state State, reason string, quality, report []byte) error {
	_, err := q.Exec(ctx, finishAudit, pgx.NamedArgs{"id": a, "state": string(state), "reason": reason, "quality": quality, "report": report})
	if err != nil {
		return fmt.Errorf("store the result: %w", err)
	}
	return nil
}

// expired deletes rows whose time is over and returns their ids.
func expired(ctx context.Context, q postgres.Querier) ([]id.FreeAudit, error) {
	rows, err := q.Query(ctx, `DELETE FROM free_audit WHERE expires_at <= now() RETURNING id`)
	if err != nil {
		return nil, fmt.Errorf("delete expired audits: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[id.FreeAudit])
}

const selectSilent = `
SELECT id
FROM   free_audit
WHERE  state = 'running'
AND    renewed_at < now() - make_interval(secs => @silence)`

// silent returns the audits whose worker died.
func silent(ctx context.Context, q postgres.Querier) ([]id.FreeAudit, error) {
	rows, err := q.Query(ctx, selectSilent, pgx.NamedArgs{"silence": silence.Seconds()})
	if err != nil {
		return nil, fmt.Errorf("look for dead audits: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[id.FreeAudit])
}

// waiting returns which of the audits are still to end.
func waiting(ctx context.Context, q postgres.Querier, list []id.FreeAudit) (map[id.FreeAudit]bool, error) {
	rows, err := q.Query(ctx, `
SELECT id
FROM   free_audit
WHERE  id = ANY (@ids::uuid[])
AND    state IN ('queued', 'running')`, pgx.NamedArgs{"ids": list})
	if err != nil {
		return nil, fmt.Errorf("look for audits: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowTo[id.FreeAudit])
	have := map[id.FreeAudit]bool{}
	for _, a := range found {
		have[a] = true
	}
	return have, err
}
