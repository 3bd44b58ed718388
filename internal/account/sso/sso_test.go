package sso_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/jackc/pgx/v5"

	"assay/internal/account"
	"assay/internal/account/accounttest"
	"assay/internal/account/sso"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
	"assay/internal/postgres/postgrestest"
)

const client, secret = "assay-client", "a client's secret"

// issuer is a provider of OpenID Connect over TLS. It checks client, secret,
// redirect address and PKCE, and takes a code once.
type issuer struct {
	*httptest.Server
	key   *rsa.PrivateKey
	other *rsa.PrivateKey // that it does not publish
	mu    sync.Mutex
	codes map[string]issued
}

type issued struct {
	challenge, redirect string
	claims              map[string]any
	key                 *rsa.PrivateKey
}

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	i := &issuer{codes: map[string]issued{}}
	var err error
	if i.key, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		t.Fatal(err)
	}
	if i.other, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, map[string]any{"issuer": i.URL, "authorization_endpoint": i.URL + "/authorize", "token_endpoint": i.URL + "/token",
			"jwks_uri": i.URL + "/keys", "id_token_signing_alg_values_supported": []string{"RS256"}})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: &i.key.PublicKey, KeyID: "one", Algorithm: "RS256", Use: "sig"}}})
	})
	mux.HandleFunc("POST /token", i.token)
	i.Server = httptest.NewTLSServer(mux)
	t.Cleanup(i.Close)
	return i
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(v)
}

func (i *issuer) token(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	defer i.mu.Unlock()
	code, found := i.codes[r.PostFormValue("code")]
	delete(i.codes, r.PostFormValue("code"))
	sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	user, password, _ := r.BasicAuth()
	password, _ = url.QueryUnescape(password)
	if !found || user != client || password != secret || r.PostFormValue("redirect_uri") != code.redirect ||
		base64.RawURLEncoding.EncodeToString(sum[:]) != code.challenge {
		http.Error(w, `{"error":"invalid_grant"}`, http.StatusBadRequest)
		return
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: code.key, KeyID: "one"}}, nil)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	body, _ := json.Marshal(code.claims)
	signed, err := signer.Sign(body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	raw, _ := signed.CompactSerialize()
	answer(w, map[string]any{"access_token": "unused", "token_type": "Bearer", "id_token": raw})
}

// visit is what a person does at the provider: it returns the query with which
// the browser comes back. Claims change those of a good token; nil removes one.
func (i *issuer) visit(t *testing.T, try sso.Try, change map[string]any) url.Values {
	t.Helper()
	at, err := url.Parse(try.Address)
	if err != nil {
		t.Fatal(err)
	}
	q := at.Query()
	if q.Get("code_challenge_method") != "S256" || q.Get("response_type") != "code" || q.Get("redirect_uri") != "https://assay.test"+sso.CallbackPath {
		t.Fatalf("the request is %s", q.Encode())
	}
	claims := map[string]any{"iss": i.URL, "aud": client, "sub": "subject-of-ada", "nonce": q.Get("nonce"), "email": "ada@byron.example", "email_verified": true,
		"iat": time.Now().Unix(), "exp": time.Now().Add(time.Minute).Unix()}
	maps.Copy(claims, change)
	key := i.key
	if claims["wrong key"] != nil {
		key = i.other
	}
	code := id.New[string]()
	i.mu.Lock()
	i.codes[code] = issued{q.Get("code_challenge"), q.Get("redirect_uri"), claims, key}
	i.mu.Unlock()
	return url.Values{"code": {code}, "state": {q.Get("state")}}
}

// room is an organization whose domain is proved and whose provider is on, with
// a member who is not connected yet.
type room struct {
	postgrestest.Database
	*sso.Service
	*issuer
	accounts *account.Service
	owner    postgres.Actor
	ada      postgres.Actor
}

