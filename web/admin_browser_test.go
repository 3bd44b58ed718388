package web_test

import (
	"testing"
	"time"

	"assay/internal/account"
	"assay/internal/catalog"
	"assay/internal/id"
	"assay/web/webtest"
)

func TestAdminsDeskInABrowser(t *testing.T) {
	s := newSite(t, false)
	s.admin(t, "root@example.org")
	ada := s.owner(t, "ada@example.org", "North Imaging Institute")
	if err := catalog.SeedExternal(t.Context(), s.DB, catalog.PlatformOrganization); err != nil {
		t.Fatal(err)
	}
	_, err := s.Accounts.CreateAPIToken(t.Context(), ada, account.NewAPIToken{ID: id.New[id.APIToken](), Name: "Upload machine", Scopes: account.AllScopes()[:1], Days: 30, Password: goodPassword})
	if err != nil {
		t.Fatal(err)
	}
	b := webtest.Start(t)
	hers := b.Visitor(t, s.URL, webtest.NoScript)
	s.signInPage(t, hers, "ada@example.org")
	p := b.Visitor(t, s.URL)
	s.signInPage(t, p, "root@example.org")
	for path, name := range map[string]string{"/admin": "admin", "/admin/users": "admin-users", "/admin/organizations": "admin-organizations", "/admin/access": "admin-access",
		"/admin/jobs": "admin-jobs", "/admin/errors": "admin-errors", "/admin/references": "admin-references", "/admin/settings": "admin-settings",
		"/admin/announcements": "admin-announcements", "/admin/references/new": "admin-reference-new", "/admin/references/nih-chestx-ray14": "admin-reference",
		"/admin/users/" + string(ada.User): "admin-user", "/admin/organizations/" + string(ada.Organization): "admin-organization"} {
		p.Go(path)
		p.CheckViews(name)
	}

	// Without scripts: a check that rewrites a conflict, an announcement, an account closed.
	q := b.Visitor(t, s.URL, webtest.NoScript)
	s.signInPage(t, q, "root@example.org")
	q.Go("/admin/references/nih-chestx-ray14")
	q.Submit("#recheck-form")
	q.WantText("[data-testid=error-summary]", "Choose who says it")
	q.Set("party", "owner")
	q.Fill("source", "The owner's page of terms")
	q.Set("statement", "Any use with attribution.")
	q.Set("commercial_use", "allowed_with_attribution")
	q.Set("conflict", "The guide is older than the owner's page.")
	q.Submit("#recheck-form")
	q.WantText("[data-testid=flash]", "The check is saved")
	q.WantText("[data-testid=history]", "The owner's page of terms")
	q.Go("/admin/agreements")
	q.Submit("#write-form")
	q.WantText("[data-testid=error-summary]", "Give it a title")
	q.Fill("name", "commercial-license")
	q.Fill("title", "Commercial license")
	q.Set("body", "## What you may do\n\nTrain models and ship them.\n\n<script>alert(1)</script>[a](javascript:alert(1))\n")
	q.Submit("#write-form")
	q.WantText("[data-testid=state]", "draft")
	q.WantText("[data-testid=text]", "Train models and ship them.")
	if q.Has("[data-testid=text] script") || q.Has(`[data-testid=text] a[href^="javascript"]`) {
		t.Error("the text of a template runs a script")
	}
	q.Submit("#publish-form")
	q.WantText("[data-testid=state]", "published")
	p.Go(q.Path())
	p.CheckViews("admin-agreement")
	q.Go("/admin/agreements")
	q.Fill("name", "commercial-license")
	q.Fill("title", "Commercial license")
	q.Set("body", "## What you may do\n\nTrain models, and ship them for two years.\n")
	q.Submit("#write-form")
	q.WantText("[data-testid=changes]", "for two years")
	p.Go(q.Path())
	p.CheckViews("admin-agreement-draft")
	p.Go("/admin/agreements")
	p.CheckViews("admin-agreements")
	q.Submit("#discard-form")
	q.WantText("[data-testid=flash]", "thrown away")
	q.Go("/admin/announcements")
	q.Set("body", "Uploads rest on Sunday from 20:00 to 22:00 UTC.")
	q.Set("until", time.Now().UTC().Add(48*time.Hour).Format("2006-01-02T15:04"))
	q.Submit("#announce-form")
	q.WantText("[data-testid=announcement]", "Uploads rest")
	p.Go("/admin")
	p.CheckViews("admin-announced")
	q.Go("/admin/users/" + string(ada.User))
	q.Set("reason", "security")
	q.Submit("#disable")
	q.WantText("[data-testid=state]", "closed")
	hers.Go("/account")
	hers.WantText("h1", "Sign in")
}
