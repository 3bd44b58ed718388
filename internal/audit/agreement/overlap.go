package agreement

import "math"

// Overlaps are how far two masks cover each other.
type Overlaps struct {
	Dice, IoU float64 // 0 to 1; NaN if both are empty
	BothEmpty bool    // the readers agree that nothing is there
}

// OverlapsOf compares two masks by how many cells both cover, and how many
// either does, as shape.Count tells them.
//
// Source: Dice 1945, Ecology 26(3); Jaccard 1912, New Phytologist 11(2).
func OverlapsOf(both, either int64) Overlaps {
	if either == 0 {
		return Overlaps{Dice: math.NaN(), IoU: math.NaN(), BothEmpty: true}
	}
	return Overlaps{
		Dice: 2 * float64(both) / float64(both+either),
		IoU:  float64(both) / float64(either),
	}
}
