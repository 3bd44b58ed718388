package shape

import (
	"math"
	"slices"
)

// MaxCrossings bounds what Fill holds: places where a boundary passes the
// middle of a column.
const MaxCrossings = 1 << 22

// Fill returns the mask of width x height pixels that polygons cover together:
// the pixels whose middle lies within one of them, by the even-odd rule. COCO's
// own masks differ from it by pixels that a boundary cuts. ok is false if a
// coordinate is not finite, the size is not positive, the image has 2^32
// pixels or more, or there are more than MaxCrossings.
func Fill(polygons [][]float64, width, height int) (runs []uint32, ok bool) {
	if width <= 0 || height <= 0 || int64(width) > math.MaxUint32/int64(height) {
		return nil, false
	}
	for _, p := range polygons {
		one, ok := fill(p, width, height)
		if !ok {
			return nil, false
		}
		if runs == nil {
			runs = one
		} else {
			runs = Union(runs, one)
		}
	}
	if runs == nil {
		runs = []uint32{uint32(width * height)}
	}
	return runs, true
}

// fill fills one polygon: every crossing of a boundary with the middle of a
// column turns the mask over from there on, and each column has an even
// number of them.
func fill(xy []float64, width, height int) ([]uint32, bool) {
	var turns []uint32
	n := len(xy) / 2
	for i := range n {
		j := (i + 1) % n
		x1, y1, x2, y2 := xy[2*i], xy[2*i+1], xy[2*j], xy[2*j+1]
		if !finite(x1) || !finite(y1) {
			return nil, false
		}
		if x1 > x2 {
			x1, y1, x2, y2 = x2, y2, x1, y1
		}
		from, to := middle(x1, width), middle(x2, width)
		if len(turns)+to-from > MaxCrossings {
			return nil, false
		}
		for c := from; c < to; c++ {
			y := y1 + (y2-y1)*((float64(c)+0.5-x1)/(x2-x1))
			turns = append(turns, uint32(c*height+middle(y, height)))
		}
	}
	slices.Sort(turns)
	runs := []uint32{0}
	at := uint32(0)
	for i := 0; i < len(turns); i++ {
		if i+1 < len(turns) && turns[i] == turns[i+1] {
			i++ // over and back again
			continue
		}
		runs[len(runs)-1] = turns[i] - at
		at = turns[i]
		runs = append(runs, 0)
	}
	runs[len(runs)-1] = uint32(width*height) - at
	return runs, true
}

func finite(f float64) bool { return !math.IsNaN(f) && !math.IsInf(f, 0) }

// middle returns the first of n pixels whose middle is at v or beyond, n if
// none is.
func middle(v float64, n int) int {
	return int(min(max(math.Ceil(v-0.5), 0), float64(n)))
}
