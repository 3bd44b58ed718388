// Package review owns what happens between a report and a live listing when a
// person has to look: the queue of flagged and first versions and of changed
// claims, everything that a reviewer sees of one, the decision about exact
// files and exact claims, and the letters that tell the seller.
//
// A decision names the root digest and the claims digest that the reviewer
// has seen; one about anything else is refused, here and by the database. A
// reviewer never decides on an organization of their own. The states
// themselves belong to listing.
package review
