package verification_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
	"assay/internal/postgres/postgrestest"
	"assay/internal/vault"
	"assay/internal/vault/vaulttest"
	"assay/internal/verification"
	"assay/internal/verification/verificationtest"
	"assay/migrations"
)

// older is a database as it was before papers moved into the vault, with four
// requests in it, and the object store that their papers lie in.
type older struct {
	t            *testing.T
	d            postgrestest.Database
	owner, super *pgx.Conn
}

// The organization and its people.
const (
	olderOrg      = "018f3a5e-0000-7000-8000-0000000000a0"
	olderOwner    = "018f3a5e-0000-7000-8000-0000000000a1"
	olderReviewer = "018f3a5e-0000-7000-8000-0000000000a2"
)

// olderPapers are the papers before: request and document are the ends of ids.
var olderPapers = []struct {
	request, document, state, kind, name, verdict string
	want                                          vault.Kind
}{
	{"b0", "c0", "granted", "organization", "extract.pdf", "accepted", vault.OrganizationRegister},
	{"b0", "c1", "granted", "rights", "contract Süd.pdf", "rejected", vault.AuthorizationToLicense},
	{"b1", "c2", "refused", "ethics", "irb.pdf", "open", vault.IRBApproval},
	{"b2", "c3", "withdrawn", "other", "letter.pdf", "open", vault.Other},
	{"b3", "c4", "submitted", "rights", "license.pdf", "open", vault.AuthorizationToLicense},
	{"b3", "c5", "submitted", "organization", "extract 2.pdf", "open", vault.OrganizationRegister},
}

func olderID(end string) string { return "018f3a5e-0000-7000-8000-0000000000" + end }

func olderBody(name string) string { return vaulttest.PDF + name }

func openOlder(t *testing.T) *older {
	t.Helper()
	o := &older{t: t, d: postgrestest.NewDatabase(t)}
	o.d.Close()
	if err := postgres.MigrateDown(o.d.OwnerURL); err != nil {
		t.Fatal(err)
	}
	connect := func(url string) *pgx.Conn {
		c, err := pgx.Connect(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close(context.Background()) })
		return c
	}
	o.owner, o.super = connect(o.d.OwnerURL), connect(o.d.SuperURL)
	o.migrate("up", func(name string) bool { return name < "000131" })
	o.run(o.super, "SET session_replication_role = replica")
	for i, user := range []string{olderOwner, olderReviewer} {
		o.run(o.super, `INSERT INTO app_user (id, name, email) VALUES ($1, 'Somebody', $2)`, user, []string{"ada@example.org", "rita@example.org"}[i])
	}
	o.run(o.super, `INSERT INTO organization (id, slug, name) VALUES ($1, 'north', 'North')`, olderOrg)
	o.run(o.super, `INSERT INTO membership (organization_id, user_id, role) VALUES ($1, $2, 'owner')`, olderOrg, olderOwner)
	for _, p := range olderPapers {
		o.run(o.super, `INSERT INTO verification_request (id, organization_id, state, legal_name, submitted_by, submitted_at, decided_by, decided_at, reason)
			VALUES ($1, $2, $3, 'North gGmbH', $4, now() - interval '9 days', $5, now() - interval '8 days', 'In order.') ON CONFLICT DO NOTHING`,
			olderID(p.request), olderOrg, p.state, olderOwner, olderReviewer)
		sum := sha256.Sum256([]byte(olderBody(p.name)))
		o.run(o.super, `INSERT INTO verification_document (id, organization_id, request_id, kind, name, media_type, size_bytes, sha256, blob_key, uploaded_by, verdict)
			VALUES ($1, $2, $3, $4, $5, 'application/pdf', $6, $7, $8, $9, $10)`,
			olderID(p.document), olderOrg, olderID(p.request), p.kind, p.name, len(olderBody(p.name)), hex.EncodeToString(sum[:]), "verification/"+p.document, olderOwner, p.verdict)
	}
	return o
}

func (o *older) run(c *pgx.Conn, sql string, args ...any) {
	o.t.Helper()
	if _, err := c.Exec(o.t.Context(), sql, args...); err != nil {
		o.t.Fatalf("%.80s: %v", sql, err)
	}
}

// migrate applies files of one direction whose names which says yes to.
func (o *older) migrate(direction string, which func(name string) bool) {
	o.t.Helper()
	names, err := fs.Glob(migrations.FS, "*."+direction+".sql")
	if err != nil {
		o.t.Fatal(err)
	}
	slices.Sort(names)
	if direction == "down" {
		slices.Reverse(names)
	}
	for _, name := range names {
		if !which(name) {
			continue
		}
		sql, err := migrations.FS.ReadFile(name)
		if err != nil {
			o.t.Fatal(err)
		}
		if _, err := o.owner.Exec(o.t.Context(), string(sql)); err != nil {
			o.t.Fatalf("%s: %v", name, err)
		}
	}
}

