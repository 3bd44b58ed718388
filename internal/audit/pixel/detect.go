package pixel

import (
	"slices"
)

// Sizes of letters that a detector looks for, in pixels of its image.
const (
	minLetter = 5
	maxLetter = 48
	reach     = 12 // of the neighborhood that a stroke must stand out from
	side      = 2*reach + 1
	area      = side * (reach + 1) // of every second row of the neighborhood
)

// detector finds rows of shapes that may be letters. It does not read: it is
// made to be cheap and to let through everything that a reader might read.
//
// It marks the pixels that stand out from the mean of their neighborhood,
// joins them into shapes, and looks for shapes of a like height that stand on
// one line close together.
type detector struct {
	lax     bool      // take fainter and shorter lines
	columns []int32   // sums of the columns in reach, with room on both sides
	runs    [2]tracer // of light and dark shapes
	lines   []line
}

// line is a row of shapes that may be letters.
type line struct {
	left, top, right, bottom int // inclusive
	letters                  float64
	score                    float64
	shade
}

// shade is how letters differ from what they stand on.
type shade struct {
	dark bool    // darker than their neighborhood
	ink  plateau // if their samples are in a range of their own; else zero
}

func (s shade) hasInk() bool { return s.ink != plateau{} }

// less orders shades, in any way.
func (s shade) less(o shade) bool {
	switch {
	case s.ink.low != o.ink.low:
		return s.ink.low < o.ink.low
	case s.ink.high != o.ink.high:
		return s.ink.high < o.ink.high
	}
	return !s.dark && o.dark
}

// tracer joins runs of marked pixels into shapes, row by row.
type tracer struct {
	above, here []run
	shapes      []shape
	open        int // start of the run at hand, -1 without one
}

type run struct{ left, right, shape int32 }

// shape is a set of marked pixels that touch.
type shape struct {
	left, top, right, bottom int32
	area, runs               int32
	parent                   int32
}

// find returns the rows of shapes that may be text in a gray image, whose rows
// begin stride apart; margin is by how much a stroke must stand out.
func (d *detector) find(gray []byte, stride, width, height int, margin int32) []line {
	d.lines = d.lines[:0]
	if width < minLetter || height < minLetter {
		return nil
	}
	d.mark(gray, stride, width, height, margin*area)
	for i := range d.runs {
		for _, l := range chain(d.runs[i].settle()) {
			l.dark = i == 1
			d.lines = append(d.lines, l)
		}
	}
	return d.lines
}

// mark runs over the image once.
func (d *detector) mark(gray []byte, stride, width, height int, margin int32) {
	d.columns = grown(d.columns, width+2*reach)
	clear(d.columns)
	for i := range d.runs {
		d.runs[i].reset()
	}
	at := func(y int) []byte { return gray[min(max(y, 0), height-1)*stride:][:width] }
	columns := d.columns[reach:][:width]
	for y := -reach - 2; y < reach; y += 2 {
		for x, v := range at(y) {
			columns[x] += int32(v)
		}
	}
	for y := range height {
		if y%2 == 0 {
			d.slide(at(y+reach), at(y-reach-2))
		}
		d.row(at(y), int32(y), margin)
	}
}

// slide moves the sums of the columns, of every second row, down by two.
func (d *detector) slide(add, drop []byte) {
	width := len(add)
	columns := d.columns[reach:][:width]
	drop = drop[:width]
	for x, v := range add {
		columns[x] += int32(v) - int32(drop[x])
	}
	for i := range reach { // the image goes on as it ends
		d.columns[i] = columns[0]
		d.columns[reach+width+i] = columns[width-1]
	}
}

// row compares each pixel of a row with the mean around it.
func (d *detector) row(row []byte, y int32, margin int32) {
	width := len(row)
	sum := int32(0)
	for _, v := range d.columns[:2*reach] {
		sum += v
	}
	light, dark := &d.runs[0], &d.runs[1]
	light.begin()
	dark.begin()
	head, tail := d.columns[2*reach:][:width], d.columns[:width]
	state, start := int32(0), int32(0)
	for x, v := range row {
		sum += head[x]
		difference := int32(v)*area - sum
		sum -= tail[x]
		now := int32(0)
		if difference > margin {
			now = 1
		} else if difference < -margin {
			now = -1
		}
		if now == state {
			continue
		}
		if state > 0 {
			light.take(start, int32(x)-1, y)
		} else if state < 0 {
			dark.take(start, int32(x)-1, y)
		}
		state, start = now, int32(x)
	}
	if state > 0 {
		light.take(start, int32(width)-1, y)
	} else if state < 0 {
		dark.take(start, int32(width)-1, y)
	}
}

// margin returns by how much a stroke must stand out: more than the noise of
// the image does, whose neighbors differ by step as a rule.
func (d *detector) margin(step int) int32 {
	if d.lax {
		return int32(min(max(8, step), 60))
	}
	return int32(min(max(10, 2*step), 100))
}

