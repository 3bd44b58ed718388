package web_test

import (
	"encoding/csv"
	"net/http"
	"strings"
	"testing"
	"time"

	"assay/internal/account"
	"assay/internal/account/accounttest"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
)

// admin makes an admin of the platform with a second factor.
func (s site) admin(t *testing.T, email string) id.User {
	t.Helper()
	user := s.user(t, email)
	if err := s.Accounts.SetPlatformRole(t.Context(), postgres.Actor{Platform: postgres.Admin}, user, postgres.Admin); err != nil {
		t.Fatal(err)
	}
	if err := s.Accounts.SetApp(t.Context(), user, accounttest.AppSecret); err != nil {
		t.Fatal(err)
	}
	return user
}

// table reads a download of comma-separated values by its heads.
func table(t *testing.T, body string) (rows []map[string]string) {
	t.Helper()
	list, err := csv.NewReader(strings.NewReader(body)).ReadAll()
	if err != nil || len(list) == 0 {
		t.Fatalf("no table: %v", err)
	}
	for _, cells := range list[1:] {
		row := map[string]string{}
		for i, c := range cells {
			row[list[0][i]] = c
		}
		rows = append(rows, row)
	}
	return rows
}

func TestAdminEndsSessionsAndTokensOfOthers(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	s.admin(t, "root@example.org")
	ada := s.owner(t, "ada@example.org", "North Imaging")
	page := "/admin/users/" + string(ada.User)
	root, hers := s.person(t), s.person(t)
	root.signIn("root@example.org")
	hers.signIn("ada@example.org")
	secret, err := s.Accounts.CreateAPIToken(t.Context(), ada, account.NewAPIToken{ID: id.New[id.APIToken](), Name: "Nightly", Scopes: []account.Scope{account.ReadListings}, Days: 7})
	if err != nil {
		t.Fatal(err)
	}

	shown := root.get(page)
	session, _ := shown.Page.Find("button[name=session]").Attr("value")
	token, _ := shown.Page.Find("button[name=token]").Attr("value")
	if session == "" || token == "" || strings.Contains(shown.Body, secret) {
		t.Fatalf("session %q, token %q, or the secret is shown", session, token)
	}
	wantStatus(t, "end the session", root.fill(page, page+"/sessions/end", "session", session), http.StatusSeeOther, page)
	if a := hers.get("/account"); a.Status != http.StatusSeeOther || !strings.HasPrefix(a.Location, "/login") {
		t.Errorf("the next request of an ended session: status %d, to %q", a.Status, a.Location)
	}
	wantStatus(t, "revoke the token", root.fill(page, page+"/tokens/revoke", "token", token), http.StatusSeeOther, page)
	if _, err := s.Accounts.Bearer(t.Context(), secret); errs.KindOf(err) != errs.Unauthenticated {
		t.Errorf("the revoked token: %v", err)
	}

	hers.signIn("ada@example.org")
	wantStatus(t, "end all sessions", root.fill(page, page+"/sessions/end", "which", "all"), http.StatusSeeOther, page)
	wantStatus(t, "the next request", hers.get("/account"), http.StatusSeeOther, "/login?next=%2Faccount")
	if a := root.fill(page, page+"/disable"); a.Status != http.StatusUnprocessableEntity || !strings.Contains(a.Body, "Choose why") {
		t.Errorf("close without a reason: status %d", a.Status)
	}
	wantStatus(t, "close", root.fill(page, page+"/disable", "reason", "security"), http.StatusSeeOther, page)
	if a := hers.fill("/login", "/login", "email", "ada@example.org", "password", goodPassword); a.Status == http.StatusSeeOther {
		t.Error("a closed account signs in")
	}
	wantStatus(t, "open again", root.fill(page, page+"/enable"), http.StatusSeeOther, page)
	hers.signIn("ada@example.org")
}

