package web

import (
	"github.com/go-chi/chi/v5"
)

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

// verifiers are the routes of reviewers who verify sellers.
func (s *Server) verifiers(r chi.Router) {
	r.Get("/review/verifications", s.handle(s.showVerificationQueue))
	r.Get("/review/verifications/{request}", s.handle(s.showVerificationCase))
	r.Post("/review/verifications/{request}", s.handle(s.decideVerification))
	r.Post("/review/verifications/{request}/suspend", s.handle(s.suspendVerification))
	r.Post("/review/verifications/{request}/restore", s.handle(s.restoreVerification))
	r.Post("/review/verifications/{request}/signer", s.handle(s.takeBackSigner))
}

// credentialReviewers are the routes of reviewers who check annotators.
func (s *Server) credentialReviewers(r chi.Router) {
	r = r.With(noStore)
	r.Get("/review/credentials", s.handle(s.showCredentialQueue))
	r.Get("/review/credentials/{credential}", s.handle(s.showCredentialCase))
	r.Post("/review/credentials/{credential}", s.handle(s.decideCredential))
	r.Post("/review/credentials/{credential}/revoke", s.handle(s.revokeCredential))
	r.Get("/review/credentials/{credential}/evidence", s.handle(s.sendEvidence))
}
