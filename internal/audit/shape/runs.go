package shape

import (
	"errors"
	"math"
)

// Errors of run lengths.
var (
	ErrRuns     = errors.New("the run lengths are not in COCO's alphabet or break off")
	ErrNegative = errors.New("a run length is negative")
	ErrTooLong  = errors.New("the runs are longer than an image, or too many")
)

// MaxRuns bounds the runs of one mask.
const MaxRuns = 1 << 22

// ParseRLE reads run lengths as COCO compresses them into a string, and
// appends them to dst. Each is written in groups of five bits, the lowest
// first, as a character from 48 on, with 32 added if more follow; the highest
// bit of the last group is the sign; from the fourth on, a run is told as the
// difference to the one two before it. It returns one of the errors above for
// bytes that are no such runs.
//
// Source: cocodataset/cocoapi, common/maskApi.c, rleFrString.
func ParseRLE(dst []uint32, s []byte) ([]uint32, error) {
	first := len(dst)
	for at := 0; at < len(s); {
		x, shift := int64(0), 0
		for more := true; more; shift += 5 {
			if at == len(s) || s[at] < 48 || s[at] > 48+63 {
				return dst, ErrRuns
			}
			if shift > 35 {
				return dst, ErrTooLong
			}
			c := int64(s[at] - 48)
			x |= c & 0x1f << shift
			more = c&0x20 != 0
			if !more && c&0x10 != 0 {
				x |= -1 << (shift + 5)
			}
			at++
		}
		n := len(dst)
		if n-first > 2 {
			x += int64(dst[n-2])
		}
		switch {
		case x < 0:
			return dst, ErrNegative
		case x > math.MaxUint32 || n-first >= MaxRuns:
			return dst, ErrTooLong
		}
		dst = append(dst, uint32(x))
	}
	return dst, nil
}

// Pixels returns how many pixels the runs go over.
func Pixels(runs []uint32) int64 {
	var n int64
	for _, r := range runs {
		n += int64(r)
	}
	return n
}

// MaskArea returns how many pixels are in the mask.
func MaskArea(runs []uint32) int64 {
	var n int64
	for i := 1; i < len(runs); i += 2 {
		n += int64(runs[i])
	}
	return n
}

// Encode returns the runs of a mask of width x height pixels.
func Encode(width, height int, inside func(x, y int) bool) []uint32 {
	runs := []uint32{0}
	in := false
	for x := range width {
		for y := range height {
			if inside(x, y) != in {
				in = !in
				runs = append(runs, 0)
			}
			runs[len(runs)-1]++
		}
	}
	return runs
}

// Count returns how many pixels are in both masks, and in at least one. The
// shorter mask is outside beyond its end.
func Count(a, b []uint32) (both, either int64) {
	walk(a, b, func(inA, inB bool, n int64) {
		if inA && inB {
			both += n
		}
		if inA || inB {
			either += n
		}
	})
	return both, either
}

// Union returns the mask of what is in either of two, over the longer one.
func Union(a, b []uint32) []uint32 {
	out := []uint32{0}
	in := false
	walk(a, b, func(inA, inB bool, n int64) {
		if (inA || inB) != in {
			in = !in
			out = append(out, 0)
		}
		out[len(out)-1] += uint32(n)
	})
	return out
}

// walk goes over the stretches in which neither mask changes.
func walk(a, b []uint32, stretch func(inA, inB bool, n int64)) {
	i, j := 0, 0
	leftA, leftB := left(a, 0), left(b, 0)
	for i < len(a) || j < len(b) {
		n := min(leftA, leftB)
		if n > 0 {
			stretch(i < len(a) && i%2 == 1, j < len(b) && j%2 == 1, n)
		}
		leftA, leftB = leftA-n, leftB-n
		if leftA == 0 {
			i++
			leftA = left(a, i)
		}
		if leftB == 0 {
			j++
			leftB = left(b, j)
		}
	}
}

// left is the length of a run; beyond the last there is no end.
func left(runs []uint32, i int) int64 {
	if i >= len(runs) {
		return math.MaxInt64
	}
	return int64(runs[i])
}

// Box returns the smallest box (x, y, width, height in pixels) around a mask
// of a height; zero if it is empty or the height is not positive.
func Box(runs []uint32, height int) [4]int {
	if height <= 0 {
		return [4]int{}
	}
	h := int64(height)
	minX, minY, maxX, maxY := int64(math.MaxInt64), h, int64(-1), int64(-1)
	var at int64
	for i, r := range runs {
		if i%2 == 1 && r > 0 {
			last := at + int64(r) - 1
			minX, maxX = min(minX, at/h), max(maxX, last/h)
			if at/h == last/h {
				minY, maxY = min(minY, at%h), max(maxY, last%h)
			} else {
				minY, maxY = 0, h-1
			}
		}
		at += int64(r)
	}
	if maxX < 0 {
		return [4]int{}
	}
	return [4]int{int(minX), int(minY), int(maxX - minX + 1), int(maxY - minY + 1)}
}
