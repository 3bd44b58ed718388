package sso_test

import (
	"context"
	"net/netip"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/account"
	"assay/internal/account/accounttest"
	"assay/internal/account/sso"
	"assay/internal/account/sso/ssotest"
	"assay/internal/errs"
	"assay/internal/postgres"
	"assay/internal/postgres/postgrestest"
)

const site = "https://assay.test"

// room is an organization whose domain is proved and whose provider is on, with
// a member who is not connected yet.
type room struct {
	testing.TB
	postgrestest.Database
	*sso.Service
	issuer   *ssotest.Issuer
	accounts *account.Service
	owner    postgres.Actor
	ada      postgres.Actor
	conn     *pgx.Conn    // of a superuser
	ahead    atomic.Int64 // of the clock, in nanoseconds
}

func (r *room) super(sql string, args ...any) {
	r.Helper()
	if _, err := r.conn.Exec(context.Background(), sql, args...); err != nil {
		r.Fatalf("%s: %v", sql, err)
	}
}

// rename gives a user another address, which the program never does.
func (r *room) rename(a postgres.Actor, email string) {
	r.Helper()
	r.super(`ALTER TABLE app_user DISABLE TRIGGER app_user_erasure`)
	r.super(`UPDATE app_user SET email = $2 WHERE id = $1`, string(a.User), email)
	r.super(`ALTER TABLE app_user ENABLE TRIGGER app_user_erasure`)
}

func newRoom(t *testing.T) *room {
	t.Helper()
	r := &room{TB: t, Database: postgrestest.NewDatabase(t), issuer: ssotest.New(t, site+sso.CallbackPath)}
	var err error
	if r.conn, err = pgx.Connect(t.Context(), r.SuperURL); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.conn.Close(context.Background()) })
	r.Service, err = sso.New(r.DB, sso.Options{
		PublicURL: site, SecretKey: make([]byte, 32), Roots: ssotest.Roots(),
		Allow: func(a netip.AddrPort) bool { return a.Addr().IsLoopback() },
		Now:   func() time.Time { return time.Now().Add(time.Duration(r.ahead.Load())) },
	})
	if err != nil {
		t.Fatal(err)
	}
	r.accounts = account.New(r.DB, account.Options{PublicURL: site, SecretKey: make([]byte, 32)})
	org := accounttest.Organization(t, r.DB)
	r.owner, r.ada = org.Owner, accounttest.Member(t, r.DB, org.ID, account.Viewer)
	r.rename(r.ada, "ada@byron.example")
	r.rename(r.owner, "owen@byron.example")
	settings := sso.Settings{Issuer: r.issuer.URL, ClientID: ssotest.ClientID, Secret: ssotest.ClientSecret}
	if err := r.Save(t.Context(), r.owner, settings); errs.KindOf(err) != errs.Conflict {
		t.Fatalf("Save without a proved domain: %v, want Conflict", err)
	}
	r.super(`INSERT INTO domain_proof (organization_id, domain, token, method, proved_at) VALUES ($1, 'byron.example', repeat('a', 43), 'dns', now())`, string(org.ID))
	if err := r.Save(t.Context(), r.ada, settings); errs.KindOf(err) != errs.Forbidden {
		t.Fatalf("Save by a viewer: %v, want Forbidden", err)
	}
	if err := r.Save(t.Context(), r.owner, settings); err != nil {
		t.Fatal(err)
	}
	if err := r.Enable(t.Context(), r.owner); err != nil {
		t.Fatal(err)
	}
	return r
}

// begin begins a visit to the provider.
func (r *room) begin(aim sso.Aim) sso.Try {
	r.Helper()
	p, err := r.ForAddress(context.Background(), "whoever@BYRON.example")
	if err != nil {
		r.Fatal(err)
	}
	try, err := r.Begin(context.Background(), p, aim)
	if err != nil {
		r.Fatal(err)
	}
	return try
}

// visit is what a person does at the provider.
func (r *room) visit(try sso.Try, email string) url.Values {
	r.Helper()
	at, err := url.Parse(try.Address)
	if err != nil {
		r.Fatal(err)
	}
	return r.issuer.Grant(at.Query(), email)
}

// connect connects a member's account with the provider.
func (r *room) connect(a postgres.Actor, email string) {
	r.Helper()
	try := r.begin(sso.Aim{Binds: a.User})
	if _, err := r.Finish(context.Background(), try, r.visit(try, email)); err != nil {
		r.Fatal(err)
	}
}

// signIn signs in by the provider.
func (r *room) signIn(email string) error {
	try := r.begin(sso.Aim{})
	_, err := r.Finish(context.Background(), try, r.visit(try, email))
	return err
}

// requires makes the provider the only way in.
func (r *room) requires() {
	r.Helper()
	r.connect(r.ada, "ada@byron.example")
	if err := r.signIn("ada@byron.example"); err != nil {
		r.Fatal(err)
	}
	r.super(`INSERT INTO second_factor (user_id, secret) VALUES ($1, repeat('s', 40)::bytea) ON CONFLICT DO NOTHING`, string(r.owner.User))
	if err := r.Require(context.Background(), r.owner); err != nil {
		r.Fatal(err)
	}
}
