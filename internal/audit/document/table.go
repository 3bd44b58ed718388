package document

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"assay/internal/audit/finding"
	"assay/internal/audit/sniff"
)

// errField says that a field is over the limit.
var errField = errors.New("field over the limit")

// csvReader reads records of separated values without ever holding more than
// one record, each field of which is at most limit bytes.
//
// Source: RFC 4180; quotes within unquoted fields are taken as they are.
type csvReader struct {
	r         *bufio.Reader
	separator byte
	limit     int64
	offset    int64
}

// maxFields bounds the fields of one record.
const maxFields = 100_000

// record returns the fields of the next record and where it starts.
func (c *csvReader) record(fields []string) ([]string, int64, error) {
	fields = fields[:0]
	start := c.offset
	var b strings.Builder
	quoted, wasQuoted, any := false, false, false
	for {
		ch, err := c.r.ReadByte()
		if err != nil {
			if !any {
				return nil, start, io.EOF
			}
			return append(fields, b.String()), start, nil
		}
		c.offset++
		any = true
		switch {
		case ch == '"' && quoted:
			if next, err := c.r.Peek(1); err == nil && next[0] == '"' {
				c.r.ReadByte()
				c.offset++
				b.WriteByte('"')
				continue
			}
			quoted = false
		case ch == '"' && b.Len() == 0 && !wasQuoted:
			quoted, wasQuoted = true, true
		case quoted:
			b.WriteByte(ch)
		case ch == c.separator:
			if len(fields) >= maxFields {
				return nil, start, errField
			}
			fields = append(fields, b.String())
			b.Reset()
			wasQuoted = false
		case ch == '\r':
			if next, err := c.r.Peek(1); err == nil && next[0] == '\n' {
				continue
			}
			return append(fields, b.String()), start, nil
		case ch == '\n':
			return append(fields, b.String()), start, nil
		default:
			b.WriteByte(ch)
		}
		if int64(b.Len()) > c.limit {
			return nil, start, errField
		}
	}
}

// column is what is known of a column while its table is read.
type column struct {
	word    string
	promise promise
	found   bool // its name promises identifiers
	bare    bool // it is called name, which alone promises nothing
	path    string
	persons int   // values of a bare column that look like persons
	first   int64 // where the first of them stands
	shape   string
}

// table reads CSV or TSV: columns that promise identifiers, and the text of
// every field.
func (in *inspection) table(kind sniff.Kind) error {
	r, exact := in.reader()
	separator := byte('\t')
	if kind == sniff.CSV {
		separator = separatorOf(r)
	}
	reader := &csvReader{r: r, separator: separator, limit: in.Limits.FieldBytes}
	var columns []column
	var fields []string
	strong := false
	for count := 0; ; count++ {
		if count%4096 == 0 {
			if err := in.ctx.Err(); err != nil {
				return err
			}
		}
		var offset int64
		var err error
		fields, offset, err = reader.record(fields)
		if errors.Is(err, errField) {
			in.refuse("Record %d of the table has a field of more than %d bytes, or more than %d fields; these are the limits.", count+1, in.Limits.FieldBytes, maxFields)
			return nil
		}
		if err != nil {
			break
		}
		if !exact {
			offset = 0
		}
		if count == 0 {
			columns = headerColumns(fields)
			in.scanHeader(fields, columns, offset)
			continue
		}
		for i, v := range fields {
			path := fmt.Sprintf("column %d", i+1)
			if i < len(columns) {
				strong = in.cell(&columns[i], v, offset) || strong
				path = columns[i].path
			}
			in.scan(ruleReport, path, v, offset)
		}
	}
	in.bareColumns(columns, strong)
	return nil
}

// separatorOf returns the sign that the first line has most of.
func separatorOf(r *bufio.Reader) byte {
	head, _ := r.Peek(4096)
	line, _, _ := strings.Cut(string(head), "\n")
	best, most := byte(','), strings.Count(line, ",")
	for _, sep := range []byte{';', '\t', '|'} {
		if n := strings.Count(line, string(sep)); n > most {
			best, most = sep, n
		}
	}
	return best
}

func headerColumns(names []string) []column {
	columns := make([]column, len(names))
	for i, name := range names {
		c := &columns[i]
		c.path = fmt.Sprintf("column %d", i+1)
		c.word, c.promise, c.found = promiseOf(strings.TrimSpace(name))
		c.bare = fold(name) == "name"
		if c.found {
			c.path = "column " + c.word
		}
	}
	return columns
}

// scanHeader scans the first record as text, where it holds no known names.
func (in *inspection) scanHeader(fields []string, columns []column, offset int64) {
	for i, v := range fields {
		if !columns[i].found {
			in.scan(ruleReport, columns[i].path, v, offset)
		}
	}
}

// cell notes a value of a column that promises identifiers, and reports
// whether it is one beyond doubt.
func (in *inspection) cell(c *column, v string, offset int64) bool {
	if c.found {
		return in.promised("column", c.word, c.promise, v, offset)
	}
	if c.bare && personShaped(v) && filled(v) {
		if c.persons++; c.persons == 1 {
			c.first, c.shape = offset, finding.Mask(v)
		}
	}
	return false
}

// bareColumns judges columns that are called name and no more: beside other
// identifiers they hold persons.
func (in *inspection) bareColumns(columns []column, strong bool) {
	for _, c := range columns {
		if !c.bare || c.persons == 0 {
			continue
		}
		severity := finding.Warning
		if strong {
			severity = finding.Blocker
		}
		for range min(c.persons, 1_000_000) {
			in.add(ruleColumns, hit{severity: severity, hipaa: []string{"A"}, path: "column name", shape: c.shape, offset: c.first,
				message: "The column is called name, and its values look like persons."})
			c.first = 0
		}
	}
}
