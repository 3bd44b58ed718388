package score

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"assay/internal/audit/distribution"
)

// Sheet is what a score is reckoned from.
type Sheet struct {
	Rules []Rule // all there are, broken or not
	Book  *Book

	// Unmeasured are the pillars that leave the score because nothing, or not
	// enough, was looked at, with why.
	Unmeasured map[Pillar]string

	// Sampled says that rules on pixels saw a sample of the images only.
	Sampled bool
}

// Result is a score with all that it was reckoned from.
type Result struct {
	Value     float64 // 0 to 100, to tenths
	Low, High float64 // of a sample; equal to Value otherwise
	Grade     string  // "A" to "D", "F"; empty if too little was measured
	Reason    string  // why there is no grade, or no better one; may be empty
	Measured  float64 // points, of 100
	Pillars   []Kept
	Losses    []Loss             // largest first; their points sum to 100 minus Value
	Lost      map[string]float64 // points of the score that each rule costs, to hundredths, by code
	HardFails []Rule
	Fixes     []Loss // what to mend first, at most MaxFixes; the gain of each is after those before it
}

// Kept is what is left of a pillar.
type Kept struct {
	Weight
	Kept     float64 // to hundredths
	Measured bool
	Why      string // why it was not
}

// Loss is a part of what the score lost.
type Loss struct {
	Code   string  // of a rule, or one of the codes below
	Points float64 // of the 100 of the score, in tenths
	Gain   float64 // points of the score that mending this alone would add, in tenths; 0 for the codes below
}

// Codes of losses that come from no rule alone.
const (
	LowestPillar = "lowest-pillar" // the score may not stand more than AboveLowest over the weakest pillar
	HardFault    = "hard-fault"    // HardCap holds it
	NotMeasured  = "not-measured"  // no pillar could be measured: there is no score but 0
)

// MaxFixes is how many fixes a Result names.
const MaxFixes = 3

// line is a rule with the rate at which it is broken.
type line struct {
	rule Rule
	rate float64 // 0 to 1
	hard bool
}

// Score reckons the score:
//
//	loss of a rule = Cap * min(1, rate/Full), rate = affected/eligible
//	score = 100 * (points kept) / (points measured)
//
// A pillar loses at most its points; if its rules cost more, each bears its
// share. Then the two limits hold: AboveLowest and HardCap.
func (s *Sheet) Score() Result {
	lines := s.lines()
	now := s.reckon(lines)
	r := Result{
		Measured: now.measured, Pillars: now.pillars, Lost: map[string]float64{},
		Value: tenths(now.value), Low: tenths(now.value), High: tenths(now.value),
	}
	for _, l := range lines {
		if l.hard {
			r.HardFails = append(r.HardFails, l.rule)
		}
	}
	if s.Sampled {
		r.Low, r.High = s.interval(lines)
	}
	s.losses(&r, lines, now)
	r.Fixes = s.fixes(lines)
	r.Grade = gradeOf(r.Value, r.Measured)
	r.Reason = reason(&r, now)
	return r
}

// lines are the rules that were held against something, by code.
func (s *Sheet) lines() []line {
	var lines []line
	for _, r := range s.Rules {
		t := s.Book.Of(r.Code)
		if t.Eligible == 0 && t.Affected == 0 {
			continue
		}
		l := line{rule: r, rate: rate(t.Affected, t.Eligible)}
		l.hard = r.AnyHard && t.Affected > 0 || r.Hard > 0 && l.rate > r.Hard
		lines = append(lines, l)
	}
	slices.SortFunc(lines, func(a, b line) int { return cmp.Compare(a.rule.Code, b.rule.Code) })
	return lines
}

func rate(affected, eligible int) float64 {
	if affected >= eligible {
		return min(1, float64(affected))
	}
	return float64(affected) / float64(eligible)
}

