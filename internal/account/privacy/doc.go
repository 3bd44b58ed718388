// Package privacy answers two wishes of a person: to have everything that is
// kept about them, and to have the account erased.
//
// # Export
//
// Ask puts a job in the queue; Gather reads each part of collect.go into one
// zip of JSON files with an index to read, seals it with a key derived from the
// secret of the settings, for this export and this person alone, and keeps it
// for Kept. Sweep deletes the object, then the row.
//
// # Erasure
//
// AskErasure is followed by fourteen days in which TakeBack undoes it; the
// database refuses an earlier day. Sweep then erases: rows that are the
// person's alone are deleted, and the row of app_user becomes a pseudonym that
// signatures, decisions and acts go on naming by its id. The record of acts is
// not touched, so its chain and each proof stay valid. What becomes of every
// column that names a person stands in fate.go; a test reads the columns from
// the database, so a new table must decide.
//
// Whoever has a role on the platform, or is the only owner of an organization
// with other members or with a data set on offer, must hand it over first.
package privacy
