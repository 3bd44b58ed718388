// Package ssotest runs a provider of OpenID Connect for tests of other
// packages: a server over TLS with pages that a browser can use, signed tokens,
// PKCE, and codes that it takes once.
package ssotest

import (
	"cmp"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"html/template"
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// What an organization registers at a provider.
const (
	ClientID     = "assay-client"
	ClientSecret = "a client's secret, with : and % in it"
)

// Issuer is a provider that runs until the test ends. It signs in whoever
// enters an address.
type Issuer struct {
	*httptest.Server
	// Redirect is the address that is registered to come back to.
	Redirect string

	mu    sync.Mutex
	key   jose.JSONWebKey // that signs and is published
	other *rsa.PrivateKey // that is not published
	codes map[string]grant
	asked map[string]int
	next  Answer
}

// Answer changes what the issuer says next.
type Answer struct {
	// Claims change those of a good ID token; nil takes one away.
	Claims map[string]any
	// By is what signs: "" for a published key, "other" for one that is not,
	// "secret" for the client's secret (HS256), "none" for nothing.
	By string
	// Silent is true if the answer does not name the issuer, as it should.
	Silent bool
	// Issuer is what the issuer calls itself in its description; "" for its
	// address.
	Issuer string
}

// grant is what a code stands for.
type grant struct {
	challenge, redirect string
	claims              map[string]any
	by                  string
}

// New starts an issuer.
func New(t testing.TB, redirect string) *Issuer {
	t.Helper()
	i := &Issuer{Redirect: redirect, codes: map[string]grant{}, asked: map[string]int{}}
	i.Rotate(t)
	i.other = newKey(t)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", i.describe)
	mux.HandleFunc("GET /keys", i.publish)
	mux.HandleFunc("GET /authorize", i.show)
	mux.HandleFunc("POST /authorize", i.authorize)
	mux.HandleFunc("POST /token", i.token)
	i.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i.mu.Lock()
		i.asked[r.URL.Path]++
		i.mu.Unlock()
		mux.ServeHTTP(w, r)
	}))
	i.Config.ErrorLog = log.New(io.Discard, "", 0) // browsers say that nobody signed the certificate
	i.StartTLS()
	t.Cleanup(i.Close)
	return i
}

// Roots trusts the certificate that all issuers have: that of net/http/httptest.
func Roots() *x509.CertPool {
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	pool := x509.NewCertPool()
	pool.AddCert(server.Certificate())
	return pool
}

// Say sets what the issuer says from now on; the zero Answer is a good one.
func (i *Issuer) Say(a Answer) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.next = a
}

// Asked returns how often a path was asked for.
func (i *Issuer) Asked(path string) int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.asked[path]
}

// Rotate signs with a new key from now on and publishes the new one alone.
func (i *Issuer) Rotate(t testing.TB) {
	t.Helper()
	key := newKey(t)
	i.mu.Lock()
	defer i.mu.Unlock()
	i.key = jose.JSONWebKey{Key: key, KeyID: rand.Text(), Algorithm: "RS256", Use: "sig"}
}

func newKey(t testing.TB) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(v)
}

func (i *Issuer) describe(w http.ResponseWriter, _ *http.Request) {
	i.mu.Lock()
	defer i.mu.Unlock()
	answer(w, map[string]any{
		"issuer": cmp.Or(i.next.Issuer, i.URL), "authorization_endpoint": i.URL + "/authorize", "token_endpoint": i.URL + "/token", "jwks_uri": i.URL + "/keys",
		"response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"},
		"id_token_signing_alg_values_supported": []string{"RS256", "HS256", "none"}, "code_challenge_methods_supported": []string{"S256"},
		"authorization_response_iss_parameter_supported": true,
	})
}

func (i *Issuer) publish(w http.ResponseWriter, _ *http.Request) {
	i.mu.Lock()
	defer i.mu.Unlock()
	answer(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{i.key.Public()}})
}