func (r *room) super(t *testing.T, sql string, args ...any) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), r.SuperURL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func newRoom(t *testing.T) *room {
	t.Helper()
	r := &room{Database: postgrestest.NewDatabase(t), issuer: newIssuer(t)}
	pool := x509.NewCertPool()
	pool.AddCert(r.issuer.Certificate())
	var err error
	r.Service, err = sso.New(r.DB, sso.Options{PublicURL: "https://assay.test", SecretKey: make([]byte, 32), Roots: pool,
		Allow: func(a netip.AddrPort) bool { return a.Addr().IsLoopback() }})
	if err != nil {
		t.Fatal(err)
	}
	r.accounts = account.New(r.DB, account.Options{PublicURL: "https://assay.test", SecretKey: make([]byte, 32)})
	org := accounttest.Organization(t, r.DB)
	r.owner, r.ada = org.Owner, accounttest.Member(t, r.DB, org.ID, account.Viewer)
	r.super(t, `UPDATE app_user SET name = 'Ada' WHERE id = $1`, string(r.ada.User))
	r.super(t, `ALTER TABLE app_user DISABLE TRIGGER app_user_erasure`)
	r.super(t, `UPDATE app_user SET email = 'ada@byron.example' WHERE id = $1`, string(r.ada.User))
	r.super(t, `ALTER TABLE app_user ENABLE TRIGGER app_user_erasure`)
	settings := sso.Settings{Issuer: r.URL, ClientID: client, Secret: secret}
	if err := r.Save(t.Context(), r.owner, settings); errs.KindOf(err) != errs.Conflict {
		t.Fatalf("Save without a proved domain: %v, want Conflict", err)
	}
	r.super(t, `INSERT INTO domain_proof (organization_id, domain, token, method, proved_at) VALUES ($1, 'byron.example', repeat('a', 43), 'dns', now())`, string(org.ID))
	if err := r.Save(t.Context(), r.ada, settings); errs.KindOf(err) != errs.Forbidden {
		t.Fatalf("Save by a viewer: %v, want Forbidden", err)
	}
	if err := r.Save(t.Context(), r.owner, settings); err != nil {
		t.Fatal(err)
	}
	if err := r.Enable(t.Context(), r.owner); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *room) begin(t *testing.T, binds id.User) sso.Try {
	t.Helper()
	p, err := r.ForAddress(t.Context(), "whoever@BYRON.example")
	if err != nil {
		t.Fatal(err)
	}
	try, err := r.Begin(t.Context(), p, binds)
	if err != nil {
		t.Fatal(err)
	}
	return try
}

func TestAPersonSignsInOnlyAfterConnectingTheAccount(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	try := r.begin(t, "")
	if _, err := r.Finish(t.Context(), try, r.visit(t, try, nil)); errs.KindOf(err) != errs.Forbidden {
		t.Fatalf("a subject that nobody bound, with the address of an account: %v, want Forbidden", err)
	}
	try = r.begin(t, r.ada.User)
	if _, err := r.Finish(t.Context(), try, r.visit(t, try, map[string]any{"email": "eve@byron.example"})); errs.KindOf(err) != errs.Forbidden {
		t.Errorf("binding with the address of somebody else: %v, want Forbidden", err)
	}
	try = r.begin(t, r.ada.User)
	if _, err := r.Finish(t.Context(), try, r.visit(t, try, nil)); err != nil {
		t.Fatal(err)
	}
	try = r.begin(t, "")
	back := r.visit(t, try, nil)
	user, err := r.Finish(t.Context(), try, back)
	if err != nil || user != r.ada.User {
		t.Fatalf("Finish = %s, %v; want %s", user, err, r.ada.User)
	}
	if _, err := r.Finish(t.Context(), try, back); errs.KindOf(err) != errs.Invalid {
		t.Errorf("the same answer again: %v, want Invalid", err)
	}
	in, err := r.accounts.SignInVouched(t.Context(), account.Vouched{User: user, Organization: r.owner.Organization})
	if err != nil || in.Factor != account.NoFactor || in.NeedsSecondStep {
		t.Errorf("SignInVouched = %+v, %v", in, err)
	}
	r.super(t, `INSERT INTO second_factor (user_id, secret) VALUES ($1, repeat('s', 40)::bytea)`, string(user))
	if in, err = r.accounts.SignInVouched(t.Context(), account.Vouched{User: user, Organization: r.owner.Organization}); err != nil || !in.NeedsSecondStep {
		t.Errorf("with a second factor: %+v, %v; want a second step", in, err)
	}
	r.super(t, `DELETE FROM domain_proof`)
	try = r.begin(t, "")
	if _, err := r.Finish(t.Context(), try, r.visit(t, try, nil)); errs.KindOf(err) != errs.Forbidden {
		t.Errorf("after the domain's proof ended: %v, want Forbidden", err)
	}
}

