package account

import "slices"

// Scope is something that a token to the API may do, as far as its user may.
type Scope string

// Scopes of tokens.
const (
	ReadListings     Scope = "read:listings"
	WriteListings    Scope = "write:listings"
	WriteUploads     Scope = "write:uploads"
	ReadReports      Scope = "read:reports"
	ReadOrganization Scope = "read:organization"
)

// AllScopes returns the scopes in the order in which they are offered.
func AllScopes() []Scope {
	return []Scope{ReadListings, WriteListings, WriteUploads, ReadReports, ReadOrganization}
}

// Label says the scope in words.
func (s Scope) Label() string {
	switch s {
	case ReadListings:
		return "Read listings"
	case WriteListings:
		return "Write listings"
	case WriteUploads:
		return "Upload files"
	case ReadReports:
		return "Read reports"
	case ReadOrganization:
		return "Read the organization"
	}
	return "None"
}

// Help says in a sentence what the scope allows.
func (s Scope) Help() string {
	switch s {
	case ReadListings:
		return "Your organization’s data sets, their claims and versions."
	case WriteListings:
		return "Create data sets, change their descriptions, submit versions."
	case WriteUploads:
		return "Accept the upload agreement in your name and send files."
	case ReadReports:
		return "The audit reports of your organization’s versions."
	case ReadOrganization:
		return "Its name, level of verification and storage used."
	}
	return ""
}

// AllowedTo reports whether the role may do what the scope stands for: no token
// does what its user may not.
func (s Scope) AllowedTo(r Role) bool {
	switch s {
	case ReadListings, ReadReports, ReadOrganization:
		return r.CanRead()
	case WriteListings, WriteUploads:
		return r.CanEdit()
	}
	return false
}

func isScope(s Scope) bool { return slices.Contains(AllScopes(), s) }