func TestPlatformRolesNeedAFreshProof(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	user := s.admin(t, "root@example.org")
	ada := s.user(t, "ada@example.org")
	root := s.person(t)
	root.signIn("root@example.org")
	page, own := "/admin/users/"+string(ada), "/admin/users/"+string(user)
	s.age(t, user, time.Hour)
	wantStatus(t, "a role long after the sign-in", root.fill(page, page+"/role", "role", "reviewer"), http.StatusSeeOther, "/account/security/again")
	wantStatus(t, "the proof", root.fill("/account/security/again", "/account/security/again", "code", accounttest.Code(t, s.DB, s.Accounts, "root@example.org")), http.StatusSeeOther, page)
	wantStatus(t, "the role", root.fill(page, page+"/role", "role", "reviewer"), http.StatusSeeOther, page)
	if v, err := s.Accounts.Visitor(t.Context(), ada, ""); err != nil || v.Staff != postgres.Reviewer {
		t.Errorf("the role is %q, %v", v.Staff, err)
	}
	if a := root.fill(own, own+"/role", "role", ""); a.Status != http.StatusConflict || !strings.Contains(a.Body, "their own role") {
		t.Errorf("one's own role: status %d", a.Status)
	}
}

// A name that begins like a formula is text in a spreadsheet.
func TestTablesOfAdminsHoldNoFormula(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	s.admin(t, "root@example.org")
	eve := s.owner(t, "eve@example.org", "=HYPERLINK(\"//evil\")")
	if err := s.Accounts.Rename(t.Context(), eve, "@SUM(1+1)*cmd|' /C calc'!A0"); err != nil {
		t.Fatal(err)
	}
	member := accounttest.Member(t, s.DB, eve.Organization, account.Viewer)
	root := s.person(t)
	root.signIn("root@example.org")
	for _, path := range []string{"/admin/users.csv", "/admin/organizations.csv", "/admin/access.csv"} {
		a := root.get(path)
		if a.Status != http.StatusOK || !strings.HasPrefix(a.Header.Get("Content-Type"), "text/csv") || !strings.Contains(a.Header.Get("Cache-Control"), "no-store") {
			t.Fatalf("%s: status %d, %v", path, a.Status, a.Header)
		}
		found := 0
		for _, row := range table(t, a.Body) {
			for head, value := range row {
				if value != "" && strings.ContainsRune("=+-@\t\r", rune(value[0])) {
					t.Errorf("%s: %s begins a formula: %q", path, head, value)
				}
				if strings.HasPrefix(value, "'=") || strings.HasPrefix(value, "'@") {
					found++
				}
			}
		}
		if found == 0 {
			t.Errorf("%s does not hold the names that begin like formulas", path)
		}
	}
	var seen bool
	for _, row := range table(t, root.get("/admin/access.csv").Body) {
		if row["user"] == string(member.User) {
			seen = row["role"] == "viewer" && row["since"] != "" && row["second_factor"] == "no" && row["organization"] == string(eve.Organization)
		}
		if row["email"] == "root@example.org" && (row["where"] != "platform" || row["role"] != "admin" || row["second_factor"] != "yes" || row["last_use"] == "") {
			t.Errorf("the admin's own row: %v", row)
		}
	}
	if !seen {
		t.Error("the access review does not hold the viewer's role")
	}
}

func TestRoomOfAnOrganization(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	s.admin(t, "root@example.org")
	ada := s.owner(t, "ada@example.org", "North Imaging")
	root := s.person(t)
	root.signIn("root@example.org")
	page := "/admin/organizations/" + string(ada.Organization)
	for _, wrong := range []string{"-1", "NaN", "much", "1e300", "0"} {
		if a := root.fill(page, page+"/quota", "quota", wrong); a.Status != http.StatusUnprocessableEntity || !strings.Contains(a.Body, `value="`+wrong+`"`) {
			t.Errorf("%q GB: status %d, or the value is lost", wrong, a.Status)
		}
	}
	wantStatus(t, "250 GB", root.fill(page, page+"/quota", "quota", "250"), http.StatusSeeOther, page)
	if a := root.get(page); !strings.Contains(a.Body, "of 250 GB") {
		t.Error("the page does not show the room")
	}
	wantStatus(t, "the room of all", root.fill(page, page+"/quota", "quota", ""), http.StatusSeeOther, page)
}

