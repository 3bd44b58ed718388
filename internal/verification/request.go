package verification

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"golang.org/x/text/language"

	"assay/internal/account"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
	"assay/internal/vault"
)

// RequestState is where a request for verification stands.
type RequestState string

// States of a request. A draft or a returned one is the organization's to
// change, a submitted one waits for a reviewer, the others are over.
const (
	RequestDraft     RequestState = "draft"
	RequestSubmitted RequestState = "submitted"
	RequestReturned  RequestState = "returned"
	RequestGranted   RequestState = "granted"
	RequestRefused   RequestState = "refused"
	RequestWithdrawn RequestState = "withdrawn"
)

// IsOpen reports whether the organization may still change the request.
func (s RequestState) IsOpen() bool { return s == RequestDraft || s == RequestReturned }

// Identity is who an organization says it is.
type Identity struct {
	LegalName      string `db:"legal_name"`
	Country        string `db:"country"` // ISO 3166-1 alpha-2
	Registry       string `db:"registry"`
	RegistryNumber string `db:"registry_number"`
	PostalAddress  string `db:"postal_address"`
	Website        string `db:"website"`
	ContactName    string `db:"contact_name"`
	ContactRole    string `db:"contact_role"`
	RightsBasis    string `db:"rights_basis"` // why it may license medical data
}

// Request is a request for verification with its documents.
type Request struct {
	ID               id.Verification `db:"id"`
	Organization     id.Organization `db:"organization_id"`
	OrganizationName string          `db:"organization_name"`
	State            RequestState    `db:"state"`
	Identity
	SubmittedAt *time.Time `db:"submitted_at"`
	DecidedAt   *time.Time `db:"decided_at"`
	Reason      string     `db:"reason"` // of the decision
	Documents   []Document `db:"-"`
	Gaps        []Gap      `db:"-"` // what a returned request is to mend
}

const requestColumns = `
SELECT r.id, r.organization_id, o.name AS organization_name, r.state, r.legal_name, r.country, r.registry,
       r.registry_number, r.postal_address, r.website, r.contact_name, r.contact_role, r.rights_basis,
       r.submitted_at, r.decided_at, r.reason
FROM   verification_request r
JOIN   organization o ON o.id = r.organization_id`

const latestRequest = requestColumns + `
WHERE    r.organization_id = @organization
ORDER BY r.created_at DESC, r.id DESC
LIMIT    1`

const openRequest = requestColumns + `
WHERE r.organization_id = @organization
AND   r.state IN ('draft', 'returned')
FOR   UPDATE OF r`

func readRequest(ctx context.Context, tx pgx.Tx, sql string, args pgx.NamedArgs) (Request, error) {
	rows, err := tx.Query(ctx, sql, args)
	if err != nil {
		return Request{}, fmt.Errorf("verification request: %w", err)
	}
	r, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Request])
	if err != nil {
		return Request{}, postgres.NotFound(err, noSuchRequest)
	}
	if r.Documents, err = readDocuments(ctx, tx, r.ID); err != nil {
		return r, err
	}
	r.Gaps, err = readGaps(ctx, tx, r.ID)
	return r, err
}

// Request returns the latest request of the actor's organization, or
// errs.NotFound if it never made one.
func (s *Service) Request(ctx context.Context, a postgres.Actor) (r Request, err error) {
	err = s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if _, err := account.Require(ctx, tx, a, account.Role.CanManage); err != nil {
			return err
		}
		r, err = readRequest(ctx, tx, latestRequest, pgx.NamedArgs{"organization": a.Organization})
		return err
	})
	return r, err
}

// A new request begins with the answers of the one before it.
const insertRequest = `
INSERT INTO verification_request (id, organization_id, legal_name, country, registry, registry_number,
            postal_address, website, contact_name, contact_role, rights_basis)
SELECT    @id, @organization, coalesce(l.legal_name, ''), coalesce(l.country, ''), coalesce(l.registry, ''),
          coalesce(l.registry_number, ''), coalesce(l.postal_address, ''), coalesce(l.website, ''),
          coalesce(l.contact_name, ''), coalesce(l.contact_role, ''), coalesce(l.rights_basis, '')
FROM      (SELECT 1) one
LEFT JOIN LATERAL (SELECT   *
                   FROM     verification_request
                   WHERE    organization_id = @organization
                   ORDER BY created_at DESC, id DESC
                   LIMIT    1) l ON true`

// Papers that a decision did not refuse are named again, in the newest version
// of each.
const takeDocumentsOver = `
INSERT INTO verification_document (request_id, organization_id, document_id, number, kind)
SELECT @id, p.organization_id, p.document_id, (SELECT max(v.number) FROM vault_version v WHERE v.document_id = p.document_id), p.kind
FROM   verification_document p
WHERE  p.organization_id = @organization
AND    p.verdict <> 'rejected'
AND    p.request_id = (SELECT   r.id
                       FROM     verification_request r
                       WHERE    r.organization_id = @organization
                       AND      r.id <> @id
                       ORDER BY r.created_at DESC, r.id DESC
                       LIMIT    1)`

