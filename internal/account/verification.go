package account

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

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
)

// Level is how far an organization is verified. Each of the first five
// includes the ones before it.
type Level string

// Levels. Expired is never given: it is what a level past its date reads as.
const (
	Unverified      Level = "unverified"
	EmailDomain     Level = "email_domain"     // an owner's address is of the organization's domain
	OrgDocuments    Level = "org_documents"    // a reviewer accepted papers on who it is
	RightsDocuments Level = "rights_documents" // and papers on its right to license data
	Verified        Level = "verified"         // may publish
	Suspended       Level = "suspended"        // a reviewer took it away until a question is settled
	Expired         Level = "expired"
)

// GrantableLevels are those that a decision on a request may give, the lowest
// first.
func GrantableLevels() []Level {
	return []Level{EmailDomain, OrgDocuments, RightsDocuments, Verified}
}

// Label says the level in words.
func (l Level) Label() string {
	switch l {
	case EmailDomain:
		return "E-mail domain confirmed"
	case OrgDocuments:
		return "Organization papers accepted"
	case RightsDocuments:
		return "Rights papers accepted"
	case Verified:
		return "Verified"
	case Suspended:
		return "Suspended"
	case Expired:
		return "Expired"
	}
	return "Not verified"
}

// Help says in a sentence what the level means.
func (l Level) Help() string {
	switch l {
	case EmailDomain:
		return "An owner’s confirmed address is of the organization’s domain. May not publish yet."
	case OrgDocuments:
		return "Papers show who the organization is. May not publish yet."
	case RightsDocuments:
		return "Papers show its right to license data, too. May not publish yet."
	case Verified:
		return "May publish data sets that passed their audit."
	case Suspended:
		return "May not publish until the question is settled."
	case Expired:
		return "May not publish until it is renewed. What is live stays live."
	}
	return "May describe and upload data sets, not publish them."
}

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
}

// LevelChange is a level that a reviewer gave, with the reason.
type LevelChange struct {
	Level     Level      `db:"level"`
	Reason    string     `db:"reason"`
	ExpiresAt *time.Time `db:"expires_at"`
	At        time.Time  `db:"decided_at"`
	By        string     `db:"decided_by"` // a name; empty for who may not see it
}

// Standing is the level that holds now and how it came to it.
type Standing struct {
	Level   Level
	Changes []LevelChange // newest first
}

const levelQuery = `SELECT organization_verification(@organization)`

const levelChanges = `
SELECT    v.level, v.reason, v.expires_at, v.decided_at, coalesce(u.name, '') AS decided_by
FROM      verification v
LEFT JOIN app_user u ON u.id = v.decided_by
WHERE     v.organization_id = @organization
ORDER BY  v.decided_at DESC, v.id DESC`

func readStanding(ctx context.Context, tx pgx.Tx, org id.Organization) (s Standing, err error) {
	args := pgx.NamedArgs{"organization": org}
	if err := tx.QueryRow(ctx, levelQuery, args).Scan(&s.Level); err != nil {
		return s, fmt.Errorf("verification: %w", err)
	}
	rows, err := tx.Query(ctx, levelChanges, args)
	if err != nil {
		return s, fmt.Errorf("verification: %w", err)
	}
	s.Changes, err = pgx.CollectRows(rows, pgx.RowToStructByName[LevelChange])
	return s, err
}

// Standing returns the verification of the actor's organization.
func (s *Service) Standing(ctx context.Context, a postgres.Actor) (standing Standing, err error) {
	err = s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if _, err := Require(ctx, tx, a, Role.CanRead); err != nil {
			return err
		}
		standing, err = readStanding(ctx, tx, a.Organization)
		return err
	})
	return standing, err
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
		return Request{}, postgres.NotFound(err, "There is no such request for verification.")
	}
	r.Documents, err = readDocuments(ctx, tx, r.ID)
	return r, err
}

// Request returns the latest request of the actor's organization, or
// errs.NotFound if it never made one.
func (s *Service) Request(ctx context.Context, a postgres.Actor) (r Request, err error) {
	err = s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if _, err := Require(ctx, tx, a, Role.CanManage); err != nil {
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
		if _, err := Require(ctx, tx, a, Role.CanManage); err != nil {
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
		case !isPlainLine(value):
			form.Add(field, "Use one line of plain text.")
		}
	}
	text := func(field, value string, most int) {
		switch {
		case utf8.RuneCountInString(value) > most:
			form.Addf(field, "Use at most %d characters.", most)
		case !isPlainLine(strings.NewReplacer("\r", " ", "\n", " ", "\t", " ").Replace(value)):
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
		form.Add("website", "Enter a web address, like https://example.org.")
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

// websiteDomain is the host of a web address without "www.", or "".
func websiteDomain(website string) string {
	u, err := url.Parse(website)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.User != nil || !strings.Contains(u.Hostname(), ".") || len(website) > 200 {
		return ""
	}
	return strings.TrimPrefix(strings.ToLower(u.Hostname()), "www.")
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
		if _, err := Require(ctx, tx, a, Role.CanManage); err != nil {
			return err
		}
		r, err := draft(ctx, tx, a)
		if err != nil {
			return err
		}
		if err := r.Missing(); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, submitRequest, pgx.NamedArgs{"id": r.ID, "organization": a.Organization, "user": a.User})
		if err != nil {
			return fmt.Errorf("verification request: %w", err)
		}
		return record(ctx, tx, a, a.Organization, "verification.submit", "verification_request", string(r.ID), nil)
	})
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
	if !r.has(PaperOrganization) {
		form.Add("file", "Attach a document that shows who the organization is.")
	}
	if !r.has(PaperRights) {
		form.Add("file", "Attach a document that shows its right to license data.")
	}
	return form.Err()
}

func (r Request) has(kind Paper) bool {
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
		if _, err := Require(ctx, tx, a, Role.CanManage); err != nil {
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
