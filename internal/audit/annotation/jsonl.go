package annotation

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"assay/internal/audit/score"
)

var ruleLine = score.Rule{
	Code: "F-309", Level: score.Error, Title: "Line that is no JSON object", Of: "lines",
	Cap: 6, Full: 0.05,
	Fix:    "Write one whole object a line, and no line end within it.",
	Source: "JSON Lines, jsonlines.org; RFC 8259",
}

// Readers of records of JSON: an array of objects, or one object a line; and of
// descriptions of data sets.
var (
	recordReaders = []reader{{detectRecords, readRecords}, {detectCroissant, readCroissant}}
	lineReaders   = []reader{{detectLines, readLines}}
)

// Limits of records of JSON.
const (
	maxLineBytes  = 8 << 20
	maxJSONFields = 2000 // different keys of the records of a file
	maxListed     = 100  // texts of an array that are taken
)

// objectRow is one record of JSON, flat: what its keys hold, by column.
type objectRow struct {
	columns []column
	byKey   map[string]int
	array   bool // the records are elements of an array, not lines
	fields  [][]byte
	kinds   []holding // of each field, as JSON tells them
	lists   bool      // a field was an array of texts, joined by |
}

// column returns the number of a key, -1 beyond the limit.
func (o *objectRow) column(key string) int {
	i, ok := o.byKey[key]
	if !ok {
		if len(o.columns) >= maxJSONFields {
			return -1
		}
		i = len(o.columns)
		key = strings.Clone(key)
		o.byKey[key] = i
		name := "/" + jsonEscape.Replace(key)
		if len(key) > 80 || strings.ContainsFunc(key, func(r rune) bool { return r == '@' || r < ' ' }) {
			name = fmt.Sprintf("/key %d", i+1)
		}
		o.columns = append(o.columns, column{name: name, key: fold(key), element: o.array})
	}
	for len(o.fields) < len(o.columns) {
		o.fields, o.kinds = append(o.fields, nil), append(o.kinds, blankValue)
	}
	return i
}

// take takes the members of the object that comes next; it reports false if
// there is none, or a fault in it.
func (o *objectRow) take(w *walker) bool {
	for i := range o.fields {
		o.fields[i], o.kinds[i] = nil, blankValue
	}
	return w.object(func(key string) {
		i := o.column(key)
		if i < 0 {
			w.skip()
			return
		}
		o.fields[i], o.kinds[i] = o.member(w)
	})
}

// member takes a value with its kind.
func (o *objectRow) member(w *walker) ([]byte, holding) {
	switch w.kind() {
	case jsonText:
		s, _ := w.taken()
		kind := holdingOf([]byte(s))
		if kind != blankValue && kind != pathValue && kind != dateValue {
			kind = textValue // a number in quotes is text
		}
		return []byte(s), kind
	case jsonNumber:
		s, _ := w.taken()
		return []byte(s), holdingOf([]byte(s))
	case jsonTrue, jsonFalse:
		s, _ := w.taken()
		return []byte(s), booleanValue
	case jsonArray:
		return o.list(w), arrayValue
	case jsonObject:
		w.skip()
		return nil, objectValue
	}
	w.skip()
	return nil, blankValue
}

// list takes an array: texts and numbers in it, joined by |.
func (o *objectRow) list(w *walker) []byte {
	var b []byte
	w.array(func(i int) {
		if k := w.kind(); k != jsonText && k != jsonNumber || i >= maxListed {
			w.skip()
			return
		}
		s, _ := w.taken()
		if i > 0 {
			b = append(b, '|')
		}
		b = append(b, s...)
	})
	o.lists = true
	return b
}

