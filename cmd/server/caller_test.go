package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"assay/internal/account/accounttest"
	"assay/internal/id"
	"assay/internal/postgres"
	"assay/internal/upload"
)

// caller is a person at the server without a browser's screen. Each has a
// network address of its own, so that limits by address do not meet.
type caller struct {
	name   string
	url    string
	actor  postgres.Actor
	client *http.Client
	token  string // of its session's forms
}

// reply is a response that was read to its end.
type reply struct {
	status int
	header http.Header
	body   string
}

func (r reply) location() string { return r.header.Get("Location") }

// newCaller returns somebody who calls from 127.0.1.number.
func newCaller(t testing.TB, name, address string, number int) *caller {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	from := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 1, byte(number))}}
	transport := &http.Transport{DialContext: from.DialContext, MaxIdleConnsPerHost: 4}
	t.Cleanup(transport.CloseIdleConnections)
	return &caller{name: name, url: address, client: &http.Client{Jar: jar, Transport: transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// try sends one request and reads the answer.
func (c *caller) try(ctx context.Context, method, path string, body io.Reader, header map[string]string) (reply, error) {
	r, err := http.NewRequestWithContext(ctx, method, c.url+path, body)
	if err != nil {
		return reply{}, err
	}
	for name, value := range header {
		r.Header.Set(name, value)
	}
	res, err := c.client.Do(r)
	if err != nil {
		return reply{}, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	return reply{res.StatusCode, res.Header, string(text)}, err
}

// send is try for a server that is expected to answer.
func (c *caller) send(t testing.TB, method, path string, body io.Reader, header map[string]string) reply {
	t.Helper()
	r, err := c.try(t.Context(), method, path, body, header)
	if err != nil {
		t.Fatalf("%s: %s %s: %v", c.name, method, path, err)
	}
	return r
}

func (c *caller) get(t testing.TB, path string) reply {
	t.Helper()
	return c.send(t, http.MethodGet, path, nil, nil)
}

var formKind = map[string]string{"Content-Type": "application/x-www-form-urlencoded"}

// post sends a form with the session's token.
func (c *caller) post(t testing.TB, path string, values url.Values) reply {
	t.Helper()
	values = maps.Clone(values)
	if values == nil {
		values = url.Values{}
	}
	values.Set("csrf", c.token)
	return c.send(t, http.MethodPost, path, strings.NewReader(values.Encode()), formKind)
}

var tokenInPage = regexp.MustCompile(`name="csrf" value="([^"]+)"`)

func (c *caller) readToken(ctx context.Context, path string) error {
	r, err := c.try(ctx, http.MethodGet, path, nil, nil)
	if err != nil {
		return err
	}
	found := tokenInPage.FindStringSubmatch(r.body)
	if found == nil {
		return fmt.Errorf("%s: GET %s has status %d and no form token", c.name, path, r.status)
	}
	c.token = found[1]
	return nil
}

// signIn goes through the form and keeps the new session's token. The code is
// for those who owe a second step; see accounttest.Code.
func (c *caller) signIn(ctx context.Context, email, code string) error {
	if err := c.readToken(ctx, "/login"); err != nil {
		return err
	}
	err := c.step(ctx, "/login", url.Values{"email": {email}, "password": {password}})
	if err == nil && code != "" {
		if err = c.readToken(ctx, "/login/second"); err == nil {
			err = c.step(ctx, "/login/second", url.Values{"code": {code}})
		}
	}
	if err != nil {
		return fmt.Errorf("sign in as %s: %w", email, err)
	}
	return c.readToken(ctx, "/account")
}

// step sends one form of a sign-in, which leads on.
func (c *caller) step(ctx context.Context, path string, form url.Values) error {
	form.Set("csrf", c.token)
	r, err := c.try(ctx, http.MethodPost, path, strings.NewReader(form.Encode()), formKind)
	if err == nil && r.status != http.StatusSeeOther {
		err = fmt.Errorf("%s: POST %s: status %d", c.name, path, r.status)
	}
	return err
}

// signedIn returns a caller with the session of a person who has joined.
func (r *running) signedIn(t testing.TB, name string, number int, email string, actor postgres.Actor) *caller {
	t.Helper()
	c := newCaller(t, name, r.url, number)
	c.actor = actor
	if err := c.signIn(t.Context(), email, accounttest.Code(t, r.db, r.accounts, email)); err != nil {
		t.Fatal(err)
	}
	return c
}

// beginTus begins a resumable upload and returns its path.
func (c *caller) beginTus(ctx context.Context, listingPath string, size int) (string, error) {
	r, err := c.try(ctx, http.MethodPost, listingPath+"/upload/tus", nil, map[string]string{
		"Tus-Resumable": "1.0.0", "Upload-Length": fmt.Sprint(size), "X-CSRF-Token": c.token})
	if err != nil {
		return "", err
	}
	if r.status != http.StatusCreated {
		return "", fmt.Errorf("begin an upload: status %d: %.200s", r.status, r.body)
	}
	u, err := url.Parse(r.location())
	if err != nil {
		return "", err
	}
	return u.Path, nil
}

// sendTus adds a piece to a resumable upload at an offset.
func (c *caller) sendTus(ctx context.Context, path string, offset int, piece io.Reader) (reply, error) {
	return c.try(ctx, http.MethodPatch, path, piece, map[string]string{"Tus-Resumable": "1.0.0",
		"Upload-Offset": fmt.Sprint(offset), "Content-Type": "application/offset+octet-stream", "X-CSRF-Token": c.token})
}

// sendTusPart begins a resumable upload and sends the first bytes of it.
func (c *caller) sendTusPart(t testing.TB, listingPath string, size int, first []byte) string {
	t.Helper()
	path, err := c.beginTus(t.Context(), listingPath, size)
	if err != nil {
		t.Fatalf("%s: %v", c.name, err)
	}
	r, err := c.sendTus(t.Context(), path, 0, bytes.NewReader(first))
	if err != nil || r.status != http.StatusNoContent {
		t.Fatalf("%s: first piece to %s: status %d, %v: %.300s", c.name, path, r.status, err, r.body)
	}
	return path
}

// draft describes a data set for an actor and accepts the upload agreement.
func (r *running) draft(t testing.TB, a postgres.Actor) id.Listing {
	t.Helper()
	l, err := r.describe(t.Context(), a, followUpCT())
	if err == nil {
		err = r.uploads.Accept(t.Context(), a, l, "Test Person", upload.CurrentAgreement().SHA256)
	}
	if err != nil {
		t.Fatal(err)
	}
	return l
}
