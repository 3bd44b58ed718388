package imaging

import (
	"math"
	"slices"
)

// Side is the width and height of a thumbnail.
const Side = 32

// grid is a picture made coarse: the mean of each of Side x Side cells.
type grid struct {
	left, right [Side]int // of the columns of a cell; right is beyond it
	top, bottom [Side]int
	sums        [Side][Side]float64
}

func newGrid(width, height int) grid {
	var g grid
	for i := range Side {
		g.left[i], g.top[i] = i*width/Side, i*height/Side
		g.right[i] = max((i+1)*width/Side, g.left[i]+1) // a small picture fills several cells
		g.bottom[i] = max((i+1)*height/Side, g.top[i]+1)
	}
	return g
}

// row adds row y to the cells it crosses.
func (g *grid) row(y int, samples []uint16) {
	var sums [Side]float64
	for i := range Side {
		sum := uint64(0)
		for _, v := range samples[g.left[i]:g.right[i]] {
			sum += uint64(v)
		}
		sums[i] = float64(sum)
	}
	for r := range Side {
		if y < g.top[r] || y >= g.bottom[r] {
			continue
		}
		for i, s := range sums {
			g.sums[r][i] += s
		}
	}
}

// mean is the brightness of a cell.
func (g *grid) mean(r, c int) float64 {
	return g.sums[r][c] / float64((g.right[c]-g.left[c])*(g.bottom[r]-g.top[r]))
}

// thumb maps low to black and high to white.
func (g *grid) thumb(low, high float64) []byte {
	out := make([]byte, Side*Side)
	step := max(high-low, 1) / 255
	for i := range out {
		out[i] = byte(min(max((g.mean(i/Side, i%Side)-low)/step, 0), 255))
	}
	return out
}

// cosine is the matrix of the discrete cosine transform (DCT-II), without its
// scale, for the frequencies 1 to 8.
var cosine = func() (m [8][Side]float64) {
	for u := range m {
		for x := range m[u] {
			m[u][x] = math.Cos(float64(u+1) * (2*float64(x) + 1) * math.Pi / (2 * Side))
		}
	}
	return m
}()

// hash is the perceptual hash pHash: one bit for each of the 8 x 8 lowest
// frequencies besides the mean, set if it is above the median of all.
// Brightness and contrast do not change it.
//
// Source: Zauner, Implementation and Benchmarking of Perceptual Image Hash
// Functions, 2010, section 3.2.1.
func (g *grid) hash() uint64 {
	var half [8][Side]float64 // frequencies along a row
	for r := range Side {
		for c := range Side {
			v := g.mean(r, c)
			for u := range half {
				half[u][r] += v * cosine[u][c]
			}
		}
	}
	var all [64]float64
	for u := range half {
		for v := range cosine {
			for r, x := range half[u] {
				all[8*v+u] += x * cosine[v][r]
			}
		}
	}
	sorted := all
	slices.Sort(sorted[:])
	median := (sorted[31] + sorted[32]) / 2
	hash := uint64(0)
	for i, v := range all {
		if v > median {
			hash |= 1 << i
		}
	}
	return hash
}
