package web_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"

	"assay/internal/audit"
	"assay/internal/audit/certificate"
	"assay/internal/catalog"
	"assay/internal/config"
	"assay/internal/id"
	"assay/internal/listing/listingtest"
	"assay/internal/notary"
	"assay/internal/postgres/postgrestest"
	"assay/web"
	"assay/web/webtest"
)

const certificateIssuer = "https://assay.example"

// certificateServer serves data sets with certificates of every standing, each
// under an address that names it.
func certificateServer(t *testing.T) *httptest.Server {
	t.Helper()
	db := postgrestest.New(t)
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{5}, ed25519.SeedSize))
	n := notary.New(db, key, certificateIssuer)
	if err := n.Begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	for slug, change := range map[string]func(*catalog.Entry, *certificate.Certificate){
		"passed":  func(_ *catalog.Entry, c *certificate.Certificate) { c.Verdict, c.Warnings = audit.Passed, 0 },
		"flagged": func(*catalog.Entry, *certificate.Certificate) {},
		"old":     func(_ *catalog.Entry, c *certificate.Certificate) { c.AuditedAt = now.AddDate(-1, 0, -2) },
		"ruled":   func(_ *catalog.Entry, c *certificate.Certificate) { c.RulesVersion = "2020.1.1" },
		"suspended": func(e *catalog.Entry, _ *certificate.Certificate) {
			e.State, e.StateReason = catalog.Suspended, "A reader found a name."
		},
		"uncertified": func(*catalog.Entry, *certificate.Certificate) {},
	} {
		e := hostedListing()
		e.Slug, e.ID = slug, id.New[id.Listing]()
		c := certificate.Certificate{ID: id.New[string](), Issuer: certificateIssuer, Listing: slug, Title: e.Title, Version: 2,
			RootDigest: strings.Repeat("a1", 32), ClaimsDigest: strings.Repeat("b2", 32), Files: 1204, Bytes: 496_000_000,
			Verdict: audit.Flagged, Warnings: 2, Infos: 3, NotChecked: 1, RulesVersion: audit.RulesVersion, Tables: audit.Tables(),
			AuditedAt: now.Add(-time.Hour), IssuedAt: now}
		change(&e, &c)
		file, err := certificate.Sign(c, key)
		if err != nil {
			t.Fatal(err)
		}
		if slug != "uncertified" {
			e.Detail.Certificate = string(file)
		}
		project(t, db, e)
	}
	s := httptest.NewServer(web.New(config.Config{PublicURL: certificateIssuer}, slog.New(slog.NewTextHandler(io.Discard, nil)),
		web.Services{DB: db, Sessions: scs.New(), Catalog: catalog.NewStore(db), Notary: n}))
	t.Cleanup(s.Close)
	return s
}

func fetch(t *testing.T, url string) (*http.Response, string) {
	t.Helper()
	r, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r, string(body)
}

func TestBadgeSaysHowTheCertificateStands(t *testing.T) {
	t.Parallel()
	s := certificateServer(t)
	month := time.Now().UTC().Add(-time.Hour).Format("2006-01")
	_, unknown := fetch(t, s.URL+"/badge/no-such-data-set.svg")
	for slug, want := range map[string]string{
		"passed": "Assay audit: passed · " + month, "flagged": "Assay audit: flagged, answered · " + month,
		"old":       "Assay audit: out of date · " + time.Now().UTC().AddDate(-1, 0, -2).Format("2006-01"),
		"ruled":     "Assay audit: out of date · " + month,
		"suspended": "Assay audit: not certified", "uncertified": "Assay audit: not certified", "no-such-data-set": "Assay audit: not certified",
	} {
		r, body := fetch(t, s.URL+"/badge/"+slug+".svg")
		var svg struct {
			Label string `xml:"aria-label,attr"`
			Role  string `xml:"role,attr"`
			Title string `xml:"title"`
		}
		if err := xml.Unmarshal([]byte(body), &svg); err != nil {
			t.Fatalf("%s: not well-formed: %v", slug, err)
		}
		if svg.Title != want || svg.Label != want || svg.Role != "img" {
			t.Errorf("%s: badge reads %+v, want %q", slug, svg, want)
		}
		if r.StatusCode != http.StatusOK || r.Header.Get("Content-Type") != "image/svg+xml; charset=utf-8" {
			t.Errorf("%s: status %d, Content-Type %q", slug, r.StatusCode, r.Header.Get("Content-Type"))
		}
		for name, part := range map[string]string{"Content-Security-Policy": "sandbox", "X-Content-Type-Options": "nosniff",
			"Cache-Control": "max-age=300", "Cross-Origin-Resource-Policy": "cross-origin"} {
			if !strings.Contains(r.Header.Get(name), part) {
				t.Errorf("%s: %s = %q, want %s in it", slug, name, r.Header.Get(name), part)
			}
		}
		if len(r.Cookies()) > 0 || strings.Contains(body, "<script") || strings.Contains(body, "style=") {
			t.Errorf("%s: the badge sets a cookie or holds script or style", slug)
		}
		if isGray := strings.Contains(body, "#59626b"); isGray != (slug != "passed" && slug != "flagged") {
			t.Errorf("%s: gray is %v", slug, isGray)
		}
		if slug == "suspended" && body != unknown {
			t.Error("the badge of a suspended data set differs from that of none")
		}
	}
}

