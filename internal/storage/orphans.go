package storage

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"assay/internal/activity"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/job"
	"assay/internal/postgres"
)

// Ages are how old orphans must be to be deleted, as an admin chooses.
var Ages = [...]time.Duration{OrphanAge, 7 * 24 * time.Hour, 30 * 24 * time.Hour, 90 * 24 * time.Hour}

// Cleanup is a deletion of orphans that an admin asked for.
type Cleanup struct {
	ID         id.Cleanup `db:"id"`
	By         string     `db:"asked_by"` // a name; empty if the account is gone
	AskedAt    time.Time  `db:"asked_at"`
	Before     time.Time  `db:"before"`  // objects written earlier
	Objects    int64      `db:"objects"` // as confirmed
	FinishedAt *time.Time `db:"finished_at"`
	Deleted    int64      `db:"deleted"`
	Bytes      int64      `db:"bytes"`
	Skipped    int64      `db:"skipped"` // objects that could not be deleted
}

const listCleanups = `
SELECT    c.id, coalesce(u.name, '') AS asked_by, c.asked_at, c.before, c.objects, c.finished_at, d.deleted, d.bytes, c.skipped
FROM      storage_cleanup c
LEFT JOIN app_user u ON u.id = c.asked_by
CROSS JOIN LATERAL (SELECT count(*) AS deleted, coalesce(sum(bytes), 0)::bigint AS bytes FROM storage_deleted WHERE cleanup_id = c.id) d
ORDER BY  c.asked_at DESC, c.id DESC
LIMIT     10`

// Offer is what a deletion would delete, for its confirmation. Measurement and
// Before are what is confirmed.
type Offer struct {
	Measurement id.Measurement
	Before      time.Time
	Amount
	First []Finding // the oldest, at most mostShown
}

// Offer says what a deletion of orphans older than age would delete, as the last
// measurement found them. It returns errs.Invalid for an age that is not among
// Ages, and errs.Conflict if there is nothing to delete.
func (s *Service) Offer(ctx context.Context, a postgres.Actor, age time.Duration) (o Offer, err error) {
	err = s.reading(ctx, a, "offer", func(tx pgx.Tx) error {
		if !slices.Contains(Ages[:], age) {
			return &errs.Error{Kind: errs.Invalid, Field: "age", Message: "Choose how old the objects must be."}
		}
		o.Before = s.now().Add(-age).Truncate(time.Second)
		o, err = offer(ctx, tx, o.Before)
		return err
	})
	return o, err
}

func offer(ctx context.Context, tx pgx.Tx, before time.Time) (o Offer, err error) {
	o.Before = before
	m, err := newest(ctx, tx)
	if err != nil {
		return o, err
	}
	if m != nil {
		o.Measurement = m.ID
		if err := tx.QueryRow(ctx, weighOrphans, pgx.NamedArgs{"before": before}).Scan(&o.Objects, &o.Bytes); err != nil {
			return o, err
		}
	}
	if o.Objects == 0 {
		return o, &errs.Error{Kind: errs.Conflict, Field: "age", Message: "The last measurement found no object of that age without a row."}
	}
	o.First, err = postgres.Many[Finding](ctx, tx, listFindings, pgx.NamedArgs{"what": Orphan, "before": before, "limit": mostShown})
	return o, err
}

const insertCleanup = `
INSERT INTO storage_cleanup (id, asked_by, before, objects, measurement_id)
VALUES (@id, @by, @before, @objects, @measurement)`

