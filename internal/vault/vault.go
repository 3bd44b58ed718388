package vault

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/activity"
	"assay/internal/blob"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
)

// Service is the one way to keep and read documents.
type Service struct {
	db    *postgres.DB
	blobs *blob.Store
	keys  []Key
	now   func() time.Time
}

// New returns a vault. The first key seals; the others open what they sealed
// before, until the sweep has sealed it anew.
func New(db *postgres.DB, blobs *blob.Store, keys []Key, now func() time.Time) *Service {
	return &Service{db, blobs, keys, now}
}

// Ref names one version of a document.
type Ref struct {
	Document id.Document
	Number   int
}

// Version is one version of a document. Days are of UTC.
type Version struct {
	Document     id.Document     `db:"document_id"`
	Organization id.Organization `db:"organization_id"`
	Kind         Kind            `db:"kind"`
	Title        string          `db:"title"`
	Number       int             `db:"number"`     // 1 is the first
	IsCurrent    bool            `db:"is_current"` // the newest that the actor may see
	Name         string          `db:"name"`       // as its owner named the file
	MediaType    string          `db:"media_type"`
	SizeBytes    int64           `db:"size_bytes"`
	SHA256       string          `db:"sha256"` // of the plain bytes
	BlobKey      string          `db:"blob_key"`
	KeyID        string          `db:"key_id"` // empty while the bytes lie in clear
	UploadedBy   id.User         `db:"uploaded_by"`
	UploadedAt   time.Time       `db:"uploaded_at"`
	ValidFrom    *time.Time      `db:"valid_from"`
	ExpiresOn    *time.Time      `db:"expires_on"`   // the last day on which it holds
	SubmittedAt  *time.Time      `db:"submitted_at"` // reviewers may read it from then on
	HeldAt       *time.Time      `db:"held_at"`      // a decision names it: it stays
}

// Ref names the version.
func (v Version) Ref() Ref { return Ref{v.Document, v.Number} }

// HasExpired reports whether the last day of the version is over.
func (v Version) HasExpired(now time.Time) bool {
	return v.ExpiresOn != nil && !now.Before(v.ExpiresOn.AddDate(0, 0, 1))
}

func (v Version) place() place { return place{v.Organization, v.Document, v.Number} }

// Document is a document with its versions, the newest first.
type Document struct {
	ID       id.Document
	Kind     Kind
	Title    string
	Versions []Version
}

// Current is the newest version.
func (d Document) Current() Version { return d.Versions[0] }

// MayRemove reports whether no decision names a version of it.
func (d Document) MayRemove() bool {
	for _, v := range d.Versions {
		if v.HeldAt != nil {
			return false
		}
	}
	return true
}

// Ask decides within the transaction of an act whether its actor may do it.
type Ask func(ctx context.Context, tx pgx.Tx) error

const noSuchDocument = "There is no such document, or it can no longer be changed."

func unknownDocument() error { return errs.New(errs.NotFound, noSuchDocument) }

const versionColumns = `
SELECT v.document_id, v.organization_id, d.kind, d.title, v.number,
       v.number = (SELECT max(w.number) FROM vault_version w WHERE w.document_id = v.document_id) AS is_current,
       v.name, v.media_type, v.size_bytes, v.sha256, v.blob_key, v.key_id, v.uploaded_by, v.uploaded_at,
       v.valid_from, v.expires_on, v.submitted_at, v.held_at
FROM   vault_version v
JOIN   vault_document d ON d.id = v.document_id`

const oneVersion = versionColumns + `
WHERE v.document_id = @document
AND   v.number = @number`

// Get returns a version as far as the transaction's actor may see it, else
// errs.NotFound.
func Get(ctx context.Context, q postgres.Querier, r Ref) (v Version, err error) {
	if _, ok := id.Parse[id.Document](string(r.Document)); !ok {
		return v, unknownDocument()
	}
	rows, err := q.Query(ctx, oneVersion, pgx.NamedArgs{"document": r.Document, "number": r.Number})
	if err != nil {
		return v, fmt.Errorf("document: %w", err)
	}
	v, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Version])
	return v, postgres.NotFound(err, noSuchDocument)
}

