package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/account"
	"assay/internal/account/accounttest"
	"assay/internal/account/sso"
	"assay/internal/account/sso/ssotest"
	"assay/internal/id"
	"assay/internal/listing"
	"assay/internal/notice"
	"assay/internal/postgres"
)

func TestChoosingAnOrganizationTellsOfTheDomainAlone(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	s.user(t, "known@example.org")
	got := map[string]answer{}
	for _, email := range []string{"known@example.org", "unknown@example.org"} {
		a := s.person(t).fill("/login", "/login/organization", "organization-email", email)
		a.Body = withoutOwn(a.Body, email)
		got[email] = a
	}
	known, unknown := got["known@example.org"], got["unknown@example.org"]
	if known.Status != http.StatusUnprocessableEntity || known.Status != unknown.Status || known.Body != unknown.Body {
		t.Errorf("status %d for a known and %d for an unknown address; same body: %v", known.Status, unknown.Status, known.Body == unknown.Body)
	}
	if !strings.Contains(known.Body, "No organization signs people in for this domain") {
		t.Error("the page does not say what is missing")
	}
}

// provesDomain lets an organization have proved a domain.
func (s site) provesDomain(t *testing.T, org id.Organization, domain string) {
	t.Helper()
	exec(t, s, postgres.Actor{Organization: org, Platform: postgres.Worker},
		`INSERT INTO domain_proof (organization_id, domain, token, method, proved_at) VALUES ($1, $2, repeat('a', 43), 'dns', now())`, org, domain)
}

// provider lets an organization sign people of a domain in by a provider that
// runs until the test ends.
func (s site) provider(t *testing.T, owner postgres.Actor, domain string) *ssotest.Issuer {
	t.Helper()
	s.provesDomain(t, owner.Organization, domain)
	issuer := ssotest.New(t, s.URL+sso.CallbackPath)
	if err := s.SignIns.Save(t.Context(), owner, sso.Settings{Issuer: issuer.URL, ClientID: ssotest.ClientID, Secret: ssotest.ClientSecret}); err != nil {
		t.Fatal(err)
	}
	if err := s.SignIns.Enable(t.Context(), owner); err != nil {
		t.Fatal(err)
	}
	return issuer
}

// visit goes to the provider from the page that leads there, signs in as email,
// and returns the address to come back to.
func (p *person) visit(issuer *ssotest.Issuer, email string) (back string) {
	p.t.Helper()
	link, _ := p.get("/login/organization/leave").Page.Find(`main a[href^="` + issuer.URL + `"]`).Attr("href")
	at, err := url.Parse(link)
	if err != nil || link == "" {
		p.t.Fatalf("no way to the provider: %q, %v", link, err)
	}
	return sso.CallbackPath + "?" + issuer.Grant(at.Query(), email).Encode()
}

// connect connects the account with the organization's provider.
func (p *person) connect(issuer *ssotest.Issuer, org id.Organization, email string) {
	p.t.Helper()
	p.fill("/account", "/account/organization-sign-in/connect", "organization", string(org))
	wantStatus(p.t, "connect", p.get(p.visit(issuer, email)), http.StatusSeeOther, "/account/organization-sign-in")
	if a := p.get("/account/organization-sign-in"); !strings.Contains(a.Body, "Your account is connected.") {
		p.t.Fatalf("the page does not say that the account is connected:\n%s", a.Page.Find("main").Text())
	}
}

// enterBy signs in by the provider and returns the answer to coming back.
func (p *person) enterBy(issuer *ssotest.Issuer, email string) answer {
	p.t.Helper()
	wantStatus(p.t, "choose", p.fill("/login", "/login/organization", "organization-email", email), http.StatusSeeOther, "/login/organization/leave")
	return p.get(p.visit(issuer, email))
}

