package web_test

import (
	"testing"

	"assay/internal/id"
	"assay/internal/notice"
	"assay/internal/postgres"
	"assay/web/webtest"
)

// TestNoticesInABrowser reads the inbox, chooses what to hear of and stops a
// mail by its link, with scripts and without, and checks each page in all
// views.
func TestNoticesInABrowser(t *testing.T) {
	s := newSite(t, false)
	b := webtest.Start(t)
	for _, how := range []struct {
		name    string
		email   string
		options []webtest.Option
	}{
		{"with scripts", "ada@example.org", nil},
		{"without scripts", "grace@example.org", []webtest.Option{webtest.NoScript}},
	} {
		t.Run(how.name, func(t *testing.T) {
			user := s.reviewer(t, how.email).User
			p := b.Visitor(t, s.URL, how.options...)
			look := func(name string) {
				if how.options == nil {
					p.CheckViews(name)
				}
			}
			p.Go("/login?next=/inbox")
			p.Fill("email", how.email)
			p.Fill("password", goodPassword)
			p.Submit("#sign-in")
			look("inbox-empty")
			s.tell(t, everydayNotices(user)...)
			p.Go("/inbox")
			look("inbox")
			before := p.Count(`[data-testid="notice"].unread`)
			p.Submit(`[data-testid="notice"].unread form[action$="/mark"]`)
			if got := p.Count(`[data-testid="notice"].unread`); got != before-1 {
				t.Errorf("%d notices are unread after one was read, want %d", got, before-1)
			}
			p.Submit(`#read-all`)
			p.WantText(`[data-testid="flash"]`, "marked as read")
			p.Go("/inbox?show=unread")
			look("inbox-all-read")
			p.Go("/inbox")
			p.Submit(`[data-testid="notice"] form[action$="/open"]`)
			if p.Path() == "/inbox" {
				t.Error("opening a notice led back to the inbox")
			}

			p.Go("/account/notices")
			look("notices")
			p.Set("version_returned", "digest")
			p.Set("hour", "18")
			p.Set("zone", "America/Argentina/Buenos_Aires")
			p.Submit("#notices")
			p.WantText(`[data-testid="flash"]`, "saved")
			got, err := s.Notices.Preferences(t.Context(), postgres.Actor{User: user})
			if err != nil || got.Ways[notice.VersionReturned] != notice.InDigest || got.DigestHour != 18 || got.TimeZone != "America/Argentina/Buenos_Aires" {
				t.Errorf("saved: %s at %d in %s, %v", got.Ways[notice.VersionReturned], got.DigestHour, got.TimeZone, err)
			}
			p.Submit("#reset")

			elsewhere := b.Visitor(t, s.URL, how.options...)
			elsewhere.Go("/login")
			elsewhere.Fill("email", how.email)
			elsewhere.Fill("password", goodPassword)
			elsewhere.Submit("#sign-in")
			p.Go("/account")
			look("account-hub")
			p.Go("/account/sessions")
			look("sessions")
			p.Submit(`[data-testid="session"] form[action="/account/sessions/end"]`)
			p.WantText(`[data-testid="flash"]`, "ended")
			if n := p.Count(`[data-testid="session"]`); n != 1 {
				t.Errorf("%d sessions are left, want this one", n)
			}

			p = b.Visitor(t, s.URL, how.options...) // who reads mail elsewhere is not signed in
			p.Go(unsubscribeLink.FindStringSubmatch(s.newestMailTo(t, how.email).Text)[1])
			look("unsubscribe")
			p.Submit("#stop")
			p.WantText("h1", "no more")
			look("unsubscribed")
			p.Submit("#resume")
			p.Submit("#stop-all")
			p.WantText(".notice", "paused")
			look("unsubscribed-all")
		})
	}
}

// everydayNotices are some of each desk, with a long one among them.
func everydayNotices(user id.User) []notice.Notice {
	to := notice.To{Users: []id.User{user}}
	return []notice.Notice{
		{Kind: notice.PasswordChanged, To: to, Subject: "Your password was changed", Lines: []string{"The password of your account at Assay was changed just now, and other sessions were ended.", "If it was not you, set a new password at once."}, Action: "Set a new password", Path: "/reset"},
		{Kind: notice.Announcement, To: to, Subject: "Assay is read-only on Sunday from 06:00 to 07:00 UTC", Lines: []string{"We move the database to a larger machine. Pages can be read; uploads wait."}},
		{Kind: notice.ReviewWaiting, To: to, Subject: "In review: version 1 of Brain MR of 12 children", Lines: []string{"A version waits for a reviewer."}, Action: "Open the queue", Path: "/review"},
		{Kind: notice.VersionReturned, To: to, Subject: "Changes requested: version 12 of Contrast-enhanced computed tomography of the chest, abdomen and pelvis in 1,204 adults",
			Lines: []string{"“Contrast-enhanced computed tomography of the chest, abdomen and pelvis in 1,204 adults”, version 12.", "A reviewer asks for changes. A new version can be sent at any time."}, Action: "Read what to change", Path: "/licenses"},
	}
}