func TestAnnouncementsAreShownAndPutAway(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	s.admin(t, "root@example.org")
	root, stranger := s.person(t), s.person(t)
	root.signIn("root@example.org")
	moment := func(in time.Duration) string { return time.Now().UTC().Add(in).Format("2006-01-02T15:04") }
	fill := func(audience, from, until string) answer {
		return root.fill("/admin/announcements", "/admin/announcements", "body", "Uploads rest on Sunday from 20:00 UTC.", "level", "warn", "audience", audience, "from", from, "until", until)
	}
	if a := fill("everybody", moment(time.Hour), moment(-time.Hour)); a.Status != http.StatusUnprocessableEntity || !strings.Contains(a.Body, "Uploads rest") {
		t.Errorf("an end before the beginning: status %d, or the text is lost", a.Status)
	}
	wantStatus(t, "announce", fill("everybody", moment(-time.Hour), moment(time.Hour)), http.StatusSeeOther, "/admin/announcements")
	wantStatus(t, "announce to some", fill("signed_in", moment(-time.Hour), moment(time.Hour)), http.StatusSeeOther, "/admin/announcements")
	wantStatus(t, "announce later", fill("everybody", moment(time.Hour), moment(2*time.Hour)), http.StatusSeeOther, "/admin/announcements")
	const shown = "[data-testid=announcement]"
	if n := root.get("/licenses").Page.Find(shown).Length(); n != 2 {
		t.Errorf("somebody signed in sees %d announcements, want 2", n)
	}
	licenses := stranger.get("/licenses")
	if n := licenses.Page.Find(shown).Length(); n != 1 {
		t.Fatalf("a stranger sees %d announcements, want 1", n)
	}
	away, _ := licenses.Page.Find(shown + " form").Attr("action")
	wantStatus(t, "put it away", stranger.send(away, map[string][]string{"back": {"/licenses"}}), http.StatusSeeOther, "/licenses")
	if n := stranger.get("/licenses").Page.Find(shown).Length(); n != 0 {
		t.Error("what was put away is shown again")
	}
	wantStatus(t, "elsewhere", stranger.send(away, map[string][]string{"back": {"//evil.example"}}), http.StatusSeeOther, "/")
	end, _ := root.get("/admin/announcements").Page.Find("form[action$='/end']").First().Attr("action")
	wantStatus(t, "end it", root.fill("/admin/announcements", end), http.StatusSeeOther, "/admin/announcements")
}

func TestPagesOfTheDeskAreForAdmins(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	s.admin(t, "root@example.org")
	s.staff(t, "rita@example.org")
	s.owner(t, "ada@example.org", "North Imaging")
	root, rita, ada, stranger := s.person(t), s.person(t), s.person(t), s.person(t)
	root.signIn("root@example.org")
	rita.signIn("rita@example.org")
	ada.signIn("ada@example.org")
	for _, path := range []string{"/admin", "/admin/users", "/admin/organizations", "/admin/access", "/admin/jobs", "/admin/errors", "/admin/references", "/admin/references/new", "/admin/announcements", "/admin/settings"} {
		wantStatus(t, path+" for an admin", root.get(path), http.StatusOK, "")
		wantStatus(t, path+" for a seller", ada.get(path), http.StatusNotFound, "")
		if a := rita.get(path); a.Status != http.StatusNotFound && a.Status != http.StatusSeeOther {
			t.Errorf("%s for a reviewer: status %d", path, a.Status)
		}
		wantStatus(t, path+" for a stranger", stranger.get(path), http.StatusSeeOther, "")
	}
	if body := root.get("/admin/settings").Body; strings.Contains(body, pageSecret) || !strings.Contains(body, "ASSAY_SECRET_KEY") {
		t.Error("the page of settings shows a secret")
	}
}
