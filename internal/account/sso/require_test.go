package sso_test

import (
	"context"
	"testing"
	"time"

	"assay/internal/account"
	"assay/internal/account/accounttest"
	"assay/internal/account/sso"
	"assay/internal/account/sso/ssotest"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
)

// reaches reports whether a session that began by the means reaches the
// organization.
func (r *room) reaches(a postgres.Actor, by account.Means) bool {
	r.Helper()
	v, err := r.accounts.VisitorBy(context.Background(), a.User, a.Organization, by)
	if err != nil {
		r.Fatal(err)
	}
	return v.Organization == a.Organization
}

func TestMembersComeInByTheProviderAloneOnceItIsAskedFor(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	second := accounttest.Member(t, r.DB, r.owner.Organization, account.Owner)
	password, passkey := account.Means{}, account.Means{Factor: account.ByPasskeyOnly}
	provider := account.Means{Organization: r.owner.Organization}

	if err := r.Require(t.Context(), r.owner); errs.KindOf(err) != errs.Conflict {
		t.Errorf("Require by an owner without a way back: %v, want Conflict", err)
	}
	r.super(`INSERT INTO second_factor (user_id, secret) VALUES ($1, repeat('s', 40)::bytea)`, string(r.owner.User))
	if err := r.Require(t.Context(), r.owner); errs.KindOf(err) != errs.Conflict {
		t.Errorf("Require before anybody has come in by the provider: %v, want Conflict", err)
	}
	r.connect(r.ada, "ada@byron.example")
	if err := r.Require(t.Context(), r.owner); errs.KindOf(err) != errs.Conflict {
		t.Errorf("Require after an account was connected and not used: %v, want Conflict", err)
	}
	if err := r.signIn("ada@byron.example"); err != nil {
		t.Fatal(err)
	}
	if err := r.Require(t.Context(), r.ada); errs.KindOf(err) != errs.Forbidden {
		t.Errorf("Require by a viewer: %v, want Forbidden", err)
	}
	if !r.reaches(r.ada, password) {
		t.Fatal("a password does not reach the organization although nothing is asked for")
	}
	if err := r.Require(t.Context(), r.owner); err != nil {
		t.Fatal(err)
	}

	check := func(when string, want map[string]bool) {
		t.Helper()
		for name, got := range map[string]bool{
			"a member by password":                           r.reaches(r.ada, password),
			"a member by passkey":                            r.reaches(r.ada, passkey),
			"a member by the provider":                       r.reaches(r.ada, provider),
			"an owner by password alone":                     r.reaches(r.owner, password),
			"an owner with a second factor":                  r.reaches(r.owner, passkey),
			"an owner who is not connected, by the provider": r.reaches(r.owner, provider),
			"an owner whose factor is gone":                  r.reaches(second, passkey),
		} {
			if got != want[name] {
				t.Errorf("%s: %s reaches the organization: %v, want %v", when, name, got, want[name])
			}
		}
	}
	check("asked for", map[string]bool{"a member by the provider": true, "an owner with a second factor": true})

	if err := r.Disable(t.Context(), r.owner); errs.KindOf(err) != errs.Conflict {
		t.Errorf("Disable while it is the only way in: %v, want Conflict", err)
	}
	// Another secret turns the provider off until it is tried; the wish stays.
	if err := r.Save(t.Context(), r.owner, sso.Settings{Issuer: r.issuer.URL, ClientID: ssotest.ClientID, Secret: "another"}); err != nil {
		t.Fatal(err)
	}
	check("with the provider off", map[string]bool{"an owner with a second factor": true})
	if err := r.Relax(t.Context(), r.owner); err != nil {
		t.Fatal(err)
	}
	if !r.reaches(r.ada, password) {
		t.Error("a password does not reach the organization after the wish was taken back")
	}
}

func TestAnOwnerWhoComesInPastTheProviderIsRecorded(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	r.connect(r.ada, "ada@byron.example")
	if err := r.signIn("ada@byron.example"); err != nil {
		t.Fatal(err)
	}
	passes := func() (n int) {
		t.Helper()
		if err := r.conn.QueryRow(t.Context(), `SELECT count(*) FROM activity WHERE verb = 'organization.pass_sign_in' AND organization_id = $1 AND user_id = $2`,
			string(r.owner.Organization), string(r.owner.User)).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	enter := func(within id.Organization) {
		t.Helper()
		r.super(`UPDATE second_factor SET last_step = 0`)
		code, _, err := account.CodeOf(accounttest.AppSecret, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.accounts.SignInByCode(t.Context(), account.SecondStep{User: r.owner.User, Code: code, Within: within}); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.accounts.SetApp(t.Context(), r.owner.User, accounttest.AppSecret); err != nil {
		t.Fatal(err)
	}
	enter("")
	if n := passes(); n != 0 {
		t.Errorf("%d entries past a provider that nobody asked for", n)
	}
	if err := r.Require(t.Context(), r.owner); err != nil {
		t.Fatal(err)
	}
	enter(r.owner.Organization)
	if n := passes(); n != 0 {
		t.Errorf("%d entries past the provider are recorded of an owner who came in by it", n)
	}
	enter("")
	if n := passes(); n != 1 {
		t.Errorf("%d entries past the provider are recorded, want 1", n)
	}
}

func TestTokensWorkOnlyForWhomTheProviderVouchedLately(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	const password = "four lanterns over the river"
	if err := r.accounts.Register(t.Context(), account.Registration{Name: "Tess", Email: "tess@byron.example", Password: password}); err != nil {
		t.Fatal(err)
	}
	tess := postgres.Actor{Organization: r.owner.Organization}
	if err := r.conn.QueryRow(t.Context(), `UPDATE app_user SET email_confirmed_at = now() WHERE email = 'tess@byron.example' RETURNING id::text`).Scan(&tess.User); err != nil {
		t.Fatal(err)
	}
	r.super(`INSERT INTO membership (organization_id, user_id, role) VALUES ($1, $2, 'editor')`, string(tess.Organization), string(tess.User))
	secret, err := r.accounts.CreateAPIToken(t.Context(), tess, account.NewAPIToken{
		ID: id.New[id.APIToken](), Name: "A script", Scopes: []account.Scope{account.ReadListings}, Days: 90})
	if err != nil {
		t.Fatal(err)
	}
	works := func() bool {
		_, err := r.accounts.Bearer(t.Context(), secret)
		if err != nil && errs.KindOf(err) != errs.Unauthenticated {
			t.Fatal(err)
		}
		return err == nil
	}
	if !works() {
		t.Fatal("the token does not work")
	}
	r.connect(tess, "tess@byron.example")
	if err := r.signIn("tess@byron.example"); err != nil {
		t.Fatal(err)
	}
	r.super(`INSERT INTO second_factor (user_id, secret) VALUES ($1, repeat('s', 40)::bytea)`, string(r.owner.User))
	if err := r.Require(t.Context(), r.owner); err != nil {
		t.Fatal(err)
	}
	if !works() {
		t.Error("the token of a member who has just come in by the provider does not work")
	}
	r.super(`UPDATE oidc_identity SET bound_at = now() - interval '90 days', used_at = now() - interval '31 days'`)
	if works() {
		t.Error("the token of a member who did not come in by the provider for 31 days works")
	}
	r.super(`UPDATE oidc_identity SET used_at = now()`)
	if err := r.Unbind(t.Context(), tess); err != nil {
		t.Fatal(err)
	}
	if works() {
		t.Error("the token of a member who is not connected works")
	}
}
