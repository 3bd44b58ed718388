package annotation

import (
	"bufio"
	"errors"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Kinds of JSON values, as walker.kind and node.kind tell them: the first byte
// of their text, '0' for every number.
const (
	jsonNone   byte = 0 // nothing there, or the file is over or broken
	jsonObject byte = '{'
	jsonArray  byte = '['
	jsonText   byte = '"'
	jsonNumber byte = '0'
	jsonTrue   byte = 't'
	jsonFalse  byte = 'f'
	jsonNull   byte = 'n'
)

var (
	errJSONDepth  = errors.New("nested too deep")
	errJSONString = errors.New("string too long")
	errJSONMore   = errors.New("more after the end")
)

// walker reads a JSON file from its start to its end, value by value, and
// holds no more of it than one string. Its methods take the next value; after
// a fault they take nothing, and end tells of it.
//
// The length of a string and how deep values are nested are bounded by Limits.
// Keys that an object repeats are all seen.
type walker struct {
	in     *input
	dec    *jsontext.Decoder
	source *bufio.Reader
	given  int64 // bytes that the decoder got
	base   int64 // bytes before them: a byte order mark
	err    error // the first fault
	keys   map[string]string
}

// walk starts at the first value of the file.
func (in *input) walk() *walker { return in.walkTo(in.SizeBytes) }

// walkTo reads the first n bytes as if they were all.
func (in *input) walkTo(n int64) *walker {
	w := &walker{in: in, keys: map[string]string{}}
	w.source = bufio.NewReaderSize(io.NewSectionReader(in.Content, 0, min(n, in.SizeBytes)), 64<<10)
	if mark, _ := w.source.Peek(3); string(mark) == "\xef\xbb\xbf" {
		_, _ = w.source.Discard(3) // they are in the buffer
		w.base = 3
	}
	w.dec = jsontext.NewDecoder(guarded{w}, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	return w
}

// guarded hands the file to the decoder, and stops it where a value without
// parts goes on for longer than a string may.
type guarded struct{ w *walker }

func (g guarded) Read(p []byte) (int, error) {
	w := g.w
	if err := w.in.ctx.Err(); err != nil {
		return 0, err
	}
	if w.dec != nil && w.given-w.dec.InputOffset() > w.in.Limits.StringBytes {
		return 0, errJSONString
	}
	n, err := w.source.Read(p)
	w.given += int64(n)
	return n, err
}

// kind tells what the next value is, without taking it; jsonNone after the
// last of an array or object, and after a fault.
func (w *walker) kind() byte {
	if w.err != nil {
		return jsonNone
	}
	switch k := byte(w.dec.PeekKind()); k {
	case jsonObject, jsonArray, jsonText, jsonNumber, jsonTrue, jsonFalse, jsonNull:
		return k
	case jsonNone:
		_, err := w.dec.ReadToken()
		w.fail(err)
	}
	return jsonNone // the end of an array or object
}

// token takes a token; a zero one after a fault.
func (w *walker) token() jsontext.Token {
	if w.err != nil {
		return jsontext.Token{}
	}
	t, err := w.dec.ReadToken()
	if err != nil {
		w.fail(err)
		return jsontext.Token{}
	}
	if k := t.Kind(); (k == '{' || k == '[') && w.dec.StackDepth() > w.in.Limits.JSONDepth {
		w.fail(errJSONDepth)
	}
	return t
}

func (w *walker) fail(err error) {
	if w.err == nil && err != nil {
		w.err = err
	}
}

// skip takes the next value, whatever it is.
func (w *walker) skip() {
	if w.kind() != jsonNone {
		w.fail(w.dec.SkipValue())
	}
}

// object takes an object and calls each for every member of it; a value that
// each leaves is passed over. It takes any other value and reports false.
func (w *walker) object(each func(key string)) bool {
	if w.kind() != jsonObject {
		w.skip()
		return false
	}
	for w.token(); w.err == nil && w.dec.PeekKind() != '}'; {
		key := w.key()
		if w.err != nil {
			break
		}
		before := w.dec.InputOffset()
		each(key)
		w.passOver(before)
	}
	w.token()
	return w.err == nil
}

// array takes an array and calls each for every element of it, counted from 0;
// an element that each leaves is passed over. It takes any other value and
// reports false.
func (w *walker) array(each func(i int)) bool {
	if w.kind() != jsonArray {
		w.skip()
		return false
	}
	w.token()
	for i := 0; w.err == nil && w.dec.PeekKind() != ']'; i++ {
		if w.kind() == jsonNone {
			break
		}
		before := w.dec.InputOffset()
		each(i)
		w.passOver(before)
	}
	w.token()
	return w.err == nil
}

// passOver takes the next value if nothing was taken since before.
func (w *walker) passOver(before int64) {
	if w.err == nil && w.dec.InputOffset() == before {
		w.skip()
	}
}

// key takes the name of a member. Names come again and again, so one string
// serves all that are equal.
func (w *walker) key() string {
	raw, err := w.dec.ReadValue()
	if err != nil {
		w.fail(err)
		return ""
	}
	if key, ok := w.keys[string(raw)]; ok {
		return key
	}
	name, err := jsontext.AppendUnquote(nil, raw)
	if err != nil && name == nil {
		w.fail(err)
		return ""
	}
	key := string(name)
	if len(w.keys) < 1024 && len(key) < 256 {
		w.keys[string(raw)] = key
	}
	return key
}

// text takes a string; another value is taken too, and false.
func (w *walker) text() (string, bool) {
	if w.kind() != jsonText {
		w.skip()
		return "", false
	}
	return w.taken()
}

// taken takes a token as its text.
func (w *walker) taken() (string, bool) {
	t := w.token()
	if w.err != nil {
		return "", false
	}
	return t.String(), true
}

// number takes a number; another value is taken too, and false. A number that
// no float64 holds is infinite.
func (w *walker) number() (float64, bool) {
	if w.kind() != jsonNumber {
		w.skip()
		return 0, false
	}
	t := w.token()
	if w.err != nil {
		return 0, false
	}
	return t.Float(), true
}

// integer takes a whole number within ±2^53, written in any way; another value
// is taken too, and false.
func (w *walker) integer() (int64, bool) {
	f, ok := w.number()
	if !ok || f != math.Trunc(f) || math.Abs(f) > 1<<53 {
		return 0, false
	}
	return int64(f), true
}

// boolean takes true or false, or 1 or 0; another value is taken too, and ok
// is false.
func (w *walker) boolean() (value, ok bool) {
	switch w.kind() {
	case jsonTrue, jsonFalse:
		return w.token().Kind() == 't', w.err == nil
	}
	n, ok := w.integer()
	return n == 1, ok && (n == 0 || n == 1)
}

// pointer leads to the value taken last.
//
// Source: RFC 6901.
func (w *walker) pointer() string { return string(w.dec.StackPointer()) }

// offset is where the value taken last ends, in bytes of the file.
func (w *walker) offset() int64 { return w.base + w.dec.InputOffset() }

// end finds what is wrong with the file as JSON: a fault on the way, or more
// after its value. Every label file of JSON ends so, and so does its reader.
func (w *walker) end() error {
	if err := w.in.ctx.Err(); err != nil {
		return err
	}
	if w.err == nil {
		switch _, err := w.dec.ReadToken(); {
		case err == nil:
			w.fail(errJSONMore)
		case !errors.Is(err, io.EOF):
			w.fail(err)
		}
	}
	w.in.check(ruleUnread, 1)
	if w.err != nil {
		at, note := w.fault()
		w.in.find(ruleUnread, w.in.lineColumn(at), "", note)
	}
	return nil
}

// fault tells where the file is broken, in bytes, and how.
func (w *walker) fault() (at int64, note string) {
	at = w.offset()
	var syntactic *jsontext.SyntacticError
	if errors.As(w.err, &syntactic) {
		at = w.base + syntactic.ByteOffset
	}
	switch {
	case errors.Is(w.err, io.ErrUnexpectedEOF), errors.Is(w.err, io.EOF):
		return w.in.SizeBytes, "the file ends within its JSON"
	case errors.Is(w.err, errJSONDepth):
		return at, "arrays and objects within each other, deeper than " + strconv.Itoa(w.in.Limits.JSONDepth) + ", the limit"
	case errors.Is(w.err, errJSONString):
		return at, "a string of more than " + strconv.FormatInt(w.in.Limits.StringBytes, 10) + " bytes, the limit"
	case errors.Is(w.err, errJSONMore):
		return at, "more than one value"
	}
	return at, "no valid JSON from here on"
}

// lineColumn writes an offset in bytes as line:column, both from 1; columns
// are characters.
func (in *input) lineColumn(offset int64) string {
	line, column := 1, 1
	r := bufio.NewReaderSize(io.NewSectionReader(in.Content, 0, min(offset, in.SizeBytes)), 64<<10)
	for {
		c, err := r.ReadByte()
		if err != nil {
			return strconv.Itoa(line) + ":" + strconv.Itoa(column)
		}
		switch {
		case c == '\n':
			line, column = line+1, 1
		case c&0xc0 != 0x80: // not the rest of a character
			column++
		}
	}
}

// pointerTo joins keys and indexes to a pointer.
//
// Source: RFC 6901.
func pointerTo(parts ...any) string {
	var b strings.Builder
	for _, p := range parts {
		b.WriteByte('/')
		switch p := p.(type) {
		case string:
			b.WriteString(jsonEscape.Replace(p))
		case int:
			b.WriteString(strconv.Itoa(p))
		}
	}
	return b.String()
}

var jsonEscape = strings.NewReplacer("~", "~0", "/", "~1")
