package privacy

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/activity"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/job"
	"assay/internal/notice"
	"assay/internal/postgres"
)

// Export is one archive of what is kept about a person.
type Export struct {
	ID        id.Export  `db:"id"`
	AskedAt   time.Time  `db:"asked_at"`
	ReadyAt   *time.Time `db:"ready_at"`
	ExpiresAt *time.Time `db:"expires_at"`
	SizeBytes int64      `db:"size_bytes"`
	SHA256    string     `db:"sha256"`
	HasFailed bool       `db:"has_failed"`
}

const insertExport = `
INSERT INTO account_export (id, user_id)
VALUES (@id, @user)`

// Ask asks for an export of everything kept about the actor. It is
// errs.Conflict while another one is being made.
func (s *Service) Ask(ctx context.Context, a postgres.Actor) error {
	key := id.New[id.Export]()
	err := s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, insertExport, pgx.NamedArgs{"id": key, "user": a.User}); err != nil {
			return err
		}
		if err := record(ctx, tx, a, "user.ask_export"); err != nil {
			return err
		}
		return job.Insert(ctx, tx, job.ExportAccount{Export: key})
	})
	if postgres.IsUnique(err, "account_export_waiting") {
		return errs.Wrap(errs.Conflict, "An export is being made already. It is ready within a minute.", err)
	}
	if err != nil {
		return fmt.Errorf("export: %w", err)
	}
	return nil
}

const listExports = `
SELECT   id::text AS id, asked_at, ready_at, expires_at, coalesce(size_bytes, 0) AS size_bytes, coalesce(sha256, '') AS sha256,
         failed_at IS NOT NULL AS has_failed
FROM     account_export
WHERE    user_id = @user
AND      (expires_at IS NULL OR expires_at > now())
ORDER BY asked_at DESC, id DESC
LIMIT    20`

// Exports lists the actor's own, the newest first.
func (s *Service) Exports(ctx context.Context, a postgres.Actor) (list []Export, err error) {
	err = s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		list, err = postgres.Many[Export](ctx, tx, listExports, pgx.NamedArgs{"user": a.User})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("exports: %w", err)
	}
	return list, nil
}

const findExport = `
SELECT blob_key
FROM   account_export
WHERE  id = @id
AND    user_id = @user
AND    ready_at IS NOT NULL
AND    expires_at > now()`

// Open returns an export of the actor's own. Another's, and one that is over,
// is errs.NotFound.
func (s *Service) Open(ctx context.Context, a postgres.Actor, key id.Export) ([]byte, error) {
	var object string
	err := s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, findExport, pgx.NamedArgs{"id": key, "user": a.User}).Scan(&object)
	})
	if err != nil {
		return nil, postgres.NotFound(err, "There is no such export, or its week is over. Ask for a new one.")
	}
	r, err := s.blobs.Get(ctx, object, 0)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	sealed, err := io.ReadAll(io.LimitReader(r, maxArchive+1024))
	if err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	return s.unseal(sealed, a.User, key)
}

const waitingExport = `
SELECT user_id::text
FROM   account_export
WHERE  id = @id
AND    ready_at IS NULL
AND    failed_at IS NULL`

// Gather carries out the job of one export. One that is there already, or was
// given up, is left alone.
func (s *Service) Gather(ctx context.Context, args job.ExportAccount) error {
	var user id.User
	err := s.db.InTx(ctx, worker, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, waitingExport, pgx.NamedArgs{"id": args.Export}).Scan(&user)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("export: %w", err)
	}
	parts, err := s.collect(ctx, user)
	if err != nil {
		return fmt.Errorf("export: %w", err)
	}
	archive, err := pack(parts, time.Now())
	if err != nil {
		return s.giveUp(ctx, user, args.Export, err)
	}
	return s.keep(ctx, user, args.Export, archive)
}

const keepExport = `
UPDATE account_export
SET    ready_at = now(), expires_at = now() + @kept::interval, blob_key = @key, size_bytes = @size, sha256 = @sha256
WHERE  id = @id
AND    user_id = @user
AND    ready_at IS NULL
AND    failed_at IS NULL`

const isReady = `
SELECT ready_at IS NOT NULL
FROM   account_export
WHERE  id = @id
AND    user_id = @user`

