package agreement

import (
	"math"
	"slices"
)

// Grid is the size of a block of voxels and how far they lie apart. Voxels are
// numbered along the first axis, then the second, then the third.
type Grid struct {
	Size [3]int
	Step [3]float64 // of neighbors along each axis, above 0, in the unit of the result
	Flat bool       // one plane: what lies above and below is not outside
}

func (g *Grid) voxels() int { return g.Size[0] * g.Size[1] * g.Size[2] }

// Hausdorff returns the largest distance from a voxel of the surface of
// either mask to the nearest of the other's, and its 95th percentile: the
// larger one of the two directions. A voxel is of the surface if one of its
// neighbors along the axes is outside; beyond the grid all is. Both are NaN if
// either mask is empty.
//
// Source: Maier-Hein & Reinke 2024, Metrics Reloaded, Nature Methods 21;
// distances by Felzenszwalb & Huttenlocher 2012, Theory of Computing 8(19).
func Hausdorff(a, b []bool, g Grid) (whole, percentile95 float64) {
	x, y := g.surface(a), g.surface(b)
	if len(x) == 0 || len(y) == 0 {
		return math.NaN(), math.NaN()
	}
	field := make([]float64, g.voxels())
	there, back := g.distances(field, y, x), g.distances(field, x, y)
	whole = math.Max(there[len(there)-1], back[len(back)-1])
	return whole, math.Max(quantile(there, 0.95), quantile(back, 0.95))
}

// surface returns the numbers of the voxels at the edge of a mask.
func (g *Grid) surface(in []bool) []int32 {
	axes := 3
	if g.Flat {
		axes = 2
	}
	stride := [3]int{1, g.Size[0], g.Size[0] * g.Size[1]}
	var list []int32
	for i, set := range in {
		if !set {
			continue
		}
		at := [3]int{i % g.Size[0], i / g.Size[0] % g.Size[1], i / stride[2]}
		for k := range axes {
			if at[k] == 0 || at[k] == g.Size[k]-1 || !in[i-stride[k]] || !in[i+stride[k]] {
				list = append(list, int32(i))
				break
			}
		}
	}
	return list
}

// distances returns how far the voxels of a list are from the nearest of
// others, ascending. The field is overwritten.
func (g *Grid) distances(field []float64, to, from []int32) []float64 {
	for i := range field {
		field[i] = math.Inf(1)
	}
	for _, i := range to {
		field[i] = 0
	}
	g.spread(field)
	out := make([]float64, len(from))
	for k, i := range from {
		out[k] = math.Sqrt(field[i])
	}
	slices.Sort(out)
	return out
}

// spread turns a field of 0 and +Inf into the squared distance to the nearest
// 0, axis by axis.
func (g *Grid) spread(field []float64) {
	stride := 1
	for axis, n := range g.Size {
		e := newEnvelope(n, g.Step[axis]*g.Step[axis])
		for i := range field {
			if i/stride%n == 0 {
				e.line(field[i:], stride)
			}
		}
		stride *= n
	}
}

// envelope is the lower envelope of parabolas over a line of the field.
type envelope struct {
	n      int
	step2  float64
	values []float64
	apex   []int     // of each parabola of the envelope
	from   []float64 // where each begins
}

func newEnvelope(n int, step2 float64) *envelope {
	return &envelope{n, step2, make([]float64, n), make([]int, n), make([]float64, n+1)}
}

// line takes the smallest of value + distance² at every place of a line.
func (e *envelope) line(field []float64, stride int) {
	k := -1
	for q := range e.n {
		e.values[q] = field[q*stride]
		if math.IsInf(e.values[q], 1) {
			continue
		}
		start := math.Inf(-1)
		for ; k >= 0; k-- {
			p := e.apex[k]
			start = ((e.values[q]-e.values[p])/e.step2 + float64(q*q-p*p)) / float64(2*(q-p))
			if start > e.from[k] {
				break
			}
			start = math.Inf(-1)
		}
		k++
		e.apex[k], e.from[k] = q, start
	}
	if k < 0 {
		return
	}
	e.from[k+1] = math.Inf(1)
	for q, at := 0, 0; q < e.n; q++ {
		for e.from[at+1] < float64(q) {
			at++
		}
		d := float64(q - e.apex[at])
		field[q*stride] = e.step2*d*d + e.values[e.apex[at]]
	}
}
