package audit

import (
	"context"
	"io"

	"assay/internal/audit/finding"
)

// File is one file of a set, open for reading.
type File struct {
	Path      string
	SizeBytes int64
	Content   io.ReaderAt
}

// InspectOptions are the same for every file of an audit.
type InspectOptions struct {
	Claims *Claims
	Limits Limits

	// Key makes the hashes of one audit differ from those of any other, so
	// that equal identifiers can be grouped without keeping them.
	Key [32]byte

	// Known, if not empty, asks for a second look: only for the name tokens
	// of other files of the set, given as hashes.
	Known []Hash
}

// InspectFunc inspects one file. It returns an error only if ctx has ended
// or the content could not be read; what is wrong with the data is in Facts.
type InspectFunc func(ctx context.Context, f File, opts InspectOptions) (Facts, error)

// Hash is the keyed hash of an identifier or of a word of a name.
type Hash [8]byte

// Facts are what one file tells. They cross the fence, so they are bounded
// and plain; no field holds an identifier.
type Facts struct {
	Kind       string
	Data       bool // a kind of file that can be the data of a data set
	Status     Status
	Reason     string
	Findings   []finding.Finding // the File of a Location is empty
	NotChecked []NotChecked
	Instance   *Instance // of a DICOM instance that was read

	Names     []Hash // words of the person names in the header
	Words     []Hash // words of the free texts
	PathWords []Hash // words of the path
}

// Instance is what a DICOM instance contributes to the set.
type Instance struct {
	SOPInstance, Series, Study, Patient Hash // zero if absent

	SOPClass       string // UID
	TransferSyntax string // UID
	Modality       string
	BodyPart       string
	Manufacturer   string // a known one, or "other"
	Model          string // a known one, or "other"
	Sex            string // "M", "F", "O" or ""
	AgeBand        string // "0-9" to "90+", or ""
	Rows, Columns  int
	Frames         int // 0 without pixel data

	SliceThicknessMM float64 // 0 if absent
	FieldStrengthT   float64 // 0 if absent
	KVp              float64 // 0 if absent
}
