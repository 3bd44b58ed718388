// Package document looks for identifiers in everything of a submission that is
// not DICOM: reports and notes, tables, annotation files, the metadata of
// images, the headers of volumes. Archives within the submission stay closed
// and are said to be.
//
// It reads within the limits of Limits and emits findings that carry the
// place, the kind and the masked shape, never a value. It judges no format
// beyond what it needs to read the text, and decodes no pixels.
package document