// sum is a score reckoned.
type sum struct {
	value        float64 // 0 to 100
	measured     float64
	pillars      []Kept
	lost         []float64 // points of the score, by line
	lowest, hard float64   // what the limits took
	none         bool      // nothing was measured
	weakest      Weight    // of the pillar that holds the score, if one does
}

// reckon does the arithmetic for rates.
func (s *Sheet) reckon(lines []line) sum {
	out := sum{lost: make([]float64, len(lines))}
	kept, lowest, weakest := 0.0, 1.0, Weight{}
	for _, w := range Weights {
		why, unmeasured := s.Unmeasured[w.Pillar]
		k := Kept{Weight: w, Measured: !unmeasured, Why: why}
		if k.Measured {
			k.Kept = w.Points - lose(lines, w, out.lost)
			out.measured += w.Points
			kept += k.Kept
			if share := k.Kept / w.Points; share < lowest {
				lowest, weakest = share, w
			}
			k.Kept = hundredths(k.Kept)
		}
		out.pillars = append(out.pillars, k)
	}
	if out.measured == 0 {
		out.none = true
		return out
	}
	for i := range out.lost {
		out.lost[i] *= 100 / out.measured
	}
	out.value = 100 * kept / out.measured
	if limit := 100*lowest + AboveLowest; out.value > limit {
		out.lowest, out.weakest = out.value-limit, weakest
		out.value = limit
	}
	if out.value > HardCap && slices.ContainsFunc(lines, func(l line) bool { return l.hard }) {
		out.hard = out.value - HardCap
		out.value = HardCap
	}
	return out
}

// lose writes what each rule of a pillar costs, in its points, and returns
// their sum, at most the points of the pillar.
func lose(lines []line, w Weight, lost []float64) float64 {
	total := 0.0
	for i, l := range lines {
		if l.rule.Pillar() == w.Pillar && l.rule.Cap > 0 && l.rule.Full > 0 {
			lost[i] = l.rule.Cap * min(1, l.rate/l.rule.Full)
			total += lost[i]
		}
	}
	if total <= w.Points {
		return total
	}
	for i, l := range lines {
		if l.rule.Pillar() == w.Pillar {
			lost[i] *= w.Points / total
		}
	}
	return w.Points
}

// interval reckons the score with the rates of all rules on pixels at the
// upper and at the lower ends of their intervals. The level is 95 % for all of
// them together (Bonferroni). Whether a fault is hard is told by what was
// seen, not by what may be.
func (s *Sheet) interval(lines []line) (low, high float64) {
	sampled := func(l line) bool {
		_, unmeasured := s.Unmeasured[l.rule.Pillar()]
		return l.rule.Pixels && l.rule.Cap > 0 && !unmeasured && s.Book.Of(l.rule.Code).Eligible > 0
	}
	n := 0
	for _, l := range lines {
		if sampled(l) {
			n++
		}
	}
	worst, best := slices.Clone(lines), slices.Clone(lines)
	for i, l := range lines {
		if sampled(l) {
			t := s.Book.Of(l.rule.Code)
			best[i].rate, worst[i].rate = distribution.WilsonAt(min(t.Affected, t.Eligible), t.Eligible, normalQuantile(1-0.05/float64(n)))
		}
	}
	return tenths(s.reckon(worst).value), tenths(s.reckon(best).value)
}

// normalQuantile returns how many standard deviations from its mean hold a
// share of a normal distribution.
func normalQuantile(share float64) float64 { return math.Sqrt2 * math.Erfinv(share) }

