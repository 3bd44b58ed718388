// Package activity records who did what, in the transaction of the act: if the
// record cannot be written, the act fails. Rows are never changed and are
// chained by hash at commit; Verify names the first row that does not fit.
//
// The word audit belongs to data sets; this is the record of acts.
package activity

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
)

// Entry is one act. Detail holds states, digests and reasons picked from a
// list: never a value from a file, a secret or free text of a stranger.
type Entry struct {
	Actor        postgres.Actor
	Organization id.Organization // whose view shows it; empty for the platform's own
	Verb         string          // "version.publish"
	Object       string          // "version"
	ObjectID     string
	Detail       map[string]string
}

const insertEntry = `
INSERT INTO activity (id, organization_id, user_id, platform, verb, object, object_id, detail)
VALUES (@id, nullif(@organization, '')::uuid, nullif(@user, '')::uuid, @platform, @verb, @object, @object_id, @detail)`

// Record appends e in the transaction of the act it tells of.
func Record(ctx context.Context, tx pgx.Tx, e Entry) error {
	if e.Detail == nil {
		e.Detail = map[string]string{}
	}
	if _, err := tx.Exec(ctx, "SET LOCAL ROLE "+postgres.LogRole); err != nil {
		return fmt.Errorf("activity %s: %w", e.Verb, err)
	}
	_, err := tx.Exec(ctx, insertEntry, pgx.NamedArgs{
		"id": id.New[string](), "organization": string(e.Organization), "user": string(e.Actor.User),
		"platform": string(e.Actor.Platform), "verb": e.Verb, "object": e.Object,
		"object_id": e.ObjectID, "detail": e.Detail,
	})
	if err != nil {
		return fmt.Errorf("activity %s: %w", e.Verb, err)
	}
	if _, err := tx.Exec(ctx, "RESET ROLE"); err != nil {
		return fmt.Errorf("activity %s: %w", e.Verb, err)
	}
	return nil
}

// Row is a recorded act, newest last in a list.
type Row struct {
	At       time.Time         `db:"at"`
	User     id.User           `db:"user_id"`
	Platform postgres.Platform `db:"platform"`
	Verb     string            `db:"verb"`
	Detail   map[string]string `db:"detail"`
}

const listByObject = `
SELECT   at, coalesce(user_id::text, '') AS user_id, platform, verb, detail
FROM     activity
WHERE    object = @object
AND      object_id = @object_id
AND      (organization_id = assay_organization() OR assay_platform() IN ('reviewer', 'admin'))
ORDER BY at, id`

// Of returns what happened to one object, oldest first, as far as the
// transaction's actor may see it.
func Of(ctx context.Context, tx pgx.Tx, object, objectID string) ([]Row, error) {
	rows, err := tx.Query(ctx, listByObject, pgx.NamedArgs{"object": object, "object_id": objectID})
	if err != nil {
		return nil, fmt.Errorf("activity of %s: %w", object, err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[Row])
	if err != nil {
		return nil, fmt.Errorf("activity of %s: %w", object, err)
	}
	return list, nil
}

const firstBad = `
WITH linked AS (
    SELECT c.number, c.hash,
           lag(c.hash, 1, '\x'::bytea) OVER (ORDER BY c.number) AS previous,
           row_number() OVER (ORDER BY c.number) AS expected,
           a AS act, a.id AS activity_id
    FROM   activity_chain c
    LEFT JOIN activity a ON a.id = c.activity_id
)
SELECT   number
FROM     linked
WHERE    number <> expected
OR       activity_id IS NULL
OR       hash <> sha256(previous || convert_to(activity_text(act), 'UTF8'))
ORDER BY number
LIMIT    1`

const compareHead = `
SELECT h.number, coalesce(max(c.number), 0),
       h.hash = coalesce((SELECT hash FROM activity_chain ORDER BY number DESC LIMIT 1), '\x'::bytea)
FROM   activity_head h
LEFT JOIN activity_chain c ON true
GROUP BY h.number, h.hash`

// Verify walks the whole chain and returns how many rows it holds. It returns
// errs.Conflict with the number of the first row that is changed, missing or
// out of place. The actor must see all rows: a platform admin.
func Verify(ctx context.Context, db *postgres.DB, a postgres.Actor) (rows int64, err error) {
	err = db.InTx(ctx, a, func(tx pgx.Tx) error {
		var bad int64
		switch err := tx.QueryRow(ctx, firstBad).Scan(&bad); err {
		case nil:
			return errs.Newf(errs.Conflict, "The record of acts does not fit its chain at row %d.", bad)
		case pgx.ErrNoRows:
		default:
			return fmt.Errorf("verify activity: %w", err)
		}
		var last int64
		var same bool
		if err := tx.QueryRow(ctx, compareHead).Scan(&rows, &last, &same); err != nil {
			return fmt.Errorf("verify activity: %w", err)
		}
		if rows != last || !same {
			return errs.Newf(errs.Conflict, "The record of acts ends at row %d, its head says %d.", last, rows)
		}
		return nil
	})
	return rows, err
}
