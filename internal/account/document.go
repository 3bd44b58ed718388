package account

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"path"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"assay/internal/audit/sniff"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
)

// Paper is what a document is meant to show.
type Paper string

// Papers of a request.
const (
	PaperOrganization Paper = "organization" // who the organization is
	PaperRights       Paper = "rights"       // its right to license data
	PaperEthics       Paper = "ethics"       // approval or waiver of an ethics board
	PaperOther        Paper = "other"
)

// AllPapers returns the kinds in the order of a form.
func AllPapers() []Paper { return []Paper{PaperOrganization, PaperRights, PaperEthics, PaperOther} }

// Label says in words what the document is meant to show.
func (p Paper) Label() string {
	switch p {
	case PaperOrganization:
		return "Who the organization is"
	case PaperRights:
		return "Its right to license data"
	case PaperEthics:
		return "Ethics approval or waiver"
	}
	return "Something else"
}

// Help names examples.
func (p Paper) Help() string {
	switch p {
	case PaperOrganization:
		return "Extract of a register, charter, tax certificate."
	case PaperRights:
		return "Data use agreement with the hospital, assignment, license, board decision."
	case PaperEthics:
		return "Letter of an IRB or ethics committee."
	}
	return ""
}

// Limits of documents.
const (
	MaxDocumentBytes = 20 << 20
	maxDocuments     = 20 // of one request
)

// Document is a paper of a request; its bytes lie in the object store.
type Document struct {
	ID           id.Document     `db:"id"`
	Organization id.Organization `db:"organization_id"`
	Kind         Paper           `db:"kind"`
	Name         string          `db:"name"` // as its owner named the file
	MediaType    string          `db:"media_type"`
	SizeBytes    int64           `db:"size_bytes"`
	SHA256       string          `db:"sha256"`
	BlobKey      string          `db:"blob_key"`
	UploadedAt   time.Time       `db:"uploaded_at"`
	Verdict      string          `db:"verdict"` // open, accepted, rejected
}

const documentColumns = `
SELECT id, organization_id, kind, name, media_type, size_bytes, sha256, blob_key, uploaded_at, verdict
FROM   verification_document`

const listDocuments = documentColumns + `
WHERE    request_id = @request
ORDER BY uploaded_at, id`

func readDocuments(ctx context.Context, tx pgx.Tx, request id.Verification) ([]Document, error) {
	rows, err := tx.Query(ctx, listDocuments, pgx.NamedArgs{"request": request})
	if err != nil {
		return nil, fmt.Errorf("documents: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[Document])
}

// mediaTypes are the documents that are taken, by content.
var mediaTypes = map[sniff.Kind]string{sniff.PDF: "application/pdf", sniff.PNG: "image/png", sniff.JPEG: "image/jpeg"}

const insertDocument = `
INSERT INTO verification_document (id, organization_id, request_id, kind, name, media_type, size_bytes, sha256, blob_key, uploaded_by)
VALUES (@id, @organization, @request, @kind, @name, @media, @size, @sha256, @key, @user)`

// Attach adds a document to the open request of the actor's organization. It
// is a PDF, PNG or JPEG by its content and at most 20 MiB, else errs.Invalid
// or errs.TooLarge for the field "file". The object store gets it under a key
// of ours; the name it came with is kept for show.
func (s *Service) Attach(ctx context.Context, a postgres.Actor, kind Paper, name string, content io.Reader) (id.Document, error) {
	d := Document{ID: id.New[id.Document](), Organization: a.Organization, Kind: kind, Name: fileName(name)}
	body, err := d.read(content)
	if err != nil {
		return "", err
	}
	d.BlobKey = fmt.Sprintf("verification/%s/%s", d.Organization, d.ID)
	if err := s.mayAttach(ctx, a); err != nil {
		return "", err
	}
	if _, err := s.documents.Put(ctx, d.BlobKey, bytes.NewReader(body)); err != nil {
		return "", fmt.Errorf("document: %w", err)
	}
	if err := s.addDocument(ctx, a, d); err != nil {
		if deleteErr := s.documents.Delete(context.WithoutCancel(ctx), d.BlobKey); deleteErr != nil {
			return "", fmt.Errorf("%w (and its object stays: %w)", err, deleteErr)
		}
		return "", err
	}
	return d.ID, nil
}

// read takes the bytes in and says what they are.
func (d *Document) read(content io.Reader) ([]byte, error) {
	invalid := func(kind errs.Kind, field, message string) error {
		return &errs.Error{Kind: kind, Field: field, Message: message}
	}
	if !d.Kind.isKnown() {
		return nil, invalid(errs.Invalid, "kind", "Choose what the document shows.")
	}
	body, err := io.ReadAll(io.LimitReader(content, MaxDocumentBytes+1))
	if err != nil {
		return nil, fmt.Errorf("document: %w", err)
	}
	if len(body) > MaxDocumentBytes {
		return nil, invalid(errs.TooLarge, "file", "A document is at most 20 MiB. Send a smaller scan.")
	}
	kind, err := sniff.DetectFile(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		return nil, fmt.Errorf("document: %w", err)
	}
	if d.MediaType = mediaTypes[kind]; d.MediaType == "" {
		return nil, invalid(errs.Invalid, "file", "Choose a PDF, PNG or JPEG file. What a file is, its content says, not its name.")
	}
	sum := sha256.Sum256(body)
	d.SizeBytes, d.SHA256 = int64(len(body)), hex.EncodeToString(sum[:])
	return body, nil
}

func (p Paper) isKnown() bool {
	for _, known := range AllPapers() {
		if p == known {
			return true
		}
	}
	return false
}

// fileName is the last part of a name, as one line that is not too long.
func fileName(name string) string {
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	name = strings.Map(func(r rune) rune {
		if !isPlainLine(string(r)) || r == utf8.RuneError || r == '"' || r == '/' {
			return '_'
		}
		return r
	}, name)
	for utf8.RuneCountInString(name) > 120 {
		_, size := utf8.DecodeRuneInString(name)
		name = name[size:] // its end tells the format
	}
	if name = strings.Trim(name, " ."); name == "" {
		return "document"
	}
	return name
}

func (s *Service) mayAttach(ctx context.Context, a postgres.Actor) error {
	return s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		_, err := Require(ctx, tx, a, Role.CanManage)
		return err
	})
}

