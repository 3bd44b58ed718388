package annotation

import (
	"fmt"
	"math"
	"slices"

	"assay/internal/audit/series"
)

// joinObjects holds segmentations and structure sets against the images that
// they name.
func joinObjects(j *joiner) {
	stacks := map[Hash]*stack{}
	for i := range j.members {
		f := j.members[i].Facts
		if f == nil || f.Object == nil {
			continue
		}
		j.frameOfReference(i, f)
		for _, p := range f.Object.Planes {
			j.plane(i, f, p, stacks)
		}
	}
}

// frameOfReference holds the frame of reference of an object against that of
// the images that it names.
func (j *joiner) frameOfReference(member int, f *Facts) {
	if f.Object.Frame == (Hash{}) {
		return
	}
	seen, same := false, false
	for i := range f.Images {
		found := j.resolve(member, &f.Images[i])
		if found < 0 || j.members[found].Instance.Frame == (Hash{}) {
			continue
		}
		seen = true
		same = same || j.members[found].Instance.Frame == f.Object.Frame
	}
	if !seen {
		return
	}
	j.check(ruleFrameOfReference, 1)
	if !same {
		j.find(ruleFrameOfReference, member, f.Object.FrameAt, "", "")
	}
}

// plane tells of a contour that lies off the slices of its series.
func (j *joiner) plane(member int, f *Facts, p Plane, stacks map[Hash]*stack) {
	image := max(p.Image, 0)
	if int(image) >= len(f.Images) {
		return
	}
	found := j.resolve(member, &f.Images[image])
	if found < 0 {
		return
	}
	in := j.members[found].Instance
	s, ok := stacks[in.Series]
	if !ok {
		s = j.newStack(found)
		stacks[in.Series] = s
	}
	if s == nil {
		return
	}
	j.check(ruleContourPlane, 1)
	if s.isOff(p.Position) {
		j.find(ruleContourPlane, member, fmt.Sprintf("(3006,0039)[%d].(3006,0040)[%d].(3006,0050)", p.ROI, p.Contour), "", "")
	}
}

// stack is where the slices of a series lie along their normal, in millimeters.
type stack struct {
	normal [3]float64
	at     []float64 // ascending
	step   float64   // the usual distance of neighbors
}

// newStack returns the slices that lie parallel to one of their series, nil if
// it does not say where.
func (j *joiner) newStack(member int) *stack {
	first := &j.members[member].Instance.Place
	if !first.InSpace() {
		return nil
	}
	s := &stack{normal: normal(first)}
	for _, i := range j.seriesOf(member) {
		p := &j.members[i].Instance.Place
		if p.InSpace() && math.Abs(dot(normal(p), s.normal)) > 0.999 {
			s.at = append(s.at, dot(p.Position, s.normal))
		}
	}
	slices.Sort(s.at)
	s.step = s.usual()
	if s.step == 0 {
		s.step = float64(j.members[member].Instance.ThicknessMM)
	}
	if s.step == 0 {
		return nil
	}
	return s
}

// usual is the median distance of neighbors, 0 if there are none.
func (s *stack) usual() float64 {
	var steps []float64
	for i := 1; i < len(s.at); i++ {
		if d := s.at[i] - s.at[i-1]; d > 0.01 {
			steps = append(steps, d)
		}
	}
	if len(steps) == 0 {
		return 0
	}
	slices.Sort(steps)
	return steps[len(steps)/2]
}

// isOff reports whether a point is further than half a step from every slice.
// Coordinates are often written with two digits, hence the tolerance.
func (s *stack) isOff(p [3]float64) bool {
	d := dot(p, s.normal)
	i, _ := slices.BinarySearch(s.at, d)
	nearest := math.Inf(1)
	for _, k := range []int{i - 1, i} {
		if k >= 0 && k < len(s.at) {
			nearest = min(nearest, math.Abs(s.at[k]-d))
		}
	}
	return nearest > s.step/2+0.02
}

func normal(p *series.Place) [3]float64 {
	o := p.Orientation
	return [3]float64{o[1]*o[5] - o[2]*o[4], o[2]*o[3] - o[0]*o[5], o[0]*o[4] - o[1]*o[3]}
}

func dot(a, b [3]float64) float64 { return a[0]*b[0] + a[1]*b[1] + a[2]*b[2] }

// masks adds the sizes of the masks of an object to its classes.
func (j *joiner) masks(f *Facts, classes []int32) {
	for _, m := range f.Object.Masks {
		if int(m.Label) >= len(f.Labels) {
			continue
		}
		if c := at(classes, f.Labels[m.Label].Class); c >= 0 {
			j.set.Classes[c].Voxels += m.Voxels
			j.set.Classes[c].ML += m.ML
		}
	}
}
