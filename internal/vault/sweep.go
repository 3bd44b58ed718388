package vault

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/id"
	"assay/internal/postgres"
)

var worker = postgres.Actor{Platform: postgres.Worker}

// Sweep seals anew what lies in clear or under an older key, and deletes the
// objects that no row names.
func (s *Service) Sweep(ctx context.Context) error {
	return errors.Join(s.reseal(ctx), s.deleteLeftovers(ctx))
}

// resealAtMost is how many documents one sweep seals anew.
const resealAtMost = 50

const sealedOtherwise = versionColumns + `
WHERE    v.key_id = ANY (@keys)
ORDER BY v.key_id, v.document_id, v.number
LIMIT    1000`

// reseal brings documents under the newest key. One whose bytes are broken
// stays as it is and is told of; the others go on.
func (s *Service) reseal(ctx context.Context) error {
	known := []string{""} // in clear
	for _, k := range s.keys[1:] {
		known = append(known, k.id)
	}
	var list []Version
	err := s.db.InTx(ctx, worker, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, sealedOtherwise, pgx.NamedArgs{"keys": known})
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, pgx.RowToStructByName[Version])
		return err
	})
	if err != nil {
		return fmt.Errorf("documents under older keys: %w", err)
	}
	done := 0
	var failed []error
	for _, v := range list {
		if done == resealAtMost || ctx.Err() != nil {
			break
		}
		if err := s.resealOne(ctx, v); err != nil {
			failed = append(failed, fmt.Errorf("document %s, version %d: %w", v.Document, v.Number, err))
			continue
		}
		done++
	}
	return errors.Join(failed...)
}

const exchangeObject = `
UPDATE vault_version
SET    key_id = @key_id, blob_key = @key
WHERE  document_id = @document
AND    number = @number
AND    organization_id = @organization
AND    blob_key = @old`

const leaveObject = `
INSERT INTO vault_leftover (blob_key, due_at)
VALUES (@old, now())`

func (s *Service) resealOne(ctx context.Context, v Version) error {
	body, err := s.read(ctx, v)
	if err != nil {
		return err
	}
	sealed, err := s.keys[0].seal(body, v.place())
	if err != nil {
		return err
	}
	args := pgx.NamedArgs{
		"document": v.Document, "number": v.Number, "organization": v.Organization, "old": v.BlobKey,
		"key": "vault/" + id.New[string](), "key_id": s.keys[0].id, "life": objectLife,
	}
	run := func(statements ...string) error {
		return s.db.InTx(ctx, worker, func(tx pgx.Tx) error {
			for _, sql := range statements {
				tag, err := tx.Exec(ctx, sql, args)
				if err != nil {
					return err
				}
				if tag.RowsAffected() == 0 { // removed or sealed by another worker meanwhile
					return errors.New("it changed while it was sealed")
				}
			}
			return nil
		})
	}
	if err := run(announceObject); err != nil {
		return err
	}
	if _, err := s.blobs.Put(ctx, args["key"].(string), bytes.NewReader(sealed)); err != nil {
		return err
	}
	return run(exchangeObject, forgetLeftover, leaveObject)
}

const dueLeftovers = `
DELETE FROM vault_leftover
WHERE blob_key = (SELECT   blob_key
                  FROM     vault_leftover
                  WHERE    due_at <= now()
                  ORDER BY due_at
                  LIMIT    1
                  FOR      UPDATE SKIP LOCKED)
RETURNING blob_key`

// deleteLeftovers deletes objects that no row names, one in each transaction:
// the row goes only if the object did.
func (s *Service) deleteLeftovers(ctx context.Context) error {
	for range 100 {
		var key string
		err := s.db.InTx(ctx, worker, func(tx pgx.Tx) error {
			if err := tx.QueryRow(ctx, dueLeftovers).Scan(&key); err != nil {
				return err
			}
			return s.blobs.Delete(ctx, key)
		})
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("objects of removed documents: %w", err)
		}
	}
	return nil
}

const expiringVersions = versionColumns + `
WHERE    v.expires_on >= @today
AND      v.expires_on <= @until
AND      (v.warned_days IS NULL OR v.warned_days > @days)
AND      v.number = (SELECT max(w.number) FROM vault_version w WHERE w.document_id = v.document_id)
ORDER BY v.expires_on, v.document_id
LIMIT    200`

const markWarned = `
UPDATE vault_version
SET    warned_days = @days
WHERE  document_id = @document
AND    number = @number
AND    organization_id = @organization
AND    (warned_days IS NULL OR warned_days > @days)`

// WarnExpiring calls tell for each newest version that ends within one of days,
// once for each of them and in one transaction with the note that it was told;
// of several that are due only the nearest. left is the days until the end.
func (s *Service) WarnExpiring(ctx context.Context, days []int, tell func(ctx context.Context, tx pgx.Tx, v Version, left int) error) error {
	today := s.now().UTC().Truncate(24 * time.Hour)
	nearest := slices.Sorted(slices.Values(days))
	var failed []error
	for _, d := range nearest {
		args := pgx.NamedArgs{"today": today, "until": today.AddDate(0, 0, d), "days": d}
		var due []Version
		err := s.db.InTx(ctx, worker, func(tx pgx.Tx) error {
			rows, err := tx.Query(ctx, expiringVersions, args)
			if err != nil {
				return err
			}
			due, err = pgx.CollectRows(rows, pgx.RowToStructByName[Version])
			return err
		})
		failed = append(failed, err)
		for _, v := range due {
			failed = append(failed, s.warn(ctx, v, d, int(v.ExpiresOn.Sub(today).Hours()/24), tell))
		}
	}
	return errors.Join(failed...)
}

func (s *Service) warn(ctx context.Context, v Version, days, left int, tell func(context.Context, pgx.Tx, Version, int) error) error {
	return s.db.InTx(ctx, worker, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, markWarned, pgx.NamedArgs{"document": v.Document, "number": v.Number, "organization": v.Organization, "days": days})
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		return tell(ctx, tx, v, left)
	})
}
