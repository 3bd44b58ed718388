package agreement

import (
	"math"
	"math/rand/v2"
	"slices"
)

// Replicates of a bootstrap: maxReplicates, fewer for many groups, so that no
// more than maxPicks are drawn.
const (
	maxReplicates = 1000
	minReplicates = 200
	maxPicks      = 10_000_000
)

// Bootstrap returns the 95 % percentile interval of a figure over groups that
// are drawn with replacement, seed 1: patients, whose things are not
// independent. figure gets how often each group was drawn. The interval is NaN
// for fewer than two groups, or if the figure is undefined in more than half
// of the draws.
//
// Source: Efron & Tibshirani 1993, An Introduction to the Bootstrap, Chapter 13.
func Bootstrap(groups int, figure func(times []int32) float64) (low, high float64) {
	if groups < 2 {
		return math.NaN(), math.NaN()
	}
	rng := rand.New(rand.NewPCG(1, 0))
	replicates := min(maxReplicates, max(minReplicates, maxPicks/groups))
	times := make([]int32, groups)
	var values []float64
	for range replicates {
		clear(times)
		for range groups {
			times[rng.IntN(groups)]++
		}
		if v := figure(times); !math.IsNaN(v) {
			values = append(values, v)
		}
	}
	if 2*len(values) < replicates {
		return math.NaN(), math.NaN()
	}
	slices.Sort(values)
	return quantile(values, 0.025), quantile(values, 0.975)
}

// quantile interpolates in an ascending list, which is not empty.
func quantile(sorted []float64, q float64) float64 {
	at := q * float64(len(sorted)-1)
	i := int(at)
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}