// medianStep returns the median of the steps that are not 0.
func medianStep(counts *[256]int) int {
	counts[0] = 0
	total, seen := 0, 0
	for _, n := range counts {
		total += n
	}
	for step, n := range counts {
		if seen += n; seen*2 >= total {
			return step
		}
	}
	return 0
}

func grown(s []int32, n int) []int32 {
	if cap(s) < n {
		return make([]int32, n)
	}
	return s[:n]
}

func (t *tracer) reset() {
	t.above, t.here, t.shapes = t.above[:0], t.here[:0], t.shapes[:0]
}

// begin starts a row.
func (t *tracer) begin() {
	t.above, t.here = t.here, t.above[:0]
	t.open = 0
}

// take adds a run of the row at hand, from left to right.
func (t *tracer) take(left, right, y int32) {
	for t.open < len(t.above) && t.above[t.open].right < left-1 {
		t.open++
	}
	id := int32(-1)
	for i := t.open; i < len(t.above) && t.above[i].left <= right+1; i++ {
		other := t.root(t.above[i].shape)
		if id < 0 {
			id = other
		} else if id != other {
			id = t.join(id, other)
		}
	}
	if id < 0 {
		id = int32(len(t.shapes))
		t.shapes = append(t.shapes, shape{left: left, top: y, right: right, bottom: y, parent: id})
	}
	s := &t.shapes[id]
	s.left, s.right, s.bottom = min(s.left, left), max(s.right, right), y
	s.area += right - left + 1
	s.runs++
	t.here = append(t.here, run{left, right, id})
}

func (t *tracer) root(id int32) int32 {
	for t.shapes[id].parent != id {
		t.shapes[id].parent = t.shapes[t.shapes[id].parent].parent
		id = t.shapes[id].parent
	}
	return id
}

// join makes two shapes one.
func (t *tracer) join(a, b int32) int32 {
	if a > b {
		a, b = b, a
	}
	s, o := &t.shapes[a], &t.shapes[b]
	o.parent = a
	s.left, s.top = min(s.left, o.left), min(s.top, o.top)
	s.right, s.bottom = max(s.right, o.right), max(s.bottom, o.bottom)
	s.area += o.area
	s.runs += o.runs
	return a
}

// settle returns the shapes that have the size of a letter or a short word.
func (t *tracer) settle() []shape {
	out := t.shapes[:0]
	for i := range t.shapes {
		s := t.shapes[i]
		if s.parent != int32(i) {
			continue
		}
		h, w := s.bottom-s.top+1, s.right-s.left+1
		if h < minLetter || h > maxLetter || w > 12*h || w < 1 {
			continue
		}
		out = append(out, s)
	}
	return out
}

// chain joins shapes into lines.
func chain(shapes []shape) []line {
	slices.SortFunc(shapes, func(a, b shape) int { return int(a.left - b.left) })
	const none = -1
	previous := make([]int, len(shapes)) // in its line
	next := make([]int, len(shapes))
	for i := range shapes {
		previous[i], next[i] = none, none
	}
	for i := range shapes {
		a := &shapes[i]
		best, gap := none, int32(1<<30)
		ah := a.bottom - a.top + 1
		for j := i + 1; j < len(shapes); j++ {
			b := &shapes[j]
			if b.left > a.right+2*ah {
				break
			}
			bh := b.bottom - b.top + 1
			g := b.left - a.right
			tall := max(ah, bh)
			slack := max(1, tall/8)
			aligned := abs32(a.bottom-b.bottom) <= slack || abs32(a.top-b.top) <= slack && bh*4 >= ah*3
			if !aligned || tall*10 > min(ah, bh)*18 || g > tall*12/10 || g < -ah/3 {
				continue
			}
			if g < gap && previous[j] == none {
				best, gap = j, g
			}
		}
		if best != none {
			next[i], previous[best] = best, i
		}
	}
	var lines []line
	for i := range shapes {
		if previous[i] != none {
			continue
		}
		if l, ok := judgeChain(shapes, next, i); ok {
			lines = append(lines, l)
		}
	}
	return lines
}

func judgeChain(shapes []shape, next []int, first int) (line, bool) {
	s := shapes[first]
	l := line{left: int(s.left), top: int(s.top), right: int(s.right), bottom: int(s.bottom)}
	complex := 0.0
	for i := first; i >= 0; i = next[i] {
		s := &shapes[i]
		h, w := float64(s.bottom-s.top+1), float64(s.right-s.left+1)
		perRow := float64(s.runs) / h
		letters := max(1, min(w/(0.75*h), perRow/1.3))
		l.letters += letters
		if perRow > 1.2 {
			complex += letters
		}
		l.left, l.top = min(l.left, int(s.left)), min(l.top, int(s.top))
		l.right, l.bottom = max(l.right, int(s.right)), max(l.bottom, int(s.bottom))
	}
	l.score = complex
	return l, l.letters >= 3 && complex >= 1.5 && l.right-l.left >= 2*(l.bottom-l.top)
}

func abs32(v int32) int32 {
	if v < 0 {
		return -v
	}
	return v
}
