package audit

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"

	"assay/internal/audit/deid"
)

// Bounds of the texts of a set that are kept. Each costs some bytes beside its
// own, so that many short ones are bounded too.
const (
	maxResidualBytes = 4 << 20
	residualCost     = 32
)

// Residual takes the distinct texts of a set that hold words outside the
// vocabulary, for the seller to read. It holds values that may identify
// somebody, at most 4 MiB: nothing of it may go into a report, a log, an error
// or a row. The zero value is ready to use; it is filled by one Run.
type Residual struct {
	texts  map[deid.Text]int
	bytes  int
	beyond int
}

// ResidualText is a distinct text of one attribute.
type ResidualText struct {
	Attribute string // a keyword or a tag; "text of pdf" outside DICOM
	Text      string
	Count     int // files and items in which it stands
}

// take adds the texts of one file.
func (r *Residual) take(f *Facts) {
	if f.Header != nil {
		r.add(f.Header.Texts, f.Header.TextsBeyond)
	}
	r.add(f.Texts, f.TextsBeyond)
}

func (r *Residual) add(texts []deid.Text, beyond int) {
	r.beyond += beyond
	for _, t := range texts {
		if _, known := r.texts[t]; !known {
			cost := residualCost + len(t.Attribute) + len(t.Value)
			if r.bytes+cost > maxResidualBytes {
				r.beyond++
				continue
			}
			if r.texts == nil {
				r.texts = map[deid.Text]int{}
			}
			r.bytes += cost
		}
		r.texts[t]++
	}
}

// Texts returns the texts by attribute, the commonest first.
func (r *Residual) Texts() []ResidualText {
	list := make([]ResidualText, 0, len(r.texts))
	for t, n := range maps.All(r.texts) {
		list = append(list, ResidualText{t.Attribute, t.Value, n})
	}
	slices.SortFunc(list, func(a, b ResidualText) int {
		return cmp.Or(cmp.Compare(a.Attribute, b.Attribute), cmp.Compare(b.Count, a.Count), cmp.Compare(a.Text, b.Text))
	})
	return list
}

// Beyond returns how many texts did not fit.
func (r *Residual) Beyond() int { return r.beyond }

// WriteTo writes the texts as tab-separated lines: attribute, count, text. The
// text is quoted as in Go, so that it cannot control a terminal or break a
// line.
func (r *Residual) WriteTo(w io.Writer) (int64, error) {
	b := bufio.NewWriter(w)
	total := int64(0)
	line := func(format string, args ...any) {
		n, _ := fmt.Fprintf(b, format, args...) // Flush returns the error
		total += int64(n)
	}
	line("attribute\tcount\ttext\n")
	for _, t := range r.Texts() {
		line("%s\t%d\t%s\n", t.Attribute, t.Count, strconv.QuoteToGraphic(t.Text))
	}
	if r.beyond > 0 {
		line("# %d more did not fit\n", r.beyond)
	}
	return total, b.Flush()
}
