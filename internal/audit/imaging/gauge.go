package imaging

import (
	"math"
	"sync"
)

const (
	levels    = 1 << 16
	fewLevels = 16   // values of a picture in which nothing is called clipped
	backdrop  = 0.25 // share of the border at which an extreme is what surrounds the object
)

// Figures are what a Gauge measured of one gray picture.
type Figures struct {
	Min, Max uint16 // samples, without padding
	Constant bool   // every sample is equal; of nothing but padding too

	// ClippedLow and ClippedHigh are the shares of samples at the smallest and
	// the largest value, 0 to 1. They are 0 if that value is padding, covers a
	// quarter of the border or more, as what surrounds an object does, or if
	// there are fewer than 16 different values.
	ClippedLow, ClippedHigh float32

	Hash  uint64 // perceptual; 0 if the picture is constant
	Thumb []byte // Side x Side, gray, row by row; nil if the picture is constant
}

// Gauge measures a gray picture whose samples ascend from dark to light, or
// the other way round. Close gives its memory back.
type Gauge struct {
	pooled        *[]uint32
	counts        []uint32 // of each value
	border        []uint32 // of each value, at the border
	width, height int
	y             int
	padding       int // sample, -1 without
	cells         grid
}

var counters = sync.Pool{New: func() any {
	s := make([]uint32, 2*levels)
	return &s
}}

// NewGauge returns a gauge for a picture of width x height, both above 0.
// Samples equal to padding are left out; -1 leaves none out.
func NewGauge(width, height, padding int) *Gauge {
	pooled := counters.Get().(*[]uint32)
	both := *pooled
	clear(both)
	return &Gauge{
		pooled: pooled, counts: both[:levels], border: both[levels:],
		width: width, height: height, padding: padding, cells: newGrid(width, height),
	}
}

// Close ends the use of the gauge.
func (g *Gauge) Close() {
	counters.Put(g.pooled)
	g.pooled, g.counts, g.border = nil, nil, nil
}

// Row takes the next row from the top. Rows beyond the height are left out.
func (g *Gauge) Row(samples []uint16) {
	if g.y >= g.height || len(samples) < g.width {
		return
	}
	samples = samples[:g.width]
	counts := g.counts[:levels]
	for _, v := range samples {
		counts[v]++
	}
	if g.y == 0 || g.y == g.height-1 {
		for _, v := range samples {
			g.border[v]++
		}
	} else {
		g.border[samples[0]]++
		g.border[samples[g.width-1]]++
	}
	g.cells.row(g.y, samples)
	g.y++
}

// Figures returns what was measured of the rows so far.
func (g *Gauge) Figures() Figures {
	counts := g.counts
	total, border := 0, 0
	for v := range counts {
		total += int(counts[v])
		border += int(g.border[v])
	}
	if p := g.padding; p >= 0 && p < levels && int(counts[p]) < total {
		total -= int(counts[p])
		border -= int(g.border[p])
		counts[p], g.border[p] = 0, 0
	}
	if total == 0 {
		return Figures{Constant: true}
	}
	low, high, used := 0, levels-1, 0
	for low < high && counts[low] == 0 {
		low++
	}
	for high > low && counts[high] == 0 {
		high--
	}
	for v := low; v <= high; v++ {
		if counts[v] > 0 {
			used++
		}
	}
	f := Figures{Min: uint16(low), Max: uint16(high), Constant: used == 1}
	if f.Constant {
		return f
	}
	if used >= fewLevels {
		f.ClippedLow = g.clipped(low, total, border)
		f.ClippedHigh = g.clipped(high, total, border)
	}
	f.Hash, f.Thumb = g.cells.hash(), g.cells.thumb(percentile(counts, total, 0.005), percentile(counts, total, 0.995))
	return f
}

// clipped is the share of samples of one extreme.
func (g *Gauge) clipped(v, total, border int) float32 {
	if border > 0 && float64(g.border[v]) >= backdrop*float64(border) {
		return 0
	}
	return float32(g.counts[v]) / float32(total)
}

// percentile is the value below which a share of all samples lies.
func percentile(counts []uint32, total int, share float64) float64 {
	want := int64(share * float64(total))
	for v, n := range counts {
		if want -= int64(n); want < 0 {
			return float64(v)
		}
	}
	return levels - 1
}

// BitsUsed returns how many bits the range of samples needs: log2(max-min+1).
func BitsUsed(low, high float64) float32 {
	return float32(math.Log2(high - low + 1))
}
