package web_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/jackc/pgx/v5"

	"assay/internal/account"
	"assay/internal/id"
	"assay/internal/postgres"
)

// browser is somebody with a network address of their own: any of 127.0.0.0/8
// reaches the server.
type browser struct {
	http.Client
	url, csrf string
}

func newBrowser(t testing.TB, url, address string) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}
	b := &browser{url: url, Client: http.Client{Jar: jar, Transport: &http.Transport{DialContext: dialer.DialContext},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	t.Cleanup(b.CloseIdleConnections)
	r, err := b.Get(url + "/login")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	page, err := goquery.NewDocumentFromReader(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	b.csrf, _ = page.Find(`input[name=csrf]`).First().Attr("value")
	return b
}

// send posts a form and returns the status and how long the answer took.
func (b *browser) send(t testing.TB, path string, pairs ...string) (int, time.Duration) {
	t.Helper()
	form := url.Values{"csrf": {b.csrf}}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	start := time.Now()
	r, err := b.PostForm(b.url+path, form)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, time.Since(start)
}

func skipUnlessManyAddresses(t testing.TB) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("only Linux lets a client call from any address of 127.0.0.0/8")
	}
}

func TestAThousandGuessesAreTenTries(t *testing.T) {
	t.Parallel()
	skipUnlessManyAddresses(t)
	for _, networks := range []int{1, 50} {
		t.Run(fmt.Sprintf("from %d network addresses", networks), func(t *testing.T) {
			t.Parallel()
			s := newSite(t, false)
			s.user(t, "ada@example.org")
			known := newBrowser(t, s.URL, "127.0.9.1")
			if status, _ := known.send(t, "/login", "email", "ada@example.org", "password", goodPassword); status != http.StatusSeeOther {
				t.Fatalf("the right password: status %d", status)
			}
			var guessers []*browser
			for i := range networks {
				guessers = append(guessers, newBrowser(t, s.URL, fmt.Sprintf("127.0.8.%d", i+1)))
			}
			counted := 0
			for i := range 1000 {
				status, _ := guessers[i%networks].send(t, "/login", "email", "ada@example.org", "password", fmt.Sprintf("guess number %d", i))
				switch status {
				case http.StatusUnprocessableEntity:
					counted++
				case http.StatusTooManyRequests:
				default:
					t.Fatalf("guess %d: status %d", i, status)
				}
			}
			if counted != 10 {
				t.Errorf("%d of 1,000 guesses were checked, want 10", counted)
			}
			fresh := newBrowser(t, s.URL, "127.0.9.2")
			if status, _ := fresh.send(t, "/login", "email", "ada@example.org", "password", goodPassword); status != http.StatusTooManyRequests {
				t.Errorf("the right password in a new browser after the guesses: status %d, want 429", status)
			}
			back := newBrowser(t, s.URL, "127.0.9.3") // the same browser, signed out
			site, _ := url.Parse(s.URL)
			for _, c := range known.Jar.Cookies(site) {
				if c.Name == "assay-device" {
					back.Jar.SetCookies(site, []*http.Cookie{c})
				}
			}
			if status, _ := back.send(t, "/login", "email", "ada@example.org", "password", goodPassword); status != http.StatusSeeOther {
				t.Errorf("the right password in a known browser after the guesses: status %d, want through", status)
			}
		})
	}
}

// BenchmarkAnswersToKnownAndUnknownAddresses prints how long the forms take to
// answer about an address that has an account and about one that has none: the
// medians of 500 each, in turn, each address once, over HTTP against a real
// Postgres.
func BenchmarkAnswersToKnownAndUnknownAddresses(b *testing.B) {
	skipUnlessManyAddresses(b)
	const n = 500
	s := newSite(b, false)
	addKnown(b, s, n)
	for i, f := range []struct {
		path  string
		pairs []string
	}{
		{"/login", []string{"password", "no such password here"}},
		{"/reset", nil},
		{"/register", []string{"name", "Ada", "password", "seven kettles and a drum"}},
	} {
		b.Run(strings.TrimPrefix(f.path, "/"), func(b *testing.B) {
			for range b.N {
				medians(b, s, f.path, 20+i, n, f.pairs)
			}
		})
	}
}

func medians(b *testing.B, s site, path string, network, n int, pairs []string) {
	var took [2][]time.Duration
	var who *browser
	for i := range n {
		if i%10 == 0 {
			who = newBrowser(b, s.URL, fmt.Sprintf("127.%d.%d.7", network, i/10))
		}
		for j := range 2 {
			kind := (i + j) % 2 // each is first half of the time
			email := fmt.Sprintf("%s-%d@example.org", [2]string{"known", "unknown" + path[1:]}[kind], i)
			status, d := who.send(b, path, append([]string{"email", email}, pairs...)...)
			if want := map[string]int{"/login": http.StatusUnprocessableEntity}[path]; status != want && want != 0 || status >= 500 || status == http.StatusTooManyRequests {
				b.Fatalf("%s: status %d", path, status)
			}
			took[kind] = append(took[kind], d)
		}
	}
	ms := func(d []time.Duration) float64 {
		slices.Sort(d)
		return float64(d[len(d)/2]) / float64(time.Millisecond)
	}
	known, unknown := ms(took[0]), ms(took[1])
	b.ReportMetric(known, "known-ms")
	b.ReportMetric(unknown, "unknown-ms")
	b.ReportMetric(max(known-unknown, unknown-known), "difference-ms")
	verdict := "within 10 ms"
	if max(known-unknown, unknown-known) >= 10 {
		verdict = "NOT within 10 ms"
	}
	b.Logf("%s: median of %d: known %.2f ms, unknown %.2f ms: %s", path, n, known, unknown, verdict)
}

// addKnown makes accounts with confirmed addresses and one password.
func addKnown(b *testing.B, s site, n int) {
	ctx := context.Background()
	if err := s.Accounts.Register(ctx, account.Registration{Name: "Ada", Email: "first@example.org", Password: goodPassword}); err != nil {
		b.Fatal(err)
	}
	var hash string
	var first id.User
	find := func(tx pgx.Tx) error {
		if err := postgres.LookFor(ctx, tx, "first@example.org"); err != nil {
			return err
		}
		return tx.QueryRow(ctx, `SELECT id FROM app_user WHERE email = 'first@example.org'`).Scan(&first)
	}
	if err := s.DB.InTx(ctx, postgres.Actor{}, find); err != nil {
		b.Fatal(err)
	}
	err := s.DB.InTx(ctx, postgres.Actor{User: first}, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `SELECT hash FROM password WHERE user_id = $1`, first).Scan(&hash)
	})
	if err != nil {
		b.Fatal(err)
	}
	for i := range n {
		user := id.New[id.User]()
		err := s.DB.InTx(ctx, postgres.Actor{User: user}, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, `INSERT INTO app_user (id, email, name, email_confirmed_at) VALUES ($1, $2, 'Ada', now())`, user, fmt.Sprintf("known-%d@example.org", i)); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, `INSERT INTO password (user_id, hash) VALUES ($1, $2)`, user, hash)
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}
