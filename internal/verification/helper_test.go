package verification_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/account/accounttest"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
	"assay/internal/postgres/postgrestest"
	"assay/internal/vault"
	"assay/internal/vault/vaulttest"
	"assay/internal/verification"
	"assay/internal/verification/verificationtest"
)

const pdf = vaulttest.PDF

// The papers that a level needs.
const (
	org    = vault.OrganizationRegister
	rights = vault.AuthorizationToLicense
)

// desk is an organization that asks for verification and a reviewer.
type desk struct {
	db       postgrestest.Database
	s        *verification.Service
	vault    *vault.Service
	org      accounttest.Org
	reviewer postgres.Actor
	now      *time.Time
}

func newDesk(t *testing.T) desk { return newDeskWith(t, verificationtest.Deaf()) }

func newDeskWith(t *testing.T, look *verification.Looker) desk {
	t.Helper()
	db := postgrestest.NewDatabase(t)
	now := time.Now()
	clock := func() time.Time { return now }
	v := vault.New(db.DB, vaulttest.Blobs(t, t.TempDir()), []vault.Key{vaulttest.Key(t, 1)}, clock)
	return desk{db, verification.New(db.DB, v, look, clock), v, accounttest.Organization(t, db.DB), accounttest.Reviewer(t, db.DB), &now}
}

var identity = verification.Identity{
	LegalName: "Universitätsklinikum Beispielstadt AöR", Country: "DE", Registry: "Handelsregister Beispielstadt", RegistryNumber: "HRA 12345",
	PostalAddress: "Klinikstraße 1\n12345 Beispielstadt", Website: "https://www.example.org", ContactName: "Ada Lovelace",
	ContactRole: "Head of data", RightsBasis: "The hospital made the images itself.",
}

func (d desk) attach(t *testing.T, kind vault.Kind) id.Document {
	t.Helper()
	return d.attachUntil(t, kind, nil)
}

func (d desk) attachUntil(t *testing.T, kind vault.Kind, until *time.Time) id.Document {
	t.Helper()
	doc, err := d.s.Attach(t.Context(), d.org.Owner, verification.Paper{Kind: kind, Name: "paper.pdf", Content: strings.NewReader(pdf + string(kind)), ExpiresOn: until})
	if err != nil {
		t.Fatalf("Attach: %v", err)
	}
	return doc
}

// day is n days from the desk's today.
func (d desk) day(n int) *time.Time {
	at := d.now.UTC().Truncate(24*time.Hour).AddDate(0, 0, n)
	return &at
}

// submitted brings a whole request to the reviewers.
func (d desk) submitted(t *testing.T) verification.Case {
	t.Helper()
	if err := d.s.SaveIdentity(t.Context(), d.org.Owner, identity); err != nil {
		t.Fatalf("SaveIdentity: %v", err)
	}
	d.attach(t, org)
	d.attach(t, rights)
	return d.submit(t)
}

// submit hands the open request in.
func (d desk) submit(t *testing.T) verification.Case {
	t.Helper()
	if err := d.s.SubmitRequest(t.Context(), d.org.Owner); err != nil {
		t.Fatalf("SubmitRequest: %v", err)
	}
	queue, err := d.s.Queue(t.Context(), d.reviewer)
	if err != nil || len(queue) != 1 {
		t.Fatalf("Queue = %d, %v, want the one request", len(queue), err)
	}
	c, err := d.s.Case(t.Context(), d.reviewer, queue[0].ID)
	if err != nil {
		t.Fatalf("Case: %v", err)
	}
	return c
}

func grant(c verification.Case, level verification.Level, accepted ...vault.Kind) verification.Decision {
	d := verification.Decision{Request: c.ID, SubmittedAt: *c.SubmittedAt, Outcome: verification.RequestGranted, Level: level, ValidMonths: 12,
		Reason: "The papers are in order.", Checks: verificationtest.Checks(c)}
	for _, doc := range c.Documents {
		if slices.Contains(accepted, doc.Kind) {
			d.Accepted = append(d.Accepted, doc.Document)
		} else {
			d.Rejected = append(d.Rejected, doc.Document)
		}
	}
	return d
}

// returned asks for changes, with one reason about the request.
func returned(c verification.Case, gaps ...verification.Gap) verification.Decision {
	if len(gaps) == 0 {
		gaps = []verification.Gap{{Code: "number_missing", Place: "registry_number"}}
	}
	return verification.Decision{Request: c.ID, SubmittedAt: *c.SubmittedAt, Outcome: verification.RequestReturned, Reason: "The extract is of 2019.", Gaps: gaps}
}

func (d desk) level(t *testing.T) verification.Level {
	t.Helper()
	standing, err := d.s.Standing(t.Context(), d.org.Owner)
	if err != nil {
		t.Fatal(err)
	}
	return standing.Level
}

// told are the notices that wait for the organization, as text.
func (d desk) told(t *testing.T) (list []string) {
	t.Helper()
	c := d.connect(t)
	rows, err := c.Query(t.Context(), `SELECT kind || ': ' || subject || ' ' || array_to_string(lines, ' ') FROM notice_event WHERE organization_id = $1 ORDER BY created_at, id`, d.org.ID)
	if err != nil {
		t.Fatal(err)
	}
	list, err = pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func (d desk) connect(t *testing.T) *pgx.Conn {
	t.Helper()
	c, err := pgx.Connect(t.Context(), d.db.SuperURL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(context.Background()) })
	return c
}

// super changes what no role of ours may: times that lie in the past.
func (d desk) super(t *testing.T, sql string, args ...any) {
	t.Helper()
	c := d.connect(t)
	if _, err := c.Exec(t.Context(), "SET session_replication_role = replica"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Exec(t.Context(), sql, args...); err != nil {
		t.Fatal(err)
	}
}

func wantKind(t *testing.T, what string, err error, want errs.Kind) {
	t.Helper()
	if err == nil || errs.KindOf(err) != want {
		t.Errorf("%s: %v, want %v", what, err, want)
	}
}

// as runs a statement on behalf of an actor.
func (d desk) as(t *testing.T, a postgres.Actor, sql string, args ...any) error {
	t.Helper()
	return d.db.InTx(t.Context(), a, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), sql, args...)
		return err
	})
}

// count reads one number as somebody.
func (d desk) count(t *testing.T, a postgres.Actor, sql string) (n int) {
	t.Helper()
	err := d.db.DB.InTx(t.Context(), a, func(tx pgx.Tx) error { return tx.QueryRow(t.Context(), sql).Scan(&n) })
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// asTenant runs a statement as the organization's owner.
func (d desk) asTenant(t *testing.T, sql string) (n int64, err error) {
	t.Helper()
	err = d.db.DB.InTx(t.Context(), d.org.Owner, func(tx pgx.Tx) error {
		tag, err := tx.Exec(t.Context(), sql)
		n = tag.RowsAffected()
		return err
	})
	return n, err
}
