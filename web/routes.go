package web

import (
	"net/http"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"assay/internal/account"
	"assay/internal/errs"
	"assay/internal/postgres"
	"assay/web/api"
	"assay/web/static"
)

// router is every route, grouped by who may use it; what each group holds stands
// in routes_public.go, routes_account.go, routes_seller.go, routes_review.go and
// routes_admin.go, and what lets somebody in, in gate.go.
func (s *Server) router() chi.Router {
	r := chi.NewRouter()
	r.Use(identify, s.secureHeaders, s.logRequests, onlyText, middleware.GetHead)
	r.Handle("/static/*", static.Handler())
	r.Get("/healthz", s.live)
	r.Get("/readyz", s.ready)
	r.Get("/badge/{slug}.svg", s.plainly(s.sendBadge))
	r.Get("/datasets/{slug}/quality/badge.svg", s.plainly(s.sendQualityBadge))
	r.Get("/lqs/samples/{name}.zip", s.plainly(s.sendSample))
	r.Get("/datasets/{slug}/samples/{sample}.png", s.plainly(s.sendPublicSample))
	r.Get(keysPath, s.plainly(s.sendKeys))
	r.Get(revocationsPath, s.plainly(s.sendRevocations))
	r.With(noStore, unreferred).Post("/unsubscribe/{link}", s.plainly(s.stopMailAtOnce)) // from mail programs, without cookies
	r.Post("/announcements/{announcement}/away", s.plainly(s.putAway))                   // a cookie, for whoever asks
	r.Get("/trust/activity.json", s.plainly(s.sendHeads))
	r.Get("/trust/activity/heads/{number}.json", s.plainly(s.sendHead))
	r.Mount(api.Prefix, s.api.Routes())
	r.Group(func(r chi.Router) {
		r.Use(s.sessions.LoadAndSave, s.loadVisitor, s.private, api.RecoverPanics(s.log, s.renderError), s.refuseForgeries)
		r.NotFound(s.handle(notFound))
		r.MethodNotAllowed(func(w http.ResponseWriter, r *http.Request) {
			s.renderError(w, r, http.StatusMethodNotAllowed, "This address does not take that kind of request.")
		})
		s.anyone(r)
		s.trust(r)
		s.flags(r)
		r.Group(func(r chi.Router) {
			r.Use(s.need(signedIn))
			s.users(r)
			s.security(r)
			s.tokens(r)
			s.privacy(r)
			s.notices(r)
			s.appeals(r)
		})
		r.Group(func(r chi.Router) { r.Use(s.need(member(account.Viewer))); s.members(r) })
		r.Group(func(r chi.Router) { r.Use(s.need(member(account.Editor))); s.editors(r) })
		r.Group(func(r chi.Router) { r.Use(s.need(holder(account.Submits))); s.submitters(r) })
		r.Group(func(r chi.Router) { r.Use(s.need(holder(account.Publishes))); s.publishers(r) })
		r.Group(func(r chi.Router) { r.Use(s.need(member(account.Owner))); s.organizationOwners(r) })
		r.Group(func(r chi.Router) {
			r.Use(s.need(member(account.Admin)))
			s.organizationAdmins(r)
			s.acts(r)
			s.verifications(r)
			s.credentials(r)
		})
		r.Group(func(r chi.Router) {
			r.Use(s.need(platform(postgres.Reviewer)))
			s.reviewers(r)
			s.verifiers(r)
			s.moderators(r)
			s.credentialReviewers(r)
		})
		r.Group(func(r chi.Router) { r.Use(s.need(platform(postgres.Admin))); s.platformAdmins(r) })
	})
	return r
}

func notFound(http.ResponseWriter, *http.Request) error {
	return errs.New(errs.NotFound, "There is no page at this address.")
}
