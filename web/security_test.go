package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"

	"assay/internal/account"
	"assay/internal/account/accounttest"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
)

// staff makes a reviewer without a second factor.
func (s site) staff(t *testing.T, email string) id.User {
	t.Helper()
	user := s.user(t, email)
	if err := s.Accounts.SetPlatformRole(t.Context(), accounttest.Admin(t, s.DB), user, postgres.Reviewer); err != nil {
		t.Fatal(err)
	}
	return user
}

func TestDeskOpensOnlyAfterASecondFactor(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	rita := s.staff(t, "rita@example.org")
	p := s.person(t)
	a := p.fill("/login", "/login", "email", "rita@example.org", "password", goodPassword)
	wantStatus(t, "sign in", a, http.StatusSeeOther, "")
	if a.Location != "/account/security" {
		t.Errorf("a reviewer without a second factor lands at %q, want the page that adds one", a.Location)
	}
	if a := p.get("/review"); a.Location != "/account/security?for=desk" {
		t.Errorf("the desk by password alone: status %d, to %q", a.Status, a.Location)
	}
	wantStatus(t, "a decision by password alone", p.fill("/account", "/review/versions/"+id.New[string]()+"/decision", "do", "approve"), http.StatusForbidden, "")
	if page := p.get("/account/security"); !strings.Contains(page.Page.Find("main").Text(), "The desk opens with a second factor") {
		t.Error("the page does not say why the desk is closed")
	}

	before := p.cookie()
	addApp(t, p)
	if p.cookie() == before {
		t.Error("the session keeps its token although its rights have grown")
	}
	wantStatus(t, "the desk after the app was added", p.get("/review"), http.StatusOK, "")
	if err := s.Accounts.SetPlatformRole(t.Context(), accounttest.Admin(t, s.DB), rita, postgres.None); err != nil {
		t.Fatal(err)
	}
	wantStatus(t, "the desk once the role is taken away", p.get("/review"), http.StatusSeeOther, "/login?next=%2Freview")
	wantStatus(t, "the old token", s.person(t).withCookie(before).get("/account"), http.StatusSeeOther, "")
}

// addApp adds an authenticator app by the forms, reads the recovery codes and
// returns them with the app's secret.
func addApp(t *testing.T, p *person) (secret string, recovery []string) {
	t.Helper()
	wantStatus(t, "begin an app", p.fill("/account/security", "/account/security/app/new"), http.StatusSeeOther, "")
	secret = strings.ReplaceAll(p.get("/account/security/app").Page.Find("[data-testid=app-key] code").Text(), " ", "")
	code, _, err := account.CodeOf(secret, time.Now())
	if err != nil {
		t.Fatalf("the key %q: %v", secret, err)
	}
	a := p.fill("/account/security/app", "/account/security/app", "code", "000 000")
	wantStatus(t, "a wrong first code", a, http.StatusUnprocessableEntity, "")
	a = p.fill("/account/security/app", "/account/security/app", "code", code)
	wantStatus(t, "the first code", a, http.StatusSeeOther, "")
	for _, li := range p.get(a.Location).Page.Find("[data-testid=recovery-codes] code").EachIter() {
		recovery = append(recovery, li.Text())
	}
	if len(recovery) != 10 {
		t.Fatalf("%d recovery codes are shown, want 10", len(recovery))
	}
	if again := p.get(a.Location); again.Status != http.StatusSeeOther || strings.Contains(again.Body, recovery[0]) {
		t.Errorf("recovery codes are shown a second time (status %d)", again.Status)
	}
	return secret, recovery
}

