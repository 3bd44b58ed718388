// Package iodtest completes DICOM files written as text (see dicomtest) to
// what the object definition of their SOP Class asks for, so that a test need
// only write what it is about.
package iodtest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"assay/internal/audit/dicom"
	"assay/internal/audit/dicom/dicomtest"
	"assay/internal/audit/dicom/dict"
	"assay/internal/audit/finding"
	"assay/internal/audit/iod"
)

// Complete returns text with a line for every attribute that package iod finds
// absent: empty where the type allows it, else with a plain value. Nothing is
// put in the place of an attribute that a line such as "-(0028,0010)" leaves
// out on purpose. The n-th file of a series gets its number and place by n,
// and pixels that depend on text alone. It panics if text is malformed.
func Complete(text string, n int) string {
	lines, left := withoutOmitted(text)
	pixels := sha256.Sum256([]byte(text))
	for range 8 { // a line added may make another one mandatory
		added := false
		for _, w := range wanting(strings.Join(lines, "\n") + "\n") {
			if !left[w.tag] {
				lines, added = insert(lines, w.tag, w.line(n, pixels[:], strings.Contains(text, "(0028,0002) US 3"))), true
			}
		}
		if !added {
			break
		}
	}
	return strings.Join(lines, "\n") + "\n"
}

// withoutOmitted splits text into lines and takes out those that leave an
// attribute out.
func withoutOmitted(text string) (lines []string, left map[dict.Tag]bool) {
	left = map[dict.Tag]bool{}
	for l := range strings.Lines(text) {
		l = strings.TrimRight(l, "\n")
		if rest, ok := strings.CutPrefix(l, "-("); ok {
			left[tagOf("("+rest)] = true
			continue
		}
		lines = append(lines, l)
	}
	return lines, left
}

// tagOf returns the tag that a line begins with, or 0.
func tagOf(line string) dict.Tag {
	var group, element uint16
	if n, _ := fmt.Sscanf(line, "(%04x,%04x)", &group, &element); n != 2 {
		return 0
	}
	return dict.NewTag(group, element)
}

// want is a root attribute that an object lacks.
type want struct {
	tag     dict.Tag
	isEmpty bool // it may be empty
}

func wanting(text string) []want {
	var list []want
	c := iod.New(func(f finding.Finding) {
		if f.Rule != "iod-unknown-class" && strings.Contains(f.Message, "is absent") {
			list = append(list, want{tagOf(f.Path), f.Rule == "iod-type2"})
		}
	})
	data := dicomtest.Build(text)
	h, err := dicom.Scan(context.Background(), bytes.NewReader(data), int64(len(data)), dicom.Limits{}, func(e *dicom.Element) error {
		value, _ := dicom.Text(e, e.Charset)
		c.Element(e, value)
		return nil
	})
	if err == nil {
		c.Done(h)
	}
	return list
}

// insert puts a line before the first root element with a higher tag.
func insert(lines []string, tag dict.Tag, line string) []string {
	at := len(lines)
	for i, l := range lines {
		if tagOf(l) > tag {
			at = i
			break
		}
	}
	return append(lines[:at:at], append([]string{line}, lines[at:]...)...)
}

// plain holds the values that are not made from the VR alone.
var plain = map[dict.Tag]string{
	0x00080008: `ORIGINAL\PRIMARY\AXIAL`,
	0x00080070: "ACME",
	0x00180020: "SE",
	0x00180021: "NONE",
	0x00185100: "HFS",
	0x00200037: `1\0\0\0\1\0`,
	0x00200052: "2.25.9",
	0x00480102: `1\0\0\0\1\0`,
	0x00280002: "1",
	0x00280004: "MONOCHROME2",
	0x00280010: "4",
	0x00280011: "4",
	0x00280030: `1\1`,
	0x00280100: "8",
	0x00280101: "8",
	0x00280102: "7",
	0x00280103: "0",
	0x00281052: "0",
	0x00281053: "1",
	0x00282110: "00",
	0x00280301: "NO",
	0x00080064: "WSD",
}

// line returns a line with a value for w.
func (w want) line(n int, pixels []byte, isColor bool) string {
	entry, _ := dict.Lookup(w.tag)
	vr, _, _ := strings.Cut(entry.VR, " or ")
	value, ok := plain[w.tag]
	switch {
	case w.tag == 0x7FE00010:
		frame := pixels[:16]
		if isColor {
			frame = slices.Repeat(frame, 3)
		}
		vr, value = "OB", fmt.Sprintf("hex:%x", frame)
	case w.tag == 0x00200013:
		value = fmt.Sprint(n)
	case w.tag == 0x00200032:
		value = fmt.Sprintf(`0\0\%d`, n)
	case ok || w.isEmpty || w.tag == 0x00200020: // PatientOrientation, type 2C
	case vr == "UI":
		value = "2.25.9"
	case vr == "SQ":
		return fmt.Sprintf("%s[1]/(0008,0100) SH 0", w.tag)
	case vr == "DA" || vr == "TM" || vr == "DT":
		value = map[string]string{"DA": "19000101", "TM": "000000", "DT": "19000101000000"}[vr]
	default:
		value = "1"
	}
	return strings.TrimRight(fmt.Sprintf("%s %s %s", w.tag, vr, value), " ")
}
