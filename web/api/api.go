package api

import (
	"cmp"
	"log/slog"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/go-chi/chi/v5"
	"github.com/tus/tusd/v2/pkg/handler"

	"assay/internal/account"
	"assay/internal/account/idempotency"
	"assay/internal/ingest"
	"assay/internal/listing"
	"assay/internal/upload"
	"assay/internal/verification"
)

// Prefix is where the API stands.
const Prefix = "/api/v1"

// Services is what the operations call.
type Services struct {
	Accounts     *account.Service
	Verification *verification.Service
	Requests     *idempotency.Store
	Listings     *listing.Service
	Uploads      *upload.Service
	Receiver     *upload.Receiver // where the bytes of uploads are written
	Audits       *ingest.Service
}

// Options are the settings of the API.
type Options struct {
	// PublicURL is the address that people use, without a slash at its end.
	PublicURL string
	// TokenPerMinute and AddressPerMinute bound the requests of one token and of
	// one network address; 0 is 600 and 1,200.
	TokenPerMinute, AddressPerMinute int
	Log                              *slog.Logger
}

// API answers requests under Prefix.
type API struct {
	Services
	options Options
	log     *slog.Logger
	huma    huma.API
	tus     *handler.UnroutedHandler
	router  chi.Router
	// carryFor is as the constant, but for tests.
	carryFor time.Duration
}

var problemGoType = reflect.TypeFor[Problem]()

// New returns the API with all its operations.
func New(s Services, o Options) *API {
	o.PublicURL = strings.TrimSuffix(o.PublicURL, "/")
	o.TokenPerMinute, o.AddressPerMinute = cmp.Or(o.TokenPerMinute, 600), cmp.Or(o.AddressPerMinute, 1200)
	a := &API{Services: s, options: o, log: o.Log, router: chi.NewRouter(), carryFor: carryFor}
	lastResort := RecoverPanics(a.log, answerProblem)
	a.router.Use(numbered, lastResort)
	a.router.NotFound(func(w http.ResponseWriter, r *http.Request) {
		answerProblem(w, r, http.StatusNotFound, "There is nothing at this address of the API.")
	})
	a.router.MethodNotAllowed(func(w http.ResponseWriter, r *http.Request) {
		answerProblem(w, r, http.StatusMethodNotAllowed, "This address does not take that method.")
	})
	a.router.Use(a.limitAddress())
	a.router.Group(func(r chi.Router) {
		r.Use(a.authenticate, a.limitToken(), a.once, lastResort)
		a.huma = humachi.New(r, a.config())
		a.me()
		a.organizations()
		a.listings()
		a.claims()
		describeAnnotators(a.huma.OpenAPI().Components.Schemas)
		a.versions()
		a.uploads(r)
	})
	a.document(a.router)
	return a
}

// Routes is what answers under Prefix.
func (a *API) Routes() chi.Router { return a.router }