func (s *Service) addDocument(ctx context.Context, a postgres.Actor, d Document) error {
	return s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if _, err := Require(ctx, tx, a, Role.CanManage); err != nil {
			return err
		}
		r, err := draft(ctx, tx, a)
		if err != nil {
			return err
		}
		if len(r.Documents) >= maxDocuments {
			return &errs.Error{Kind: errs.Invalid, Field: "file", Message: fmt.Sprintf("A request has at most %d documents. Remove one first.", maxDocuments)}
		}
		_, err = tx.Exec(ctx, insertDocument, pgx.NamedArgs{
			"id": d.ID, "organization": d.Organization, "request": r.ID, "kind": d.Kind, "name": d.Name,
			"media": d.MediaType, "size": d.SizeBytes, "sha256": d.SHA256, "key": d.BlobKey, "user": a.User,
		})
		if err != nil {
			return fmt.Errorf("document: %w", err)
		}
		return record(ctx, tx, a, a.Organization, "verification.attach", "document", string(d.ID),
			map[string]string{"kind": string(d.Kind), "sha256": d.SHA256})
	})
}

const deleteDocument = `
DELETE FROM verification_document
WHERE id = @id
AND   organization_id = @organization
RETURNING blob_key`

// RemoveDocument takes a document out of the open request and deletes its
// bytes. One of a submitted or decided request stays (errs.NotFound).
func (s *Service) RemoveDocument(ctx context.Context, a postgres.Actor, document id.Document) error {
	if _, ok := id.Parse[id.Document](string(document)); !ok {
		return errs.New(errs.NotFound, noSuchDocument)
	}
	var key string
	err := s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if _, err := Require(ctx, tx, a, Role.CanManage); err != nil {
			return err
		}
		err := tx.QueryRow(ctx, deleteDocument, pgx.NamedArgs{"id": document, "organization": a.Organization}).Scan(&key)
		if err != nil {
			return postgres.NotFound(err, noSuchDocument)
		}
		return record(ctx, tx, a, a.Organization, "verification.detach", "document", string(document), nil)
	})
	if err != nil {
		return err
	}
	return s.documents.Delete(ctx, key)
}

const noSuchDocument = "There is no such document, or it can no longer be changed."

const oneDocument = documentColumns + `
WHERE id = @id`

// OpenDocument returns a document and its bytes, which the caller closes. Only
// owners and admins of its organization and the platform's reviewers get it;
// that a reviewer read it is recorded.
func (s *Service) OpenDocument(ctx context.Context, a postgres.Actor, document id.Document) (d Document, content io.ReadCloser, err error) {
	if _, ok := id.Parse[id.Document](string(document)); !ok {
		return d, nil, errs.New(errs.NotFound, noSuchDocument)
	}
	err = s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, oneDocument, pgx.NamedArgs{"id": document})
		if err != nil {
			return fmt.Errorf("document: %w", err)
		}
		if d, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Document]); err != nil {
			return postgres.NotFound(err, noSuchDocument)
		}
		if d.Organization == a.Organization {
			_, err := Require(ctx, tx, a, Role.CanManage)
			return err
		}
		return record(ctx, tx, a, d.Organization, "verification.read", "document", string(d.ID), nil)
	})
	if err != nil {
		return Document{}, nil, err
	}
	content, err = s.documents.Get(ctx, d.BlobKey, 0)
	return d, content, err
}
