package activity

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

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

// Row is an act of an object's history.
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
	list, err := postgres.Many[Row](ctx, tx, listByObject, pgx.NamedArgs{"object": object, "object_id": objectID})
	if err != nil {
		return nil, fmt.Errorf("activity of %s: %w", object, err)
	}
	return list, nil
}
