package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/jackc/pgx/v5"

	"assay/internal/account"
	"assay/internal/id"
	"assay/internal/notice"
	"assay/internal/notice/noticetest"
	"assay/internal/postgres"
)

// tell sends events and delivers them.
func (s site) tell(t *testing.T, list ...notice.Notice) {
	t.Helper()
	for _, n := range list {
		err := s.DB.InTx(t.Context(), postgres.Actor{}, func(tx pgx.Tx) error { return notice.Send(t.Context(), tx, n) })
		if err != nil {
			t.Fatal(err)
		}
	}
	noticetest.DeliverBy(t, s.DB, s.Notices)
}

// forgetSignIns drops the events that signing in caused, so that a test counts
// its own alone.
func (s site) forgetSignIns(t *testing.T) {
	t.Helper()
	err := s.DB.InTx(t.Context(), postgres.Actor{Platform: postgres.Worker}, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), `DELETE FROM notice_event`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func returned(to ...id.User) notice.Notice {
	return notice.Notice{Kind: notice.VersionReturned, To: notice.To{Users: to}, Subject: "Changes requested: version 3 of Chest CT of 40 adults",
		Lines: []string{"A reviewer asks for changes. A new version can be sent at any time."}, Action: "Read what to change", Path: "/seller"}
}

func TestTheInboxTellsOnceAndReadingIsRemembered(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	ada := s.owner(t, "ada@example.org", "North")
	p := s.person(t)
	p.signIn("ada@example.org")
	s.forgetSignIns(t)
	if a := p.get("/inbox"); a.Status != http.StatusOK || a.Page.Find(`[data-testid="empty"]`).Length() != 1 {
		t.Errorf("an inbox with nothing in it: status %d, %d empty states", a.Status, a.Page.Find(`[data-testid="empty"]`).Length())
	}
	s.tell(t, returned(ada.User), returned(ada.User))
	a := p.get("/inbox")
	if n := a.Page.Find(`[data-testid="notice"].unread`).Length(); n != 2 {
		t.Fatalf("%d unread notices, want 2", n)
	}
	if got := strings.TrimSpace(a.Page.Find(`[data-testid="inbox-link"] .count`).Text()); got != "2 unread" {
		t.Errorf("the corner says %q, want 2 unread", got)
	}
	open, _ := a.Page.Find(`form[action$="/open"]`).First().Attr("action")
	mark, _ := a.Page.Find(`form[action$="/mark"]`).First().Attr("action")
	wantStatus(t, "open", p.fill("/inbox", open), http.StatusSeeOther, "/seller")
	unread := func(want int, when string) {
		t.Helper()
		if n := p.get("/inbox?show=unread").Page.Find(`[data-testid="notice"]`).Length(); n != want {
			t.Errorf("%s: %d unread notices, want %d", when, n, want)
		}
	}
	unread(1, "one was opened")
	wantStatus(t, "mark as unread", p.fill("/inbox", mark, "as", "unread", "back", "/inbox?show=unread"), http.StatusSeeOther, "/inbox?show=unread")
	unread(2, "it was marked as unread")
	newest, _ := a.Page.Find(`input[name="newest"]`).Attr("value")
	s.tell(t, returned(ada.User))
	wantStatus(t, "mark all that the page showed", p.fill("/inbox", "/inbox/read", "newest", newest, "back", "https://evil.example/"), http.StatusSeeOther, "/inbox")
	unread(1, "all were marked that the page showed")
	wantStatus(t, "a notice of nobody", p.fill("/inbox", "/inbox/"+id.New[string]()+"/open"), http.StatusNotFound, "")
	wantStatus(t, "a page of the inbox that is none", p.get("/inbox?before=x"), http.StatusNotFound, "")
}

func TestTheInboxTurnsPagesWithoutLosingANotice(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	ada := s.owner(t, "ada@example.org", "North")
	var list []notice.Notice
	for range 2*notice.PageLength + 3 {
		list = append(list, returned(ada.User))
	}
	s.tell(t, list...)
	p := s.person(t)
	p.signIn("ada@example.org")
	seen := map[string]bool{}
	path, pages := "/inbox", 0
	for path != "" {
		a := p.get(path)
		a.Page.Find(`form[action$="/mark"]`).Each(func(_ int, f *goquery.Selection) {
			action, _ := f.Attr("action")
			seen[action] = true
		})
		path, _ = a.Page.Find(`a[rel="next"]`).Attr("href")
		pages++
	}
	if len(seen) != len(list) || pages != 3 {
		t.Errorf("%d notices on %d pages, want %d on 3", len(seen), pages, len(list))
	}
}

func TestOpeningANoticeOfAnotherOrganizationWorksForIt(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	ada := s.owner(t, "ada@example.org", "North")
	south, err := s.Accounts.CreateOrganization(t.Context(), ada.User, account.NewOrganization{Name: "South"})
	if err != nil {
		t.Fatal(err)
	}
	n := returned()
	n.To = notice.To{Organization: south}
	s.tell(t, n)
	p := s.person(t)
	p.signIn("ada@example.org")
	if got := p.get("/seller").Page.Find(`[data-testid="account"] small`).First().Text(); got != "North" {
		t.Fatalf("works for %q at first, want North", got)
	}
	open, _ := p.get("/inbox").Page.Find(`form[action$="/open"]`).Attr("action")
	wantStatus(t, "open", p.fill("/inbox", open), http.StatusSeeOther, "/seller")
	if got := p.get("/seller").Page.Find(`[data-testid="account"] small`).First().Text(); got != "South" {
		t.Errorf("works for %q, want South, whose page it is", got)
	}
}

func TestPreferencesAreSavedRefusedAndReset(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	s.user(t, "ada@example.org")
	p := s.person(t)
	p.signIn("ada@example.org")
	const page = "/account/notices"
	if p.get(page).Page.Find(`[data-testid="group-desk"]`).Length() != 0 {
		t.Error("the desk of reviewers is offered to somebody else")
	}
	chosen := func(field string) string {
		v, _ := p.get(page).Page.Find(`[name="` + field + `"] option[selected]`).Attr("value")
		return v
	}
	wantStatus(t, "save", p.fill(page, page, "hour", "18", "zone", "Europe/Berlin", "version_returned", "digest"), http.StatusSeeOther, page)
	if chosen("hour") != "18" || chosen("version_returned") != "digest" || chosen("version_approved") != "mail" || chosen("zone") != "Europe/Berlin" {
		t.Errorf("saved: hour %s in %s, returned %s, approved %s", chosen("hour"), chosen("zone"), chosen("version_returned"), chosen("version_approved"))
	}
	a := p.fill(page, page, "hour", "25", "zone", "Europe/Berlin", "version_returned", "app", "paused", "1")
	if a.Status != http.StatusUnprocessableEntity || a.Page.Find(`#f-hour-error`).Length() != 1 || a.Page.Find(`[name="paused"][checked]`).Length() != 1 {
		t.Errorf("an hour that is none: status %d, %d messages, pause kept: %d", a.Status, a.Page.Find(`#f-hour-error`).Length(), a.Page.Find(`[name="paused"][checked]`).Length())
	}
	a = p.fill(page, page, "hour", "7", "zone", "Mars/Olympus_Mons")
	if a.Status != http.StatusUnprocessableEntity || a.Page.Find(`#f-zone-error`).Length() != 1 {
		t.Errorf("a time zone that is none: status %d, %d messages", a.Status, a.Page.Find(`#f-zone-error`).Length())
	}
	wantStatus(t, "turn off what must be told", p.fill(page, page, "hour", "7", "zone", "UTC", "new_sign_in", "app"), http.StatusUnprocessableEntity, "")
	wantStatus(t, "reset", p.fill(page, page+"/reset"), http.StatusSeeOther, page)
	if chosen("hour") != "7" || chosen("zone") != "UTC" || chosen("version_returned") != "mail" {
		t.Errorf("after the reset: hour %s, returned %s", chosen("hour"), chosen("version_returned"))
	}
}

var unsubscribeLink = regexp.MustCompile(`https?://[^/]+(/unsubscribe/\S+)`)

func TestTheLinkInAMailAsksFirstAndThenStops(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	ada := s.user(t, "ada@example.org")
	s.tell(t, returned(ada))
	link := unsubscribeLink.FindStringSubmatch(s.newestMailTo(t, "ada@example.org").Text)[1]
	way := func() notice.Way {
		w, err := s.Notices.Preferences(t.Context(), postgres.Actor{User: ada})
		if err != nil {
			t.Fatal(err)
		}
		if w.Paused {
			return "paused"
		}
		return w.Ways[notice.VersionReturned]
	}
	stranger := s.person(t) // nobody signs in for this
	a := stranger.get(link)
	if a.Status != http.StatusOK || a.Header.Get("Cache-Control") != "no-store" || a.Header.Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("the page: status %d, %q, %q", a.Status, a.Header.Get("Cache-Control"), a.Header.Get("Referrer-Policy"))
	}
	if strings.Contains(a.Body, "ada@") {
		t.Error("the page tells whose mail it is")
	}
	if way() != notice.AtOnce {
		t.Fatal("opening the link stopped the mail: a scanner of links would too")
	}
	for _, step := range []struct {
		action string
		fields []string
		want   notice.Way
	}{
		{"/stop", nil, notice.OnlyInApp},
		{"/resume", nil, notice.AtOnce},
		{"/stop", []string{"all", "1"}, "paused"},
		{"/resume", []string{"all", "1"}, notice.AtOnce},
	} {
		wantStatus(t, step.action, stranger.fill(link, link+step.action, step.fields...), http.StatusSeeOther, link)
		if way() != step.want {
			t.Errorf("after %s %v: %s, want %s", step.action, step.fields, way(), step.want)
		}
	}
	wantStatus(t, "without a token of the form", s.person(t).send(link+"/stop", url.Values{}), http.StatusForbidden, "")
	for _, bad := range []string{link + "x", "/unsubscribe/x", "/unsubscribe/" + strings.Repeat("A", 600)} {
		wantStatus(t, "a changed link", stranger.get(bad), http.StatusNotFound, "")
	}
}

// A mail program's server posts by itself, without cookies and from nowhere.
func TestOneClickStopsMailAsRFC8058Asks(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	ada := s.user(t, "ada@example.org")
	s.tell(t, returned(ada))
	link := unsubscribeLink.FindStringSubmatch(s.newestMailTo(t, "ada@example.org").Text)[1]
	one := url.Values{"List-Unsubscribe": {"One-Click"}}
	wantStatus(t, "a POST that asks for nothing", s.person(t).send(link, url.Values{}), http.StatusUnprocessableEntity, "")
	wantStatus(t, "a changed link", s.person(t).send(link+"x", one), http.StatusNotFound, "")
	for range 2 {
		a := s.person(t).send(link, one)
		if a.Status != http.StatusOK || a.Header.Get("Set-Cookie") != "" {
			t.Errorf("one click: status %d with cookie %q, want 200 without", a.Status, a.Header.Get("Set-Cookie"))
		}
	}
	p, err := s.Notices.Preferences(t.Context(), postgres.Actor{User: ada})
	if err != nil || p.Ways[notice.VersionReturned] != notice.OnlyInApp {
		t.Errorf("after one click: %s, %v", p.Ways[notice.VersionReturned], err)
	}
}
