package vault

// Kind is what a document is.
type Kind string

// Kinds of documents that show who an organization is and what it may do.
const (
	OrganizationRegister   Kind = "organization_register"
	SigningAuthority       Kind = "signing_authority"
	AuthorizationToLicense Kind = "authorization_to_license"
	IRBApproval            Kind = "irb_approval"
	IRBExemption           Kind = "irb_exemption"
	ConsentForm            Kind = "consent_form"
	ConsentWaiver          Kind = "consent_waiver"
	BAA                    Kind = "baa"
	Other                  Kind = "other"
)

// Kinds of documents that show what an annotator is.
const (
	BoardCertificate Kind = "board_certificate"
	MedicalLicense   Kind = "medical_license"
	Training         Kind = "training"
)

// about is a kind in words, with an example.
type about struct {
	kind        Kind
	label, help string
}

// kinds is every kind, in the order of a form.
var kinds = []about{
	{OrganizationRegister, "Proof of the organization", "Extract of a register, charter, tax certificate."},
	{SigningAuthority, "Authority to sign", "Extract that names the directors, power of attorney, delegation of signing rights."},
	{AuthorizationToLicense, "Authorization to license", "Decision of the institution that owns the data, contract with the hospital, assignment."},
	{IRBApproval, "IRB or ethics approval", "Letter of approval with its protocol number."},
	{IRBExemption, "IRB exemption", "Determination under 45 CFR 46.104(d), or that it is no human-subjects research."},
	{ConsentForm, "Consent form", "The form that patients signed, in the version that was used."},
	{ConsentWaiver, "Waiver of consent", "Waiver under 45 CFR 46.116(f) or of authorization under 45 CFR 164.512(i)."},
	{BAA, "Business associate agreement", "With whoever held the data before they were de-identified (45 CFR 164.504(e))."},
	{Other, "Something else", "What a reviewer asked for."},
	{BoardCertificate, "Board certificate", "Of the board that certified an annotator in a specialty."},
	{MedicalLicense, "Medical license", "Registration or license to practice of an annotator."},
	{Training, "Proof of training", "Diploma, record of a residency, certificate of a course of an annotator."},
}

// Label says in words what the document is.
func (k Kind) Label() string {
	for _, a := range kinds {
		if a.kind == k {
			return a.label
		}
	}
	return "Document"
}

// Help names examples; empty for a kind that says all by its label.
func (k Kind) Help() string {
	for _, a := range kinds {
		if a.kind == k {
			return a.help
		}
	}
	return ""
}
