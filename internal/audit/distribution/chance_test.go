package distribution

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// The exact chance of a table of two columns is that of Fisher's test with
// chi-square as its order.
func TestChanceIsNearTheExactOne(t *testing.T) {
	for _, tt := range [][2][]int{{{3, 1}, {1, 3}}, {{8, 2}, {1, 5}}, {{4, 16}, {1, 30}}} {
		a, b := tt[0], tt[1]
		got := Independent(a, b)
		marked, n, total := float64(a[0]+a[1]), float64(a[0]+b[0]), float64(a[0]+a[1]+b[0]+b[1])
		want := 0.0
		for k := max(0, n+marked-total); k <= min(n, marked); k++ {
			x := int(k)
			other := Independent([]int{x, int(marked) - x}, []int{int(n) - x, int(total-marked-n) + x})
			if other.Chi2 >= got.Chi2*(1-1e-9) {
				want += math.Exp(choose(marked, k) + choose(total-marked, n-k) - choose(total, n))
			}
		}
		if got.Tables != maxTables || math.Abs(got.P-want) > 0.02 {
			t.Errorf("Independent(%v, %v).P = %v of %d tables, want about %v", a, b, got.P, got.Tables, want)
		}
	}
}

func TestChanceStaysWithinItsBoundForManyClasses(t *testing.T) {
	a, b := make([]int, 5000), make([]int, 5000)
	for i := range a {
		a[i], b[i] = i%3+1, (i+1)%3+1
	}
	if got := Independent(a, b); got.Tables != maxDraws/len(a) || !(got.P > 0 && got.P <= 1) {
		t.Errorf("Independent of %d classes = %+v, want %d tables", len(a), got, maxDraws/len(a))
	}
}

func TestOrderOfClassesDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		count := rapid.IntRange(0, 1000)
		a := rapid.SliceOfN(count, 1, 12).Draw(t, "a")
		b := rapid.SliceOfN(count, len(a), len(a)).Draw(t, "b")
		x, y := slices.Clone(a), slices.Clone(b)
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		rng.Shuffle(len(a), func(i, j int) { x[i], x[j], y[i], y[j] = x[j], x[i], y[j], y[i] })
		for name, pair := range map[string][2]float64{
			"Entropy": {Entropy(a), Entropy(x)}, "Imbalance": {Imbalance(a), Imbalance(x)}, "GiniSimpson": {GiniSimpson(a), GiniSimpson(x)},
			"JensenShannon": {JensenShannon(a, b), JensenShannon(x, y)}, "both ways": {JensenShannon(a, b), JensenShannon(b, a)},
			"StabilityIndex": {StabilityIndex(a, b), StabilityIndex(y, x)}, "Chi2": {Independent(a, b).Chi2, Independent(x, y).Chi2},
		} {
			if math.Abs(pair[0]-pair[1]) > 1e-7*math.Max(1, math.Abs(pair[0])) || math.IsNaN(pair[0]) != math.IsNaN(pair[1]) {
				t.Fatalf("%s of %v, %v = %v, shuffled %v", name, a, b, pair[0], pair[1])
			}
		}
		if d := JensenShannon(a, b); d < 0 || d > 1 {
			t.Fatalf("JensenShannon = %v, want 0 to 1", d)
		}
	})
}
