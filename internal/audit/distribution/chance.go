package distribution

import (
	"math"
	"math/rand/v2"
)

// Tables drawn by chance: maxTables, fewer for many classes, so that no more
// than maxDraws counts are drawn.
const (
	maxTables = 10_000
	minTables = 200
	maxDraws  = 2_000_000
)

// chance returns the share of random tables with the sums of t whose chi-square
// is at least that of t, and how many were drawn. The table itself is one of
// them, so that the share is never 0.
//
// Source: Hope 1968, Journal of the Royal Statistical Society B 30(3).
func (t *table) chance(chi2 float64) (p float64, tables int) {
	tables = min(maxTables, max(minTables, maxDraws/len(t.columns)))
	rng := rand.New(rand.NewPCG(1, 0))
	extreme := 1
	for range tables {
		if t.draw(rng) >= chi2*(1-1e-12) {
			extreme++
		}
	}
	return float64(extreme) / float64(tables+1), tables
}

// draw fills a random table and returns its chi-square.
func (t *table) draw(rng *rand.Rand) float64 {
	left, first := t.rows[0]+t.rows[1], t.rows[0]
	chi2 := 0.0
	for i, column := range t.columns {
		n := hypergeometric(rng, column, first, left)
		for row, count := range [2]float64{n, column - n} {
			e := t.expected[row*len(t.columns)+i]
			chi2 += (count - e) * (count - e) / e
		}
		left -= column
		first -= n
	}
	return chi2
}

// hypergeometric draws how many of n things taken from total, of which marked
// are marked, are marked. It inverts the distribution from its mode outwards.
func hypergeometric(rng *rand.Rand, n, marked, total float64) float64 {
	low, high := max(0, n+marked-total), min(n, marked)
	if low >= high {
		return low
	}
	mode := min(high, max(low, math.Floor((n+1)*(marked+1)/(total+2))))
	at := math.Exp(choose(marked, mode) + choose(total-marked, n-mode) - choose(total, n))
	u := rng.Float64() - at
	down, up := at, at
	for i, j := mode, mode; u > 0 && (i > low || j < high); {
		if j < high {
			up *= (marked - j) * (n - j) / ((j + 1) * (total - marked - n + j + 1))
			j++
			if u -= up; u <= 0 {
				return j
			}
		} else {
			up = 0
		}
		if i > low {
			down *= i * (total - marked - n + i) / ((marked - i + 1) * (n - i + 1))
			i--
			if u -= down; u <= 0 {
				return i
			}
		} else {
			down = 0
		}
		if up+down < 1e-18 {
			break // what is left of u is rounding
		}
	}
	return mode
}

// choose returns the logarithm of the number of ways to take k of n.
func choose(n, k float64) float64 { return logFactorial(n) - logFactorial(k) - logFactorial(n-k) }

func logFactorial(n float64) float64 {
	v, _ := math.Lgamma(n + 1)
	return v
}
