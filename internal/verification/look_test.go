package verification_test

import (
	"crypto/x509"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"assay/internal/account/accounttest"
	"assay/internal/errs"
	"assay/internal/job"
	"assay/internal/outbound"
	"assay/internal/outbound/outboundtest"
	"assay/internal/postgres"
	"assay/internal/verification"
)

// site is an HTTPS server of the test at example.com:443 as far as the looker
// is concerned.
type site struct {
	names  *outboundtest.NameServer
	server *httptest.Server
	answer atomic.Value // http.HandlerFunc
	hits   atomic.Int64
}

func newSite(t *testing.T) (*site, *verification.Looker) {
	t.Helper()
	s := &site{names: outboundtest.NewNameServer(t)}
	s.answer.Store(http.HandlerFunc(http.NotFound))
	s.server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.hits.Add(1)
		s.answer.Load().(http.HandlerFunc)(w, r)
	}))
	t.Cleanup(s.server.Close)
	roots := x509.NewCertPool()
	roots.AddCert(s.server.Certificate()) // for example.com
	own := netip.MustParseAddrPort(s.server.Listener.Addr().String())
	look := verification.NewLooker(outbound.Exceptions{
		Resolver: s.names.Resolver(), Roots: roots,
		Allow: func(at netip.AddrPort) bool { return at == own },
		Redirect: func(address string) string {
			return strings.Replace(address, ":443", fmt.Sprintf(":%d", own.Port()), 1)
		},
	})
	s.names.Set("example.com", own.Addr().String())
	return s, look
}

func (s *site) serve(h http.HandlerFunc) { s.answer.Store(h) }

func text(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/.well-known/assay-verification.txt" {
			http.NotFound(w, r)
			return
		}
		fmt.Fprint(w, body)
	}
}

func TestADomainIsProvedByRecordOrFile(t *testing.T) {
	t.Parallel()
	s, look := newSite(t)
	d := newDeskWith(t, look)
	at := identity
	at.Website = "https://www.example.com"
	if err := d.s.SaveIdentity(t.Context(), d.org.Owner, at); err != nil {
		t.Fatal(err)
	}
	p, err := d.s.Domain(t.Context(), d.org.Owner)
	if err != nil || p.Domain != "example.com" || len(p.Token) != 43 || p.Holds() || p.IsAsked() {
		t.Fatalf("Domain = %+v, %v, want a token for example.com", p, err)
	}
	moved := "/elsewhere.txt"
	tests := []struct {
		name    string
		records []string
		answer  http.HandlerFunc
		method  string
		outcome string
		dns     string // seen
		file    string
	}{
		{"neither record nor file", nil, http.NotFound, "", "absent", "There is no TXT record", "404 Not Found"},
		{"the record", []string{"v=spf1 -all", p.Content()}, http.NotFound, "dns", "found", "The token is there.", ""},
		{"another record", []string{"assay-verification=other"}, http.NotFound, "", "different", "another text: “assay-verification=other”", "404 Not Found"},
		{"the file", nil, text(p.Content() + "\n"), "file", "found", "no TXT record", "The token is there."},
		{"the file with other lines", nil, text("# ours\r\n" + p.Content() + "\r\n"), "file", "found", "", "The token is there."},
		{"another file", nil, text("assay-verification=other"), "", "different", "", "another text: “assay-verification=other”"},
		{"the token without its mark", nil, text(p.Token), "", "different", "", "another text: “"},
		{"the token after a kilobyte", nil, text(strings.Repeat("\n", 1<<10) + p.Content()), "", "different", "", "another text: “”"},
		{"an error with the token", nil, func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(500); text(p.Content())(w, r) }, "", "absent", "", "500 Internal Server Error"},
		{"a redirect to the file", nil, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == moved {
				fmt.Fprint(w, p.Content())
				return
			}
			http.Redirect(w, r, moved, http.StatusFound)
		}, "", "absent", "", "a redirect (302)"},
		{"a hung server", nil, func(w http.ResponseWriter, r *http.Request) { panic(http.ErrAbortHandler) }, "", "unreachable", "", "no answer by HTTPS"},
	}
	for _, tt := range tests {
		s.names.Say("_assay-verification.example.com", tt.records...)
		s.serve(tt.answer)
		d.super(t, `UPDATE domain_proof SET proved_at = NULL, method = '', missing_since = NULL`)
		if err := d.s.CheckDomain(t.Context(), job.CheckDomain{Organization: d.org.ID}); err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		got, err := d.s.Domain(t.Context(), d.org.Owner)
		if err != nil || got.Method != tt.method || got.Outcome != tt.outcome || got.Holds() != (tt.outcome == "found") || got.CheckedAt == nil {
			t.Errorf("%s: %s, %s, %v, want %s, %s", tt.name, got.Method, got.Outcome, err, tt.method, tt.outcome)
		}
		if !strings.Contains(got.DNSSeen, tt.dns) || !strings.Contains(got.FileSeen, tt.file) || (tt.method == "dns") != (got.FileSeen == "") {
			t.Errorf("%s: saw %q and %q, want %q and %q", tt.name, got.DNSSeen, got.FileSeen, tt.dns, tt.file)
		}
	}
}

