// Package iod holds DICOM instances against the object definition of their
// SOP Class: the attributes that its mandatory modules require at the root of
// the data set, generated from the tables in data/ (their README states
// editions and sources).
//
// It judges presence only, not values (see package conform), and leaves out
// what the tables do not hold: modules that are conditional or optional, items
// of sequences, functional groups, and every condition of types 1C and 2C that
// conditions.go does not name. docs/conformance.md compares it with dciodvfy.
//
// Source: DICOM PS3.3 Annexes A and C, PS3.5 Section 7.4.
package iod

//go:generate go run generate.go

// Edition is the edition of DICOM PS3.3 that the tables follow.
const Edition = "2018/19 (types), 2026 (modules of SOP Classes)"
