package web_test

import (
	"testing"

	"assay/web/webtest"
)

// TestAccountPagesInABrowser walks through every page of accounts, checks each in all views, and takes screenshots where
// ASSAY_SCREENSHOTS names a folder.
func TestAccountPagesInABrowser(t *testing.T) {
	s := newSite(t, true)
	b := webtest.Start(t)
	p := b.Visitor(t, s.URL)
	look := func(name, path string) {
		t.Helper()
		p.Go(path)
		p.CheckViews(name)
	}

	look("sign-in", "/login?next=/account")
	p.Fill("email", "ada@example.org")
	p.Fill("password", "not it")
	p.Submit("#sign-in")
	p.CheckViews("sign-in-refused")
	look("register", "/register")
	p.Fill("email", "ada")
	p.Fill("password", "password")
	p.Submit("#register")
	p.CheckViews("register-mistakes")
	p.Fill("name", "Ada Lovelace")
	p.Fill("email", "ada@example.org")
	p.Fill("password", goodPassword)
	p.Submit("#register")
	p.CheckViews("register-sent")
	look("mailbox", "/mailbox")
	look("reset", "/reset")
	look("resend", "/confirm/resend")
	look("reset-over", "/reset/new?token=x")
	look("invitation-over", "/invitation?token=x")
	look("confirm", "/confirm?token="+s.mailedToken(t, "ada@example.org"))
	p.Fill("password", goodPassword)
	p.Submit("main form")
	p.CheckViews("account-empty")

	look("organization-new", "/organizations/new")
	p.Fill("name", "North Imaging Institute of the Free and Hanseatic City, Department of Radiology")
	p.Submit("#organization-name")
	p.CheckViews("organization")
	look("invite", "/organization/invitations/new")
	p.Fill("email", "grace@example.org")
	p.Choose("role", "editor")
	p.Submit("#invite")
	p.CheckViews("organization-invited")
	p.Follow(`[data-testid="member"] a`)
	p.CheckViews("member")
	look("account", "/account")

	invited := b.Visitor(t, s.URL)
	invited.Go("/invitation?token=" + s.mailedToken(t, "grace@example.org"))
	invited.CheckViews("invitation")
}