// draft returns the request that the organization may change, a new one if
// there is none. While one waits for a reviewer it is errs.Conflict.
func draft(ctx context.Context, tx pgx.Tx, a postgres.Actor) (Request, error) {
	args := pgx.NamedArgs{"organization": a.Organization, "id": id.New[id.Verification]()}
	r, err := readRequest(ctx, tx, openRequest, args)
	if errs.KindOf(err) != errs.NotFound {
		return r, err
	}
	if _, err := tx.Exec(ctx, insertRequest, args); err != nil {
		if postgres.IsUnique(err, "verification_request_open") {
			return Request{}, errs.New(errs.Conflict, "Your request waits for a reviewer. Withdraw it to change it.")
		}
		return Request{}, fmt.Errorf("verification request: %w", err)
	}
	if _, err := tx.Exec(ctx, takeDocumentsOver, args); err != nil {
		return Request{}, fmt.Errorf("verification request: %w", err)
	}
	return readRequest(ctx, tx, openRequest, args)
}

const saveIdentity = `
UPDATE verification_request
SET    legal_name = @legal_name, country = @country, registry = @registry, registry_number = @registry_number,
       postal_address = @postal_address, website = @website, contact_name = @contact_name,
       contact_role = @contact_role, rights_basis = @rights_basis
WHERE  id = @id
AND    organization_id = @organization`

// SaveIdentity keeps who the organization says it is; empty answers may
// follow later. What is there must be well formed (errs.Invalid by field).
func (s *Service) SaveIdentity(ctx context.Context, a postgres.Actor, in Identity) error {
	in = in.trimmed()
	if err := in.check(); err != nil {
		return err
	}
	return s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if _, err := account.Require(ctx, tx, a, account.Role.CanManage); err != nil {
			return err
		}
		r, err := draft(ctx, tx, a)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, saveIdentity, pgx.NamedArgs{
			"id": r.ID, "organization": a.Organization,
			"legal_name": in.LegalName, "country": in.Country, "registry": in.Registry, "registry_number": in.RegistryNumber,
			"postal_address": in.PostalAddress, "website": in.Website, "contact_name": in.ContactName,
			"contact_role": in.ContactRole, "rights_basis": in.RightsBasis,
		})
		if err != nil {
			return fmt.Errorf("verification request: %w", err)
		}
		if err := setDomain(ctx, tx, a, websiteDomain(in.Website)); err != nil {
			return err
		}
		return record(ctx, tx, a, a.Organization, "verification.describe", "verification_request", string(r.ID), nil)
	})
}

func (in Identity) trimmed() Identity {
	for _, field := range []*string{&in.LegalName, &in.Country, &in.Registry, &in.RegistryNumber, &in.PostalAddress,
		&in.Website, &in.ContactName, &in.ContactRole, &in.RightsBasis} {
		*field = strings.TrimSpace(*field)
	}
	return in
}

// check returns what is not well formed among the answers that are there.
func (in Identity) check() error {
	var form errs.Fields
	line := func(field, value string) {
		switch {
		case utf8.RuneCountInString(value) > 200:
			form.Add(field, "Use at most 200 characters.")
		case !errs.IsPlainLine(value):
			form.Add(field, "Use one line of plain text.")
		}
	}
	text := func(field, value string, most int) {
		switch {
		case utf8.RuneCountInString(value) > most:
			form.Addf(field, "Use at most %d characters.", most)
		case !errs.IsPlainLine(strings.NewReplacer("\r", " ", "\n", " ", "\t", " ").Replace(value)):
			form.Add(field, "Use plain text.")
		}
	}
	line("legal_name", in.LegalName)
	if in.Country != "" && !isCountry(in.Country) {
		form.Add("country", "Choose a country.")
	}
	line("registry", in.Registry)
	line("registry_number", in.RegistryNumber)
	text("postal_address", in.PostalAddress, 1000)
	if in.Website != "" && websiteDomain(in.Website) == "" {
		form.Add("website", "Enter the web address of a domain that is yours, like https://example.org. No IP address, and none that is only inside a network.")
	}
	line("contact_name", in.ContactName)
	line("contact_role", in.ContactRole)
	text("rights_basis", in.RightsBasis, 4000)
	return form.Err()
}

func isCountry(code string) bool {
	region, err := language.ParseRegion(code)
	return err == nil && len(code) == 2 && region.IsCountry() && region.String() == code
}

