package quality

import (
	"fmt"
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
	pairs, apart, budget := 0, 0, int64(maxMeasured)
	for _, thing := range r.list {
		masks := r.masks(class, &thing)
		if masks == nil && r.whole(&thing) {
			dice.BothEmpty += len(thing.from) * (len(thing.from) - 1) / 2
		}
		for i := range masks {
			for k := range i {
				if pairs == maxPairs {
					continue
				}
				if masks[i].size != masks[k].size {
					apart++
					continue
				}
				pairs++
				cover := agreement.OverlapsOf(shape.Count(masks[i].runs, masks[k].runs))
				if cover.BothEmpty {
					dice.BothEmpty++
					continue
				}
				values[0] = append(values[0], mean{thing.group, cover.Dice})
				values[1] = append(values[1], mean{thing.group, cover.IoU})
				if d := r.distance(&thing, &masks[i], &masks[k], &budget); !math.IsNaN(d) {
					values[2] = append(values[2], mean{thing.group, d})
				}
			}
		}
	}
	if apart > 0 {
		dice.Note += fmt.Sprintf("; %s pairs of masks of different sizes are left out", thousands(apart))
	}
	iou.Note, distance.Note = dice.Note, dice.Note
	iou.BothEmpty, distance.BothEmpty = dice.BothEmpty, dice.BothEmpty
	out := []Agreement{dice, iou, distance}
	for i := range out {
		out[i].Units = len(values[i])
		r.fill(&out[i], meanOf(values[i]))
	}
	if len(values[2]) == 0 {
		out[2].Note = "the distance of pixels is not known, or one reader of each pair sees nothing"
	} else if n := len(values[0]) - len(values[2]); n > 0 {
		out[2].Note += fmt.Sprintf("; %s pairs have none: one mask is empty or too large, or the distance of pixels is not known", thousands(n))
	}
	return out
}

// whole reports whether a thing is an image, not one of several things in it:
// only of an image do readers who drew nothing agree that nothing is there.
func (r *reads) whole(thing *read) bool {
	for _, n := range thing.labels {
		if l := &r.v.set.Labels[n]; l.Unit >= 0 || l.Kind != annotation.Mask && l.Kind != annotation.Polygon {
			return false
		}
	}
	return true
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
	runs   []uint32 // along the first axis
	size   [3]int   // y, x and 1 of a picture; x, y and z of a volume
	stepMM [3]float64
}

// planar reports whether a mask is of one plane.
func (m *mask) planar() bool { return m.size[2] == 1 }

// masks returns the mask of each reader of a thing, empty for those that drew
// nothing. It is nil if nobody did.
func (r *reads) masks(class int32, thing *read) []mask {
	of := map[int32]mask{}
	var like mask
	for _, n := range thing.labels {
		l := &r.v.set.Labels[n]
		if l.Class != class || l.Reader < 0 || l.Shape < 0 || int(l.Shape) >= len(r.v.set.Shapes) {
			continue
		}
		one, ok := r.v.mask(l)
		if !ok {
			continue
		}
		if m, drawn := of[l.Reader]; drawn && m.size == one.size {
			one.runs = shape.Union(m.runs, one.runs)
		}
		of[l.Reader], like = one, one
	}
	if len(of) == 0 {
		return nil
	}
	var list []mask
	for _, reader := range thing.from {
		m, drawn := of[reader]
		if !drawn {
			m = like
			m.runs = []uint32{uint32(like.size[0] * like.size[1] * like.size[2])}
		}
		list = append(list, m)
	}
	return list
}

// mask returns the mask of a label, filled if it is a polygon.
func (v *view) mask(l *annotation.SetLabel) (m mask, ok bool) {
	s := &v.set.Shapes[l.Shape]
	width, height := int(s.Width), int(s.Height)
	if (width <= 0 || height <= 0) && l.Item >= 0 {
		width, height = int(v.set.Items[l.Item].Width), int(v.set.Items[l.Item].Height)
	}
	if height <= 0 || width <= 0 {
		return m, false
	}
	m = mask{runs: s.Runs, size: [3]int{height, width, max(int(s.Depth), 1)}}
	for i, mm := range s.StepMM {
		m.stepMM[i] = float64(mm)
	}
	if s.Runs != nil {
		return m, true
	}
	points := make([]float64, len(s.Points))
	for i, p := range s.Points {
		points[i] = float64(p)
	}
	m.runs, ok = shape.Fill([][]float64{points}, width, height)
	return m, ok
}

// Bounds of distances: cells of the box around two masks, and of all boxes.
const (
	maxBox      = 1 << 23
	maxMeasured = 1 << 28
)

// distance returns the 95th percentile of the distance of two surfaces in
// millimeters, NaN if it is not known or the budget of cells is spent.
func (r *reads) distance(thing *read, a, b *mask, budget *int64) float64 {
	step := a.stepMM
	if step[0] == 0 {
		rows, columns := r.v.spacing(thing.item)
		step = [3]float64{rows, columns, 1}
	}
	low, size := box(a, b)
	cells := int64(size[0]) * int64(size[1]) * int64(size[2])
	if !(step[0] > 0 && step[1] > 0 && step[2] > 0) || cells > maxBox || cells > *budget {
		return math.NaN()
	}
	*budget -= cells
	_, d := agreement.Hausdorff(a.within(low, size), b.within(low, size), agreement.Grid{Size: size, Step: step, Flat: a.planar()})
	return d
}

// spacing returns the distance of rows and of columns of an image in
// millimeters, 0 if it is not known.
func (v *view) spacing(item int32) (rows, columns float64) {
	it := &v.set.Items[item]
	switch {
	case it.Quality != nil && it.Quality.RowMM > 0:
		return float64(it.Quality.RowMM), float64(it.Quality.ColMM)
	case it.Instance != nil:
		return it.Instance.Place.SpacingMM[0], it.Instance.Place.SpacingMM[1]
	}
	return 0, 0
}

// box returns the smallest box around two masks of one size.
func box(a, b *mask) (low, size [3]int) {
	high := [3]int{-1, -1, -1}
	low = a.size
	for _, m := range []*mask{a, b} {
		m.each(func(at [3]int, n int) {
			for k := range 3 {
				low[k], high[k] = min(low[k], at[k]), max(high[k], at[k])
			}
			high[0] = max(high[0], at[0]+n-1)
		})
	}
	for k := range 3 {
		size[k] = max(high[k]-low[k]+1, 0)
	}
	return low, size
}

// within returns the cells of a box that are in the mask.
func (m *mask) within(low, size [3]int) []bool {
	in := make([]bool, size[0]*size[1]*size[2])
	m.each(func(at [3]int, n int) {
		from := at[0] - low[0] + size[0]*(at[1]-low[1]+size[1]*(at[2]-low[2]))
		for i := range n {
			in[from+i] = true
		}
	})
	return in
}

// each visits the stretches of a mask along the first axis, each with its first
// cell and length.
func (m *mask) each(stretch func(at [3]int, n int)) {
	from, total := 0, m.size[0]*m.size[1]*m.size[2]
	for i, run := range m.runs {
		end := min(from+int(run), total)
		for i%2 == 1 && from < end {
			n := min(end-from, m.size[0]-from%m.size[0])
			stretch([3]int{from % m.size[0], from / m.size[0] % m.size[1], from / m.size[0] / m.size[1]}, n)
			from += n
		}
		from = end
	}
}
