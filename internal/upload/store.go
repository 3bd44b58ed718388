package upload

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/id"
	"assay/internal/postgres"
)

const noSuchUpload = "There is no such upload."

// owned is the tenant's condition of each statement; a worker's sweep passes
// by its platform role, which the policies check again.
const owned = `(organization_id = nullif(@organization, '')::uuid OR assay_platform() = 'worker')`

const uploadColumns = `
SELECT   id, organization_id, version_id, user_id, state, storage_id, fingerprint, size_bytes,
         received_bytes, coalesce(sha256, '') AS sha256, expires_at
FROM     upload`

func collect(rows pgx.Rows, err error) (Upload, error) {
	if err != nil {
		return Upload{}, fmt.Errorf("read upload: %w", err)
	}
	u, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Upload])
	if err != nil {
		return Upload{}, postgres.NotFound(err, noSuchUpload)
	}
	return u, nil
}

func find(ctx context.Context, q postgres.Querier, a postgres.Actor, u id.Upload) (Upload, error) {
	return collect(q.Query(ctx, uploadColumns+` WHERE id = @id AND `+owned,
		pgx.NamedArgs{"id": u, "organization": string(a.Organization)}))
}

func lock(ctx context.Context, q postgres.Querier, a postgres.Actor, u id.Upload) (Upload, error) {
	return collect(q.Query(ctx, uploadColumns+` WHERE id = @id AND `+owned+` FOR UPDATE`,
		pgx.NamedArgs{"id": u, "organization": string(a.Organization)}))
}

func lockFinished(ctx context.Context, q postgres.Querier, a postgres.Actor, v id.Version) (Upload, error) {
	return collect(q.Query(ctx, uploadColumns+` WHERE version_id = @version AND state = 'finished' AND organization_id = @organization FOR UPDATE`,
		pgx.NamedArgs{"version": v, "organization": a.Organization}))
}

func underWay(ctx context.Context, q postgres.Querier, a postgres.Actor, l id.Listing) (Upload, error) {
	return collect(q.Query(ctx, uploadColumns+`
WHERE    state = 'receiving'
AND      organization_id = @organization
AND      version_id IN (SELECT id FROM version WHERE listing_id = @listing AND organization_id = @organization)`,
		pgx.NamedArgs{"listing": l, "organization": a.Organization}))
}

const insertUpload = `
INSERT INTO upload (id, organization_id, version_id, user_id, fingerprint, size_bytes, expires_at)
VALUES (@id, @organization, @version, @user, @fingerprint, @size, @expires)`

func insert(ctx context.Context, q postgres.Querier, u Upload) error {
	_, err := q.Exec(ctx, insertUpload, pgx.NamedArgs{"id": u.ID, "organization": u.Organization, "version": u.Version,
		"user": u.User, "fingerprint": u.Fingerprint, "size": u.SizeBytes, "expires": u.ExpiresAt})
	if err != nil {
		return fmt.Errorf("begin upload: %w", err)
	}
	return nil
}

// sumStored counts what lies in the store, and what an unfinished upload will
// still bring.
const sumStored = `
SELECT coalesce(sum(size_bytes), 0)::bigint
FROM   upload
WHERE  organization_id = @organization
AND    state IN ('receiving', 'finished')
AND    deleted_at IS NULL`

func storedBytes(ctx context.Context, q postgres.Querier, a postgres.Actor) (n int64, err error) {
	err = q.QueryRow(ctx, sumStored, pgx.NamedArgs{"organization": a.Organization}).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("sum the stored bytes: %w", err)
	}
	return n, nil
}

// findQuota is the room of an organization's own, if it was given some.
const findQuota = `
SELECT coalesce(quota_bytes, @given)
FROM   organization
WHERE  id = @organization`

func (s *Service) quota(ctx context.Context, q postgres.Querier, a postgres.Actor) (n int64, err error) {
	err = q.QueryRow(ctx, findQuota, pgx.NamedArgs{"organization": a.Organization, "given": s.limits.QuotaBytes}).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("read the quota: %w", err)
	}
	return n, nil
}

const updateFinished = `
UPDATE upload
SET    state = 'finished', sha256 = @sha256, received_bytes = size_bytes, hash_state = NULL,
       finished_at = now(), updated_at = now()
WHERE  id = @id
AND    organization_id = @organization`

func markFinished(ctx context.Context, q postgres.Querier, u Upload, sha256 string) error {
	_, err := q.Exec(ctx, updateFinished, pgx.NamedArgs{"id": u.ID, "organization": u.Organization, "sha256": sha256})
	if err != nil {
		return fmt.Errorf("finish upload: %w", err)
	}
	return nil
}

const updateEnded = `
UPDATE upload
SET    state = @state, hash_state = NULL, updated_at = now()
WHERE  id = @id
AND    organization_id = @organization`

func markEnded(ctx context.Context, q postgres.Querier, u Upload, state State) error {
	_, err := q.Exec(ctx, updateEnded, pgx.NamedArgs{"id": u.ID, "organization": u.Organization, "state": state})
	if err != nil {
		return fmt.Errorf("end upload: %w", err)
	}
	return nil
}

func markDeleted(ctx context.Context, q postgres.Querier, u Upload) error {
	_, err := q.Exec(ctx, `UPDATE upload SET deleted_at = now() WHERE id = @id AND organization_id = @organization`,
		pgx.NamedArgs{"id": u.ID, "organization": u.Organization})
	if err != nil {
		return fmt.Errorf("note deleted object: %w", err)
	}
	return nil
}

// hashing is how far the digest of an upload has come.
type hashing struct {
	State []byte `db:"hash_state"`
	Bytes int64  `db:"hash_bytes"`
}

func loadHashing(ctx context.Context, q postgres.Querier, a postgres.Actor, u id.Upload) (h hashing, err error) {
	err = q.QueryRow(ctx, `SELECT hash_state, hash_bytes FROM upload WHERE id = @id AND `+owned,
		pgx.NamedArgs{"id": u, "organization": string(a.Organization)}).Scan(&h.State, &h.Bytes)
	return h, postgres.NotFound(err, noSuchUpload)
}

const updateReceived = `
UPDATE upload
SET    storage_id = @storage, received_bytes = @received, hash_state = @hash_state, hash_bytes = @hash_bytes,
       expires_at = @expires, updated_at = now()
WHERE  id = @id
AND    organization_id = @organization
AND    state = 'receiving'`

func saveReceived(ctx context.Context, q postgres.Querier, a postgres.Actor, u id.Upload, storage string, received int64, h hashing) error {
	_, err := q.Exec(ctx, updateReceived, pgx.NamedArgs{"id": u, "organization": a.Organization, "storage": storage,
		"received": received, "hash_state": h.State, "hash_bytes": h.Bytes, "expires": time.Now().Add(keptFor)})
	if err != nil {
		return fmt.Errorf("note received bytes: %w", err)
	}
	return nil
}

// list collects uploads for a sweep.
func list(ctx context.Context, q postgres.Querier, where string) ([]Upload, error) {
	rows, err := q.Query(ctx, uploadColumns+" WHERE "+where+" ORDER BY created_at LIMIT 100")
	if err != nil {
		return nil, fmt.Errorf("list uploads: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[Upload])
}