func TestAnswersOfAProviderThatDoNotHoldOpenNoSession(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	owner := s.owner(t, "ada@byron.example", "Byron Imaging")
	issuer := s.provider(t, owner, "byron.example")
	ada := s.person(t)
	ada.signIn("ada@byron.example")
	ada.connect(issuer, owner.Organization, "ada@byron.example")

	claim := func(name string, value any) ssotest.Answer {
		return ssotest.Answer{Claims: map[string]any{name: value}}
	}
	tests := []struct {
		name string
		says ssotest.Answer
	}{
		{"another nonce", claim("nonce", "other")},
		{"another audience", claim("aud", "other")},
		{"an expired token", claim("exp", time.Now().Add(-time.Minute).Unix())},
		{"a foreign issuer", claim("iss", "https://login.other.example")},
		{"an address that is not verified", claim("email_verified", false)},
		{"a signature of nobody", ssotest.Answer{By: "other"}},
		{"no signature", ssotest.Answer{By: "none"}},
		{"a subject that nobody has connected, with Ada's address", claim("sub", "eve")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			issuer.Say(tt.says)
			p := s.person(t)
			a := p.enterBy(issuer, "ada@byron.example")
			wantStatus(t, "come back", a, http.StatusSeeOther, "/login")
			wantStatus(t, "the account", p.get("/account"), http.StatusSeeOther, "/login?next=%2Faccount")
		})
	}
	issuer.Say(ssotest.Answer{})

	p := s.person(t)
	p.fill("/login", "/login/organization", "organization-email", "ada@byron.example")
	back := p.visit(issuer, "ada@byron.example")
	stranger := s.person(t)
	wantStatus(t, "the answer in a browser that began no visit", stranger.get(back), http.StatusOK, "")
	wantStatus(t, "the account there", stranger.get("/account"), http.StatusSeeOther, "/login?next=%2Faccount")
	begun := p.cookie()
	wantStatus(t, "the answer where the visit began", p.get(back), http.StatusSeeOther, "/seller")
	if p.cookie() == begun {
		t.Error("the session keeps its token although somebody is signed in by it now")
	}
	again := s.person(t)
	again.fill("/login", "/login/organization", "organization-email", "ada@byron.example")
	fresh, _ := url.Parse(again.visit(issuer, "ada@byron.example"))
	used, _ := url.Parse(back)
	q := fresh.Query()
	q.Set("code", used.Query().Get("code"))
	wantStatus(t, "a code that was used, in a new visit", again.get(sso.CallbackPath+"?"+q.Encode()), http.StatusSeeOther, "/login")
	wantStatus(t, "the account there", again.get("/account"), http.StatusSeeOther, "/login?next=%2Faccount")
}

func TestASessionOfAnOrganizationsSignInReachesItAlone(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	byron := s.owner(t, "ada@byron.example", "Byron Imaging")
	other, err := s.Accounts.CreateOrganization(t.Context(), byron.User, account.NewOrganization{Name: "Ada’s own company"})
	if err != nil {
		t.Fatal(err)
	}
	theirs := postgres.Actor{User: byron.User, Organization: other}
	draft, err := s.Listings.Create(t.Context(), theirs, listing.Basics{Title: "A data set of the company"})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Accounts.SetPlatformRole(t.Context(), accounttest.Admin(t, s.DB), byron.User, postgres.Admin); err != nil {
		t.Fatal(err)
	}
	if err := s.Accounts.SetApp(t.Context(), byron.User, accounttest.AppSecret); err != nil {
		t.Fatal(err)
	}
	issuer := s.provider(t, byron, "byron.example")
	own := s.person(t)
	own.signIn("ada@byron.example")
	own.connect(issuer, byron.Organization, "ada@byron.example")

	p := s.person(t)
	wantStatus(t, "come back", p.enterBy(issuer, "ada@byron.example"), http.StatusSeeOther, "/login/second")
	a := p.fill("/login/second", "/login/second", "code", accounttest.Code(t, s.DB, s.Accounts, "ada@byron.example"))
	wantStatus(t, "the second factor", a, http.StatusSeeOther, "/seller")

	for _, tt := range []struct {
		path          string
		within, alone int // the status in this session, and in one of the account's own
	}{
		{"/account", 200, 200},
		{"/organization", 200, 200},
		{"/inbox", 200, 200},
		{"/account/organization-sign-in", 200, 200},
		{"/seller/listings/" + string(draft.Listing.ID) + "/preview", 404, 200},
		{"/admin", 404, 200},
		{"/review", 404, 200},
		{"/account/tokens", 200, 200},
		{"/account/sessions", 303, 200},
		{"/account/tokens/new", 200, 200}, // the second step has shown a factor of the account
		{"/account/security", 303, 200},
		{"/account/privacy", 303, 200},
		{"/account/notices", 303, 200},
		{"/organizations/new", 303, 200},
	} {
		if got := p.get(tt.path).Status; got != tt.within {
			t.Errorf("GET %s in the session of the sign-in: %d, want %d", tt.path, got, tt.within)
		}
		if tt.path == "/seller/listings/"+string(draft.Listing.ID)+"/preview" {
			own.fill("/account", "/account/organization", "organization", string(other))
		}
		if got := own.get(tt.path).Status; got != tt.alone {
			t.Errorf("GET %s in a session of the account's own: %d, want %d", tt.path, got, tt.alone)
		}
	}
	for path, fields := range map[string][]string{
		"/account/name":                         {"name", "Eve"},
		"/account/password":                     {"present", goodPassword, "password", "seven kettles and a drum"},
		"/account/sessions/end-others":          nil,
		"/organizations":                        {"name", "Another"},
		"/account/security/app/remove":          nil,
		"/account/security/codes":               nil,
		"/account/privacy/export":               nil,
		"/account/notices/reset":                nil,
		"/account/organization-sign-in/connect": {"organization", string(byron.Organization)},
	} {
		wantStatus(t, "POST "+path, p.fill("/account", path, fields...), http.StatusForbidden, "")
	}
	wantStatus(t, "work for the other organization", p.fill("/account", "/account/organization", "organization", string(other)), http.StatusNotFound, "")
	if body := p.get("/account").Body; strings.Contains(body, "Ada’s own company") {
		t.Error("the page of the account tells of the other organization")
	}

	s.mailTo(t, "ada@byron.example") // so that the inbox is filled
	if body := p.get("/inbox").Body; strings.Contains(body, "new browser") {
		t.Error("the inbox tells of the account itself")
	}
	if body := own.get("/inbox").Body; !strings.Contains(body, "new browser") {
		t.Error("the inbox of the account's own session does not tell of the account")
	}

	if err := s.SignIns.Disable(t.Context(), byron); err != nil {
		t.Fatal(err)
	}
	wantStatus(t, "the session once the sign-in is off", p.get("/account"), http.StatusSeeOther, "/login?next=%2Faccount")
	wantStatus(t, "the account's own", own.get("/account"), http.StatusOK, "")
}

