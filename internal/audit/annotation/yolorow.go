package annotation

import (
	"math"

	"assay/internal/audit/score"
)

// tellTask tells what the rows of a set are: keypoints if the description
// says so, else what most of the rows look like. Four corners may be an
// oriented box or an outline: they are boxes if they are parallelograms, as a
// turned box is, and not all upright.
func (s *yoloSet) tellTask() {
	boxes, corners, outlines, turned, upright := 0, 0, 0, 0, 0
	for _, f := range s.files {
		for _, r := range f.rows {
			switch n := r.Columns; {
			case n == 5:
				boxes++
			case n == 9:
				corners++
				switch parallel, straight := corners4(r.Values); {
				case parallel && straight:
					upright++
				case parallel:
					turned++
				}
			case n >= 7 && n%2 == 1:
				outlines++
			}
		}
	}
	switch {
	case s.points[0] > 0:
		s.task = YOLOPose
	case outlines+corners < boxes || outlines+corners == 0:
		s.task = YOLODetect
	case outlines > 0:
		s.task = YOLOSegment
	case turned > 0 && 10*(turned+upright) >= 9*corners:
		s.task, s.tie = YOLOOBB, []Match{{YOLOSegment, 0.5}}
	default:
		s.task, s.tie = YOLOSegment, []Match{{YOLOOBB, 0.5}}
	}
}

// corners4 reports whether four corners are a parallelogram, and whether its
// sides are upright. Dividing by the size of the image keeps both.
func corners4(v []float32) (parallel, upright bool) {
	const near = 2e-3
	same := func(a, b float32) bool { return math.Abs(float64(a-b)) <= near }
	parallel = same(v[0]+v[4], v[2]+v[6]) && same(v[1]+v[5], v[3]+v[7])
	upright = same(v[0], v[2]) && same(v[3], v[5]) || same(v[1], v[3]) && same(v[2], v[4])
	return parallel, upright
}

// row checks a row, and takes its label if its class is known.
func (y *yoloJoin) row(s *yoloSet, f *yoloFile, r *Row, item int32) {
	at := linePointer(int(r.Line))
	find := func(rule score.Rule, note string) { y.find(rule, f.member, at, "", note) }
	fits := s.columns(r, y.check, find)
	if fits {
		s.values(r, y.check, find)
	}
	y.check(ruleYOLORepeated, 1)
	if r.Repeated {
		find(ruleYOLORepeated, "")
	}
	if !y.known(s, r, find) {
		return
	}
	l := SetLabel{
		Item: item, Class: y.classOf(s, r.Class), Reader: -1, Unit: -1, Shape: -1, File: y.members[f.member].Index,
		Kind: s.kind(), Value: float32(math.NaN()), Pointer: r.Line,
	}
	it := &y.set.Items[item]
	if box, ok := s.box(r); ok {
		l.Box = scaled(box, it.Width, it.Height)
	}
	y.label(l)
}

// columns checks how many columns a row has, and reports whether they are
// right.
func (s *yoloSet) columns(r *Row, check func(score.Rule, int), find func(score.Rule, string)) bool {
	check(ruleYOLOColumns, 1)
	check(ruleYOLOMixed, 1)
	n, outline := r.Columns, r.Columns >= 7 && r.Columns%2 == 1
	switch s.task {
	case YOLOPose:
		if n != 5+s.points[0]*s.points[1] {
			find(ruleYOLOColumns, "not 5 and the numbers of kpt_shape")
			return false
		}
	case YOLOSegment:
		if n == 5 {
			find(ruleYOLOMixed, "a box in a set of outlines")
			return false
		}
		if !outline {
			find(ruleYOLOColumns, "not a class and 3 or more corners")
			return false
		}
	case YOLOOBB:
		if n == 5 || outline && n != 9 {
			find(ruleYOLOMixed, "not an oriented box as the others are")
			return false
		}
		if n != 9 {
			find(ruleYOLOColumns, "not a class and 4 corners")
			return false
		}
	default:
		if outline {
			find(ruleYOLOMixed, "an outline in a set of boxes")
			return false
		}
		if n != 5 {
			find(ruleYOLOColumns, "not a class and 4 numbers")
			return false
		}
	}
	return true
}

