package pixel

import (
	"iter"
	"slices"
	"sync"
)

// Bounds of what is handed to the reader of text.
const (
	maxRasters      = 8
	maxRasterPixels = 4 << 20
	maxParts        = 24 // of a raster
)

// finder decides which frames may hold letters and renders them.
type finder struct {
	gate   gate
	tone   *tone
	gray   []byte
	small  []byte
	detect detector
	kept   []candidate
	spare  []candidate // of frames in between, which show the same as a rule
}

// candidate is a frame in which letters may stand.
type candidate struct {
	raster Raster
	lines  []line
}

// finders are used again: their tables cost more than a small frame does.
var finders = sync.Pool{New: func() any { return &finder{tone: newTone()} }}

// newFinder returns a finder. lax lets more through, for images that are
// likely to show text. Give it back with release.
func newFinder(lax bool) *finder {
	f := finders.Get().(*finder)
	f.detect.lax = lax
	return f
}

// release lets others use the finder; large buffers are let go.
func (f *finder) release() {
	f.kept, f.spare = nil, nil
	if cap(f.gray) > maxRasterPixels {
		f.gray, f.small = nil, nil
	}
	finders.Put(f)
}

// scaleOfLarge is by how much a frame is shrunk to find large letters.
const scaleOfLarge = 3

// look renders a frame and returns the lines in it that may be text, in
// pixels of the frame. Without any, the frame is not rendered but in part.
func (f *finder) look(p *plane, padding int, onlyBit bool) []line {
	spans := []place{{0, 0, p.width, p.height}}
	if !onlyBit && !f.detect.lax {
		if spans = f.gate.spans(p, padding); len(spans) == 0 {
			return nil
		}
	}
	f.gray = sized(f.gray, int64(len(p.samples)))
	f.tone.count(p.samples, padding)
	var lines []line
	if onlyBit {
		f.tone.linear(0, 1)
	} else {
		f.tone.wide()
		for _, v := range f.tone.plateaus() {
			for s := range bands(spans) {
				found := f.detect.plateau(p.samples[s.top*p.width+s.left:], p.width, s.width, s.rows, v)
				lines = append(lines, moved(found, s, p.width, p.height)...)
			}
		}
	}
	margin := f.detect.margin(f.tone.noise(p))
	for _, s := range spans {
		for y := s.top; y < s.top+s.rows; y++ {
			at := y*p.width + s.left
			f.tone.render(p.samples[at:][:s.width], f.gray[at:][:s.width])
		}
	}
	for s := range bands(spans) {
		found := f.detect.find(f.gray[s.top*p.width+s.left:], p.width, s.width, s.rows, margin)
		lines = append(lines, moved(found, s, p.width, p.height)...)
	}
	if p.width >= 100 && p.height >= 60 {
		lines = append(lines, f.large(p, spans)...)
	}
	lines = slices.DeleteFunc(lines, func(l line) bool { return !f.isText(l, p.width, p.height) })
	if len(lines) > 0 {
		f.tone.render(p.samples, f.gray) // for the overview
	}
	return lines
}

// large finds lines of large letters, in the frame made smaller.
func (f *finder) large(p *plane, spans []place) []line {
	w, h := p.width/scaleOfLarge, p.height/scaleOfLarge
	f.small = sized(f.small, int64(w*h))
	margin := f.detect.margin(f.noiseOfSmall(p))
	var lines []line
	for _, s := range spans {
		s := s.shrunk()
		if s.width > 0 && s.rows > 0 {
			f.shrink(s, p.width)
			lines = append(lines, moved(f.detect.find(f.small[s.top*w+s.left:], w, s.width, s.rows, margin), s, w, h)...)
		}
	}
	for i := range lines {
		l := &lines[i]
		l.left, l.top = l.left*scaleOfLarge, l.top*scaleOfLarge
		l.right, l.bottom = l.right*scaleOfLarge+2, l.bottom*scaleOfLarge+2
	}
	return lines
}

// bandPixels bounds what is searched at a time, for in noise every few pixels
// are a shape that takes memory.
const bandPixels = 4 << 20

// bands yields each part of spans of a frame that is searched at a time. They
// overlap by more than a line.
func bands(spans []place) iter.Seq[place] {
	const overlap = 2 * maxLetter
	return func(yield func(place) bool) {
		for _, s := range spans {
			most := max(bandPixels/max(s.width, 1), 2*overlap)
			for end := s.top + s.rows; ; s.top += most - overlap {
				s.rows = min(most, end-s.top)
				if !yield(s) {
					return
				}
				if s.top+s.rows == end {
					break
				}
			}
		}
	}
}

// moved moves lines of a part of a frame to their place in it, and drops those
// of shapes that were cut off.
func moved(lines []line, s place, width, height int) []line {
	lines = slices.DeleteFunc(lines, func(l line) bool {
		return l.top == 0 && s.top > 0 || l.bottom == s.rows-1 && s.top+s.rows < height ||
			l.left == 0 && s.left > 0 || l.right == s.width-1 && s.left+s.width < width
	})
	for i := range lines {
		l := &lines[i]
		l.left, l.top, l.right, l.bottom = l.left+s.left, l.top+s.top, l.right+s.left, l.bottom+s.top
	}
	return lines
}

