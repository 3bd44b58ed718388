package credential

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
	"assay/internal/vault"
)

// maxCredentials is how many credentials one annotator has.
const maxCredentials = 30

// Facts are what a document says. Days are of UTC.
type Facts struct {
	Kind      Kind
	Body      string // that gave it: "American Board of Radiology"
	Number    string // private
	IssuedOn  *time.Time
	ExpiresOn *time.Time // the last day on which it holds; nil without end
}

// Checks are what a reviewer looked at.
type Checks struct {
	NameMatches   bool       `db:"name_matches"`   // the name on the document is the annotator's
	BodyExists    bool       `db:"body_exists"`    // the body exists and gives such credentials
	NumberChecked bool       `db:"number_checked"` // found in the body's public register
	InForce       bool       `db:"in_force"`       // not expired, not revoked
	RegisterURL   string     `db:"register_url"`   // of that register
	RegisterOn    *time.Time `db:"register_on"`    // when it was looked up
}

// Credential is what an annotator can show.
type Credential struct {
	ID           id.Credential
	Organization id.Organization
	Annotator    id.Annotator
	Facts
	Document       id.Document // empty without evidence
	DocumentNumber int
	State          State
	SubmittedAt    *time.Time
	VerifiedOn     *time.Time
	DecidedAt      *time.Time
	DecidedBy      string // a name; empty for who may not see it
	Reason         string // of the last decision
	Checks
}

// Holds reports whether the credential was checked and its last day is not over
// on the day of now, UTC.
func (c Credential) Holds(now time.Time) bool {
	return c.State == Verified && !c.HasEnded(now)
}

// HasEnded reports whether its last day is over.
func (c Credential) HasEnded(now time.Time) bool {
	return c.ExpiresOn != nil && !now.Before(c.ExpiresOn.AddDate(0, 0, 1))
}

// proves reports whether a credential of this kind shows that somebody has the
// role: training alone makes nobody a physician with a specialty.
func (c Credential) proves(r Role) bool {
	return c.Kind != Training || slices.Contains([]Role{"resident", "technologist", "medical_student", "trained_annotator"}, r)
}

// Ref names its evidence.
func (c Credential) Ref() vault.Ref { return vault.Ref{Document: c.Document, Number: c.DocumentNumber} }

func (f Facts) trimmed() Facts {
	f.Body = strings.Join(strings.Fields(f.Body), " ")
	f.Number = strings.Join(strings.Fields(f.Number), " ")
	return f
}

func (f Facts) check(now time.Time) error {
	var form errs.Fields
	if !slices.Contains(Kinds(), f.Kind) {
		form.Add("kind", "Choose what the document is.")
	}
	line(&form, "body", f.Body, 200, "Write which body gave it, as it stands on the document.")
	missing := "Write the number under which a register finds it."
	if f.Kind == Training {
		missing = ""
	}
	line(&form, "number", f.Number, 100, missing)
	if f.IssuedOn != nil && f.IssuedOn.After(now) {
		form.Add("issued_on", "This day has not come yet.")
	}
	switch {
	case f.ExpiresOn != nil && f.ExpiresOn.Before(day(now)):
		form.Add("expires_on", "This day is over. Give a document that still holds.")
	case f.IssuedOn != nil && f.ExpiresOn != nil && f.IssuedOn.After(*f.ExpiresOn):
		form.Add("expires_on", "The last day comes after the first.")
	}
	return form.Err()
}

// day is the beginning of a day, UTC.
func day(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }

// Evidence is a document that comes in; nil keeps what is there.
type Evidence struct {
	Name    string // of the file
	Content io.Reader
}

const insertCredential = `
INSERT INTO credential (id, organization_id, annotator_id, kind, body, number_sealed, issued_on, expires_on, document_id, document_number)
VALUES (@id, @organization, @annotator, @kind, @body, @number, @issued_on, @expires_on, @document, @version)`

// Enter adds a credential of an annotator, as a draft. The evidence may follow;
// see vault.Put for what is taken (field "file").
func (s *Service) Enter(ctx context.Context, a postgres.Actor, annotator id.Annotator, f Facts, e *Evidence) (id.Credential, error) {
	f = f.trimmed()
	if err := f.check(s.now()); err != nil {
		return "", err
	}
	key := id.New[id.Credential]()
	err := s.keep(ctx, a, f, e, "", func(ctx context.Context, tx pgx.Tx, v vault.Version) error {
		of, err := s.annotator(ctx, tx, a.Organization, annotator)
		if err != nil {
			return err
		}
		if len(of.Credentials) >= maxCredentials {
			return errs.Newf(errs.Conflict, "An annotator has at most %d credentials.", maxCredentials)
		}
		args := s.facts(a, key, f, v)
		args["annotator"] = annotator
		if _, err := tx.Exec(ctx, insertCredential, args); err != nil {
			return fmt.Errorf("credential: %w", err)
		}
		return record(ctx, tx, a, a.Organization, "credential.add", "credential", string(key), map[string]string{"kind": string(f.Kind)})
	})
	return key, err
}