const listVersions = versionColumns + `
WHERE    v.organization_id = @organization
ORDER BY d.created_at, d.id, v.number DESC`

// List returns the documents of an organization as far as the transaction's
// actor may see them, the oldest first.
func List(ctx context.Context, q postgres.Querier, org id.Organization) ([]Document, error) {
	versions, err := postgres.Many[Version](ctx, q, listVersions, pgx.NamedArgs{"organization": org})
	if err != nil {
		return nil, fmt.Errorf("documents: %w", err)
	}
	var list []Document
	for _, v := range versions {
		if len(list) == 0 || list[len(list)-1].ID != v.Document {
			list = append(list, Document{ID: v.Document, Kind: v.Kind, Title: v.Title})
		}
		last := &list[len(list)-1]
		last.Versions = append(last.Versions, v)
	}
	return list, nil
}

// List returns the documents of the actor's organization.
func (s *Service) List(ctx context.Context, a postgres.Actor, may Ask) (list []Document, err error) {
	err = s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if err := may(ctx, tx); err != nil {
			return err
		}
		list, err = List(ctx, tx, a.Organization)
		return err
	})
	return list, err
}

const submitVersions = `
UPDATE vault_version v
SET    submitted_at = now()
FROM   unnest(@documents::uuid[], @numbers::integer[]) AS r (document_id, number)
WHERE  v.organization_id = @organization
AND    v.document_id = r.document_id
AND    v.number = r.number
AND    v.submitted_at IS NULL`

// Submit lets the platform's reviewers read versions of an organization, in
// the transaction that hands them in. One that is not there is errs.Conflict.
func Submit(ctx context.Context, tx pgx.Tx, org id.Organization, refs []Ref) error {
	return mark(ctx, tx, submitVersions, countSubmitted, org, refs)
}

const holdVersions = `
UPDATE vault_version v
SET    held_at = now()
FROM   unnest(@documents::uuid[], @numbers::integer[]) AS r (document_id, number)
WHERE  v.organization_id = @organization
AND    v.document_id = r.document_id
AND    v.number = r.number
AND    v.held_at IS NULL`

const (
	countSubmitted = `
SELECT count(*)
FROM   unnest(@documents::uuid[], @numbers::integer[]) AS r (document_id, number)
JOIN   vault_version v ON v.document_id = r.document_id AND v.number = r.number
WHERE  v.organization_id = @organization
AND    v.submitted_at IS NOT NULL`
	countHeld = countSubmitted + `
AND    v.held_at IS NOT NULL`
)

// Hold keeps versions for good, in the transaction of a reviewer's decision
// that names them. One that is not there, or was never submitted, is
// errs.Conflict: no decision rests on it.
func Hold(ctx context.Context, tx pgx.Tx, org id.Organization, refs []Ref) error {
	return mark(ctx, tx, holdVersions, countHeld, org, refs)
}

// mark changes versions and counts them afterwards: row security leaves out
// without a word what the actor may not reach.
func mark(ctx context.Context, tx pgx.Tx, change, count string, org id.Organization, refs []Ref) error {
	documents, numbers := make([]id.Document, len(refs)), make([]int, len(refs))
	for i, r := range refs {
		documents[i], numbers[i] = r.Document, r.Number
	}
	args := pgx.NamedArgs{"organization": org, "documents": documents, "numbers": numbers}
	if _, err := tx.Exec(ctx, change, args); err != nil {
		return fmt.Errorf("mark documents: %w", err)
	}
	var marked int
	if err := tx.QueryRow(ctx, count, args).Scan(&marked); err != nil {
		return fmt.Errorf("mark documents: %w", err)
	}
	if marked != len(refs) {
		return errs.New(errs.Conflict, "A document that this rests on is not there, or was not handed in. Reload the page and look at the documents again.")
	}
	return nil
}

// record writes an act on a version into the log of activity.
func record(ctx context.Context, tx pgx.Tx, a postgres.Actor, verb string, v Version) error {
	return activity.Record(ctx, tx, activity.Entry{
		Actor: a, Organization: v.Organization, Verb: verb, Object: "document", ObjectID: string(v.Document),
		Detail: map[string]string{"kind": string(v.Kind), "number": fmt.Sprint(v.Number), "sha256": v.SHA256},
	})
}
