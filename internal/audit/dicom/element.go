package dicom

import (
	"strconv"

	"assay/internal/audit/dicom/dict"
	"assay/internal/audit/finding"
	"assay/internal/audit/intern"
)

// Tag is a data element tag, 0xGGGGEEEE.
type Tag = dict.Tag

// Step is one level of nesting: an item of a sequence.
type Step struct {
	Tag  Tag // of the sequence
	Item int // from 1
}

// Element is one data element, shown to the visitor of Scan. It and all that
// it points to are valid only during the call.
type Element struct {
	Parents []Step // the items that hold it, outermost first
	Tag     Tag
	VR      VR // as used: the dictionary's if the file states none or UN
	Written VR // as the file states it; empty if it states none

	Offset      int64 // of the tag, in bytes from the start of the file; in a deflated data set as if it were inflated in place
	ValueOffset int64 // of the value
	Length      int64 // of the value in bytes as stated; -1 if undefined
	Depth       int   // number of items that hold it

	// Value is the whole value of a text VR up to Limits.TextBytes, else its
	// first 64 KiB; shorter than Length if the file ends early. It is nil for
	// sequences and pixel data.
	Value []byte

	Private   bool
	Creator   string // creator of its private block, trimmed; empty if orphaned or if it is a creator itself
	Implicit  bool
	BigEndian bool
	Meta      bool    // of the File Meta Information
	Charset   Charset // in force for its data set

	entry  *dict.Entry // of Tag, if looked is set; nil if the dictionary has none
	looked bool
	window *window // that Value lies in; nil for an element made by hand
}

// Keyword returns the keyword of the element's tag, or "".
func (e *Element) Keyword() string {
	if entry := e.Entry(); entry != nil {
		return entry.Keyword
	}
	return ""
}

// Entry returns what the dictionary says of the element's tag, nil if nothing.
func (e *Element) Entry() *dict.Entry {
	if !e.looked {
		e.entry, e.looked = dict.Find(e.Tag), true
	}
	return e.entry
}

// IsComplete reports whether Value holds the whole value.
func (e *Element) IsComplete() bool { return int64(len(e.Value)) == e.Length }

// Path names the element and each step to it:
// "(0040,0275)[1]/(0032,1060) RequestedProcedureDescription".
func (e *Element) Path() string {
	var room [192]byte
	return paths.Bytes(appendPath(room[:0], e.Parents, e.Tag, e.Keyword()))
}

// paths keeps the paths, which repeat over the files of a set.
var paths intern.Table

func appendPath(b []byte, parents []Step, tag Tag, keyword string) []byte {
	for _, p := range parents {
		b = p.Tag.AppendTo(b)
		b = append(b, '[')
		b = strconv.AppendInt(b, int64(p.Item), 10)
		b = append(b, ']', '/')
	}
	b = tag.AppendTo(b)
	if keyword != "" {
		b = append(b, ' ')
		b = append(b, keyword...)
	}
	return b
}

// Problem is something wrong with the encoding. It holds no value of the file
// but numbers and standard terms.
type Problem struct {
	Rule     string // id, such as "fmt-truncated"
	Severity finding.Severity
	Path     string // of the element, empty if it concerns the file
	Message  string // a sentence
	Offset   int64  // of the first place, in bytes
	Count    int    // places with the same rule, severity and message, at least 1
}

// Status says whether a file could be read to its end.
type Status string

// Statuses of a file.
const (
	Read    Status = "read"    // every element was seen
	Refused Status = "refused" // part of the file was not checked; Reason says why
)

// Header is what Scan learned about a file.
type Header struct {
	Status   Status
	Reason   string // a sentence, empty if Read
	Problems []Problem

	HasPreamble bool // Part 10: 128 bytes and "DICM"
	HasMeta     bool

	TransferSyntaxUID          string
	MediaStorageSOPClassUID    string
	MediaStorageSOPInstanceUID string
	SOPClassUID                string
	SOPInstanceUID             string
	StudyInstanceUID           string
	SeriesInstanceUID          string
	Modality                   string
	Charset                    Charset

	Elements int // seen, nested ones, items and fragments included
	MaxDepth int
	Bytes    int64 // of everything but pixel data

	Image     Image
	PixelData PixelData
}

// Image holds the attributes that say how pixel data is laid out, of the
// outermost data set. Absent numbers are 0.
type Image struct {
	Rows, Columns             int
	Frames                    int // NumberOfFrames; 1 if absent
	SamplesPerPixel           int
	BitsAllocated             int
	BitsStored                int
	HighBit                   int
	PixelRepresentation       int
	PlanarConfiguration       int
	PhotometricInterpretation string

	has uint16 // attributes present, see image.go
}

// PixelData says where the pixels of the outermost data set lie.
type PixelData struct {
	Present      bool
	Tag          Tag
	Offset       int64 // of the value
	Length       int64 // in bytes; of an encapsulated one from the first item to the delimiter, which is included
	Encapsulated bool
	Frames       int // as counted from fragments and offset tables; else as NumberOfFrames says
	Fragments    int
	FirstOffset  int64 // of the first fragment's bytes
	FirstLength  int64
}

// Limits bounds what Scan accepts. The zero value of a field means its default.
type Limits struct {
	Depth        int   // nesting at which a file is refused when passed
	WarnDepth    int   // nesting above which it is warned about
	Elements     int   // elements a file
	TextBytes    int64 // of a text value
	ValueBytes   int64 // of any other value but pixel data
	HeaderBytes  int64 // of everything but pixel data
	InflateBytes int64 // of an inflated data set
	InflateRatio int64 // inflated bytes a deflated byte
}

// DefaultLimits returns the limits of the product.
func DefaultLimits() Limits {
	return Limits{
		Depth: 64, WarnDepth: 32, Elements: 1_000_000,
		TextBytes: 1 << 20, ValueBytes: 16 << 20, HeaderBytes: 64 << 20,
		InflateBytes: 1 << 30, InflateRatio: 1032,
	}
}

func (l Limits) withDefaults() Limits {
	d := DefaultLimits()
	set := func(p *int64, v int64) {
		if *p <= 0 {
			*p = v
		}
	}
	if l.Depth <= 0 {
		l.Depth = d.Depth
	}
	if l.WarnDepth <= 0 {
		l.WarnDepth = d.WarnDepth
	}
	if l.Elements <= 0 {
		l.Elements = d.Elements
	}
	set(&l.TextBytes, d.TextBytes)
	set(&l.ValueBytes, d.ValueBytes)
	set(&l.HeaderBytes, d.HeaderBytes)
	set(&l.InflateBytes, d.InflateBytes)
	set(&l.InflateRatio, d.InflateRatio)
	return l
}
