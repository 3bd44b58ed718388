// Package listing owns data sets on offer: what a seller claims about one
// (license, de-identification, consent, labels, annotators, coverage), its
// versions, and the states a version passes from draft to live.
//
// Claims are revisions of their own: a draft revision may be edited, a frozen
// one never changes, and its claims_digest (SHA-256 of the canonical JSON)
// says which one a report, an approval or an agreement is about. A version's
// files are named by a manifest with one root_digest in the same way.
//
// It does not judge files (see audit), search (see catalog) or grant access
// (see agreement). All writes go through Service, which checks the state
// machine of lifecycle.go; the database checks it again by triggers.
package listing
