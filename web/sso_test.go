package web_test

import (
	"net/http"
	"strings"
	"testing"

	"assay/web/webtest"
)

func TestChoosingAnOrganizationTellsOfTheDomainAlone(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	s.user(t, "known@example.org")
	got := map[string]answer{}
	for _, email := range []string{"known@example.org", "unknown@example.org"} {
		a := s.person(t).fill("/login", "/login/organization", "organization-email", email)
		a.Body = withoutOwn(a.Body, email)
		got[email] = a
	}
	known, unknown := got["known@example.org"], got["unknown@example.org"]
	if known.Status != http.StatusUnprocessableEntity || known.Status != unknown.Status || known.Body != unknown.Body {
		t.Errorf("status %d for a known and %d for an unknown address; same body: %v", known.Status, unknown.Status, known.Body == unknown.Body)
	}
	if !strings.Contains(known.Body, "No organization signs people in for this domain") {
		t.Error("the page does not say what is missing")
	}
}

func TestOrganizationSignInPagesInABrowser(t *testing.T) {
	s := newSite(t, false)
	s.owner(t, "ada@example.org", "North Imaging Institute")
	p := webtest.Start(t).Visitor(t, s.URL, webtest.NoScript)
	p.Go("/login?next=/organization/sign-in")
	p.CheckViews("sign-in-with-organization")
	p.Fill("email", "ada@example.org")
	p.Fill("password", goodPassword)
	p.Submit("#sign-in")
	p.WantText("main", "Prove your domain first")
	p.CheckViews("organization-sign-in")
	p.Go("/account/organization-sign-in")
	p.CheckViews("account-organization-sign-in")
}
