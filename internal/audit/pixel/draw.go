package pixel

import "slices"

// Sizes in a raster, in pixels.
const (
	letterHeight = 34 // at which readers of text read best
	maxEnlarge   = 4
	between      = 14 // parts, in white
)

// region is a part of a frame that is rendered: lines that stand close, with
// the room around them that a reader needs.
type region struct {
	shade
	left, top, width, height int
	scale                    float64
	weight                   float64
	even                     int // height of the letters, if the ground is to be made even; else 0
}

// block is lines that stand close together.
type block struct {
	line            // around all of them
	height  int     // of the line with the most letters
	best    float64 // its letters
	weights map[shade]float64
}

// regions returns what to render for lines, the surest first. Where letters
// were found by their ink as well as by their contrast, both are rendered.
func (f *finder) regions(lines []line, p *plane) []region {
	var out []region
	for _, b := range blocks(lines) {
		r := region{}
		h := b.height
		r.left, r.top = max(b.left-3*h, 0), max(b.top-h-2, 0)
		r.width = min(b.right+3*h, p.width-1) - r.left + 1
		r.height = min(b.bottom+h+2, p.height-1) - r.top + 1
		r.scale = min(max(letterHeight/float64(h), 0.25), maxEnlarge)
		for _, hasInk := range []bool{true, false} {
			if s, w := b.strongest(hasInk); w > 0 {
				r.shade, r.weight = s, w
				out = append(out, r)
				if !hasInk && f.isRestless(r, h, p.width) {
					out = append(out, r.evened(b, p))
				}
			}
		}
	}
	slices.SortStableFunc(out, func(a, b region) int { return int(8 * (b.weight - a.weight)) })
	return out[:min(len(out), maxParts)]
}

// blocks joins lines that are close together and of a like height.
func blocks(lines []line) []*block {
	var list []*block
	for _, l := range lines {
		b := &block{line: l, height: l.bottom - l.top + 1, best: l.letters, weights: map[shade]float64{l.shade: l.score}}
		for again := true; again; {
			again = false
			for i, o := range list {
				if b.isNear(o) {
					b.join(o)
					list = slices.Delete(list, i, i+1)
					again = true
					break
				}
			}
		}
		list = append(list, b)
	}
	return list
}

func (b *block) isNear(o *block) bool {
	h := max(b.height, o.height)
	if h > 2*min(b.height, o.height) {
		return false
	}
	across := max(b.left, o.left) - min(b.right, o.right)
	down := max(b.top, o.top) - min(b.bottom, o.bottom)
	return across < 3*h && down <= h
}

func (b *block) join(o *block) {
	b.left, b.top = min(b.left, o.left), min(b.top, o.top)
	b.right, b.bottom = max(b.right, o.right), max(b.bottom, o.bottom)
	if o.best > b.best {
		b.best, b.height = o.best, o.height
	}
	for s, w := range o.weights {
		b.weights[s] += w
	}
}

// strongest returns the shade of most of the letters, of those found by their
// ink or of the others.
func (b *block) strongest(hasInk bool) (best shade, weight float64) {
	for s, w := range b.weights {
		if s.hasInk() != hasInk || w < weight {
			continue
		}
		if w > weight || s.less(best) { // the same for any order of the map
			best, weight = s, w
		}
	}
	return best, weight
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
	switch {
	case r.even > 0:
		evenGround(out, r.width, r.height, r.even)
		settle(out, r.width, r.height, r.even/2)
	case !r.hasInk():
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
