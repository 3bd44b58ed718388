package audit

import (
	"context"
	"io"
	"time"

	"assay/internal/audit/annotation"
	"assay/internal/audit/deid"
	"assay/internal/audit/finding"
	"assay/internal/audit/pixel"
	"assay/internal/audit/series"
)

// File is one file of a set, open for reading.
type File struct {
	Path      string
	SizeBytes int64
	Content   io.ReaderAt

	// HeaderOnly asks to leave its pixels alone.
	HeaderOnly bool
}

// InspectOptions are the same for every file of an audit.
type InspectOptions struct {
	Claims *Claims
	Limits Limits

	// Key makes the hashes of one audit differ from those of any other, so
	// that equal identifiers can be grouped without keeping them.
	Key [32]byte

	// Now is the time of the audit, for dates in the future; zero means not
	// to look.
	Now time.Time

	// SecondReader asks for a second reader to confirm the header of one file
	// in so many, chosen by path; 0 and 1 mean every file.
	SecondReader uint32

	// NoPixels asks for no look at what images show.
	NoPixels bool

	// OnlyPixels asks for a look at what an image shows and nothing else: the
	// file is the decoded form of one that was inspected before.
	OnlyPixels bool

	// Draw asks for a small picture of the frame in the middle and nothing else.
	Draw bool

	// ListTexts asks for a masked finding on every text of a header that holds
	// words outside the vocabulary; KeepTexts for such texts themselves, of
	// documents too.
	ListTexts, KeepTexts bool

	// Labels asks for what the LQS needs: labels, and the quality of images.
	// PatientKey is the column or key that names the patient; "" tries the
	// usual ones.
	// LabelFormat is the format that the caller names, "" the surest.
	// Quick asks for the sketch of an image.
	Labels      bool
	Quick       bool
	PatientKey  string
	LabelFormat annotation.Format

	// Known, if not empty, asks for a second look: only for the words of
	// person names and the identifiers that some file of the set holds, as
	// hashes in ascending order.
	Known []Hash
}

// InspectFunc inspects one file. It returns an error only if ctx has ended
// or the content could not be read; what is wrong with the data is in Facts.
type InspectFunc func(ctx context.Context, f File, opts InspectOptions) (Facts, error)

// Hash is the keyed hash of an identifier or of a word of a name.
type Hash = deid.Hash

// Facts are what one file tells. They cross the fence, so they are bounded
// and plain; no field but the rasters of Pixels and Drawn, Texts and the texts of Header holds an
// identifier.
type Facts struct {
	Kind       string
	Data       bool // a kind of file that can be the data of a data set
	Status     Status
	Reason     string
	Findings   []finding.Finding // the File of a Location is empty
	NotChecked []NotChecked
	Instance   *Instance    // of a DICOM instance that was read
	Header     *deid.Facts  // of a DICOM header; its findings are not among Findings
	Pixels     *pixel.Facts // of an image; its findings are not among Findings

	Drawn *pixel.Drawn // the picture that Draw asks for; nil if there is none

	Names     []Hash            // words of names and numbers of persons, as a document itself calls them
	Labels    *annotation.Facts // of a file with labels, or of an image; nil unless asked for
	Sketch    Sketch            // of an image; zero unless asked for
	Splits    []SplitRow        // of a table that says what is meant for training and test
	Words     []Hash            // of the texts of a file that is not DICOM
	PathWords []Hash            // of the path

	// Texts are those of a document that KeepTexts asks for, bounded as those
	// of Header; TextsBeyond counts what did not fit.
	Texts       []deid.Text
	TextsBeyond int
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
	Institution    Hash   // of its name, zero if absent
	Sex            string // "M", "F", "O" or ""
	AgeBand        string // "0-9" to "90+", or ""
	AgeYears       int    // at most 90, -1 if absent
	BirthDate      Hash   // zero if absent
	Rows, Columns  int
	Frames         int // 0 without pixel data
	FrameItems     int // of PerFrameFunctionalGroupsSequence

	Photometric string // a defined term, or "other"; "" if absent
	BitsStored  int
	IsLossy     bool // compressed with loss at some time

	SliceThicknessMM float64 // 0 if absent
	FieldStrengthT   float64 // 0 if absent
	KVp              float64 // 0 if absent

	Place  series.Place
	Face   pixel.Face
	Pixels PixelRange
}

// PixelRange says which bytes of a file are its pixels. It is zero if there are
// none that can be compared with those of another file.
type PixelRange struct {
	Offset, Length int64
	SampleBytes    int // bytes after which the pattern of a blank image repeats; 0 if encapsulated
}
