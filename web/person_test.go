package web_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"assay/internal/account"
	"assay/internal/account/accounttest"
	"assay/internal/account/privacy"
	"assay/internal/account/sso"
	"assay/internal/account/sso/ssotest"
	"assay/internal/activity"
	"assay/internal/admindesk"
	"assay/internal/agreement"
	"assay/internal/blob"
	"assay/internal/catalog"
	"assay/internal/config"
	"assay/internal/credential"
	"assay/internal/freeaudit"
	"assay/internal/id"
	"assay/internal/ingest"
	"assay/internal/listing"
	"assay/internal/mail"
	"assay/internal/moderation"
	"assay/internal/notice"
	"assay/internal/notice/noticetest"
	"assay/internal/postgres"
	"assay/internal/postgres/postgrestest"
	"assay/internal/review"
	"assay/internal/sellerdesk"
	"assay/internal/storage"
	"assay/internal/vault"
	"assay/internal/verification"
	"assay/internal/verification/verificationtest"
	"assay/web"
	"assay/web/webtest"
)

const goodPassword = "four lanterns over the river"

var siteSecret = []byte(strings.Repeat("k", 32))

// pageSecret is what no page may show.
const pageSecret = "bm8gcGFnZSBzaG93cyB0aGlzIHNlY3JldCBldmVyLi4="

// site is a running server with accounts, for people who sign in.
type site struct {
	URL      string
	DB       *postgres.DB
	Accounts *account.Service
	Listings *listing.Service
	Blobs    *blob.Store
	Free     *freeaudit.Service
	Notices  *notice.Service
	Acts     *activity.Service
	server   *httptest.Server
	Views    *catalog.Views
	Verify   *verification.Service
	Privacy  *privacy.Service
	readers  *credential.Service
	folder   string // of Blobs
	SignIns  *sso.Service
	superURL string // of the database, as a superuser
}

// newSite serves the real routes over a database of its own. Demo opens the
// mailbox page.
func newSite(t testing.TB, demo bool) site {
	t.Helper()
	return limitedSite(t, demo, freeaudit.Limits{})
}

// limitedSite is newSite with limits on what is sent without an account.
func limitedSite(t testing.TB, demo bool, limits freeaudit.Limits) site {
	t.Helper()
	return siteAt(t, "127.0.0.1", demo, limits)
}

// namedSite is newSite at localhost, where browsers make passkeys.
func namedSite(t testing.TB) site {
	t.Helper()
	return siteAt(t, "localhost", false, freeaudit.Limits{})
}

func siteAt(t testing.TB, host string, demo bool, limits freeaudit.Limits) site {
	t.Helper()
	database := postgrestest.NewDatabase(t)
	db := database.DB
	server := httptest.NewUnstartedServer(nil)
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	address := "http://" + net.JoinHostPort(host, port)
	folder := t.TempDir() + "/blob"
	documents, err := blob.Open(t.Context(), "file://"+folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { documents.Close() })
	accounts := account.New(db, account.Options{PublicURL: address, SecretKey: siteSecret})
	listings := listing.New(db, catalog.Publisher{}, time.Now).Notifying(review.Letters{})
	c := config.Config{PublicURL: address, Demo: demo, SecretKey: pageSecret}
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	notices := notice.New(db, notice.Options{PublicURL: address, SecretKey: siteSecret})
	key, err := vault.KeyFrom(siteSecret)
	if err != nil {
		t.Fatal(err)
	}
	papers := vault.New(db, documents, []vault.Key{key}, time.Now)
	readers := credential.New(db, papers, catalog.Publisher{}, credential.Options{SecretKey: siteSecret})
	verify := verification.New(db, papers, verificationtest.Deaf(), time.Now)
	free := freeaudit.New(db, documents, freeaudit.Options{Version: "test", Scratch: t.TempDir(), Limits: limits}, log)
	answers := admindesk.NewAnswers(db, log, time.Now)
	t.Cleanup(func() { answers.Close(context.Background()) })
	views := catalog.NewViews(db, log, time.Now)
	t.Cleanup(func() { views.Close(context.Background()) })
	acts := activity.New(db, documents, nil, address)
	kept := privacy.New(db, documents, siteSecret)
	signIns, err := sso.New(db, sso.Options{PublicURL: address, SecretKey: siteSecret, Roots: ssotest.Roots(), Allow: func(a netip.AddrPort) bool { return a.Addr().IsLoopback() }})
	if err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = web.New(c, log, web.Services{
		Views: views, Desk: sellerdesk.New(db, time.Now), Admin: admindesk.New(db, time.Now), Storage: storage.New(db, documents, time.Now), Answers: answers,
		DB: db, Sessions: web.NewSessions(account.NewSessionStore(db), c.Secure()), Accounts: accounts, Privacy: kept, SSO: signIns,
		Catalog: catalog.NewStore(db), Listings: listings, Reviews: review.New(db, listings, time.Now),
		Moderation: moderation.New(db, listings, siteSecret, time.Now),
		Audits:     ingest.New(db, documents, listings, ingest.Options{SecretKey: siteSecret}, log), Free: free, Verification: verify, Credentials: readers, Notices: notices, Agreements: agreement.New(db), Acts: acts,
	})
	server.Start()
	t.Cleanup(server.Close)
	return site{address, db, accounts, listings, documents, free, notices, acts, server, views, verify, kept, readers, folder, signIns, database.SuperURL}
}

