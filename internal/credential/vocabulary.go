package credential

import "assay/internal/vault"

// Role is what an annotator is by profession: a word of the vocabulary of
// listing.AnnotatorRoles that fits a single person.
type Role string

// Roles are the roles of an annotator, in the order of a form.
func Roles() []Role {
	return []Role{"radiologist", "pathologist", "cardiologist", "ophthalmologist", "dermatologist", "other_physician",
		"resident", "technologist", "medical_student", "trained_annotator"}
}

// Kind is what a credential is.
type Kind string

// Kinds of credentials.
const (
	BoardCertificate Kind = "board_certificate"
	MedicalLicense   Kind = "medical_license"
	Training         Kind = "training"
)

// Kinds are the kinds in the order of a form.
func Kinds() []Kind { return []Kind{BoardCertificate, MedicalLicense, Training} }

// Label says the kind in words.
func (k Kind) Label() string { return k.paper().Label() }

// Help says which document shows it.
func (k Kind) Help() string { return k.paper().Help() }

// paper is the kind of the document that shows it.
func (k Kind) paper() vault.Kind {
	switch k {
	case BoardCertificate:
		return vault.BoardCertificate
	case MedicalLicense:
		return vault.MedicalLicense
	}
	return vault.Training
}

// State is how far a credential is.
type State string

// States of a credential.
const (
	Draft     State = "draft"     // the organization's alone
	Submitted State = "submitted" // waits for a reviewer
	Returned  State = "returned"  // a reviewer asks for changes
	Verified  State = "verified"  // checked, and counts until its last day is over
	Refused   State = "refused"   // does not show what it should
	Expired   State = "expired"   // was checked; its last day is over
	Revoked   State = "revoked"   // was checked; a reviewer took that back
)

// IsOpen reports whether the organization may change it.
func (s State) IsOpen() bool { return s == Draft || s == Returned }

// Label says the state in words.
func (s State) Label() string {
	switch s {
	case Submitted:
		return "Waits for a reviewer"
	case Returned:
		return "Changes asked for"
	case Verified:
		return "Checked"
	case Refused:
		return "Not accepted"
	case Expired:
		return "Expired"
	case Revoked:
		return "Revoked"
	}
	return "Draft"
}

// ConsentText is what an organization confirms of each annotator; it is stored
// with the annotator as it was read.
const ConsentText = "This person agreed that reviewers of the platform see their name, the numbers and the documents given here, to check them. Buyers never see any of these."
