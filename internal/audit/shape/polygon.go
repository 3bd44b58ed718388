package shape

import (
	"cmp"
	"math"
	"slices"
)

// Area returns the area within a polygon in square pixels, 0 for fewer than
// three vertices. Parts that the boundary of a crossing polygon runs around
// the other way count negative.
//
// Source: Gauss's area formula.
func Area(xy []float64) float64 {
	n := len(xy) / 2
	if n < 3 {
		return 0
	}
	sum := 0.0
	// Relative to the first vertex, so that far coordinates cost no digits.
	x0, y0 := xy[0], xy[1]
	for i := 1; i+1 < n; i++ {
		sum += (xy[2*i]-x0)*(xy[2*i+3]-y0) - (xy[2*i+2]-x0)*(xy[2*i+1]-y0)
	}
	return math.Abs(sum) / 2
}

// Bounds returns the smallest and largest coordinates of a polygon; all are
// NaN without a vertex.
func Bounds(xy []float64) (minX, minY, maxX, maxY float64) {
	if len(xy) < 2 {
		return math.NaN(), math.NaN(), math.NaN(), math.NaN()
	}
	minX, minY, maxX, maxY = xy[0], xy[1], xy[0], xy[1]
	for i := 2; i+1 < len(xy); i += 2 {
		minX, maxX = min(minX, xy[i]), max(maxX, xy[i])
		minY, maxY = min(minY, xy[i+1]), max(maxY, xy[i+1])
	}
	return minX, minY, maxX, maxY
}

// MaxPairs is how many pairs of edges Crosses compares: all of a polygon of
// 2,000 vertices.
const MaxPairs = 2000 * 2000 / 2

// edge is one side of a polygon, from its left end.
type edge struct {
	x1, y1, x2, y2 float64
	at             int // in the polygon
}

// Crosses reports whether the boundary of a polygon crosses itself; one that
// touches itself, or runs along itself, does not. Every polygon of up to 2,000
// vertices is judged exactly, and larger ones whose edges do not all lie above
// each other. Of the others a sample of edges is compared with the rest;
// whole is false if it shows no crossing.
func Crosses(xy []float64) (crosses, whole bool) {
	edges := sides(xy)
	if len(edges) < 4 {
		return false, true
	}
	slices.SortFunc(edges, func(a, b edge) int { return cmp.Or(cmp.Compare(a.x1, b.x1), cmp.Compare(a.at, b.at)) })
	_, minY, _, maxY := Bounds(xy)
	minX, maxX := edges[0].x1, edges[0].x2
	for i := range edges {
		maxX = max(maxX, edges[i].x2)
	}
	// Products of coordinates are exact to about 2^-52 of the largest.
	noise := (maxX - minX + math.Abs(maxX)) * (maxY - minY + math.Abs(maxY)) * 0x1p-48
	pairs := 0
	const stride = 64 // edges far from each other come first, for the sample
	for start := range stride {
		for i := start; i < len(edges); i += stride {
			for j := i + 1; j < len(edges) && edges[j].x1 <= edges[i].x2; j++ {
				if pairs++; pairs > MaxPairs {
					return false, false
				}
				if cross(&edges[i], &edges[j], noise) {
					return true, true
				}
			}
		}
	}
	return false, true
}

// sides are the edges of a polygon that have a length.
func sides(xy []float64) []edge {
	n := len(xy) / 2
	edges := make([]edge, 0, n)
	for i := range n {
		j := (i + 1) % n
		e := edge{xy[2*i], xy[2*i+1], xy[2*j], xy[2*j+1], i}
		if e.x1 == e.x2 && e.y1 == e.y2 {
			continue
		}
		if e.x1 > e.x2 {
			e.x1, e.y1, e.x2, e.y2 = e.x2, e.y2, e.x1, e.y1
		}
		edges = append(edges, e)
	}
	return edges
}

// cross reports whether two edges cross at a point within both.
func cross(a, b *edge, noise float64) bool {
	if max(a.y1, a.y2) < min(b.y1, b.y2) || max(b.y1, b.y2) < min(a.y1, a.y2) {
		return false
	}
	return side(a, b.x1, b.y1, noise)*side(a, b.x2, b.y2, noise) < 0 &&
		side(b, a.x1, a.y1, noise)*side(b, a.x2, a.y2, noise) < 0
}

// side tells on which side of an edge a point lies: 1, -1, or 0 if it is on it.
func side(e *edge, x, y, noise float64) int {
	turn := (e.x2-e.x1)*(y-e.y1) - (e.y2-e.y1)*(x-e.x1)
	switch {
	case turn > noise:
		return 1
	case turn < -noise:
		return -1
	}
	return 0
}
