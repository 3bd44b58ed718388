package idempotency

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
)

const (
	// Kept is how long an answer is repeated.
	Kept = 24 * time.Hour
	// MaxKeyLength bounds a key, in bytes.
	MaxKeyLength = 255
)

// Request is one that must have its effect once.
type Request struct {
	Actor  postgres.Actor
	Token  id.APIToken
	Key    string // 1 to MaxKeyLength printable characters
	SHA256 string // of method, path and body, in lower-case hexadecimal
}

// Answer is what a request was answered.
type Answer struct {
	Status int               `db:"status"`
	Header map[string]string `db:"header"`
	Body   []byte            `db:"body"`
}

// Store keeps requests and answers in the database.
type Store struct {
	db *postgres.DB
	// patience is how long a request waits for the answer to an earlier one.
	patience time.Duration
}

// NewStore returns a store over db.
func NewStore(db *postgres.DB) *Store { return &Store{db, 30 * time.Second} }

// Begin returns nil if the request is to be carried out: Finish or Release must
// follow. Else it returns the answer that an earlier one with the same key got,
// for which it waits. The key of another request is errs.Invalid; an earlier one
// that has no answer yet, or died, is errs.Conflict.
func (s *Store) Begin(ctx context.Context, r Request) (*Answer, error) {
	if !isKey(r.Key) {
		return nil, &errs.Error{Kind: errs.Invalid, Field: "Idempotency-Key", Message: fmt.Sprintf("Use 1 to %d printable ASCII characters.", MaxKeyLength)}
	}
	deadline := time.Now().Add(s.patience)
	for pause := 20 * time.Millisecond; ; pause = min(2*pause, time.Second) {
		began, earlier, err := s.look(ctx, r)
		switch {
		case err != nil:
			return nil, fmt.Errorf("idempotency: %w", err)
		case began:
			return nil, nil
		case earlier != nil:
			return earlier, nil
		case time.Now().After(deadline):
			return nil, errs.New(errs.Conflict, "An earlier request with this Idempotency-Key has no answer: it is still being carried out, or was cut off. Look whether it had its effect before you send it under another key.")
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(pause):
		}
	}
}

func isKey(key string) bool {
	for _, c := range []byte(key) {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return len(key) >= 1 && len(key) <= MaxKeyLength
}

const dropOld = `
DELETE FROM api_idempotency
WHERE  token_id = @token
AND    key = @key
AND    organization_id = @organization
AND    created_at < now() - @kept::interval`

const claim = `
INSERT INTO api_idempotency (token_id, key, organization_id, user_id, request_sha256)
VALUES (@token, @key, @organization, @user, @sha256)
ON CONFLICT (token_id, key) DO NOTHING`

const findEarlier = `
SELECT request_sha256, coalesce(status, 0), header, body
FROM   api_idempotency
WHERE  token_id = @token
AND    key = @key
AND    organization_id = @organization`

// look claims the key, or returns the answer that is there; neither if an
// earlier request is under way.
func (s *Store) look(ctx context.Context, r Request) (began bool, earlier *Answer, err error) {
	args := r.args()
	err = s.db.InTx(ctx, r.Actor, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, dropOld, args); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, claim, args)
		if err != nil || tag.RowsAffected() == 1 {
			began = err == nil
			return err
		}
		var sum string
		var a Answer
		err = tx.QueryRow(ctx, findEarlier, args).Scan(&sum, &a.Status, &a.Header, &a.Body)
		switch {
		case err == pgx.ErrNoRows: // released between the two statements
			return nil
		case err != nil:
			return err
		case sum != r.SHA256:
			return &errs.Error{Kind: errs.Invalid, Field: "Idempotency-Key", Message: "This key was sent with another request. Use a new key for a new request."}
		case a.Status != 0:
			earlier = &a
		}
		return nil
	})
	return began && err == nil, earlier, err
}

func (r Request) args() pgx.NamedArgs {
	return pgx.NamedArgs{"token": r.Token, "key": r.Key, "organization": r.Actor.Organization, "user": r.Actor.User, "sha256": r.SHA256, "kept": Kept}
}

const finish = `
UPDATE api_idempotency
SET    status = @status, header = @header, body = @body, finished_at = now()
WHERE  token_id = @token
AND    key = @key
AND    organization_id = @organization
AND    finished_at IS NULL`

// Finish keeps the answer of a request that was carried out.
func (s *Store) Finish(ctx context.Context, r Request, a Answer) error {
	args := r.args()
	args["status"], args["header"], args["body"] = a.Status, a.Header, a.Body
	return s.exec(ctx, r, finish, args)
}

const release = `
DELETE FROM api_idempotency
WHERE  token_id = @token
AND    key = @key
AND    organization_id = @organization
AND    finished_at IS NULL`

// Release forgets a request that had no effect, so that it can be mended and
// sent again under the same key.
func (s *Store) Release(ctx context.Context, r Request) error {
	return s.exec(ctx, r, release, r.args())
}

func (s *Store) exec(ctx context.Context, r Request, sql string, args pgx.NamedArgs) error {
	return s.db.InTx(ctx, r.Actor, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, sql, args); err != nil {
			return fmt.Errorf("idempotency: %w", err)
		}
		return nil
	})
}

const sweep = `
DELETE FROM api_idempotency
WHERE created_at < now() - @kept::interval`

// Sweep forgets answers that are older than Kept.
func (s *Store) Sweep(ctx context.Context) error {
	return s.db.InTx(ctx, postgres.Actor{Platform: postgres.Worker}, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, sweep, pgx.NamedArgs{"kept": Kept}); err != nil {
			return fmt.Errorf("sweep idempotency: %w", err)
		}
		return nil
	})
}