// Delete queues the deletion of what an Offer showed. It returns errs.Conflict
// if something was measured or deleted meanwhile, so that nothing goes which
// was not shown.
func (s *Service) Delete(ctx context.Context, a postgres.Actor, shown Offer) error {
	return s.reading(ctx, a, "delete", func(tx pgx.Tx) error {
		now, err := offer(ctx, tx, shown.Before)
		if err != nil {
			return err
		}
		if now.Measurement != shown.Measurement || now.Objects != shown.Objects {
			return errs.New(errs.Conflict, "It was measured again meanwhile. Look at what would be deleted now.")
		}
		if s.now().Sub(shown.Before) < OrphanAge {
			return errs.New(errs.Conflict, "Objects younger than a day are never deleted.")
		}
		key := id.New[id.Cleanup]()
		_, err = tx.Exec(ctx, insertCleanup, pgx.NamedArgs{"id": key, "by": a.User, "before": shown.Before, "objects": now.Objects, "measurement": now.Measurement})
		if postgres.IsUnique(err, "storage_cleanup_one") {
			return errs.New(errs.Conflict, "Another deletion is under way. Wait until it has ended.")
		}
		if err != nil {
			return err
		}
		if err := job.Insert(ctx, tx, job.DeleteOrphans{Cleanup: key}); err != nil {
			return err
		}
		return activity.Record(ctx, tx, activity.Entry{Actor: a, Verb: "storage.delete_orphans", Object: "storage_cleanup", ObjectID: string(key),
			Detail: map[string]string{"before": shown.Before.UTC().Format(time.RFC3339), "objects": strconv.FormatInt(now.Objects, 10)}})
	})
}

const openCleanup = `
SELECT coalesce(asked_by::text, '') AS asked_by, before, coalesce(measurement_id::text, '') AS measurement
FROM   storage_cleanup
WHERE  id = @id
AND    finished_at IS NULL`

const isStillAdmin = `
SELECT EXISTS (SELECT FROM platform_role p JOIN app_user u ON u.id = p.user_id
               WHERE p.user_id = nullif(@user, '')::uuid AND p.role = 'admin' AND u.disabled_at IS NULL)`

const dueOrphans = `
SELECT   key
FROM     storage_finding
WHERE    what = 'orphan'
AND      kind <> 'head'
AND      written_at < @before
AND      key > @after
ORDER BY key
LIMIT    500`

const finishCleanup = `
UPDATE storage_cleanup
SET    finished_at = now(), skipped = @skipped
WHERE  id = @id
AND    finished_at IS NULL`

// abandonedCleanups are under way though no job carries them out: theirs was
// given up.
const abandonedCleanups = `
SELECT c.id
FROM   storage_cleanup c
WHERE  c.finished_at IS NULL
AND    NOT EXISTS (SELECT FROM river_job j
                   WHERE  j.kind = 'delete_orphans'
                   AND    j.args ->> 'cleanup' = c.id::text
                   AND    j.finalized_at IS NULL)`

const countDeleted = `
SELECT count(*), coalesce(sum(bytes), 0)::bigint
FROM   storage_deleted
WHERE  cleanup_id = @id`

// DeleteOrphans carries out the job, on behalf of the admin who asked: whoever
// is none any more deletes nothing. An object that cannot be deleted is left
// out. It may run twice.
func (s *Service) DeleteOrphans(ctx context.Context, j job.DeleteOrphans) error {
	var by id.User
	c := cleaning{Service: s, id: j.Cleanup}
	args := pgx.NamedArgs{"id": j.Cleanup}
	err := s.db.InTx(ctx, worker, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, openCleanup, args).Scan(&by, &c.before, &c.measurement)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("delete orphans: %w", err)
	}
	may := false
	err = s.db.InTx(ctx, postgres.Actor{User: by}, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, isStillAdmin, pgx.NamedArgs{"user": string(by)}).Scan(&may)
	})
	if err == nil && may {
		err = c.deleteAll(ctx)
	}
	if err == nil {
		err = s.db.InTx(ctx, worker, func(tx pgx.Tx) error { return endCleanup(ctx, tx, j.Cleanup, c.skipped) })
	}
	if err != nil {
		return fmt.Errorf("delete orphans: %w", err)
	}
	return nil
}

