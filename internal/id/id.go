// Package id holds the typed identifiers of Assay's rows, so that two of them
// cannot be exchanged by mistake. Each is the text form of a UUID version 7,
// which sorts by time of creation; the empty string is "none".
package id

import "github.com/google/uuid"

// Identifiers, one type a table.
type (
	User         string
	Organization string
	Invitation   string
	Listing      string
	Claims       string // a revision of a listing's claims
	Version      string
	Upload       string
	Report       string
	Reaudit      string // an audit of a live version by new rules
	Document     string
	Decision     string
	Verification string
	FreeAudit    string
	Notice       string
	Flag         string // what somebody reports about a listing
	Strike       string // against an organization
	Appeal       string
	Annotator    string // a reader of an organization
	Credential   string // of an annotator
	APIToken     string
	Passkey      string
	Announcement string // of the platform
	Agreement    string // a version of an agreement's text
	Signer       string // somebody who may sign for an organization
	Export       string // of what is kept about a person
	Measurement  string // of what is stored
	Cleanup      string // of objects that no row names
)

// New returns a fresh identifier.
func New[T ~string]() T {
	return T(uuid.Must(uuid.NewV7()).String())
}

// Parse reads an identifier in its canonical text form; ok is false for any
// other text.
func Parse[T ~string](s string) (parsed T, ok bool) {
	u, err := uuid.Parse(s)
	if err != nil || u.String() != s {
		return "", false
	}
	return T(s), true
}
