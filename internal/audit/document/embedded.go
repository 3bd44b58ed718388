package document

import (
	"bytes"
	"encoding/base64"
	"strings"

	"assay/internal/audit/sniff"
)

// Bounds of a file that is written as text within another one.
const (
	minEmbedded = 256
	maxEmbedded = 48 << 20 // characters
)

// embedded looks at a value that is a file in base64, as annotation tools keep
// images, HL7 reports and CDA the document itself. It reports whether the
// value is one, whether or not its kind is read.
func (in *inspection) embedded(s string) bool {
	s = strings.TrimSpace(s)
	if strings.HasPrefix(s, "data:") {
		_, rest, found := strings.Cut(s[:min(len(s), 200)], ";base64,")
		if !found {
			return false
		}
		s = s[len(s[:min(len(s), 200)])-len(rest):]
	}
	if len(s) < minEmbedded || len(s) > maxEmbedded || in.depth > 0 || !isBase64(s[:minEmbedded]) {
		return false
	}
	b, err := base64.StdEncoding.DecodeString(strings.TrimRight(strings.Join(strings.Fields(s), ""), "=") + padding(s))
	if err != nil {
		return false
	}
	r, size := bytes.NewReader(b), int64(len(b))
	kind, err := sniff.DetectFile(r, size)
	switch {
	case err != nil || kind == sniff.Unknown || kind == sniff.Text || kind == sniff.Empty:
		return false
	case kind.Image():
		if in.within(r, size, "") == nil {
			in.show("image in a text", kind, b)
		}
		return true
	case kind.Archive() || kind == sniff.Video || kind == sniff.Audio || kind == sniff.Office || kind == sniff.DICOM:
		in.unread("A file is written into a text value; its kind is not read there, so it was not checked.")
		return true
	}
	inner := *in
	inner.f, inner.size, inner.path, inner.depth = &faultReader{r: r}, size, "", in.depth+1
	if err := inner.run(kind); err != nil && in.ctx.Err() == nil {
		in.unread("A file is written into a text value and could not be read.")
	}
	in.order, in.shown = inner.order, inner.shown
	return true
}

// padding returns what base64 of the length of s, without white space and
// signs of the end, lacks.
func padding(s string) string {
	n := 0
	for i := range len(s) {
		if c := s[i]; c != '=' && c != ' ' && c != '\n' && c != '\r' && c != '\t' {
			n++
		}
	}
	return strings.Repeat("=", (4-n%4)%4)
}

// isBase64 reports whether s holds signs of base64 and white space only.
func isBase64(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '+', c == '/', c == '=', c == '\n', c == '\r', c == ' ', c == '\t':
		default:
			return false
		}
	}
	return true
}
