package annotation

import (
	"io"

	"assay/internal/audit/sniff"
)

// Source is one file to be read.
type Source struct {
	Path      string
	SizeBytes int64
	Content   io.ReaderAt
	Kind      sniff.Kind // as refined by the path
	SOPClass  string     // name in the standard, of a DICOM instance whose header was read

	// Hash hashes an identifier with the key of the audit, as the facts of
	// DICOM headers are.
	Hash func(string) Hash

	// PatientKey is the name of the column or key that holds the patient, if
	// the caller says so; otherwise the usual names are tried.
	PatientKey string

	// Format is the format that the caller names: a file that may be in it is
	// read as that, whatever else it may be. Empty takes the surest.
	Format Format

	// Pixels asks to look at the pixels or voxels of an image, not at its
	// header alone.
	Pixels bool

	Limits Limits // DefaultLimits if zero
}

// Limits bound what is read of one file.
type Limits struct {
	JSONDepth     int   // arrays and objects within each other
	StringBytes   int64 // of one string of JSON
	XMLDepth      int
	XMLAttributes int
	XMLBytes      int64
	FieldBytes    int64 // of one field of a table
	Records       int   // images, labels, rows or names that are kept; all are checked
	Points        int   // of all shapes that are kept
	Volume        int64 // bytes of a volume, unpacked
	Pixels        int64 // of one image
	Classes       int
}

// DefaultLimits are the limits of the audit.
func DefaultLimits() Limits {
	return Limits{
		JSONDepth: 64, StringBytes: 64 << 20, XMLDepth: 64, XMLAttributes: 256, XMLBytes: 256 << 20,
		FieldBytes: 1 << 20, Records: 3_000_000, Points: 2_000_000, Volume: 4 << 30, Pixels: 1 << 28, Classes: 10_000,
	}
}
