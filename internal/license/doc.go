// Package license knows what terms allow: the uses a buyer may ask about, the
// five verdicts, the tiers and access modes, and the text of the well-known
// licenses turned into one verdict for each use, with its clause.
//
// Everything here is a value: no database, no clock. A missing fact is
// NotStated and decides nothing in anyone's favor. The matrix of a known
// license is our reading of its text, not legal advice.
//
// Re-identifying a person is never allowed and therefore is no use.
package license