// losses lists what the score lost, in tenths that sum to what it lacks of
// 100: each is rounded down, and those with the largest rests get the tenths
// that are left.
func (s *Sheet) losses(r *Result, lines []line, now sum) {
	type part struct {
		Loss
		exact float64
	}
	var parts []part
	add := func(code string, points, gain float64) {
		if points > 0 {
			parts = append(parts, part{Loss{Code: code, Gain: gain}, points})
		}
	}
	for i, l := range lines {
		r.Lost[l.rule.Code] = hundredths(now.lost[i])
		if now.lost[i] > 0 {
			add(l.rule.Code, now.lost[i], s.gain(lines, i, now.value))
		}
	}
	add(LowestPillar, now.lowest, 0)
	add(HardFault, now.hard, 0)
	if now.none {
		add(NotMeasured, 100, 0)
	}
	left := int(math.Round(10 * (100 - r.Value)))
	whole := make([]int, len(parts))
	order := make([]int, len(parts))
	for i, p := range parts {
		whole[i] = min(left, int(10*p.exact+1e-6))
		left -= whole[i]
		order[i] = i
	}
	rest := func(i int) float64 { return 10*parts[i].exact - float64(whole[i]) }
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(rest(b), rest(a)) })
	for i := 0; left > 0 && len(order) > 0; i, left = i+1, left-1 {
		whole[order[i%len(order)]]++
	}
	for i, p := range parts {
		if p.Points = float64(whole[i]) / 10; whole[i] > 0 {
			r.Losses = append(r.Losses, p.Loss)
		}
	}
	slices.SortStableFunc(r.Losses, func(a, b Loss) int { return cmp.Compare(b.Points, a.Points) })
}

// gain returns what mending one rule alone adds to a score, in tenths.
func (s *Sheet) gain(lines []line, i int, value float64) float64 {
	return tenths(tenths(s.reckon(mended(lines, i)).value) - tenths(value))
}

func mended(lines []line, i int) []line {
	out := slices.Clone(lines)
	out[i].rate, out[i].hard = 0, false
	return out
}

// fixes picks what to mend first: the rule whose mending gains most, then the
// one that gains most after that. Of equal gain, hard faults come first, then
// those of the pillar that holds the score, then what costs more: while two
// hard faults hold the score, or several faults its weakest pillar, mending one
// gains nothing, and yet must be done.
func (s *Sheet) fixes(lines []line) []Loss {
	var list []Loss
	for len(list) < MaxFixes {
		now := s.reckon(lines)
		best, most := -1, 0.0
		for i, l := range lines {
			if now.lost[i] == 0 && !l.hard {
				continue
			}
			g := s.gain(lines, i, now.value)
			if best < 0 || g > most || g == most && now.before(lines, i, best) {
				best, most = i, g
			}
		}
		if best < 0 {
			break
		}
		list = append(list, Loss{Code: lines[best].rule.Code, Points: tenths(now.lost[best]), Gain: most})
		lines = mended(lines, best)
	}
	return list
}

// before reports whether a rule is to be mended before another of equal gain.
func (s *sum) before(lines []line, i, other int) bool {
	if lines[i].hard != lines[other].hard {
		return lines[i].hard
	}
	holds := func(l line) bool { return s.lowest > 0 && l.rule.Pillar() == s.weakest.Pillar }
	if a, b := holds(lines[i]), holds(lines[other]); a != b {
		return a
	}
	return s.lost[i] > s.lost[other]
}

// reason says what keeps the grade from being better.
func reason(r *Result, now sum) string {
	switch {
	case now.none:
		return "Nothing could be measured."
	case r.Measured < GradePoints:
		return fmt.Sprintf("Only %g of 100 points could be measured; a grade needs %d.", r.Measured, GradePoints)
	case len(r.HardFails) > 0:
		return fmt.Sprintf("A hard fault holds the score at %d, whatever else is good.", HardCap)
	case now.lowest > 0:
		return fmt.Sprintf("The score may stand at most %d over the percentage of the weakest pillar, %s.", AboveLowest, now.weakest.Name)
	case r.Measured < FullPoints && r.Value >= Bands[0].From:
		return fmt.Sprintf("Only %g of 100 points could be measured; below %d the best grade is %s.", r.Measured, FullPoints, BestPartial)
	}
	return ""
}

func tenths(v float64) float64     { return math.Round(10*v) / 10 }
func hundredths(v float64) float64 { return math.Round(100*v) / 100 }
