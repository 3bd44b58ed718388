package series

import (
	"fmt"
	"math"
	"slices"
	"strconv"
)

// level is the slices at one place along the normal.
type level struct {
	mm float64
	at []int
}

// stack is the slices of one view, in the order in which they lie.
type stack struct {
	levels []level
	steps  []float64 // steps[i] leads from level i to the next
	usual  float64   // the most frequent step
	agree  int       // steps that are usual
	times  int       // slices at most levels: more than 1 with several phases
	runs   []run
	runOf  []int
}

// run is consecutive steps of one width.
type run struct {
	first, length int
	step          float64
}

const (
	sameLevelMM = 0.01
	maxGaps     = 8 // reported one by one for each stack
	sectionRun  = 4 // steps of one width that are a section of their own
)

// tolerance returns how much steps of one width may differ: positions are
// written rounded.
func tolerance(step float64) float64 { return min(max(0.05*step, 0.1), 0.25*step) }

// stack compares the slices of one view.
func (c *check) stack(v view) {
	s := newStack(c.places, v)
	if len(s.levels) >= 2 && s.agree > c.stepOf {
		c.step, c.stepOf = s.usual, s.agree
	}
	c.doubled(s)
	if len(s.levels) == 3 && !c.confirmed(s) || len(s.levels) < 3 {
		return
	}
	c.missingInPhase(s)
	c.steps(s)
}

func newStack(places []Place, v view) *stack {
	s := &stack{}
	n := normal(v.orientation)
	along := make(map[int]float64, len(v.at))
	for _, i := range v.at {
		along[i] = dot(places[i].Position, n)
	}
	sorted := slices.Clone(v.at)
	slices.SortStableFunc(sorted, func(a, b int) int {
		switch {
		case along[a] < along[b]:
			return -1
		case along[a] > along[b]:
			return 1
		}
		return a - b
	})
	for _, i := range sorted {
		if k := len(s.levels); k > 0 && along[i]-s.levels[k-1].mm <= sameLevelMM {
			s.levels[k-1].at = append(s.levels[k-1].at, i)
			continue
		}
		s.levels = append(s.levels, level{along[i], []int{i}})
	}
	for i := 1; i < len(s.levels); i++ {
		s.steps = append(s.steps, s.levels[i].mm-s.levels[i-1].mm)
	}
	s.findUsual()
	s.findRuns()
	counts := map[int]int{}
	for _, l := range s.levels {
		if n := len(l.at); counts[n]+1 > counts[s.times] || counts[n]+1 == counts[s.times] && n < s.times {
			s.times = n
		}
		counts[len(l.at)]++
	}
	return s
}

// findUsual finds the most frequent step, the smallest of equally frequent ones.
func (s *stack) findUsual() {
	sorted := slices.Clone(s.steps)
	slices.Sort(sorted)
	for first := 0; first < len(sorted); {
		end := first
		for end < len(sorted) && sorted[end]-sorted[first] <= 2*tolerance(sorted[first]) {
			end++
		}
		if end-first > s.agree {
			s.agree, s.usual = end-first, sorted[first+(end-first)/2]
		}
		first = end
	}
}

func (s *stack) findRuns() {
	s.runOf = make([]int, len(s.steps))
	for i, step := range s.steps {
		if n := len(s.runs); n > 0 && math.Abs(step-s.runs[n-1].step) <= 2*tolerance(s.runs[n-1].step) {
			s.runs[n-1].length++
		} else {
			s.runs = append(s.runs, run{i, 1, step})
		}
		s.runOf[i] = len(s.runs) - 1
	}
}

func (s *stack) isUsual(step float64) bool { return math.Abs(step-s.usual) <= 2*tolerance(s.usual) }

// confirmed reports whether the narrower of two steps is the one that the
// images state.
func (c *check) confirmed(s *stack) bool {
	narrow := min(s.steps[0], s.steps[1])
	for _, l := range s.levels {
		for _, i := range l.at {
			if math.Abs(c.places[i].BetweenMM-narrow) > tolerance(narrow) {
				return false
			}
		}
	}
	s.usual = narrow
	return true
}

// doubled reports slices that lie where another of the same phase lies.
func (c *check) doubled(s *stack) {
	over := 0
	for _, l := range s.levels {
		if len(l.at) > s.times {
			over++
		}
	}
	if over == 0 || s.times > 1 && over*5 > len(s.levels) {
		return
	}
	var at []int
	places := 0
	for _, l := range s.levels {
		if len(l.at) <= s.times {
			continue
		}
		n := len(at)
		for _, same := range groups(l.at, func(i int) Hash { return c.places[i].Phase }) {
			if len(same) > 1 && c.together(same) {
				at = append(at, same...)
			}
		}
		if len(at) > n {
			places++
		}
	}
	if places > 0 {
		c.fault(pathPosition, "Slices of a series lie at one position.",
			fmt.Sprintf("At %d of %d positions of a series lies more than one slice of the same acquisition.", places, len(s.levels)), at)
	}
}

// together reports whether any two neighbors of a level lie at one place.
func (c *check) together(at []int) bool {
	for n := 1; n < len(at); n++ {
		if samePlace(&c.places[at[n-1]], &c.places[at[n]]) {
			return true
		}
	}
	return false
}

