package annotation

import (
	"fmt"
	"io"
	"maps"
	"math"
	"slices"

	"github.com/zeebo/xxh3"

	"assay/internal/audit/imaging"
)

// Bounds of what is kept while voxels pass by.
const (
	maxRow        = 1 << 20  // voxels of a row
	maxSlice      = 16 << 20 // voxels of the slice that quality is measured on
	wholeWithin   = 1e-6     // a value this near to a whole number is one
	maxParted     = 4096     // voxels that may be no whole number in a volume whose values are counted; a tenth of them at most
	maxComponents = 512      // values up to which components are counted
)

// voxelWork takes the voxels of a volume, row by row. It holds the runs of two
// slices and the values of one, not the volume.
type voxelWork struct {
	layout   voxelLayout
	facts    *Volume
	tally    voxelTally
	parts    parts
	digest   xxh3.Hasher
	slice    []float32 // of the middle; nil if it is too large
	middle   int64
	infinite int64
	parted   int64 // that are no whole number
	rows     int64
	runs     *valueRuns // nil unless several readers' masks are compared
}

// voxels reads all voxels.
func (in *input) voxels(l voxelLayout) error {
	width, height, depth := l.dims[0], dimOf(l.dims, 1), dimOf(l.dims, 2)
	size := width * l.grain.bytes()
	w := &voxelWork{layout: l, facts: in.facts.Volume, middle: depth / 2}
	w.facts.Integer, w.facts.Min, w.facts.Max = true, math.Inf(1), math.Inf(-1)
	w.digest.WriteString(fmt.Sprint(l.dims, l.grain))
	total, _ := product(l.dims)
	if total < math.MaxUint32 && nameOfMask(in.Path, true).reader != "" {
		w.runs = &valueRuns{limit: in.Limits.Points}
	}
	if width*height <= maxSlice {
		w.slice = make([]float32, 0, width*height)
	}
	raw, row := make([]byte, size), make([]float64, width)
	for n := range total / width {
		if n%256 == 0 && in.ctx.Err() != nil {
			return in.ctx.Err()
		}
		if _, err := io.ReadFull(l.voxels, raw); err != nil {
			return err
		}
		w.digest.Write(raw)
		l.decode(raw, row)
		w.row(row, n%height, n/height%depth, n/(height*depth))
	}
	w.conclude(in.facts.Quality)
	return nil
}

// dimOf is dimension i, 1 if there are fewer.
func dimOf(dims []int64, i int) int64 {
	if i < len(dims) {
		return dims[i]
	}
	return 1
}

// row takes row y of slice z of the t-th volume.
func (w *voxelWork) row(row []float64, y, z, t int64) {
	v := w.facts
	if t == 0 && z == w.middle && w.slice != nil {
		for _, x := range row {
			w.slice = append(w.slice, float32(x))
		}
	}
	if w.layout.grain.isFloat() || w.layout.grain == grainU64 || w.layout.slope != 0 {
		w.finite(row, y, z)
	} else {
		for _, x := range row {
			v.Min, v.Max = min(v.Min, x), max(v.Max, x)
		}
	}
	if w.parted <= maxParted {
		w.tally.row(row, w.rows*int64(len(row)))
		if len(w.tally.values) > maxComponents || w.tally.many {
			w.parts.give()
		}
		w.parts.row(row, y, z, t)
		w.keep(row, t)
	}
	w.rows++
}

// finite looks for what is no number or no whole one, and makes it NaN.
func (w *voxelWork) finite(row []float64, y, z int64) {
	v := w.facts
	for i, x := range row {
		switch {
		case math.IsNaN(x):
			if v.NaN == 0 {
				v.NaNAt = [3]int64{int64(i), y, z}
			}
			v.NaN++
			continue
		case math.IsInf(x, 0):
			w.infinite++
			row[i] = math.NaN()
			continue
		}
		v.Min, v.Max = min(v.Min, x), max(v.Max, x)
		whole := math.Round(x)
		if math.Abs(x-whole) > wholeWithin || math.Abs(x) > 1<<53 {
			if v.Integer {
				v.Integer, v.PartAt = false, [3]int64{int64(i), y, z}
			}
			row[i] = math.NaN()
			w.parted++
		}
	}
}

// keep takes a row of the first volume into the runs of its values.
func (w *voxelWork) keep(row []float64, t int64) {
	if w.runs == nil || t > 0 {
		return
	}
	at := w.rows * int64(len(row))
	for i := 0; i < len(row); {
		from, x := i, row[i]
		for i++; i < len(row) && row[i] == x; i++ {
		}
		if !math.IsNaN(x) {
			w.runs.add(int64(math.Round(x)), at+int64(from), int64(i-from))
		}
	}
}

