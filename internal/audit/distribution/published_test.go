package distribution

import (
	"math"
	"testing"
)

var nan = math.NaN()

// same reports whether two figures are equal to 1e-9, or both undefined.
func same(a, b float64) bool {
	return math.IsNaN(a) && math.IsNaN(b) || math.Abs(a-b) <= 1e-9
}

// Figures by plain arithmetic of another program.
func TestSpreadOfCounts(t *testing.T) {
	tests := []struct {
		name                                               string
		counts                                             []int
		imbalance, entropy, norm, effective, inverse, gini float64
	}{
		{"three classes", []int{50, 30, 20}, 2.5, 1.0296530140645737, 0.9372305632161295, 2.8000940728538315, 2.6315789473684212, 0.62},
		{"a declared class without labels has no imbalance", []int{10, 10, 0}, nan, 0.6931471805599453, 0.6309297535714574, 2.0, 2.0, 0.5},
		{"a single class has no normalized entropy", []int{10}, 1.0, 0.0, nan, 1.0, 1.0, 0.0},
		{"no classes leave everything undefined", []int{}, nan, nan, nan, nan, nan, nan},
		{"fifteen classes of ChestX-ray14", []int{60361, 19894, 13317, 11559, 6331, 5782, 5302, 4667, 3385, 2776, 2516, 2303, 1686, 1431, 227}, 265.90748898678413, 1.9859486671887405, 0.7333500192797145, 7.285956055369381, 4.442515083377681, 0.7749022836767294},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, f := range []struct {
				name string
				of   func([]int) float64
				want float64
			}{
				{"Imbalance", Imbalance, tt.imbalance}, {"Entropy", Entropy, tt.entropy}, {"NormalizedEntropy", NormalizedEntropy, tt.norm},
				{"EffectiveClasses", EffectiveClasses, tt.effective}, {"InverseSimpson", InverseSimpson, tt.inverse}, {"GiniSimpson", GiniSimpson, tt.gini},
			} {
				if got := f.of(tt.counts); !same(got, f.want) {
					t.Errorf("%s(%v) = %v, want %v", f.name, tt.counts, got, f.want)
				}
			}
		})
	}
}

func TestDriftOfTwoParts(t *testing.T) {
	tests := []struct {
		name                 string
		train, test          []int
		jsd, psi, chi2, v, p float64
		df                   int
		byChance             bool
	}{
		{"a test part with more of the second class", []int{500, 300, 200}, []int{40, 40, 20}, 0.009185925460812108, 0.05108256237659909, 4.793028322440085, 0.06600983619844494, 0.09103473325019518, 2, false},
		{"equal shares", []int{10, 20}, []int{5, 10}, 0, 0, 0, 0, 1, 1, false},
		{"nothing in common", []int{10, 0}, []int{0, 10}, 1, 18.41883867587797, 20, 1, 7.744216431044084e-06, 1, false},
		{"few labels are compared by chance", []int{3, 1}, []int{1, 3}, nan, nan, 2, 0.5, nan, 1, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := JensenShannon(tt.train, tt.test); !math.IsNaN(tt.jsd) && !same(got, tt.jsd) {
				t.Errorf("JensenShannon = %v, want %v", got, tt.jsd)
			}
			if got := StabilityIndex(tt.train, tt.test); !math.IsNaN(tt.psi) && !same(got, tt.psi) {
				t.Errorf("StabilityIndex = %v, want %v", got, tt.psi)
			}
			got := Independent(tt.train, tt.test)
			if !same(got.Chi2, tt.chi2) || !same(got.CramerV, tt.v) || got.DF != tt.df || got.Tables > 0 != tt.byChance {
				t.Errorf("Independent = %+v, want chi-square %v, V %v, %d degrees of freedom", got, tt.chi2, tt.v, tt.df)
			}
			if !math.IsNaN(tt.p) && !same(got.P, tt.p) {
				t.Errorf("P = %v, want %v", got.P, tt.p)
			}
		})
	}
}

func TestWilsonIntervals(t *testing.T) {
	tests := []struct {
		k, n      int
		low, high float64
	}{
		{0, 10, 0.0, 0.2775327998628892},
		{3, 10, 0.10779126740630099, 0.6032218525388546},
		{50, 100, 0.4038315303659956, 0.5961684696340044},
		{100, 100, 0.9630065017930143, 1.0},
		{0, 0, nan, nan},
		{3, 2, nan, nan},
	}
	for _, tt := range tests {
		if low, high := Wilson(tt.k, tt.n); !same(low, tt.low) || !same(high, tt.high) {
			t.Errorf("Wilson(%d, %d) = %v, %v, want %v, %v", tt.k, tt.n, low, high, tt.low, tt.high)
		}
	}
}
