package annotation

import (
	"assay/internal/audit/score"
	"assay/internal/audit/series"
	"assay/internal/audit/sniff"
)

// Member is one file of the set, with what was found in it.
type Member struct {
	Index     int32 // in the plan
	Path      string
	SizeBytes int64
	Kind      sniff.Kind
	Facts     *Facts    // nil if it is in no format of this package
	Instance  *Instance // of a DICOM instance that was read
	Digest    [16]byte  // of the decoded pixels; zero if unknown
	SHA256    string    // of the file, in hexadecimal; empty if unknown
}

// Instance is what a DICOM header tells the set.
type Instance struct {
	SOP, Series, Study, Patient, Frame Hash
	SOPClass, Modality                 string
	Manufacturer, Model                string
	Institution                        Hash
	Sex                                byte    // 'M', 'F', 'O', 0 unknown
	AgeYears                           float32 // NaN unknown
	FieldStrengthT, KVp                float32 // 0 unknown
	Rows, Columns, Frames              int32
	ThicknessMM                        float32
	FrameItems                         int32 // of PerFrameFunctionalGroupsSequence; 0 without
	LengthDiffers                      bool  // the pixel data is not as long as the header says
	Place                              series.Place
}

// Set is the common model: what all files together say.
type Set struct {
	Formats []FormatCount // by files, then name
	Items   []Item
	Classes []SetClass
	Readers int
	Labels  []SetLabel
	Blanks  []Blank // of items and readers
	Shapes  []Shape
	Tables  []SetTable // and files of records
	Book    score.Book

	// LabelAt gives the pointers of labels by the file that holds them.
	LabelAt map[int32]*Pointers
	sources []source

	// FormatOf is the format of files that hold labels.
	FormatOf map[int32]Format

	LabelFiles  int    // files that hold labels
	ImageFiles  int    // files that are images
	PatientFrom string // how patients were told apart, in words; empty if they were not
	Beyond      int
}

// ChecksBoxes reports whether rules of a format tell boxes without an area, and
// boxes out of bounds; the rules for all formats leave both to it then.
func (f Format) ChecksBoxes() (degenerate, bounds bool) {
	switch f {
	case COCOInstances, COCOKeypoints, COCOResults, VOC, YOLO, YOLODetect, YOLOSegment, YOLOPose, YOLOOBB, Darknet,
		CheXpert, ChestXray14, RSNA, RunTable, Table, JSONL:
		return true, true
	case CVATImages, CVATVideo:
		return true, false
	case LabelMeJSON, LabelMeXML, LabelStudio:
		return false, true
	}
	return false, false
}

// SetTable is what the columns of a table, or the keys of records, hold.
type SetTable struct {
	File    int32
	Records int
	Repeats int // records whose key was there before
	Columns []Column
}

// PointerOf returns the pointer to a label in its file.
func (s *Set) PointerOf(l *SetLabel) string {
	at := s.LabelAt[l.File]
	if at == nil {
		return ""
	}
	return pointer(at.Label, l.Pointer)
}

// Attributes returns how many attributes are due on labels, and how many of
// them are there.
func (s *Set) Attributes() (present, due int) {
	t := s.Book.Of(ruleCVATMissing.Code)
	return t.Eligible - t.Affected, t.Eligible
}

// FormatCount is a format with the files in it.
type FormatCount struct {
	Format Format
	Files  int
	Also   []Format // with which its files tie
}

// Item is an image of the set as labels mean it: a picture, a radiograph, a
// series of slices, or a case of several volumes.
type Item struct {
	File    int32 // its first file; score.NoFile if labels name it and it is not there
	Fold    byte
	Sex     byte
	Labeled bool    // has a label record, an explicit negative too
	Files   []int32 // all of them, if there are several
	Split   Split
	Patient Hash
	Age     float32 // years, NaN unknown

	Width, Height, Depth int32
	Instance             *Instance // of its first file, nil if it is no DICOM
	Quality              *Quality  // nil if nobody looked
	Digest               [16]byte

	Labels int // that say something is there

	// Where label files say so: the record that names it first, and those that
	// tell its patient and split.
	Named, PatientAt, SplitAt Where
}

// Where is a record of a label file, in half the room of a Ref. The zero value
// is none.
type Where struct{ source, place int32 }

// Known says whether there is a record.
func (w Where) Known() bool { return w.source != 0 }

// source is a file that Wheres mean.
type source struct {
	at   *Pointers
	file int32
}

// Where returns where a record of a file stands.
func (s *Set) Where(at *Pointers, file, place int32) Where {
	here := source{at, file}
	if n := len(s.sources); n == 0 || s.sources[n-1] != here {
		s.sources = append(s.sources, here)
	}
	return Where{int32(len(s.sources)), place}
}

// Ref returns what a Where means.
func (s *Set) Ref(w Where) Ref {
	if !w.Known() {
		return Ref{}
	}
	of := s.sources[w.source-1]
	return Ref{of.at, of.file, w.place}
}

// Ref is a record of a label file. The zero value is none.
type Ref struct {
	At    *Pointers // of the file; nil for none
	File  int32     // in the plan
	Place int32
}

// Known says whether there is a record.
func (r Ref) Known() bool { return r.At != nil }

// Image returns the pointer to the name of the image.
func (r Ref) Image() string { return r.or(func(*Pointers) string { return "" }) }

// Patient and Split return the pointers to what a record says of them, to the
// name of the image if the format has no place for it.
func (r Ref) Patient() string { return r.or(func(p *Pointers) string { return p.Patient }) }
func (r Ref) Split() string   { return r.or(func(p *Pointers) string { return p.Split }) }

func (r Ref) or(of func(*Pointers) string) string {
	if r.At == nil {
		return ""
	}
	if pattern := of(r.At); pattern != "" {
		return pointer(pattern, r.Place)
	}
	if n := int(r.Place); n >= 0 && n < len(r.At.places) {
		return r.At.places[n]
	}
	return pointer(r.At.Image, r.Place)
}

// SetClass is a class of the set.
type SetClass struct {
	Name     string
	Declared bool
	Ordinal  bool
	Blank    int
	Voxels   int64   // of masks of volumes
	ML       float64 // milliliters of them
	Parts    int64   // connected components
}

// SetLabel is a label of the set: a Label whose indexes point into the Set.
type SetLabel struct {
	Item, Class, Reader, Unit, Shape int32
	File                             int32 // that holds it
	Kind                             Kind
	State                            State
	Origin                           Origin

	// Again says that the label shows where in its image something is that
	// another label file says of the whole image; it does not count as one more.
	Again bool

	Box     [4]float32
	Value   float32
	Pointer int32 // Place of the label in its file
}
