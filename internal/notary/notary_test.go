package notary_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/account/accounttest"
	"assay/internal/audit/certificate"
	"assay/internal/catalog"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/listing"
	"assay/internal/listing/listingtest"
	"assay/internal/notary"
	"assay/internal/postgres"
	"assay/internal/postgres/postgrestest"
)

const issuer = "https://assay.example"

func privateKey(n byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{n}, ed25519.SeedSize))
}

// desk is a notary and a service that certifies by it.
type desk struct {
	db       *postgres.DB
	notary   *notary.Service
	listings *listing.Service
	seller   accounttest.Org
	reviewer postgres.Actor
}

func newDesk(t *testing.T, key byte) desk {
	t.Helper()
	db := postgrestest.New(t)
	d := desk{db: db, seller: accounttest.Seller(t, db), reviewer: accounttest.Reviewer(t, db)}
	return d.with(t, key)
}

// with is the desk of a process with another key; 0 is none.
func (d desk) with(t *testing.T, key byte) desk {
	t.Helper()
	d.notary = notary.New(d.db, nil, issuer)
	if key != 0 {
		d.notary = notary.New(d.db, privateKey(key), issuer)
	}
	if err := d.notary.Begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.listings = listing.New(d.db, catalog.Publisher{}, time.Now).Certifying(d.notary)
	return d
}

// live publishes a version through the certifying service.
func (d desk) live(t *testing.T) listing.Dossier {
	t.Helper()
	v := listingtest.Version(t, d.db, d.seller, listing.Approved)
	if err := d.listings.Publish(t.Context(), d.seller.Owner, v.Version.ID); err != nil {
		t.Fatal(err)
	}
	return v
}

// file is the certificate that the public sees of a listing; empty if none.
func (d desk) file(t *testing.T, v listing.Dossier) string {
	t.Helper()
	e, err := catalog.NewStore(d.db).Get(t.Context(), v.Listing.Slug)
	if err != nil {
		t.Fatal(err)
	}
	if e.State != catalog.Live {
		return ""
	}
	return e.Detail.Certificate
}

// keys are those that are served now.
func (d desk) keys(t *testing.T) certificate.Keys {
	t.Helper()
	served, err := d.notary.KeysFile(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	keys, err := certificate.ParseKeys(served)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// verified is what somebody believes who trusts the keys served now.
func (d desk) verified(t *testing.T, file string) certificate.Certificate {
	t.Helper()
	c, err := certificate.Verify([]byte(file), d.keys(t))
	if err != nil {
		t.Fatalf("the certificate does not verify by the keys that are served: %v", err)
	}
	return c
}

// revoked is the list that is served.
func (d desk) revoked(t *testing.T) certificate.Revocations {
	t.Helper()
	if err := d.notary.PublishRevocations(t.Context()); err != nil {
		t.Fatal(err)
	}
	served, err := d.notary.RevocationsFile(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r, err := certificate.VerifyRevocations(served, d.keys(t), issuer)
	if err != nil {
		t.Fatalf("the list does not verify: %v", err)
	}
	return r
}

func TestACertificateIsThereAsSoonAsTheVersionIsLive(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 1)
	v := d.live(t)
	c := d.verified(t, d.file(t, v))
	live, err := d.listings.Version(t.Context(), d.seller.Owner, v.Version.ID)
	if err != nil {
		t.Fatal(err)
	}
	if c.RootDigest != live.Version.RootDigest || c.ClaimsDigest != live.Report.ClaimsDigest || c.Listing != live.Listing.Slug ||
		c.Version != 1 || c.Files != 2 || c.Bytes != 4108 || c.Verdict != "passed" || c.Issuer != issuer {
		t.Errorf("the certificate says %+v", c)
	}
	if n := len(d.revoked(t).Entries); n != 0 {
		t.Errorf("%d certificates are taken back", n)
	}
}

func TestTakingAVersionDownTakesItsCertificateBack(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 1)
	v := d.live(t)
	first := d.verified(t, d.file(t, v))
	if err := d.listings.Suspend(t.Context(), d.reviewer, v.Version.ID, "A reader found a name."); err != nil {
		t.Fatal(err)
	}
	if file := d.file(t, v); file != "" {
		t.Error("a suspended listing still shows a certificate")
	}
	list := d.revoked(t)
	if e, ok := list.Find(first.ID); !ok || e.Reason != certificate.Suspended {
		t.Errorf("after suspension the list holds %+v", list.Entries)
	}

	if err := d.listings.Restore(t.Context(), d.reviewer, v.Version.ID); err != nil {
		t.Fatal(err)
	}
	second := d.verified(t, d.file(t, v))
	if second.ID == first.ID || second.RootDigest != first.RootDigest {
		t.Errorf("restored, the certificate is %s about %s; before %s about %s", second.ID, second.RootDigest, first.ID, first.RootDigest)
	}
	if err := d.listings.Withdraw(t.Context(), d.seller.Owner, v.Version.ID, "We sold the rights."); err != nil {
		t.Fatal(err)
	}
	after := d.revoked(t)
	if e, ok := after.Find(second.ID); !ok || e.Reason != certificate.Withdrawn || len(after.Entries) != 2 || after.Serial <= list.Serial {
		t.Errorf("after withdrawal list %d holds %+v; before it was list %d", after.Serial, after.Entries, list.Serial)
	}
}

func TestANewerVersionLeavesTheOlderCertificateValid(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 1)
	v := d.live(t)
	first := d.verified(t, d.file(t, v))
	next := listingtest.Advance(t, d.db, d.seller, listing.Description{Listing: v.Listing}, listing.Approved)
	if err := d.listings.Publish(t.Context(), d.seller.Owner, next.Version.ID); err != nil {
		t.Fatal(err)
	}
	second := d.verified(t, d.file(t, v))
	if second.Version != 2 || second.ID == first.ID {
		t.Errorf("the listing shows certificate %s of version %d", second.ID, second.Version)
	}
	if n := len(d.revoked(t).Entries); n != 0 {
		t.Errorf("%d certificates are taken back because a version was superseded", n)
	}
}

