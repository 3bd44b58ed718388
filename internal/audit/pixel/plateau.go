package pixel

import "slices"

const (
	maxPlateaus   = 4
	plateauPixels = 24 // fewest samples of a plateau
	plateauShare  = 12 // it has at most one in so many of all samples
	plateauHeight = 5  // times as often as the values around it
)

// plateau is a range of samples that letters may be written in.
type plateau struct{ low, high uint16 }

// plateaus returns ranges that may be the ink of letters, whatever they stand
// on: the extremes beyond what nearly all samples have, and values that many
// samples have and few the values around them.
func (t *tone) plateaus() []plateau {
	var list []plateau
	add := func(low, high int) {
		n := 0
		for v := low; v <= high; v++ {
			n += int(t.counts[v])
		}
		if n >= plateauPixels && n <= t.total/plateauShare {
			list = append(list, plateau{uint16(low), uint16(high)})
		}
	}
	low, high := t.percentile(0.005), t.percentile(0.995)
	top, bottom := (high+t.max+1)/2, (low+t.min)/2
	if top > high {
		add(top, t.max)
	}
	if bottom < low {
		add(t.min, bottom)
	}
	for _, v := range t.peaks() {
		if len(list) < maxPlateaus && (int(v) < top || top <= high) && (int(v) > bottom || bottom >= low) {
			list = append(list, plateau{v, v})
		}
	}
	return list
}

// peaks returns the values that are more frequent than those around them, the
// steepest first.
func (t *tone) peaks() []uint16 {
	type peak struct{ value, height int }
	var peaks []peak
	most := t.total / plateauShare
	for v := t.min; v <= t.max; v++ {
		n := int(t.counts[v])
		if n < plateauPixels || n > most {
			continue
		}
		around := 0
		for d := 1; d <= 4; d++ {
			around += int(t.counts[max(v-d, 0)]) + int(t.counts[min(v+d, levels-1)])
		}
		if height := n * 8 / (around + 8); height >= plateauHeight {
			peaks = append(peaks, peak{v, height})
		}
	}
	slices.SortStableFunc(peaks, func(a, b peak) int { return b.height - a.height })
	var values []uint16
	for _, p := range peaks[:min(len(peaks), maxPlateaus)] {
		values = append(values, uint16(p.value))
	}
	return values
}

// plateau returns the lines that the samples in a range form, in rows that
// begin stride apart.
func (d *detector) plateau(samples []uint16, stride, width, height int, p plateau) []line {
	t := &d.runs[0]
	t.reset()
	span := p.high - p.low
	for y := range height {
		row := samples[y*stride:][:width]
		t.begin()
		for x := 0; x < width; x++ {
			if row[x]-p.low > span { // wraps below low
				continue
			}
			start := x
			for x < width && row[x]-p.low <= span {
				x++
			}
			t.take(int32(start), int32(x-1), int32(y))
		}
	}
	lines := chain(t.settle())
	for i := range lines {
		lines[i].ink = p
	}
	return lines
}
