package sso_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/jackc/pgx/v5"

	"assay/internal/account"
	"assay/internal/account/accounttest"
	"assay/internal/account/sso"
	"assay/internal/account/sso/ssotest"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
)

// loses takes the proof of its domain from an organization, as a look at it does.
func (r *room) loses(org id.Organization) {
	r.Helper()
	r.super(`SELECT set_config('assay.platform', 'worker', false)`)
	r.super(`UPDATE domain_proof SET proved_at = NULL, method = '' WHERE organization_id = $1`, string(org))
}

func TestADomainThatWasLostLeadsToItsNextHolder(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	next := accounttest.Organization(t, r.DB).Owner
	r.super(`INSERT INTO domain_proof (organization_id, domain, token, method, proved_at) VALUES ($1, 'byron.example', repeat('b', 43), 'dns', now())`, string(next.Organization))
	if err := r.Save(t.Context(), next, sso.Settings{Issuer: r.issuer.URL, ClientID: ssotest.ClientID, Secret: ssotest.ClientSecret}); err != nil {
		t.Fatal(err)
	}
	if err := r.Enable(t.Context(), next); errs.KindOf(err) != errs.Conflict {
		t.Errorf("Enable while another organization signs in for the domain: %v, want Conflict", err)
	}
	r.loses(r.owner.Organization)
	if p, err := r.Of(t.Context(), r.owner); err != nil || p.EnabledAt != nil {
		t.Errorf("the sign-in of who lost the domain is on since %v, %v", p.EnabledAt, err)
	}
	if err := r.Enable(t.Context(), next); err != nil {
		t.Errorf("Enable by the next holder: %v", err)
	}
	if p, err := r.ForAddress(t.Context(), "ada@byron.example"); err != nil || p.Organization != next.Organization {
		t.Errorf("the domain leads to %s, %v; want %s", p.Organization, err, next.Organization)
	}
}

// What turns a sign-in off with its proof is not all that stands in the way.
func TestAProviderIsNotVisitedWithoutAProof(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	p, err := r.ForAddress(t.Context(), "ada@byron.example")
	if err != nil {
		t.Fatal(err)
	}
	r.super(`ALTER TABLE domain_proof DISABLE TRIGGER domain_proof_lost`)
	r.loses(r.owner.Organization)
	if _, err := r.ForAddress(t.Context(), "ada@byron.example"); errs.KindOf(err) != errs.NotFound {
		t.Errorf("ForAddress: %v, want NotFound", err)
	}
	if _, err := r.Begin(t.Context(), p, sso.Aim{}); errs.KindOf(err) != errs.Forbidden {
		t.Errorf("Begin: %v, want Forbidden", err)
	}
}

func TestASignInThatIsTurnedOnWhileItsProofIsLostIsOff(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	r.super(`SELECT set_config('assay.platform', 'worker', false)`)
	for range 20 {
		r.super(`UPDATE organization_oidc SET enabled_at = NULL`)
		r.super(`UPDATE domain_proof SET proved_at = now(), method = 'dns'`)
		on := make(chan error)
		go func() { on <- r.Enable(context.Background(), r.owner) }()
		r.loses(r.owner.Organization)
		if err := <-on; err != nil && errs.KindOf(err) != errs.Conflict {
			t.Fatal(err)
		}
		if p, err := r.Of(t.Context(), r.owner); err != nil || p.EnabledAt != nil {
			t.Fatalf("on since %v without a proof, %v", p.EnabledAt, err)
		}
	}
}

func TestAnotherIssuerOrClientNeedsItsSecret(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	before, err := r.Of(t.Context(), r.owner)
	if err != nil {
		t.Fatal(err)
	}
	for name, n := range map[string]sso.Settings{
		"another issuer": {Issuer: "https://login.other.example", ClientID: ssotest.ClientID},
		"another client": {Issuer: r.issuer.URL, ClientID: "other"},
	} {
		err := r.Save(t.Context(), r.owner, n)
		if list := errs.FieldsOf(err); len(list) != 1 || list[0].Field != "client_secret" {
			t.Errorf("Save with %s and no secret: %v, want a mistake in client_secret", name, err)
		}
	}
	after, err := r.Of(t.Context(), r.owner)
	if err != nil || after.Issuer != before.Issuer || after.EnabledAt == nil {
		t.Errorf("after the refusals: %+v, %v; want as before", after, err)
	}
	if err := r.Save(t.Context(), r.owner, sso.Settings{Issuer: r.issuer.URL, ClientID: ssotest.ClientID}); err != nil {
		t.Errorf("Save of the same without the secret: %v", err)
	}
}

// A save without a secret keeps the one that another key has sealed meanwhile.
func TestSavingWaitsForASecretThatIsSealedAnew(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	tx, err := r.conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	resealed := []byte("sealed by another key, thirty-two bytes or more")
	if _, err := tx.Exec(t.Context(), `UPDATE organization_oidc SET client_secret = $1`, resealed); err != nil {
		t.Fatal(err)
	}
	saved := make(chan error)
	go func() {
		saved <- r.Save(context.Background(), r.owner, sso.Settings{Issuer: r.issuer.URL, ClientID: ssotest.ClientID})
	}()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		var waits bool
		err := tx.QueryRow(t.Context(), `SELECT EXISTS (SELECT FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE NOT l.granted AND a.datname = current_database())`).Scan(&waits)
		if err != nil || time.Now().After(deadline) {
			t.Fatalf("Save does not wait for the row: %v", err)
		}
		if waits {
			break
		}
	}
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-saved; err != nil {
		t.Fatal(err)
	}
	if p, err := r.Of(t.Context(), r.owner); err != nil || string(p.Secret) != string(resealed) {
		t.Errorf("the secret is %q, %v; want the one that was sealed anew", p.Secret, err)
	}
}

