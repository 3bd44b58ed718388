package annotation

import (
	"bufio"
	"bytes"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// Limits of tables.
const (
	maxFields    = 100_000 // of one record
	maxReopened  = 100     // quotes that never close: each is read up to the limit once more
	tableBuffer  = 256 << 10
	tableHead    = 256 << 10 // bytes that tell how a table is written and what it holds
	tableHeadMax = 2000      // records of them
)

// table reads the records of separated values one by one. It holds one record
// at a time. Quoted fields may hold separators and line ends; quotes within
// unquoted fields are taken as they are. A quote that never closes is undone:
// the record ends with its first line.
//
// Source: RFC 4180.
type table struct {
	open      func(offset int64) io.Reader
	r         *bufio.Reader
	separator byte
	end       byte // of a line: \n, or \r where there is none
	limit     int  // bytes of a record: four fields of the largest size

	offset   int64 // in the content behind open, of what r reads next
	next     int32 // line that r reads next, from 1
	reopened int

	// The current record.
	line   int32 // on which it starts
	fields [][]byte
	first  []byte // its first line, if it has quotes
	room   []byte // its fields without quotes
	long   bool   // a field or the record is over a limit: fields are cut
	torn   bool   // a quote does not close
	bad    bool   // it holds bytes that are not UTF-8
}

// newTable opens the content as a table. The separator and the end of lines
// are told by the head.
func (in *input) newTable() *table {
	head := make([]byte, min(in.SizeBytes, tableHead))
	n, _ := io.ReadFull(in.section(), head)
	head = head[:n]
	t := &table{next: 1, limit: 4 * int(in.Limits.FieldBytes)}
	start := int64(0)
	switch {
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")):
		wide := func() io.Reader {
			return transform.NewReader(in.section(), unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM).NewDecoder())
		}
		t.open = func(offset int64) io.Reader {
			r := wide()
			_, _ = io.CopyN(io.Discard, r, offset)
			return r
		}
		n, _ = io.ReadFull(wide(), head)
		head = head[:n]
	default:
		if bytes.HasPrefix(head, []byte("\xef\xbb\xbf")) {
			start, head = 3, head[3:]
		}
		t.open = func(offset int64) io.Reader {
			return io.NewSectionReader(in.Content, start+offset, max(0, in.SizeBytes-start-offset))
		}
	}
	t.separator, t.end = separatorOf(head), lineEndOf(head)
	t.r = bufio.NewReaderSize(t.open(0), tableBuffer)
	return t
}

// separatorOf returns the sign that the first line has most of, outside of
// quotes and brackets where that leaves any.
func separatorOf(head []byte) byte {
	line := head
	if i := bytes.IndexAny(head, "\r\n"); i >= 0 {
		line = head[:i]
	}
	best, most := byte(','), bytes.Count(line, []byte{','})
	for _, sep := range []byte{';', '\t', '|'} {
		if n := bytes.Count(line, []byte{sep}); n > most {
			best, most = sep, n
		}
	}
	return best
}

func lineEndOf(head []byte) byte {
	if bytes.IndexByte(head, '\n') < 0 && bytes.IndexByte(head, '\r') >= 0 {
		return '\r'
	}
	return '\n'
}

// record reads the next record that is not an empty line, and reports whether
// there is one. Fields hold until the next call.
func (t *table) record() bool {
	for {
		t.line = t.next
		t.long, t.torn, t.bad = false, false, false
		t.room, t.fields = t.room[:0], t.fields[:0]
		line, whole, ok := t.physical()
		if !ok {
			return false
		}
		if len(line) == 0 && whole {
			continue
		}
		if bytes.IndexByte(line, '"') < 0 {
			t.split(line)
		} else {
			t.quoted(line, whole)
		}
		return true
	}
}

// physical reads one line without its end. The line holds until the next read;
// what is over the limit is left out, and then whole is false.
func (t *table) physical() (line []byte, whole, ok bool) {
	line, err := t.r.ReadSlice(t.end)
	if err == nil {
		t.offset += int64(len(line))
		t.next++
		return t.trim(line), true, true
	}
	if len(line) == 0 {
		return nil, false, false
	}
	whole = true
	long := append([]byte(nil), line...)
	t.offset += int64(len(line))
	for err == bufio.ErrBufferFull {
		line, err = t.r.ReadSlice(t.end)
		t.offset += int64(len(line))
		if len(long) < t.limit {
			long = append(long, line...)
		} else {
			whole = false
		}
	}
	t.next++
	t.long = !whole
	return t.trim(long), whole, true
}

// trim takes the end of a line off.
func (t *table) trim(line []byte) []byte {
	line = bytes.TrimSuffix(line, []byte{t.end})
	return bytes.TrimSuffix(line, []byte{'\r'})
}

// split takes a line without quotes apart.
func (t *table) split(line []byte) {
	t.bad = t.bad || !utf8.Valid(line)
	for {
		i := bytes.IndexByte(line, t.separator)
		if i < 0 || len(t.fields) >= maxFields-1 {
			t.long = t.long || i >= 0
			t.fields = append(t.fields, line)
			return
		}
		t.fields = append(t.fields, line[:i])
		line = line[i+1:]
	}
}

// quoted takes a record with quotes apart, which may go on over further lines.
func (t *table) quoted(line []byte, whole bool) {
	after, lineAfter := t.offset, t.next
	t.first = append(t.first[:0], line...)
	text, out := t.first, t.room[:0]
	var ends []int
	inside, begun, at := false, 0, 0
	for {
		for at < len(text) {
			ch := text[at]
			switch {
			case inside && ch == '"' && at+1 < len(text) && text[at+1] == '"':
				out = append(out, '"')
				at++
			case inside && ch == '"':
				inside = false
			case inside:
				out = append(out, ch)
			case ch == '"' && len(out) == begun && (at == 0 || text[at-1] == t.separator):
				inside = true
			case ch == t.separator && len(ends) < maxFields-1:
				ends = append(ends, len(out))
				begun = len(out)
			default:
				out = append(out, ch)
			}
			at++
		}
		if !inside {
			break
		}
		more, wholeMore, ok := t.physical()
		if !ok || !whole || !wholeMore || len(out)+len(more) > t.limit {
			t.unclosed(after, lineAfter)
			return
		}
		out = append(out, '\n')
		text, at = more, 0
	}
	t.bad, t.room = !utf8.Valid(out), out
	ends = append(ends, len(out))
	begun = 0
	for _, end := range ends {
		t.fields = append(t.fields, out[begun:end])
		begun = end
	}
}

// unclosed ends a record whose quote does not close with its first line, and
// reads on from there.
func (t *table) unclosed(after int64, next int32) {
	if t.reopened < maxReopened {
		t.reopened++
		t.offset, t.next = after, next
		t.r.Reset(t.open(after))
	}
	t.long = false
	t.split(t.first)
	t.torn = true
}