func TestTheSweepIssuesWhatAProcessWithoutTheKeyLeftOut(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 0)
	v := d.live(t)
	if file := d.file(t, v); file != "" {
		t.Fatal("a process without a key issued a certificate")
	}
	if missing, err := d.notary.Missing(t.Context()); err != nil || len(missing) != 0 {
		t.Errorf("without a key Missing = %v, %v; want nothing to do", missing, err)
	}
	worker := d.with(t, 1)
	for range 2 { // again: nothing more
		missing, err := worker.notary.Missing(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		for range 4 { // several workers at once
			for _, m := range missing {
				all.Go(func() {
					if err := worker.listings.ShowAgain(context.Background(), postgres.Actor{Platform: postgres.Worker}, m); err != nil {
						t.Error(err)
					}
				})
			}
		}
		all.Wait()
	}
	if c := worker.verified(t, worker.file(t, v)); c.Version != 1 {
		t.Errorf("the sweep issued %+v", c)
	}
	if n := d.count(t); n != 1 {
		t.Errorf("%d certificates for one version", n)
	}
}

func (d desk) count(t *testing.T) (n int) {
	t.Helper()
	err := d.db.InTx(t.Context(), postgres.Actor{Platform: postgres.Worker}, func(tx pgx.Tx) error {
		return tx.QueryRow(t.Context(), `SELECT count(*) FROM audit_certificate`).Scan(&n)
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestAReplacedKeyVerifiesWhatItSignedAndSignsNoMore(t *testing.T) {
	t.Parallel()
	old := newDesk(t, 1)
	before := old.live(t)
	now := old.with(t, 2)

	old.verified(t, old.file(t, before))
	after := old.live(t) // by a process that still has the old key
	if file := old.file(t, after); file != "" {
		t.Error("a replaced key signed")
	}
	if err := now.listings.ShowAgain(t.Context(), postgres.Actor{Platform: postgres.Worker}, after.Version.ID); err != nil {
		t.Fatal(err)
	}
	if c := now.verified(t, now.file(t, after)); c.KeyID != certificate.KeyID(privateKey(2).Public().(ed25519.PublicKey)) {
		t.Error("the new key did not sign")
	}
	if err := old.notary.Begin(t.Context()); err == nil || !strings.Contains(err.Error(), "never signs again") {
		t.Errorf("a process that starts with a replaced key: %v", err)
	}
	if err := now.notary.Begin(t.Context()); err != nil {
		t.Errorf("a process that starts again with the current key: %v", err)
	}
}

func TestAKeyThatIsTakenBackTakesItsCertificatesWithIt(t *testing.T) {
	t.Parallel()
	old := newDesk(t, 1)
	v := old.live(t)
	leaked := old.file(t, v)
	first := old.verified(t, leaked)
	now := old.with(t, 2)
	n, err := now.notary.RevokeKey(t.Context(), first.KeyID)
	if err != nil || n != 1 {
		t.Fatalf("RevokeKey = %d, %v; want 1 certificate", n, err)
	}
	if _, err := certificate.Verify([]byte(leaked), now.keys(t)); !errors.Is(err, certificate.ErrKeyRevoked) {
		t.Error("a certificate by a key that was taken back verifies")
	}
	if e, ok := now.revoked(t).Find(first.ID); !ok || e.Reason != certificate.KeyRevoked {
		t.Error("the certificate is not on the list")
	}
	missing, err := now.notary.Missing(t.Context())
	if err != nil || len(missing) != 1 {
		t.Fatalf("Missing = %v, %v; want the one version", missing, err)
	}
	if err := now.listings.ShowAgain(t.Context(), postgres.Actor{Platform: postgres.Worker}, missing[0]); err != nil {
		t.Fatal(err)
	}
	now.verified(t, now.file(t, v))
	if _, err := now.notary.RevokeKey(t.Context(), "none"); errs.KindOf(err) != errs.NotFound {
		t.Errorf("RevokeKey of no key: %v", err)
	}
}

func TestAListIsSignedAnewOnlyWhenThereIsSomethingToSay(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 1)
	first := d.revoked(t)
	if again := d.revoked(t); again.Serial != first.Serial {
		t.Errorf("an unchanged list went from %d to %d", first.Serial, again.Serial)
	}
	if now := d.with(t, 2).revoked(t); now.Serial <= first.Serial || now.KeyID == first.KeyID {
		t.Errorf("after a new key the list is %d by %s", now.Serial, now.KeyID)
	}
	if _, err := newDesk(t, 0).notary.RevocationsFile(t.Context()); errs.KindOf(err) != errs.NotFound {
		t.Errorf("where nothing was signed: %v, want errs.NotFound", err)
	}
}

// What the database refuses, whoever asks through the app's role.
func TestCertificatesCannotBeForgedOrChangedInTheDatabase(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 1)
	v := d.live(t)
	flagged := listingtest.Version(t, d.db, d.seller, listing.Passed)
	worker := postgres.Actor{Platform: postgres.Worker}
	stranger := accounttest.Organization(t, d.db).Owner
	args := pgx.NamedArgs{"id": id.New[string](), "organization": d.seller.ID, "live": v.Version.ID, "passed": flagged.Version.ID, "report": flagged.Report.ID,
		"root": flagged.Version.RootDigest, "key": certificate.KeyID(privateKey(1).Public().(ed25519.PublicKey))}
	for _, tt := range []struct {
		name  string
		actor postgres.Actor
		sql   string
	}{
		{"for a version that is not live", d.seller.Owner, `INSERT INTO audit_certificate (id, organization_id, version_id, report_id, root_digest, key_id, file, issued_at)
			VALUES (@id, @organization, @passed, @report, @root, @key, 'x', now())`},
		{"the file changes", worker, `UPDATE audit_certificate SET file = 'x'`},
		{"taken back though the version is live", d.seller.Owner, `UPDATE audit_certificate SET revoked_at = now(), revoked_reason = 'withdrawn' WHERE organization_id = @organization`},
		{"taken back for a key that is in use", worker, `UPDATE audit_certificate SET revoked_at = now(), revoked_reason = 'key_revoked'`},
		{"deleted", worker, `DELETE FROM audit_certificate`},
		{"a key by a seller", d.seller.Owner, `INSERT INTO certificate_key (key_id, public_key) VALUES (encode(sha256(decode(repeat('00', 32), 'hex')), 'hex'), decode(repeat('00', 32), 'hex'))`},
		{"a key under another's id", worker, `INSERT INTO certificate_key (key_id, public_key, valid_until) VALUES (repeat('a', 64), decode(repeat('00', 32), 'hex'), now())`},
		{"a second current key", worker, `INSERT INTO certificate_key (key_id, public_key) VALUES (encode(sha256(decode(repeat('00', 32), 'hex')), 'hex'), decode(repeat('00', 32), 'hex'))`},
		{"an older list of revocations", worker, `UPDATE revocation_list SET serial = serial`},
		{"a list by a seller", d.seller.Owner, `INSERT INTO revocation_list (id, serial, key_id, entries, file, issued_at, next_update) VALUES (1, 9, @key, 0, 'x', now(), now() + interval '1 day')`},
	} {
		if err := d.db.InTx(t.Context(), tt.actor, func(tx pgx.Tx) error { _, err := tx.Exec(t.Context(), tt.sql, args); return err }); err == nil {
			t.Errorf("%s: the database let it pass", tt.name)
		}
	}
	for name, a := range map[string]postgres.Actor{"a stranger": stranger, "the public": {}} {
		n := -1
		err := d.db.InTx(t.Context(), a, func(tx pgx.Tx) error {
			return tx.QueryRow(t.Context(), `SELECT count(*) FROM audit_certificate`).Scan(&n)
		})
		if err != nil || n != 0 {
			t.Errorf("%s sees %d rows of certificates: %v", name, n, err)
		}
	}
	// A list of a seller changes nothing by an update that sees no row.
	before := d.revoked(t).Serial
	d.db.InTx(t.Context(), d.seller.Owner, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), `UPDATE revocation_list SET serial = serial + 100, file = 'x'`)
		return err
	})
	if after := d.revoked(t).Serial; after != before {
		t.Errorf("a seller moved the list from %d to %d", before, after)
	}
}
