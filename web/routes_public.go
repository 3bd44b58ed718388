package web

import (
	"github.com/go-chi/chi/v5"

	"assay/internal/account/sso"
)

// anyone are the routes for people without an account.
func (s *Server) anyone(r chi.Router) {
	r.Get("/", s.handle(s.showHome))
	r.Get("/datasets", s.handle(s.showDatasets))
	r.Get("/datasets/{slug}", s.handle(s.showDataset))
	r.Get("/datasets/{slug}/v/{release}", s.handle(s.showRelease))
	r.Get("/datasets/{slug}/certificate", s.handle(s.showCertificate))
	r.Get("/datasets/{slug}/certificate.json", s.handle(s.downloadCertificate))
	r.Get("/datasets/{slug}/audit", s.handle(s.showAudit))
	r.Get("/datasets/{slug}/audit.json", s.handle(s.sendAudit))
	r.Get("/datasets/{slug}/quality", s.handle(s.showQuality))
	r.Get("/datasets/{slug}/quality.json", s.handle(s.sendPublicQuality))
	s.freeAudit(r)
	r.Group(s.unsubscribing)
	r.Get("/licenses", s.handle(s.showLicenses))
	r.Get("/licenses/{id}", s.handle(s.showLicense))
	r.Get("/guides", s.handle(s.listGuides))
	r.Get("/guides/{slug}", s.handle(s.showGuide))
	r.Get("/docs/api", s.handle(s.showAPI))
	r.Group(func(r chi.Router) { r.Use(noStore); s.strangers(r) })
	if s.config.Demo {
		r.Get("/mailbox", s.handle(s.showMailbox))
	}
}

// freeAudit are the routes of the audit without an account.
func (s *Server) freeAudit(r chi.Router) {
	r.Get("/lqs", s.handle(s.showLQS))
	r.With(s.limitSendings()).Post("/lqs/files", s.handle(s.receiveFree))
	r.With(s.limitSendings()).Post("/lqs/samples/{name}", s.handle(s.auditSample))
	r.Route("/lqs/r/{token}", func(r chi.Router) {
		r.Use(noStore, unreferred)
		r.Get("/", s.handle(s.showFree))
		r.Get("/{form}", s.handle(s.sendFree))
		r.Post("/delete", s.handle(s.deleteFree))
	})
}

// trust are the public pages about the record of acts.
func (s *Server) trust(r chi.Router) {
	r.Get("/trust/activity", s.handle(s.showTrust))
	r.Post("/trust/activity/check", s.handle(s.judgeProof))
}

// flags are the routes by which anybody reports a listing.
func (s *Server) flags(r chi.Router) {
	r.Get("/report/{slug}", s.handle(s.showReportForm))
	r.With(s.limitReports()).Post("/report/{slug}", s.handle(s.reportListing))
	r.With(noStore, unreferred).Get("/report/r/{token}", s.handle(s.showReceipt))
}

// strangers are the routes that lead to an account and to a session.
func (s *Server) strangers(r chi.Router) {
	limited := r.With(s.limitTries())
	r.Get("/login", s.handle(s.showSignIn))
	limited.Post("/login", s.handle(s.signIn))
	limited.Post("/login/passkey/options", s.handle(s.askPasskey))
	limited.Post("/login/passkey", s.handle(s.signInByPasskey))
	r.Get("/login/second", s.handle(s.showSecondStep))
	limited.Post("/login/second", s.handle(s.takeSecondStep))
	limited.Post("/login/second/passkey/options", s.handle(s.askSecondPasskey))
	limited.Post("/login/second/passkey", s.handle(s.takeSecondPasskey))
	limited.Post("/login/organization", s.handle(s.chooseOrganization))
	limited.Post("/invitation/organization", s.handle(s.joinByOrganization))
	r.Get("/login/organization/leave", s.handle(s.showLeave))
	r.With(s.limitTries()).Get(sso.CallbackPath, s.handle(s.finishOrganization))
	r.Post("/logout", s.handle(s.signOut))
	r.Get("/register", s.handle(s.showRegister))
	limited.Post("/register", s.handle(s.register))
	r.Get("/register/sent", s.handle(s.showRegisterSent))
	r.Get("/confirm", s.handle(s.showConfirm))
	limited.Post("/confirm", s.handle(s.confirm))
	r.Get("/confirm/resend", s.handle(s.showResend))
	limited.Post("/confirm/resend", s.handle(s.resend))
	r.Get("/reset", s.handle(s.showReset))
	limited.Post("/reset", s.handle(s.requestReset))
	r.Get("/reset/sent", s.handle(s.showResetSent))
	r.Get("/reset/new", s.handle(s.showNewPassword))
	limited.Post("/reset/new", s.handle(s.reset))
	r.Get("/invitation", s.handle(s.showInvitation))
}

// unsubscribing are the routes behind the link in a mail, for whoever has it.
func (s *Server) unsubscribing(r chi.Router) {
	r.Use(noStore, unreferred)
	r.Get("/unsubscribe/{link}", s.handle(s.showUnsubscribe))
	r.Post("/unsubscribe/{link}/stop", s.handle(s.stopMail))
	r.Post("/unsubscribe/{link}/resume", s.handle(s.resumeMail))
}
