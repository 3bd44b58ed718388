package quality

import (
	"cmp"
	"math"
	"math/bits"
	"slices"

	"assay/internal/audit/annotation"
	"assay/internal/audit/score"
)

// Images are nearly equal if their perceptual hashes differ in no more than
// maxBits of 64 bits, and their small pictures correlate by minCorrelation.
const (
	maxBits        = 4
	minCorrelation = 0.99
)

// hash is the perceptual hash of an item.
type hash struct {
	item int32
	bits uint64
}

// hashed returns the images that can be compared: those with a hash and a small
// picture, one of each group of equal ones.
func (v *view) hashed() []hash {
	var list []hash
	seen := map[[16]byte]bool{}
	for i := range v.set.Items {
		it := &v.set.Items[i]
		q := it.Quality
		if q == nil || q.Hash == 0 || len(q.Thumb) == 0 || q.Constant || it.File == score.NoFile {
			continue
		}
		if d := digestOf(it); d != ([16]byte{}) {
			if seen[d] {
				continue
			}
			seen[d] = true
		}
		list = append(list, hash{int32(i), q.Hash})
	}
	return list
}

// alike reports whether two images are nearly equal, by their small pictures.
// Slices of one series are like their neighbors, and are no copies.
func (v *view) alike(a, b int32) bool {
	x, y := &v.set.Items[a], &v.set.Items[b]
	if x.Instance != nil && y.Instance != nil && x.Instance.Series == y.Instance.Series && x.Instance.Series != (annotation.Hash{}) {
		return false
	}
	return correlation(x.Quality.Thumb, y.Quality.Thumb) >= minCorrelation
}

// correlation returns the normalized cross-correlation of two pictures of equal
// size, -1 to 1; 0 if either is even, or they differ in size.
func correlation(a, b []byte) float64 {
	if len(a) != len(b) || len(a) == 0 {
		return 0
	}
	var sumA, sumB, squareA, squareB, product int64
	for i := range a {
		x, y := int64(a[i]), int64(b[i])
		sumA, sumB = sumA+x, sumB+y
		squareA, squareB, product = squareA+x*x, squareB+y*y, product+x*y
	}
	n := int64(len(a))
	varA, varB := float64(n*squareA-sumA*sumA), float64(n*squareB-sumB*sumB)
	if varA == 0 || varB == 0 {
		return 0
	}
	return float64(n*product-sumA*sumB) / math.Sqrt(varA*varB)
}

// Hashes are found by bands: of six, at least two are equal in any two hashes
// that differ in four bits. A band pair that many images share is searched up
// to maxNeighbors images further only.
const (
	bands        = 6
	maxNeighbors = 200
)

// near groups hashes that lie within maxBits of each other and that alike
// agrees on, in order of their first item.
func near(list []hash, alike func(a, b int32) bool) [][]int32 {
	parent := make([]int32, len(list))
	for i := range parent {
		parent[i] = int32(i)
	}
	root := func(i int32) int32 {
		for parent[i] != i {
			parent[i] = parent[parent[i]]
			i = parent[i]
		}
		return i
	}
	keys := make([]banded, len(list))
	for second := range bands {
		for first := range second {
			mask := band(first) | band(second)
			for i, h := range list {
				keys[i] = banded{h.bits & mask, int32(i)}
			}
			slices.SortFunc(keys, func(a, b banded) int { return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.at, b.at)) })
			for i := range keys {
				for _, other := range keys[i+1 : min(len(keys), i+1+maxNeighbors)] {
					if other.key != keys[i].key {
						break
					}
					x, y := keys[i].at, other.at
					if bits.OnesCount64(list[x].bits^list[y].bits) > maxBits || root(x) == root(y) {
						continue
					}
					if alike(list[x].item, list[y].item) {
						a, b := root(x), root(y)
						parent[max(a, b)] = min(a, b)
					}
				}
			}
		}
	}
	members := map[int32][]int32{}
	for i := range list {
		r := root(int32(i))
		members[r] = append(members[r], list[i].item)
	}
	var groups [][]int32
	for i := range list {
		if g := members[int32(i)]; len(g) > 1 {
			groups = append(groups, g)
		}
	}
	return groups
}

// banded is a hash with only two of its bands.
type banded struct {
	key uint64
	at  int32
}

// band returns the bits of one of six bands.
func band(n int) uint64 {
	low, high := 64*n/bands, 64*(n+1)/bands
	return (1<<(high-low) - 1) << low
}