// documents are the rows before the vault, but for their ids, which a way down
// makes anew.
func (o *older) documents() (rows []string) {
	o.t.Helper()
	found, err := o.super.Query(o.t.Context(), `SELECT (to_jsonb(d) - 'id')::text FROM verification_document d ORDER BY sha256`)
	if err == nil {
		rows, err = pgx.CollectRows(found, pgx.RowTo[string])
	}
	if err != nil {
		o.t.Fatal(err)
	}
	return rows
}

// A database filled before: rows move into the vault, back and again, none lost
// or changed; then the features work on them and the sweep seals their bytes.
func TestPapersFromBeforeTheVaultMoveIntoIt(t *testing.T) {
	t.Parallel()
	o := openOlder(t)
	is131 := func(name string) bool { return strings.HasPrefix(name, "000131") }
	before := o.documents()
	if len(before) != len(olderPapers) {
		t.Fatalf("%d papers before, want %d", len(before), len(olderPapers))
	}
	o.migrate("up", is131)
	o.migrate("down", is131)
	if diff := cmp.Diff(before, o.documents()); diff != "" {
		t.Errorf("after up and down (-before +after):\n%s", diff)
	}
	o.run(o.super, `DELETE FROM vault_version`)
	o.run(o.super, `DELETE FROM vault_document`)
	o.migrate("up", func(name string) bool { return name >= "000131" })

	db, err := postgres.Open(t.Context(), o.d.AppURL)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	blobs := vaulttest.Blobs(t, t.TempDir())
	for _, p := range olderPapers {
		if _, err := blobs.Put(t.Context(), "verification/"+p.document, strings.NewReader(olderBody(p.name))); err != nil {
			t.Fatal(err)
		}
	}
	v := vault.New(db, blobs, []vault.Key{vaulttest.Key(t, 1)}, time.Now)
	s := verification.New(db, v, verificationtest.Deaf(), time.Now)
	owner := postgres.Actor{User: olderOwner, Organization: olderOrg}
	reviewer := postgres.Actor{User: olderReviewer, Platform: postgres.Reviewer}

	o.wantPapers("in clear", v, owner)
	if err := v.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	o.wantPapers("sealed", v, owner)
	c, err := s.Case(t.Context(), reviewer, id.Verification(olderID("b3")))
	if err != nil || len(c.Documents) != 2 {
		t.Fatalf("the request that waits has %d papers, %v, want 2", len(c.Documents), err)
	}
	decided, err := s.Case(t.Context(), reviewer, id.Verification(olderID("b0")))
	if err != nil || len(decided.Documents) != 2 {
		t.Errorf("the request that was granted has %d papers, %v, want 2", len(decided.Documents), err)
	}
	for _, doc := range decided.Documents {
		if err := v.Remove(t.Context(), owner, doc.Document, func(context.Context, pgx.Tx) error { return nil }); errs.KindOf(err) != errs.Conflict {
			t.Errorf("removing a paper that a decision names: %v, want Conflict", err)
		}
	}
	d := grant(c, verification.RightsDocuments, vault.OrganizationRegister, vault.AuthorizationToLicense)
	if err := s.Decide(t.Context(), reviewer, d); err != nil {
		t.Errorf("deciding on a request from before: %v", err)
	}
}

// wantPapers holds every paper against what it was, as its owner reads it.
func (o *older) wantPapers(when string, v *vault.Service, owner postgres.Actor) {
	o.t.Helper()
	list, err := v.List(o.t.Context(), owner, func(context.Context, pgx.Tx) error { return nil })
	if err != nil || len(list) != len(olderPapers) {
		o.t.Fatalf("%s: %d papers, %v, want %d", when, len(list), err, len(olderPapers))
	}
	for _, p := range olderPapers {
		i := slices.IndexFunc(list, func(d vault.Document) bool { return d.Title == p.name })
		if i < 0 {
			o.t.Errorf("%s: %s is gone", when, p.name)
			continue
		}
		got, body, err := v.Open(o.t.Context(), owner, list[i].Current().Ref(), func(context.Context, pgx.Tx, vault.Version) error { return nil })
		if err != nil || string(body) != olderBody(p.name) || got.Kind != p.want || got.Name != p.name {
			o.t.Errorf("%s: %s reads as %s %q (%d bytes), %v", when, p.name, got.Kind, got.Name, len(body), err)
		}
		if isHeld := got.HeldAt != nil; isHeld != (p.verdict != "open") {
			o.t.Errorf("%s: %s is held: %v", when, p.name, isHeld)
		}
		if isSealed := got.KeyID != ""; isSealed != (when == "sealed") {
			o.t.Errorf("%s: %s lies under the key %q", when, p.name, got.KeyID)
		}
	}
}