// websiteDomain is the domain of a web address without "www.", as DNS has it, or
// "" for one that no organization proves.
func websiteDomain(website string) string {
	u, err := url.Parse(website)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.User != nil || len(website) > 200 {
		return ""
	}
	return domainName(strings.TrimPrefix(strings.ToLower(u.Hostname()), "www."))
}

const submitRequest = `
UPDATE verification_request
SET    state = 'submitted', submitted_at = now(), submitted_by = @user
WHERE  id = @id
AND    organization_id = @organization`

// SubmitRequest hands the open request to the reviewers. What is missing is
// errs.Invalid by field.
func (s *Service) SubmitRequest(ctx context.Context, a postgres.Actor) error {
	return s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if _, err := account.Require(ctx, tx, a, account.Role.CanManage); err != nil {
			return err
		}
		r, err := draft(ctx, tx, a)
		if err != nil {
			return err
		}
		if err := r.Missing(); err != nil {
			return err
		}
		if err := s.refuseExpired(r); err != nil {
			return err
		}
		if err := handIn(ctx, tx, a, r); err != nil {
			return err
		}
		if err := callReviewers(ctx, tx, r); err != nil {
			return err
		}
		return record(ctx, tx, a, a.Organization, "verification.submit", "verification_request", string(r.ID), nil)
	})
}

// refuseExpired lets no paper be handed in whose last day is over.
func (s *Service) refuseExpired(r Request) error {
	var form errs.Fields
	for _, d := range r.Documents {
		if d.HasExpired(s.now()) {
			form.Addf("file", "“%s” has ended. Replace it with one that holds.", d.Title)
		}
	}
	return form.Err()
}

// handIn gives the request, its papers and the people who sign to the
// reviewers, and asks for a look at the domain.
func handIn(ctx context.Context, tx pgx.Tx, a postgres.Actor, r Request) error {
	args := pgx.NamedArgs{"id": r.ID, "organization": a.Organization, "user": a.User}
	if _, err := tx.Exec(ctx, submitRequest, args); err != nil {
		return fmt.Errorf("verification request: %w", err)
	}
	signers, err := readSigners(ctx, tx, a.Organization)
	if err != nil {
		return err
	}
	refs := refsOf(r.Documents)
	for _, p := range signers {
		refs = append(refs, p.Ref())
	}
	if err := vault.Submit(ctx, tx, a.Organization, refs); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, submitSigners, args); err != nil {
		return fmt.Errorf("signers: %w", err)
	}
	return askForCheck(ctx, tx, a.Organization)
}

// Missing returns what a reviewer needs and the request does not say, as
// errs.Invalid by field ("file" for papers); nil if it can be submitted.
func (r Request) Missing() error {
	var form errs.Fields
	need := func(field, value, message string) {
		if value == "" {
			form.Add(field, message)
		}
	}
	need("legal_name", r.LegalName, "Enter the legal name.")
	need("country", r.Country, "Choose the country.")
	need("registry_number", r.RegistryNumber, "Enter the number in the register, or “none” with the reason.")
	need("postal_address", r.PostalAddress, "Enter the postal address.")
	need("website", r.Website, "Enter the web address.")
	need("contact_name", r.ContactName, "Enter who answers for the organization.")
	need("contact_role", r.ContactRole, "Enter that person’s position.")
	need("rights_basis", r.RightsBasis, "Say why the organization may license medical data.")
	if !r.has(vault.OrganizationRegister) {
		form.Add("file", "Attach a document that shows who the organization is.")
	}
	if !r.has(vault.AuthorizationToLicense) {
		form.Add("file", "Attach the authorization to license the data.")
	}
	return form.Err()
}

func (r Request) has(kind vault.Kind) bool {
	for _, d := range r.Documents {
		if d.Kind == kind {
			return true
		}
	}
	return false
}

const withdrawRequest = `
UPDATE verification_request
SET    state = 'withdrawn'
WHERE  organization_id = @organization
AND    state IN ('draft', 'returned', 'submitted')
RETURNING id`

// WithdrawRequest takes the request back; a new one may follow.
func (s *Service) WithdrawRequest(ctx context.Context, a postgres.Actor) error {
	return s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if _, err := account.Require(ctx, tx, a, account.Role.CanManage); err != nil {
			return err
		}
		var request id.Verification
		err := tx.QueryRow(ctx, withdrawRequest, pgx.NamedArgs{"organization": a.Organization}).Scan(&request)
		if errors.Is(err, pgx.ErrNoRows) {
			return errs.New(errs.Conflict, "There is no open request to withdraw.")
		}
		if err != nil {
			return fmt.Errorf("verification request: %w", err)
		}
		return record(ctx, tx, a, a.Organization, "verification.withdraw", "verification_request", string(request), nil)
	})
}
