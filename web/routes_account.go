package web

import (
	"github.com/go-chi/chi/v5"
)

// users are the routes for whoever is signed in.
func (s *Server) users(r chi.Router) {
	own := r.With(s.need(ownMeans))
	limited := own.With(s.limitTries())
	r.Get("/account", s.handle(s.showAccount))
	own.Post("/account/name", s.handle(s.renameUser))
	limited.Post("/account/password", s.handle(s.changePassword))
	own.Get("/account/sessions", s.handle(s.showSessions))
	own.Post("/account/sessions/end", s.handle(s.endSession))
	own.Post("/account/sessions/end-others", s.handle(s.endOtherSessions))
	r.Post("/account/organization", s.handle(s.switchOrganization))
	own.Get("/organizations/new", s.handle(s.showNewOrganization))
	own.Post("/organizations", s.handle(s.createOrganization))
	limited.Post("/invitation", s.handle(s.acceptInvitation))
	r.Get("/vault/{document}/{edition}", s.handle(s.sendDocument))
}

// security are the routes of a person's second factors.
func (s *Server) security(r chi.Router) {
	r = r.With(noStore)
	r.Get("/account/security/again", s.handle(s.showProof))
	r.With(s.limitTries()).Post("/account/security/again", s.handle(s.proveAgain))
	r.With(s.limitTries()).Post("/account/security/again/options", s.handle(s.askAgain))
	r = r.With(s.need(ownMeans))
	limited := r.With(s.limitTries())
	r.Get("/account/security", s.handle(s.showSecurity))
	r.Post("/account/security/app/new", s.proved(s.beginApp))
	r.Get("/account/security/app", s.handle(s.showApp))
	limited.Post("/account/security/app", s.proved(s.confirmApp))
	r.Post("/account/security/app/remove", s.proved(s.removeApp))
	r.Get("/account/security/codes", s.handle(s.showCodes))
	r.Post("/account/security/codes", s.proved(s.newCodes))
	r.Post("/account/security/passkeys/options", s.proved(s.offerPasskey))
	r.Post("/account/security/passkeys", s.proved(s.addPasskey))
	r.Post("/account/security/passkeys/name", s.handle(s.renamePasskey))
	r.Post("/account/security/passkeys/remove", s.proved(s.removePasskey))
}

// tokens are the routes of a person's keys to the API.
func (s *Server) tokens(r chi.Router) {
	r.Get("/account/tokens", s.handle(s.listTokens))
	r.Get(newTokenPath, s.provedFor(backToNewToken, s.showNewToken))
	r.With(s.limitTries()).Post("/account/tokens", s.provedFor(backToNewToken, s.makeToken))
	r.Post("/account/tokens/{key}/revoke", s.handle(s.revokeToken))
}

// privacy are the routes of what is kept about a person.
func (s *Server) privacy(r chi.Router) {
	r = r.With(noStore)
	r.Get(ssoAccountPath, s.handle(s.showSSOAccount))
	r.Post(ssoAccountPath+"/disconnect", s.handle(s.disconnectSSO))
	r = r.With(s.need(ownMeans))
	r.With(s.limitTries()).Post(ssoAccountPath+"/connect", s.provedFor(backTo(ssoAccountPath), s.connectSSO))
	r.Get("/account/privacy", s.handle(s.showPrivacy))
	r.Post("/account/privacy/export", s.provedFor(backTo(privacyPath), s.askExport))
	r.Get("/account/privacy/exports/{export}", s.provedFor(backTo(privacyPath), s.sendExport))
	r.Get("/account/privacy/erase", s.handle(s.showErasure))
	r.Post("/account/privacy/erase", s.provedFor(backTo(privacyPath+"/erase"), s.askErasure))
	r.Post("/account/privacy/keep", s.handle(s.keepAccount))
}

// notices are the routes of the inbox.
func (s *Server) notices(r chi.Router) {
	r.Get("/inbox", s.handle(s.showInbox))
	r.Post("/inbox/read", s.handle(s.markNoticesRead))
	r.Post("/inbox/{notice}/open", s.handle(s.openNotice))
	r.Post("/inbox/{notice}/mark", s.handle(s.markNotice))
	r = r.With(s.need(ownMeans))
	r.Get("/account/notices", s.handle(s.showNotices))
	r.Post("/account/notices", s.handle(s.saveNotices))
	r.Post("/account/notices/reset", s.handle(s.resetNotices))
}

// organizationAdmins are the routes for owners and admins of an organization.
func (s *Server) organizationAdmins(r chi.Router) {
	r.Get("/organization/name", s.handle(s.showOrganizationName))
	r.Post("/organization/name", s.handle(s.renameOrganization))
	r.Get("/organization/members/{user}", s.handle(s.showMember))
	r.Post("/organization/members/{user}/role", s.handle(s.setRole))
	r.Post("/organization/members/{user}/remove", s.handle(s.removeMember))
	r.Get("/organization/invitations/new", s.handle(s.showInvite))
	r.Post("/organization/invitations", s.handle(s.invite))
	r.Post("/organization/invitations/{invitation}/revoke", s.handle(s.revokeInvitation))
	r.Get("/organization/tokens", s.handle(s.listOrganizationTokens))
	r.Post("/organization/tokens/{key}/revoke", s.handle(s.revokeMembersToken))
}

// organizationOwners are the routes for owners of an organization.
func (s *Server) organizationOwners(r chi.Router) {
	r.Post("/organization/members/{user}/rights", s.handle(s.setRights))
	limited := r.With(s.limitTries())
	r.Get(ssoPath, s.handle(s.showSSO))
	limited.Post(ssoPath, s.provedFor(backTo(ssoPath), s.saveSSO))
	limited.Post(ssoPath+"/enable", s.provedFor(backTo(ssoPath), s.enableSSO))
	r.Post(ssoPath+"/disable", s.handle(s.disableSSO))
	limited.Post(ssoPath+"/require", s.provedFor(backTo(ssoPath), s.requireSSO))
	limited.Post(ssoPath+"/relax", s.provedFor(backTo(ssoPath), s.relaxSSO))
}

// acts are the routes of an organization's own view of the record of acts. It
// tells of each colleague what they did and when, which who runs the
// organization needs and who works in it does not.
func (s *Server) acts(r chi.Router) {
	r.Get("/organization/activity", s.handle(s.showActs))
	r.Get("/organization/activity.csv", s.handle(s.sendActsTable))
	r.Get("/organization/activity.jsonl", s.handle(s.sendActLines))
	r.Get("/organization/activity/{number}/proof.json", s.handle(s.sendProof))
}