// isText reports whether what a line shows has the sharp strokes of one gray
// that letters have, and anatomy has not. Many letters in a row may stand on a
// restless ground.
func (f *finder) isText(l line, width, height int) bool {
	d := describe(f.gray, width, height, l)
	if f.detect.lax {
		return d.sharp >= 0.4 && d.uniform >= 0.1 && d.separate >= 0.55
	}
	if d.contrast < 20 || d.sharp < 0.6 || d.uniform < 0.17 {
		return false
	}
	isLong := l.letters >= 8 && l.score >= 5 && d.sharp >= 0.75
	return d.separate >= 0.7 || d.separate >= 0.68 && d.uniform >= 0.25 || isLong && d.separate >= 0.55
}

// shrunk is the part of the frame made smaller that shows nothing but s.
func (s place) shrunk() place {
	out := place{left: (s.left + scaleOfLarge - 1) / scaleOfLarge, top: (s.top + scaleOfLarge - 1) / scaleOfLarge}
	out.width = (s.left+s.width)/scaleOfLarge - out.left
	out.rows = (s.top+s.rows)/scaleOfLarge - out.top
	return out
}

// shrink makes the rendered frame, width pixels wide, smaller, in s.
func (f *finder) shrink(s place, width int) {
	w := width / scaleOfLarge
	for y := s.top; y < s.top+s.rows; y++ {
		a := f.gray[3*y*width:][:width]
		b := f.gray[(3*y+1)*width:][:width]
		c := f.gray[(3*y+2)*width:][:width]
		out := f.small[y*w:][:w]
		for x := s.left; x < s.left+s.width; x++ {
			n := 3 * x
			sum := int(a[n]) + int(a[n+1]) + int(a[n+2]) + int(b[n]) + int(b[n+1]) + int(b[n+2]) + int(c[n]) + int(c[n+1]) + int(c[n+2])
			out[x] = byte(sum / 9)
		}
	}
}

// noiseOfSmall returns the median step between neighbors in the frame made
// smaller, of those that differ.
func (f *finder) noiseOfSmall(p *plane) int {
	var counts [256]int
	sum := func(x, y int) (n int) {
		for j := range scaleOfLarge {
			for _, v := range p.samples[(y+j)*p.width+x:][:scaleOfLarge] {
				n += int(f.tone.table[v])
			}
		}
		return n / (scaleOfLarge * scaleOfLarge)
	}
	for y := 0; y+scaleOfLarge <= p.height; y += 4 * scaleOfLarge {
		for x := 0; x+2*scaleOfLarge <= p.width; x += 3 * scaleOfLarge {
			d := sum(x, y) - sum(x+scaleOfLarge, y)
			counts[max(d, -d)]++
		}
	}
	return medianStep(&counts)
}

// frame looks at a frame, numbered from 1, and keeps what may be read in it.
// Frames between the first, the middle and the last are kept only for lines
// in places where none was found before.
func (f *finder) frame(s *series, number int, p *plane) {
	lines := f.look(p, s.padding(), s.onlyBit)
	if len(lines) == 0 {
		return
	}
	count := s.reader.count
	isMain := number <= 1 || number == count || number == (count+1)/2
	if !isMain && (len(f.spare) == maxRasters || f.knows(s, lines)) {
		return
	}
	c := candidate{lines: lines, raster: Raster{Source: s.picture.source, Frame: number, Offset: s.picture.offset}}
	f.draw(&c.raster, p, f.regions(lines, p))
	if c.raster.Gray == nil {
		return
	}
	c.raster.Overview = newOverview(f.gray, p.width, p.height)
	c.raster.Marks = boxesOf(lines)
	if isMain && len(f.kept) < maxRasters {
		f.kept = append(f.kept, c)
	} else if len(f.spare) < maxRasters {
		f.spare = append(f.spare, c)
	}
}

// knows reports whether each of the lines stands where one stood in a frame
// of the same picture.
func (f *finder) knows(s *series, lines []line) bool {
	for _, l := range lines {
		found := false
		for _, list := range [][]candidate{f.kept, f.spare} {
			for _, c := range list {
				found = found || c.raster.Source == s.picture.source && slices.ContainsFunc(c.lines, l.overlaps)
			}
		}
		if !found {
			return false
		}
	}
	return true
}

// overlaps reports whether l and m cover the same place, more or less.
func (l line) overlaps(m line) bool {
	w := min(l.right, m.right) - max(l.left, m.left) + 1
	h := min(l.bottom, m.bottom) - max(l.top, m.top) + 1
	return w > 0 && h > 0 && 2*w*h > (l.right-l.left+1)*(l.bottom-l.top+1)
}

// rasters returns what was kept, the most telling first.
func (f *finder) rasters() []Raster {
	var out []Raster
	for _, list := range [][]candidate{f.kept, f.spare} {
		for _, c := range list {
			if len(out) < maxRasters {
				out = append(out, c.raster)
			}
		}
	}
	return out
}
