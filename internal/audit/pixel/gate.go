package pixel

import (
	"encoding/binary"
	"math/bits"
)

// Figures of the gate.
const (
	gateLevels = 1 << 14 // of its histogram
	gateTile   = 32      // columns of a tile
	gateRows   = 8       // rows of a tile, of which every second counts
	gateTop    = 63      // the lightest gray of 6 bits
	gateEdge   = 11      // grays for the rare extremes on both sides
	gateFaint  = 4       // least step of a stroke
	gateSteep  = 20      // most that noise may ask of it
	gateMargin = 24      // rows searched beyond the tiles
	gateBeside = 64      // columns the same
	leastEdges = 14      // of either direction, in two by two tiles
)

// gate is the first look at a frame: it rules out most of them for a small
// part of what a search for letters costs.
//
// Letters have strokes, so a row of them makes many steps up and down within a
// small place. The gate reduces the samples of every second row to 6 bits,
// counts the steps of eight pixels at a time, and keeps the places of the
// frame that have enough of them.
type gate struct {
	counts []uint32
	table  []byte
	row    []byte
	some   []uint16    // samples
	tiles  [2][]uint32 // steps up in the low half, down in the high
	low    int         // the sample of the first entry
	shift  int         // bits of a sample that an entry spans
}

// place is a part of a frame.
type place struct{ left, top, width, rows int }

// spans returns where in the frame letters may stand, from top to bottom and
// without rows in common.
func (g *gate) spans(p *plane, padding int) []place {
	if p.width < 3*minLetter || p.height < minLetter {
		return []place{{0, 0, p.width, p.height}}
	}
	g.prepare(p, padding)
	step := g.step(p)
	n := (p.width + gateTile - 1) / gateTile
	g.row = sized(g.row, int64(n*gateTile+16))
	for i := range g.tiles {
		g.tiles[i] = grownTo(g.tiles[i], n+1)
		clear(g.tiles[i])
	}
	var out []place
	for top := 0; top < p.height; top += gateRows {
		above, here := g.tiles[0], g.tiles[1]
		clear(here)
		for y := top; y < min(top+gateRows, p.height); y += 2 {
			g.reduce(p.samples[y*p.width:][:p.width])
			g.count(here[:n], step)
		}
		if first, last := hot(above, here); last > 0 {
			s := place{left: max(first*gateTile-gateBeside, 0), top: max(top-gateRows-gateMargin, 0)}
			s.width = min(last*gateTile+gateBeside, p.width) - s.left
			s.rows = min(top+gateRows+gateMargin, p.height) - s.top
			out = joined(out, s)
		}
		g.tiles[0], g.tiles[1] = here, above
	}
	return out
}

// joined adds a span below the others, to the last one where they touch.
func joined(list []place, s place) []place {
	if len(list) == 0 || list[len(list)-1].top+list[len(list)-1].rows < s.top {
		return append(list, s)
	}
	l := &list[len(list)-1]
	right := max(l.left+l.width, s.left+s.width)
	l.left = min(l.left, s.left)
	l.width = right - l.left
	l.rows = s.top + s.rows - l.top
	return list
}

// hot returns the first tile, and the one behind the last, of those that with
// their neighbors and the tiles above them hold steps enough of both
// directions; last is 0 without any.
func hot(above, here []uint32) (first, last int) {
	before := above[0] + here[0]
	for i := 1; i < len(here); i++ {
		next := above[i] + here[i]
		sum := before + next
		if min(sum&0xFFFF, sum>>16) >= leastEdges {
			if last == 0 {
				first = i - 1
			}
			last = i + 1
		}
		before = next
	}
	return first, last
}

