package web_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"assay/internal/account"
	"assay/internal/errs"
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
	fill := func(password string) answer {
		return ada.fill("/account/tokens/new", "/account/tokens", "id", key, "name", "Nightly upload", "scope", "write:uploads", "days", "30", "password", password)
	}
	refused := fill("not the password of ada")
	if refused.Status != http.StatusUnprocessableEntity || !strings.Contains(refused.Body, "Nightly upload") {
		t.Errorf("a wrong password: status %d, or the name is lost", refused.Status)
	}
	made := fill(goodPassword)
	secret := secretShape.FindString(made.Body)
	if made.Status != http.StatusOK || secret == "" || made.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("status %d, secret %q, Cache-Control %q", made.Status, secret, made.Header.Get("Cache-Control"))
	}
	if again := fill(goodPassword); again.Status != http.StatusConflict || secretShape.MatchString(again.Body) {
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