func TestTokensOfAnOrganizationsSignInAreOfItAlone(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	byron := s.owner(t, "ada@byron.example", "Byron Imaging")
	theirs := postgres.Actor{User: byron.User}
	var err error
	if theirs.Organization, err = s.Accounts.CreateOrganization(t.Context(), byron.User, account.NewOrganization{Name: "Ada’s own company"}); err != nil {
		t.Fatal(err)
	}
	company := account.NewAPIToken{ID: id.New[id.APIToken](), Name: "The company’s script", Scopes: []account.Scope{account.ReadListings}, Days: 7}
	if _, err := s.Accounts.CreateAPIToken(t.Context(), theirs, company); err != nil {
		t.Fatal(err)
	}
	issuer := s.provider(t, byron, "byron.example")
	own := s.person(t)
	own.signIn("ada@byron.example")
	own.connect(issuer, byron.Organization, "ada@byron.example")
	p := s.person(t)
	wantStatus(t, "come back", p.enterBy(issuer, "ada@byron.example"), http.StatusSeeOther, "/seller")

	const again = "/account/security/again"
	wantStatus(t, "the form without a proof of the account's own", p.get("/account/tokens/new"), http.StatusSeeOther, again)
	wantStatus(t, "the proof", p.fill(again, again, "password", goodPassword), http.StatusSeeOther, "/account/tokens/new")
	made := p.fill("/account/tokens/new", "/account/tokens", "id", id.New[string](), "name", "Byron’s script", "scope", "read:listings", "days", "7")
	b, err := s.Accounts.Bearer(t.Context(), secretShape.FindString(made.Body))
	if err != nil || b.Actor() != byron {
		t.Fatalf("the token acts as %+v, %v (status %d); want for Byron Imaging", b.Actor(), err, made.Status)
	}
	if list := p.get("/account/tokens").Body; !strings.Contains(list, "Byron’s script") || strings.Contains(list, "The company’s script") {
		t.Error("the session does not list the tokens of the organization alone")
	}
	wantStatus(t, "revoke one of the company", p.fill("/account/tokens", "/account/tokens/"+string(company.ID)+"/revoke"), http.StatusNotFound, "")
	wantStatus(t, "revoke one of the organization", p.fill("/account/tokens", "/account/tokens/"+string(b.Token)+"/revoke"), http.StatusSeeOther, "/account/tokens")
	if list := own.get("/account/tokens").Body; !strings.Contains(list, "The company’s script") {
		t.Error("a session of the account's own does not list the tokens of all organizations")
	}
}

func TestDisconnectingEndsTheSessionsThatTheSignInBegan(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	owner := s.owner(t, "ada@byron.example", "Byron Imaging")
	issuer := s.provider(t, owner, "byron.example")
	own := s.person(t)
	own.signIn("ada@byron.example")
	own.connect(issuer, owner.Organization, "ada@byron.example")
	one, two := s.person(t), s.person(t)
	for _, p := range []*person{one, two} {
		wantStatus(t, "come back", p.enterBy(issuer, "ada@byron.example"), http.StatusSeeOther, "/seller")
	}
	const gone = "/login?next=%2Faccount"
	a := one.fill("/account/organization-sign-in", "/account/organization-sign-in/disconnect", "organization", string(owner.Organization))
	wantStatus(t, "disconnect in a session of the sign-in", a, http.StatusSeeOther, "/login")
	if body := one.get("/login").Body; !strings.Contains(body, "Your account is disconnected") {
		t.Error("the page to sign in does not say what was done")
	}
	wantStatus(t, "this session", one.get("/account"), http.StatusSeeOther, gone)
	wantStatus(t, "another that it began", two.get("/account"), http.StatusSeeOther, gone)
	wantStatus(t, "one of the account's own", own.get("/account"), http.StatusOK, "")
	if m := s.mailTo(t, "ada@byron.example"); !strings.Contains(m.Text, "disconnected from the sign-in of Byron Imaging") {
		t.Errorf("the newest mail is %q, want one that tells of it", m.Subject)
	}
}

