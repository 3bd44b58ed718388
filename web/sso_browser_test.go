package web_test

import (
	"net/http"
	"testing"

	"assay/internal/account"
	"assay/internal/account/accounttest"
	"assay/internal/account/sso"
	"assay/internal/account/sso/ssotest"
	"assay/internal/id"
	"assay/internal/postgres"
	"assay/web/webtest"
)

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

// The whole of an organization's sign-in at a provider with pages of its own,
// without scripts: set, tried, connected, used, made the only way in, joined by.
func TestOrganizationSignInThroughAProviderInABrowser(t *testing.T) {
	s := newSite(t, false)
	owner := s.owner(t, "owen@byron.example", "Byron Imaging")
	s.provesDomain(t, owner.Organization, "byron.example")
	if err := s.Accounts.SetApp(t.Context(), owner.User, accounttest.AppSecret); err != nil {
		t.Fatal(err)
	}
	member := s.user(t, "ada@byron.example")
	guest := s.user(t, "guest@elsewhere.example")
	for _, user := range []id.User{member, guest} {
		exec(t, s, owner, `INSERT INTO membership (organization_id, user_id, role) VALUES ($1, $2, 'editor')`, owner.Organization, user)
	}
	issuer := ssotest.New(t, s.URL+sso.CallbackPath)
	b := webtest.Start(t)
	visitor := func() *webtest.Page { return b.Visitor(t, s.URL, webtest.NoScript, webtest.Beside(issuer.URL)) }
	look := b.Visitor(t, s.URL, webtest.Beside(issuer.URL)) // the same pages where they can be checked
	directory := func(p *webtest.Page, email string) {
		t.Helper()
		p.WantText("h1", "Go on to your organization’s sign-in")
		p.Follow("main a.btn:not(.quiet)")
		p.WantText("h1", "The organization’s directory")
		p.Fill("login", email)
		p.Submit("form")
	}
	enter := func(p *webtest.Page, email string) {
		t.Helper()
		p.Go("/login")
		p.Fill("organization-email", email)
		p.Submit("#sign-in-organization")
		directory(p, email)
	}

	owen := visitor()
	s.withApp(t, owen, owner.User, "owen@byron.example")
	owen.Go("/organization/sign-in")
	owen.Fill("issuer", "http://byron.example")
	owen.Fill("client_id", " ")
	owen.Submit("#set-sign-in")
	if owen.Status() != http.StatusUnprocessableEntity {
		t.Errorf("settings with mistakes: status %d, want 422", owen.Status())
	}
	owen.WantText("main", "Enter the issuer’s address")
	owen.Fill("issuer", issuer.URL)
	owen.Fill("client_id", ssotest.ClientID)
	owen.Fill("client_secret", ssotest.ClientSecret)
	owen.Submit("#set-sign-in")
	owen.Submit("#enable-sign-in")
	owen.WantText("[data-testid=flash]", "The provider answers")
	owen.WantText("[data-testid=unready]", "guest@elsewhere.example: has an address of another domain")
	owen.Submit("#require-sign-in")
	owen.WantText("[data-testid=error-summary]", "sign in by the provider once")
	owen.Go("/account/organization-sign-in")
	owen.FollowText("Connect my account")
	directory(owen, "eve@byron.example")
	owen.WantText("[data-testid=flash]", "names another address")
	owen.FollowText("Connect my account")
	directory(owen, "owen@byron.example")
	owen.WantText("[data-testid=flash]", "Your account is connected")

	by := visitor()
	enter(by, "owen@byron.example")
	by.WantText("h1", "Second step") // a factor of the account is asked for all the same
	by.Fill("code", accounttest.NextCode(t, s.DB, owner.User))
	by.Submit("#second-step")
	by.Go("/account")
	by.WantText("main", "You came in by the sign-in of Byron Imaging")

	owen.Go("/organization/sign-in")
	owen.Submit("#require-sign-in")
	owen.WantText("main", "Members come in by it alone")
	owen.Submit("#disable-sign-in")
	owen.WantText("[data-testid=error-summary]", "Let them use their passwords again first")

	ada := visitor()
	s.signInPage(t, ada, "ada@byron.example")
	ada.WantText("main", "Byron Imaging is entered by its own sign-in")
	ada.Go("/organization")
	if ada.Status() != http.StatusForbidden {
		t.Errorf("the organization by password: status %d, want 403", ada.Status())
	}
	ada.Go("/account")
	ada.FollowText("Connect your account")
	ada.FollowText("Connect my account")
	directory(ada, "ada@byron.example")
	ada.Go("/account")
	ada.FollowText("Go on to the sign-in")
	directory(ada, "ada@byron.example")
	ada.WantText("h1", "Your data sets")

	if _, err := s.Accounts.Invite(t.Context(), owner, "grace@byron.example", account.Editor); err != nil {
		t.Fatal(err)
	}
	invitation := "/invitation?token=" + s.mailedToken(t, "grace@byron.example")
	grace := visitor()
	grace.Go(invitation)
	grace.Submit("#join-by-organization")
	directory(grace, "grace@byron.example")
	grace.Go("/organization")
	grace.WantText("main", "grace@byron.example")

	s.signInPage(t, look, "guest@elsewhere.example")
	look.CheckViews("account-closed")
	look.Go("/account/organization-sign-in")
	look.CheckViews("account-organization-sign-in-on")
	look = b.Visitor(t, s.URL, webtest.Beside(issuer.URL))
	s.withApp(t, look, owner.User, "owen@byron.example")
	look.Go("/organization/sign-in")
	look.CheckViews("organization-sign-in-required")
	worker := postgres.Actor{Organization: owner.Organization, Platform: postgres.Worker}
	exec(t, s, worker, `UPDATE domain_proof SET proved_at = NULL, method = ''`)
	look.Go("/organization/sign-in")
	look.WantText("main", "Prove your domain first")
	look.WantText("main", "nobody but such an owner comes in")
	look.CheckViews("organization-sign-in-lost")
	exec(t, s, worker, `UPDATE domain_proof SET proved_at = now(), method = 'dns'`)
	if err := s.SignIns.Enable(t.Context(), owner); err != nil {
		t.Fatal(err)
	}
	look.Go("/organization/sign-in")
	look.Submit("#relax-sign-in")
	look.WantText("[data-testid=flash]", "their passwords and passkeys again")
	look.CheckViews("organization-sign-in-on")
	if _, err := s.Accounts.Invite(t.Context(), owner, "henry@byron.example", account.Editor); err != nil {
		t.Fatal(err)
	}
	look = b.Visitor(t, s.URL, webtest.Beside(issuer.URL))
	look.Go("/invitation?token=" + s.mailedToken(t, "henry@byron.example"))
	look.CheckViews("invitation-with-sign-in")
	look.Submit("#join-by-organization")
	look.CheckViews("leave-for-sign-in")
	look.Follow("main a.btn:not(.quiet)")
	look.Fill("login", "henry@byron.example")
	look.Submit("form")
	look.Go("/account")
	look.CheckViews("account-within")
	look.Go("/account/sessions")
	if look.Path() != "/account" {
		t.Errorf("the sessions lead to %s, want the page that says why not", look.Path())
	}
	look.Go("/login/organization/leave")
	look.CheckViews("leave-over")
}

// withApp signs in a person who has the app of accounttest.
func (s site) withApp(t *testing.T, p *webtest.Page, user id.User, email string) {
	t.Helper()
	s.signInPage(t, p, email)
	p.Fill("code", accounttest.NextCode(t, s.DB, user))
	p.Submit("#second-step")
}
