package web_test

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"assay/internal/account"
	"assay/internal/account/accounttest"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
)

func wantStatus(t *testing.T, what string, a answer, status int, location string) {
	t.Helper()
	if a.Status != status || (location != "" && a.Location != location) {
		t.Errorf("%s: status %d to %q, want %d to %q", what, a.Status, a.Location, status, location)
	}
}

func TestPersonRegistersConfirmsAndSignsOut(t *testing.T) {
	t.Parallel()
	s := newSite(t, true)
	p := s.person(t)
	wantStatus(t, "account of nobody", p.get("/account"), http.StatusSeeOther, "/login?next=%2Faccount")
	wantStatus(t, "register", p.fill("/register", "/register", "name", "Ada", "email", "ada@example.org", "password", goodPassword),
		http.StatusSeeOther, "/register/sent")
	if a := p.get("/mailbox"); a.Status != http.StatusOK || a.Page.Find(`[data-testid="mail"] a`).Length() != 1 {
		t.Errorf("mailbox: status %d, %d links", a.Status, a.Page.Find(`[data-testid="mail"] a`).Length())
	}
	token := s.mailedToken(t, "ada@example.org")
	wantStatus(t, "sign in before confirming", p.fill("/login", "/login", "email", "ada@example.org", "password", goodPassword),
		http.StatusUnprocessableEntity, "")
	wantStatus(t, "opening the link", p.get("/confirm?token="+token), http.StatusOK, "")
	wantStatus(t, "confirm with another password", p.fill("/confirm?token="+token, "/confirm", "token", token, "password", "something else here"),
		http.StatusUnprocessableEntity, "")
	wantStatus(t, "confirm", p.fill("/confirm?token="+token, "/confirm", "token", token, "password", goodPassword),
		http.StatusSeeOther, "/account")
	if a := p.get("/account"); a.Status != http.StatusOK || a.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("account: status %d, Cache-Control %q", a.Status, a.Header.Get("Cache-Control"))
	}
	wantStatus(t, "the link a second time", p.fill("/confirm?token="+token, "/confirm", "token", token, "password", goodPassword),
		http.StatusUnprocessableEntity, "")

	old := p.cookie()
	wantStatus(t, "sign out", p.fill("/account", "/logout"), http.StatusSeeOther, "/")
	wantStatus(t, "account after signing out", p.withCookie(old).get("/account"), http.StatusSeeOther, "/login?next=%2Faccount")
}

func TestMailboxExistsInTheDemoAlone(t *testing.T) {
	t.Parallel()
	wantStatus(t, "mailbox outside the demo", newSite(t, false).person(t).get("/mailbox"), http.StatusNotFound, "")
}

func TestSessionTokenChangesWithItsRights(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	s.owner(t, "ada@example.org", "North")
	p := s.person(t)
	p.get("/login")
	anonymous := p.cookie()
	p.signIn("ada@example.org")
	signedIn := p.cookie()
	if anonymous == "" || anonymous == signedIn {
		t.Errorf("token before and after signing in: %q, %q, want two", anonymous, signedIn)
	}
	wantStatus(t, "account with the token of before", p.withCookie(anonymous).get("/account"), http.StatusSeeOther, "")

	wantStatus(t, "found a second organization", p.fill("/organizations/new", "/organizations", "name", "South"), http.StatusSeeOther, "/organization")
	if p.cookie() == signedIn {
		t.Error("the token stayed while the session's rights changed")
	}
	wantStatus(t, "account with the token of before", p.withCookie(signedIn).get("/account"), http.StatusSeeOther, "")
}

// tokenOf makes a token to the API and returns whether it works.
func (s site) tokenOf(t *testing.T, a postgres.Actor) (works func() bool) {
	t.Helper()
	secret, err := s.Accounts.CreateAPIToken(t.Context(), a, account.NewAPIToken{
		ID: id.New[id.APIToken](), Name: "A script", Scopes: []account.Scope{account.ReadListings}, Days: 30})
	if err != nil {
		t.Fatal(err)
	}
	return func() bool {
		t.Helper()
		_, err := s.Accounts.Bearer(t.Context(), secret)
		if err != nil && errs.KindOf(err) != errs.Unauthenticated {
			t.Fatal(err)
		}
		return err == nil
	}
}

