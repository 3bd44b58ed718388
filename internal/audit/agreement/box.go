package agreement

import (
	"cmp"
	"math"
	"slices"
)

// MinOverlap is the intersection over union from which two boxes mean one thing.
const MinOverlap = 0.5

// Box is x and y of the upper left corner, width and height.
type Box [4]float32

// Overlap returns the intersection over union of two boxes, 0 to 1; 0 if either
// has no area.
func Overlap(a, b Box) float64 {
	side := func(i int) float64 {
		end := math.Min(float64(a[i])+float64(a[i+2]), float64(b[i])+float64(b[i+2]))
		return end - math.Max(float64(a[i]), float64(b[i]))
	}
	w, h := side(0), side(1)
	if !(w > 0 && h > 0) {
		return 0
	}
	both := w * h
	return both / (float64(a[2])*float64(a[3]) + float64(b[2])*float64(b[3]) - both)
}

// MatchBoxes returns how many boxes of two readers mean one thing: pairs are
// taken greedily by falling overlap, from MinOverlap on, each box once.
func MatchBoxes(a, b []Box) int {
	type pair struct {
		i, j int
		iou  float64
	}
	var pairs []pair
	for i := range a {
		for j := range b {
			if iou := Overlap(a[i], b[j]); iou >= MinOverlap {
				pairs = append(pairs, pair{i, j, iou})
			}
		}
	}
	slices.SortFunc(pairs, func(x, y pair) int {
		return cmp.Or(cmp.Compare(y.iou, x.iou), cmp.Compare(x.i, y.i), cmp.Compare(x.j, y.j))
	})
	usedA, usedB := make([]bool, len(a)), make([]bool, len(b))
	matched := 0
	for _, p := range pairs {
		if !usedA[p.i] && !usedB[p.j] {
			usedA[p.i], usedB[p.j] = true, true
			matched++
		}
	}
	return matched
}

// F1 returns 2 matched / (a + b), 0 to 1; NaN if neither reader has a box.
func F1(matched, a, b int) float64 {
	if a+b == 0 {
		return math.NaN()
	}
	return 2 * float64(matched) / float64(a+b)
}
