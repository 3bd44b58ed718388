// Package upload takes the bytes of a version in: the agreement first, then a
// resumable upload (the tus protocol) or a plain form, into the quarantine of
// the object store, hashed while they stream.
//
// It promises that no acknowledged byte is lost and that a version is queued
// for its audit in the same transaction in which its last byte is recorded.
// It does not look into the files (see ingest) and knows no HTTP (see web).
package upload
