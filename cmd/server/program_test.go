package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"

	"assay/internal/account"
	"assay/internal/id"
	"assay/internal/postgres"
)

// robot is a program that acts for a person by a token.
type robot struct {
	*caller
	secret string
}

// robot returns a program with a token of a person who has joined.
func (r *running) robot(t testing.TB, number int, a postgres.Actor, scopes ...account.Scope) *robot {
	t.Helper()
	n := account.NewAPIToken{ID: id.New[id.APIToken](), Name: "A robot", Scopes: scopes, Days: 1}
	secret, err := r.accounts.CreateAPIToken(t.Context(), a, n)
	if err != nil {
		t.Fatal(err)
	}
	c := newCaller(t, fmt.Sprintf("robot %d", number), r.url, number)
	c.actor = a
	return &robot{c, secret}
}

// ask sends JSON with the token, and holds the answer to the description;
// header comes in pairs.
func (p *robot) ask(t testing.TB, method, path string, body any, header ...string) reply {
	t.Helper()
	var content io.Reader
	send := map[string]string{"Authorization": "Bearer " + p.secret}
	switch body := body.(type) {
	case nil:
	case string:
		content = strings.NewReader(body)
		send["Content-Type"] = "application/json"
	case []byte:
		content = bytes.NewReader(body)
	default:
		text, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		content = bytes.NewReader(text)
		send["Content-Type"] = "application/json"
	}
	for i := 0; i < len(header); i += 2 {
		send[header[i]] = header[i+1]
	}
	got := p.caller.send(t, method, "/api/v1"+path, content, send)
	asDescribed(t, method, path, got)
	return got
}

// want is ask that fails the test unless the answer has a status; into takes
// the JSON of the answer unless it is nil.
func (p *robot) want(t testing.TB, status int, into any, method, path string, body any, header ...string) reply {
	t.Helper()
	got := p.ask(t, method, path, body, header...)
	if got.status != status {
		t.Fatalf("%s %s: status %d, want %d: %.500s", method, path, got.status, status, got.body)
	}
	if into != nil {
		if err := json.Unmarshal([]byte(got.body), into); err != nil {
			t.Fatalf("%s %s: %v: %.300s", method, path, err, got.body)
		}
	}
	if fault := headerFault(got, true); fault != "" {
		t.Errorf("%s %s: %s", method, path, fault)
	}
	return got
}

// problem is a refusal as a program reads it.
type problem struct {
	Status       int
	Kind, Detail string
	Request      string
	Errors       []struct{ Location, Message string }
}

// refused is want for a refusal, which must be a problem of RFC 9457.
func (p *robot) refused(t testing.TB, status int, kind, method, path string, body any, header ...string) problem {
	t.Helper()
	var got problem
	r := p.want(t, status, &got, method, path, body, header...)
	if r.header.Get("Content-Type") != "application/problem+json" || got.Status != status || got.Kind != kind || got.Request != r.header.Get("X-Request-Id") {
		t.Errorf("%s %s: %s %+v is not a problem of kind %s", method, path, r.header.Get("Content-Type"), got, kind)
	}
	return got
}