func TestNewPasswordRevokesTokensUnlessTheyAreKept(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	ada := s.owner(t, "ada@example.org", "North")
	p := s.person(t)
	p.signIn("ada@example.org")
	password := goodPassword
	change := func(fields ...string) {
		t.Helper()
		next := "seven kettles and " + rand.Text()
		wantStatus(t, "change", p.fill("/account", "/account/password", append(fields, "present", password, "password", next)...), http.StatusSeeOther, "/account")
		password = next
	}
	reset := func(fields ...string) {
		t.Helper()
		s.mailTo(t, "ada@example.org") // what waits
		if err := s.Accounts.RequestReset(t.Context(), "ada@example.org"); err != nil {
			t.Fatal(err)
		}
		password = "nine lanterns and " + rand.Text()
		token := s.mailedToken(t, "ada@example.org")
		wantStatus(t, "reset", s.person(t).fill("/reset/new?token="+token, "/reset/new", append(fields, "token", token, "password", password)...), http.StatusSeeOther, "/login")
	}
	works := s.tokenOf(t, ada)
	change("keep_tokens", "on")
	if !works() {
		t.Error("a token that was to be kept ended with the password")
	}
	change()
	if works() {
		t.Error("a token outlives a password that was changed")
	}
	works = s.tokenOf(t, ada)
	reset("keep_tokens", "on")
	if !works() {
		t.Error("a token that was to be kept ended with the reset")
	}
	reset()
	if works() {
		t.Error("a token outlives a password that was reset")
	}
}

func TestAChangedPasswordEndsALinkThatSetsAnother(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	s.user(t, "ada@example.org")
	p := s.person(t)
	p.signIn("ada@example.org")
	s.mailTo(t, "ada@example.org") // what waits
	if err := s.Accounts.RequestReset(t.Context(), "ada@example.org"); err != nil {
		t.Fatal(err)
	}
	token := s.mailedToken(t, "ada@example.org")
	wantStatus(t, "the link", p.get("/reset/new?token="+token), http.StatusOK, "")
	wantStatus(t, "change", p.fill("/account", "/account/password", "present", goodPassword, "password", "seven kettles and a drum"), http.StatusSeeOther, "/account")
	wantStatus(t, "the link after it", p.get("/reset/new?token="+token), http.StatusNotFound, "")
}

func TestARoleOnThePlatformGivenOrTakenEndsSessions(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	rita := s.user(t, "rita@example.org")
	admin := accounttest.Admin(t, s.DB)
	for _, role := range []postgres.Platform{postgres.Reviewer, postgres.Admin, postgres.None} {
		p := s.person(t)
		p.signIn("rita@example.org")
		wantStatus(t, "the account before", p.get("/account"), http.StatusOK, "")
		halfway := s.person(t)
		halfway.fill("/login", "/login", "email", "rita@example.org", "password", goodPassword)
		if err := s.Accounts.SetPlatformRole(t.Context(), admin, rita, role); err != nil {
			t.Fatal(err)
		}
		wantStatus(t, "the account after the role "+string(role), p.get("/account"), http.StatusSeeOther, "/login?next=%2Faccount")
		if a := halfway.get("/login/second"); a.Location != "/login" && a.Location != "/login?next=%2Faccount" {
			t.Errorf("half of a sign-in after the role %q: status %d, to %q", role, a.Status, a.Location)
		}
	}
}

func TestNewPasswordEndsOtherSessions(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	s.user(t, "ada@example.org")
	here, there := s.person(t), s.person(t)
	here.signIn("ada@example.org")
	there.signIn("ada@example.org")
	a := here.fill("/account", "/account/password", "present", "not it at all", "password", "seven kettles and a drum")
	if a.Status != http.StatusUnprocessableEntity || a.Page.Find("#f-present-error").Length() != 1 {
		t.Errorf("a wrong present password: status %d, message beside the field: %v", a.Status, a.Page.Find("#f-present-error").Length())
	}
	wantStatus(t, "change", here.fill("/account", "/account/password", "present", goodPassword, "password", "seven kettles and a drum"),
		http.StatusSeeOther, "/account")
	wantStatus(t, "account here", here.get("/account"), http.StatusOK, "")
	wantStatus(t, "account there", there.get("/account"), http.StatusSeeOther, "/login?next=%2Faccount")
}

func TestPersonEndsASessionFromTheList(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	s.user(t, "ada@example.org")
	here, there := s.person(t), s.person(t)
	here.signIn("ada@example.org")
	there.signIn("ada@example.org")
	const list = "/account/sessions"
	if a := here.get(list); a.Page.Find(`[data-testid="session"]`).Length() != 2 || a.Page.Find("button[name=session]").Length() != 1 {
		t.Errorf("%d sessions, %d others; want 2 and 1", a.Page.Find(`[data-testid="session"]`).Length(), a.Page.Find("button[name=session]").Length())
	}
	other, _ := here.get(list).Page.Find("button[name=session]").Attr("value")
	wantStatus(t, "end it", here.fill(list, "/account/sessions/end", "session", other), http.StatusSeeOther, list)
	wantStatus(t, "account there", there.get("/account"), http.StatusSeeOther, "/login?next=%2Faccount")
	wantStatus(t, "account here", here.get("/account"), http.StatusOK, "")
}

