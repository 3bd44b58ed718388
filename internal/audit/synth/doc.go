// Package synth makes DICOM series by code: phantoms of CT, MR, US, DX and
// secondary captures with the descriptors that a de-identified series keeps
// in practice. Everything follows from a seed, so the same Spec gives the same
// bytes. Problems can be planted, each of which the audit must find.
//
// Tests, the demo and the measuring commands use it. No patient's data is in
// it, and all names are invented.
package synth
