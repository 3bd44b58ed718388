package quality

import (
	"math"

	"assay/internal/audit/agreement"
	"assay/internal/audit/annotation"
	"assay/internal/audit/shape"
)

// outlines compares the masks of each pair of readers of a thing: Dice, IoU and
// the 95th percentile of the distance of their borders.
func (r *reads) outlines(class int32) []Agreement {
	note := r.note()
	dice := Agreement{Measure: "Dice", Readers: r.readers, Note: note}
	iou, distance := dice, dice
	iou.Measure, distance.Measure = "IoU", "HD95 (mm)"
	var values [3][]mean
	pairs := 0
	for _, thing := range r.list {
		masks := r.masks(class, &thing)
		for i := range masks {
			for k := range i {
				if masks[i].height != masks[k].height || pairs == maxPairs {
					continue
				}
				pairs++
				shared, either := shape.Count(masks[i].runs, masks[k].runs)
				if either == 0 {
					dice.BothEmpty++
					continue
				}
				values[0] = append(values[0], mean{thing.group, 2 * float64(shared) / float64(shared+either)})
				values[1] = append(values[1], mean{thing.group, float64(shared) / float64(either)})
				if d := r.distance(&thing, &masks[i], &masks[k]); !math.IsNaN(d) {
					values[2] = append(values[2], mean{thing.group, d})
				}
			}
		}
	}
	iou.BothEmpty, distance.BothEmpty = dice.BothEmpty, dice.BothEmpty
	out := []Agreement{dice, iou, distance}
	for i := range out {
		out[i].Units = len(values[i])
		r.fill(&out[i], meanOf(values[i]))
	}
	if len(values[2]) == 0 {
		out[2].Note = "the distance of pixels is not known, or one reader of each pair sees nothing"
	}
	return out
}

// mean is a value of a group.
type mean struct {
	group int32
	value float64
}

func meanOf(values []mean) func([]int32) float64 {
	return func(times []int32) float64 {
		sum, n := 0.0, 0.0
		for _, v := range values {
			sum += float64(times[v.group]) * v.value
			n += float64(times[v.group])
		}
		return sum / n
	}
}

// mask is what one reader outlined of a thing.
type mask struct {
	runs   []uint32 // column by column
	height int
}

// masks returns the mask of each reader of a thing, empty for those that drew
// nothing. It is nil if nobody did.
func (r *reads) masks(class int32, thing *read) []mask {
	of := map[int32]mask{}
	height, total := 0, 0
	for _, n := range thing.labels {
		l := &r.v.set.Labels[n]
		if l.Class != class || l.Reader < 0 || l.Shape < 0 || int(l.Shape) >= len(r.v.set.Shapes) {
			continue
		}
		runs, h, ok := r.v.runs(l)
		if !ok {
			continue
		}
		if m, drawn := of[l.Reader]; drawn && m.height == h {
			runs = shape.Union(m.runs, runs)
		}
		of[l.Reader] = mask{runs, h}
		height, total = h, max(total, int(shape.Pixels(runs)))
	}
	if len(of) == 0 {
		return nil
	}
	var list []mask
	for _, reader := range thing.from {
		m, drawn := of[reader]
		if !drawn {
			m = mask{[]uint32{uint32(total)}, height}
		}
		list = append(list, m)
	}
	return list
}

// runs returns the mask of a label, filled if it is a polygon.
func (v *view) runs(l *annotation.SetLabel) (runs []uint32, height int, ok bool) {
	s := &v.set.Shapes[l.Shape]
	width, height := int(s.Width), int(s.Height)
	if (width <= 0 || height <= 0) && l.Item >= 0 {
		width, height = int(v.set.Items[l.Item].Width), int(v.set.Items[l.Item].Height)
	}
	if height <= 0 {
		return nil, 0, false
	}
	if s.Runs != nil {
		return s.Runs, height, true
	}
	points := make([]float64, len(s.Points))
	for i, p := range s.Points {
		points[i] = float64(p)
	}
	runs, ok = shape.Fill([][]float64{points}, width, height)
	return runs, height, ok
}

// maxBorder is how many cells of a border are measured.
const maxBorder = 20_000

// distance returns the 95th percentile of the distance of two borders in
// millimeters, NaN if it is not known.
func (r *reads) distance(thing *read, a, b *mask) float64 {
	it := &r.v.set.Items[thing.item]
	spacing := [2]float64{}
	switch {
	case it.Quality != nil && it.Quality.RowMM > 0:
		spacing = [2]float64{float64(it.Quality.RowMM), float64(it.Quality.ColMM)}
	case it.Instance != nil:
		spacing = it.Instance.Place.SpacingMM
	}
	x, y := a.border(), b.border()
	if !(spacing[0] > 0 && spacing[1] > 0) || len(x) > maxBorder || len(y) > maxBorder {
		return math.NaN()
	}
	_, d := agreement.Hausdorff(x, y, spacing)
	return d
}

// border returns the cells at the edge of a mask; nil if it is too large.
func (m *mask) border() []agreement.Cell {
	if shape.MaskArea(m.runs) > 1<<20 {
		return nil
	}
	var cells []agreement.Cell
	at := 0
	for i, n := range m.runs {
		for k := at; i%2 == 1 && k < at+int(n); k++ {
			cells = append(cells, agreement.Cell{Row: int32(k % m.height), Column: int32(k / m.height)})
		}
		at += int(n)
	}
	return agreement.Border(cells)
}
