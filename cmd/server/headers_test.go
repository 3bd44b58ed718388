package main

import (
	"bytes"
	"context"
	"net/http"
	"strings"
	"testing"

	"assay/internal/postgres"
)

// headerFault says what is wrong with the headers of a reply; "" for nothing.
func headerFault(r reply, isPrivate bool) string {
	policy := r.header.Get("Content-Security-Policy")
	for _, part := range []string{"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"} {
		if !strings.Contains(policy, part) {
			return "Content-Security-Policy lacks " + part
		}
	}
	// The page of the free audit compiles the audit, and evaluates no text.
	policy = strings.Replace(policy, "script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'", "", 1)
	// The pages of River bring their own style; no script of theirs is inline.
	policy = strings.Replace(policy, "script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:", "", 1)
	if strings.Contains(policy, "unsafe-") || strings.Contains(policy, "*") {
		return "Content-Security-Policy is " + policy
	}
	for name, want := range map[string]string{
		"X-Content-Type-Options":     "nosniff",
		"Cross-Origin-Opener-Policy": "same-origin", "X-Frame-Options": "DENY",
	} {
		if got := r.header.Get(name); got != want {
			return name + " is " + got + ", want " + want
		}
	}
	switch got := r.header.Get("Referrer-Policy"); got {
	case "strict-origin-when-cross-origin", "same-origin", "no-referrer":
	default:
		return "Referrer-Policy is " + got
	}
	if got := r.header.Get("Cache-Control"); isPrivate && got != "no-store" && got != "no-store, private" {
		return "Cache-Control is " + got + ", want no-store"
	}
	return ""
}

func TestEveryKindOfAnswerCarriesTheSecurityHeaders(t *testing.T) {
	t.Parallel()
	r := startServer(t)
	actor := r.join(t, "heads@example.org", "Heads", postgres.None)
	in := r.signedIn(t, "member", 2, "heads@example.org", actor)
	out := newCaller(t, "stranger", r.url, 3)
	big := strings.Repeat("a", 2<<20)
	for _, tt := range []struct {
		name, method, path, body string
		status                   int
		static                   bool // the same for everybody
	}{
		{"a page", "GET", "/", "", http.StatusOK, false},
		{"no page", "GET", "/no-such-page", "", http.StatusNotFound, false},
		{"a path that climbs", "GET", "/static/../../etc/passwd", "", http.StatusNotFound, true},
		{"a style sheet", "GET", "/static/app.css", "", http.StatusOK, true},
		{"no such file", "GET", "/static/no-such-file.css", "", http.StatusNotFound, true},
		{"a method that a file does not take", "DELETE", "/static/app.css", "", http.StatusMethodNotAllowed, true},
		{"the free audit", "GET", "/lqs", "", http.StatusOK, false},
		{"a sample", "GET", "/lqs/samples/boxes-coco.zip", "", http.StatusOK, true},
		{"no such sample", "GET", "/lqs/samples/none.zip", "", http.StatusNotFound, true},
		{"no such result", "GET", "/lqs/r/" + strings.Repeat("A", 43) + "/", "", http.StatusNotFound, false},
		{"files without their token", "POST", "/lqs/files", "", http.StatusForbidden, false},
		{"the check of life", "GET", "/healthz", "", http.StatusOK, true},
		{"the check of readiness", "GET", "/readyz", "", http.StatusOK, true},
		{"a method that no route takes", "PUT", "/login", "", http.StatusForbidden, false},
		{"TRACE", "TRACE", "/login", "", http.StatusForbidden, false},
		{"a form without its token", "POST", "/login", "email=a", http.StatusForbidden, false},
		{"a form that is too large", "POST", "/login", "email=" + big, http.StatusRequestEntityTooLarge, false},
		{"a form that cannot be read", "POST", "/login", "email=%zz", http.StatusUnprocessableEntity, false},
		{"a query that means nothing", "GET", "/datasets?use=nonsense", "", http.StatusUnprocessableEntity, false},
		{"an id that is none", "GET", "/seller/listings/1/check", "", 0, false},
	} {
		for _, who := range []*caller{out, in} {
			got := who.send(t, tt.method, tt.path, strings.NewReader(tt.body), formKind)
			if tt.status != 0 && got.status != tt.status {
				t.Errorf("%s, %s: status %d, want %d", tt.name, who.name, got.status, tt.status)
			}
			if fault := headerFault(got, who == in && !tt.static); fault != "" {
				t.Errorf("%s, %s: %s", tt.name, who.name, fault)
			}
		}
	}

	r.db.Close() // from here on our own faults answer
	for _, who := range []*caller{out, in} {
		for path, want := range map[string]int{"/account": http.StatusInternalServerError, "/datasets": http.StatusInternalServerError, "/readyz": http.StatusServiceUnavailable} {
			if who == out && path == "/account" {
				continue // a stranger is sent to the sign-in page without the database
			}
			got := who.send(t, http.MethodGet, path, nil, nil)
			if got.status != want {
				t.Errorf("GET %s without a database, %s: status %d, want %d", path, who.name, got.status, want)
			}
			if fault := headerFault(got, false); fault != "" {
				t.Errorf("GET %s without a database, %s: %s", path, who.name, fault)
			}
			if strings.Contains(got.body, "pool") || strings.Contains(got.body, "sql") {
				t.Errorf("GET %s without a database: the page shows the cause", path)
			}
		}
	}
}

// The answers of the tus protocol come from a library, which sets headers of
// its own.
func TestResumableUploadsCarryTheSecurityHeaders(t *testing.T) {
	t.Parallel()
	r := startServer(t)
	actor := r.join(t, "tus@example.org", "Tus", postgres.None)
	c := r.signedIn(t, "seller", 4, "tus@example.org", actor)
	l := r.draft(t, actor)
	path := c.sendTusPart(t, "/seller/listings/"+string(l), 1000, make([]byte, 10))
	head := map[string]string{"Tus-Resumable": "1.0.0", "X-CSRF-Token": c.token}
	for _, got := range []reply{
		c.send(t, http.MethodHead, path, nil, head),
		c.send(t, http.MethodPost, "/seller/listings/"+string(l)+"/upload/tus", nil, head), // no length
		must(c.sendTus(context.Background(), path, 10, bytes.NewReader(make([]byte, 5))))(t),
		must(c.sendTus(context.Background(), path, 500, bytes.NewReader(nil)))(t), // not where it is
		c.send(t, http.MethodDelete, path, nil, head),
		c.send(t, http.MethodHead, path, nil, head), // gone
	} {
		if fault := headerFault(got, true); fault != "" {
			t.Errorf("status %d: %s", got.status, fault)
		}
	}
}

func must(r reply, err error) func(testing.TB) reply {
	return func(t testing.TB) reply {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
}