// user makes a user with a confirmed address and goodPassword.
func (s site) user(t *testing.T, email string) id.User {
	t.Helper()
	err := s.Accounts.Register(t.Context(), account.Registration{Name: "Ada of " + email, Email: email, Password: goodPassword})
	if err != nil {
		t.Fatal(err)
	}
	in, err := s.Accounts.Confirm(t.Context(), s.mailedToken(t, email), goodPassword)
	if err != nil {
		t.Fatal(err)
	}
	return in.User
}

// owner makes a user who owns an organization.
func (s site) owner(t *testing.T, email, organization string) postgres.Actor {
	t.Helper()
	user := s.user(t, email)
	org, err := s.Accounts.CreateOrganization(t.Context(), user, account.NewOrganization{Name: organization})
	if err != nil {
		t.Fatal(err)
	}
	return postgres.Actor{User: user, Organization: org}
}

// mailTo tells people of what happened so far, and returns the newest mail to
// an address.
func (s site) mailTo(t *testing.T, email string) mail.Waiting {
	t.Helper()
	noticetest.DeliverBy(t, s.DB, s.Notices)
	return s.newestMailTo(t, email)
}

// newestMailTo returns the newest mail to an address, of what people were told
// already.
func (s site) newestMailTo(t *testing.T, email string) mail.Waiting {
	t.Helper()
	list, err := mail.List(t.Context(), s.DB, 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range list {
		if m.To == email {
			return m
		}
	}
	t.Fatalf("no mail to %s", email)
	return mail.Waiting{}
}

var mailedLink = regexp.MustCompile(`https?://\S+\?token=([\w-]+)`)

func (s site) mailedToken(t *testing.T, email string) string {
	t.Helper()
	m := mailedLink.FindStringSubmatch(s.mailTo(t, email).Text)
	if m == nil {
		t.Fatalf("the mail to %s has no link with a token", email)
	}
	return m[1]
}

// person is a browser without a screen: cookies, and forms with their token.
type person struct {
	t      *testing.T
	site   site
	client *http.Client
}

func (s site) person(t *testing.T) *person {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &person{t, s, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}}
}

// answer is a response with its page read.
type answer struct {
	Status   int
	Location string
	Header   http.Header
	Body     string
	Page     *goquery.Document
}

// personAt is person with a network address of their own, one of 127.0.0.0/8.
func (s site) personAt(t *testing.T, address string) *person {
	t.Helper()
	p := s.person(t)
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}
	transport := &http.Transport{DialContext: dialer.DialContext}
	t.Cleanup(transport.CloseIdleConnections)
	p.client.Transport = transport
	return p
}

func (p *person) do(r *http.Request) answer {
	p.t.Helper()
	res, err := p.client.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	doc, err := goquery.NewDocumentFromReader(bytes.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header.Get("Location"), res.Header, string(body), doc}
}

func (p *person) get(path string) answer {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, p.site.URL+path, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	return p.do(r)
}

// send posts values as they are.
func (p *person) send(path string, values url.Values) answer {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, p.site.URL+path, strings.NewReader(values.Encode()))
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return p.do(r)
}

// token reads the form token of a page.
func (p *person) token(page string) string {
	p.t.Helper()
	token, ok := p.get(page).Page.Find("input[name=csrf]").First().Attr("value")
	if !ok || token == "" {
		p.t.Fatalf("no form token on %s", page)
	}
	return token
}

// fill opens a page and posts values to action with the page's token. Values
// come in pairs.
func (p *person) fill(page, action string, pairs ...string) answer {
	p.t.Helper()
	values := url.Values{"csrf": {p.token(page)}}
	for i := 0; i < len(pairs); i += 2 {
		values.Add(pairs[i], pairs[i+1])
	}
	return p.send(action, values)
}

// attach posts a file with values, as multipart.
func (p *person) attach(page, action, field, name string, content []byte, pairs ...string) answer {
	p.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	w.WriteField("csrf", p.token(page))
	for i := 0; i < len(pairs); i += 2 {
		w.WriteField(pairs[i], pairs[i+1])
	}
	part, err := w.CreateFormFile(field, name)
	if err != nil {
		p.t.Fatal(err)
	}
	part.Write(content)
	w.Close()
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, p.site.URL+action, &body)
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Content-Type", w.FormDataContentType())
	return p.do(r)
}

// signIn signs in, with a second factor where a role on the platform asks for
// one, and fails the test if that fails.
func (p *person) signIn(email string) {
	p.t.Helper()
	code := accounttest.Code(p.t, p.site.DB, p.site.Accounts, email)
	a := p.fill("/login", "/login", "email", email, "password", goodPassword)
	if a.Status == http.StatusSeeOther && code != "" {
		a = p.fill(a.Location, "/login/second", "code", code)
	}
	if a.Status != http.StatusSeeOther {
		p.t.Fatalf("sign in as %s: status %d", email, a.Status)
	}
}

// signInPage is person.signIn in a browser.
func (s site) signInPage(t testing.TB, p *webtest.Page, email string) {
	t.Helper()
	code := accounttest.Code(t, s.DB, s.Accounts, email)
	p.Go("/login")
	p.Fill("email", email)
	p.Fill("password", goodPassword)
	p.Submit("#sign-in")
	if code != "" {
		p.Fill("code", code)
		p.Submit("#second-step")
	}
}

// cookie returns the value of the session's cookie.
func (p *person) cookie() string {
	u, _ := url.Parse(p.site.URL)
	for _, c := range p.client.Jar.Cookies(u) {
		if c.Name == "assay" {
			return c.Value
		}
	}
	return ""
}

// withCookie is another browser that holds a copied session cookie.
func (p *person) withCookie(value string) *person {
	other := p.site.person(p.t)
	u, _ := url.Parse(p.site.URL)
	other.client.Jar.SetCookies(u, []*http.Cookie{{Name: "assay", Value: value}})
	return other
}
