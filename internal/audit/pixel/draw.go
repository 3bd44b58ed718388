package pixel

import "slices"

// Sizes in a raster, in pixels.
const (
	letterHeight = 28 // at which readers of text read best
	maxEnlarge   = 4
	between      = 14 // parts, in white
)

// region is the part of a frame around a line that is rendered.
type region struct {
	line
	left, top, width, height int
	scale                    float64
}

// regions returns what to render for lines, the surest first: those of the
// same row joined, each with the room around it that a reader needs.
func (f *finder) regions(lines []line, p *plane) []region {
	lines = slices.Clone(lines)
	slices.SortStableFunc(lines, func(a, b line) int { return int(8 * (b.weight() - a.weight())) })
	var rows []line
	for _, l := range lines {
		i := slices.IndexFunc(rows, l.isRowOf)
		if i >= 0 {
			r := &rows[i]
			r.left, r.right = min(r.left, l.left), max(r.right, l.right)
			r.top, r.bottom = min(r.top, l.top), max(r.bottom, l.bottom)
		} else if len(rows) < maxParts {
			rows = append(rows, l)
		}
	}
	out := make([]region, 0, len(rows))
	for _, l := range rows {
		h := l.bottom - l.top + 1
		r := region{line: l}
		r.left, r.top = max(l.left-3*h, 0), max(l.top-h*3/4-2, 0)
		r.width = min(l.right+3*h, p.width-1) - r.left + 1
		r.height = min(l.bottom+h*3/4+2, p.height-1) - r.top + 1
		r.scale = min(max(letterHeight/float64(h), 0.25), maxEnlarge)
		out = append(out, r)
	}
	return out
}

// hasInk reports whether a line was found by the range of its samples.
func (l line) hasInk() bool { return l.ink != plateau{} }

// weight orders lines: samples of one value are the surest.
func (l line) weight() float64 {
	if l.hasInk() {
		return l.score + 100
	}
	return l.score
}

// isRowOf reports whether l continues or repeats m.
func (l line) isRowOf(m line) bool {
	lh, mh := l.bottom-l.top+1, m.bottom-m.top+1
	overlap := min(l.bottom, m.bottom) - max(l.top, m.top) + 1
	gap := max(l.left, m.left) - min(l.right, m.right)
	if l.ink != m.ink || l.dark != m.dark {
		return l.ink == m.ink && l.overlaps(m) && lh < 2*mh
	}
	return 2*overlap > min(lh, mh) && gap < 3*max(lh, mh) && max(lh, mh) < 2*min(lh, mh)
}

// draw writes the regions below each other, dark letters on a light ground.
func (f *finder) draw(out *Raster, p *plane, regions []region) {
	width, height := 0, between
	for i, r := range regions {
		w, h := max(int(float64(r.width)*r.scale), 1), max(int(float64(r.height)*r.scale), 1)
		if max(width, w)*(height+h+between) > maxRasterPixels {
			regions = regions[:i]
			break
		}
		out.Parts = append(out.Parts, Part{Box: Box{between, height, w, h}, Left: r.left, Top: r.top, Scale: r.scale})
		width, height = max(width, w), height+h+between
	}
	if len(regions) == 0 {
		return
	}
	out.Width, out.Height, out.Scale = width+2*between, height, regions[0].scale
	out.Gray = make([]byte, out.Width*out.Height)
	for i := range out.Gray {
		out.Gray[i] = 255
	}
	for i, r := range regions {
		b := out.Parts[i].Box
		piece := f.piece(p, r)
		large := make([]byte, b.Width*b.Height)
		enlarge(large, b.Width, b.Height, piece, r.width, r.height, 0, 0, r.scale)
		for y := range b.Height {
			copy(out.Gray[(b.Y+y)*out.Width+b.X:], large[y*b.Width:][:b.Width])
		}
	}
}

// piece renders a region at the size of the frame.
func (f *finder) piece(p *plane, r region) []byte {
	out := make([]byte, r.width*r.height)
	var counts [256]int
	for y := range r.height {
		at := (r.top+y)*p.width + r.left
		row := out[y*r.width:][:r.width]
		if r.hasInk() {
			for x, v := range p.samples[at:][:r.width] {
				if v < r.ink.low || v > r.ink.high {
					row[x] = 255
				}
			}
			continue
		}
		for x, v := range f.gray[at:][:r.width] {
			if !r.dark {
				v = 255 - v
			}
			row[x] = v
			counts[v]++
		}
	}
	if !r.hasInk() {
		stretch(out, &counts)
	}
	return out
}

// stretch spreads the grays of a piece over all there are.
func stretch(gray []byte, counts *[256]int) {
	low, high := 0, 255
	few := len(gray) / 200
	for n := 0; low < 254 && n+counts[low] <= few; low++ {
		n += counts[low]
	}
	for n := 0; high > low+1 && n+counts[high] <= few; high-- {
		n += counts[high]
	}
	for i, v := range gray {
		gray[i] = level(int(v), low, high, 0, 255)
	}
}
