package activity

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/audit/certificate"
	"assay/internal/blob"
	"assay/internal/errs"
	"assay/internal/postgres"
)

// Signer signs what is published. It returns nil if this process has no key
// that may sign.
type Signer interface {
	Seal(ctx context.Context, q postgres.Querier, schema string, v any) ([]byte, error)
	Keys(ctx context.Context) (certificate.Keys, error)
}

// Service publishes heads, proves rows and verifies the chain. Recording needs
// none: see Record.
type Service struct {
	db     *postgres.DB
	blobs  *blob.Store
	signer Signer
	issuer string
}

// New returns a service that publishes in the name of issuer, the address of
// this Assay. Without a signer heads are unsigned.
func New(db *postgres.DB, blobs *blob.Store, signer Signer, issuer string) *Service {
	return &Service{db, blobs, signer, issuer}
}

// worker is the platform's own actor.
var worker = postgres.Actor{Platform: postgres.Worker}

// Publish makes heads of all rows that have none and writes them to the object
// store. Rows are verified on the way: what does not fit the chain is a Fault,
// and is not published. It may run at any time, in several processes at once.
func (s *Service) Publish(ctx context.Context) error {
	for {
		made, err := s.publishNext(ctx)
		if err != nil {
			return fmt.Errorf("publish the head of activity: %w", err)
		}
		if !made {
			break
		}
	}
	if err := s.storeHeads(ctx); err != nil {
		return fmt.Errorf("store the head of activity: %w", err)
	}
	return nil
}

const lastPublished = `
SELECT   number, hash
FROM     activity_published
ORDER BY number DESC
LIMIT    1`

const insertPublished = `
INSERT INTO activity_published (number, hash, published_at, is_signed, file)
VALUES (@number, @hash, @at, @signed, @file)`

