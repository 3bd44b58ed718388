package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestHeadIsAnsweredWhereGetIs(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	p := s.person(t)
	for path, want := range map[string]int{
		"/": http.StatusOK, "/datasets": http.StatusOK, "/no/such/page": http.StatusNotFound, "/account": http.StatusSeeOther,
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodHead, s.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		got := p.do(r)
		if got.Status != want || got.Body != "" {
			t.Errorf("HEAD %s = %d with %d bytes, want %d without any", path, got.Status, len(got.Body), want)
		}
		kind := got.Header.Get("Content-Type")
		if want != http.StatusSeeOther && kind != "text/html; charset=utf-8" {
			t.Errorf("HEAD %s: Content-Type = %q, want HTML with its charset", path, kind)
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
