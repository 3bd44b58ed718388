package api_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"assay/internal/account"
	"assay/internal/account/idempotency"
	"assay/internal/id"
	"assay/internal/listing"
	"assay/internal/listing/listingtest"
	"assay/internal/postgres"
	"assay/internal/postgres/postgrestest"
	"assay/web/api"
)

// BenchmarkRequests asks over one connection of this machine: a handler that does
// nothing, then the API. Compare the ratio, in one run.
func BenchmarkRequests(b *testing.B) {
	db := postgrestest.New(b)
	accounts := account.New(db, account.Options{PublicURL: "https://assay.test", SecretKey: []byte("0123456789abcdef0123456789abcdef")})
	user, err := accounts.Provision(b.Context(), account.Provisioned{Name: "Ada", Email: "ada@example.org", Password: password})
	if err != nil {
		b.Fatal(err)
	}
	a := postgres.Actor{User: user}
	if a.Organization, err = accounts.CreateOrganization(b.Context(), user, account.NewOrganization{Name: "Ada's"}); err != nil {
		b.Fatal(err)
	}
	secret, err := accounts.CreateAPIToken(b.Context(), a, account.NewAPIToken{ID: id.New[id.APIToken](), Name: "A script", Scopes: account.AllScopes(), Days: 1})
	if err != nil {
		b.Fatal(err)
	}
	var d listing.Description
	for range 50 {
		d = listingtest.Draft(b, db, a)
	}
	routes := api.New(api.Services{Accounts: accounts, Requests: idempotency.NewStore(db), Listings: listingtest.Service(db)},
		api.Options{PublicURL: "https://assay.test", TokenPerMinute: 1 << 30, AddressPerMinute: 1 << 30, Log: slog.New(slog.NewTextHandler(io.Discard, nil))}).Routes()
	bare := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `{"ok":true}`)
	})
	for _, one := range []struct {
		name, path string
		handler    http.Handler
	}{
		{"bare handler", "/", bare}, {"description", "/openapi.json", routes}, {"me", "/me", routes},
		{"one data set", "/listings/" + string(d.Listing.ID), routes}, {"page of 50", "/listings", routes},
	} {
		b.Run(one.name, func(b *testing.B) {
			server := httptest.NewServer(one.handler)
			defer server.Close()
			for b.Loop() {
				r, err := http.NewRequestWithContext(b.Context(), http.MethodGet, server.URL+one.path, nil)
				if err != nil {
					b.Fatal(err)
				}
				r.Header.Set("Authorization", "Bearer "+secret)
				res, err := server.Client().Do(r)
				if err != nil || res.StatusCode != http.StatusOK {
					b.Fatalf("%v %v", res, err)
				}
				io.Copy(io.Discard, res.Body)
				res.Body.Close()
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "requests/s")
		})
	}
}
