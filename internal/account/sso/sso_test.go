package sso_test

import (
	"context"
	"errors"
	"maps"
	"net/url"
	"strings"
	"testing"
	"time"

	"assay/internal/account"
	"assay/internal/account/accounttest"
	"assay/internal/account/sso"
	"assay/internal/account/sso/ssotest"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/outbound"
)

func TestAPersonSignsInOnlyAfterConnectingTheAccount(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	if err := r.signIn("ada@byron.example"); errs.KindOf(err) != errs.Forbidden {
		t.Fatalf("a subject that nobody bound, with the address of an account: %v, want Forbidden", err)
	}
	try := r.begin(sso.Aim{Binds: r.ada.User})
	if _, err := r.Finish(t.Context(), try, r.visit(try, "eve@byron.example")); errs.KindOf(err) != errs.Forbidden {
		t.Errorf("binding with the address of somebody else: %v, want Forbidden", err)
	}
	r.connect(r.ada, "ada@byron.example")
	try = r.begin(sso.Aim{})
	back := r.visit(try, "ada@byron.example")
	user, err := r.Finish(t.Context(), try, back)
	if err != nil || user != r.ada.User {
		t.Fatalf("Finish = %s, %v; want %s", user, err, r.ada.User)
	}
	if _, err := r.Finish(t.Context(), try, back); errs.KindOf(err) != errs.Invalid {
		t.Errorf("the same answer again: %v, want Invalid", err)
	}
	in, err := r.accounts.SignInVouched(t.Context(), account.Vouched{User: user, Organization: r.owner.Organization})
	if err != nil || in.Factor != account.NoFactor || in.NeedsSecondStep {
		t.Errorf("SignInVouched = %+v, %v", in, err)
	}
	r.super(`INSERT INTO second_factor (user_id, secret) VALUES ($1, repeat('s', 40)::bytea)`, string(user))
	if in, err = r.accounts.SignInVouched(t.Context(), account.Vouched{User: user, Organization: r.owner.Organization}); err != nil || !in.NeedsSecondStep {
		t.Errorf("with a second factor: %+v, %v; want a second step", in, err)
	}
	try = r.begin(sso.Aim{})
	back = r.visit(try, "ada@byron.example")
	r.super(`DELETE FROM domain_proof`)
	if _, err := r.Finish(t.Context(), try, back); errs.KindOf(err) != errs.Forbidden {
		t.Errorf("after the domain's proof ended: %v, want Forbidden", err)
	}
}

func TestAnswersOfAProviderThatDoNotHoldSignNobodyIn(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	r.connect(r.ada, "ada@byron.example")
	claims := func(pairs ...any) ssotest.Answer {
		a := ssotest.Answer{Claims: map[string]any{}}
		for i := 0; i < len(pairs); i += 2 {
			a.Claims[pairs[i].(string)] = pairs[i+1]
		}
		return a
	}
	tests := []struct {
		name   string
		says   ssotest.Answer
		answer url.Values
		try    func(*sso.Try)
	}{
		{name: "another state", answer: url.Values{"state": {"other"}}},
		{name: "no state", answer: url.Values{"state": nil}},
		{name: "another nonce", says: claims("nonce", "other")},
		{name: "no nonce", says: claims("nonce", nil)},
		{name: "for another client", says: claims("aud", "other")},
		{name: "for nobody", says: claims("aud", []string{})},
		{name: "for several clients without azp", says: claims("aud", []string{ssotest.ClientID, "other"})},
		{name: "for several clients, used by another", says: claims("aud", []string{ssotest.ClientID, "other"}, "azp", "other")},
		{name: "for this client, used by another", says: claims("azp", "other")},
		{name: "another issuer in the token", says: claims("iss", "https://login.other.example")},
		{name: "another issuer in the answer", answer: url.Values{"iss": {"https://login.other.example"}}},
		{name: "no issuer in the answer of a provider that names it", says: ssotest.Answer{Silent: true}},
		{name: "expired", says: claims("exp", time.Now().Add(-time.Minute).Unix())},
		{name: "without an end", says: claims("exp", nil)},
		{name: "not valid yet", says: claims("nbf", time.Now().Add(time.Hour).Unix())},
		{name: "signed with a key that is not published", says: ssotest.Answer{By: "other"}},
		{name: "signed with the client's secret", says: ssotest.Answer{By: "secret"}},
		{name: "not signed", says: ssotest.Answer{By: "none"}},
		{name: "an address of another domain", says: claims("email", "ada@other.example")},
		{name: "an address of a subdomain", says: claims("email", "ada@mail.byron.example")},
		{name: "an address with the domain in the wrong place", says: claims("email", "ada@byron.example@other.example")},
		{name: "an address that is not verified", says: claims("email_verified", false)},
		{name: "an address of which nothing is said", says: claims("email_verified", nil)},
		{name: "verified in a text, not a truth value", says: claims("email_verified", "true")},
		{name: "no address", says: claims("email", nil)},
		{name: "no subject", says: claims("sub", "")},
		{name: "a refusal", answer: url.Values{"error": {"access_denied"}}},
		{name: "a refusal beside a code", answer: url.Values{"error": {""}, "code": nil}},
		{name: "a code of nobody", answer: url.Values{"code": {"other"}}},
		{name: "another verifier", try: func(t *sso.Try) { t.Verifier = "0123456789012345678901234567890123456789012" }},
		{name: "too late", try: func(t *sso.Try) { t.BeganAt = t.BeganAt.Add(-11 * time.Minute) }},
		{name: "begun at the provider that was there before", try: func(t *sso.Try) { t.Issuer = "https://login.other.example" }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r.issuer.Say(tt.says)
			try := r.begin(sso.Aim{})
			back := r.visit(try, "ada@byron.example")
			maps.Copy(back, tt.answer)
			if tt.try != nil {
				tt.try(&try)
			}
			if user, err := r.Finish(t.Context(), try, back); errs.KindOf(err) != errs.Invalid || user != "" {
				t.Errorf("Finish = %q, %v; want Invalid", user, err)
			}
		})
	}
	r.issuer.Say(ssotest.Answer{})
	if err := r.signIn("ada@byron.example"); err != nil {
		t.Errorf("a good answer: %v", err)
	}
}

