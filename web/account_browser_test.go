package web_test

import (
	"testing"

	"assay/web/webtest"
)

// TestAccountPagesInABrowser walks through every page of accounts and of
// verification, checks each in all views, and takes screenshots where
// ASSAY_SCREENSHOTS names a folder.
func TestAccountPagesInABrowser(t *testing.T) {
	s := newSite(t, true)
	s.reviewer(t, "rita@example.org")
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

	look("verification-empty", "/seller/verification")
	look("verification-identity", "/seller/verification/organization")
	for i := 0; i < len(identityFields); i += 2 {
		p.Set(identityFields[i], identityFields[i+1])
	}
	p.Submit("#identity")
	p.CheckViews("verification-documents-empty")
	for _, kind := range []string{"organization", "rights"} {
		p.Choose("kind", kind)
		p.Attach("file", writePaper(t))
		p.Submit("#attach")
	}
	p.CheckViews("verification-documents")
	look("verification-ready", "/seller/verification")
	p.Submit("#submit")
	p.CheckViews("verification-submitted")

	invited := b.Visitor(t, s.URL)
	invited.Go("/invitation?token=" + s.mailedToken(t, "grace@example.org"))
	invited.CheckViews("invitation")

	p = b.Visitor(t, s.URL)
	s.signInPage(t, p, "rita@example.org")
	look("review-queue", "/review/verifications")
	p.Follow(`[data-testid="waiting"] a`)
	p.CheckViews("review-case")
	p.Choose("outcome", "granted")
	p.Choose("level", "verified")
	p.Submit("#decision")
	p.CheckViews("review-case-mistakes")
	p.Choose("outcome", "returned")
	p.Set("reason", "The extract of the register is of 2019. Please attach one that is not older than six months.")
	p.Submit("#decision")
	p.CheckViews("review-queue-decided")
}
