package vault

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"assay/internal/id"
	"assay/internal/postgres"
)

// resealAtMost is how many documents one sweep seals anew.
const resealAtMost = 50

// Reseal brings every document under the newest key and returns how many were
// in clear or under an older one. A document whose bytes are broken, or whose
// key is not there, stays as it is and is told of; the others go on. It may be
// interrupted, and run again.
func (s *Service) Reseal(ctx context.Context) (n int, err error) {
	for {
		list, err := s.sealedOtherwise(ctx)
		if err != nil {
			return n, err
		}
		done, err := s.reseal(ctx, list, len(list))
		if n += done; done == 0 {
			return n, errors.Join(err, s.deleteLeftovers(ctx), s.lost(ctx))
		}
	}
}

const sealedOtherwise = versionColumns + `
WHERE    v.key_id = ANY (@keys)
ORDER BY v.key_id, v.document_id, v.number
LIMIT    1000`

// sealedOtherwise returns documents that lie in clear or under an older key of
// the settings.
func (s *Service) sealedOtherwise(ctx context.Context) (list []Version, err error) {
	err = s.db.InTx(ctx, worker, func(tx pgx.Tx) error {
		list, err = postgres.Many[Version](ctx, tx, sealedOtherwise, pgx.NamedArgs{"keys": s.keyIDs()[1:]})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("documents under older keys: %w", err)
	}
	return list, nil
}

// keyIDs are the ids of the keys, the one that seals first; the last is that of
// bytes in clear.
func (s *Service) keyIDs() []string {
	var ids []string
	for _, k := range s.keys {
		ids = append(ids, k.id)
	}
	return append(ids, "")
}

const countLost = `
SELECT   key_id, count(*)
FROM     vault_version
WHERE    key_id <> ALL (@keys)
GROUP BY key_id
ORDER BY key_id`

// lost tells of documents under keys that are not among the settings'.
func (s *Service) lost(ctx context.Context) error {
	var failed []error
	err := s.db.InTx(ctx, worker, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, countLost, pgx.NamedArgs{"keys": s.keyIDs()})
		if err != nil {
			return err
		}
		var key string
		var n int
		_, err = pgx.ForEachRow(rows, []any{&key, &n}, func() error {
			failed = append(failed, fmt.Errorf("%d documents lie under the key %s, which the settings do not name", n, key))
			return nil
		})
		return err
	})
	return errors.Join(append(failed, err)...)
}

// reseal brings at most so many of a list under the newest key. One whose bytes
// are broken stays as it is and is told of.
func (s *Service) reseal(ctx context.Context, list []Version, atMost int) (done int, err error) {
	var failed []error
	for _, v := range list {
		if ctx.Err() != nil {
			failed = append(failed, ctx.Err())
			break
		}
		if done == atMost {
			break
		}
		if err := s.resealOne(ctx, v); err != nil {
			failed = append(failed, fmt.Errorf("document %s, version %d: %w", v.Document, v.Number, err))
			continue
		}
		done++
	}
	return done, errors.Join(failed...)
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
	sealed := s.keys[0].seal(body, v.place())
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
