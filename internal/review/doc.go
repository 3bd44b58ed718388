// Package review owns what happens between a report and a live listing when a
// person has to look: the queue of flagged and first versions and of changed
// claims with its clock, who works on what, everything that a reviewer sees of
// one, the checklist, the decision about exact files and exact claims with its
// grounds, the reviewers' notes, the review of commercial terms, and what the
// seller and the reviewers are told.
//
// An item is a version with the claims that wait. A decision names the root
// digest and the claims digest that the reviewer has seen; one about anything
// else is refused, here and by the database. An approval takes every check of
// the item's kinds and, for warnings about identifiers, two people. A reviewer
// never decides on an organization of their own. The states themselves belong
// to listing.
//
// The parts: queue, offers, match and interrupted list; assignment,
// checklist, note and second are what reviewers do on the way; reasons and
// decide end it; item and changes are what they see; bulk does one thing to
// several; commercial is the badge; letters and notices tell people.
package review
