// Package credential owns the annotators of an organization and what each can
// show: a certificate of a board, a license to practice, training. The
// organization keeps the evidence in the vault, a reviewer from outside it
// checks one credential at a time, and buyers read how many readers of a data
// set were checked, by whom and when.
//
// It promises that a name and a number are sealed in the database and stand in
// no log, activity, notice or public page; that a reviewer sees a credential
// only after it was submitted; that one decision of many at once holds and none
// by a member of the organization; that a checked credential never changes; and
// that an expired one counts nowhere from the first day after its last.
//
// Which annotators made the labels of a data set a listing's claims say (see
// listing), and how many of them count is written by catalog.
package credential
