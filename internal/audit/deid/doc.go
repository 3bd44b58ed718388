// Package deid judges whether a DICOM header is de-identified: every attribute
// of PS3.15 Table E.1-1 at every depth, private and free text too, and whether
// what the file and its seller declare agrees with what is there.
//
// An Inspector looks at the elements of one file as dicom.Scan visits them and
// returns bounded Facts, which may cross a process border; a Set takes the
// facts of all files and reports what only the whole set can tell, such as a
// value that is constant (a dummy) or varies by patient (real). Neither ever
// passes on a value: findings name the attribute and a masked shape, and
// equal values are grouped by a keyed hash.
//
// It reads no pixels and no text inside encapsulated documents; those are the
// business of audit/pixel and audit/document.
package deid

//go:generate go run generate.go