func TestPersonEndsAllOtherSessions(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	s.user(t, "ada@example.org")
	here, there, elsewhere := s.person(t), s.person(t), s.person(t)
	for _, p := range []*person{here, there, elsewhere} {
		p.signIn("ada@example.org")
	}
	const list = "/account/sessions"
	wantStatus(t, "end the others", here.fill(list, "/account/sessions/end-others"), http.StatusSeeOther, list)
	for _, p := range []*person{there, elsewhere} {
		wantStatus(t, "account there", p.get("/account"), http.StatusSeeOther, "/login?next=%2Faccount")
	}
	if n := here.get(list).Page.Find(`[data-testid="session"]`).Length(); n != 1 {
		t.Errorf("%d sessions are left, want this one", n)
	}
}

// withoutOwn takes what differs by person out of a page: the form's token, the
// request's number and the address typed.
func withoutOwn(body, email string) string {
	body = regexp.MustCompile(`name="csrf" value="[^"]*"`).ReplaceAllString(body, "")
	return strings.ReplaceAll(body, email, "ADDRESS")
}

func TestPagesDoNotTellWhetherAnAddressIsKnown(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	s.user(t, "known@example.org")
	forms := []struct {
		page  string
		pairs []string
	}{
		{"/login", []string{"password", "no such password here"}},
		{"/register", []string{"name", "Ada", "password", "seven kettles and a drum"}},
		{"/reset", nil},
		{"/confirm/resend", nil},
	}
	for _, f := range forms {
		got := map[string]answer{}
		for _, email := range []string{"known@example.org", "unknown@example.org"} {
			p := s.person(t)
			a := p.fill(f.page, f.page, append([]string{"email", email}, f.pairs...)...)
			a.Body = withoutOwn(a.Body, email)
			if a.Location != "" {
				a.Body += withoutOwn(p.get(a.Location).Body, email)
			}
			got[email] = a
		}
		known, unknown := got["known@example.org"], got["unknown@example.org"]
		if known.Status != unknown.Status || known.Location != unknown.Location || known.Body != unknown.Body {
			t.Errorf("%s answers %d to %q for a known and %d to %q for an unknown address (same body: %v)", f.page,
				known.Status, known.Location, unknown.Status, unknown.Location, known.Body == unknown.Body)
		}
		s.Accounts.Sweep(t.Context())
	}
}

func TestTooManyTriesAreSaidSo(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	s.user(t, "ada@example.org")
	p := s.person(t)
	var last answer
	for range 11 {
		last = p.fill("/login", "/login", "email", "ada@example.org", "password", "wrong wrong wrong")
	}
	if last.Status != http.StatusTooManyRequests || last.Header.Get("Retry-After") == "" {
		t.Errorf("the eleventh try: status %d, Retry-After %q, want 429 with it", last.Status, last.Header.Get("Retry-After"))
	}
	for range 30 {
		last = p.send("/login", url.Values{})
	}
	if last.Status != http.StatusTooManyRequests && last.Status != http.StatusForbidden {
		t.Errorf("forty tries from one address: status %d, want 429", last.Status)
	}
}

func TestPersonInvitesAColleagueWhoJoins(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	owner := s.owner(t, "ada@example.org", "North")
	ada := s.person(t)
	ada.signIn("ada@example.org")
	wantStatus(t, "invite", ada.fill("/organization/invitations/new", "/organization/invitations", "email", "grace@example.org", "role", "editor"),
		http.StatusSeeOther, "/organization")
	token := s.mailedToken(t, "grace@example.org")

	grace := s.person(t)
	a := grace.get("/invitation?token=" + token)
	if a.Status != http.StatusOK || !strings.Contains(a.Page.Find("h1").Text(), "North") {
		t.Errorf("the invitation: status %d, %q", a.Status, a.Page.Find("h1").Text())
	}
	a = grace.fill("/register?invitation="+token, "/register", "name", "Grace", "email", "grace@example.org", "password", goodPassword, "invitation", token)
	if a.Status != http.StatusSeeOther || !strings.HasPrefix(a.Location, "/login?next=") {
		t.Fatalf("register by invitation: status %d to %q", a.Status, a.Location)
	}
	next, _ := url.Parse(a.Location)
	a = grace.fill(a.Location, "/login", "email", "grace@example.org", "password", goodPassword, "next", next.Query().Get("next"))
	wantStatus(t, "sign in", a, http.StatusSeeOther, "/invitation?token="+token)
	wantStatus(t, "accept", grace.fill("/invitation?token="+token, "/invitation", "token", token), http.StatusSeeOther, "/account")
	if v, err := s.Accounts.Visitor(t.Context(), userOf(t, s, "grace@example.org"), owner.Organization); err != nil || v.Role != account.Editor {
		t.Errorf("Grace is %q, %v, want editor", v.Role, err)
	}
	wantStatus(t, "an editor opens the page of roles", grace.get("/organization/name"), http.StatusForbidden, "")
	wantStatus(t, "an editor reads the members", grace.get("/organization"), http.StatusOK, "")

	eve := s.person(t)
	s.user(t, "eve@example.org")
	eve.signIn("eve@example.org")
	wantStatus(t, "another opens the used link", eve.get("/invitation?token="+token), http.StatusOK, "")
	wantStatus(t, "another accepts", eve.fill("/account", "/invitation", "token", token), http.StatusUnprocessableEntity, "")
}

