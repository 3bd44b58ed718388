package distribution

import (
	"math"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// JensenShannon returns the divergence of two spreads over the same classes to
// base 2, from 0 (equal) to 1 (nothing in common). It is NaN if either is empty
// or they differ in length.
//
// Source: Lin 1991, IEEE Transactions on Information Theory 37(1).
func JensenShannon(a, b []int) float64 {
	p, q := shares(a), shares(b)
	if p == nil || q == nil || len(p) != len(q) {
		return math.NaN()
	}
	return min(1, max(0, stat.JensenShannon(p, q)/math.Ln2))
}

// psiFloor is the smallest share that enters a population stability index, so
// that an empty class gives no infinite one.
const psiFloor = 1e-4

// StabilityIndex returns the population stability index of two spreads over the
// same classes, 0 or more; shares are at least 1e-4. It is NaN if either is
// empty or they differ in length.
func StabilityIndex(a, b []int) float64 {
	p, q := shares(a), shares(b)
	if p == nil || q == nil || len(p) != len(q) {
		return math.NaN()
	}
	psi := 0.0
	for i := range p {
		x, y := max(p[i], psiFloor), max(q[i], psiFloor)
		psi += (x - y) * math.Log(x/y)
	}
	return psi
}

// Independence is a test of whether two spreads are of one population.
type Independence struct {
	Chi2    float64 // Pearson's
	DF      int     // degrees of freedom
	CramerV float64 // 0 to 1; unlike P it does not grow with the number of labels
	P       float64
	Tables  int // that P was found from by chance; 0 if it is of the chi-square distribution
}

// Independent tests two spreads over the same classes. P is of the chi-square
// distribution if every expected count is 5 or more, otherwise from random
// tables with the same sums, seed 1. All but the zero of DF is NaN if either is
// empty, or fewer than two classes are in use.
//
// Source: Cochran 1954, Biometrics 10(4), for the expected counts.
func Independent(a, b []int) Independence {
	out := Independence{Chi2: math.NaN(), CramerV: math.NaN(), P: math.NaN()}
	if len(a) != len(b) {
		return out
	}
	t := newTable(a, b)
	if t.rows[0] == 0 || t.rows[1] == 0 || len(t.columns) < 2 {
		return out
	}
	out.DF = len(t.columns) - 1
	out.Chi2 = stat.ChiSquare(t.observed, t.expected)
	out.CramerV = math.Sqrt(out.Chi2 / (t.rows[0] + t.rows[1]))
	if t.least >= 5 {
		out.P = distuv.ChiSquared{K: float64(out.DF)}.Survival(out.Chi2)
	} else {
		out.P, out.Tables = t.chance(out.Chi2)
	}
	return out
}

// CramerV returns how far a class tells which of two spreads it is of, 0 to 1;
// NaN where Independent is undefined.
//
// Source: Cramér 1946, Mathematical Methods of Statistics, Section 21.9.
func CramerV(a, b []int) float64 {
	if len(a) != len(b) {
		return math.NaN()
	}
	t := newTable(a, b)
	if t.rows[0] == 0 || t.rows[1] == 0 || len(t.columns) < 2 {
		return math.NaN()
	}
	return math.Sqrt(stat.ChiSquare(t.observed, t.expected) / (t.rows[0] + t.rows[1]))
}

// table is a table of two rows without empty columns.
type table struct {
	rows               [2]float64
	columns            []float64
	observed, expected []float64 // both rows, one after the other
	least              float64   // of expected
}

func newTable(a, b []int) *table {
	t := &table{rows: [2]float64{sum(a), sum(b)}, least: math.Inf(1)}
	var first, second []float64
	for i := range a {
		if n := a[i] + b[i]; n > 0 {
			t.columns = append(t.columns, float64(n))
			first, second = append(first, float64(a[i])), append(second, float64(b[i]))
		}
	}
	t.observed = append(first, second...)
	total := t.rows[0] + t.rows[1]
	for _, row := range t.rows {
		for _, column := range t.columns {
			e := row * column / total
			t.expected = append(t.expected, e)
			t.least = min(t.least, e)
		}
	}
	return t
}
