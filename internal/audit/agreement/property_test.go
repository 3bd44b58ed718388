package agreement

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestOrderOfReadersAndThingsDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		readers := rapid.IntRange(2, 5).Draw(t, "readers")
		value := rapid.SampledFrom([]float64{1, 2, 3, nan})
		units := rapid.SliceOfN(rapid.SliceOfN(value, readers, readers), 1, 20).Draw(t, "units")
		shuffled := make([][]float64, len(units))
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		for i, to := range rng.Perm(len(units)) {
			shuffled[to] = slices.Clone(units[i])
			rng.Shuffle(readers, func(a, b int) { shuffled[to][a], shuffled[to][b] = shuffled[to][b], shuffled[to][a] })
		}
		for _, metric := range []Metric{NominalMetric, OrdinalMetric, IntervalMetric, RatioMetric} {
			a, b := NewReadings(units, metric).Alpha(nil), NewReadings(shuffled, metric).Alpha(nil)
			if !same(a, b) || a > 1 {
				t.Fatalf("alpha of metric %d is %v, shuffled %v, want equal and at most 1", metric, a, b)
			}
		}
	})
}

func TestTimesCountAsRepetition(t *testing.T) {
	ratings := [][]float64{{1, 2}, {3, 3}, {5, 4}}
	twice := [][]float64{{1, 2}, {1, 2}, {3, 3}, {5, 4}, {5, 4}, {5, 4}}
	times := []int32{2, 1, 3}
	if a, b := ICCTimes(ratings, times).Single2, ICC(twice).Single2; !same(a, b) {
		t.Errorf("ICC with times = %v, want %v as for repeated rows", a, b)
	}
	for _, metric := range []Metric{NominalMetric, OrdinalMetric, IntervalMetric} {
		if a, b := NewReadings(ratings, metric).Alpha(times), NewReadings(twice, metric).Alpha(nil); !same(a, b) {
			t.Errorf("alpha with times = %v, want %v as for repeated things", a, b)
		}
	}
}

func TestBoxesMatchOnceByFallingOverlap(t *testing.T) {
	big := Box{0, 0, 10, 10}
	tests := []struct {
		name string
		a, b []Box
		want int
	}{
		{"equal boxes", []Box{big}, []Box{big}, 1},
		{"one box takes one only", []Box{big, big}, []Box{big}, 1},
		{"half of the area is enough", []Box{big}, []Box{{0, 0, 10, 5}}, 1},
		{"less is not", []Box{big}, []Box{{0, 0, 10, 4.9}}, 0},
		{"a box without area matches nothing", []Box{{1, 1, 0, 5}}, []Box{{1, 1, 0, 5}}, 0},
		{"NaN matches nothing", []Box{{float32(nan), 1, 5, 5}}, []Box{big}, 0},
		{"no boxes", nil, nil, 0},
	}
	for _, tt := range tests {
		if got := MatchBoxes(tt.a, tt.b); got != tt.want {
			t.Errorf("%s: MatchBoxes = %d, want %d", tt.name, got, tt.want)
		}
	}
	if got := F1(0, 0, 0); !math.IsNaN(got) {
		t.Errorf("F1 without boxes = %v, want NaN", got)
	}
}

func TestBootstrapIsRepeatableAndHoldsTheFigure(t *testing.T) {
	values := []float64{0.2, 0.5, 0.4, 0.9, 0.7, 0.6, 0.3, 0.8}
	mean := func(times []int32) float64 {
		sum, n := 0.0, 0.0
		for i, k := range times {
			sum += float64(k) * values[i]
			n += float64(k)
		}
		return sum / n
	}
	low, high := Bootstrap(len(values), mean)
	again, _ := Bootstrap(len(values), mean)
	if low != again || !(low < 0.55 && 0.55 < high && low > 0.3 && high < 0.8) {
		t.Errorf("Bootstrap = %v, %v, then %v, want an interval around 0.55 that repeats", low, high, again)
	}
	if low, _ := Bootstrap(1, mean); !math.IsNaN(low) {
		t.Errorf("one patient has the interval %v, want none", low)
	}
	if low, _ := Bootstrap(3, func([]int32) float64 { return nan }); !math.IsNaN(low) {
		t.Errorf("an undefined figure has the interval %v, want none", low)
	}
}
