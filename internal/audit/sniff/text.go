package sniff

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// textKind tells kinds of text apart; Unknown if head is no text. whole says
// that head is the whole file.
func textKind(head []byte, whole bool) Kind {
	s, ok := decodeText(head)
	if !ok {
		return Unknown
	}
	trimmed := strings.TrimLeft(s, " \t\r\n\f\v")
	switch {
	case trimmed == "":
		return Text
	case isHL7(trimmed):
		return HL7
	case trimmed[0] == '<':
		return markupKind(trimmed)
	case isMHA(trimmed):
		return MHA
	case trimmed[0] == '{', trimmed[0] == '[':
		if k := jsonKind(trimmed, whole); k != Unknown {
			return k
		}
	}
	if k := meshKind(trimmed); k != Unknown {
		return k
	}
	if k := tableKind(s, whole); k != Unknown {
		return k
	}
	return Text
}

// decodeText returns head as UTF-8 if it is text: UTF-8, UTF-16 with a byte
// order mark, or a single-byte character set.
func decodeText(head []byte) (string, bool) {
	switch {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		head = head[3:]
	case bytes.HasPrefix(head, []byte("\xff\xfe")):
		return decodeUTF16(head[2:], binary.LittleEndian), true
	case bytes.HasPrefix(head, []byte("\xfe\xff")):
		return decodeUTF16(head[2:], binary.BigEndian), true
	}
	high := 0
	for _, c := range head {
		switch {
		case c >= 0x80:
			high++
		case c < ' ' && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != '\v' && c != 0x1b && c != 0x1c, c == 0x7f:
			return "", false
		}
	}
	if high == 0 || utf8.Valid(trimPartialRune(head)) {
		return string(head), true
	}
	if high*3 > len(head) {
		return "", false
	}
	return string(head), true // a single-byte set: the signs looked for are ASCII
}

func decodeUTF16(b []byte, order binary.ByteOrder) string {
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = order.Uint16(b[2*i:])
	}
	return string(utf16.Decode(units))
}

// trimPartialRune drops up to 3 bytes of a rune that the window cut.
func trimPartialRune(b []byte) []byte {
	for i := 1; i <= 3 && i <= len(b); i++ {
		if c := b[len(b)-i]; utf8.RuneStart(c) {
			if c >= 0xc0 && !utf8.FullRune(b[len(b)-i:]) {
				return b[:len(b)-i]
			}
			break
		}
	}
	return b
}

// isHL7 reports a message, batch or file header of HL7 version 2.
func isHL7(s string) bool {
	if len(s) < 8 {
		return false
	}
	switch s[:3] {
	case "MSH", "BHS", "FHS":
		return strings.ContainsRune("|^~&#!", rune(s[3])) && !isAlphanumeric(s[4])
	}
	return false
}

func isAlphanumeric(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c == ' '
}

// markupKind tells XML from HTML. Text that only starts with "<" is text.
func markupKind(s string) Kind {
	lower := strings.ToLower(s[:min(len(s), 1024)])
	for strings.HasPrefix(lower, "<!--") { // comments may stand first
		_, rest, found := strings.Cut(lower, "-->")
		if !found {
			return XML
		}
		lower = strings.TrimSpace(rest)
	}
	if strings.HasPrefix(lower, "<?xml") {
		if strings.Contains(lower, "<html") {
			return HTML
		}
		return XML
	}
	for _, tag := range []string{"<!doctype html", "<html", "<head", "<body", "<script", "<iframe", "<table", "<title", "<style"} {
		if strings.HasPrefix(lower, tag) {
			return HTML
		}
	}
	if strings.HasPrefix(lower, "<!doctype") || len(lower) > 1 && (lower[1] >= 'a' && lower[1] <= 'z' || lower[1] == '_') && (strings.Contains(lower, ">") || strings.Contains(lower, "=\"")) {
		return XML
	}
	return Text
}

// isMHA reports a MetaImage header: its keys, one a line, before any other.
func isMHA(s string) bool {
	if !strings.HasPrefix(s, "ObjectType") && !strings.HasPrefix(s, "NDims") && !strings.HasPrefix(s, "Comment =") {
		return false
	}
	s = s[:min(len(s), 4096)]
	return strings.Contains(s, "NDims") && strings.Contains(s, "DimSize")
}

// jsonKind reads the head as JSON values; Unknown if it is not JSON so far.
func jsonKind(s string, whole bool) Kind {
	d := json.NewDecoder(strings.NewReader(s))
	d.UseNumber()
	depth := 0
	for {
		t, err := d.Token()
		if err != nil {
			if cut := errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF); cut && !whole {
				return JSON
			}
			if whole && depth > 0 && errors.Is(err, io.EOF) {
				return JSON // cut short, but nothing else
			}
			return Unknown
		}
		delim, ok := t.(json.Delim)
		switch {
		case !ok:
		case delim == '{', delim == '[':
			depth++
		default:
			depth--
		}
		if depth == 0 {
			break
		}
	}
	rest := s[d.InputOffset():]
	switch next := strings.TrimLeft(rest, " \t\r"); {
	case strings.TrimSpace(rest) == "":
		return JSON
	case next[0] == '\n':
		if next = strings.TrimSpace(next); next[0] == '{' || next[0] == '[' {
			return JSONL
		}
	}
	return Unknown
}

// tableKind reports CSV or TSV if every whole line of the head has the same
// number of columns, at least 2, and there are at least 2 lines.
func tableKind(s string, whole bool) Kind {
	for _, sep := range []struct {
		char byte
		kind Kind
	}{{'\t', TSV}, {',', CSV}, {';', CSV}} {
		if isTable(s, whole, sep.char) {
			return sep.kind
		}
	}
	return Unknown
}

func isTable(s string, whole bool, sep byte) bool {
	columns, lines, fields := 0, 0, 1
	quoted, inRow := false, false
	endRow := func() bool {
		if !inRow {
			return true // a blank line
		}
		if columns == 0 {
			columns = fields
		}
		lines++
		same := fields == columns
		fields, inRow = 1, false
		return same
	}
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"':
			quoted = !quoted
			inRow = true
		case quoted:
		case c == sep:
			fields++
			inRow = true
		case c == '\n' || c == '\r':
			if !endRow() {
				return false
			}
		default:
			inRow = true
		}
	}
	if whole && !quoted && !endRow() {
		return false
	}
	return columns >= 2 && lines >= 2
}
