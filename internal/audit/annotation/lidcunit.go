package annotation

import (
	"fmt"
	"maps"
	"math"
	"slices"
)

// nearPixels is how far apart two points may be, in pixels, that mark one
// thing: about 3 mm, the size of the smallest nodules.
const nearPixels = 5

// maxLIDCMarks bounds the marks that are grouped.
const maxLIDCMarks = 2000

// group tells which marks are of one thing. No reader of a scan numbers nodules
// as another does, so the outlines decide: each mark joins the group, without a
// mark of its reader, that it overlaps most on the slices they share; otherwise
// it starts one.
func (l *lidcFile) group() {
	if len(l.marks) > maxLIDCMarks {
		for i := range l.marks {
			l.marks[i].unit = -1
		}
		l.in.facts.Beyond++
		return
	}
	var groups [][]int
	for i := range l.marks {
		best, most := -1, 0
		for g, members := range groups {
			if slices.ContainsFunc(members, func(k int) bool { return l.marks[k].session == l.marks[i].session }) {
				continue
			}
			for _, k := range members {
				if n := overlap(&l.marks[i], &l.marks[k]); n > most {
					best, most = g, n
				}
			}
		}
		if best < 0 {
			best = len(groups)
			groups = append(groups, nil)
		}
		groups[best] = append(groups[best], i)
		l.marks[i].unit = best
	}
}

// overlap counts the pixels that two marks share, 0 if they are of different
// things. Points that are near count one.
func overlap(a, b *lidcMark) int {
	sum := 0
	for i := range a.outlines {
		for k := range b.outlines {
			x, y := &a.outlines[i], &b.outlines[k]
			if x.image == y.image && x.image >= 0 && !x.hole && !y.hole {
				sum += x.overlap(y)
			}
		}
	}
	return sum
}

func (o *lidcOutline) overlap(other *lidcOutline) int {
	if len(o.points) == 0 || len(other.points) == 0 {
		return 0
	}
	low, high := o.bounds()
	lowOther, highOther := other.bounds()
	for axis := range low {
		if low[axis] > highOther[axis]+nearPixels || lowOther[axis] > high[axis]+nearPixels {
			return 0
		}
	}
	if len(o.points) < 6 || len(other.points) < 6 {
		return 1
	}
	return sharedPixels(o.points, other.points, [4]float32{
		max(low[0], lowOther[0]), max(low[1], lowOther[1]), min(high[0], highOther[0]), min(high[1], highOther[1]),
	})
}

// bounds returns the smallest and largest x and y.
func (o *lidcOutline) bounds() (low, high [2]float32) {
	copy(low[:], o.points)
	copy(high[:], o.points)
	for i, v := range o.points {
		low[i%2], high[i%2] = min(low[i%2], v), max(high[i%2], v)
	}
	return low, high
}

// maxSharedPixels bounds the pixels that are counted: those of a nodule of 10 cm.
const maxSharedPixels = 1 << 16

// sharedPixels counts the pixels of a box that lie in both polygons.
func sharedPixels(a, b []float32, box [4]float32) int {
	width, height := float64(box[2]-box[0]), float64(box[3]-box[1])
	if width <= 0 || height <= 0 {
		return 0
	}
	step := max(1, math.Sqrt(width*height/maxSharedPixels))
	count := 0
	for y := float64(box[1]) + step/2; y < float64(box[3]); y += step {
		for x := float64(box[0]) + step/2; x < float64(box[2]); x += step {
			if holds(a, x, y) && holds(b, x, y) {
				count++
			}
		}
	}
	return count
}

// holds reports whether a point lies in a polygon, by the rule of even and odd
// crossings.
func holds(polygon []float32, x, y float64) bool {
	inside := false
	n := len(polygon) / 2
	for i, k := 0, n-1; i < n; k, i = i, i+1 {
		xi, yi := float64(polygon[2*i]), float64(polygon[2*i+1])
		xk, yk := float64(polygon[2*k]), float64(polygon[2*k+1])
		if (yi > y) != (yk > y) && x < (xk-xi)*(y-yi)/(yk-yi)+xi {
			inside = !inside
		}
	}
	return inside
}

