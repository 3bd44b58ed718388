package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"assay/internal/account/accounttest"
)

func TestFormsKeepWhatWasTypedExceptPasswords(t *testing.T) {
	t.Parallel()
	p := newSite(t, false).person(t)
	a := p.fill("/register", "/register", "name", `Ada "<b>" Lovelace`, "email", "nobody", "password", "short77")
	if a.Status != http.StatusUnprocessableEntity {
		t.Fatalf("status %d, want 422", a.Status)
	}
	if got, _ := a.Page.Find("#f-name").Attr("value"); got != `Ada "<b>" Lovelace` {
		t.Errorf("name kept = %q", got)
	}
	if got, has := a.Page.Find("#f-password").Attr("value"); has {
		t.Errorf("the password comes back: %q", got)
	}
	if n := a.Page.Find(`[data-testid="error-summary"] a`).Length(); n != 2 {
		t.Errorf("summary names %d mistakes, want 2", n)
	}
	if strings.Contains(a.Body, "short77") || strings.Contains(a.Body, "<b>") {
		t.Error("the page quotes the password or unescaped text")
	}
}

func TestFormsWithoutTheirTokenAreRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	s.owner(t, "ada@example.org", "North")
	p := s.person(t)
	p.signIn("ada@example.org")
	for _, path := range []string{"/login", "/logout", "/register", "/confirm", "/reset", "/reset/new", "/account/name", "/account/password",
		"/account/organization", "/account/sessions/end", "/organizations", "/organization/name", "/organization/invitations", "/organization/leave", "/invitation"} {
		for _, token := range []string{"", "x"} {
			wantStatus(t, "POST "+path+" with token "+token, p.send(path, url.Values{"csrf": {token}}), http.StatusForbidden, "")
		}
	}
	wantStatus(t, "still signed in", p.get("/account"), http.StatusOK, "")
}

func TestExtraFieldsHaveNoEffect(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	victim := accounttest.Organization(t, s.DB)
	s.owner(t, "ada@example.org", "North")
	p := s.person(t)
	p.signIn("ada@example.org")
	extra := []string{"organization_id", string(victim.ID), "organization", string(victim.ID), "role", "owner", "platform", "admin", "verified", "1", "user", string(victim.Owner.User)}
	p.fill("/account", "/account/name", append([]string{"name", "Ada"}, extra...)...)
	p.fill("/organizations/new", "/organizations", append([]string{"name", "South"}, extra...)...)
	p.fill("/organization/name", "/organization/name", append([]string{"name", "South 2"}, extra...)...)
	wantStatus(t, "switching to another's organization", p.fill("/account", "/account/organization", "organization", string(victim.ID)), http.StatusNotFound, "")
	wantStatus(t, "the desk of reviewers", p.get("/review"), http.StatusNotFound, "")

	v, err := s.Accounts.Visitor(t.Context(), victim.Owner.User, victim.ID)
	if err != nil || v.OrganizationName != victim.Name || v.Name == "Ada" {
		t.Errorf("the victim is now %q of %q, %v", v.Name, v.OrganizationName, err)
	}
}

// Whatever the forms of an account are sent, the answer is one of a form: never
// a fault of the server, and never the text as markup.
func TestFormsOfAnAccountTakeHostileInput(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	const markup = `"><script>alert(1)</script>`
	texts := map[string]string{
		"markup": markup, "SQL": "'; DROP TABLE app_user; --", "a zero byte": "a\x00b", "no UTF-8": "a\xff\xfe", "a line break": "a\r\nSet-Cookie: x=1",
		"text that runs backwards": "a\u202eb", "a long text": strings.Repeat("x", 100_000), "nothing": "", "a template": "{{.}}${7*7}", "a path": "../../etc/passwd",
	}
	forms := []struct {
		action string
		fields []string // the first is the one that is hostile
		fixed  []string
	}{
		{"/account/name", []string{"name"}, nil},
		{"/account/password", []string{"password", "present"}, []string{"present", "not it"}},
		{"/account/sessions/end", []string{"session"}, nil},
		{"/account/organization", []string{"organization"}, nil},
		{"/account/notices", []string{"hour", "zone", "version_returned", "paused"}, nil},
		{"/account/tokens", []string{"name", "scope", "days", "id"}, nil},
		{"/account/security/again", []string{"password", "answer"}, nil},
		{"/account/security/again", []string{"code"}, nil},
		{"/account/security/app", []string{"code"}, nil},
		{"/account/security/passkeys", []string{"name", "answer"}, nil},
		{"/account/security/passkeys/name", []string{"passkey", "name"}, nil},
		{"/account/security/passkeys/remove", []string{"passkey"}, nil},
		{"/account/privacy/erase", []string{"email"}, nil},
		{"/account/organization-sign-in/connect", []string{"organization"}, nil},
		{"/account/organization-sign-in/disconnect", []string{"organization"}, nil},
		{"/organization/sign-in", []string{"issuer", "client_id", "client_secret"}, nil},
		{"/organizations", []string{"name"}, nil},
		{"/invitation", []string{"token"}, nil},
		{"/invitation/organization", []string{"token"}, nil},
		{"/login", []string{"email", "password", "next"}, nil},
		{"/login/organization", []string{"organization-email", "next"}, nil},
		{"/login/second", []string{"code", "recovery", "next"}, nil},
		{"/register", []string{"name", "email", "password", "invitation"}, nil},
		{"/reset", []string{"email"}, nil},
		{"/reset/new", []string{"token", "password"}, nil},
		{"/confirm", []string{"token", "password"}, nil},
	}
	number := 10
	for name, text := range texts {
		number++ // each from an address and with an account of its own, so that no limit answers instead
		email := fmt.Sprintf("p%d@example.org", number)
		s.owner(t, email, "North")
		p := s.personAt(t, fmt.Sprintf("127.0.0.%d", number))
		p.signIn(email)
		token := p.token("/account")
		for _, f := range forms {
			values := url.Values{"csrf": {token}}
			for _, field := range f.fields {
				values.Set(field, text)
			}
			for i := 0; i < len(f.fixed); i += 2 {
				values.Set(f.fixed[i], f.fixed[i+1])
			}
			a := p.send(f.action, values)
			if a.Status >= http.StatusInternalServerError || a.Status == http.StatusOK || a.Status == http.StatusTooManyRequests {
				t.Errorf("POST %s with %s: status %d", f.action, name, a.Status)
			}
			if strings.Contains(a.Body, "<script>alert(1)") || a.Header.Get("Set-Cookie") == "x=1" {
				t.Errorf("POST %s with %s: the answer holds it as markup", f.action, name)
			}
		}
		if p.get("/account").Status != http.StatusOK {
			t.Fatalf("after %s the account does not open any more", name)
		}
	}
}
