package score

import "math"

// Wilson returns the score interval of a share of k in n at a level of
// confidence such as 0.95; it is 0 to 1 if n is 0.
//
// Source: Wilson 1927, Probable inference, the law of succession, and
// statistical inference.
func Wilson(k, n int, confidence float64) (low, high float64) {
	if n == 0 {
		return 0, 1
	}
	z := math.Sqrt2 * math.Erfinv(confidence)
	p, m := float64(k)/float64(n), float64(n)
	center := p + z*z/(2*m)
	spread := z * math.Sqrt(p*(1-p)/m+z*z/(4*m*m))
	low, high = (center-spread)/(1+z*z/m), (center+spread)/(1+z*z/m)
	if k == 0 {
		low = 0 // what is left of rounding
	}
	if k == n {
		high = 1
	}
	return low, high
}