// keep runs write, with the evidence in the vault first if some came.
func (s *Service) keep(ctx context.Context, a postgres.Actor, f Facts, e *Evidence, replaces id.Document, write func(context.Context, pgx.Tx, vault.Version) error) error {
	may := mayManage(a)
	if e == nil {
		return s.db.InTx(ctx, a, func(tx pgx.Tx) error {
			if err := may(ctx, tx); err != nil {
				return err
			}
			return write(ctx, tx, vault.Version{})
		})
	}
	_, err := s.vault.Put(ctx, a, vault.Incoming{
		Kind: f.Kind.paper(), Title: f.Kind.Label(), Replaces: replaces, Name: e.Name, Content: e.Content,
	}, may, write)
	return err
}

func (s *Service) facts(a postgres.Actor, key id.Credential, f Facts, v vault.Version) pgx.NamedArgs {
	args := pgx.NamedArgs{
		"id": key, "organization": a.Organization, "kind": f.Kind, "body": f.Body, "number": s.box.Seal([]byte(f.Number), string(key)),
		"issued_on": f.IssuedOn, "expires_on": f.ExpiresOn, "document": nil, "version": nil,
	}
	if v.Document != "" {
		args["document"], args["version"] = v.Document, v.Number
	}
	return args
}

const changeCredential = `
UPDATE credential
SET    state = 'draft', kind = @kind, body = @body, number_sealed = @number, issued_on = @issued_on, expires_on = @expires_on,
       document_id = coalesce(@document, document_id), document_number = coalesce(@version, document_number)
WHERE  id = @id
AND    organization_id = @organization
AND    state IN ('draft', 'returned')`

// Correct changes a credential that the organization may change; any other is
// errs.Conflict. New evidence becomes a newer version of what is there.
func (s *Service) Correct(ctx context.Context, a postgres.Actor, key id.Credential, f Facts, e *Evidence) error {
	f = f.trimmed()
	if err := f.check(s.now()); err != nil {
		return err
	}
	before, err := s.Credential(ctx, a, key)
	if err != nil {
		return err
	}
	if !before.State.IsOpen() {
		return errClosed()
	}
	replaces := before.Document
	if before.Kind != f.Kind {
		replaces = "" // the vault keeps what a document is
	}
	return s.keep(ctx, a, f, e, replaces, func(ctx context.Context, tx pgx.Tx, v vault.Version) error {
		tag, err := tx.Exec(ctx, changeCredential, s.facts(a, key, f, v))
		if err != nil {
			return fmt.Errorf("credential: %w", err)
		}
		if tag.RowsAffected() == 0 {
			return errClosed()
		}
		return record(ctx, tx, a, a.Organization, "credential.change", "credential", string(key), map[string]string{"kind": string(f.Kind)})
	})
}

func errClosed() error {
	return errs.New(errs.Conflict, "This credential was submitted, so it stays as it is. Withdraw it, or add a new one.")
}

const deleteCredential = `
DELETE FROM credential
WHERE id = @id
AND   organization_id = @organization
AND   state IN ('draft', 'returned')`

// Drop takes out a credential that no reviewer decides on, with its evidence.
func (s *Service) Drop(ctx context.Context, a postgres.Actor, key id.Credential) error {
	before, err := s.Credential(ctx, a, key)
	if err != nil {
		return err
	}
	err = s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if err := mayManage(a)(ctx, tx); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, deleteCredential, pgx.NamedArgs{"id": key, "organization": a.Organization})
		if err != nil {
			return fmt.Errorf("credential: %w", err)
		}
		if tag.RowsAffected() == 0 {
			return errClosed()
		}
		return record(ctx, tx, a, a.Organization, "credential.remove", "credential", string(key), nil)
	})
	if err != nil || before.Document == "" {
		return err
	}
	return s.removePaper(ctx, a, before.Document)
}

// OpenEvidence returns the evidence of a credential and its bytes. Owners and
// admins of its organization get it, and the platform's reviewers once it was
// submitted; that a reviewer read it is recorded.
func (s *Service) OpenEvidence(ctx context.Context, a postgres.Actor, key id.Credential) (vault.Version, []byte, error) {
	c, err := s.anyCredential(ctx, a, key)
	if err != nil {
		return vault.Version{}, nil, err
	}
	if c.Document == "" {
		return vault.Version{}, nil, errs.New(errs.NotFound, "This credential has no document yet.")
	}
	return s.vault.Open(ctx, a, c.Ref(), func(ctx context.Context, tx pgx.Tx, v vault.Version) error {
		if v.Organization == a.Organization {
			return mayManage(a)(ctx, tx)
		}
		return requireReviewer(a)
	})
}

