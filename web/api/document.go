package api

import (
	"bytes"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-chi/chi/v5"

	"assay/internal/account"
)

// schemeName is what the description calls a token.
const schemeName = "token"

// about stands on top of the description.
const about = `Programs read and write an organization’s data sets by this API.

**Who asks.** Send a token as ` + "`Authorization: Bearer assay_…`" + `. It acts for the person who made it, in one organization, with its scopes and never with more than the person’s role allows at that moment. No cookie is read.

**Refusals** are problems of RFC 9457 (` + "`application/problem+json`" + `): branch on ` + "`kind`" + `. What belongs to another organization is not found, as what does not exist.

**Lists** come in pages: follow the ` + "`Link`" + ` header with ` + "`rel=\"next\"`" + `.

**Changes** of what others may change too need ` + "`If-Match`" + ` with the ETag that was read.

**A POST** with an ` + "`Idempotency-Key`" + ` has one effect, however often it is sent within 24 hours.

**Limits** by token and by network address stand in ` + "`RateLimit-Policy: \"token\";q=600;w=60`" + ` (requests in a window of seconds), what is left of them in ` + "`RateLimit: \"token\";r=599;t=42`" + ` (and the seconds until it is renewed), in the form of the IETF’s draft; over them the answer is 429 with ` + "`Retry-After`" + `. Each server process counts for itself.`

// config is what the description says of the API as a whole. No answer names a
// schema of its own, and nothing is served but what document serves.
func (a *API) config() huma.Config {
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info:    &huma.Info{Title: "Assay", Version: "1.0.0", Description: about},
			Servers: []*huma.Server{{URL: a.options.PublicURL + Prefix, Description: "This server"}},
			Components: &huma.Components{
				Schemas: huma.NewMapRegistry("#/components/schemas/", nameSchema),
				SecuritySchemes: map[string]*huma.SecurityScheme{schemeName: {
					Type: "http", Scheme: "bearer", BearerFormat: "assay_…", Description: "A token of the page Account, Tokens. Scopes: " + scopes() + ".",
				}},
			},
			Tags: []*huma.Tag{
				{Name: tagAccount, Description: "Who asks, and for which organization."},
				{Name: tagListings, Description: "Data sets on offer or on their way there, and what is claimed of them."},
				{Name: tagUploads, Description: "Files on their way in."},
				{Name: tagVersions, Description: "What was sent: its state, and the report of its audit."},
			},
		},
		Formats:       map[string]huma.Format{"application/json": huma.DefaultJSONFormat, "json": huma.DefaultJSONFormat},
		DefaultFormat: "application/json",
	}
}

// nameSchema names a type as huma does, and the parts of the claims, which are
// types of package listing, by a word before it.
func nameSchema(t reflect.Type, hint string) string {
	name := huma.DefaultSchemaNamer(t, hint)
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if strings.HasSuffix(t.PkgPath(), "/listing") {
		return "Claimed" + name
	}
	return name
}

// Tags of operations.
const (
	tagAccount  = "Account"
	tagListings = "Listings"
	tagUploads  = "Uploads"
	tagVersions = "Versions"
)

func scopes() string {
	var words []string
	for _, s := range account.AllScopes() {
		words = append(words, string(s))
	}
	return strings.Join(words, ", ")
}

// OpenAPI returns the description, for the page that draws it.
func (a *API) OpenAPI() *huma.OpenAPI { return a.huma.OpenAPI() }

// document serves the description, which anybody may read. It is written once:
// it is large, and asking for it takes no token.
func (a *API) document(r chi.Router) {
	serve := func(kind string, write func() ([]byte, error)) http.HandlerFunc {
		text := sync.OnceValues(write)
		return func(w http.ResponseWriter, r *http.Request) {
			body, err := text()
			if err != nil {
				a.problemOf(r.Context(), err).write(w, r)
				return
			}
			etag, _ := etagOf(string(body))
			w.Header().Set("Content-Type", kind)
			w.Header().Set("ETag", etag)
			w.Header().Set("Cache-Control", "public, max-age=300")
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
		}
	}
	r.Get("/openapi.json", serve("application/openapi+json", a.OpenAPI().MarshalJSON))
	r.Get("/openapi.yaml", serve("application/openapi+yaml", a.OpenAPI().YAML))
}
