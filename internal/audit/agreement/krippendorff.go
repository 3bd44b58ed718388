package agreement

import (
	"math"
	"slices"
)

// Metric says how far two values lie apart.
type Metric byte

// Metrics.
const (
	NominalMetric Metric = iota
	OrdinalMetric
	IntervalMetric
	RatioMetric
)

// MaxValues is how many different values alpha tells apart; more are NaN.
const MaxValues = 2000

// Readings are things with the values that readers gave them, prepared for
// alpha.
type Readings struct {
	metric Metric
	values []float64 // different ones in use, ascending
	units  [][]int32 // of each thing, indexes into values; at least two
	of     []int     // index of each thing as it was given
}

// NewReadings takes for each thing the values that readers gave it; NaN is
// missing, and the order of readers does not matter.
func NewReadings(units [][]float64, metric Metric) *Readings {
	r := &Readings{metric: metric}
	for i, u := range units {
		if present(u) >= 2 {
			r.of = append(r.of, i)
			r.values = append(r.values, u...)
		}
	}
	slices.Sort(r.values)
	r.values = slices.Compact(slices.DeleteFunc(r.values, math.IsNaN))
	for _, i := range r.of {
		var list []int32
		for _, v := range units[i] {
			if at, ok := slices.BinarySearch(r.values, v); ok && !math.IsNaN(v) {
				list = append(list, int32(at))
			}
		}
		r.units = append(r.units, list)
	}
	return r
}

func present(values []float64) int {
	n := 0
	for _, v := range values {
		if !math.IsNaN(v) {
			n++
		}
	}
	return n
}

// Alpha returns Krippendorff's alpha, at most 1. times says how often each
// thing counts; nil is once. It is NaN if no thing has two values, all values
// are one, or there are more than MaxValues.
//
// Source: Krippendorff 2011, Computing Krippendorff's Alpha-Reliability.
func (r *Readings) Alpha(times []int32) float64 {
	if len(r.units) == 0 || len(r.values) > MaxValues {
		return math.NaN()
	}
	sums := make([]float64, len(r.values))
	n := 0.0
	for i, u := range r.units {
		w := weight(times, r.of[i])
		for _, v := range u {
			sums[v] += w
		}
		n += w * float64(len(u))
	}
	apart := r.distance(sums)
	observed := 0.0
	for i, u := range r.units {
		w := weight(times, r.of[i])
		if w == 0 {
			continue
		}
		pairs := 0.0
		for a := range u {
			for b := range a {
				pairs += apart(u[a], u[b])
			}
		}
		observed += w * 2 * pairs / float64(len(u)-1)
	}
	expected := r.expected(sums, apart)
	if expected == 0 || n == 0 {
		return math.NaN()
	}
	return 1 - (n-1)*observed/expected
}

func weight(times []int32, i int) float64 {
	if times == nil {
		return 1
	}
	return float64(times[i])
}

// expected is the disagreement of all pairs of values, times n.
func (r *Readings) expected(sums []float64, apart func(a, b int32) float64) float64 {
	expected := 0.0
	for a := range sums {
		if sums[a] == 0 {
			continue
		}
		for b := range a {
			if sums[b] != 0 {
				expected += 2 * sums[a] * sums[b] * apart(int32(a), int32(b))
			}
		}
	}
	return expected
}

// distance returns the squared difference of two values by their numbers, given
// how often each occurs.
func (r *Readings) distance(sums []float64) func(a, b int32) float64 {
	square := func(v float64) float64 { return v * v }
	switch r.metric {
	case OrdinalMetric:
		below := make([]float64, len(sums)+1)
		for i, n := range sums {
			below[i+1] = below[i] + n
		}
		return func(a, b int32) float64 {
			a, b = min(a, b), max(a, b)
			return square(below[b+1] - below[a] - (sums[a]+sums[b])/2)
		}
	case IntervalMetric:
		return func(a, b int32) float64 { return square(r.values[a] - r.values[b]) }
	case RatioMetric:
		return func(a, b int32) float64 {
			if r.values[a]+r.values[b] == 0 {
				return 0
			}
			return square((r.values[a] - r.values[b]) / (r.values[a] + r.values[b]))
		}
	}
	return func(a, b int32) float64 {
		if a == b {
			return 0
		}
		return 1
	}
}
