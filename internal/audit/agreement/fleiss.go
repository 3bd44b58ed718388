package agreement

import "math"

// Several is the agreement of several readers on categories.
type Several struct {
	Kappa      float64
	Observed   float64   // share of pairs of readings that agree
	Expected   float64   // by chance
	Share      []float64 // of each category in all readings
	ByCategory []float64 // kappa of each category against all others
}

// Fleiss returns the agreement of readers from counts: for each thing, how many
// readers chose each category. times says how often each row occurs; nil is
// once. All is NaN if rows differ in their number of readings, there are fewer
// than two in a row, or no rows; Kappa alone if only one category is in use.
//
// Source: Fleiss 1971, Psychological Bulletin 76(5).
func Fleiss(counts [][]int, times []int) Several {
	nothing := Several{Kappa: math.NaN(), Observed: math.NaN(), Expected: math.NaN()}
	if len(counts) == 0 {
		return nothing
	}
	readers := total(counts[0])
	sums := make([]float64, len(counts[0]))
	apart := make([]float64, len(counts[0])) // pairs of which one reading is in the category and one is not
	things, agree := 0.0, 0.0
	for row := range counts {
		weight := 1.0
		if times != nil {
			weight = float64(times[row])
		}
		if total(counts[row]) != readers || len(counts[row]) != len(sums) {
			return nothing
		}
		things += weight
		for j, c := range counts[row] {
			n := float64(c)
			sums[j] += weight * n
			agree += weight * n * (n - 1)
			apart[j] += weight * n * (float64(readers) - n)
		}
	}
	if readers < 2 || things == 0 {
		return nothing
	}
	r := float64(readers)
	out := Several{Observed: agree / (things * r * (r - 1))}
	for j := range sums {
		p := sums[j] / (things * r)
		out.Share = append(out.Share, p)
		out.Expected += p * p
		out.ByCategory = append(out.ByCategory, 1-apart[j]/(things*r*(r-1)*p*(1-p)))
	}
	out.Kappa = math.NaN()
	if oneOnly := 1 - out.Expected; oneOnly > 1e-12 {
		out.Kappa = (out.Observed - out.Expected) / oneOnly
	}
	return out
}

func total(list []int) int {
	n := 0
	for _, c := range list {
		n += c
	}
	return n
}
