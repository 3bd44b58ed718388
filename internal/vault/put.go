package vault

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
)

// Most of what one organization keeps.
const (
	maxDocuments = 500
	maxVersions  = 50 // of one document
)

// Incoming is a document, or a newer version of one, that comes in.
type Incoming struct {
	Kind     Kind
	Title    string      // of a new document; the name of its file by default
	Replaces id.Document // if set, the document that gets a newer version; Kind and Title are its own
	Name     string      // of the file
	Content  io.Reader
	// ValidFrom and ExpiresOn are the first and the last day on which the
	// document holds, if it says so.
	ValidFrom, ExpiresOn *time.Time
}

// Put keeps a document of the actor's organization. It is a PDF, PNG or JPEG by
// its content and at most 20 MiB, else errs.Invalid or errs.TooLarge for the
// field "file"; days that fit no document are errs.Invalid. may is asked before
// the bytes are stored and again in the transaction that keeps them; then runs
// in it, too, if it is not nil. The newest version once more is errs.Invalid,
// two replacements at once are errs.Conflict for the second.
func (s *Service) Put(ctx context.Context, a postgres.Actor, in Incoming, may Ask, then func(ctx context.Context, tx pgx.Tx, v Version) error) (Version, error) {
	in.Title = strings.Join(strings.Fields(in.Title), " ")
	if err := checkTitle(in.Title); err != nil {
		return Version{}, err
	}
	f, err := readFile(in.Name, in.Content)
	if err != nil {
		return Version{}, err
	}
	if err := checkDays(in.ValidFrom, in.ExpiresOn, s.now()); err != nil {
		return Version{}, err
	}
	v := Version{
		Document: in.Replaces, Organization: a.Organization, Kind: in.Kind, Title: cmp.Or(in.Title, f.name), Number: 1, IsCurrent: true,
		Name: f.name, MediaType: f.mediaType, SizeBytes: int64(len(f.body)), SHA256: f.sha256,
		BlobKey: "vault/" + id.New[string](), KeyID: s.keys[0].id,
		UploadedBy: a.User, ValidFrom: in.ValidFrom, ExpiresOn: in.ExpiresOn,
	}
	if err := s.announce(ctx, a, may, &v); err != nil {
		return Version{}, err
	}
	sealed := s.keys[0].seal(f.body, v.place())
	if _, err := s.blobs.Put(ctx, v.BlobKey, bytes.NewReader(sealed)); err != nil {
		return Version{}, fmt.Errorf("document: %w", err)
	}
	err = s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if err := may(ctx, tx); err != nil {
			return err
		}
		if err := keep(ctx, tx, a, &v, in.Replaces == ""); err != nil {
			return err
		}
		if then == nil {
			return nil
		}
		return then(ctx, tx, v)
	})
	return v, err
}

// checkTitle refuses a title that is no line of at most 120 characters.
func checkTitle(wanted string) error {
	switch {
	case utf8.RuneCountInString(wanted) > 120:
		return &errs.Error{Kind: errs.Invalid, Field: "title", Message: "Use at most 120 characters."}
	case !errs.IsPlainLine(wanted):
		return &errs.Error{Kind: errs.Invalid, Field: "title", Message: "Use one line of plain text."}
	}
	return nil
}

// objectLife is how long an object may wait for the row that keeps it.
const objectLife = time.Hour

const announceObject = `
INSERT INTO vault_leftover (blob_key, due_at)
VALUES (@key, now() + @life::interval)`

const countDocuments = `
SELECT count(*)
FROM   vault_document
WHERE  organization_id = @organization`

// announce asks whether the actor may keep v, says which number it gets, and
// writes down its object, so that a crash leaves none behind.
func (s *Service) announce(ctx context.Context, a postgres.Actor, may Ask, v *Version) error {
	return s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if err := may(ctx, tx); err != nil {
			return err
		}
		if err := number(ctx, tx, v); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, announceObject, pgx.NamedArgs{"key": v.BlobKey, "life": objectLife})
		if err != nil {
			return fmt.Errorf("document: %w", err)
		}
		return nil
	})
}

const newestVersion = versionColumns + `
WHERE    v.document_id = @document
AND      v.organization_id = @organization
ORDER BY v.number DESC
LIMIT    1`

