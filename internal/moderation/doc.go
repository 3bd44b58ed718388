// Package moderation owns what happens when somebody reports a data set:
// flags, their triage, strikes, takedowns of several data sets at once, and
// appeals.
//
// Anybody may report, with or without an account. What a reporter writes is
// seen by reviewers outside the seller's organization and by nobody else: it
// is never mailed, never logged, and erased 90 days after the flag is closed.
// A report of identifiers hides the pictures of a data set in its own
// transaction, unless a reviewer has cleared the same bytes before. An appeal
// is decided by somebody else than who decided first; the database holds that.
//
// The states of a version belong to listing, who a seller is to account and
// verification.
package moderation