// conclude writes what was seen into the facts.
func (w *voxelWork) conclude(q *Quality) {
	v := w.facts
	if v.Min > v.Max {
		v.Min, v.Max = 0, 0
	}
	if total, _ := product(w.layout.dims); w.parted <= min(maxParted, total/10) && !w.tally.many {
		v.Values, v.Firsts = w.tally.list()
		v.Parts = w.parts.list()
		if w.runs != nil {
			v.Runs = w.shapes()
		}
	}
	q.Looked = true
	q.NotFinite = v.NaN + w.infinite
	q.BitsStored = int32(8 * w.layout.grain.bytes())
	q.Constant = v.Min == v.Max
	q.BitsUsed = imaging.BitsUsed(v.Min, v.Max)
	if q.Constant {
		return
	}
	if total, _ := product(w.layout.dims); total >= leastCompared {
		q.Digest = w.digest.Sum128().Bytes()
	}
	w.look(q)
}

// shapes returns the masks of the values of the first volume.
func (w *voxelWork) shapes() []ValueShape {
	d := w.layout.dims
	like := Shape{Height: int32(d[0]), Width: int32(dimOf(d, 1)), Depth: int32(dimOf(d, 2))}
	for i, mm := range w.facts.SpacingMM {
		like.StepMM[i] = float32(math.Abs(mm))
	}
	return w.runs.shapes(like, d[0]*dimOf(d, 1)*dimOf(d, 2))
}

// look measures the middle slice, as 16 bits between the extremes of the
// volume.
func (w *voxelWork) look(q *Quality) {
	width, height := int(w.layout.dims[0]), int(dimOf(w.layout.dims, 1))
	if len(w.slice) < width*height {
		return
	}
	g := imaging.NewGauge(width, height, -1)
	defer g.Close()
	low, step := w.facts.Min, max((w.facts.Max-w.facts.Min)/0xFFFF, 1)
	if w.layout.grain.isFloat() {
		step = (w.facts.Max - w.facts.Min) / 0xFFFF
	}
	row := make([]uint16, width)
	for y := range height {
		for x, s := range w.slice[y*width:][:width] {
			n := 0.0
			if s == s { // no NaN
				n = min(max((float64(s)-low)/step, 0), 0xFFFF)
			}
			row[x] = uint16(n)
		}
		g.Row(row)
	}
	f := g.Figures()
	q.Take(f)
	q.Constant = false // of the volume
}

// decode turns the bytes of a row into values, scaled as the header says.
func (l *voxelLayout) decode(b []byte, out []float64) {
	switch l.grain {
	case grainU8:
		for i := range out {
			out[i] = float64(b[i])
		}
	case grainI8:
		for i := range out {
			out[i] = float64(int8(b[i]))
		}
	case grainU16:
		for i := range out {
			out[i] = float64(l.order.Uint16(b[2*i:]))
		}
	case grainI16:
		for i := range out {
			out[i] = float64(int16(l.order.Uint16(b[2*i:])))
		}
	case grainF32:
		for i := range out {
			out[i] = float64(math.Float32frombits(l.order.Uint32(b[4*i:])))
		}
	case grainF64:
		for i := range out {
			out[i] = math.Float64frombits(l.order.Uint64(b[8*i:]))
		}
	default:
		l.wide(b, out)
	}
	if l.slope != 0 {
		for i := range out {
			out[i] = out[i]*l.slope + l.intercept
		}
	}
}

// wide decodes whole numbers of 4 and 8 bytes.
func (l *voxelLayout) wide(b []byte, out []float64) {
	for i := range out {
		switch l.grain {
		case grainU32:
			out[i] = float64(l.order.Uint32(b[4*i:]))
		case grainI32:
			out[i] = float64(int32(l.order.Uint32(b[4*i:])))
		case grainU64:
			out[i] = float64(l.order.Uint64(b[8*i:]))
		case grainI64:
			out[i] = float64(int64(l.order.Uint64(b[8*i:])))
		}
	}
}

// voxelTally counts the different whole numbers of a volume, until there are
// too many, and where each is first.
type voxelTally struct {
	values map[int64]*voxelCount
	many   bool
}

type voxelCount struct{ count, first int64 }

// row takes a row whose first voxel has index at.
func (t *voxelTally) row(row []float64, at int64) {
	if t.many {
		return
	}
	if t.values == nil {
		t.values = map[int64]*voxelCount{}
	}
	for i := 0; i < len(row); {
		x, start := row[i], i
		for i++; i < len(row) && row[i] == x; i++ {
		}
		if math.IsNaN(x) {
			continue
		}
		v := int64(math.Round(x))
		c := t.values[v]
		if c == nil {
			if len(t.values) == MaxValues {
				t.many, t.values = true, nil
				return
			}
			c = &voxelCount{first: at + int64(start)}
			t.values[v] = c
		}
		c.count += int64(i - start)
	}
}

// list returns the values in ascending order and the index of the first voxel
// of each.
func (t *voxelTally) list() ([]Value, []int64) {
	var list []Value
	var firsts []int64
	for _, v := range slices.Sorted(maps.Keys(t.values)) {
		list = append(list, Value{v, t.values[v].count})
		firsts = append(firsts, t.values[v].first)
	}
	return list, firsts
}
