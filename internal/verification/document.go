package verification

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/account"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
	"assay/internal/vault"
)

// maxDocuments is how many papers one request names.
const maxDocuments = 30

// Kinds are the papers of a request, in the order of a form.
func Kinds() []vault.Kind {
	return []vault.Kind{vault.OrganizationRegister, vault.SigningAuthority, vault.AuthorizationToLicense, vault.IRBApproval,
		vault.IRBExemption, vault.ConsentForm, vault.ConsentWaiver, vault.BAA, vault.Other}
}

// rightsKinds are papers on the right to license data: while a level rests on
// one, it lasts no longer than that.
var rightsKinds = []vault.Kind{vault.AuthorizationToLicense, vault.IRBApproval, vault.IRBExemption, vault.ConsentForm, vault.ConsentWaiver, vault.BAA}

// Document is a paper of a request: a version in the vault, and what a reviewer
// thought of it.
type Document struct {
	vault.Version
	Verdict string `db:"verdict"` // open, accepted, rejected
}

const listDocuments = `
SELECT   v.document_id, v.organization_id, d.kind, d.title, v.number,
         v.number = (SELECT max(w.number) FROM vault_version w WHERE w.document_id = v.document_id) AS is_current,
         v.name, v.media_type, v.size_bytes, v.sha256, v.blob_key, v.key_id, v.uploaded_by, v.uploaded_at,
         v.valid_from, v.expires_on, v.submitted_at, v.held_at, p.verdict
FROM     verification_document p
JOIN     vault_version v ON v.document_id = p.document_id AND v.number = p.number
JOIN     vault_document d ON d.id = p.document_id
WHERE    p.request_id = @request
ORDER BY d.created_at, d.id`

