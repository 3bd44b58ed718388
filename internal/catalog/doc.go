// Package catalog owns what the public sees of data sets on offer: the
// projection of a listing into one row, the search with exact facet counts,
// and the external listings of the platform's own seed file.
//
// A row is written by Project in the transaction that publishes, and becomes a
// tombstone with a reason when its listing is suspended or withdrawn. The
// package judges no file and grants no access; what a use of a listing means
// is decided by license.Decide, here and on every page alike.
package catalog
