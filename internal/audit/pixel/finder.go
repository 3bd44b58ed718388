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
// pixels of the frame.
func (f *finder) look(p *plane, padding int, onlyBit bool) []line {
	f.gray = sized(f.gray, int64(len(p.samples)))
	f.tone.count(p.samples, padding)
	var lines []line
	if onlyBit {
		f.tone.linear(0, 1)
	} else {
		f.tone.wide()
		for _, v := range f.tone.plateaus() {
			for top, rows := range bands(p.width, p.height) {
				part := p.samples[top*p.width:][:rows*p.width]
				lines = append(lines, lowered(f.detect.plateau(part, p.width, v), top)...)
			}
		}
	}
	f.tone.render(p.samples, f.gray)
	for top, rows := range bands(p.width, p.height) {
		lines = append(lines, lowered(f.detect.find(f.gray[top*p.width:], p.width, rows), top)...)
	}
	if p.width >= 100 && p.height >= 60 {
		w, h := f.shrink(p.width, p.height)
		for _, l := range f.detect.find(f.small, w, h) {
			l.left, l.top = l.left*scaleOfLarge, l.top*scaleOfLarge
			l.right, l.bottom = l.right*scaleOfLarge+2, l.bottom*scaleOfLarge+2
			lines = append(lines, l)
		}
	}
	return slices.DeleteFunc(lines, func(l line) bool { return !f.isText(l, p.width, p.height) })
}

// bandPixels bounds what is searched at a time, for in noise every few pixels
// are a shape that takes memory.
const bandPixels = 4 << 20

// bands yields the first row and the number of rows of each part of a frame
// that is searched at a time. They overlap by more than a line.
func bands(width, height int) iter.Seq2[int, int] {
	const overlap = 2 * maxLetter
	rows := max(bandPixels/max(width, 1), 2*overlap)
	return func(yield func(int, int) bool) {
		for top := 0; ; top += rows - overlap {
			n := min(rows, height-top)
			if !yield(top, n) || top+n == height {
				return
			}
		}
	}
}

// lowered moves lines of a part of a frame to their place in it.
func lowered(lines []line, by int) []line {
	for i := range lines {
		lines[i].top += by
		lines[i].bottom += by
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

// shrink makes the rendered frame smaller.
func (f *finder) shrink(width, height int) (int, int) {
	w, h := width/scaleOfLarge, height/scaleOfLarge
	f.small = sized(f.small, int64(w*h))
	for y := range h {
		a := f.gray[3*y*width:][:width]
		b := f.gray[(3*y+1)*width:][:width]
		c := f.gray[(3*y+2)*width:][:width]
		out := f.small[y*w:][:w]
		for x := range out {
			n := 3 * x
			sum := int(a[n]) + int(a[n+1]) + int(a[n+2]) + int(b[n]) + int(b[n+1]) + int(b[n+2]) + int(c[n]) + int(c[n+1]) + int(c[n+2])
			out[x] = byte(sum / 9)
		}
	}
	return w, h
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
