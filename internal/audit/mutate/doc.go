// Package mutate damages valid files, to hold that the audit survives whatever
// it is given: DICOM objects of many kinds, archives, documents and tables
// made by code, and a mutator that knows enough of DICOM to break it where
// readers trust it. The n-th mutant of a seed is always the same.
//
// Tests and measurements use it; no product code imports it.
package mutate
