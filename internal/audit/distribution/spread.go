package distribution

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// Imbalance returns the largest count divided by the smallest, 1 or more. It is
// NaN if a class has none, or there are no classes.
func Imbalance(counts []int) float64 {
	if len(counts) == 0 || slices.Min(counts) <= 0 {
		return math.NaN()
	}
	return float64(slices.Max(counts)) / float64(slices.Min(counts))
}

// Entropy returns Shannon's entropy in nats, 0 to ln K; NaN if all counts are 0.
func Entropy(counts []int) float64 {
	p := shares(counts)
	if p == nil {
		return math.NaN()
	}
	return math.Abs(stat.Entropy(p)) // one class alone gives -0
}

// NormalizedEntropy returns the entropy divided by its largest value, ln K for
// K classes, 0 to 1. It is NaN for fewer than two classes.
func NormalizedEntropy(counts []int) float64 {
	if len(counts) < 2 {
		return math.NaN()
	}
	return Entropy(counts) / math.Log(float64(len(counts)))
}

// EffectiveClasses returns e to the entropy: the number of equally frequent
// classes that are as varied, 1 to K.
//
// Source: Hill 1973, Ecology 54(2), the number of order 1.
func EffectiveClasses(counts []int) float64 { return math.Exp(Entropy(counts)) }

// InverseSimpson returns Hill's number of order 2, 1 to K.
func InverseSimpson(counts []int) float64 { return 1 / (1 - GiniSimpson(counts)) }

// GiniSimpson returns the chance that two labels drawn with replacement are of
// different classes, 0 to 1.
func GiniSimpson(counts []int) float64 {
	p := shares(counts)
	if p == nil {
		return math.NaN()
	}
	same := 0.0
	for _, v := range p {
		same += v * v
	}
	return 1 - same
}

// shares returns the counts as shares of their sum, nil if that is 0.
func shares(counts []int) []float64 {
	total := sum(counts)
	if total <= 0 {
		return nil
	}
	p := make([]float64, len(counts))
	for i, n := range counts {
		p[i] = float64(n) / total
	}
	return p
}

func sum(counts []int) float64 {
	total := 0.0
	for _, n := range counts {
		total += float64(n)
	}
	return total
}

// z is the quantile of the normal distribution that leaves 2.5 % above it.
var z = distuv.UnitNormal.Quantile(0.975)

// Wilson returns the 95 % interval of a share of k in n, within 0 to 1; NaN if
// n is 0.
//
// Source: Wilson 1927, Journal of the American Statistical Association 22(158).
func Wilson(k, n int) (low, high float64) { return WilsonAt(k, n, z) }

// WilsonAt is Wilson for the normal quantile z of another level.
func WilsonAt(k, n int, z float64) (low, high float64) {
	if n <= 0 || k < 0 || k > n {
		return math.NaN(), math.NaN()
	}
	size := float64(n)
	p := float64(k) / size
	middle := p + z*z/(2*size)
	half := z * math.Sqrt(p*(1-p)/size+z*z/(4*size*size))
	whole := 1 + z*z/size
	low, high = (middle-half)/whole, (middle+half)/whole
	if k == 0 {
		low = 0
	}
	if k == n {
		high = 1
	}
	return low, high
}