func TestTheDownloadedCertificateVerifiesByTheServedKeys(t *testing.T) {
	t.Parallel()
	s := certificateServer(t)
	_, served := fetch(t, s.URL+"/.well-known/assay-keys.json")
	keys, err := certificate.ParseKeys([]byte(served))
	if err != nil {
		t.Fatal(err)
	}
	r, file := fetch(t, s.URL+"/datasets/passed/certificate.json")
	if got := r.Header.Get("Content-Disposition"); got != `attachment; filename="passed.certificate.json"` {
		t.Errorf("Content-Disposition = %q", got)
	}
	c, err := certificate.Verify([]byte(file), keys)
	if err != nil || c.Listing != "passed" {
		t.Errorf("Verify = %q, %v", c.Listing, err)
	}
	r, list := fetch(t, s.URL+"/.well-known/assay-revocations.json")
	if _, err := certificate.VerifyRevocations([]byte(list), keys, certificateIssuer); err != nil || r.Header.Get("Content-Type") != "application/json" {
		t.Errorf("the list: %v, Content-Type %q", err, r.Header.Get("Content-Type"))
	}
	for path, want := range map[string]int{"/certificate": http.StatusOK, "/certificate.json": http.StatusGone} {
		r, body := fetch(t, s.URL+"/datasets/suspended"+path)
		if r.StatusCode != want || !strings.Contains(body, "A reader found a name.") || strings.Contains(body, strings.Repeat("a1", 32)) {
			t.Errorf("suspended%s: status %d, want the tombstone with %d", path, r.StatusCode, want)
		}
	}
	for _, slug := range []string{"uncertified", "no-such-data-set"} {
		for _, path := range []string{"/certificate", "/certificate.json"} {
			if r, body := fetch(t, s.URL+"/datasets/"+slug+path); r.StatusCode != http.StatusNotFound || strings.Contains(body, "Northfield") {
				t.Errorf("%s%s: status %d", slug, path, r.StatusCode)
			}
		}
	}
}

func TestCertificatePageInABrowser(t *testing.T) {
	t.Parallel()
	s := certificateServer(t)
	p := webtest.Start(t).Visitor(t, s.URL)
	p.Go("/datasets/passed")
	p.Follow(`[data-testid="certificate"]`)
	p.WantText("h1", "Audit certificate")
	p.WantText(`[data-testid="certificate-command"]`, "lqs verify passed.certificate.json FOLDER --key assay-keys.json --revocations assay-revocations.json")
	p.WantText(`[data-testid="badge-markdown"]`, "[![Assay audit](https://assay.example/badge/passed.svg)](https://assay.example/datasets/passed/certificate)")
	p.CheckViews("certificate")
	p.Go("/datasets/ruled/certificate")
	p.WantText(`[data-testid="stale"]`, "2020.1.1")
	p.CheckViews("certificate-stale")
}

func TestManifestIsDownloadedByItsSellerOnly(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	owner := s.owner(t, "seller@example.org", "Northfield")
	v := sendVersion(t, s, owner, listingtest.Complete(t, s.DB, owner), flaggedReport())
	p := s.person(t)
	p.signIn("seller@example.org")
	path := "/seller/versions/" + string(v.ID) + "/manifest.txt"
	if page := p.get("/seller/versions/" + string(v.ID)); page.Page.Find(`a[href="`+path+`"]`).Length() != 1 {
		t.Error("the page of the version does not lead to the list of files")
	}
	a := p.get(path)
	d, err := s.Listings.Version(t.Context(), owner, v.ID)
	if err != nil {
		t.Fatal(err)
	}
	if sum := sha256.Sum256([]byte(a.Body)); hex.EncodeToString(sum[:]) != d.Version.RootDigest {
		t.Errorf("the digest of the text is %x, the root digest %s:\n%s", sum, d.Version.RootDigest, a.Body)
	}
	s.owner(t, "other@example.org", "South")
	other := s.person(t)
	other.signIn("other@example.org")
	if got := other.get(path).Status; got != http.StatusNotFound {
		t.Errorf("another seller: status %d, want 404", got)
	}
}