func TestEachStepOfASignInHasItsOwnToken(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	s.user(t, "ada@example.org")
	p := s.person(t)
	p.signIn("ada@example.org")
	_, recovery := addApp(t, p)

	p = s.person(t)
	p.get("/login")
	stranger := p.cookie()
	a := p.fill("/login", "/login", "email", "ada@example.org", "password", goodPassword, "next", "/organizations/new")
	if a.Location != "/login/second?next=%2Forganizations%2Fnew" {
		t.Fatalf("after the password: status %d, to %q", a.Status, a.Location)
	}
	halfway := p.cookie()
	wantStatus(t, "the account between the steps", p.get("/account"), http.StatusSeeOther, "")
	wantStatus(t, "a wrong code", p.fill(a.Location, "/login/second", "code", "123 45"), http.StatusUnprocessableEntity, "")
	a = p.fill(a.Location, "/login/second", "recovery", recovery[0], "next", "/organizations/new")
	if a.Status != http.StatusSeeOther || a.Location != "/organizations/new" {
		t.Fatalf("after the code: status %d, to %q", a.Status, a.Location)
	}
	full := p.cookie()
	if stranger == halfway || halfway == full || stranger == full {
		t.Error("two steps of a sign-in share a token")
	}
	wantStatus(t, "the account after both steps", p.get("/account"), http.StatusOK, "")
	for name, token := range map[string]string{"before the password": stranger, "between the steps": halfway} {
		old := s.person(t).withCookie(token)
		wantStatus(t, "the account with the token from "+name, old.get("/account"), http.StatusSeeOther, "/login?next=%2Faccount")
		if a := old.get("/login/second"); a.Location != "/login" {
			t.Errorf("the second step with the token from %s: status %d, to %q", name, a.Status, a.Location)
		}
	}
}

