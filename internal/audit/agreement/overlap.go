package agreement

import "math"

// Overlaps are how far two masks cover each other.
type Overlaps struct {
	Dice, IoU float64 // 0 to 1; NaN if both are empty
	BothEmpty bool    // the readers agree that nothing is there
}

// Cover compares two masks, each as ascending numbers of their cells without
// repetition.
//
// Source: Dice 1945, Ecology 26(3); Jaccard 1912, New Phytologist 11(2).
func Cover(a, b []uint32) Overlaps {
	both := 0
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] < b[j]:
			i++
		case a[i] > b[j]:
			j++
		default:
			both++
			i++
			j++
		}
	}
	if len(a)+len(b) == 0 {
		return Overlaps{Dice: math.NaN(), IoU: math.NaN(), BothEmpty: true}
	}
	return Overlaps{
		Dice: 2 * float64(both) / float64(len(a)+len(b)),
		IoU:  float64(both) / float64(len(a)+len(b)-both),
	}
}