// publishNext makes the next head, of at most maxHeadRows rows of one scheme.
func (s *Service) publishNext(ctx context.Context) (made bool, err error) {
	err = s.db.InTx(ctx, worker, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtext('activity_published'))`); err != nil {
			return err
		}
		var last int64
		var hash []byte
		if err := tx.QueryRow(ctx, lastPublished).Scan(&last, &hash); err != nil && err != pgx.ErrNoRows {
			return err
		}
		h, end, err := s.nextHead(ctx, tx, last, hash)
		if err != nil {
			return err
		}
		if len(h.Rows) == 0 {
			return refuseShorter(ctx, tx, last)
		}
		file, isSigned, err := s.seal(ctx, tx, h)
		if err != nil {
			return err
		}
		made = true
		_, err = tx.Exec(ctx, insertPublished, pgx.NamedArgs{"number": h.Number, "hash": end, "at": h.At, "signed": isSigned, "file": string(file)})
		return err
	})
	return made, err
}

// nextHead reads the rows behind the last head.
func (s *Service) nextHead(ctx context.Context, q postgres.Querier, last int64, hash []byte) (h Head, end []byte, err error) {
	h = Head{Schema: HeadSchema, Issuer: s.issuer, From: last + 1, PreviousHash: hex.EncodeToString(hash)}
	if err := q.QueryRow(ctx, `SELECT clock_timestamp()`).Scan(&h.At); err != nil {
		return h, nil, err
	}
	h.At = h.At.UTC()
	next := last
	err = walk(ctx, q, last, maxHeadRows, func(l link) error {
		if h.Scheme == 0 {
			h.Scheme = l.scheme
		}
		if l.scheme != h.Scheme {
			return errEnough
		}
		next++
		own, f := checkLink(l, next, hash)
		if f != nil {
			return f.error()
		}
		hash = l.hash
		h.Rows = append(h.Rows, hex.EncodeToString(own))
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	h.Number, h.Hash = next, hex.EncodeToString(hash)
	return h, hash, err
}

// refuseShorter returns a Fault if the chain ends before what was published.
func refuseShorter(ctx context.Context, q postgres.Querier, last int64) error {
	var end int64
	if err := q.QueryRow(ctx, `SELECT coalesce(max(number), 0) FROM activity_chain`).Scan(&end); err != nil {
		return err
	}
	if end < last {
		return (&Fault{Number: end + 1, Reason: Cut}).error()
	}
	return nil
}

var errEnough = errors.New("the head is full")

func (s *Service) seal(ctx context.Context, q postgres.Querier, h Head) (file []byte, isSigned bool, err error) {
	if s.signer != nil {
		file, err := s.signer.Seal(ctx, q, HeadSchema, h)
		if err != nil || file != nil {
			return file, true, err
		}
	}
	file, err = h.plain()
	return file, false, err
}

const waitingHeads = `
SELECT   number, file
FROM     activity_published
WHERE    stored_at IS NULL
ORDER BY number
LIMIT    100`

const markStored = `
UPDATE activity_published
SET    stored_at = clock_timestamp()
WHERE  number = @number
AND    stored_at IS NULL`

type waitingHead struct {
	Number int64
	File   string
}

// storeHeads writes the heads that are not in the object store yet.
func (s *Service) storeHeads(ctx context.Context) error {
	for {
		var waiting []waitingHead
		err := s.db.InTx(ctx, worker, func(tx pgx.Tx) (err error) {
			waiting, err = postgres.Many[waitingHead](ctx, tx, waitingHeads)
			return err
		})
		if err != nil || len(waiting) == 0 {
			return err
		}
		for _, h := range waiting {
			if err := s.storeHead(ctx, h); err != nil {
				return err
			}
		}
	}
}

// storeHead writes one object, unless it is there: then it must be the same.
func (s *Service) storeHead(ctx context.Context, h waitingHead) error {
	_, err := s.blobs.PutNew(ctx, Key(h.Number), bytes.NewReader([]byte(h.File)))
	if errs.KindOf(err) == errs.Conflict {
		var there []byte
		if there, err = s.readObject(ctx, h.Number); err == nil && !bytes.Equal(there, []byte(h.File)) {
			err = (&Fault{Number: h.Number, Reason: HeadDiffers}).error()
		}
	}
	if err != nil {
		return err
	}
	return s.db.InTx(ctx, worker, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, markStored, pgx.NamedArgs{"number": h.Number})
		return err
	})
}

func (s *Service) readObject(ctx context.Context, number int64) ([]byte, error) {
	r, err := s.blobs.Get(ctx, Key(number), 0)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(io.LimitReader(r, maxHeadBytes+1))
}

// Published is a head as the public list shows it.
type Published struct {
	Number   int64     `db:"number"`
	Hash     []byte    `db:"hash"`
	At       time.Time `db:"published_at"`
	IsSigned bool      `db:"is_signed"`
}

const listPublished = `
SELECT   number, hash, published_at, is_signed
FROM     activity_published
WHERE    stored_at IS NOT NULL
AND      (@before::bigint = 0 OR number < @before)
ORDER BY number DESC
LIMIT    @limit`

// Heads returns published heads, the newest first, those before a number
// unless it is 0.
func (s *Service) Heads(ctx context.Context, before int64, limit int) (list []Published, err error) {
	err = s.db.InTx(ctx, postgres.Actor{}, func(tx pgx.Tx) error {
		list, err = postgres.Many[Published](ctx, tx, listPublished, pgx.NamedArgs{"before": before, "limit": limit})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("heads of activity: %w", err)
	}
	return list, nil
}

// HeadFile returns the file of a published head from the object store, or
// errs.NotFound.
func (s *Service) HeadFile(ctx context.Context, number int64) ([]byte, error) {
	file, err := s.readObject(ctx, number)
	if errs.KindOf(err) == errs.NotFound {
		return nil, errs.New(errs.NotFound, "No head was published for a row of that number.")
	}
	return file, err
}
