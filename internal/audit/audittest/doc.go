// Package audittest reads the corpus that ASSAY_CORPUS names, for tests and
// for the measuring command: DICOM files with what independent readers say of
// them, hostile files with what must become of them, and sets with planted
// faults. None of its files is copied into the project. It also tells what is
// wrong with a report of the LQS, whatever the set.
package audittest
