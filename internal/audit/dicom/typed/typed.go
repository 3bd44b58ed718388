package typed

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"assay/internal/audit/dicom"
	"assay/internal/audit/dicom/dict"
	"assay/internal/audit/finding"
)

// Bounds of what the second reader gets: it takes some 12 allocations and
// many times the size of a header.
const (
	maxDepth    = 32
	maxElements = 50_000
	maxBytes    = 16 << 20
)

var rule = finding.Rule{
	ID: "fmt-reader-mismatch", Title: "Two readers disagree", Severity: finding.Warning,
	Fix:    "Export the file again; programs that read it may see different values.",
	Source: "this audit reads every file with two independent readers",
}

// Rules returns the rule that this package reports.
func Rules() []finding.Rule { return []finding.Rule{rule} }

// Reader collects typed values of one file during a scan. Feed it each element
// that dicom.Scan shows, then call Check. The zero value is ready to use.
type Reader struct {
	read   map[dicom.Tag][]string
	end    int64  // offset of the first pixel data
	unsafe string // why the second reader must not see the file
}

// lookup returns the values that the second reader has for a tag, as strings.
type lookup func(dicom.Tag) ([]string, bool)

// Result says whether the second reader confirmed the values.
type Result struct {
	Values   Values
	Checked  bool
	Reason   string // why not, if it is not checked; a sentence
	Compared int    // attributes that both readers have
	Findings []finding.Finding
}

// Element takes note of one element.
func (r *Reader) Element(e *dicom.Element) {
	switch {
	case e.Depth == 0 && e.Tag.Group() == 0x7FE0 && r.end == 0:
		r.end = e.Offset
	case r.end != 0: // the second reader stops at the pixels
	case e.Written == dicom.OV || e.Written == dicom.SV || e.Written == dicom.UV:
		r.refuse("It has values of 64 bits, which the second reader misreads.")
	case e.Written == dicom.UN && e.Length < 0:
		r.refuse("It has a sequence of unknown VR, which the second reader misreads.")
	case e.Written != "" && !e.Written.HasLongLength() && e.Length == 0xFFFF:
		r.refuse("It has a value of 65,535 bytes, which the second reader takes for one of undefined length.")
	case e.VR != dicom.SQ && e.Length < 0:
		r.refuse("It has a value of undefined length outside its pixel data.")
	}
	if e.Depth == 0 && isAttribute(e.Tag) && e.IsComplete() {
		if r.read == nil {
			r.read = make(map[dicom.Tag][]string, len(attributes))
		}
		r.read[e.Tag] = textOf(e)
	}
}

func (r *Reader) refuse(reason string) {
	if r.unsafe == "" {
		r.unsafe = reason
	}
}

// Check lets the second reader read the file of size bytes in src, which scan
// read as h, and compares. file names it in findings.
func (r *Reader) Check(src io.ReaderAt, size int64, h *dicom.Header, file string) Result {
	result := Result{Values: typedValues(r.read)}
	if result.Reason = r.refusal(h); result.Reason != "" {
		return result
	}
	if r.end > 0 {
		size = r.end
	}
	valuesOf, ok := parse(src, size)
	if !ok {
		result.Reason = "The second reader could not read it."
		return result
	}
	result.Checked = true
	for _, t := range attributes {
		mine, here := r.read[t]
		theirs, there := valuesOf(t)
		if here && there {
			result.Compared++
		}
		if here != there || !slices.Equal(mine, theirs) {
			f := rule.New(t.String()+" "+dict.Keyword(t), "", "A second reader of DICOM does not see the same value.", finding.Location{File: file})
			result.Findings = append(result.Findings, f)
		}
	}
	return result
}

// refusal says why the second reader must not see the file, or "".
func (r *Reader) refusal(h *dicom.Header) string {
	switch {
	case h.Status != dicom.Read:
		return "It could not be read to its end."
	case !h.HasPreamble || !h.HasMeta:
		return "It is no DICOM file of Part 10."
	case h.MaxDepth > maxDepth:
		return fmt.Sprintf("Its sequences are nested deeper than %d levels.", maxDepth)
	case h.Elements > maxElements:
		return fmt.Sprintf("It has more than %d elements.", maxElements)
	case h.Bytes > maxBytes:
		return fmt.Sprintf("It has more than %d bytes besides its pixel data.", maxBytes)
	case r.unsafe != "":
		return r.unsafe
	}
	for _, p := range h.Problems {
		if p.Severity == finding.Info {
			continue
		}
		switch p.Rule {
		case "fmt-part10", "fmt-truncated", "fmt-vr-vm-len", "fmt-size-limit", "fmt-trailing-bytes", "fmt-nesting":
			return "Its encoding has faults that the second reader does not survive."
		case "fmt-transfer-syntax":
			if !strings.Contains(p.Message, "retired") {
				return "Its encoding is not what its transfer syntax says."
			}
		}
	}
	return refusalOfSyntax(h.TransferSyntaxUID)
}