// number gives a new document its id, and a newer version its number.
func number(ctx context.Context, tx pgx.Tx, v *Version) error {
	refuse := func(message string) error { return &errs.Error{Kind: errs.Invalid, Field: "file", Message: message} }
	if v.Document == "" {
		v.Document = id.New[id.Document]()
		return roomForDocument(ctx, tx, v.Organization)
	}
	last, err := newest(ctx, tx, v.Organization, v.Document)
	switch {
	case err != nil:
		return err
	case last.SHA256 == v.SHA256 && equalDays(last.ExpiresOn, v.ExpiresOn) && equalDays(last.ValidFrom, v.ValidFrom):
		return refuse("This is the file that is there already. Choose the newer one.")
	case last.Number >= maxVersions:
		return refuse(fmt.Sprintf("A document has at most %d versions. Add a new document.", maxVersions))
	}
	v.Number, v.Kind, v.Title = last.Number+1, last.Kind, last.Title
	return nil
}

func equalDays(a, b *time.Time) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Equal(*b)
}

func newest(ctx context.Context, tx pgx.Tx, org id.Organization, document id.Document) (v Version, err error) {
	if _, ok := id.Parse[id.Document](string(document)); !ok {
		return v, unknownDocument()
	}
	rows, err := tx.Query(ctx, newestVersion, pgx.NamedArgs{"document": document, "organization": org})
	if err != nil {
		return v, fmt.Errorf("document: %w", err)
	}
	v, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Version])
	return v, postgres.NotFound(err, noSuchDocument)
}

const insertDocument = `
INSERT INTO vault_document (id, organization_id, kind, title)
VALUES (@document, @organization, @kind, @title)`

const insertVersion = `
INSERT INTO vault_version (document_id, number, organization_id, name, media_type, size_bytes, sha256, blob_key, key_id,
            uploaded_by, valid_from, expires_on)
VALUES (@document, @number, @organization, @name, @media, @size, @sha256, @key, @key_id, @user, @valid_from, @expires_on)
RETURNING uploaded_at`

const forgetLeftover = `
DELETE FROM vault_leftover
WHERE blob_key = @key`

const lockVault = `
SELECT pg_advisory_xact_lock(hashtextextended('vault_document ' || @organization::text, 0))`

// roomForDocument refuses a document too many.
func roomForDocument(ctx context.Context, tx pgx.Tx, org id.Organization) error {
	var n int
	if err := tx.QueryRow(ctx, countDocuments, pgx.NamedArgs{"organization": org}).Scan(&n); err != nil {
		return fmt.Errorf("document: %w", err)
	}
	if n >= maxDocuments {
		return &errs.Error{Kind: errs.Invalid, Field: "file", Message: fmt.Sprintf("An organization keeps at most %d documents. Remove one first.", maxDocuments)}
	}
	return nil
}

// keep writes the row of an object that was stored. That there is room is asked
// again: several may have been announced at once.
func keep(ctx context.Context, tx pgx.Tx, a postgres.Actor, v *Version, isNew bool) error {
	if isNew {
		if _, err := tx.Exec(ctx, lockVault, pgx.NamedArgs{"organization": string(v.Organization)}); err != nil {
			return fmt.Errorf("document: %w", err)
		}
		if err := roomForDocument(ctx, tx, v.Organization); err != nil {
			return err
		}
	}
	args := pgx.NamedArgs{
		"document": v.Document, "number": v.Number, "organization": v.Organization, "kind": v.Kind, "title": v.Title,
		"name": v.Name, "media": v.MediaType, "size": v.SizeBytes, "sha256": v.SHA256, "key": v.BlobKey, "key_id": v.KeyID,
		"user": v.UploadedBy, "valid_from": v.ValidFrom, "expires_on": v.ExpiresOn,
	}
	tag, err := tx.Exec(ctx, forgetLeftover, args)
	if err == nil && tag.RowsAffected() == 0 {
		err = errors.New("its object waited too long and is gone")
	}
	if err == nil && isNew {
		_, err = tx.Exec(ctx, insertDocument, args)
	}
	if err == nil {
		err = tx.QueryRow(ctx, insertVersion, args).Scan(&v.UploadedAt)
	}
	switch {
	case postgres.IsUnique(err, "vault_version_pkey"), isForeignKey(err):
		return errs.New(errs.Conflict, "Somebody replaced or removed this document meanwhile. Look at it again.")
	case err != nil:
		return fmt.Errorf("document: %w", err)
	}
	verb := "document.replace"
	if isNew {
		verb = "document.add"
	}
	return record(ctx, tx, a, verb, *v)
}
