// Package finding holds what an audit says about files: rules, findings and
// the masked shapes that stand in for values. It depends on nothing but intern.
package finding

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"sort"
	"unicode"

	"assay/internal/audit/intern"
)

// Severity orders findings: a blocker fails a submission, a warning flags it
// until it is answered, an info only informs.
type Severity string

// Severities, most severe first.
const (
	Blocker Severity = "blocker"
	Warning Severity = "warning"
	Info    Severity = "info"
)

// Rank is 0 for a blocker, 1 for a warning, 2 for an info, 3 for anything else.
func (s Severity) Rank() int {
	switch s {
	case Blocker:
		return 0
	case Warning:
		return 1
	case Info:
		return 2
	}
	return 3
}

// Rule is one check of the audit. Its ID is stable: it appears in reports,
// tests and docs.
type Rule struct {
	ID       string   // "phi-birth-date"
	Title    string   // "Birth date present"
	Severity Severity // the severity it starts from; a Finding carries the final one
	HIPAA    []string // letters of 45 CFR 164.514(b)(2)(i), "A" to "R"
	Action   string   // action of DICOM PS3.15 Table E.1-1, "X", "Z/D", …; empty if none
	Fix      string   // what the seller should change, one or two sentences
	Source   string   // "DICOM PS3.15 2024b Table E.1-1"
}

// Finding is something wrong, or worth knowing, about the files. Equal
// (Rule, Severity, Path, Shape, Message) are one finding with a Count.
//
// No field ever holds a value from the files: Path names the attribute,
// Shape is masked by Mask.
type Finding struct {
	Rule      string     `json:"rule"`
	Severity  Severity   `json:"severity"`
	HIPAA     []string   `json:"hipaa,omitempty"`
	Action    string     `json:"action,omitempty"`
	Path      string     `json:"path,omitempty"`  // "(0010,0010) PatientName"; nested: "(0040,0275)[1]/(0032,1060) RequestedProcedureDescription"
	Shape     string     `json:"shape,omitempty"` // "AAAA^AAAA"
	Count     int        `json:"count"`           // occurrences, at least 1
	Message   string     `json:"message"`
	Fix       string     `json:"fix,omitempty"`
	Locations []Location `json:"locations,omitempty"` // the first 3; all with --all-locations
}

// Location is a place in the submission.
type Location struct {
	File   string `json:"file"`             // path in the submission, or its masked form if the name itself holds an identifier
	Frame  int    `json:"frame,omitempty"`  // from 1; 0 if the whole file
	Offset int64  `json:"offset,omitempty"` // bytes from the start of the file

	// Boxes are where in the frame it stands, at most MaxBoxes.
	Boxes []Box `json:"boxes,omitempty"`
}

// MaxBoxes is how many boxes a location carries at most.
const MaxBoxes = 16

// Box is a rectangle in a frame: x and y of its upper left corner, width and
// height, in pixels of the frame.
type Box [4]int

// New returns a finding of rule r with its severity, letters, action and fix,
// at one location.
func (r Rule) New(path, shape, message string, at Location) Finding {
	return Finding{
		Rule: r.ID, Severity: r.Severity, HIPAA: r.HIPAA, Action: r.Action,
		Path: path, Shape: shape, Count: 1, Message: message, Fix: r.Fix,
		Locations: []Location{at},
	}
}

// Key names a finding within a report, equal for the finding of another report
// that says the same: 16 hexadecimal digits made from rule, severity, path,
// shape and message, none of which holds a value.
func (f Finding) Key() string {
	h := sha256.New()
	for _, part := range []string{f.Rule, string(f.Severity), f.Path, f.Shape, f.Message} {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// maxShape bounds a shape, in runes.
const maxShape = 64

// Mask returns the shape of a value: letters become A, digits 9, white space
// and control characters a blank, other punctuation stays. A shape is at most
// 64 runes; a longer one ends in "…".
func Mask(value string) string {
	var room [maxShape + len("…")]byte
	b := room[:0]
	n := 0
	for _, r := range value {
		if n == maxShape {
			b = append(b, "…"...)
			break
		}
		n++
		b = append(b, masked(r))
	}
	return shapes.Bytes(b)
}

// shapes keeps the shapes, which repeat over the files of a set.
var shapes intern.Table

// masked returns what stands for a rune in a shape.
func masked(r rune) byte {
	switch {
	case unicode.IsLetter(r), unicode.IsMark(r):
		return 'A'
	case unicode.IsNumber(r):
		return '9'
	case unicode.IsSpace(r), unicode.IsControl(r), !unicode.IsPrint(r):
		return ' '
	case r > unicode.MaxASCII:
		return '.'
	}
	return byte(r)
}

// Sort orders findings for a report: by severity, rule, path, shape, message.
func Sort(list []Finding) {
	sort.SliceStable(list, func(i, j int) bool {
		a, b := list[i], list[j]
		switch {
		case a.Severity != b.Severity:
			return a.Severity.Rank() < b.Severity.Rank()
		case a.Rule != b.Rule:
			return a.Rule < b.Rule
		case a.Path != b.Path:
			return a.Path < b.Path
		case a.Shape != b.Shape:
			return a.Shape < b.Shape
		}
		return a.Message < b.Message
	})
}
