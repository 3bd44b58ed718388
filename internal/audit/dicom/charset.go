package dicom

import (
	"bytes"
	"errors"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// Charset is the character repertoire that Specific Character Set selects. The
// zero value is the default repertoire, ASCII. Charsets of the same value need
// not be equal.
type Charset struct{ spec *charsetSpec }

// charsetSpec is a parsed Specific Character Set. It is never changed.
type charsetSpec struct {
	terms    string // as the file states them
	unknown  bool   // a term is none of the standard
	aberrant bool   // a term is misspelled, but understood
	whole    encoding.Encoding
	utf8     bool
	g0, g1   *codeSet // initially, for code extension; g0 nil is ASCII
}

// codeSet is a set of graphic characters of ISO 2022.
type codeSet struct {
	double  bool // two bytes a character
	high    bool // bytes of G0 need their high bit set for enc
	prefix  byte // before each character for enc, 0 if none
	decoder encoding.Encoding
}

var (
	latin1   = &codeSet{decoder: charmap.ISO8859_1}
	katakana = &codeSet{decoder: japanese.ShiftJIS}
	kanji    = &codeSet{double: true, high: true, decoder: japanese.EUCJP}
	kanji2   = &codeSet{double: true, high: true, prefix: 0x8F, decoder: japanese.EUCJP}
	hangul   = &codeSet{double: true, decoder: korean.EUCKR}
	hanzi    = &codeSet{double: true, decoder: simplifiedchinese.GBK}
)

// term is a defined term, by the number of its ISO-IR register entry.
//
// Source: DICOM PS3.3 Section C.12.1.1.2, Tables C.12-2 to C.12-5.
type term struct {
	name   string // as compared: capital letters and digits alone
	escape string // that designates it, after ESC
	g1     bool   // designated to G1, else G0
	set    *codeSet
}

var terms = [...]term{
	{"6", "(B", false, nil},
	{"100", "-A", true, latin1},
	{"101", "-B", true, &codeSet{decoder: charmap.ISO8859_2}},
	{"109", "-C", true, &codeSet{decoder: charmap.ISO8859_3}},
	{"110", "-D", true, &codeSet{decoder: charmap.ISO8859_4}},
	{"144", "-L", true, &codeSet{decoder: charmap.ISO8859_5}},
	{"127", "-G", true, &codeSet{decoder: charmap.ISO8859_6}},
	{"126", "-F", true, &codeSet{decoder: charmap.ISO8859_7}},
	{"138", "-H", true, &codeSet{decoder: charmap.ISO8859_8}},
	{"148", "-M", true, &codeSet{decoder: charmap.ISO8859_9}},
	{"203", "-b", true, &codeSet{decoder: charmap.ISO8859_15}},
	{"166", "-T", true, &codeSet{decoder: charmap.Windows874}}, // holds all of TIS 620-2533
	{"13", ")I", true, katakana},
	{"14", "(J", false, nil}, // the Latin half of JIS X 0201, ASCII but for two signs
	{"87", "$B", false, kanji},
	{"87", "$@", false, kanji}, // its edition of 1978
	{"159", "$(D", false, kanji2},
	{"149", "$)C", true, hangul},
	{"58", "$)A", true, hanzi},
}

// misspelled maps names that programs write instead of a defined term.
var misspelled = map[string]string{
	"UTF8": "192", "ISO88591": "100", "ISOIR88591": "100", "LATIN1": "100", "ISO885915": "203",
	"ISO88592": "101", "ISO88595": "144", "ISO88596": "127", "ISO88597": "126", "ISO88598": "138", "ISO88599": "148",
	"ASCII": "6", "USASCII": "6", "ISOIR6": "6", "GB2312": "GBK", "GB180302000": "GB18030",
}

// ParseCharset reads the value of Specific Character Set. Terms that nobody
// knows count as the default repertoire.
func ParseCharset(value string) Charset {
	if strings.Trim(value, " \x00") == "" {
		return Charset{}
	}
	s := &charsetSpec{terms: value}
	list := strings.Split(value, `\`)
	extended := len(list) > 1
	for i, text := range list {
		text = Trim(text)
		if text == "" && (i == 0 || extended) {
			continue
		}
		s.add(text, i == 0, extended)
	}
	return Charset{s}
}

// add reads one term; the first one gives the initial sets.
func (s *charsetSpec) add(text string, first, extended bool) {
	name, standard := termName(text)
	s.aberrant = s.aberrant || !standard
	switch name {
	case "192", "GB18030", "GBK":
		if !first {
			s.aberrant = true
			return
		}
		s.utf8 = name == "192"
		switch name {
		case "GB18030":
			s.whole = simplifiedchinese.GB18030
		case "GBK":
			s.whole = simplifiedchinese.GBK
		}
		return
	}
	for i := range terms {
		if terms[i].name != name {
			continue
		}
		if extended && !strings.HasPrefix(text, "ISO 2022 ") && standard {
			s.aberrant = true
		}
		if first && terms[i].g1 {
			s.g1 = terms[i].set
		} else if first {
			s.g0 = terms[i].set
		}
		return
	}
	s.unknown = true
}

// termName returns the register number, or the name, of a defined term, and
// whether it is spelled as in the standard.
func termName(text string) (name string, standard bool) {
	for _, prefix := range [...]string{"ISO_IR ", "ISO 2022 IR "} {
		if number, ok := strings.CutPrefix(text, prefix); ok && len(number) <= 3 {
			return number, number != "14" && (number != "6" || prefix == "ISO 2022 IR ")
		}
	}
	if text == "GB18030" || text == "GBK" {
		return text, true
	}
	plain := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			return r
		}
		return -1
	}, text)
	if name, ok := misspelled[plain]; ok {
		return name, false
	}
	plain = strings.TrimPrefix(strings.TrimPrefix(plain, "ISO2022"), "ISO")
	return strings.TrimPrefix(plain, "IR"), false
}

// IsKnown reports whether every term is one of the standard, spelled as there.
func (c Charset) IsKnown() bool { return c.spec == nil || !c.spec.unknown && !c.spec.aberrant }

// IsUnderstood reports whether every term is one of the standard, whatever
// its spelling.
func (c Charset) IsUnderstood() bool { return c.spec == nil || !c.spec.unknown }

// IsDouble reports whether characters may have a second byte below 80, so that
// a byte 5C need not be a backslash.
func (c Charset) IsDouble() bool { return c.spec != nil && c.spec.whole != nil }

// String returns the terms as the file states them.
func (c Charset) String() string {
	if c.spec == nil {
		return ""
	}
	return c.spec.terms
}

// maxCharsets bounds the parsed charsets that a scanner keeps for later files.
const maxCharsets = 32

func (s *scanner) parseCharset(value []byte) Charset {
	value = TrimRight(value[:min(len(value), 512)])
	if len(value) == 0 {
		return Charset{}
	}
	if c, ok := s.charsets[string(value)]; ok {
		return c
	}
	if s.charsets == nil || len(s.charsets) >= maxCharsets {
		s.charsets = make(map[string]Charset)
	}
	c := ParseCharset(string(value))
	s.charsets[c.spec.terms] = c
	return c
}

// Faults of a value's characters. The text that Text returns beside them is
// the best reading there is.
var (
	ErrInvalidBytes = errors.New("bytes that the character set does not have")
	ErrEscape       = errors.New("an escape sequence that is not in the standard")
	ErrNotASCII     = errors.New("characters beyond ASCII where the VR or a missing Specific Character Set allows none")
)

// Text returns the value of e decoded to valid UTF-8, without trailing padding,
// several values still joined by "\". VRs that Specific Character Set does not
// govern are read as ASCII. The error is one of the three faults above, or
// nil.
//
// Source: DICOM PS3.5 Section 6.1.2.
func Text(e *Element, charset Charset) (string, error) {
	b := TrimRight(e.Value)
	if isASCII(b) {
		return e.ascii(b), nil
	}
	spec := charset.spec
	if !e.VR.UsesCharset() && e.VR != UN && e.VR != OB {
		spec = nil
	}
	switch {
	case spec == nil:
		return guessText(b)
	case spec.utf8:
		if utf8.Valid(b) {
			return string(b), nil
		}
		return strings.ToValidUTF8(string(b), "\uFFFD"), ErrInvalidBytes
	case spec.whole != nil:
		var d decoder
		d.run(spec.whole, b)
		return d.out.String(), d.err
	}
	d := decoder{spec: spec, person: e.VR == PN, multi: e.VR != LT && e.VR != ST && e.VR != UT}
	d.extended(b)
	if d.err != nil && spec.g0 == nil && spec.g1 == nil && !bytes.ContainsRune(b, 0x1B) {
		text, _ := guessText(b)
		return text, d.err
	}
	return d.out.String(), d.err
}

// ascii returns the value without its padding, as a part of one string for the
// whole header where it can be. Whoever keeps it long should clone it.
func (e *Element) ascii(b []byte) string {
	if e.window != nil && len(b) > 0 && len(b) <= firstRead {
		if s, ok := e.window.stringAt(e.ValueOffset, len(b)); ok {
			return s
		}
	}
	return string(b)
}

// isASCII reports whether b has neither high bytes nor escapes.
func isASCII(b []byte) bool {
	for _, c := range b {
		if c >= 0x80 || c == 0x1B {
			return false
		}
	}
	return true
}

// Guess reads the bytes of a value whose character set does not have them: as
// UTF-8 if they are, else as Latin 1, with the escapes of ISO 2022. The result
// is valid UTF-8 without trailing padding.
func Guess(value []byte) string {
	text, _ := guessText(TrimRight(value))
	return text
}

// guessText reads bytes beyond ASCII that nothing explains.
func guessText(b []byte) (string, error) {
	if bytes.IndexByte(b, 0x1B) >= 0 {
		d := decoder{spec: &charsetSpec{g1: latin1}, multi: true}
		d.extended(b)
		return d.out.String(), ErrNotASCII
	}
	if utf8.Valid(b) {
		return string(b), ErrNotASCII
	}
	text, err := charmap.ISO8859_1.NewDecoder().Bytes(b)
	if err != nil {
		return strings.ToValidUTF8(string(b), "\uFFFD"), ErrNotASCII
	}
	return string(text), ErrNotASCII
}

// decoder follows the escape sequences of one value.
type decoder struct {
	spec   *charsetSpec
	person bool // "^" and "=" end a scope
	multi  bool // "\" ends a scope
	out    strings.Builder
	err    error
	g0, g1 *codeSet
	room   []byte
}

// run decodes b, all of one encoding.
func (d *decoder) run(enc encoding.Encoding, b []byte) {
	text, err := enc.NewDecoder().Bytes(b)
	if err != nil || bytes.ContainsRune(text, utf8.RuneError) {
		d.err = ErrInvalidBytes
	}
	d.out.Write(text)
}

// extended decodes b by ISO 2022.
func (d *decoder) extended(b []byte) {
	d.g0, d.g1 = d.spec.g0, d.spec.g1
	for len(b) > 0 {
		c := b[0]
		switch {
		case c == 0x1B:
			b = b[1+d.escape(b[1:]):]
		case c < 0x21 || c == 0x7F || d.g0 == nil && c < 0x80:
			if d.endsScope(c) {
				d.g0, d.g1 = d.spec.g0, d.spec.g1
			}
			d.out.WriteByte(c)
			b = b[1:]
		case c < 0x80:
			b = b[d.graphic(d.g0, b, false):]
		default:
			b = b[d.graphic(d.g1, b, true):]
		}
	}
}

func (d *decoder) endsScope(c byte) bool {
	switch c {
	case '\r', '\n', '\t', '\f':
		return true
	case '\\':
		return d.multi
	case '^', '=':
		return d.person
	}
	return false
}

// escape applies the escape sequence whose bytes after ESC start b and returns
// how many of them belong to it.
func (d *decoder) escape(b []byte) int {
	for i := range terms {
		t := &terms[i]
		if !strings.HasPrefix(string(b[:min(len(b), 3)]), t.escape) {
			continue
		}
		if t.g1 {
			d.g1 = t.set
		} else {
			d.g0 = t.set
		}
		return len(t.escape)
	}
	d.err = ErrEscape
	return 0
}

// graphic decodes the bytes at the start of b that belong to set, all high or
// all low, and returns how many they are, at least 1.
func (d *decoder) graphic(set *codeSet, b []byte, high bool) int {
	n := 0
	for n < len(b) && b[n] != 0x1B && b[n] >= 0x21 && b[n] != 0x7F && (b[n] >= 0x80) == high {
		n++
	}
	if set == nil {
		d.err = ErrInvalidBytes
		for range n {
			d.out.WriteRune(utf8.RuneError)
		}
		return n
	}
	run := b[:n]
	if set.double && n%2 != 0 {
		if n == 1 {
			d.err = ErrInvalidBytes
			d.out.WriteRune(utf8.RuneError)
			return 1
		}
		n--
		run = b[:n]
	}
	if set.high || set.prefix != 0 {
		d.room = d.room[:0]
		for i, c := range run {
			if set.prefix != 0 && i%2 == 0 {
				d.room = append(d.room, set.prefix)
			}
			d.room = append(d.room, c|0x80)
		}
		run = d.room
	}
	d.run(set.decoder, run)
	return n
}