// keep seals an archive, writes it and tells its owner. The object's key comes
// from the export's id, so a second worker writes over what a first one left. If
// the export was given up meanwhile, by an erasure too, nothing stays.
func (s *Service) keep(ctx context.Context, user id.User, key id.Export, archive []byte) error {
	sealed := s.seal(archive, user, key)
	object := "account-exports/" + string(key)
	if _, err := s.blobs.Put(ctx, object, bytes.NewReader(sealed)); err != nil {
		return err
	}
	sum := sha256.Sum256(archive)
	isKept := false
	err := s.db.InTx(ctx, worker, func(tx pgx.Tx) error {
		args := pgx.NamedArgs{
			"id": key, "user": user, "kept": Kept, "key": object, "size": len(archive), "sha256": hex.EncodeToString(sum[:]),
		}
		tag, err := tx.Exec(ctx, keepExport, args)
		if err != nil {
			return fmt.Errorf("export: %w", err)
		}
		if tag.RowsAffected() == 0 { // another worker was faster, or it was given up
			if err := tx.QueryRow(ctx, isReady, args).Scan(&isKept); !errors.Is(err, pgx.ErrNoRows) {
				return err
			}
			return nil
		}
		isKept = true
		return notice.Send(ctx, tx, notice.Notice{
			Kind: notice.ExportReady, To: notice.To{Users: []id.User{user}},
			Subject: "What Assay keeps about you is ready to download",
			Lines: []string{
				"You asked for everything that is kept about you. The archive can be downloaded for seven days, after you have signed in; then it is deleted.",
				"If it was not you who asked, set a new password: somebody else is signed in to your account.",
			},
			Action: "Download the archive", Path: "/account/privacy",
		})
	})
	if err != nil || isKept {
		return err
	}
	return s.blobs.Delete(ctx, object)
}

const failExport = `
UPDATE account_export
SET    failed_at = now()
WHERE  id = @id
AND    user_id = @user
AND    ready_at IS NULL`

// giveUp ends an export that cannot be packed; trying again would not help.
func (s *Service) giveUp(ctx context.Context, user id.User, key id.Export, why error) error {
	err := s.db.InTx(ctx, worker, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, failExport, pgx.NamedArgs{"id": key, "user": user})
		return err
	})
	return errors.Join(why, err)
}

const lostExports = `
SELECT   id::text
FROM     account_export
WHERE    ready_at IS NULL
AND      failed_at IS NULL
AND      asked_at < now() - interval '5 minutes'
ORDER BY asked_at
LIMIT    100`

// askAgain gives exports that wait too long a job again, unless they have one.
func (s *Service) askAgain(ctx context.Context) error {
	return s.db.InTx(ctx, worker, func(tx pgx.Tx) error {
		list, err := postgres.Values[id.Export](ctx, tx, lostExports)
		if err != nil {
			return fmt.Errorf("exports: %w", err)
		}
		for _, key := range list {
			if err := job.Insert(ctx, tx, job.ExportAccount{Export: key}); err != nil {
				return err
			}
		}
		return nil
	})
}

const (
	oldExport = `
DELETE FROM account_export
WHERE id = (SELECT   id
            FROM     account_export
            WHERE    expires_at <= now()
            ORDER BY expires_at
            LIMIT    1
            FOR      UPDATE SKIP LOCKED)
RETURNING blob_key`
	oldFailures = `
DELETE FROM account_export
WHERE  failed_at < now() - @kept::interval`
)

// deleteOld deletes exports that are over, one in each transaction: the row
// goes only if the object did.
func (s *Service) deleteOld(ctx context.Context) error {
	for {
		err := s.db.InTx(ctx, worker, func(tx pgx.Tx) error {
			var object string
			if err := tx.QueryRow(ctx, oldExport).Scan(&object); err != nil {
				return err
			}
			return s.blobs.Delete(ctx, object)
		})
		if errors.Is(err, pgx.ErrNoRows) {
			break
		}
		if err != nil {
			return fmt.Errorf("old exports: %w", err)
		}
	}
	return s.db.InTx(ctx, worker, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, oldFailures, pgx.NamedArgs{"kept": Kept})
		return err
	})
}

func record(ctx context.Context, tx pgx.Tx, a postgres.Actor, verb string) error {
	return activity.Record(ctx, tx, activity.Entry{Actor: a, Verb: verb, Object: "user", ObjectID: string(a.User)})
}
