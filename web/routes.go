package web

import (
	"net/http"
	"slices"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"assay/internal/account"
	"assay/internal/account/sso"
	"assay/internal/errs"
	"assay/internal/postgres"
	"assay/web/api"
	"assay/web/static"
)

// router is every route, grouped by who may use it.
func (s *Server) router() chi.Router {
	r := chi.NewRouter()
	r.Use(identify, s.secureHeaders, s.logRequests, namesNothing, middleware.GetHead)
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
		r.Use(s.sessions.LoadAndSave, s.loadVisitor, s.private, s.recoverPanics, s.refuseForgeries)
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

// members are the routes for readers of the organization worked for.
func (s *Server) members(r chi.Router) {
	r.Get("/organization", s.handle(s.showOrganization))
	r.Post("/organization/leave", s.handle(s.leaveOrganization))
	r.Get("/seller", s.handle(s.showSeller))
	r.Get("/seller/listings/{listing}/check", s.handle(s.showCheck))
	r.Get("/seller/listings/{listing}/preview", s.handle(s.showPreview))
	r.Get("/seller/listings/{listing}/versions", s.handle(s.listVersions))
	r.Get("/seller/listings/{listing}/audit", s.handle(s.showListingAudit))
	r.Get("/seller/versions/{version}", s.handle(s.showVersion))
	r.Get("/seller/versions/{version}/report.json", s.handle(s.downloadReport))
	r.Get("/seller/versions/{version}/manifest.txt", s.handle(s.downloadManifest))
	r.Get("/seller/versions/{version}/report.csv", s.handle(s.downloadFindings))
	r.Get("/seller/versions/{version}/reaudits/{reaudit}", s.handle(s.showOwnReaudit))
	r.Get("/seller/versions/{version}/reaudits/{reaudit}/report.json", s.handle(s.downloadOwnReaudit))
	r.Get("/seller/versions/{version}/reaudits/{reaudit}/report.csv", s.handle(s.downloadOwnReauditFindings))
	r.Get("/seller/versions/{version}/quality", s.handle(s.showOwnQuality))
	r.Get("/seller/versions/{version}/quality/{form}", s.handle(s.sendOwnQuality))
	r.Get("/seller/versions/{version}/previews/{preview}", s.handle(s.sendOwnPreview))
	r.Get("/seller/versions/{version}/samples/{sample}", s.handle(s.sendOwnSample))
	r.Get("/seller/verification", s.handle(s.showVerification))
}

// editors are the routes for those who describe and upload data sets.
func (s *Server) editors(r chi.Router) {
	r.Get("/seller/listings/new", s.handle(s.showNewListing))
	r.Post("/seller/listings", s.handle(s.createListing))
	r.Post("/seller/listings/from-quality", s.handle(s.listFromQuality))
	r.Get("/seller/listings/{listing}/clone", s.handle(s.askClone))
	r.Post("/seller/listings/{listing}/clone", s.handle(s.cloneListing))
	r.Get("/seller/listings/{listing}/{step}", s.handle(s.showStep))
	r.Post("/seller/listings/{listing}/{step}", s.handle(s.saveStep))
	r.Post("/seller/listings/{listing}/delete", s.handle(s.deleteListing))
	r.Post("/seller/listings/{listing}/undelete", s.handle(s.undeleteListing))
	r.Post("/seller/versions/{version}/note", s.handle(s.moveVersion("The note is saved.", s.noteVersion)))
	r.Route("/seller/listings/{listing}/upload", func(r chi.Router) {
		r.Get("/", s.handle(s.showUpload))
		r.Get("/sent", s.handle(s.showSent))
		r.Post("/agreement", s.handle(s.acceptAgreement))
		r.With(s.limitUploads()).Post("/files", s.handle(s.receiveFiles))
		r.With(s.limitUploads()).Post("/tus", s.handle(s.createTus))
		r.Post("/cancel", s.handle(s.cancelUpload))
	})
	r.Head(uploadsPath+"{upload}", s.handle(s.continueTus))
	r.Patch(uploadsPath+"{upload}", s.handle(s.continueTus))
	r.Delete(uploadsPath+"{upload}", s.handle(s.continueTus))
	r.Get("/seller/versions/{version}/texts", s.handle(s.showTexts))
	r.Get("/seller/versions/{version}/texts.csv", s.handle(s.sendTexts))
	r.Post("/seller/versions/{version}/cancel", s.handle(s.cancelAudit))
	r.Post("/seller/versions/{version}/answers", s.handle(s.answerWarning))
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

// submitters are the routes for members with the right to submit.
func (s *Server) submitters(r chi.Router) {
	r.Post("/seller/versions/{version}/samples", s.handle(s.chooseSamples))
	r.Post("/seller/versions/{version}/submit", s.handle(s.moveVersion("The version is on its way. You will hear from us.", s.submitVersion)))
}

// publishers are the routes for members with the right to publish.
func (s *Server) publishers(r chi.Router) {
	r.Post("/seller/listings/{listing}/claims", s.handle(s.submitClaims))
	r.Post("/seller/versions/{version}/publish", s.handle(s.moveVersion("The version is live.", s.publishVersion)))
	r.Post("/seller/versions/{version}/plan", s.handle(s.moveVersion("The plan is saved. It holds for this version alone.", s.planVersion)))
	r.Post("/seller/versions/{version}/embargo", s.handle(s.moveVersion("The version goes live on that day.", s.embargoVersion)))
	r.Post("/seller/versions/{version}/cancel-embargo", s.handle(s.moveVersion("The day is dropped. The version is approved and waits for somebody to publish it.", s.cancelEmbargo)))
	r.Post("/seller/versions/{version}/licensing", s.handle(s.askLicensing))
	r.Post("/seller/versions/{version}/withdraw", s.handle(s.moveVersion("The version is withdrawn. Buyers see the reason.", s.withdrawVersion)))
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

// reviewers are the routes of the platform's reviewers.
func (s *Server) reviewers(r chi.Router) {
	r.Get("/review", s.handle(s.showReviewQueue))
	r.Get("/review/versions/{version}", s.handle(s.showReview))
	r.Get("/review/reaudits", s.handle(s.showReaudits))
	r.Get("/review/reaudits/{reaudit}", s.handle(s.showReaudit))
	r.Get("/review/reaudits/{reaudit}/report.json", s.handle(s.downloadReaudit))
	r.Get("/review/reaudits/{reaudit}/report.csv", s.handle(s.downloadReauditFindings))
	r.Post("/review/reaudits/{reaudit}/close", s.handle(s.closeReaudit))
	r.Get("/review/versions/{version}/report.json", s.handle(s.downloadReviewed))
	r.Get("/review/versions/{version}/report.csv", s.handle(s.downloadReviewedFindings))
	r.Get("/review/versions/{version}/quality", s.handle(s.showReviewedQuality))
	r.Get("/review/versions/{version}/quality/{form}", s.handle(s.sendReviewedQuality))
	r.Get("/review/versions/{version}/previews/{preview}", s.handle(s.sendReviewedPreview))
	r.Get("/review/versions/{version}/samples/{sample}", s.handle(s.sendReviewedSample))
	r.Post("/review/versions/{version}/samples", s.handle(s.onReview("samples", "Refused: buyers do not see it. The seller reads why.", at("#samples"), s.refuseSample)))
	r.Get("/review/bulk", s.handle(s.askBulk))
	r.Post("/review/bulk", s.handle(s.doBulk))
	r.Get("/review/bulk/done", s.handle(s.showBulkDone))
	r.Post("/review/versions/{version}/claim", s.handle(s.onReview("claim", "This review is yours.", at(""), s.claimReview)))
	r.Post("/review/versions/{version}/release", s.handle(s.onReview("release", "Released: anybody can take it.", at(""), s.releaseReview)))
	r.Post("/review/versions/{version}/assign", s.handle(s.onReview("assign", "Given. Both were told.", at(""), s.assignReview)))
	r.Post("/review/versions/{version}/checklist", s.handle(s.onReview("checklist", "Kept.", at("#checklist"), s.saveChecks)))
	r.Post("/review/versions/{version}/notes", s.handle(s.onReview("notes", "Kept, for reviewers alone.", at("#notes"), s.addNote)))
	r.Post("/review/versions/{version}/licensing", s.handle(s.onReview("licensing", "Recorded. The seller was told.", at("#licensing"), s.decideLicensing)))
	r.Post("/review/versions/{version}/decision", s.handle(s.decideReview))
	r.Post("/review/versions/{version}/answers", s.handle(s.onReview("answers", "Kept.", s.atAnswer, s.judgeAnswer)))
	r.Post("/review/versions/{version}/suspend", s.handle(s.onReview("suspend", "Suspended. Buyers read the reason in its place, and the seller was told.", at(""), s.suspendVersion)))
	r.Post("/review/versions/{version}/restore", s.handle(s.onReview("restore", "Back on offer. The seller was told.", at(""), s.restoreVersion)))
	r.Post("/review/versions/{version}/audit", s.handle(s.runAuditAgain))
}

// platformAdmins are the routes of the platform's admins.
func (s *Server) platformAdmins(r chi.Router) {
	r = r.With(noStore)
	r.Get(adminPath, s.handle(s.showOverview))
	r.Get(adminJobsPath, s.handle(s.showJobs))
	r.Post(adminJobsPath+"/{job}", s.handle(s.moveJob))
	r.Get(adminBoardPath+"/*", s.handle(s.showBoard))
	r.Get(adminErrorsPath, s.handle(s.showErrors))
	r.Get(adminStoragePath, s.handle(s.showStorage))
	r.Get(adminStoragePath+".csv", s.handle(s.sendStorage))
	r.Post(adminStoragePath+"/measure", s.handle(s.measureStorage))
	r.Get(adminOrphansPath, s.handle(s.showOrphans))
	r.Post(adminOrphansPath, s.provedFor(orphansBack, s.deleteOrphans))
	r.Get(adminSettingsPath, s.handle(s.showSettings))
	r.Get(adminReferencesPath, s.handle(s.showReferences))
	r.Post(adminReferencesPath, s.handle(s.addReference))
	r.Get(adminReferencesPath+"/new", s.handle(s.showNewReference))
	r.Get(adminReferencesPath+"/{reference}", s.handle(s.showReference))
	r.Post(adminReferencesPath+"/{reference}", s.handle(s.recheckReference))
	r.Get(adminAgreementsPath, s.handle(s.showAgreements))
	r.Post(adminAgreementsPath, s.handle(s.writeAgreement))
	r.Get(adminAgreementsPath+"/{agreement}", s.handle(s.showAgreement))
	r.Post(adminAgreementsPath+"/{agreement}", s.handle(s.rewriteAgreement))
	r.Post(adminAgreementsPath+"/{agreement}/publish", s.handle(s.publishAgreement))
	r.Post(adminAgreementsPath+"/{agreement}/retire", s.handle(s.retireAgreement))
	r.Post(adminAgreementsPath+"/{agreement}/discard", s.handle(s.discardAgreement))
	r.Get(adminAnnouncementsPath, s.handle(s.showAnnouncements))
	r.Post(adminAnnouncementsPath, s.handle(s.announce))
	r.Post(adminAnnouncementsPath+"/{announcement}/end", s.handle(s.endAnnouncement))
	person := func(r *http.Request) string { return adminUserURL(userOf(r)) }
	r.Get(adminUsersPath, s.handle(s.showAdminUsers))
	r.Get(adminUsersPath+".csv", s.handle(s.sendAdminUsers))
	r.Get(adminUsersPath+"/{user}", s.handle(s.showAdminUser))
	r.Post(adminUsersPath+"/{user}/sessions/end", s.handle(s.endSessionsOf))
	r.Post(adminUsersPath+"/{user}/tokens/revoke", s.handle(s.revokeTokensOf))
	r.Post(adminUsersPath+"/{user}/disable", s.handle(s.disableUser))
	r.Post(adminUsersPath+"/{user}/enable", s.handle(s.enableUser))
	r.Post(adminUsersPath+"/{user}/role", s.provedFor(person, s.setPlatformRole))
	r.Get(adminOrganizationsPath, s.handle(s.showAdminOrganizations))
	r.Get(adminOrganizationsPath+".csv", s.handle(s.sendAdminOrganizations))
	r.Get(adminOrganizationsPath+"/{organization}", s.handle(s.showAdminOrganization))
	r.Post(adminOrganizationsPath+"/{organization}/quota", s.handle(s.setQuota))
	r.Get(adminAccessPath, s.handle(s.showAccess))
	r.Get(adminAccessPath+".csv", s.handle(s.sendAccess))
}

// trust are the public pages about the record of acts.
func (s *Server) trust(r chi.Router) {
	r.Get("/trust/activity", s.handle(s.showTrust))
	r.Post("/trust/activity/check", s.handle(s.judgeProof))
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

// flags are the routes by which anybody reports a listing.
func (s *Server) flags(r chi.Router) {
	r.Get("/report/{slug}", s.handle(s.showReportForm))
	r.With(s.limitReports()).Post("/report/{slug}", s.handle(s.reportListing))
	r.With(noStore, unreferred).Get("/report/r/{token}", s.handle(s.showReceipt))
}

// appeals are the routes by which a seller answers a decision of the platform.
func (s *Server) appeals(r chi.Router) {
	viewers, editors, managers := r.With(s.need(member(account.Viewer))), r.With(s.need(member(account.Editor))), r.With(s.need(member(account.Admin)))
	viewers.Get("/seller/standing", s.handle(s.showStanding))
	viewers.Get("/seller/flags/{flag}", s.handle(s.showOwnFlag))
	editors.Post("/seller/flags/{flag}", s.handle(s.replyToFlag))
	managers.Get("/seller/appeals/new", s.handle(s.showNewAppeal))
	managers.Post("/seller/appeals", s.handle(s.makeAppeal))
	viewers.Get("/seller/appeals/{appeal}", s.handle(s.showOwnAppeal))
}

// moderators are the routes of reviewers who answer flags and appeals.
func (s *Server) moderators(r chi.Router) {
	r.Get("/review/flags", s.handle(s.showFlagQueue))
	r.Get("/review/flags/{flag}", s.handle(s.showFlag))
	r.Post("/review/flags/{flag}/claim", s.handle(s.flagStep("It is yours.", s.claimFlag)))
	r.Post("/review/flags/{flag}/release", s.handle(s.flagStep("It is back in the queue.", s.releaseFlag)))
	r.Post("/review/flags/{flag}/ask", s.handle(s.flagStep("The seller was asked.", s.askAboutFlag)))
	r.Post("/review/flags/{flag}/merge", s.handle(s.flagStep("Merged. Who reported it gets the other answer.", s.mergeFlag)))
	r.Post("/review/flags/{flag}/decision", s.handle(s.flagStep("Decided. Those who reported it were told.", s.decideFlag)))
	r.Post("/review/flags/{flag}/samples", s.handle(s.flagStep("The pictures are shown again.", s.showSamplesAgain)))
	r.Get("/review/appeals", s.handle(s.showAppealQueue))
	r.Get("/review/appeals/{appeal}", s.handle(s.showAppeal))
	r.Post("/review/appeals/{appeal}", s.handle(s.ruleOnAppeal))
	r.Get("/review/takedown/{seller}", s.handle(s.showTakedown))
	r.Post("/review/takedown/{seller}", s.handle(s.takeDown))
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
	r = r.With(s.need(ownMeans))
	r.Get("/account/tokens", s.handle(s.listTokens))
	r.Get("/account/tokens/new", s.handle(s.showNewToken))
	r.With(s.limitTries()).Post("/account/tokens", s.handle(s.makeToken))
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

// unsubscribing are the routes behind the link in a mail, for whoever has it.
func (s *Server) unsubscribing(r chi.Router) {
	r.Use(noStore, unreferred)
	r.Get("/unsubscribe/{link}", s.handle(s.showUnsubscribe))
	r.Post("/unsubscribe/{link}/stop", s.handle(s.stopMail))
	r.Post("/unsubscribe/{link}/resume", s.handle(s.resumeMail))
}

// verifications are the routes of an organization's own verification.
func (s *Server) verifications(r chi.Router) {
	r.Get("/seller/verification/organization", s.handle(s.showVerificationIdentity))
	r.Post("/seller/verification/organization", s.handle(s.saveVerificationIdentity))
	r.Get("/seller/verification/documents", s.handle(s.showVerificationDocuments))
	r.Post("/seller/verification/documents", s.handle(s.attachDocument))
	r.Post("/seller/verification/documents/{document}/remove", s.handle(s.detachDocument))
	r.Get("/seller/verification/domain", s.handle(s.showDomain))
	r.Post("/seller/verification/domain", s.handle(s.askForDomain))
	r.Get("/seller/verification/signers", s.handle(s.showSigners))
	r.Post("/seller/verification/signers", s.handle(s.nameSigner))
	r.Post("/seller/verification/signers/{signer}/remove", s.handle(s.removeSigner))
	r.Post("/seller/verification/submit", s.handle(s.submitVerification))
	r.Post("/seller/verification/withdraw", s.handle(s.withdrawVerification))
	r.Get("/seller/vault", s.handle(s.showVault))
	r.Get("/seller/vault/{document}", s.handle(s.showVaultDocument))
	r.Post("/seller/vault/{document}", s.handle(s.replaceDocument))
	r.Post("/seller/vault/{document}/remove", s.handle(s.removeDocument))
}

// verifiers are the routes of reviewers who verify sellers.
func (s *Server) verifiers(r chi.Router) {
	r.Get("/review/verifications", s.handle(s.showVerificationQueue))
	r.Get("/review/verifications/{request}", s.handle(s.showVerificationCase))
	r.Post("/review/verifications/{request}", s.handle(s.decideVerification))
	r.Post("/review/verifications/{request}/suspend", s.handle(s.suspendVerification))
	r.Post("/review/verifications/{request}/restore", s.handle(s.restoreVerification))
}

// credentials are the routes of the evidence for an organization's annotators.
func (s *Server) credentials(r chi.Router) {
	r = r.With(noStore)
	r.Get("/seller/annotators", s.handle(s.listAnnotators))
	r.Get("/seller/annotators/new", s.handle(s.showNewAnnotator))
	r.Post("/seller/annotators", s.handle(s.addAnnotator))
	r.Get("/seller/annotators/{annotator}", s.handle(s.showAnnotator))
	r.Get("/seller/annotators/{annotator}/edit", s.handle(s.showAnnotatorEdit))
	r.Post("/seller/annotators/{annotator}/edit", s.handle(s.changeAnnotator))
	r.Post("/seller/annotators/{annotator}/remove", s.handle(s.removeAnnotator))
	r.Get("/seller/annotators/{annotator}/credentials/new", s.handle(s.showNewCredential))
	r.Post("/seller/annotators/{annotator}/credentials", s.handle(s.addCredential))
	r.Get("/seller/credentials/{credential}", s.handle(s.showCredential))
	r.Post("/seller/credentials/{credential}", s.handle(s.changeCredential))
	r.Get("/seller/credentials/{credential}/evidence", s.handle(s.sendEvidence))
	r.Post("/seller/credentials/{credential}/submit", s.onCredential("Submitted. You will hear from us.", s.submitCredential))
	r.Post("/seller/credentials/{credential}/withdraw", s.onCredential("Withdrawn. It is a draft again.", s.withdrawCredential))
	r.Post("/seller/credentials/{credential}/remove", s.onCredential("Removed, with its document.", s.dropCredential))
}

// credentialReviewers are the routes of reviewers who check annotators.
func (s *Server) credentialReviewers(r chi.Router) {
	r = r.With(noStore)
	r.Get("/review/credentials", s.handle(s.showCredentialQueue))
	r.Get("/review/credentials/{credential}", s.handle(s.showCredentialCase))
	r.Post("/review/credentials/{credential}", s.handle(s.decideCredential))
	r.Get("/review/credentials/{credential}/evidence", s.handle(s.sendEvidence))
}

// need lets a request pass only if allow has no objection.
func (s *Server) need(allow func(account.Visitor) error) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return s.handle(func(w http.ResponseWriter, r *http.Request) error {
			if err := allow(s.visitor(r)); err != nil {
				return err
			}
			next.ServeHTTP(w, r)
			return nil
		})
	}
}

func signedIn(v account.Visitor) error {
	if !v.SignedIn() {
		return errs.New(errs.Unauthenticated, "Sign in to see this page.")
	}
	return nil
}

// errNotOwnMeans is the refusal of what concerns the account in a session that
// an organization's sign-in began.
var errNotOwnMeans = errs.New(errs.Forbidden, "You came in by the sign-in of an organization. Such a session reaches that organization alone and changes nothing about your account. Sign in with your password or a passkey for this.")

// ownMeans asks for a session that a means of the account's own began: who runs
// an organization's sign-in could open any other.
func ownMeans(v account.Visitor) error {
	if v.Within != "" {
		return errNotOwnMeans
	}
	return nil
}

// member asks for a role in the organization worked for.
func member(least account.Role) func(account.Visitor) error {
	return func(v account.Visitor) error {
		switch {
		case !v.SignedIn():
			return signedIn(v)
		case v.Organization == "":
			return errs.New(errs.Forbidden, "This page belongs to an organization. Create one or accept an invitation first.")
		case !atLeast(v.Role, least):
			return errs.Newf(errs.Forbidden, "Your role in this organization is %s; this page needs %s. Ask an owner of the organization.", v.Role.Label(), least.Label())
		}
		return nil
	}
}

// holder asks for a right in the organization worked for.
func holder(right account.Right) func(account.Visitor) error {
	return func(v account.Visitor) error {
		if err := member(account.Viewer)(v); err != nil {
			return err
		}
		if !v.Rights.Has(right) {
			return errs.Newf(errs.Forbidden, "This needs the right to %s in your organization. Ask an owner of it.", right)
		}
		return nil
	}
}

// atLeast reports whether role may do what least may do.
func atLeast(role, least account.Role) bool {
	roles := account.AllRoles() // the strongest first
	i, j := slices.Index(roles, role), slices.Index(roles, least)
	return i >= 0 && i <= j
}

// errNoSecondFactor is the refusal of a role that does not count yet. A page
// that was asked for becomes the one where a factor is added.
var errNoSecondFactor = errs.New(errs.Forbidden, "Your role on the platform counts after a sign-in with a second factor. Add one under Account, Ways to sign in.")

// platform asks for a role on the platform in a session that showed a second
// factor; an admin may review. Others are told that there is no such page.
func platform(role postgres.Platform) func(account.Visitor) error {
	return func(v account.Visitor) error {
		switch {
		case !v.SignedIn():
			return signedIn(v)
		case v.Platform == role, v.Platform == postgres.Admin:
			return nil
		case v.Staff == role, v.Staff == postgres.Admin:
			return errNoSecondFactor
		}
		return errs.New(errs.NotFound, "There is no page at this address.")
	}
}

func notFound(http.ResponseWriter, *http.Request) error {
	return errs.New(errs.NotFound, "There is no page at this address.")
}

// live answers as long as the process runs.
func (s *Server) live(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Write([]byte("ok\n"))
}

// ready answers 200 while the database does too.
func (s *Server) ready(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if err := s.DB.Ping(r.Context()); err != nil {
		w.WriteHeader(http.StatusServiceUnavailable)
		w.Write([]byte("the database does not answer\n"))
		return
	}
	w.Write([]byte("ok\n"))
}
