package quality

import (
	"assay/internal/audit/annotation"
)

// centerCells is how many cells a side of the map of box centers has.
const centerCells = 32

// eachBox calls f for every box whose image has a size, with the box and the
// size in pixels.
func (v *view) eachBox(f func(box, size [2]float64, corner [2]float64)) {
	for i := range v.set.Labels {
		l := &v.set.Labels[i]
		if l.Kind != annotation.Box || l.Item < 0 || !(l.Box[2] > 0 && l.Box[3] > 0) {
			continue
		}
		if it := &v.set.Items[l.Item]; it.Width > 0 && it.Height > 0 {
			f([2]float64{float64(l.Box[2]), float64(l.Box[3])}, [2]float64{float64(it.Width), float64(it.Height)}, [2]float64{float64(l.Box[0]), float64(l.Box[1])})
		}
	}
}

// boxCenters counts where the centers of boxes lie, nil without any.
func (v *view) boxCenters() *HeatMap {
	h := &HeatMap{Size: centerCells}
	for range centerCells {
		h.Counts = append(h.Counts, make([]int, centerCells))
	}
	v.eachBox(func(box, size, corner [2]float64) {
		var cell [2]int
		for side := range cell {
			at := (corner[side] + box[side]/2) / size[side]
			if !(at >= 0 && at <= 1) {
				return
			}
			cell[side] = min(centerCells-1, int(at*centerCells))
		}
		h.Counts[cell[1]][cell[0]]++
		h.N++
	})
	if h.N == 0 {
		return nil
	}
	return h
}

// labelSizes counts boxes by the share of the image that they cover.
func (v *view) labelSizes() []Bin {
	bins := []Bin{{Label: "under 0.1 %"}, {Label: "0.1-1 %"}, {Label: "1-5 %"}, {Label: "5-25 %"}, {Label: "25 % or more"}}
	some := false
	v.eachBox(func(box, size, _ [2]float64) {
		part := box[0] * box[1] / (size[0] * size[1])
		at := 0
		for _, limit := range []float64{0.001, 0.01, 0.05, 0.25} {
			if part >= limit {
				at++
			}
		}
		bins[at].Count++
		some = true
	})
	if !some {
		return []Bin{}
	}
	return bins
}