func TestAProviderInsideTheNetworkIsNotAsked(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	strict, err := sso.New(r.DB, sso.Options{PublicURL: site, SecretKey: make([]byte, 32), Roots: ssotest.Roots()})
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{strings.TrimPrefix(r.issuer.URL, "https://"), "127.0.0.1", "[::1]", "localhost", "10.0.0.1", "169.254.169.254", "192.168.1.1", "[fd00::1]", "[::ffff:127.0.0.1]", "0.0.0.0"} {
		r.super(`UPDATE organization_oidc SET issuer = $1`, "https://"+host)
		if err := strict.Enable(t.Context(), r.owner); errs.KindOf(err) != errs.Conflict || !errors.Is(err, outbound.ErrNotPublic) {
			t.Errorf("Enable with the issuer %s: %v, want Conflict since the address is not public", host, err)
		}
	}
	for _, host := range []string{"2130706433", "0x7f000001"} { // which a resolver may or may not take for 127.0.0.1
		r.super(`UPDATE organization_oidc SET issuer = $1`, "https://"+host)
		if err := strict.Enable(t.Context(), r.owner); errs.KindOf(err) != errs.Conflict {
			t.Errorf("Enable with the issuer %s: %v, want Conflict", host, err)
		}
	}
	if err := strict.Save(t.Context(), r.owner, sso.Settings{Issuer: "http://login.byron.example", ClientID: ssotest.ClientID}); errs.KindOf(err) != errs.Invalid {
		t.Errorf("an issuer without TLS: %v, want Invalid", err)
	}
}

func TestAProviderThatDescribesItselfAsAnotherIsRefused(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	r.issuer.Say(ssotest.Answer{Issuer: "https://login.other.example"})
	if err := r.Enable(t.Context(), r.owner); errs.KindOf(err) != errs.Conflict {
		t.Errorf("Enable: %v, want Conflict", err)
	}
}

func TestAProviderIsAskedForItsDescriptionOnceInTenMinutes(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	const describe = "/.well-known/openid-configuration"
	r.connect(r.ada, "ada@byron.example")
	for range 5 {
		if err := r.signIn("ada@byron.example"); err != nil {
			t.Fatal(err)
		}
	}
	if d, k := r.issuer.Asked(describe), r.issuer.Asked("/keys"); d != 1 || k != 1 {
		t.Errorf("six visits asked %d times for the description and %d times for the keys, want once", d, k)
	}
	r.issuer.Rotate(t)
	if err := r.signIn("ada@byron.example"); err != nil {
		t.Errorf("with a key that the provider has just begun to use: %v", err)
	}
	if d, k := r.issuer.Asked(describe), r.issuer.Asked("/keys"); d != 1 || k != 2 {
		t.Errorf("after a new key: %d and %d, want 1 and 2", d, k)
	}
	r.ahead.Add(int64(11 * time.Minute))
	if err := r.signIn("ada@byron.example"); err != nil {
		t.Fatal(err)
	}
	if d, k := r.issuer.Asked(describe), r.issuer.Asked("/keys"); d != 2 || k != 3 {
		t.Errorf("after eleven minutes: %d and %d, want both asked for anew", d, k)
	}
	if err := r.Enable(t.Context(), r.owner); err != nil || r.issuer.Asked(describe) != 3 {
		t.Errorf("Enable: %v, asked %d times; it asks the provider itself", err, r.issuer.Asked(describe))
	}
}

