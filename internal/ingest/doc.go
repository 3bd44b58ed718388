// Package ingest brings a submission through its audit: it stages the bytes,
// has them audited behind the fence, and stores report, manifest and the
// listing's next state in one transaction. It is the one place that joins
// upload, audit and listing.
//
// A worker holds a lease on the version it audits and renews it with each step
// of progress; when a worker dies the sweep gives the version to another. The
// same audit may therefore run twice, but only the holder of the lease stores
// its result.
//
// Beside the report it keeps the texts that the seller alone may read, sealed:
// see TextList.
package ingest
