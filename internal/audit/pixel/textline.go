package pixel

import (
	"cmp"
	"slices"
	"strings"
)

// textLine is a row of words, from left to right.
type textLine struct {
	words  []placed
	bounds [][2]int // of each word in what join returned last
	top    int
	bottom int
}

// placed is a word and its index among the words of the raster.
type placed struct {
	Word
	index int
}

// linesOf returns the lines of words as the reader saw them, and the rows that
// several of them make side by side: a label and its value, set far apart,
// are lines of their own to a reader of sparse text.
func linesOf(words []Word) []textLine {
	byNumber := map[int]int{}
	var lines []textLine
	for i, w := range words {
		if w.Confidence < noiseWord || w.Box.Height <= 0 || w.Box.Width <= 0 {
			continue
		}
		n, ok := byNumber[w.Line]
		if !ok {
			n = len(lines)
			byNumber[w.Line] = n
			lines = append(lines, textLine{top: w.Box.Y, bottom: w.Box.Y + w.Box.Height})
		}
		l := &lines[n]
		l.words = append(l.words, placed{w, i})
		l.top, l.bottom = min(l.top, w.Box.Y), max(l.bottom, w.Box.Y+w.Box.Height)
	}
	return append(lines, rowsOf(lines)...)
}

// rowsOf joins lines of one height that lie beside each other.
func rowsOf(lines []textLine) []textLine {
	order := make([]int, len(lines))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(lines[a].top+lines[a].bottom, lines[b].top+lines[b].bottom), cmp.Compare(a, b))
	})
	var rows []textLine
	for i := 0; i < len(order); {
		first := lines[order[i]]
		row := textLine{words: slices.Clone(first.words), top: first.top, bottom: first.bottom}
		n := 1
		for i++; i < len(order); i++ {
			l := lines[order[i]]
			common := min(row.bottom, l.bottom) - max(row.top, l.top)
			if 2*common < max(row.bottom-row.top, l.bottom-l.top) {
				break
			}
			if !row.crosses(l) {
				row.words = append(row.words, l.words...)
				n++
			}
		}
		if n > 1 {
			slices.SortStableFunc(row.words, func(a, b placed) int { return cmp.Compare(a.Box.X, b.Box.X) })
			rows = append(rows, row)
		}
	}
	return rows
}

// crosses reports whether words of l lie over words of the row: another
// reading of the same place.
func (row *textLine) crosses(l textLine) bool {
	for _, a := range l.words {
		for _, b := range row.words {
			if min(a.Box.X+a.Box.Width, b.Box.X+b.Box.Width) > max(a.Box.X, b.Box.X) {
				return true
			}
		}
	}
	return false
}

// join returns the words of the line with blanks between them, each changed
// by f if there is one, and notes their bounds.
func (l *textLine) join(f func(string) string) string {
	var b strings.Builder
	l.bounds = l.bounds[:0]
	for i, w := range l.words {
		if i > 0 {
			b.WriteByte(' ')
		}
		s := w.Text
		if f != nil {
			s = f(s)
		}
		l.bounds = append(l.bounds, [2]int{b.Len(), b.Len() + len(s)})
		b.WriteString(s)
	}
	return b.String()
}
