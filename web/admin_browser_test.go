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
	_, err := s.Accounts.CreateAPIToken(t.Context(), ada, account.NewAPIToken{ID: id.New[id.APIToken](), Name: "Upload machine", Scopes: account.AllScopes()[:1], Days: 30})
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
	walkReferences(t, p, q)
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

// walkReferences changes the terms of a data set, withdraws it and puts it
// back, and describes another, without scripts; p looks at the pages.
func walkReferences(t *testing.T, p, q *webtest.Page) {
	t.Helper()
	const path = "/admin/references/nih-chestx-ray14"
	q.Go(path)
	q.Set("party", "owner")
	q.Fill("source", "Terms of 2026")
	q.Set("statement", "No product may hold a model trained on it.")
	q.Set("commercial_use", "prohibited")
	q.Choose("changes_terms", "1")
	q.Submit("#recheck-form")
	q.WantText("[data-testid=error-summary]", "Enter the address of the page")
	q.Set("license_name", "NIH terms of 2026")
	q.Set("tier", "research_noncommercial")
	q.Click("[data-testid=uses] summary")
	q.Set("use_train_commercial_model", "yes_with_conditions")
	q.Set("clause_train_commercial_model", "2")
	q.Submit("#recheck-form")
	q.WantText("[data-testid=error-summary]", "Use 2 to 300 characters")
	p.Go(path)
	q.Set("clause_train_commercial_model", "Section 2")
	q.Set("condition_train_commercial_model", "name the owner")
	q.Set("source_url", "https://example.org/terms-2026")
	q.Submit("#recheck-form")
	q.WantText("[data-testid=flash]", "The check is saved")
	q.WantText("[data-testid=history]", "NIH terms of 2026")
	q.WantText("[data-testid=said]", "disagrees")
	p.Reload()
	p.CheckViews("admin-reference-changed")
	p.Go("/datasets/nih-chestx-ray14")
	p.WantText("[data-testid=checks]", "terms changed")
	p.CheckViews("reference-with-checks")
	q.Submit("#withdraw-form")
	q.WantText("[data-testid=error-summary]", "Fill this in")
	q.Set("reason", "The owner asked us to take the description down.")
	q.Submit("#withdraw-form")
	q.WantText("[data-testid=withdrawn-for]", "The owner asked us")
	p.Go(path)
	p.CheckViews("admin-reference-withdrawn")
	p.Go("/datasets/nih-chestx-ray14")
	p.WantText("main", "The owner asked us")
	q.Submit("#restore-form")
	q.WantText("[data-testid=flash]", "back in the catalog")

	q.Go("/admin/references/new")
	q.Submit("#new-reference")
	q.WantText("[data-testid=error-summary]", "Choose at least one")
	for name, value := range map[string]string{"name": "Knee MR", "slug": "knee-mr-set", "title": "Knee MR with readings of two readers", "summary": "MR series of knees, read by two readers.",
		"owner": "Example Institute", "owner_url": "https://example.org/knee", "countries": "US\nAtlantis", "patients": "1,204", "labels": "Tears, by series",
		"deid_method": "unknown", "license": "CC-BY-4.0", "license_name": "CC BY 4.0", "tier": "open_attribution", "access": "open", "restrictions": "No single images",
		"caveats": "One scanner alone", "party": "owner", "source": "The owner's page", "statement": "CC BY 4.0.", "commercial_use": "allowed_with_attribution"} {
		q.Set(name, value)
	}
	q.Choose("modalities", "MR")
	q.Choose("body_parts", "knee")
	q.Choose("tasks", "classification")
	q.Submit("#new-reference")
	q.WantText("[data-testid=error-summary]", "is no country")
	q.Set("countries", "US\nGermany")
	q.Submit("#new-reference")
	q.WantText("[data-testid=flash]", "in the catalog")
	q.Go("/datasets/knee-mr-set")
	q.WantText("main", "1,204")
	q.WantText("main", "United States, Germany")
	q.WantText("[data-testid=caveats]", "One scanner alone")
}