// prepare fills the table that reduces samples to 6 bits, from a part of them:
// most samples get most grays, the rare extremes the rest.
func (g *gate) prepare(p *plane, padding int) {
	if g.counts == nil {
		g.counts, g.table = make([]uint32, gateLevels), make([]byte, gateLevels)
	}
	sample := g.sample(p, padding)
	low, high := uint16(levels-1), uint16(0)
	for _, v := range sample {
		low, high = min(low, v), max(high, v)
	}
	if len(sample) == 0 {
		low, high = 0, levels-1
	}
	g.low = int(low)
	g.shift = max(bits.Len16(high-low)-bits.Len(gateLevels-1), 0)
	last := int(high-low) >> g.shift
	counts := g.counts[:last+1]
	clear(counts)
	for _, v := range sample {
		counts[int(v-low)>>g.shift]++
	}
	first, most := percentiles(counts, len(sample))
	for v := range g.table[:first] {
		g.table[v] = byte(v * gateEdge / first)
	}
	scale := (gateTop - 2*gateEdge) << 20 / max(most-first, 1)
	for v := first; v <= most; v++ {
		g.table[v] = byte(gateEdge + (v-first)*scale>>20)
	}
	for v := most + 1; v <= last; v++ {
		g.table[v] = byte(gateTop - gateEdge + (v-most)*gateEdge/(last-most))
	}
	for v := last + 1; v < gateLevels; v++ {
		g.table[v] = gateTop
	}
}

// sample returns about one in sixteen samples that are not padding.
func (g *gate) sample(p *plane, padding int) []uint16 {
	out := g.some[:0]
	for y := 1; y < p.height; y += 4 {
		row := p.samples[y*p.width:][:p.width]
		for x := y / 4 % 4; x < len(row); x += 4 {
			if v := row[x]; int(v) != padding {
				out = append(out, v)
			}
		}
	}
	g.some = out
	return out
}

// percentiles returns the entries below and above which one in 200 lies.
func percentiles(counts []uint32, total int) (low, high int) {
	few := total / 200
	high = len(counts) - 1
	for n := 0; low < high; low++ {
		if n += int(counts[low]); n > few {
			break
		}
	}
	for n := 0; high > low; high-- {
		if n += int(counts[high]); n > few {
			break
		}
	}
	return low, high
}

// gray is a sample in 6 bits.
func (g *gate) gray(v uint16) byte {
	return g.table[min(max(int(v)-g.low, 0)>>g.shift, gateLevels-1)]
}

// step returns how large a step must be to be more than noise.
func (g *gate) step(p *plane) int {
	var counts [gateTop + 1]int
	total := 0
	for y := 2; y < p.height; y += 8 {
		row := p.samples[y*p.width:][:p.width]
		for x := 2; x < len(row); x += 5 {
			d := abs32(int32(g.gray(row[x])) - int32(g.gray(row[x-2])))
			counts[d]++
			total++
		}
	}
	seen := 0
	for d, n := range counts {
		seen += n
		if seen*10 >= total*7 { // about one deviation of what is noise alone
			return min(max(5*d/2, gateFaint), gateSteep)
		}
	}
	return gateFaint
}

// reduce writes a row in 6 bits.
func (g *gate) reduce(row []uint16) {
	table := (*[gateLevels]byte)(g.table)
	low, shift := int32(g.low), uint(g.shift)&15
	out := g.row[:len(row)]
	for i, v := range row {
		out[i] = table[uint32(max(int32(v)-low, 0)>>shift)&(gateLevels-1)]
	}
	end := g.row[len(row):]
	for i := range end {
		end[i] = out[len(out)-1]
	}
}

// count adds the steps between pixels two apart to the tiles, eight pixels at
// a time: the highest bit of each byte tells whether it is one.
func (g *gate) count(tiles []uint32, step int) {
	const high = 0x8080808080808080
	least := uint64(0x80-step) * 0x0101010101010101
	for i := range tiles {
		row := g.row[i*gateTile:][:gateTile+8]
		sum := uint32(0)
		for x := 0; x < gateTile; x += 8 {
			a := binary.LittleEndian.Uint64(row[x:])
			b := binary.LittleEndian.Uint64(row[x+2:])
			up, down := (b+least-a)&high, (a+least-b)&high
			if up|down != 0 {
				up, down = up&^(up<<8), down&^(down<<8)
				sum += uint32(bits.OnesCount64(up)) + uint32(bits.OnesCount64(down))<<16
			}
		}
		tiles[i] += sum
	}
}

func grownTo(s []uint32, n int) []uint32 {
	if cap(s) < n {
		return make([]uint32, n)
	}
	return s[:n]
}
