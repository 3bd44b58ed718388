// Package verification owns who a seller is and what shows it: the identity it
// states, the proof of its domain, its papers in the vault, the people who may
// sign for it, the checklist of a reviewer, the decision with its reason, and
// the level that stands on each of the seller's listings.
//
// It promises that a level is given by a reviewer who belongs to another
// organization, once for each submission, with the papers and checks that the
// level stands for, and never by the passing of time; that a level ends by
// itself on its day; and that it names to nobody but the organization and the
// platform's reviewers what a paper says.
//
// It does not judge data sets (see review) or annotators (see credential), and
// it keeps no bytes (see vault).
package verification