// lineWalker walks one line after another.
func (in *input) lineWalker() *walker {
	w := &walker{in: in, keys: map[string]string{}, source: bufio.NewReaderSize(nil, 4096)}
	w.dec = jsontext.NewDecoder(guarded{w}, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	return w
}

// line starts at the first value of a line.
func (w *walker) line(text []byte) {
	w.source.Reset(bytes.NewReader(text))
	w.given, w.base, w.err = 0, 0, nil
	w.dec.Reset(guarded{w}, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
}

// over reports whether the line held one value and nothing else.
func (w *walker) over() bool {
	if w.err != nil {
		return false
	}
	_, err := w.dec.ReadToken()
	return errors.Is(err, io.EOF)
}

// headRecords reads the first records of a file, for the layout.
func (in *input) headRecords(array bool) (*objectRow, tableHeadOf, int) {
	o := &objectRow{byKey: map[string]int{}, array: array}
	var h tableHeadOf
	objects := 0
	note := func() {
		objects++
		h.grow(len(o.columns))
		for i, v := range o.fields {
			if o.kinds[i] == blankValue {
				continue
			}
			h.filled[i]++
			h.kinds[i].note(o.kinds[i], 0)
			if _, is := flag(v); is && o.kinds[i] != textValue {
				h.flags[i]++
			}
			if bytes.IndexByte(v, '|') >= 0 {
				h.bars[i]++
			}
		}
	}
	if array {
		w := in.walkTo(tableHead)
		w.array(func(int) {
			if objects < tableHeadMax && o.take(w) {
				note()
			}
		})
		return o, h, objects
	}
	w, t := in.lineWalker(), in.newTable()
	for n := 0; n < tableHeadMax && t.offset < tableHead; n++ {
		line, _, ok := t.physical()
		if !ok {
			break
		}
		if w.line(line); len(bytes.TrimSpace(line)) > 0 && o.take(w) {
			note()
		}
	}
	return o, h, objects
}

// layoutOfRecords reads how records of JSON are laid out, nil if there are none.
func (in *input) layoutOfRecords(array bool) *layout {
	o, h, objects := in.headRecords(array)
	if objects == 0 {
		return nil
	}
	l := &layout{format: JSONL, columns: o.columns, header: true, records: o}
	if array {
		l.format = Records
	}
	h.grow(len(l.columns))
	l.roles = rolesOf(l.columns, in.PatientKey)
	format := l.format
	l.judge(&h)
	l.format = format
	if l.label >= 0 {
		l.several = l.several || h.kinds[l.label].counts[arrayValue] > 0
		l.measured = h.kinds[l.label].counts[numberValue] > 0 && h.kinds[l.label].counts[textValue] == 0
	}
	return l
}

func detectLines(in *input) ([]Match, error) {
	if in.layoutOfRecords(false) == nil {
		return nil, nil
	}
	return []Match{{JSONL, 0.6}}, nil
}

// detectRecords takes an array of objects that name images with their labels
// or parts; other arrays are not of labels, or of other formats.
func detectRecords(in *input) ([]Match, error) {
	head := make([]byte, 64)
	n, _ := in.Content.ReadAt(head, 0)
	if head = bytes.TrimLeft(bytes.TrimPrefix(head[:n], []byte("\xef\xbb\xbf")), " \t\r\n"); len(head) == 0 || head[0] != '[' {
		return nil, nil
	}
	l := in.layoutOfRecords(true)
	if l == nil || max(l.image, l.sop, l.series) < 0 || l.label < 0 && l.roles.split < 0 && len(l.classes) == 0 {
		return nil, nil
	}
	return []Match{{Records, 0.3}}, nil
}

// readLines reads a file of one object a line.
func readLines(in *input) error {
	r := in.recordReading(false)
	w := in.lineWalker()
	for n := 0; ; n++ {
		if n%4096 == 0 && in.ctx.Err() != nil {
			return in.ctx.Err()
		}
		r.t.line = r.t.next
		line, whole, ok := r.t.physical()
		if !ok {
			break
		}
		if len(bytes.TrimSpace(line)) > 0 {
			r.line(w, line, whole)
		}
	}
	r.finish()
	return nil
}

// line takes one line.
func (r *tableReading) line(w *walker, line []byte, whole bool) {
	at := fmt.Sprintf("%d:1", r.t.line)
	r.in.check(ruleUTF8, 1)
	if !utf8.Valid(line) {
		r.in.find(ruleUTF8, at, "", "")
		return
	}
	r.in.check(ruleLine, 1)
	w.line(line)
	switch {
	case !whole:
		r.in.find(ruleLine, at, "", "longer than the limit")
	case w.kind() != jsonNone && w.kind() != jsonObject:
		r.in.find(ruleLine, at, "", "another value")
	case !r.records.take(w) || !w.over():
		r.in.find(ruleLine, at, "", "")
	default:
		r.object()
	}
}

// readRecords reads an array of objects.
func readRecords(in *input) error {
	r := in.recordReading(true)
	w := in.walk()
	w.array(func(i int) {
		r.in.check(ruleLine, 1)
		if i > math.MaxInt32 {
			return
		}
		r.t.line = int32(i)
		if w.kind() != jsonObject {
			r.in.find(ruleLine, pointerTo(i), "", "another value")
			return
		}
		if r.records.take(w) {
			r.object()
		}
	})
	if err := w.end(); err != nil {
		return err
	}
	r.finish()
	return nil
}

func (in *input) recordReading(array bool) *tableReading {
	l := in.layoutOfRecords(array)
	r := newTableReading(in, l)
	r.t.limit = maxLineBytes
	return r
}

// object takes one record.
func (r *tableReading) object() {
	r.rows++
	o := r.records
	r.columns = o.columns
	for i := range o.columns {
		c := &o.columns[i]
		c.note(o.kinds[i], r.t.line)
		c.take(o.kinds[i], o.fields[i])
	}
	r.t.fields = o.fields
	r.generic()
}
