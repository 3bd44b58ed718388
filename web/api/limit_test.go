package api_test

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"testing"

	"assay/internal/account"
	"assay/internal/account/idempotency"
	"assay/internal/id"
	"assay/internal/postgres"
	"assay/internal/postgres/postgrestest"
	"assay/web/api"
)

// password is that of the one person of this test.
const password = "four lanterns over the river"

func TestWhoAsksTooOftenIsToldWhenToComeBack(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	accounts := account.New(db, account.Options{PublicURL: "https://assay.test", SecretKey: []byte("0123456789abcdef0123456789abcdef")})
	user, err := accounts.Provision(t.Context(), account.Provisioned{Name: "Ada", Email: "ada@example.org", Password: password})
	if err != nil {
		t.Fatal(err)
	}
	a := postgres.Actor{User: user}
	if a.Organization, err = accounts.CreateOrganization(t.Context(), user, account.NewOrganization{Name: "Ada's"}); err != nil {
		t.Fatal(err)
	}
	secrets := make([]string, 2)
	for i := range secrets {
		secrets[i], err = accounts.CreateAPIToken(t.Context(), a, account.NewAPIToken{ID: id.New[id.APIToken](), Name: "A script",
			Scopes: account.AllScopes(), Days: 1})
		if err != nil {
			t.Fatal(err)
		}
	}
	routes := api.New(api.Services{Accounts: accounts, Requests: idempotency.NewStore(db)},
		api.Options{PublicURL: "https://assay.test", TokenPerMinute: 3, AddressPerMinute: 9, Log: slog.New(slog.NewTextHandler(io.Discard, nil))}).Routes()
	ask := func(secret, address string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, "/me", nil)
		r.RemoteAddr = address + ":1234"
		r.Header.Set("Authorization", "Bearer "+secret)
		w := httptest.NewRecorder()
		routes.ServeHTTP(w, r)
		return w
	}
	count := func(secret, address string, n int) (good, over int) {
		for range n {
			switch w := ask(secret, address); w.Code {
			case http.StatusOK:
				good++
			case http.StatusTooManyRequests:
				over++
				if s, err := strconv.Atoi(w.Header().Get("Retry-After")); err != nil || s < 1 || s > 60 {
					t.Errorf("Retry-After = %q", w.Header().Get("Retry-After"))
				}
				var p api.Problem
				if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || p.Type != "https://iana.org/assignments/http-problem-types#quota-exceeded" || len(p.Violated) != 1 {
					t.Errorf("the refusal is %s, %v", w.Body, err)
				}
			default:
				t.Errorf("status %d: %s", w.Code, w.Body)
			}
		}
		return good, over
	}

	first := ask(secrets[0], "192.0.2.1").Header()
	if got := first.Get("RateLimit-Policy"); got != `"address";q=9;w=60, "token";q=3;w=60` {
		t.Errorf("RateLimit-Policy = %s", got)
	}
	if got := first.Get("RateLimit"); !regexp.MustCompile(`^"address";r=8;t=[1-9]\d?, "token";r=2;t=[1-9]\d?$`).MatchString(got) || first.Get("Assay-Limit-Left") != "" {
		t.Errorf("RateLimit = %s", got)
	}
	// A minute may end between two of these requests; the window slides, so that
	// no more than about a limit's worth is let in.
	if good, over := count(secrets[0], "192.0.2.1", 5); good > 3 || over < 2 {
		t.Errorf("one token: %d let in, %d refused of 5 after the first; the limit is 3", good, over)
	}
	if good, _ := count(secrets[1], "192.0.2.2", 1); good != 1 {
		t.Error("another token from another address is refused too")
	}
	for range 9 {
		ask("no token at all", "192.0.2.3")
	}
	if good, over := count(secrets[1], "192.0.2.3", 1); good != 0 || over != 1 {
		t.Error("an address that tried 9 wrong tokens is not refused")
	}
}