func userOf(t *testing.T, s site, email string) id.User {
	t.Helper()
	in, err := s.Accounts.SignIn(t.Context(), account.SignInAttempt{Email: email, Password: goodPassword})
	if err != nil {
		t.Fatal(err)
	}
	return in.User
}

func TestPersonResetsAPassword(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	s.user(t, "ada@example.org")
	p := s.person(t)
	wantStatus(t, "ask", p.fill("/reset", "/reset", "email", "ada@example.org"), http.StatusSeeOther, "/reset/sent")
	token := s.mailedToken(t, "ada@example.org")
	page := "/reset/new?token=" + token
	wantStatus(t, "a leaked password", p.fill(page, "/reset/new", "token", token, "password", "password1"), http.StatusUnprocessableEntity, "")
	wantStatus(t, "set", p.fill(page, "/reset/new", "token", token, "password", "seven kettles and a drum"), http.StatusSeeOther, "/login")
	wantStatus(t, "the link again", p.get(page), http.StatusNotFound, "")
	wantStatus(t, "sign in", p.fill("/login", "/login", "email", "ada@example.org", "password", "seven kettles and a drum"), http.StatusSeeOther, "/account")
}

func TestSignInLeadsOnlyWithinTheSite(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	s.user(t, "ada@example.org")
	p := s.person(t)
	p.signIn("ada@example.org")
	// A person who is signed in already is sent on at once: one request a form.
	for next, want := range map[string]string{
		"/datasets?use=train_commercial_model": "/datasets?use=train_commercial_model",
		"/datasets":                            "/datasets",
		"/a%20b":                               "/a%20b",
		"/seller/listings/1#files":             "/seller/listings/1#files",

		"//evil.example": "", `/\evil.example`: "", `\\evil.example`: "", `/\/evil.example`: "",
		"///evil.example": "", "////evil.example": "", "https://evil.example": "", "HTTPS://evil.example": "",
		"http:evil.example": "", "http:/evil.example": "", "//evil.example/%2f..": "", "/%2fevil.example": "",
		"/%2Fevil.example": "", "/%5cevil.example": "", "/%09/evil.example": "", "/\t/evil.example": "",
		"\t//evil.example": "", " //evil.example": "", "/ /evil.example": "", "/\n/evil.example": "", "/%0a/evil.example": "",
		"javascript:alert(1)": "", "data:text/html,x": "", "evil.example": "", "@evil.example": "", "//user@evil.example": "",
		"/\u3002evil.example": "", "//evil\u3002example": "", "/\u2028/evil.example": "", "/\u200e/evil.example": "",
		"?next=//evil.example": "", "#//evil.example": "", "": "", "/logout": "", "/login?next=/login": "",
		"/" + strings.Repeat("a", 3000): "",
	} {
		if want == "" {
			want = "/account"
		}
		if got := p.get("/login?next=" + url.QueryEscape(next)); got.Status != http.StatusSeeOther || got.Location != want {
			t.Errorf("next=%q leads to %q (status %d), want %q", next, got.Location, got.Status, want)
		}
	}
}

func TestDisabledPersonIsAStrangerAtOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	user := s.user(t, "ada@example.org")
	p := s.person(t)
	p.signIn("ada@example.org")
	if err := s.Accounts.Disable(t.Context(), accounttest.Admin(t, s.DB), user, account.DisabledOther); err != nil {
		t.Fatal(err)
	}
	wantStatus(t, "account", p.get("/account"), http.StatusSeeOther, "/login?next=%2Faccount")
	wantStatus(t, "the sign-in page", p.get("/login"), http.StatusOK, "")
}
