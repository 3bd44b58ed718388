package storage

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"assay/internal/errs"
	"assay/internal/id"
)

const renewMeasurement = `
UPDATE storage_measurement
SET    renewed_at = now()
WHERE  id = @id
AND    finished_at IS NULL`

// errLost says that another worker took this one for dead.
var errLost = errors.New("another worker measures now")

// live says that the measurement lives, if it has not said so for a while.
func (m *measuring) live(ctx context.Context) error {
	if m.now().Sub(m.renewed) < renewEvery {
		return nil
	}
	m.renewed = m.now()
	return m.db.InTx(ctx, worker, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, renewMeasurement, pgx.NamedArgs{"id": m.id})
		if err == nil && tag.RowsAffected() == 0 {
			err = errLost
		}
		return err
	})
}

func (m *measuring) isThere(ctx context.Context, key string) (bool, error) {
	_, err := m.blobs.Size(ctx, key)
	if errs.KindOf(err) == errs.NotFound {
		return false, nil
	}
	return err == nil, err
}

// Pictures and the results of free audits lie in rows.
const weighPictures = `
SELECT   organization_id::text AS organization_id, count(*) AS objects, sum(octet_length(image)) AS bytes
FROM (
    SELECT organization_id, image FROM audit_preview
    UNION ALL
    SELECT organization_id, image FROM audit_sample
    UNION ALL
    SELECT organization_id, image FROM catalog_sample
) picture
WHERE    assay_platform() = 'worker'
GROUP BY organization_id`

const weighFreeAudits = `
SELECT count(*) AS objects, coalesce(sum(coalesce(octet_length(quality), 0) + coalesce(octet_length(report), 0)), 0)::bigint AS bytes
FROM   free_audit
WHERE  assay_platform() = 'worker'
AND    quality IS NOT NULL`

// addPictures adds what lies in rows.
func (m *measuring) addPictures(ctx context.Context) error {
	return m.db.InTx(ctx, worker, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, weighPictures)
		if err != nil {
			return err
		}
		var o id.Organization
		var a Amount
		_, err = pgx.ForEachRow(rows, []any{&o, &a.Objects, &a.Bytes}, func() error {
			*m.share(o, Pictures) = a
			m.parts[Pictures].Objects += a.Objects
			m.parts[Pictures].Bytes += a.Bytes
			return nil
		})
		if err != nil {
			return err
		}
		if err := tx.QueryRow(ctx, weighFreeAudits).Scan(&a.Objects, &a.Bytes); err != nil {
			return err
		}
		m.parts[FreeAudits].Objects += a.Objects
		m.parts[FreeAudits].Bytes += a.Bytes
		return nil
	})
}

const finishMeasurement = `
UPDATE storage_measurement
SET    finished_at = clock_timestamp(), disk_free_bytes = @free, disk_total_bytes = @total
WHERE  id = @id
AND    finished_at IS NULL`

const insertParts = `
INSERT INTO storage_part (measurement_id, kind, objects, bytes, waiting, orphans, orphan_bytes, missing)
VALUES (@id, @kind, @objects, @bytes, @waiting, @orphans, @orphan_bytes, @missing)`

// An organization that is gone meanwhile has no share.
const insertShare = `
INSERT INTO storage_share (organization_id, kind, objects, bytes)
SELECT o.id, @kind, @objects, @bytes
FROM   organization o
WHERE  o.id = @organization`

const insertFinding = `
INSERT INTO storage_finding (key, what, kind, bytes, written_at, organization_id)
VALUES (@key, @what, @kind, @bytes, @at, nullif(@organization, '')::uuid)
ON CONFLICT DO NOTHING`

const forgetOldMeasurements = `
DELETE FROM storage_measurement
WHERE  finished_at < now() - @kept::interval`

// finish writes all at once: a page shows one measurement, whole.
func (m *measuring) finish(ctx context.Context) error {
	room, known, err := m.blobs.Room()
	if err != nil {
		return err
	}
	args := pgx.NamedArgs{"id": m.id, "free": nil, "total": nil, "kept": historyKept}
	if known {
		args["free"], args["total"] = room.Free, room.Total
	}
	return m.db.InTx(ctx, worker, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, finishMeasurement, args)
		if err == nil && tag.RowsAffected() == 0 {
			err = errLost
		}
		for _, sql := range []string{`DELETE FROM storage_share`, `DELETE FROM storage_finding`, forgetOldMeasurements} {
			if err == nil {
				_, err = tx.Exec(ctx, sql, args)
			}
		}
		if err != nil {
			return err
		}
		return tx.SendBatch(ctx, m.rows()).Close()
	})
}

func (m *measuring) rows() *pgx.Batch {
	var b pgx.Batch
	for _, k := range Kinds() {
		p := m.parts[k]
		b.Queue(insertParts, pgx.NamedArgs{"id": m.id, "kind": k, "objects": p.Objects, "bytes": p.Bytes, "waiting": p.Waiting,
			"orphans": p.Orphans, "orphan_bytes": p.OrphanBytes, "missing": p.Missing})
	}
	for key, a := range m.shares {
		b.Queue(insertShare, pgx.NamedArgs{"organization": string(key.organization), "kind": string(key.kind), "objects": a.Objects, "bytes": a.Bytes})
	}
	for _, f := range m.findings {
		b.Queue(insertFinding, pgx.NamedArgs{"key": f.Key, "what": string(f.What), "kind": string(f.Kind), "bytes": f.Bytes, "at": f.WrittenAt,
			"organization": string(f.Organization)})
	}
	return &b
}
