package agreement

import (
	"math"
	"slices"
)

// Cell is a pixel of a mask.
type Cell struct{ Row, Column int32 }

// Overlaps are how far two masks cover each other.
type Overlaps struct {
	Dice, IoU float64 // 0 to 1; NaN if both are empty
	BothEmpty bool    // the readers agree that nothing is there
}

// Cover compares two masks, each as ascending numbers of their cells without
// repetition.
//
// Source: Dice 1945, Ecology 26(3); Jaccard 1912, New Phytologist 11(2).
func Cover(a, b []uint32) Overlaps {
	both := 0
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] < b[j]:
			i++
		case a[i] > b[j]:
			j++
		default:
			both++
			i++
			j++
		}
	}
	if len(a)+len(b) == 0 {
		return Overlaps{Dice: math.NaN(), IoU: math.NaN(), BothEmpty: true}
	}
	return Overlaps{
		Dice: 2 * float64(both) / float64(len(a)+len(b)),
		IoU:  float64(both) / float64(len(a)+len(b)-both),
	}
}

// Hausdorff returns the largest distance from a cell of either set to the
// nearest of the other, and its 95th percentile: the larger one of the two
// directions. Spacing is the distance of rows and of columns, in the unit of
// the result. Both are NaN if either set is empty.
//
// Source: Maier-Hein & Reinke 2024, Metrics Reloaded, Nature Methods 21, for
// the larger one of the two percentiles.
func Hausdorff(a, b []Cell, spacing [2]float64) (whole, percentile95 float64) {
	if len(a) == 0 || len(b) == 0 {
		return math.NaN(), math.NaN()
	}
	there, back := newNearest(b, spacing).distances(a), newNearest(a, spacing).distances(b)
	whole = math.Max(there[len(there)-1], back[len(back)-1])
	return whole, math.Max(quantile(there, 0.95), quantile(back, 0.95))
}

// nearest finds the closest of a set of cells.
type nearest struct {
	spacing [2]float64
	rows    []int32   // with cells, ascending
	columns [][]int32 // of each of rows, ascending
}

func newNearest(cells []Cell, spacing [2]float64) *nearest {
	sorted := slices.Clone(cells)
	slices.SortFunc(sorted, func(x, y Cell) int {
		if x.Row != y.Row {
			return int(x.Row) - int(y.Row)
		}
		return int(x.Column) - int(y.Column)
	})
	n := &nearest{spacing: spacing}
	for _, c := range sorted {
		if k := len(n.rows); k == 0 || n.rows[k-1] != c.Row {
			n.rows, n.columns = append(n.rows, c.Row), append(n.columns, nil)
		}
		last := len(n.columns) - 1
		n.columns[last] = append(n.columns[last], c.Column)
	}
	return n
}

// distances returns those of cells to the nearest of n, ascending.
func (n *nearest) distances(cells []Cell) []float64 {
	out := make([]float64, len(cells))
	for i, c := range cells {
		out[i] = n.distance(c)
	}
	slices.Sort(out)
	return out
}

// distance looks at rows from that of the cell outwards, until they are farther
// away than the nearest cell so far.
func (n *nearest) distance(c Cell) float64 {
	best := math.Inf(1)
	start, _ := slices.BinarySearch(n.rows, c.Row)
	look := func(i int) bool {
		down := math.Abs(float64(n.rows[i]-c.Row)) * n.spacing[0]
		if down >= best {
			return false
		}
		list := n.columns[i]
		at, _ := slices.BinarySearch(list, c.Column)
		for _, k := range []int{at - 1, at} {
			if k >= 0 && k < len(list) {
				across := float64(list[k]-c.Column) * n.spacing[1]
				best = math.Min(best, math.Hypot(down, across))
			}
		}
		return true
	}
	for i := start; i < len(n.rows) && look(i); i++ {
	}
	for i := start - 1; i >= 0 && look(i); i-- {
	}
	return best
}

// Border returns the cells of a set that have a neighbor outside it, above,
// below, left or right: its surface, for distances.
func Border(cells []Cell) []Cell {
	in := make(map[Cell]struct{}, len(cells))
	for _, c := range cells {
		in[c] = struct{}{}
	}
	var out []Cell
	for _, c := range cells {
		for _, n := range [4]Cell{{c.Row - 1, c.Column}, {c.Row + 1, c.Column}, {c.Row, c.Column - 1}, {c.Row, c.Column + 1}} {
			if _, ok := in[n]; !ok {
				out = append(out, c)
				break
			}
		}
	}
	return out
}
