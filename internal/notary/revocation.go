package notary

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/audit/certificate"
	"assay/internal/errs"
	"assay/internal/postgres"
)

// How often an unchanged list is signed anew, and how long each is good for:
// a verifier who is offline for some days need not fetch another.
const (
	renewEvery = 24 * time.Hour
	goodFor    = 7 * 24 * time.Hour
)

const listState = `
SELECT (SELECT count(*) FROM audit_certificate WHERE revoked_at IS NOT NULL) AS revoked,
       coalesce(max(serial), 0) AS serial, coalesce(max(entries), -1) AS entries, coalesce(max(key_id), '') AS key_id,
       coalesce(max(issued_at), 'epoch') AS issued_at, clock_timestamp() AS at
FROM   revocation_list`

type state struct {
	Revoked  int       `db:"revoked"`
	Serial   int64     `db:"serial"`
	Entries  int       `db:"entries"`
	KeyID    string    `db:"key_id"`
	IssuedAt time.Time `db:"issued_at"`
	At       time.Time `db:"at"`
}

const selectRevoked = `
SELECT   id::text, revoked_at, revoked_reason
FROM     audit_certificate
WHERE    revoked_at IS NOT NULL
ORDER BY revoked_at, id`

const upsertList = `
INSERT INTO revocation_list (serial, key_id, entries, file, issued_at, next_update)
VALUES (@serial, @key, @entries, @file, @at, @next)
ON CONFLICT (id) DO UPDATE
SET    serial = excluded.serial, key_id = excluded.key_id, entries = excluded.entries, file = excluded.file,
       issued_at = excluded.issued_at, next_update = excluded.next_update
WHERE  revocation_list.serial < excluded.serial`

// PublishRevocations signs a new list if a certificate was taken back, another
// key signs, or the list is a day old. Of several processes at once one wins.
func (s *Service) PublishRevocations(ctx context.Context) error {
	if s.key == nil {
		return nil
	}
	err := s.db.InTx(ctx, worker, func(tx pgx.Tx) error {
		if current, err := s.isCurrent(ctx, tx); err != nil || !current {
			return err
		}
		now, err := postgres.One[state](ctx, tx, listState)
		if err != nil {
			return err
		}
		if now.Revoked == now.Entries && now.KeyID == s.keyID() && now.At.Sub(now.IssuedAt) < renewEvery {
			return nil
		}
		return s.publish(ctx, tx, now)
	})
	if err != nil {
		return fmt.Errorf("revocation list: %w", err)
	}
	return nil
}

func (s *Service) publish(ctx context.Context, tx pgx.Tx, now state) error {
	rows, err := tx.Query(ctx, selectRevoked)
	if err != nil {
		return err
	}
	// By the clock, so that it does not go back where an older state of the
	// database is restored.
	serial := max(now.Serial+1, now.At.Unix())
	r := certificate.Revocations{Issuer: s.issuer, Serial: serial, IssuedAt: now.At, NextUpdate: now.At.Add(goodFor)}
	r.Entries, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (e certificate.Revocation, err error) {
		err = row.Scan(&e.Certificate, &e.RevokedAt, &e.Reason)
		return e, err
	})
	if err != nil {
		return err
	}
	file, err := certificate.SignRevocations(r, s.key)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, upsertList, pgx.NamedArgs{"serial": r.Serial, "key": s.keyID(), "entries": len(r.Entries),
		"file": string(file), "at": r.IssuedAt, "next": r.NextUpdate})
	return err
}

// RevocationsFile returns the newest signed list, or errs.NotFound where
// nothing was ever signed.
func (s *Service) RevocationsFile(ctx context.Context) ([]byte, error) {
	var file string
	err := s.db.InTx(ctx, postgres.Actor{}, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `SELECT file FROM revocation_list`).Scan(&file)
	})
	if err = postgres.NotFound(err, "There is no list of revocations."); err != nil {
		if errs.KindOf(err) == errs.NotFound {
			return nil, err
		}
		return nil, fmt.Errorf("revocation list: %w", err)
	}
	return []byte(file), nil
}
