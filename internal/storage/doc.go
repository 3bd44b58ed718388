// Package storage measures what the platform keeps: the bytes in the object
// store and in the rows that hold pictures, for which organization, the objects
// that no row names (orphans) and the rows whose object is gone (missing).
//
// A measurement is a job: pages read what the last one found. Orphans are
// deleted when an admin of the platform asks for it, by a job too; that none
// goes which a row names, the database decides (see migration 168).
//
// It does not know what objects mean, nor does it repair a missing one.
package storage