// slicesOf picks for each unit the slice on which most readers drew, the first
// of those: outlines of one unit are compared there.
func (l *lidcFile) slicesOf() map[int]int32 {
	counts := map[int]map[int32]int{}
	for i := range l.marks {
		m := &l.marks[i]
		seen := map[int32]bool{}
		for k := range m.outlines {
			o := &m.outlines[k]
			if o.image < 0 || o.hole || len(o.points) < 6 || seen[o.image] {
				continue
			}
			seen[o.image] = true
			if counts[m.unit] == nil {
				counts[m.unit] = map[int32]int{}
			}
			counts[m.unit][o.image]++
		}
	}
	out := map[int]int32{}
	for unit, byImage := range counts {
		most := int32(-1)
		for _, image := range slices.Sorted(maps.Keys(byImage)) {
			if most < 0 || byImage[image] > byImage[most] {
				most = image
			}
		}
		out[unit] = most
	}
	return out
}

// labels makes a label of each mark, with its outline on the slice of its unit,
// and one of each rating.
func (l *lidcFile) labels() {
	f := l.in.facts
	f.At.Label = "(//unblindedReadNodule|//nonNodule)[%d]"
	marked := make([]bool, min(l.session+1, maxReaders))
	for i := range l.marks {
		if s := int(l.marks[i].session); s >= 0 && s < len(marked) {
			marked[s] = true
		}
	}
	for s := range marked {
		f.Readers = append(f.Readers, l.in.Hash(fmt.Sprintf("LIDC reading session %d", s+1)))
		if !marked[s] && len(f.Images) > 0 { // of the series, as all marks
			f.Blanks = append(f.Blanks, Blank{Image: 0, Reader: int32(s)})
		}
	}
	names := objectClasses{in: l.in}
	shown := l.slicesOf()
	for i := range l.marks {
		m := &l.marks[i]
		label := Label{
			Image: -1, Class: names.of(m.class, true), Reader: m.session, Unit: l.unit(m), Shape: -1, Place: int32(i + 1),
			Kind: Point, Origin: Human, Value: float32(math.NaN()),
		}
		if len(m.outlines) > 0 {
			label.Image = m.outlines[0].image
		}
		if o := m.on(shown, m.unit); o != nil && m.unit >= 0 {
			label.Kind, label.Image = Polygon, o.image
			label.Shape = int32(len(f.Shapes))
			f.Shapes = append(f.Shapes, Shape{Points: o.points})
			low, high := o.bounds()
			label.Box = [4]float32{low[0], low[1], high[0] - low[0], high[1] - low[1]}
		}
		l.in.addLabel(label)
		label.Kind, label.Shape, label.Box = Measurement, -1, [4]float32{}
		for _, name := range slices.Sorted(maps.Keys(m.ratings)) {
			label.Class, label.Value = names.of(name, false), float32(m.ratings[name])
			if label.Class >= 0 {
				f.Classes[label.Class].Ordinal = lidcRatings[name].ordinal
			}
			l.in.addLabel(label)
		}
	}
}

// on returns the outline of a mark on the slice of its unit, nil if there is
// none.
func (m *lidcMark) on(shown map[int]int32, unit int) *lidcOutline {
	image, ok := shown[unit]
	for i := range m.outlines {
		if o := &m.outlines[i]; ok && o.image == image && !o.hole && len(o.points) >= 6 {
			return o
		}
	}
	return nil
}

// unit numbers a group of marks so that no other file has the number.
func (l *lidcFile) unit(m *lidcMark) int32 {
	if m.unit < 0 {
		return -1
	}
	return unitOf(fmt.Sprintf("LIDC unit %d of %s of %s", m.unit, l.series, l.in.Path))
}
