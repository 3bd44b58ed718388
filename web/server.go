package web

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/go-chi/chi/v5"
	"github.com/tus/tusd/v2/pkg/handler"

	"assay/internal/account"
	"assay/internal/account/idempotency"
	"assay/internal/account/privacy"
	"assay/internal/account/sso"
	"assay/internal/activity"
	"assay/internal/admindesk"
	"assay/internal/agreement"
	"assay/internal/catalog"
	"assay/internal/config"
	"assay/internal/credential"
	"assay/internal/errs"
	"assay/internal/freeaudit"
	"assay/internal/id"
	"assay/internal/ingest"
	"assay/internal/listing"
	"assay/internal/moderation"
	"assay/internal/notary"
	"assay/internal/notice"
	"assay/internal/postgres"
	"assay/internal/review"
	"assay/internal/sellerdesk"
	"assay/internal/storage"
	"assay/internal/upload"
	"assay/internal/verification"
	"assay/web/api"
)

// Services is what the handlers call, wired by cmd/server.
type Services struct {
	DB           *postgres.DB
	Sessions     *scs.SessionManager
	Accounts     *account.Service
	Privacy      *privacy.Service
	SSO          *sso.Service
	Agreements   *agreement.Service
	Catalog      *catalog.Store
	Listings     *listing.Service
	Uploads      *upload.Service
	Receiver     *upload.Receiver // where resumable uploads are written
	Audits       *ingest.Service
	Moderation   *moderation.Service
	Reviews      *review.Service
	Notary       *notary.Service
	Acts         *activity.Service
	Free         *freeaudit.Service // nil if visitors cannot send files
	Notices      *notice.Service
	Views        *catalog.Views // nil counts nothing
	Desk         *sellerdesk.Service
	Verification *verification.Service
	Credentials  *credential.Service
	Admin        *admindesk.Service
	Storage      *storage.Service
	Answers      *admindesk.Answers // nil counts nothing
	Board        http.Handler       // River's own pages, at /admin/river; nil for none
	Environ      []string           // of the process, for the page of settings
	FormTime     time.Duration      // how long a person needs at least to fill in the form of a report; 0 asks nothing
}

// Server answers HTTP requests.
type Server struct {
	Services
	config   config.Config
	log      *slog.Logger
	sessions *scs.SessionManager
	tus      *handler.UnroutedHandler
	api      *api.API
	routes   chi.Router
}

// New returns a server with all its routes.
func New(c config.Config, log *slog.Logger, services Services) *Server {
	s := &Server{Services: services, config: c, log: log, sessions: services.Sessions}
	if s.Receiver != nil {
		s.tus = s.Receiver.Protocol(uploadsPath, s.beginTus)
	}
	s.api = api.New(api.Services{
		Accounts: s.Accounts, Verification: s.Verification, Requests: idempotency.NewStore(s.DB), Listings: s.Listings, Uploads: s.Uploads, Receiver: s.Receiver, Audits: s.Audits,
	}, api.Options{PublicURL: c.PublicURL, TokenPerMinute: c.APITokenRate, AddressPerMinute: c.APIAddressRate, Log: log})
	s.routes = s.router()
	return s
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.routes.ServeHTTP(w, r) }

// Walk calls visit with each route: a method and the pattern of its path. A
// test holds by it that every route says who may use it.
func (s *Server) Walk(visit func(method, pattern string) error) error {
	return chi.Walk(s.routes, func(method, pattern string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		return visit(method, pattern)
	})
}

// Keys of the session.
const (
	sessionUser         = "user"
	sessionOrganization = "organization"
	sessionFactor       = account.SessionKeyFactor
	sessionProved       = "proved" // when the person last showed a password or a factor, in Unix seconds
)

// loadVisitor reads who the session belongs to, anew for each request: a role
// taken away or an account disabled counts at once.
func (s *Server) loadVisitor(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user := id.User(s.sessions.GetString(r.Context(), sessionUser))
		if user == "" {
			next.ServeHTTP(w, r)
			return
		}
		v, err := s.Accounts.VisitorBy(r.Context(), user, id.Organization(s.sessions.GetString(r.Context(), sessionOrganization)), s.means(r))
		if errs.KindOf(err) == errs.Unauthenticated || s.vouchedTooLong(r) { // gone, disabled or over: a stranger from now on
			if err = s.sessions.Destroy(r.Context()); err == nil {
				next.ServeHTTP(w, r)
				return
			}
		}
		if err != nil {
			s.fail(w, r, err)
			return
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), visitorKey, v)))
	})
}
