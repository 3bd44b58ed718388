// Package admindesk says how the platform stands to those who run it: people
// with their roles and last use, organizations with what they keep, the queue
// of jobs, how requests were answered, storage, and what waits.
//
// It reads, for admins of the platform alone; for anybody else there is
// nothing (errs.NotFound). Nothing here shows a password, a secret, a document
// or what is in a file. What admins do to accounts is package account's; it
// moves jobs of the queue, and keeps the counts of answers, itself.
package admindesk