func readDocuments(ctx context.Context, tx pgx.Tx, request id.Verification) ([]Document, error) {
	rows, err := tx.Query(ctx, listDocuments, pgx.NamedArgs{"request": request})
	if err != nil {
		return nil, fmt.Errorf("documents: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[Document])
}

// Paper is a document that comes in.
type Paper struct {
	Kind                 vault.Kind
	Title                string // the name of the file by default
	Name                 string // of the file
	Content              io.Reader
	ValidFrom, ExpiresOn *time.Time
}

func (p Paper) incoming() vault.Incoming {
	return vault.Incoming{Kind: p.Kind, Title: p.Title, Name: p.Name, Content: p.Content, ValidFrom: p.ValidFrom, ExpiresOn: p.ExpiresOn}
}

// mayManage lets owners and admins of the actor's organization pass.
func mayManage(a postgres.Actor) vault.Ask {
	return func(ctx context.Context, tx pgx.Tx) error {
		_, err := account.Require(ctx, tx, a, account.Role.CanManage)
		return err
	}
}

const insertDocument = `
INSERT INTO verification_document (request_id, organization_id, document_id, number, kind)
VALUES (@request, @organization, @document, @number, verification_group(@kind))`

// Attach keeps a paper in the vault and adds it to the open request of the
// actor's organization. See vault.Put for what is taken; while a request waits
// for a reviewer it is errs.Conflict.
func (s *Service) Attach(ctx context.Context, a postgres.Actor, p Paper) (id.Document, error) {
	if !slices.Contains(Kinds(), p.Kind) {
		return "", &errs.Error{Kind: errs.Invalid, Field: "kind", Message: "Choose what the document shows."}
	}
	v, err := s.vault.Put(ctx, a, p.incoming(), mayManage(a), func(ctx context.Context, tx pgx.Tx, v vault.Version) error {
		r, err := draft(ctx, tx, a)
		if err != nil {
			return err
		}
		if len(r.Documents) >= maxDocuments {
			return &errs.Error{Kind: errs.Invalid, Field: "file", Message: fmt.Sprintf("A request has at most %d documents. Remove one first.", maxDocuments)}
		}
		_, err = tx.Exec(ctx, insertDocument, pgx.NamedArgs{"request": r.ID, "organization": a.Organization, "document": v.Document, "number": v.Number, "kind": v.Kind})
		if err != nil {
			return fmt.Errorf("document: %w", err)
		}
		return nil
	})
	return v.Document, err
}

const nameNewest = `
UPDATE verification_document p
SET    number = @number, verdict = 'open'
FROM   verification_request r
WHERE  p.document_id = @document
AND    p.organization_id = @organization
AND    r.id = p.request_id
AND    r.state IN ('draft', 'returned')`

// Replace keeps a newer version of a document; the open request, if it names
// the document, names the newer version from then on. Decisions keep naming
// what they were about.
func (s *Service) Replace(ctx context.Context, a postgres.Actor, document id.Document, p Paper) error {
	in := p.incoming()
	in.Replaces = document
	if document == "" {
		return errs.New(errs.NotFound, "There is no such document.")
	}
	_, err := s.vault.Put(ctx, a, in, mayManage(a), func(ctx context.Context, tx pgx.Tx, v vault.Version) error {
		_, err := tx.Exec(ctx, nameNewest, pgx.NamedArgs{"document": v.Document, "number": v.Number, "organization": a.Organization})
		if err != nil {
			return fmt.Errorf("document: %w", err)
		}
		return nil
	})
	return err
}

const detachDocument = `
DELETE FROM verification_document
WHERE document_id = @document
AND   organization_id = @organization`

// Detach takes a document out of the open request; it stays in the vault. One
// of a submitted or decided request stays (errs.NotFound).
func (s *Service) Detach(ctx context.Context, a postgres.Actor, document id.Document) error {
	if _, ok := id.Parse[id.Document](string(document)); !ok {
		return errs.New(errs.NotFound, noSuchPaper)
	}
	return s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if _, err := account.Require(ctx, tx, a, account.Role.CanManage); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, detachDocument, pgx.NamedArgs{"document": document, "organization": a.Organization})
		if err != nil {
			return fmt.Errorf("document: %w", err)
		}
		if tag.RowsAffected() == 0 {
			return errs.New(errs.NotFound, noSuchPaper)
		}
		return record(ctx, tx, a, a.Organization, "verification.detach", "document", string(document), nil)
	})
}

const noSuchPaper = "There is no such document in an open request."

// RemoveDocument takes a document out of the vault with all its versions, and
// out of the open request. One that a submitted request, a decision or a person
// who may sign names is errs.Conflict.
func (s *Service) RemoveDocument(ctx context.Context, a postgres.Actor, document id.Document) error {
	if _, ok := id.Parse[id.Document](string(document)); !ok {
		return errs.New(errs.NotFound, "There is no such document.")
	}
	return s.vault.Remove(ctx, a, document, func(ctx context.Context, tx pgx.Tx) error {
		if err := mayManage(a)(ctx, tx); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, detachDocument, pgx.NamedArgs{"document": document, "organization": a.Organization})
		return err
	})
}

// Documents returns all documents of the actor's organization, for its owners
// and admins.
func (s *Service) Documents(ctx context.Context, a postgres.Actor) ([]vault.Document, error) {
	return s.vault.List(ctx, a, mayManage(a))
}

// OpenDocument returns a version of a document and its bytes. Owners and admins
// of its organization get it, and the platform's reviewers what was submitted;
// that a reviewer read it is recorded.
func (s *Service) OpenDocument(ctx context.Context, a postgres.Actor, r vault.Ref) (vault.Version, []byte, error) {
	return s.vault.Open(ctx, a, r, func(ctx context.Context, tx pgx.Tx, v vault.Version) error {
		if v.Organization == a.Organization {
			return mayManage(a)(ctx, tx)
		}
		return requireReviewer(a)
	})
}

func refsOf(list []Document) []vault.Ref {
	refs := make([]vault.Ref, len(list))
	for i, d := range list {
		refs[i] = d.Ref()
	}
	return refs
}
