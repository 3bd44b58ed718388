package series

import (
	"fmt"
	"math"
	"slices"
)

// maxViews bounds the directions told apart in one series.
const maxViews = 64

// view is the slices of one orientation.
type view struct {
	orientation [6]float64
	at          []int
}

// views groups slices by orientation, in the order of their first. Directions
// beyond maxViews are left out.
func (c *check) views(in []int) []view {
	var list []view
	for _, i := range in {
		o := c.places[i].Orientation
		n := slices.IndexFunc(list, func(v view) bool { return sameOrientation(v.orientation, o) })
		switch {
		case n >= 0:
			list[n].at = append(list[n].at, i)
		case len(list) < maxViews:
			list = append(list, view{o, []int{i}})
		}
	}
	return list
}

// orientation reports slices of another direction than most, unless the series
// was planned in several.
func (c *check) orientation(in []int) {
	views := c.views(in)
	if len(views) < 2 || len(in) < 4 || turning(views, len(in)) || c.blocks(views, len(in)) {
		return
	}
	list := make([][]int, len(views))
	for i, v := range views {
		list[i] = v.at
	}
	s := strays(list)
	c.fault(pathOrientation, "ImageOrientationPatient differs inside a series.",
		fmt.Sprintf("ImageOrientationPatient differs inside a series: %d of %d images differ from most.", len(s), len(in)), s)
}

// turning reports whether nearly every slice has a direction of its own, as
// those of a radial acquisition or of a turning projection have.
func turning(views []view, images int) bool {
	return len(views) >= 4 && (len(views) == maxViews || len(views)*5 >= images*4)
}

// Bounds of what is planned in several directions.
const (
	blockCosine   = 0.64 // slabs along a spine lean by 50 degrees at most
	crossCosine   = 0.35 // the three planes of an overview
	overviewSlice = 60   // images of an overview
)

// blocks reports whether each direction is a block of its own, one after the
// other: slabs through the discs of a spine, or the three planes of an overview
// that does not say it is one.
func (c *check) blocks(views []view, images int) bool {
	if !c.consecutive(views) {
		return false
	}
	leaning, crossing := true, true
	smallest, largest := images, 0
	for i, v := range views {
		if len(v.at) < 2 {
			leaning = false
		}
		smallest, largest = min(smallest, len(v.at)), max(largest, len(v.at))
		for _, w := range views[:i] {
			cosine := math.Abs(dot(normal(v.orientation), normal(w.orientation)))
			leaning = leaning && cosine >= blockCosine
			crossing = crossing && cosine <= crossCosine
		}
	}
	return leaning || crossing && len(views) == 3 && images <= overviewSlice && largest <= 2*smallest
}

// consecutive reports whether the slices of each view have numbers that no
// slice of another view comes between, and places of their own.
func (c *check) consecutive(views []view) bool {
	type span struct{ first, last int }
	var spans []span
	for _, v := range views {
		s := span{math.MaxInt, math.MinInt}
		for n, i := range v.at {
			p := &c.places[i]
			if !p.HasNumber || n > 0 && samePlace(p, &c.places[v.at[n-1]]) {
				return false
			}
			s.first, s.last = min(s.first, p.Number), max(s.last, p.Number)
		}
		for _, other := range spans {
			if s.first <= other.last && other.first <= s.last {
				return false
			}
		}
		spans = append(spans, s)
	}
	return true
}
