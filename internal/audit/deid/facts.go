package deid

import (
	"time"

	"assay/internal/audit/finding"
	"assay/internal/audit/text"
)

// Hash is the keyed hash of an identifier or of a word. It is worthless
// without the key of its audit, which is thrown away.
type Hash [8]byte

// Config is what an Inspector needs besides the claims; it is the same for all
// files of an audit.
type Config struct {
	// Hash hashes a value with the key of the audit. Without it the facts
	// hold no hashes and the rules of the set find nothing.
	Hash func(value string) Hash

	// Text looks for identifiers in free text; nil means a Scanner that
	// knows no names.
	Text *text.Scanner

	// Now is the time of the audit, for dates in the future; zero means not
	// to look.
	Now time.Time

	// ListTexts asks for a finding on every text with words outside the
	// vocabulary, masked; KeepTexts for those texts themselves, too.
	ListTexts, KeepTexts bool

	// OnlyKnown asks for the second look: only for the tokens that Text
	// knows from other files.
	OnlyKnown bool
}

// Facts are what one file tells. They are bounded and plain, so that they can
// cross the border of a process; no field but Texts holds a value of the file.
type Facts struct {
	// Findings are final. Their one location carries the offset, not the
	// file. At most 512; further ones are counted in the last.
	Findings []finding.Finding

	// Held are findings whose severity depends on the rest of the set.
	Held []Held

	Patient, Study Hash   // zero if absent
	Instance       Hash   // SOPInstanceUID
	StudyDate      Hash   // zero if empty
	Method         Hash   // of how the file says it was de-identified
	Refs           []Hash // of UIDs referenced under the root of an original system

	Names []Hash // tokens of real person names and IDs, at most 64
	Words []Hash // tokens of free text, at most 256

	// Texts are what KeepTexts asks for, at most 64 KiB. They hold values: they
	// are for the eyes of the seller alone, and go into no finding, log, error
	// or row. TextsBeyond counts those that did not fit.
	Texts       []Text
	TextsBeyond int

	// Document is the encapsulated document, if there is one: another part
	// of the audit may read its text and call DocumentIsClean.
	Document *Document
}

// Document says where an encapsulated document lies in the file, in bytes.
type Document struct{ Offset, Length int64 }

// DocumentIsClean lowers the finding on the encapsulated document to a
// warning: its text was read, and no rule hit.
func (f *Facts) DocumentIsClean() {
	for i := range f.Findings {
		if x := &f.Findings[i]; x.Rule == ruleDocument.ID && x.Severity == finding.Blocker {
			x.Severity = finding.Warning
			x.Message = "An encapsulated document is present; no identifier was found in its text."
		}
	}
}

// Held is a finding that waits for the whole set.
type Held struct {
	Finding finding.Finding
	Kind    HeldKind
	Value   Hash // of the attribute's value
}

// HeldKind says what decides about a Held finding.
type HeldKind int

// Kinds of Held.
const (
	// ByVariation: a value that is the same for all patients reads as a
	// dummy; one that was taken for a dummy and varies does not.
	ByVariation HeldKind = iota
	// ByYear: birth dates of the first of January in all files say only the
	// year.
	ByYear
)

const (
	maxFindings = 512
	maxNames    = 64
	maxWords    = 256
	maxRefs     = 32
	maxPending  = 256 // values kept during one file to be compared at its end
)
