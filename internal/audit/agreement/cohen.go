package agreement

import "math"

// Disagreement says how far two categories lie apart, by their numbers in a
// table; 0 for equal ones.
type Disagreement func(i, j int) float64

// Disagreements.
var (
	Nominal   Disagreement = func(i, j int) float64 { return math.Min(1, math.Abs(float64(i-j))) }
	Linear    Disagreement = func(i, j int) float64 { return math.Abs(float64(i - j)) }
	Quadratic Disagreement = func(i, j int) float64 { return float64(i-j) * float64(i-j) }
)

// Cohen returns the weighted kappa of two readers, -1 to 1, from the square
// table of how often the first chose i and the second j. It is NaN if the table
// is empty or no disagreement is to be expected.
//
// Source: Cohen 1960, Educational and Psychological Measurement 20(1), and
// 1968, Psychological Bulletin 70(4).
func Cohen(table [][]int, apart Disagreement) float64 {
	rows, columns := make([]float64, len(table)), make([]float64, len(table))
	n := 0.0
	for i := range table {
		for j, c := range table[i] {
			rows[i] += float64(c)
			columns[j] += float64(c)
			n += float64(c)
		}
	}
	observed, expected := 0.0, 0.0
	for i := range table {
		for j, c := range table[i] {
			w := apart(i, j)
			observed += w * float64(c)
			expected += w * rows[i] * columns[j]
		}
	}
	if expected == 0 {
		return math.NaN()
	}
	return 1 - observed*n/expected
}

// Raw returns the share of things on which two readers agree; NaN for an empty
// table.
func Raw(table [][]int) float64 {
	same, n := 0, 0
	for i := range table {
		for j, c := range table[i] {
			n += c
			if i == j {
				same += c
			}
		}
	}
	if n == 0 {
		return math.NaN()
	}
	return float64(same) / float64(n)
}
