package audit

import "math/bits"

// histogram counts values in bins whose edges are given by a function, and so
// takes the same room for any number of values.
type histogram struct {
	edge   func(bin int) float64
	counts []int
}

// put counts a value in a bin.
func (h *histogram) put(bin int) {
	for len(h.counts) <= bin {
		h.counts = append(h.counts, 0)
	}
	h.counts[bin]++
}

// bins returns the bins from the first that is not empty to the last.
func (h *histogram) bins() []Bin {
	var list []Bin
	for i, n := range h.counts {
		if n > 0 || list != nil {
			list = append(list, Bin{Low: h.edge(i), High: h.edge(i + 1), Count: n})
		}
	}
	return list
}

// newSizes returns a histogram of whole numbers from 1, whose bins start at the
// powers of two.
func newSizes() histogram {
	return histogram{edge: func(bin int) float64 { return float64(uint64(1) << bin) }}
}

// sizeBin returns the bin of newSizes for n.
func sizeBin(n int) int { return bits.Len(uint(max(n, 1))) - 1 }

// Steps between slices are counted by half a millimeter, and all wide ones in
// one bin.
const (
	stepBinMM  = 0.5
	lastStep   = 40 // bins before the wide ones
	widestStep = 1000
)

func newSteps() histogram {
	return histogram{edge: func(bin int) float64 {
		if bin > lastStep {
			return widestStep
		}
		return float64(bin) * stepBinMM
	}}
}

// stepBin returns the bin of newSteps for a distance in millimeters.
func stepBin(mm float64) int { return int(min(max(mm, 0)/stepBinMM, lastStep)) }