// request reads what a visit asks for; ok is false if a real provider would
// refuse it.
func (i *Issuer) request(q url.Values) (ok bool) {
	return q.Get("client_id") == ClientID && q.Get("redirect_uri") == i.Redirect && q.Get("response_type") == "code" &&
		q.Get("code_challenge_method") == "S256" && len(q.Get("code_challenge")) == 43 && len(q.Get("state")) >= 43 && len(q.Get("nonce")) >= 43
}

var signInPage = template.Must(template.New("").Parse(`<!DOCTYPE html>
<html lang="en"><meta charset="utf-8"><title>Directory</title>
<main><h1>The organization’s directory</h1>
<form method="post"><label>Address <input name="login" type="email"></label> <button>Sign in</button></form></main></html>`))

func (i *Issuer) show(w http.ResponseWriter, r *http.Request) {
	if !i.request(r.URL.Query()) {
		http.Error(w, "this request is not one of a registered client", http.StatusBadRequest)
		return
	}
	signInPage.Execute(w, nil)
}

func (i *Issuer) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if !i.request(q) {
		http.Error(w, "this request is not one of a registered client", http.StatusBadRequest)
		return
	}
	back := i.Grant(q, r.PostFormValue("login"))
	http.Redirect(w, r, i.Redirect+"?"+back.Encode(), http.StatusSeeOther)
}

// Grant is a person's signing in at the issuer: it returns the query with which
// the browser comes back. The request is that of the page of the issuer.
func (i *Issuer) Grant(request url.Values, email string) url.Values {
	i.mu.Lock()
	defer i.mu.Unlock()
	claims := map[string]any{
		"iss": i.URL, "aud": ClientID, "sub": "subject of " + email, "nonce": request.Get("nonce"), "email": email, "email_verified": true,
		"name": "Person at " + email, "iat": time.Now().Unix(), "exp": time.Now().Add(time.Hour).Unix(),
	}
	maps.Copy(claims, i.next.Claims)
	maps.DeleteFunc(claims, func(_ string, v any) bool { return v == nil })
	code := rand.Text()
	i.codes[code] = grant{request.Get("code_challenge"), request.Get("redirect_uri"), claims, i.next.By}
	back := url.Values{"code": {code}, "state": {request.Get("state")}}
	if !i.next.Silent {
		back.Set("iss", i.URL)
	}
	return back
}

func (i *Issuer) token(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	defer i.mu.Unlock()
	g, found := i.codes[r.PostFormValue("code")]
	delete(i.codes, r.PostFormValue("code"))
	sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	// Source: RFC 6749 section 2.3.1.
	user, password, _ := r.BasicAuth()
	password, _ = url.QueryUnescape(password)
	if !found || user != ClientID || password != ClientSecret || r.PostFormValue("redirect_uri") != g.redirect ||
		base64.RawURLEncoding.EncodeToString(sum[:]) != g.challenge {
		http.Error(w, `{"error":"invalid_grant"}`, http.StatusBadRequest)
		return
	}
	raw, err := i.sign(g)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	answer(w, map[string]any{"access_token": "unused", "token_type": "Bearer", "id_token": raw})
}

func (i *Issuer) sign(g grant) (string, error) {
	body, err := json.Marshal(g.claims)
	if err != nil {
		return "", err
	}
	key := jose.SigningKey{Algorithm: jose.RS256, Key: i.key}
	switch g.by {
	case "none":
		part := base64.RawURLEncoding.EncodeToString
		return part([]byte(`{"alg":"none"}`)) + "." + part(body) + ".", nil
	case "secret":
		key = jose.SigningKey{Algorithm: jose.HS256, Key: []byte(ClientSecret)}
	case "other":
		key.Key = jose.JSONWebKey{Key: i.other, KeyID: i.key.KeyID}
	}
	signer, err := jose.NewSigner(key, nil)
	if err != nil {
		return "", err
	}
	signed, err := signer.Sign(body)
	if err != nil {
		return "", err
	}
	return signed.CompactSerialize()
}