// session begins a session of a member, by the organization's sign-in or not,
// and returns whether it goes on.
func (r *room) session(a postgres.Actor, within id.Organization) (goesOn func() bool) {
	r.Helper()
	store, token := account.NewSessionStore(r.DB), id.New[string]()
	values := map[string]any{account.SessionKeyUser: string(a.User), account.SessionKeyID: id.New[string](), account.SessionKeyWithin: string(within)}
	data, err := scs.GobCodec{}.Encode(time.Now().Add(time.Hour), values)
	if err != nil {
		r.Fatal(err)
	}
	if err := store.CommitCtx(context.Background(), token, data, time.Now().Add(time.Hour)); err != nil {
		r.Fatal(err)
	}
	return func() bool {
		_, found, err := store.FindCtx(context.Background(), token)
		if err != nil {
			r.Fatal(err)
		}
		return found
	}
}

func TestSessionsOfAProviderEndWithWhatTheyStandOn(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	r.connect(r.ada, "ada@byron.example")
	r.connect(r.owner, "owen@byron.example")
	began := map[string]func() bool{
		"Ada's by the provider":  r.session(r.ada, r.ada.Organization),
		"Ada's own":              r.session(r.ada, ""),
		"Owen's by the provider": r.session(r.owner, r.owner.Organization),
	}
	check := func(when string, want map[string]bool) {
		t.Helper()
		for name, goesOn := range began {
			if got := goesOn(); got != want[name] {
				t.Errorf("%s: %s session goes on: %v, want %v", when, name, got, want[name])
			}
		}
	}
	check("at first", map[string]bool{"Ada's by the provider": true, "Ada's own": true, "Owen's by the provider": true})
	if err := r.Unbind(t.Context(), r.ada); err != nil {
		t.Fatal(err)
	}
	check("once Ada is disconnected", map[string]bool{"Ada's own": true, "Owen's by the provider": true})
	if err := r.Save(t.Context(), r.owner, sso.Settings{Issuer: r.issuer.URL, ClientID: ssotest.ClientID}); err != nil {
		t.Fatal(err)
	}
	check("once the same was saved", map[string]bool{"Ada's own": true, "Owen's by the provider": true})
	if err := r.Disable(t.Context(), r.owner); err != nil {
		t.Fatal(err)
	}
	check("once the provider is off", map[string]bool{"Ada's own": true})
	if err := r.Enable(t.Context(), r.owner); err != nil {
		t.Fatal(err)
	}
	began = map[string]func() bool{"Owen's by the provider": r.session(r.owner, r.owner.Organization)}
	if err := r.Save(t.Context(), r.owner, sso.Settings{Issuer: r.issuer.URL, ClientID: ssotest.ClientID, Secret: "another"}); err != nil {
		t.Fatal(err)
	}
	check("once another secret waits to be tried", nil)
}

func TestAPersonIsToldOfConnectingAndDisconnecting(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	told := func(user id.User) (n int) {
		t.Helper()
		err := r.conn.QueryRow(t.Context(), `SELECT count(*) FROM notice_event WHERE kind = 'second_factor_changed' AND $1 = ANY (users)`, string(user)).Scan(&n)
		if err != nil && !errors.Is(err, pgx.ErrNoRows) {
			t.Fatal(err)
		}
		return n
	}
	r.connect(r.ada, "ada@byron.example")
	if n := told(r.ada.User); n != 1 {
		t.Errorf("told %d times of connecting, want once", n)
	}
	if err := r.Unbind(t.Context(), r.ada); err != nil {
		t.Fatal(err)
	}
	if n := told(r.ada.User); n != 2 {
		t.Errorf("told %d times of connecting and disconnecting, want twice", n)
	}
	grace := r.invite("grace@byron.example")
	try := r.begin(sso.Aim{Invitation: grace})
	user, err := r.Finish(t.Context(), try, r.visit(try, "grace@byron.example"))
	if err != nil {
		t.Fatal(err)
	}
	if n := told(user); n != 1 {
		t.Errorf("told %d times of connecting by an invitation, want once", n)
	}
}

// A browser that came in by the provider is known there, and not where a
// password is tried.
func TestABrowserIsKnownToTheSignInItCameBy(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	r.connect(r.ada, "ada@byron.example")
	told := func() (n int) {
		t.Helper()
		if err := r.conn.QueryRow(t.Context(), `SELECT count(*) FROM notice_event WHERE kind = 'new_sign_in'`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	enter := func(device string) string {
		t.Helper()
		in, err := r.accounts.SignInVouched(t.Context(), account.Vouched{User: r.ada.User, Organization: r.ada.Organization, Device: device})
		if err != nil {
			t.Fatal(err)
		}
		return in.Device
	}
	device := enter("")
	if enter(device); told() != 1 {
		t.Errorf("told %d times of two sign-ins by one browser, want once", told())
	}
	if err := r.accounts.SetApp(t.Context(), r.ada.User, accounttest.AppSecret); err != nil {
		t.Fatal(err)
	}
	own, err := r.accounts.SignInByCode(t.Context(), account.SecondStep{User: r.ada.User, Code: accounttest.NextCode(t, r.DB, r.ada.User), Device: device})
	if err != nil {
		t.Fatal(err)
	}
	if told() != 2 {
		t.Errorf("told %d times, want once more: a password is another way in", told())
	}
	r.super(`DELETE FROM second_factor`)
	if again := enter(own.Device); again != "" || told() != 2 {
		t.Errorf("a browser that is known for a password gets the value %q and its owner %d notices, want none and 2", again, told())
	}
}
