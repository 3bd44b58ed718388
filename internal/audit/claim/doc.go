// Package claim holds what a seller states about the contents of a data set in
// numbers and standard words, and decides what the files say to each statement:
// confirmed, contradicted, or not checkable.
//
// It is the one place that decides: the report, the pages and the catalog show
// what it says. It reads no files; package audit hands it what was counted. What
// it writes holds numbers and words of known lists, never a seller's own.
package claim
