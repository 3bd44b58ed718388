package annotation

import (
	"bytes"
	"hash/maphash"
	"math"
	"math/bits"
	"strconv"
)

// spread is how many different values a column has, and the range of its
// numbers. The zero value is empty.
type spread struct {
	short    [4]uint64           // values of one byte
	hashes   map[uint64]struct{} // longer ones, up to MaxDistinct
	last     []byte              // the longer one before
	many     bool
	numbers  bool // there was one
	min, max float64
	fourths  bool // every whole number has four digits, as years have
}

// spreadSeed hashes values; what is counted does not depend on it.
var spreadSeed = maphash.MakeSeed()

func (s *spread) add(kind holding, v []byte) {
	if kind == integerValue || kind == numberValue {
		s.number(bytes.TrimSpace(v))
	}
	switch {
	case s.many:
	case len(v) == 1:
		s.short[v[0]/64] |= 1 << (v[0] % 64)
	case !bytes.Equal(v, s.last) || s.hashes == nil:
		if s.last = s.last[:0]; len(v) <= 64 {
			s.last = append(s.last, v...)
		}
		if s.hashes == nil {
			s.hashes = map[uint64]struct{}{}
		}
		s.hashes[maphash.Bytes(spreadSeed, v)] = struct{}{}
		if len(s.hashes) > MaxDistinct {
			s.many, s.hashes, s.last = true, nil, nil
		}
	}
}

func (s *spread) number(v []byte) {
	x := 0.0
	if len(v) == 1 {
		x = float64(v[0] - '0')
	} else if f, err := strconv.ParseFloat(string(v), 64); err == nil {
		x = f
	} else {
		return
	}
	if !s.numbers {
		s.numbers, s.min, s.max, s.fourths = true, x, x, true
	}
	s.min, s.max = min(s.min, x), max(s.max, x)
	s.fourths = s.fourths && len(v) == 4
}

// distinct is how many different values there were, -1 if too many.
func (s *spread) distinct() int {
	n := len(s.hashes)
	for _, w := range s.short {
		n += bits.OnesCount64(w)
	}
	if s.many || n > MaxDistinct {
		return -1
	}
	return n
}

// maxPlain is from which whole numbers may be names of things.
const maxPlain = 10_000

// bounds returns the smallest and largest number, to three digits: NaN if there
// is none, or if whole numbers may be years or names of things.
func (s *spread) bounds(whole bool) (low, high float64) {
	if !s.numbers || whole && (s.fourths || s.max >= maxPlain || s.min <= -maxPlain) {
		return math.NaN(), math.NaN()
	}
	return threeDigits(s.min), threeDigits(s.max)
}

// threeDigits rounds to three significant digits.
func threeDigits(x float64) float64 {
	r, err := strconv.ParseFloat(strconv.FormatFloat(x, 'e', 2, 64), 64)
	if err != nil {
		return math.NaN()
	}
	return r
}