func TestASessionOfAnOrganizationsSignInEndsAfterTwelveHours(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	owner := s.owner(t, "ada@byron.example", "Byron Imaging")
	issuer := s.provider(t, owner, "byron.example")
	own := s.person(t)
	own.signIn("ada@byron.example")
	own.connect(issuer, owner.Organization, "ada@byron.example")
	p := s.person(t)
	wantStatus(t, "come back", p.enterBy(issuer, "ada@byron.example"), http.StatusSeeOther, "/seller")
	s.age(t, owner.User, account.VouchedLifetime-time.Minute)
	wantStatus(t, "the account within twelve hours", p.get("/account"), http.StatusOK, "")
	s.age(t, owner.User, 2*time.Minute)
	wantStatus(t, "the account after them", p.get("/account"), http.StatusSeeOther, "/login?next=%2Faccount")
	wantStatus(t, "a session of the account's own", own.get("/account"), http.StatusOK, "")
}

// closed is an organization that its own sign-in alone lets in, whose second
// owner, Eve, has no factor and an address of elsewhere; and her session by
// password.
func (s site) closed(t *testing.T) (owner postgres.Actor, second id.User, eve *person) {
	t.Helper()
	owner = s.owner(t, "owen@byron.example", "Byron Imaging")
	second = s.user(t, "eve@elsewhere.example")
	exec(t, s, owner, `INSERT INTO membership (organization_id, user_id, role) VALUES ($1, $2, 'owner')`, owner.Organization, second)
	issuer := s.provider(t, owner, "byron.example")
	own := s.person(t)
	own.signIn("owen@byron.example")
	own.connect(issuer, owner.Organization, "owen@byron.example")
	s.person(t).enterBy(issuer, "owen@byron.example")
	if err := s.Accounts.SetApp(t.Context(), owner.User, accounttest.AppSecret); err != nil {
		t.Fatal(err)
	}
	if err := s.SignIns.Require(t.Context(), owner); err != nil {
		t.Fatal(err)
	}
	eve = s.person(t)
	eve.signIn("eve@elsewhere.example")
	return owner, second, eve
}

func TestAnOwnerWhoAddsAFactorInASessionByPasswordIsRecorded(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	_, _, eve := s.closed(t)
	if a := eve.get("/organization"); a.Status != http.StatusForbidden {
		t.Fatalf("by password alone: status %d, want 403", a.Status)
	}
	addApp(t, eve)
	acts := eve.get("/organization/activity.jsonl").Body
	if n := strings.Count(acts, `"organization.pass_sign_in"`); n != 1 {
		t.Errorf("with a factor added in the same session: %d acts of passing the sign-in are on record, want 1:\n%s", n, acts)
	}
}

func TestInboxOfASessionLeavesOutOrganizationsThatItDoesNotReach(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	owner, second, eve := s.closed(t)
	err := s.DB.InTx(t.Context(), owner, func(tx pgx.Tx) error {
		return notice.Send(t.Context(), tx, notice.Notice{Kind: notice.ReauditFlagged, To: notice.To{Organization: owner.Organization},
			Subject: "About the closed organization", Lines: []string{"Its data set."}, Action: "See", Path: "/seller"})
	})
	if err != nil {
		t.Fatal(err)
	}
	s.mailTo(t, "eve@elsewhere.example") // delivers what waits
	shows := func(when string, want bool) {
		t.Helper()
		inbox := eve.get("/inbox")
		if got := strings.Contains(inbox.Body, "About the closed organization"); got != want {
			t.Errorf("%s: the inbox holds the notice of the closed organization: %v, want %v", when, got, want)
		}
	}
	shows("by password alone", false)
	v, err := s.Accounts.VisitorBy(t.Context(), second, "", account.Means{})
	if err != nil {
		t.Fatal(err)
	}
	if shown := eve.get("/inbox?show=unread").Page.Find("[data-testid=notice]").Length(); shown != v.Unread {
		t.Errorf("by password alone %d notices wait, %d are shown", v.Unread, shown)
	}
	addApp(t, eve)
	shows("with a factor", true)
}
