// Package activity records who did what, in the transaction of the act: if the
// record cannot be written, the act fails. The word audit belongs to data sets;
// this is the record of acts.
//
// # The chain
//
// Rows are never changed. At commit each gets the next number and two hashes:
// row_hash, of its own text alone, and hash, which links it to the row before:
//
//	row_hash = SHA-256("assay-activity-row/2" LF text)
//	hash     = SHA-256(hash of the row before, row_hash)
//
// The text is the JSON that Postgres writes of the row (see text in chain.go).
// It holds a random id, so a row hash tells nothing of a row that one does not
// have. Rows of before migration 000100 are linked by their text itself
// (scheme 1); they verify, but none can be proved without the others.
//
// # Heads
//
// Publish writes the newest hash, and the row hashes since the head before it,
// into an object that is never written over, signed if the server has a key.
// Verify computes every hash from the rows by itself and holds the chain
// against these objects: so a chain that was made anew, or cut, is found, and
// the first row that differs is named. What was recorded after the last head is
// held by the chain in the database alone. Whoever may write to the object
// store too can forge both: for this the heads are public, and a copy of one
// that somebody else keeps is enough.
//
// # Proofs
//
// Prove gives one row with the row hashes up to the next head. Check needs that
// and the head, no database: it shows that the row stood in the record when the
// head was published.
package activity
