package web_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"assay/internal/account"
	"assay/internal/account/accounttest"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
)

var secretShape = regexp.MustCompile(`assay_[0-9A-Za-z]{49}`)

func TestATokenIsShownOnceAndRevoked(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	s.owner(t, "ada@example.org", "North Imaging")
	ada := s.person(t)
	ada.signIn("ada@example.org")
	if a := ada.get("/account/tokens"); !strings.Contains(a.Body, "No token in force") {
		t.Error("an empty list does not say so")
	}

	form := ada.get("/account/tokens/new")
	key, _ := form.Page.Find("input[name=id]").Attr("value")
	fill := func(days string) answer {
		return ada.fill("/account/tokens/new", "/account/tokens", "id", key, "name", "Nightly upload", "scope", "write:uploads", "days", days)
	}
	refused := fill("999")
	if refused.Status != http.StatusUnprocessableEntity || !strings.Contains(refused.Body, "Nightly upload") {
		t.Errorf("too many days: status %d, or the name is lost", refused.Status)
	}
	made := fill("30")
	secret := secretShape.FindString(made.Body)
	if made.Status != http.StatusOK || secret == "" || made.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("status %d, secret %q, Cache-Control %q", made.Status, secret, made.Header.Get("Cache-Control"))
	}
	if again := fill("30"); again.Status != http.StatusConflict || secretShape.MatchString(again.Body) {
		t.Errorf("the same form again: status %d, want 409 and no secret", again.Status)
	}

	list := ada.get("/account/tokens")
	if strings.Contains(list.Body, secret) || list.Page.Find("[data-testid=token]").Length() != 1 {
		t.Error("the list shows the secret, or not one token")
	}
	if b, err := s.Accounts.Bearer(t.Context(), secret); err != nil || b.Allows(account.WriteUploads) != nil || b.Allows(account.ReadListings) == nil {
		t.Errorf("the token: %v", err)
	}
	if a := ada.fill("/account/tokens", "/account/tokens/"+key+"/revoke"); a.Status != http.StatusSeeOther {
		t.Errorf("revoke: status %d", a.Status)
	}
	if _, err := s.Accounts.Bearer(t.Context(), secret); errs.KindOf(err) != errs.Unauthenticated {
		t.Errorf("the revoked token: %v", err)
	}
	if a := ada.get("/organization/tokens"); !strings.Contains(a.Body, "Revoked") {
		t.Error("the organization's list does not show the revoked token")
	}
}

// A token is made shortly after a proof, which is the second factor where there
// is one; what was entered before stands in the form afterwards.
func TestATokenAsksForAProof(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	const again = "/account/security/again"
	made := func(a postgres.Actor) int {
		t.Helper()
		list, err := s.Accounts.APITokens(t.Context(), a, "")
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	entered := []string{"id", id.New[string](), "name", "Nightly upload", "scope", "write:uploads", "scope", "read:reports", "days", "30", "password", goodPassword}

	ada := s.owner(t, "ada@example.org", "North Imaging")
	p := s.person(t)
	p.signIn("ada@example.org")
	s.age(t, ada.User, 11*time.Minute)
	wantStatus(t, "the form without a proof", p.get("/account/tokens/new"), http.StatusSeeOther, again)
	wantStatus(t, "a wrong password", p.fill(again, again, "password", "not the password of ada"), http.StatusUnprocessableEntity, "")
	wantStatus(t, "the password of who has no factor", p.fill(again, again, "password", goodPassword), http.StatusSeeOther, "/account/tokens/new")
	s.age(t, ada.User, 11*time.Minute)
	wantStatus(t, "the filled form without a proof", p.fill("/account", "/account/tokens", entered...), http.StatusSeeOther, again)
	if n := made(ada); n != 0 {
		t.Fatalf("%d tokens were made without a proof", n)
	}
	back := p.fill(again, again, "password", goodPassword)
	form := p.get(back.Location)
	name, _ := form.Page.Find("input[name=name]").Attr("value")
	scope := form.Page.Find("input[name=scope][checked]")
	days, _ := form.Page.Find("input[name=days][checked]").Attr("value")
	if name != "Nightly upload" || scope.Length() != 2 || days != "30" {
		t.Errorf("after the proof the form at %s holds %q, %d scopes, %q days", back.Location, name, scope.Length(), days)
	}
	wantStatus(t, "the form after the proof", p.fill(back.Location, "/account/tokens", entered...), http.StatusOK, "")
	if n := made(ada); n != 1 {
		t.Errorf("%d tokens after the proof, want 1", n)
	}

	bob := s.owner(t, "bob@example.org", "South Imaging")
	if err := s.Accounts.SetApp(t.Context(), bob.User, accounttest.AppSecret); err != nil {
		t.Fatal(err)
	}
	p = s.person(t)
	p.fill("/login", "/login", "email", "bob@example.org", "password", goodPassword)
	p.fill("/login/second", "/login/second", "code", accounttest.NextCode(t, s.DB, bob.User))
	s.age(t, bob.User, 11*time.Minute)
	wantStatus(t, "with a factor and the password", p.fill("/account", "/account/tokens", entered...), http.StatusSeeOther, again)
	wantStatus(t, "the password alone as the proof", p.fill(again, again, "password", goodPassword), http.StatusUnprocessableEntity, "")
	back = p.fill(again, again, "code", accounttest.NextCode(t, s.DB, bob.User))
	entered[1] = id.New[string]()
	wantStatus(t, "after the code", p.fill(back.Location, "/account/tokens", entered...), http.StatusOK, "")
	if n := made(bob); n != 1 {
		t.Errorf("%d tokens after the code, want 1", n)
	}
}