func TestAnswersOfAProviderThatDoNotHoldSignNobodyIn(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	try := r.begin(t, r.ada.User)
	if _, err := r.Finish(t.Context(), try, r.visit(t, try, nil)); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name   string
		claims map[string]any
		answer url.Values
		try    func(*sso.Try)
	}{
		{name: "another state", answer: url.Values{"state": {"other"}}},
		{name: "no state", answer: url.Values{"state": nil}},
		{name: "another nonce", claims: map[string]any{"nonce": "other"}},
		{name: "no nonce", claims: map[string]any{"nonce": ""}},
		{name: "for another client", claims: map[string]any{"aud": "other"}},
		{name: "for several clients without azp", claims: map[string]any{"aud": []string{client, "other"}}},
		{name: "another issuer in the token", claims: map[string]any{"iss": "https://login.other.example"}},
		{name: "another issuer in the answer", answer: url.Values{"iss": {"https://login.other.example"}}},
		{name: "expired", claims: map[string]any{"exp": time.Now().Add(-time.Minute).Unix()}},
		{name: "signed with a key that is not published", claims: map[string]any{"wrong key": true}},
		{name: "an address of another domain", claims: map[string]any{"email": "ada@other.example"}},
		{name: "an address of a subdomain", claims: map[string]any{"email": "ada@mail.byron.example"}},
		{name: "an address that is not verified", claims: map[string]any{"email_verified": false}},
		{name: "no address", claims: map[string]any{"email": ""}},
		{name: "a refusal", answer: url.Values{"error": {"access_denied"}}},
		{name: "a code of nobody", answer: url.Values{"code": {"other"}}},
		{name: "another verifier", try: func(t *sso.Try) { t.Verifier = "0123456789012345678901234567890123456789012" }},
		{name: "too late", try: func(t *sso.Try) { t.BeganAt = t.BeganAt.Add(-11 * time.Minute) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			try := r.begin(t, "")
			back := r.visit(t, try, tt.claims)
			maps.Copy(back, tt.answer)
			if tt.try != nil {
				tt.try(&try)
			}
			if user, err := r.Finish(t.Context(), try, back); errs.KindOf(err) != errs.Invalid || user != "" {
				t.Errorf("Finish = %q, %v; want Invalid", user, err)
			}
		})
	}
}

func TestAProviderInsideTheNetworkIsNotAsked(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	strict, err := sso.New(r.DB, sso.Options{PublicURL: "https://assay.test", SecretKey: make([]byte, 32)})
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{"127.0.0.1", "[::1]", "localhost", "10.0.0.1", "169.254.169.254", "192.168.1.1", "[fd00::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "2130706433", "0x7f000001"} {
		r.super(t, `UPDATE organization_oidc SET issuer = $1`, "https://"+host)
		if err := strict.Enable(t.Context(), r.owner); errs.KindOf(err) != errs.Conflict {
			t.Errorf("Enable with the issuer %s: %v, want Conflict", host, err)
		}
	}
	if err := strict.Save(t.Context(), r.owner, sso.Settings{Issuer: "http://login.byron.example", ClientID: client}); errs.KindOf(err) != errs.Invalid {
		t.Errorf("an issuer without TLS: %v, want Invalid", err)
	}
}