// What a stranger's name server says is shown as one short line of text.
func TestWhatAStrangerWroteIsShownAsOneShortLine(t *testing.T) {
	t.Parallel()
	s, look := newSite(t)
	d := newDeskWith(t, look)
	at := identity
	at.Website = "https://www.example.com"
	if err := d.s.SaveIdentity(t.Context(), d.org.Owner, at); err != nil {
		t.Fatal(err)
	}
	s.names.Say("_assay-verification.example.com", "<b>\u202eevil\x00\xff\r\n"+strings.Repeat("x", 200))
	s.serve(text("line one\nline two\x1b[2J"))
	if err := d.s.CheckDomain(t.Context(), job.CheckDomain{Organization: d.org.ID}); err != nil {
		t.Fatal(err)
	}
	p, err := d.s.Domain(t.Context(), d.org.Owner)
	if err != nil || p.FileSeen != "There is another text: “line one line two [2J”" {
		t.Errorf("the file shows as %q, %v", p.FileSeen, err)
	}
	if !errs.IsPlainLine(p.DNSSeen) || len([]rune(p.DNSSeen)) > 160 || !strings.Contains(p.DNSSeen, "evil") {
		t.Errorf("the record shows as %q", p.DNSSeen)
	}
	if _, err := d.asTenant(t, `UPDATE domain_proof SET dns_seen = 'The token is there.'`); err == nil {
		t.Error("the organization wrote what was seen")
	}
}