// anyCredential returns a credential that the actor may see, as a member of its
// organization or as a reviewer.
func (s *Service) anyCredential(ctx context.Context, a postgres.Actor, key id.Credential) (c Credential, err error) {
	err = s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		c, err = s.credential(ctx, tx, key)
		return err
	})
	return c, err
}

// Credential returns one of the actor's organization, for its owners and admins.
func (s *Service) Credential(ctx context.Context, a postgres.Actor, key id.Credential) (c Credential, err error) {
	err = s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if err := mayManage(a)(ctx, tx); err != nil {
			return err
		}
		if c, err = s.credential(ctx, tx, key); err == nil && c.Organization != a.Organization {
			err = errs.New(errs.NotFound, noSuchCredential)
		}
		return err
	})
	return c, err
}

type credentialRow struct {
	ID             id.Credential   `db:"id"`
	Organization   id.Organization `db:"organization_id"`
	Annotator      id.Annotator    `db:"annotator_id"`
	Kind           Kind            `db:"kind"`
	Body           string          `db:"body"`
	NumberSealed   []byte          `db:"number_sealed"`
	IssuedOn       *time.Time      `db:"issued_on"`
	ExpiresOn      *time.Time      `db:"expires_on"`
	Document       id.Document     `db:"document_id"`
	DocumentNumber int             `db:"document_number"`
	State          State           `db:"state"`
	SubmittedAt    *time.Time      `db:"submitted_at"`
	VerifiedOn     *time.Time      `db:"verified_on"`
	DecidedAt      *time.Time      `db:"decided_at"`
	DecidedBy      string          `db:"decided_by"`
	Reason         string          `db:"reason"`
	Checks
}

func (s *Service) openCredential(r credentialRow) (Credential, error) {
	number, err := s.unseal(r.NumberSealed, string(r.ID))
	return Credential{
		ID: r.ID, Organization: r.Organization, Annotator: r.Annotator,
		Facts:    Facts{r.Kind, r.Body, number, r.IssuedOn, r.ExpiresOn},
		Document: r.Document, DocumentNumber: r.DocumentNumber, State: r.State, SubmittedAt: r.SubmittedAt,
		VerifiedOn: r.VerifiedOn, DecidedAt: r.DecidedAt, DecidedBy: r.DecidedBy, Reason: r.Reason, Checks: r.Checks,
	}, err
}

const credentialColumns = `
SELECT    c.id, c.organization_id, c.annotator_id, c.kind, c.body, c.number_sealed, c.issued_on, c.expires_on,
          coalesce(c.document_id::text, '') AS document_id, coalesce(c.document_number, 0) AS document_number,
          c.state, c.submitted_at, c.verified_on, c.decided_at, coalesce(u.name, '') AS decided_by, c.reason,
          c.name_matches, c.body_exists, c.number_checked, c.in_force, c.register_url, c.register_on
FROM      credential c
LEFT JOIN app_user u ON u.id = c.decided_by`

const ofAnnotator = credentialColumns + `
WHERE    c.annotator_id = @annotator
AND      c.organization_id = @organization
ORDER BY c.created_at DESC, c.id DESC`

const ofOrganization = credentialColumns + `
WHERE    c.organization_id = @organization
ORDER BY c.created_at DESC, c.id DESC`

const oneCredential = credentialColumns + `
WHERE c.id = @id`

func (s *Service) credentials(ctx context.Context, tx pgx.Tx, sql string, args pgx.NamedArgs) ([]Credential, error) {
	found, err := postgres.Many[credentialRow](ctx, tx, sql, args)
	if err != nil {
		return nil, fmt.Errorf("credentials: %w", err)
	}
	list := make([]Credential, len(found))
	for i, r := range found {
		if list[i], err = s.openCredential(r); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// credential returns one as far as the transaction's actor may see it.
func (s *Service) credential(ctx context.Context, tx pgx.Tx, key id.Credential) (Credential, error) {
	if _, ok := id.Parse[id.Credential](string(key)); !ok {
		return Credential{}, errs.New(errs.NotFound, noSuchCredential)
	}
	list, err := s.credentials(ctx, tx, oneCredential, pgx.NamedArgs{"id": key})
	if err != nil {
		return Credential{}, err
	}
	if len(list) == 0 {
		return Credential{}, errs.New(errs.NotFound, noSuchCredential)
	}
	return list[0], nil
}
