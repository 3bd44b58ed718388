package web_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"assay/internal/account"
	"assay/internal/job"
	"assay/internal/postgres"
	"assay/web/webtest"
)

// gather does what the worker does with an export that was asked for.
func (s site) gather(t *testing.T, a postgres.Actor) {
	t.Helper()
	list, err := s.Privacy.Exports(t.Context(), a)
	if err != nil || len(list) == 0 {
		t.Fatalf("no export waits (err: %v)", err)
	}
	if err := s.Privacy.Gather(t.Context(), job.ExportAccount{Export: list[0].ID}); err != nil {
		t.Fatal(err)
	}
}

func TestAPersonDownloadsWhatIsKeptAndNobodyElseDoes(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	owner := s.owner(t, "ada@example.org", "North Imaging")
	s.owner(t, "bob@example.org", "South Imaging")
	ada, bob := s.person(t), s.person(t)
	ada.signIn("ada@example.org")
	bob.signIn("bob@example.org")
	if a := ada.fill("/account/privacy", "/account/privacy/export"); a.Status != http.StatusSeeOther {
		t.Fatalf("ask: status %d", a.Status)
	}
	s.gather(t, owner)
	link, found := ada.get("/account/privacy").Page.Find(`[data-testid=export] a[href*="/exports/"]`).Attr("href")
	if !found {
		t.Fatal("the page offers no download")
	}
	a := ada.get(link)
	if a.Status != http.StatusOK || !strings.HasPrefix(a.Body, "PK") || a.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("download: status %d, Cache-Control %q, begins %q", a.Status, a.Header.Get("Cache-Control"), a.Body[:min(2, len(a.Body))])
	}
	if a := bob.get(link); a.Status != http.StatusNotFound {
		t.Errorf("download by somebody else: status %d, want 404", a.Status)
	}
}

// super runs a statement that no part of the program may run.
func (s site) super(t *testing.T, sql string, args ...any) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), s.superURL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), sql, args...); err != nil {
		t.Fatal(err)
	}
}

func TestTheRecordOfActsShowsAnErasedPersonByAPseudonym(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	owner := s.owner(t, "ada@example.org", "North Imaging")
	eve := s.user(t, "eve@example.org")
	exec(t, s, owner, `INSERT INTO membership (organization_id, user_id, role) VALUES ($1, $2, 'admin')`, owner.Organization, eve)
	hers := postgres.Actor{User: eve, Organization: owner.Organization}
	if err := s.Accounts.RenameOrganization(t.Context(), hers, "North Imaging Institute"); err != nil {
		t.Fatal(err)
	}
	ada := s.person(t)
	ada.signIn("ada@example.org")
	const list = "/organization/activity?verb=organization.rename"
	pages := []string{list, "/organization/activity.csv?verb=organization.rename", "/organization"}
	for _, page := range pages {
		if body := ada.get(page).Body; !strings.Contains(body, "Ada of eve@example.org") {
			t.Errorf("%s does not name who acted while the account is there", page)
		}
	}

	if err := s.Privacy.AskErasure(t.Context(), hers, "eve@example.org"); err != nil {
		t.Fatal(err)
	}
	s.super(t, `UPDATE account_erasure SET asked_at = asked_at - interval '15 days', due_at = due_at - interval '15 days'`)
	if err := s.Privacy.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	pseudonym := "Somebody who left (" + string(eve[len(eve)-6:]) + ")"
	if text := ada.get(list).Page.Find("[data-testid=acts]").Text(); !strings.Contains(text, pseudonym) {
		t.Errorf("the list does not show %q:\n%s", pseudonym, text)
	}
	for _, page := range append(pages, "/organization/activity", "/organization/activity.jsonl") {
		if body := ada.get(page).Body; strings.Contains(body, "eve@example.org") || strings.Contains(body, "Ada of eve") {
			t.Errorf("%s still tells of the erased person", page)
		}
	}
}

func TestPrivacyPagesInABrowser(t *testing.T) {
	s := newSite(t, false)
	owner := s.owner(t, "ada@example.org", "North Imaging Institute")
	p := webtest.Start(t).Visitor(t, s.URL, webtest.NoScript)
	p.Go("/login?next=/account/privacy")
	p.Fill("email", "ada@example.org")
	p.Fill("password", goodPassword)
	p.Submit("#sign-in")
	p.CheckViews("privacy-empty")
	p.Submit("#ask-export")
	s.gather(t, owner)
	p.Go("/account/privacy")
	p.CheckViews("privacy-export")
	p.FollowText("Read what erasing means")
	p.CheckViews("erasure")
	p.Fill("email", "bob@example.org")
	p.Submit("#erase-account")
	p.WantText("main", "not the address of your account")
	p.CheckViews("erasure-mistake")
	p.Fill("email", "ada@example.org")
	p.Submit("#erase-account")
	p.WantText("main", "Your account will be erased on")
	p.CheckViews("erasure-waits")
	p.Submit("#keep-account")
	p.WantText("main", "Your account stays")
	member := s.user(t, "eve@example.org")
	exec(t, s, owner, `INSERT INTO membership (organization_id, user_id, role) VALUES ($1, $2, $3)`, owner.Organization, member, account.Viewer)
	p.Go("/account/privacy/erase")
	p.WantText("main", "only owner of North Imaging Institute")
	p.CheckViews("erasure-blocked")
}