// missingInPhase reports places inside a stack of several phases at which fewer
// slices lie than at the others.
func (c *check) missingInPhase(s *stack) {
	if s.times < 2 {
		return
	}
	short, missing := 0, 0
	var at []int
	for _, l := range s.levels {
		if n := len(l.at); n < s.times {
			short++
			missing += s.times - n
			at = append(at, l.at...)
		}
	}
	first, last := s.levels[0], s.levels[len(s.levels)-1]
	if short == 0 || short*10 > len(s.levels) || len(first.at) < s.times || len(last.at) < s.times {
		return // a phase that ended early or covers less
	}
	c.gaps = true
	c.missing("Slices are missing in one of several phases of a series.",
		fmt.Sprintf("At %d of %d positions lie fewer slices than the %d of the others: %d are missing.", short, len(s.levels), s.times, missing), at)
}

// steps reports missing slices and uneven steps.
func (c *check) steps(s *stack) {
	var uneven []int
	narrow, wide, gaps, missing := math.Inf(1), 0.0, 0, 0
	var further []int
	for i, step := range s.steps {
		kind, n := c.judge(s, i)
		beside := slices.Concat(s.levels[i].at, s.levels[i+1].at)
		switch kind {
		case gap:
			c.gaps = true
			if gaps++; gaps > maxGaps {
				missing += n
				further = append(further, beside...)
				continue
			}
			c.missing("Slices are missing in a series.",
				fmt.Sprintf("Two neighboring slices lie %s mm apart where %s mm are usual: %s.", millimeters(step), millimeters(step/float64(n+1)), isMissing(n)), beside)
		case irregular:
			uneven = append(uneven, beside...)
			narrow, wide = min(narrow, step), max(wide, step)
		}
	}
	if len(further) > 0 {
		c.missing("Slices are missing in a series.", fmt.Sprintf("In %d further gaps of the series %s.", gaps-maxGaps, isMissing(missing)), further)
	}
	if len(uneven) > 0 {
		c.fault(pathPosition, "The steps between slices of a series are uneven.",
			fmt.Sprintf("Slices of a series are spaced unevenly: steps of %s to %s mm where %s mm are usual.", millimeters(narrow), millimeters(wide), millimeters(s.usual)), uneven)
	}
}

// stepKind is what a step between two slices is.
type stepKind int

const (
	regular stepKind = iota
	gap              // whole slices are missing
	irregular
)

// judge says what step i is, and how many slices are missing in it.
func (c *check) judge(s *stack, i int) (stepKind, int) {
	step, r := s.steps[i], s.runs[s.runOf[i]]
	if s.isUsual(step) {
		return regular, 0
	}
	before, after := s.beside(i)
	local := min(before, after)
	n := int(math.Round(step / local))
	whole := n >= 2 && math.Abs(step-float64(n)*local) <= 2*tolerance(local)
	if whole && c.skips(s, i, n) {
		return gap, n - 1
	}
	switch {
	case r.length >= sectionRun:
		return regular, 0 // a section reconstructed with another spacing
	case step >= local-tolerance(local) && step <= max(before, after)+tolerance(local):
		return regular, 0
	case math.Abs(before-after) > 2*tolerance(local) && step < local:
		return regular, 0 // where a section of another spacing begins, it may overlap the one before
	case c.slabs(s, whole, step, local):
		return regular, 0
	case whole:
		return gap, n - 1
	}
	return irregular, 0
}

// beside returns the widths of the nearest sections before and after step i;
// the usual step counts as one.
func (s *stack) beside(i int) (before, after float64) {
	before, after = s.usual, s.usual
	for n := s.runOf[i] - 1; n >= 0; n-- {
		if r := s.runs[n]; r.length >= sectionRun || s.isUsual(r.step) {
			before = r.step
			break
		}
	}
	for n := s.runOf[i] + 1; n < len(s.runs); n++ {
		if r := s.runs[n]; r.length >= sectionRun || s.isUsual(r.step) {
			after = r.step
			break
		}
	}
	return before, after
}

// skips reports whether the numbers of the slices beside step i leave out as
// many as would fit in.
func (c *check) skips(s *stack, i, n int) bool {
	if s.times > 1 {
		return false
	}
	a, b := &c.places[s.levels[i].at[0]], &c.places[s.levels[i+1].at[0]]
	d := a.Number - b.Number
	return a.HasNumber && b.HasNumber && (d == n || d == -n)
}

// slabs reports whether wide steps part a stack into slabs, as in MR of the
// discs of a spine: each has at least three slices, and either the distance is
// no multiple of the spacing or there are three slabs of one size.
func (c *check) slabs(s *stack, whole bool, step, local float64) bool {
	if c.modality != "MR" || step < 1.5*local {
		return false
	}
	var sizes []int
	size := 1
	for _, w := range s.steps {
		if w >= 1.5*local {
			sizes = append(sizes, size)
			size = 0
		}
		size++
	}
	sizes = append(sizes, size)
	smallest, largest := slices.Min(sizes), slices.Max(sizes)
	return smallest >= 3 && (!whole || len(sizes) >= 3 && smallest == largest)
}

func isMissing(n int) string {
	if n == 1 {
		return "1 slice is missing"
	}
	return strconv.Itoa(n) + " slices are missing"
}

// millimeters writes a distance to a hundredth.
func millimeters(v float64) string {
	return strconv.FormatFloat(math.Round(v*100)/100, 'f', -1, 64)
}