// endCleanup notes that a deletion is over, and what it has deleted.
func endCleanup(ctx context.Context, tx pgx.Tx, c id.Cleanup, skipped int64) error {
	args := pgx.NamedArgs{"id": c, "skipped": skipped}
	tag, err := tx.Exec(ctx, finishCleanup, args)
	if err != nil || tag.RowsAffected() == 0 {
		return err
	}
	var n, bytes int64
	if err := tx.QueryRow(ctx, countDeleted, args).Scan(&n, &bytes); err != nil {
		return err
	}
	return activity.Record(ctx, tx, activity.Entry{Actor: worker, Verb: "storage.orphans_deleted", Object: "storage_cleanup", ObjectID: string(c),
		Detail: map[string]string{"objects": strconv.FormatInt(n, 10), "bytes": strconv.FormatInt(bytes, 10)}})
}

// endAbandoned ends deletions whose job was given up, so that another can be
// asked for.
func (s *Service) endAbandoned(ctx context.Context) error {
	return s.db.InTx(ctx, worker, func(tx pgx.Tx) error {
		list, err := postgres.Values[id.Cleanup](ctx, tx, abandonedCleanups)
		for _, c := range list {
			err = errors.Join(err, endCleanup(ctx, tx, c, 0))
		}
		return err
	})
}

// mostSkipped is how many objects a deletion leaves out before it gives up: the
// store itself fails then, and the job is tried again.
const mostSkipped = 100

// cleaning is one deletion under way.
type cleaning struct {
	*Service
	id          id.Cleanup
	before      time.Time
	measurement id.Measurement
	skipped     int64
}

func (c *cleaning) deleteAll(ctx context.Context) error {
	for after := ""; ; {
		keys, err := c.due(ctx, after)
		if err != nil || len(keys) == 0 {
			return err
		}
		for _, key := range keys {
			err := c.deleteOne(ctx, c.id, key, c.before)
			if err == nil {
				continue
			}
			if c.skipped++; c.skipped > mostSkipped || ctx.Err() != nil {
				return err
			}
		}
		after = keys[len(keys)-1]
	}
}

// due returns the next keys to delete, none once another measurement has taken
// the place of the one that was shown.
func (c *cleaning) due(ctx context.Context, after string) (keys []string, err error) {
	err = c.db.InTx(ctx, worker, func(tx pgx.Tx) error {
		m, err := newest(ctx, tx)
		if err != nil || m == nil || m.ID != c.measurement {
			return err
		}
		keys, err = postgres.Values[string](ctx, tx, dueOrphans, pgx.NamedArgs{"before": c.before, "after": after})
		return err
	})
	return keys, err
}

const insertDeleted = `
INSERT INTO storage_deleted (key, cleanup_id, bytes, written_at)
VALUES (@key, @id, @bytes, @at)`

const forgetFinding = `
DELETE FROM storage_finding
WHERE  key = @key
AND    what = 'orphan'`

// deleteOne deletes an object that no row names. One that was written again
// since, that a row names now or that is gone is left out. The row that says it
// is deleted comes first: the database refuses it while a row names the object,
// and from then on refuses such a row.
func (s *Service) deleteOne(ctx context.Context, c id.Cleanup, key string, before time.Time) error {
	o, err := s.blobs.Stat(ctx, key)
	if errs.KindOf(err) == errs.NotFound || err == nil && !o.At.Before(before) {
		return nil
	}
	if err != nil {
		return err
	}
	err = s.db.InTx(ctx, worker, func(tx pgx.Tx) error {
		args := pgx.NamedArgs{"key": key, "id": c, "bytes": o.Bytes, "at": o.At}
		if _, err := tx.Exec(ctx, insertDeleted, args); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, forgetFinding, args); err != nil {
			return err
		}
		return s.blobs.Delete(ctx, key)
	})
	var pg *pgconn.PgError
	if errors.As(err, &pg) && (pg.ConstraintName == "storage_deleted_unnamed" || pg.ConstraintName == "storage_deleted_pkey") {
		return nil
	}
	return err
}
