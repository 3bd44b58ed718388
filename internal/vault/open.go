package vault

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
)

// Open returns a version and its bytes, whole and checked against the SHA-256
// that its row names. may decides, with the version before it; that somebody
// from outside its organization read it is recorded first.
func (s *Service) Open(ctx context.Context, a postgres.Actor, r Ref, may func(ctx context.Context, tx pgx.Tx, v Version) error) (v Version, body []byte, err error) {
	err = s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if v, err = Get(ctx, tx, r); err != nil {
			return err
		}
		if err := may(ctx, tx, v); err != nil {
			return err
		}
		if v.Organization == a.Organization {
			return nil
		}
		return record(ctx, tx, a, "document.open", v)
	})
	if err != nil {
		return Version{}, nil, err
	}
	body, err = s.read(ctx, v)
	return v, body, err
}

// read gets the bytes of a version out of the store.
func (s *Service) read(ctx context.Context, v Version) ([]byte, error) {
	key, err := s.key(v.KeyID)
	if err != nil {
		return nil, err
	}
	r, err := s.blobs.Get(ctx, v.BlobKey, 0)
	if err != nil {
		return nil, fmt.Errorf("document: %w", err)
	}
	defer r.Close()
	body, err := io.ReadAll(io.LimitReader(r, MaxBytes+1<<10))
	if err != nil {
		return nil, fmt.Errorf("document: %w", err)
	}
	if key != nil {
		if body, err = key.open(body, v.place()); err != nil {
			return nil, err
		}
	}
	if digest(body) != v.SHA256 {
		return nil, errors.New("the bytes of a document are not those that came in")
	}
	return body, nil
}

// key returns the key with an id; nil for bytes that lie in clear.
func (s *Service) key(name string) (*Key, error) {
	if name == "" {
		return nil, nil
	}
	for i := range s.keys {
		if s.keys[i].id == name {
			return &s.keys[i], nil
		}
	}
	return nil, fmt.Errorf("this process does not have the vault's key %s: name it in ASSAY_VAULT_OLD_KEYS", name)
}

const deleteVersions = `
DELETE FROM vault_version
WHERE document_id = @document
AND   organization_id = @organization`

const deleteDocument = `
DELETE FROM vault_document
WHERE id = @document
AND   organization_id = @organization`

// Remove takes a document of the actor's organization out with all its
// versions; the sweep deletes their bytes. One that a decision or a request
// names is errs.Conflict. may is asked first and may let go of what its own
// rows still name.
func (s *Service) Remove(ctx context.Context, a postgres.Actor, document id.Document, may Ask) error {
	return s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if err := may(ctx, tx); err != nil {
			return err
		}
		v, err := newest(ctx, tx, a.Organization, document)
		if err != nil {
			return err
		}
		args := pgx.NamedArgs{"document": document, "organization": a.Organization}
		if _, err = tx.Exec(ctx, deleteVersions, args); err == nil {
			_, err = tx.Exec(ctx, deleteDocument, args)
		}
		switch {
		case isForeignKey(err):
			return errs.New(errs.Conflict, "A request or a decision names this document, so it stays. Add a newer version instead.")
		case err != nil:
			return fmt.Errorf("document: %w", err)
		}
		return record(ctx, tx, a, "document.remove", v)
	})
}

// isForeignKey reports whether another row names the one that was deleted.
func isForeignKey(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "23503"
}