// invite invites an address and returns what is kept of the mailed token.
func (r *room) invite(email string) string {
	r.Helper()
	key, err := r.accounts.Invite(context.Background(), r.owner, email, account.Editor)
	if err != nil {
		r.Fatal(err)
	}
	var hash string
	if err := r.conn.QueryRow(context.Background(), `SELECT token_hash FROM invitation WHERE id = $1`, string(key)).Scan(&hash); err != nil {
		r.Fatal(err)
	}
	return hash
}

func TestAnInvitationIsTakenUpAtTheProviderByTheInvitedAddressAlone(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	join := func(invitation, email string) (id.User, error) {
		try := r.begin(sso.Aim{Invitation: invitation})
		return r.Finish(t.Context(), try, r.visit(try, email))
	}
	has := func(user id.User, table string) (n int) {
		t.Helper()
		if err := r.conn.QueryRow(t.Context(), `SELECT count(*) FROM `+table+` WHERE user_id = $1`, string(user)).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}

	grace := r.invite("grace@byron.example")
	for name, try := range map[string]func() (id.User, error){
		"somebody else of the domain":     func() (id.User, error) { return join(grace, "eve@byron.example") },
		"a link that nobody was sent":     func() (id.User, error) { return join(account.InvitationHash("guess"), "grace@byron.example") },
		"an invitation to another domain": func() (id.User, error) { return join(r.invite("grace@other.example"), "grace@other.example") },
		"an invitation of somebody else's organization": func() (id.User, error) {
			other := accounttest.Organization(t, r.DB)
			r.super(`UPDATE invitation SET organization_id = $1 WHERE token_hash = $2`, string(other.ID), grace)
			defer r.super(`UPDATE invitation SET organization_id = $1 WHERE token_hash = $2`, string(r.owner.Organization), grace)
			return join(grace, "grace@byron.example")
		},
	} {
		if user, err := try(); err == nil || user != "" {
			t.Errorf("%s: %q, %v; want a refusal", name, user, err)
		}
	}

	user, err := join(grace, "grace@byron.example")
	if err != nil {
		t.Fatal(err)
	}
	if has(user, "membership") != 1 || has(user, "oidc_identity") != 1 || has(user, "password") != 0 {
		t.Errorf("a new person has %d memberships, %d connections and %d passwords, want 1, 1, 0", has(user, "membership"), has(user, "oidc_identity"), has(user, "password"))
	}
	if err := r.signIn("grace@byron.example"); err != nil {
		t.Errorf("sign in after joining: %v", err)
	}
	if _, err := join(grace, "grace@byron.example"); err == nil {
		t.Error("the link works a second time")
	}

	// Somebody began an account for the address, with a password of theirs.
	if err := r.accounts.Register(t.Context(), account.Registration{Name: "Eve", Email: "henry@byron.example", Password: "four lanterns over the river"}); err != nil {
		t.Fatal(err)
	}
	user, err = join(r.invite("henry@byron.example"), "henry@byron.example")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.accounts.SignIn(t.Context(), account.SignInAttempt{Email: "henry@byron.example", Password: "four lanterns over the river"}); err == nil {
		t.Error("who began the account signs in to it by the password that they set")
	}
	if v, err := r.accounts.Visitor(t.Context(), user, ""); err != nil || v.Name != "Person at henry@byron.example" {
		t.Errorf("the account is called %q, %v", v.Name, err)
	}

	// A member's account that exists is connected and keeps what it has.
	closed := r.invite("mary@byron.example")
	mary := accounttest.User(t, r.DB)
	r.super(`UPDATE app_user SET disabled_at = now() WHERE id = $1`, string(mary))
	r.super(`ALTER TABLE app_user DISABLE TRIGGER app_user_erasure`)
	r.super(`UPDATE app_user SET email = 'mary@byron.example' WHERE id = $1`, string(mary))
	r.super(`ALTER TABLE app_user ENABLE TRIGGER app_user_erasure`)
	if _, err := join(closed, "mary@byron.example"); errs.KindOf(err) != errs.Forbidden {
		t.Errorf("an account that was closed: %v, want Forbidden", err)
	}
	r.super(`UPDATE app_user SET disabled_at = NULL WHERE id = $1`, string(mary))
	if user, err := join(closed, "mary@byron.example"); err != nil || user != mary {
		t.Errorf("an account that exists: %s, %v; want %s", user, err, mary)
	}
}
