// Package vault keeps an organization's private documents: approvals of ethics
// boards, contracts, certificates of people. Their bytes lie in the object
// store sealed with AES-256-GCM under a key that is derived for each version
// from a key of the configuration; the database holds what they are: a title,
// a kind, versions with their SHA-256 and the days between which they hold.
//
// It promises that a version is never overwritten, that none which a decision
// names is removed, that a reviewer reads one only after it was submitted and
// that each reading leaves an act, that bytes which were changed, exchanged or
// moved to another place are refused whole, and that no object outlives its row
// by more than an hour.
//
// Who of an organization may keep and read documents its callers say: each
// method takes a function that is asked in the transaction of the act.
package vault
