package privacy

// Fate is what becomes of a column that names a person when the person is
// erased.
type Fate string

// Fates.
const (
	// Goes: the rows are deleted, or the value is.
	Goes Fate = "goes"
	// Pseudonym: the id stays and leads to an account without name and address.
	Pseudonym Fate = "pseudonym"
	// Stays: the value stays, for the reason given.
	Stays Fate = "stays"
)

// Decision is the fate of one column, and why.
type Decision struct {
	Fate Fate
	Why  string
}

var (
	alone     = Decision{Goes, "it is the person's alone"}
	authored  = Decision{Pseudonym, "the organization's record says that somebody did it"}
	judged    = Decision{Pseudonym, "a decision over others must be answered for, and others rest on it"}
	reported  = Decision{Pseudonym, "the report is decided on by what it says"}
	withToken = Decision{Goes, "it goes with the token"}
)

// Fates is what becomes of each column that refers to app_user, or that by its
// name may hold a person's name or address.
var Fates = map[string]Decision{
	"app_user.email":                      {Goes, "a placeholder stands there"},
	"app_user.name":                       {Goes, "a placeholder stands there"},
	"password.user_id":                    alone,
	"platform_role.user_id":               {Goes, "an account with a role is not erased"},
	"membership.user_id":                  alone,
	"account_token.user_id":               alone,
	"session.user_id":                     alone,
	"session.address":                     alone,
	"second_factor.user_id":               alone,
	"recovery_code.user_id":               alone,
	"passkey.user_id":                     alone,
	"api_token.user_id":                   alone,
	"api_token.revoked_by":                authored,
	"api_idempotency.user_id":             withToken,
	"inbox_notice.user_id":                alone,
	"notice_choice.user_id":               alone,
	"notice_setting.user_id":              alone,
	"notice_event.address":                alone,
	"notice_refusal.address_hash":         {Stays, "a keyed hash by which an address is not mailed again"},
	"mail_outbox.recipient":               alone,
	"account_export.user_id":              {Goes, "ended at once, deleted by the next sweep"},
	"account_erasure.user_id":             {Pseudonym, "it says when the account was erased"},
	"invitation.email":                    {Goes, "a placeholder stands there"},
	"invitation.invited_by":               authored,
	"invitation.accepted_by":              authored,
	"verification_request.submitted_by":   authored,
	"verification_request.decided_by":     judged,
	"storage_cleanup.asked_by":            judged,
	"verification_request.contact_name":   {Stays, "the organization named its contact, and changes it"},
	"verification_request.legal_name":     {Stays, "of the organization"},
	"verification_request.postal_address": {Stays, "of the organization"},
	"verification.decided_by":             judged,
	"listing.created_by":                  authored,
	"listing_claims.author_id":            authored,
	"version.created_by":                  authored,
	"version.submitted_by":                authored,
	"version.planned_by":                  authored,
	"finding_answer.answered_by":          authored,
	"finding_answer.outcome_by":           judged,
	"decision.reviewer_id":                judged,
	"upload.user_id":                      authored,
	"upload_acceptance.user_id":           authored,
	"upload_acceptance.typed_name":        {Stays, "a signature under a legal statement, which buyers rest on"},
	"vault_version.uploaded_by":           authored,
	"finding_answer.confirmed_by":         judged,
	"review_assignment.reviewer_id":       judged,
	"review_assignment.assigned_by":       judged,
	"review_assignment.ended_by":          judged,
	"review_check.reviewer_id":            judged,
	"review_note.author_id":               judged,
	"annotator.consent_by":                authored,
	"commercial_review.requested_by":      authored,
	"commercial_review.reviewer_id":       judged,
	"credential.decided_by":               judged,
	"credential.submitted_by":             authored,
	"credential.verified_by":              judged,
	"activity.user_id":                    {Pseudonym, "the record of acts is never changed, and holds an id alone"},
	"version_event.user_id":               authored,
	"notice_event.users":                  {Pseudonym, "whom an event concerned; dropped 30 days after it was told"},
	"platform_role.granted_by":            judged,
	"reaudit.closed_by":                   judged,
	"signer.user_id":                      {Pseudonym, "what the organization signed rests on who might; the paper behind it is the organization's"},
	"signer.named_by":                     authored,
	"signer.decided_by":                   judged,
	"verification_check.decided_by":       judged,
	"verification_answer.saved_by":        {Pseudonym, "what colleagues of the platform rely on until the request is decided"},
	"organization_oidc.set_by":            authored,
	"oidc_identity.user_id":               alone,
	"audit_sample.cleared_by":             judged,
	"audit_sample.refused_by":             judged,
	"announcement.made_by":                judged,
	"reference_content.edited_by":         judged,
	"rights_assertion.recorded_by":        judged,
	"reference_withdrawal.withdrawn_by":   judged,
	"reference_withdrawal.restored_by":    judged,
	"flag.claimed_by":                     judged,
	"flag.replied_by":                     authored,
	"flag.decided_by":                     judged,
	"flag_report.reporter_id":             reported,
	"flag_report.email":                   alone,
	"samples_clearance.cleared_by":        judged,
	"strike.given_by":                     judged,
	"strike.removed_by":                   judged,
	"agreement_template.made_by":          authored,
	"appeal.against":                      judged,
	"appeal.made_by":                      authored,
	"appeal.ruled_by":                     judged,
}
