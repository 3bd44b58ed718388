package web

import (
	"github.com/go-chi/chi/v5"

	"assay/internal/account"
)

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