func TestAProofIsLookedAtAgainAndLostAfterAWeek(t *testing.T) {
	t.Parallel()
	s, look := newSite(t)
	d := newDeskWith(t, look)
	at := identity
	at.Website = "https://example.com"
	if err := d.s.SaveIdentity(t.Context(), d.org.Owner, at); err != nil {
		t.Fatal(err)
	}
	p, err := d.s.Domain(t.Context(), d.org.Owner)
	if err != nil {
		t.Fatal(err)
	}
	s.serve(text(p.Content()))
	if err := d.s.AskForDomain(t.Context(), d.org.Owner); err != nil {
		t.Fatal(err)
	}
	wantKind(t, "asking twice in a minute", d.s.AskForDomain(t.Context(), d.org.Owner), errs.Conflict)
	run := func() verification.DomainProof {
		t.Helper()
		c := d.connect(t)
		if _, err := c.Exec(t.Context(), `DELETE FROM river_job WHERE kind = 'check_domain'`); err != nil {
			t.Fatal(err)
		}
		d.super(t, `UPDATE domain_proof SET asked_at = NULL`)
		if err := d.s.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		var asked int
		if err := c.QueryRow(t.Context(), `SELECT count(*) FROM river_job WHERE kind = 'check_domain'`).Scan(&asked); err != nil {
			t.Fatal(err)
		}
		for range asked {
			if err := d.s.CheckDomain(t.Context(), job.CheckDomain{Organization: d.org.ID}); err != nil {
				t.Fatal(err)
			}
		}
		got, err := d.s.Domain(t.Context(), d.org.Owner)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if err := d.s.CheckDomain(t.Context(), job.CheckDomain{Organization: d.org.ID}); err != nil {
		t.Fatal(err)
	}
	hits := s.hits.Load()
	*d.now = d.now.AddDate(0, 0, 29)
	if run(); s.hits.Load() != hits {
		t.Error("looked again before a month was over")
	}
	*d.now = d.now.AddDate(0, 0, 2)
	if p := run(); s.hits.Load() != hits+1 || !p.Holds() {
		t.Errorf("a month later: %d looks, holds %v, want one more and true", s.hits.Load()-hits, p.Holds())
	}
	s.serve(http.NotFound)
	*d.now = d.now.AddDate(0, 0, 31)
	if p := run(); p.Holds() || p.ProvedAt == nil || p.MissingSince == nil {
		t.Errorf("missed once: %+v, want it proved and not holding", p)
	}
	for range 6 {
		*d.now = d.now.Add(25 * time.Hour)
		if p := run(); p.ProvedAt == nil {
			t.Errorf("missed for less than a week: %+v, want it proved", p)
		}
	}
	*d.now = d.now.Add(25 * time.Hour)
	if p := run(); p.ProvedAt != nil || p.Method != "" {
		t.Errorf("missed for a week: %+v, want it lost", p)
	}
	if told := d.told(t); len(told) != 1 || !strings.HasPrefix(told[0], "domain_proof_lost") {
		t.Errorf("notices = %q, want one that tells of the loss", told)
	}
}

func TestADomainIsLookedAtBeforeALevelIsGranted(t *testing.T) {
	t.Parallel()
	s, look := newSite(t)
	d := newDeskWith(t, look)
	at := identity
	at.Website = "https://example.com" // nobody's address is of it
	if err := d.s.SaveIdentity(t.Context(), d.org.Owner, at); err != nil {
		t.Fatal(err)
	}
	p, _ := d.s.Domain(t.Context(), d.org.Owner)
	s.serve(text(p.Content()))
	if err := d.s.CheckDomain(t.Context(), job.CheckDomain{Organization: d.org.ID}); err != nil {
		t.Fatal(err)
	}
	d.attach(t, org)
	d.attach(t, rights)
	c := d.submit(t)
	if !c.DomainHolds() {
		t.Fatalf("the domain of the case: %+v, want proved", c.Domain)
	}
	s.serve(http.NotFound)
	wantKind(t, "a grant for a domain that shows the token no more", d.s.Decide(t.Context(), d.reviewer, grant(c, verification.Verified, org, rights)), errs.Invalid)
	s.serve(text(p.Content()))
	if err := d.s.Decide(t.Context(), d.reviewer, grant(c, verification.Verified, org, rights)); err != nil {
		t.Errorf("with the token back: %v", err)
	}
}

func TestAnotherDomainNeedsAnotherProof(t *testing.T) {
	t.Parallel()
	s, look := newSite(t)
	d := newDeskWith(t, look)
	save := func(website string) verification.DomainProof {
		t.Helper()
		at := identity
		at.Website = website
		if err := d.s.SaveIdentity(t.Context(), d.org.Owner, at); err != nil {
			t.Fatal(err)
		}
		p, err := d.s.Domain(t.Context(), d.org.Owner)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	first := save("https://example.com")
	s.serve(text(first.Content()))
	if err := d.s.CheckDomain(t.Context(), job.CheckDomain{Organization: d.org.ID}); err != nil {
		t.Fatal(err)
	}
	if p := save("https://www.example.com/about"); p.Token != first.Token || !p.Holds() {
		t.Errorf("the same domain again: %+v, want the proof kept", p)
	}
	if p := save("https://example.net"); p.Token == first.Token || p.Holds() || p.ProvedAt != nil {
		t.Errorf("another domain: %+v, want another token and no proof", p)
	}
	for _, sql := range []string{
		`UPDATE domain_proof SET proved_at = now(), method = 'dns', outcome = 'found'`,
		`UPDATE domain_proof SET outcome = 'found'`,
	} {
		if err := d.as(t, d.org.Owner, sql); !postgres.IsRefused(err) {
			t.Errorf("%s by an owner: %v, want refused", sql, err)
		}
	}
	stranger := accounttest.Organization(t, d.db.DB).Owner
	_, err := d.s.Domain(t.Context(), stranger)
	wantKind(t, "a stranger's own", err, errs.NotFound)
}

func TestADomainThatLeadsInsideTheNetworkIsRefused(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t)
	strict := verification.NewLooker(outbound.Exceptions{Resolver: s.names.Resolver()})
	for _, address := range []string{"127.0.0.1", "10.0.0.1", "169.254.169.254", "192.168.0.1"} {
		s.names.Set("example.com", address)
		if method, outcome := strict.Look(t.Context(), "example.com", "token"); method != "" || outcome != "refused" {
			t.Errorf("a domain that leads to %s: %s %s, want refused", address, method, outcome)
		}
	}
	if s.hits.Load() != 0 {
		t.Errorf("%d requests were made", s.hits.Load())
	}
}

func TestDomainNames(t *testing.T) {
	t.Parallel()
	for _, form := range outboundtest.Private {
		if got := verification.DomainName(strings.Trim(form, "[]")); got != "" {
			t.Errorf("%s passes as the domain %q", form, got)
		}
	}
	for in, want := range map[string]string{
		"example.org": "example.org", "EXAMPLE.org": "example.org", "klinikum-köln.de": "xn--klinikum-kln-ejb.de", "a.b.example.co.uk": "a.b.example.co.uk",
		"example.org.": "example.org", "localhost": "", "example..org": "", "-a.example": "", "a_b.example": "", "": "", ".": "", "co.uk": "", "github.io": "", "printer.local": "", "db.internal": "", "a.localhost": "", "x.onion": "", "1.168.192.in-addr.arpa": "",
		"ada.github.io":                  "ada.github.io",
		strings.Repeat("a", 64) + ".org": "", strings.Repeat("a.", 130) + "org": "",
	} {
		if got := verification.DomainName(in); got != want {
			t.Errorf("DomainName(%q) = %q, want %q", in, got, want)
		}
	}
}

// An organization signs people in for the domain that it has proved: the sign-in
// goes off with the proof, also where it is the only way in.
func TestTheSignInOfADomainGoesOffWithItsProof(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		lose func(t *testing.T, s *site, d desk)
	}{
		{"missed for a week", func(t *testing.T, s *site, d desk) {
			s.serve(http.NotFound)
			for range 2 {
				if err := d.s.CheckDomain(t.Context(), job.CheckDomain{Organization: d.org.ID}); err != nil {
					t.Fatal(err)
				}
				*d.now = d.now.Add(8 * 24 * time.Hour)
			}
		}},
		{"another web address", func(t *testing.T, _ *site, d desk) {
			at := identity
			at.Website = "https://example.net"
			if err := d.s.SaveIdentity(t.Context(), d.org.Owner, at); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, look := newSite(t)
			d := newDeskWith(t, look)
			at := identity
			at.Website = "https://example.com"
			if err := d.s.SaveIdentity(t.Context(), d.org.Owner, at); err != nil {
				t.Fatal(err)
			}
			p, err := d.s.Domain(t.Context(), d.org.Owner)
			if err != nil {
				t.Fatal(err)
			}
			s.serve(text(p.Content()))
			if err := d.s.CheckDomain(t.Context(), job.CheckDomain{Organization: d.org.ID}); err != nil {
				t.Fatal(err)
			}
			d.super(t, `INSERT INTO organization_oidc (organization_id, issuer, client_id, client_secret, domain, set_by, enabled_at, required_at)
				VALUES ($1, 'https://login.example.com', 'client', repeat('s', 40)::bytea, 'example.com', $2, now(), now())`, string(d.org.ID), string(d.org.Owner.User))
			d.super(t, `INSERT INTO session (token, user_id, voucher_id, data, expires_at) VALUES ('token', $2, $1, 'data', now() + interval '1 hour')`, string(d.org.ID), string(d.org.Owner.User))

			tt.lose(t, s, d)

			var isOn, isAskedFor, goesOn bool
			var acts int
			err = d.connect(t).QueryRow(t.Context(), `SELECT o.enabled_at IS NOT NULL, o.required_at IS NOT NULL, s.ended_at IS NULL,
				(SELECT count(*) FROM activity WHERE verb = 'organization.lose_sign_in' AND organization_id = o.organization_id)
				FROM organization_oidc o JOIN session s ON s.voucher_id = o.organization_id`).Scan(&isOn, &isAskedFor, &goesOn, &acts)
			if err != nil || isOn || !isAskedFor || goesOn || acts != 1 {
				t.Errorf("the sign-in is on: %v, asked for: %v, its session goes on: %v, %d records, %v; want false, true, false, 1", isOn, isAskedFor, goesOn, acts, err)
			}
			if told := strings.Join(d.told(t), "\n"); !strings.Contains(told, "sign_in_off: The sign-in of your organization is off") || !strings.Contains(told, "only an owner with a passkey") {
				t.Errorf("notices = %q, want one that the sign-in is off", told)
			}
		})
	}
}
