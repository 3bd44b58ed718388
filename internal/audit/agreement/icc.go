package agreement

import "math"

// Intraclass are the intraclass correlations of ratings. A number in the name
// is the model: 1 every thing has judges of its own, 2 all things have the same
// judges, drawn from many, 3 these judges alone are meant. Single is of one
// judge, Mean of the mean of all.
type Intraclass struct {
	Single1, Single2, Single3 float64 // ICC(1,1), ICC(2,1), ICC(3,1)
	Mean1, Mean2, Mean3       float64 // ICC(1,k), ICC(2,k), ICC(3,k)

	// Mean squares between things, within them, between judges, and residual.
	Between, Within, Judges, Residual float64
}

// ICC returns the correlations of ratings: a row for each thing, in it a rating
// of each judge. All is NaN for fewer than two things or judges, rows of
// different length, a missing rating, or ratings that are all equal.
//
// Source: Shrout & Fleiss 1979, Psychological Bulletin 86(2).
func ICC(ratings [][]float64) Intraclass { return ICCTimes(ratings, nil) }

// ICCTimes is ICC where each row counts several times.
func ICCTimes(ratings [][]float64, times []int32) Intraclass {
	nan := math.NaN()
	nothing := Intraclass{nan, nan, nan, nan, nan, nan, nan, nan, nan, nan}
	if len(ratings) == 0 || len(ratings[0]) < 2 {
		return nothing
	}
	k := float64(len(ratings[0]))
	judges := make([]float64, len(ratings[0]))
	n, mean := 0.0, 0.0
	for i, row := range ratings {
		if len(row) != len(judges) {
			return nothing
		}
		w := weight(times, i)
		n += w
		for j, v := range row {
			judges[j] += w * v
			mean += w * v
		}
	}
	mean /= n * k
	if n < 2 || math.IsNaN(mean) {
		return nothing
	}
	var things, within, judge float64
	for i, row := range ratings {
		w := weight(times, i)
		own := 0.0
		for _, v := range row {
			own += v / k
		}
		things += w * k * (own - mean) * (own - mean)
		for _, v := range row {
			within += w * (v - own) * (v - own)
		}
	}
	for _, s := range judges {
		judge += n * (s/n - mean) * (s/n - mean)
	}
	if things+within == 0 {
		return nothing
	}
	b, ws := things/(n-1), within/(n*(k-1))
	j, e := judge/(k-1), max(0, within-judge)/((n-1)*(k-1))
	return Intraclass{
		Single1: (b - ws) / (b + (k-1)*ws),
		Single2: (b - e) / (b + (k-1)*e + k*(j-e)/n),
		Single3: (b - e) / (b + (k-1)*e),
		Mean1:   (b - ws) / b,
		Mean2:   (b - e) / (b + (j-e)/n),
		Mean3:   (b - e) / b,
		Between: b, Within: ws, Judges: j, Residual: e,
	}
}
