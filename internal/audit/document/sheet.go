package document

import (
	"path"
	"strconv"
	"strings"
	"time"

	"assay/internal/audit/archive"
)

// Bounds of a workbook: its shared strings, and the columns of a row.
const (
	maxShared  = 2 << 20
	maxColumns = 16_384
)

// sheets judges the tables of a workbook by the names of their columns. Their
// text is scanned elsewhere.
//
// Source: ECMA-376 Part 1, Sections 18.3 and 18.4.
func (in *inspection) sheets(files *archive.FS) error {
	shared, err := in.sharedStrings(files)
	if err != nil {
		return err
	}
	for _, name := range files.Files() {
		if strings.HasPrefix(name, "xl/worksheets/") && path.Ext(name) == ".xml" {
			s := &sheet{in: in, shared: shared}
			if err := in.officeWalk(files, name, xmlVisitor{text: s.text, attribute: s.attribute, end: s.end}); err != nil {
				return err
			}
			in.bareColumns(s.columns, s.strong)
		}
	}
	return nil
}

// sharedStrings returns the texts that cells refer to by number.
func (in *inspection) sharedStrings(files *archive.FS) ([]string, error) {
	var list []string
	var item strings.Builder
	left := in.Limits.InflatedBytes
	err := in.officeWalk(files, "xl/sharedStrings.xml", xmlVisitor{
		text: func(stack []string, s string, _ int64) {
			if len(stack) > 1 && stack[len(stack)-1] == "t" && stack[len(stack)-2] != "rPh" && int64(item.Len()+len(s)) <= left {
				item.WriteString(s)
			}
		},
		attribute: func([]string, string, string, int64) {},
		end: func(stack []string) {
			if stack[len(stack)-1] != "si" || len(list) >= maxShared {
				return
			}
			left -= int64(item.Len())
			list = append(list, item.String())
			item.Reset()
		},
	})
	return list, err
}

// sheet reads one worksheet row by row. Its first row with text names the
// columns.
type sheet struct {
	in      *inspection
	shared  []string
	columns []column
	fields  []string
	strong  bool

	column int    // of the cell being read, from 0
	kind   string // its type
	value  strings.Builder
}

func (s *sheet) attribute(stack []string, name, value string, _ int64) {
	if stack[len(stack)-1] != "c" {
		return
	}
	switch name {
	case "r":
		s.column = columnOf(value)
	case "t":
		s.kind = value
	}
}

// columnOf returns the number, from 0, of a cell such as "AB12"; -1 if it is
// none.
func columnOf(cell string) int {
	n := 0
	for i := 0; i < len(cell) && cell[i] >= 'A' && cell[i] <= 'Z'; i++ {
		if n = 26*n + int(cell[i]-'A') + 1; n > maxColumns {
			return -1
		}
	}
	return n - 1
}

func (s *sheet) text(stack []string, text string, _ int64) {
	if len(stack) == 0 {
		return
	}
	if last := stack[len(stack)-1]; (last == "v" || last == "t") && s.value.Len() < maxScan {
		s.value.WriteString(text)
	}
}

func (s *sheet) end(stack []string) {
	switch stack[len(stack)-1] {
	case "c":
		s.cell()
	case "row":
		s.row()
	}
}

// cell takes the value of a cell that has ended.
func (s *sheet) cell() {
	v := strings.TrimSpace(s.value.String())
	if s.kind == "s" {
		n, err := strconv.Atoi(v)
		if v = ""; err == nil && n >= 0 && n < len(s.shared) {
			v = s.shared[n]
		}
	}
	if s.column < 0 {
		s.column = len(s.fields)
	}
	for len(s.fields) <= s.column && len(s.fields) < maxColumns {
		s.fields = append(s.fields, "")
	}
	if s.column < len(s.fields) {
		if i := s.column; s.kind == "" && i < len(s.columns) {
			v = dayOf(s.columns[i].promise, v)
		}
		s.fields[s.column] = v
	}
	s.value.Reset()
	s.kind, s.column = "", -1
}

// dayOf writes the number of a day, as cells hold dates, as a date if the
// column promises one.
func dayOf(p promise, v string) string {
	n, err := strconv.ParseFloat(v, 64)
	if err != nil || n < 366 || n > 80_000 || p.kind != "birth" && p.kind != "date" {
		return v
	}
	return time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC).AddDate(0, 0, int(n)).Format(time.DateOnly)
}

// row judges a row that has ended.
func (s *sheet) row() {
	fields := s.fields
	s.fields = s.fields[:0]
	switch {
	case strings.Join(fields, "") == "":
	case s.columns == nil:
		s.columns = headerColumns(fields)
	default:
		for i, v := range fields {
			if i < len(s.columns) {
				s.strong = s.in.cell(&s.columns[i], v, 0) || s.strong
			}
		}
	}
}
