package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// request sends one request without following redirects.
func request(t *testing.T, method, address string, header map[string]string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range header {
		r.Header.Set(name, value)
	}
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { answer.Body.Close() })
	return answer
}

func TestEveryAnswerCarriesItsSecurityHeaders(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	for _, tt := range []struct {
		method, path string
		status       int
	}{
		{"GET", "/", http.StatusOK},
		{"HEAD", "/", http.StatusOK},
		{"HEAD", "/datasets", http.StatusOK},
		{"GET", "/datasets?use=nonsense", http.StatusUnprocessableEntity},
		{"GET", "/healthz", http.StatusOK},
		{"GET", "/static/app.css", http.StatusOK},
		{"GET", "/static/absent.js", http.StatusNotFound},
		{"GET", "/no/such/page", http.StatusNotFound},
		{"GET", "/account", http.StatusSeeOther},
		{"POST", "/login", http.StatusForbidden},
		{"DELETE", "/login", http.StatusForbidden},
		{"TRACE", "/login", http.StatusForbidden},
	} {
		answer := request(t, tt.method, s.URL+tt.path, nil)
		if answer.StatusCode != tt.status {
			t.Errorf("%s %s = %d, want %d", tt.method, tt.path, answer.StatusCode, tt.status)
		}
		policy := answer.Header.Get("Content-Security-Policy")
		if !strings.HasPrefix(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") || !strings.Contains(policy, "frame-ancestors 'none'") {
			t.Errorf("%s %s has the policy %q", tt.method, tt.path, policy)
		}
		for name, want := range map[string]string{
			"X-Content-Type-Options":     "nosniff",
			"Referrer-Policy":            "strict-origin-when-cross-origin",
			"Cross-Origin-Opener-Policy": "same-origin",
		} {
			if got := answer.Header.Get(name); got != want {
				t.Errorf("%s %s: %s = %q, want %q", tt.method, tt.path, name, got, want)
			}
		}
		if kind := answer.Header.Get("Content-Type"); tt.status != http.StatusSeeOther && !strings.Contains(kind, "charset=utf-8") {
			t.Errorf("%s %s: Content-Type = %q, want one with its charset", tt.method, tt.path, kind)
		}
	}
}

func TestRequestFromAnotherSiteIsRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	s.owner(t, "ada@example.org", "North")
	p := s.person(t)
	p.signIn("ada@example.org")
	page := p.get("/account")
	token, _ := page.Page.Find(`input[name="csrf"]`).First().Attr("value")
	if token == "" {
		t.Fatal("the page has no token")
	}
	post := func(name string, header map[string]string) answer {
		body := strings.NewReader(url.Values{"csrf": {token}, "name": {name}}.Encode())
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/account/name", body)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		for name, value := range header {
			r.Header.Set(name, value)
		}
		return p.do(r)
	}
	for _, header := range []map[string]string{
		{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"}, {"Origin": "null"},
	} {
		// Even with a token that was stolen.
		if got := post("Mallory", header).Status; got != http.StatusForbidden {
			t.Errorf("POST with %v = %d, want 403", header, got)
		}
	}
	if got := post("Ada Lovelace", map[string]string{"Sec-Fetch-Site": "same-origin"}).Status; got != http.StatusSeeOther {
		t.Errorf("POST from our own page = %d, want 303", got)
	}
	if strings.Contains(p.get("/account").Body, "Mallory") {
		t.Error("a request from another site changed the name")
	}
}

func TestPagesOfSomebodySignedInAreNotStored(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	s.owner(t, "ada@example.org", "North")
	p := s.person(t)
	p.signIn("ada@example.org")
	for _, path := range []string{"/", "/datasets", "/account", "/organization", "/no/such/page"} {
		if got := p.get(path).Header.Get("Cache-Control"); got != "no-store" {
			t.Errorf("GET %s: Cache-Control = %q, want no-store", path, got)
		}
	}
}