// values checks the numbers of a row.
func (s *yoloSet) values(r *Row, check func(score.Rule, int), find func(score.Rule, string)) {
	check(ruleYOLORange, 1)
	hidden := false
	for i, v := range r.Values {
		if s.task == YOLOPose && s.points[1] == 3 && i >= 4 && (i-4)%3 == 2 {
			hidden = hidden || v != 0 && v != 1 && v != 2
			continue
		}
		if v < 0 || v > 1 {
			find(ruleYOLORange, map[bool]string{true: "below 0", false: "above 1"}[v < 0])
			return
		}
	}
	if r.Wrong {
		find(ruleYOLORange, "no number")
		return
	}
	if s.task == YOLOPose && s.points[1] == 3 {
		check(ruleYOLOVisible, 1)
		if hidden {
			find(ruleYOLOVisible, "")
		}
	}
	if s.task == YOLODetect || s.task == YOLOPose {
		check(ruleYOLOFlat, 1)
		if r.Values[2] == 0 || r.Values[3] == 0 {
			find(ruleYOLOFlat, "")
		}
	}
}

// known checks the class of a row, and reports whether there is such a class.
func (y *yoloJoin) known(s *yoloSet, r *Row, find func(score.Rule, string)) bool {
	y.check(ruleYOLOClass, 1)
	if r.Class == -1 {
		find(ruleYOLOClass, "")
		return false
	}
	y.check(ruleYOLOUnknown, 1)
	if r.Class < 0 || s.classes >= 0 && int64(r.Class) >= s.classes {
		find(ruleYOLOUnknown, "")
		return false
	}
	return true
}

// classOf returns a class of the set; one that nobody declares is made as it
// comes, within a bound.
func (y *yoloJoin) classOf(s *yoloSet, n int32) int32 {
	c, ok := s.byClass[n]
	if !ok {
		if len(s.byClass) >= 10_000 {
			return -1
		}
		c = y.class(s.nameOf(n), s.classes >= 0, false)
		s.byClass[n] = c
	}
	return c
}

func (s *yoloSet) kind() Kind {
	switch s.task {
	case YOLOPose:
		return Keypoints
	case YOLOSegment, YOLOOBB:
		return Polygon
	}
	return Box
}

// box returns the box of a row, by the size of its image: x and y of the upper
// left corner, width, height.
func (s *yoloSet) box(r *Row) ([4]float64, bool) {
	v := r.Values
	if s.task == YOLODetect || s.task == YOLOPose || len(v) == 4 {
		if len(v) < 4 {
			return [4]float64{}, false
		}
		w, h := float64(v[2]), float64(v[3])
		return [4]float64{float64(v[0]) - w/2, float64(v[1]) - h/2, w, h}, true
	}
	if len(v) < 6 {
		return [4]float64{}, false
	}
	low, high := [2]float64{math.Inf(1), math.Inf(1)}, [2]float64{math.Inf(-1), math.Inf(-1)}
	for i, c := range v[:len(v)/2*2] {
		low[i%2], high[i%2] = min(low[i%2], float64(c)), max(high[i%2], float64(c))
	}
	return [4]float64{low[0], low[1], high[0] - low[0], high[1] - low[1]}, true
}

// scaled brings a box to pixels; it stays as it is if the size is not known.
func scaled(b [4]float64, width, height int32) [4]float32 {
	w, h := float64(max(width, 1)), float64(max(height, 1))
	return [4]float32{float32(b[0] * w), float32(b[1] * h), float32(b[2] * w), float32(b[3] * h)}
}