// age moves what a session has shown into the past.
func (s site) age(t *testing.T, user id.User, by time.Duration) {
	t.Helper()
	rows, err := s.DB.Pool().Query(t.Context(), `SELECT token, data FROM session WHERE user_id = $1 AND released_at IS NULL`, user)
	if err != nil {
		t.Fatal(err)
	}
	type row struct {
		token string
		data  []byte
	}
	var list []row
	for rows.Next() {
		var r row
		if err := rows.Scan(&r.token, &r.data); err != nil {
			t.Fatal(err)
		}
		list = append(list, r)
	}
	if len(list) == 0 {
		t.Fatal("no session")
	}
	for _, r := range list {
		deadline, values, err := scs.GobCodec{}.Decode(r.data)
		if err != nil {
			t.Fatal(err)
		}
		for _, key := range []string{"proved", "within_since"} {
			if at, ok := values[key].(int64); ok {
				values[key] = at - int64(by.Seconds())
			}
		}
		if r.data, err = (scs.GobCodec{}).Encode(deadline, values); err != nil {
			t.Fatal(err)
		}
		if _, err := s.DB.Pool().Exec(t.Context(), `UPDATE session SET data = $2 WHERE token = $1`, r.token, r.data); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTheSecondStepWaitsTenMinutes(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	user := s.user(t, "ada@example.org")
	if err := s.Accounts.SetApp(t.Context(), user, accounttest.AppSecret); err != nil {
		t.Fatal(err)
	}
	p := s.person(t)
	p.fill("/login", "/login", "email", "ada@example.org", "password", goodPassword)
	s.age(t, user, account.SecondStepLifetime-time.Minute)
	wantStatus(t, "the page after nine minutes", p.get("/login/second"), http.StatusOK, "")
	token := p.token("/login/second")
	s.age(t, user, 2*time.Minute)
	code, _, err := account.CodeOf(accounttest.AppSecret, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if a := p.send("/login/second", url.Values{"csrf": {token}, "code": {code}}); a.Location != "/login" {
		t.Errorf("the right code after eleven minutes: status %d, to %q, want the sign-in", a.Status, a.Location)
	}
	wantStatus(t, "the account", p.get("/account"), http.StatusSeeOther, "")
}

func TestChangesAskAgainWhoItIs(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	user := s.user(t, "ada@example.org")
	p := s.person(t)
	p.signIn("ada@example.org")
	_, recovery := addApp(t, p)
	s.age(t, user, account.ProofLifetime+time.Second)
	const again = "/account/security/again"
	for _, path := range []string{"app/new", "app", "app/remove", "codes", "passkeys/options", "passkeys", "passkeys/remove"} {
		if a := p.fill("/account/security", "/account/security/"+path); a.Status != http.StatusSeeOther || a.Location != again {
			t.Errorf("POST %s eleven minutes after the sign-in: status %d, to %q, want %s", path, a.Status, a.Location, again)
		}
	}
	if f, err := s.Accounts.Factors(t.Context(), postgres.Actor{User: user}); err != nil || !f.HasApp || f.CodesLeft != 10 {
		t.Fatalf("something changed: %+v, %v", f, err)
	}
	wantStatus(t, "a wrong password", p.fill(again, again, "password", "not it"), http.StatusUnprocessableEntity, "")
	wantStatus(t, "a wrong code", p.fill(again, again, "code", "123456"), http.StatusUnprocessableEntity, "")
	if a := p.get(again); a.Page.Find("input[name=password]").Length() != 0 || !strings.Contains(words(a.Page.Find("main")), "password alone is not enough") {
		t.Errorf("the page asks somebody with a second factor for a password: %s", words(a.Page.Find("main")))
	}
	a := p.fill(again, again, "password", goodPassword)
	wantStatus(t, "the password alone", a, http.StatusUnprocessableEntity, "")
	if !strings.Contains(words(a.Page.Find("[data-testid=error-summary]")), "a password alone is not enough") {
		t.Errorf("the refusal does not say why: %s", words(a.Page.Find("main")))
	}
	if a := p.fill("/account/security", "/account/security/app/remove"); a.Location != again {
		t.Errorf("the app goes after a password alone: status %d, to %q", a.Status, a.Location)
	}
	before := p.cookie()
	wantStatus(t, "a recovery code", p.fill(again, again, "code", recovery[1]), http.StatusSeeOther, "")
	if p.cookie() == before {
		t.Error("the session keeps its token although its rights have grown")
	}
	wantStatus(t, "new codes", p.fill("/account/security", "/account/security/codes"), http.StatusSeeOther, "")
	s.age(t, user, account.ProofLifetime+time.Second)
	wantStatus(t, "an old recovery code", p.fill(again, again, "code", recovery[0]), http.StatusUnprocessableEntity, "")
}

func TestAPasswordProvesWhoHasNoSecondFactor(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	user := s.user(t, "ada@example.org")
	p := s.person(t)
	p.signIn("ada@example.org")
	s.age(t, user, account.ProofLifetime+time.Second)
	const again = "/account/security/again"
	wantStatus(t, "a wrong password", p.fill(again, again, "password", "not it"), http.StatusUnprocessableEntity, "")
	wantStatus(t, "the password", p.fill(again, again, "password", goodPassword), http.StatusSeeOther, "")
	if a := p.fill("/account/security", "/account/security/app/new"); a.Location == again {
		t.Error("a change asks again right after the password")
	}
}

func TestSignedOutSessionIsNotBroughtBack(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	user := s.user(t, "ada@example.org")
	p := s.person(t)
	p.signIn("ada@example.org")
	store := account.NewSessionStore(s.DB)
	var token string
	var data []byte
	err := s.DB.Pool().QueryRow(t.Context(), `SELECT token, data FROM session WHERE user_id = $1`, user).Scan(&token, &data)
	if err != nil {
		t.Fatal(err)
	}
	wantStatus(t, "sign out", p.fill("/account", "/logout"), http.StatusSeeOther, "/")

	for _, under := range []string{token, "a renewed token"} { // requests that were running
		if err := store.CommitCtx(t.Context(), under, data, time.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		if _, found, err := store.FindCtx(t.Context(), under); err != nil || found {
			t.Errorf("after signing out, the session under %q: found %v, %v", under, found, err)
		}
	}
}

func TestLastFactorOfStaffIsKept(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	s.staff(t, "rita@example.org")
	p := s.person(t)
	p.signIn("rita@example.org")
	a := p.fill("/account/security", "/account/security/app/remove")
	wantStatus(t, "remove the only factor of a reviewer", a, http.StatusConflict, "")
	if !strings.Contains(a.Page.Find("[data-testid=error-summary]").Text(), "needs a second factor") {
		t.Errorf("the refusal does not say why: %s", a.Page.Find("main").Text())
	}
	wantStatus(t, "the desk", p.get("/review"), http.StatusOK, "")
}

func TestCodesAreThrottledAsPasswordsAre(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	user := s.user(t, "ada@example.org")
	if err := s.Accounts.SetApp(t.Context(), user, accounttest.AppSecret); err != nil {
		t.Fatal(err)
	}
	p := s.person(t)
	p.fill("/login", "/login", "email", "ada@example.org", "password", goodPassword)
	for range 10 {
		wantStatus(t, "a wrong code", p.fill("/login/second", "/login/second", "code", "12345"), http.StatusUnprocessableEntity, "")
	}
	a := p.fill("/login/second", "/login/second", "code", "12345")
	wantStatus(t, "the 11th", a, http.StatusTooManyRequests, "")
	if a.Header.Get("Retry-After") == "" {
		t.Error("the refusal does not say when to try again")
	}
	if _, err := s.Accounts.SignInByCode(t.Context(), account.SecondStep{User: user, Code: "12345"}); errs.KindOf(err) != errs.Unavailable {
		t.Errorf("a try around the form: %v, want a refusal", err)
	}
}
