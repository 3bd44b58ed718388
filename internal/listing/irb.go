package listing

// Consent says on which ground the data was collected and may be shared.
type Consent struct {
	IRB        IRBStatus         `json:"irb_status,omitempty"`
	Board      string            `json:"board,omitempty"`           // the IRB or ethics committee
	Protocol   string            `json:"protocol_number,omitempty"` // number of the protocol or of the determination
	Basis      ConsentBasis      `json:"consent_basis,omitempty"`
	Commercial CommercialConsent `json:"commercial_consent,omitempty"`
	Statement  string            `json:"statement,omitempty"` // in the seller's words, for the listing
	Asserted   Assertion         `json:"asserted,omitzero"`
}

// IRBStatus is what an institutional review board or an ethics committee
// decided.
type IRBStatus string

// Decisions of a board. Those that name 45 CFR 46 are of the United States.
const (
	IRBApproved    IRBStatus = "approved"
	IRBExempt      IRBStatus = "exempt"
	IRBNotHuman    IRBStatus = "not_human_subjects_determination"
	IRBWaived      IRBStatus = "waived_with_approval"
	IRBEthicsNonUS IRBStatus = "ethics_committee_non_us"
	IRBNotObtained IRBStatus = "not_obtained"
	IRBUnknown     IRBStatus = "unknown"
)

// IRBStatuses is the vocabulary of IRBStatus.
var IRBStatuses = Vocabulary[IRBStatus]{
	{IRBApproved, "Approved by an IRB", "Name the board and the protocol number."},
	{IRBExempt, "Exempt", "The board determined an exemption: 45 CFR 46.104(d)."},
	{IRBNotHuman, "Determined not to be human subjects research", "A board or its office said so in writing."},
	{IRBWaived, "Approved with a waiver", "The board approved and waived consent or authorization."},
	{IRBEthicsNonUS, "Ethics committee outside the United States", "Name the committee and its number."},
	{IRBNotObtained, "Not obtained", "No board was asked."},
	{IRBUnknown, "Unknown", "Shown to buyers as unknown; it decides nothing in your favor."},
}

// ConsentBasis is the ground on which the data of the patients is shared.
type ConsentBasis string

// Grounds for sharing.
const (
	BroadConsent         ConsentBasis = "broad_consent"
	SpecificConsent      ConsentBasis = "specific_consent"
	Authorization        ConsentBasis = "authorization"
	WaiverAuthorization  ConsentBasis = "waiver_of_authorization"
	WaiverConsent        ConsentBasis = "waiver_of_consent"
	NoConsentNeeded      ConsentBasis = "deidentified_no_consent_needed"
	PublicHealthActivity ConsentBasis = "public_health_activity"
	GDPR92a              ConsentBasis = "gdpr_9_2_a"
	GDPR92i              ConsentBasis = "gdpr_9_2_i"
	GDPR92j              ConsentBasis = "gdpr_9_2_j"
	ConsentUnknown       ConsentBasis = "unknown"
)

// ConsentBases is the vocabulary of ConsentBasis.
var ConsentBases = Vocabulary[ConsentBasis]{
	{BroadConsent, "Broad consent", "Patients agreed to future research in general."},
	{SpecificConsent, "Specific consent", "Patients agreed to this use."},
	{Authorization, "HIPAA authorization", "45 CFR 164.508."},
	{WaiverAuthorization, "Waiver of authorization", "A board waived it: 45 CFR 164.512(i)."},
	{WaiverConsent, "Waiver of consent", "A board waived it: 45 CFR 46.116(f)."},
	{NoConsentNeeded, "De-identified, no consent needed", "The data was de-identified before it was used for research."},
	{PublicHealthActivity, "Public health activity", "45 CFR 164.512(b)."},
	{GDPR92a, "GDPR article 9(2)(a)", "Explicit consent."},
	{GDPR92i, "GDPR article 9(2)(i)", "Public interest in public health."},
	{GDPR92j, "GDPR article 9(2)(j)", "Research, archiving or statistics on a legal basis."},
	{ConsentUnknown, "Unknown", "Shown to buyers as unknown; it decides nothing in your favor."},
}

// CommercialConsent says whether that ground covers commercial use.
type CommercialConsent string

// Whether the ground covers commercial use.
const (
	ConsentCoversCommercial CommercialConsent = "consent_covers_commercial"
	WaiverCoversCommercial  CommercialConsent = "waiver_covers_commercial"
	CommercialSilent        CommercialConsent = "silent"
	CommercialExcluded      CommercialConsent = "excluded"
	CommercialNotStated     CommercialConsent = "not_stated"
)

// CommercialConsents is the vocabulary of CommercialConsent.
var CommercialConsents = Vocabulary[CommercialConsent]{
	{ConsentCoversCommercial, "The consent covers commercial use", ""},
	{WaiverCoversCommercial, "The waiver covers commercial use", ""},
	{CommercialSilent, "It does not mention commercial use", "Buyers may need further agreements."},
	{CommercialExcluded, "It excludes commercial use", "Then no commercial use may be allowed in the rights."},
	{CommercialNotStated, "Not stated", "Shown to buyers as not stated; it decides nothing in your favor."},
}
