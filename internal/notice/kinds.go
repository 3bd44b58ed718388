package notice

import "slices"

// Kind is a kind of event that people are told of.
type Kind string

// Kinds of events.
const (
	NewSignIn           Kind = "new_sign_in"
	PasswordChanged     Kind = "password_changed"
	SecondFactorChanged Kind = "second_factor_changed"
	TokenMade           Kind = "token_made"
	RoleChanged         Kind = "role_changed"
	ExportReady         Kind = "export_ready"
	AccountErasure      Kind = "account_erasure"
	SignInOff           Kind = "sign_in_off" // an organization's own

	VerificationDecided  Kind = "verification_decided"
	VerificationExpiring Kind = "verification_expiring"
	DocumentExpiring     Kind = "document_expiring"
	DomainProofLost      Kind = "domain_proof_lost"
	CredentialDecided    Kind = "credential_decided"
	CredentialExpiring   Kind = "credential_expiring"

	AuditFinished     Kind = "audit_finished"
	AuditFailed       Kind = "audit_failed"
	VersionApproved   Kind = "version_approved"
	VersionReturned   Kind = "version_returned"
	VersionRejected   Kind = "version_rejected"
	VersionLive       Kind = "version_live"
	VersionHeld       Kind = "version_held"
	ClaimsDecided     Kind = "claims_decided"
	VersionSuspended  Kind = "version_suspended"
	VersionRestored   Kind = "version_restored"
	ReauditFlagged    Kind = "reaudit_flagged"
	FlagOnYourListing Kind = "flag_on_your_listing"
	StrikeGiven       Kind = "strike_given"
	AppealDecided     Kind = "appeal_decided"

	FlagReceived Kind = "flag_received" // to who reported it
	FlagAnswered Kind = "flag_answered" // to who reported it

	ReviewWaiting      Kind = "review_waiting"
	ReviewAssigned     Kind = "review_assigned"
	SecondPersonNeeded Kind = "second_person_needed"
	IdentifiersFlagged Kind = "identifiers_flagged" // pages the reviewers
	FlagWaiting        Kind = "flag_waiting"
	AppealWaiting      Kind = "appeal_waiting"
	CredentialWaiting  Kind = "credential_waiting"

	Announcement Kind = "announcement"
)

// Group is what kinds are listed under where a person chooses.
type Group string

// Groups in the order of the page.
const (
	Security Group = "security"
	Selling  Group = "selling"
	Flags    Group = "flags"
	Desk     Group = "desk" // of reviewers
	Platform Group = "platform"
)

// About says how a kind of event is told.
type About struct {
	Kind  Kind
	Group Group
	Label string // "A version was approved"
	// Must is true for what a person cannot turn off, such as a new sign-in.
	Must bool
}

// all is every kind, in the order of the page of preferences.
var all = []About{
	{NewSignIn, Security, "Your account was used from a new browser", true},
	{PasswordChanged, Security, "Your password was changed", true},
	{SecondFactorChanged, Security, "Your passkeys, codes or ways to sign in were changed", true},
	{TokenMade, Security, "A key to the API was made in your name", true},
	{RoleChanged, Security, "Your role in an organization was changed", true},
	{ExportReady, Security, "What is kept about you is ready to download", true},
	{AccountErasure, Security, "Your account is to be erased", true},
	{SignInOff, Security, "The sign-in of your organization was turned off", true},
	{VerificationDecided, Selling, "A reviewer decided on your organization’s verification", false},
	{VerificationExpiring, Selling, "Your organization’s verification ends soon", false},
	{DocumentExpiring, Selling, "A document of your organization ends soon", false},
	{DomainProofLost, Selling, "The proof of your organization’s domain is gone", false},
	{CredentialDecided, Selling, "A reviewer checked an annotator’s credentials", false},
	{CredentialExpiring, Selling, "A credential of an annotator ends soon", false},
	{AuditFinished, Selling, "The audit of a version is finished", false},
	{AuditFailed, Selling, "The audit of a version failed", false},
	{VersionApproved, Selling, "A version was approved", false},
	{VersionReturned, Selling, "A reviewer asks for changes", false},
	{VersionRejected, Selling, "A version was rejected", false},
	{VersionLive, Selling, "A version went live on its day", false},
	{VersionHeld, Selling, "A version could not go live as planned", false},
	{ClaimsDecided, Selling, "A reviewer decided on changed claims", false},
	{VersionSuspended, Selling, "A version was taken off the catalog", true},
	{VersionRestored, Selling, "A version is on offer again", false},
	{ReauditFlagged, Selling, "New rules found something in a live version", false},
	{FlagOnYourListing, Selling, "Somebody reported one of your listings", false},
	{StrikeGiven, Selling, "Your organization was given a strike", true},
	{AppealDecided, Selling, "An appeal of yours was decided", false},
	{FlagReceived, Flags, "What you reported has arrived", false},
	{FlagAnswered, Flags, "What you reported was answered", false},
	{ReviewWaiting, Desk, "Something new waits for review", false},
	{ReviewAssigned, Desk, "A review was given to you", false},
	{SecondPersonNeeded, Desk, "An override waits for a second person", false},
	{IdentifiersFlagged, Desk, "Somebody reports identifiers in a live data set", true},
	{FlagWaiting, Desk, "Somebody reported a listing", false},
	{AppealWaiting, Desk, "An appeal waits", false},
	{CredentialWaiting, Desk, "Credentials of an annotator wait", false},
	{Announcement, Platform, "The platform announces something", false},
}

// Find returns what is known of a kind; ok is false for any other text.
func Find(k Kind) (a About, ok bool) {
	for _, a := range all {
		if a.Kind == k {
			return a, true
		}
	}
	return About{}, false
}

// Way is how a person hears of a kind of event. The inbox has all of them.
type Way string

// Ways, from the loudest to the quietest.
const (
	AtOnce    Way = "mail"   // a mail for each event
	InDigest  Way = "digest" // in the one mail of the day
	OnlyInApp Way = "app"
)

// quiet are the kinds that come in the digest unless a person wishes
// otherwise: a desk with many of them a day is looked at anyway.
var quiet = map[Kind]bool{ReviewWaiting: true, FlagWaiting: true, CredentialWaiting: true}

// Default is how a kind is told without a wish.
func (a About) Default() Way {
	if !a.Must && quiet[a.Kind] {
		return InDigest
	}
	return AtOnce
}

// All returns every kind, in the order of the page of preferences.
func All() []About { return slices.Clone(all) }
