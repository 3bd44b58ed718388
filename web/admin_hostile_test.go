package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"assay/internal/account"
	"assay/internal/agreement"
	"assay/internal/catalog"
	"assay/internal/id"
	"assay/internal/postgres"
)

// hostileTexts are what people and programs send that no form asks for.
var hostileTexts = map[string]string{
	"nothing":          "",
	"markup":           `"><script>alert(1)</script><img src=x onerror=alert(1)>`,
	"a formula":        "=1+1",
	"a huge text":      strings.Repeat("Ω", 120_000),
	"a zero byte":      "Terms\x00 of the owner",
	"no UTF-8":         "Terms \xff\xfe of the owner",
	"turned text":      "Terms \u202eof the owner",
	"a far number":     "99999999999999999999",
	"a template":       "{{.}} ${1} %s %n",
	"an SQL statement": "'; DROP TABLE app_user; --",
}

// Every form of the admins' desk is sent with hostile values in all its
// fields: the answer is a refusal or a page, never a fault of the server, and
// nothing that was sent becomes markup.
func TestHostileInputBreaksNoFormOfTheDesk(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	s.admin(t, "root@example.org")
	ada := s.owner(t, "ada@example.org", `=2+5 <b>Imaging</b> `+strings.Repeat("W", 60))
	if err := catalog.SeedExternal(t.Context(), s.DB, catalog.PlatformOrganization); err != nil {
		t.Fatal(err)
	}
	_, err := s.Accounts.CreateAPIToken(t.Context(), ada, account.NewAPIToken{ID: id.New[id.APIToken](), Name: "<i>Nightly</i>", Scopes: account.AllScopes()[:1], Days: 7})
	if err != nil {
		t.Fatal(err)
	}
	draft, err := agreement.New(s.DB).Write(t.Context(), postgres.Actor{User: s.admin(t, "else@example.org"), Platform: postgres.Admin},
		agreement.Template{Name: "dua", Title: "Data use agreement", Body: "Nobody tries to identify a person."})
	if err != nil {
		t.Fatal(err)
	}
	s.keeps(t)
	s.works(t)
	root := s.person(t)
	root.signIn("root@example.org")
	pages := []string{"/admin/users", "/admin/users/" + string(ada.User), "/admin/organizations", "/admin/organizations/" + string(ada.Organization), "/admin/access",
		"/admin/jobs", "/admin/storage", "/admin/storage/orphans?age=30", "/admin/references/new", "/admin/references/chexpert", "/admin/announcements", "/admin/agreements",
		"/admin/agreements/" + string(draft)}
	sent := 0
	for name, value := range hostileTexts {
		for _, path := range pages {
			shown := root.get(path)
			if shown.Status != http.StatusOK {
				t.Errorf("%s after %s: status %d", path, name, shown.Status)
				continue
			}
			shown.Page.Find("main form").Each(func(_ int, form *goquery.Selection) {
				action, fields := form.AttrOr("action", ""), url.Values{}
				if !strings.HasPrefix(action, "/admin") || strings.HasSuffix(action, "/discard") || strings.HasSuffix(action, "/publish") {
					return
				}
				form.Find("[name]").Each(func(_ int, in *goquery.Selection) { fields.Set(in.AttrOr("name", ""), value) })
				sent++
				var a answer
				if strings.EqualFold(form.AttrOr("method", "get"), "get") {
					a = root.get(action + "?" + fields.Encode())
				} else {
					fields.Set("csrf", form.Find("[name=csrf]").AttrOr("value", ""))
					a = root.send(action, fields)
				}
				if a.Status >= 500 || a.Status == http.StatusForbidden {
					t.Errorf("%s in %s of %s: status %d", name, action, path, a.Status)
				}
				if strings.Contains(a.Body, "<script>alert(1)") || strings.Contains(a.Body, "<img src=x") {
					t.Errorf("%s in %s of %s: what was sent became markup", name, action, path)
				}
			})
		}
	}
	for _, path := range []string{"/admin/users.csv?q=%00", "/admin/organizations.csv?q=%ff", "/admin/access.csv?where=%00", "/admin/users?after=%00", "/admin/access?after=x&in=%00",
		"/admin/users/%00", "/admin/organizations/%00", "/admin/references/%00", "/admin/agreements/%00", "/admin/storage/orphans?age=-1"} {
		if a := root.get(path); a.Status >= 500 {
			t.Errorf("%s: status %d", path, a.Status)
		}
	}
	for _, path := range append(pages, "/admin", "/admin/errors", "/admin/settings", "/admin/references") {
		a := root.get(path)
		if a.Status != http.StatusOK || strings.Contains(a.Body, "<script>alert(1)") || strings.Contains(a.Body, "<b>Imaging") || strings.Contains(a.Body, "<i>Nightly") {
			t.Errorf("%s afterwards: status %d, or a name became markup", path, a.Status)
		}
	}
	t.Logf("%d forms were sent", sent)
	if sent < 100 {
		t.Errorf("%d forms were sent, want at least 100", sent)
	}
}
