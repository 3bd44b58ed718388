package pixel

// levels is how many values a sample can have.
const levels = 1 << 16

// tone maps samples to 8 bits of gray.
type tone struct {
	counts   []uint32 // of the samples of one frame
	second   []uint32
	table    []byte
	min, max int // samples in the frame
	total    int
}

func newTone() *tone {
	return &tone{counts: make([]uint32, levels), second: make([]uint32, levels), table: make([]byte, levels)}
}

// count takes the samples of a frame, without those that are only padding.
func (t *tone) count(samples []uint16, padding int) {
	clear(t.counts)
	clear(t.second)
	counts, second := t.counts[:levels], t.second[:levels]
	half := len(samples) / 2
	a, b := samples[:half], samples[half:][:half]
	for i, v := range a { // two tables, for equal neighbors would wait for each other
		counts[v]++
		second[b[i]]++
	}
	for _, v := range samples[2*half:] {
		counts[v]++
	}
	for i, n := range second {
		counts[i] += n
	}
	t.total = len(samples)
	if padding >= 0 && padding < levels && int(t.counts[padding]) < t.total {
		t.total -= int(t.counts[padding])
		t.counts[padding] = 0
	}
	t.min, t.max = 0, levels-1
	for t.min < levels-1 && t.counts[t.min] == 0 {
		t.min++
	}
	for t.max > t.min && t.counts[t.max] == 0 {
		t.max--
	}
}

// percentile returns the sample below which the share of all lies.
func (t *tone) percentile(share float64) int {
	want := int(share * float64(t.total))
	for v := t.min; v <= t.max; v++ {
		want -= int(t.counts[v])
		if want < 0 {
			return v
		}
	}
	return t.max
}

// linear maps low to 0 and high to 255.
func (t *tone) linear(low, high int) {
	high = max(high, low+1)
	for v := range t.table[:levels] {
		t.table[v] = level(v, low, high, 0, 255)
	}
}

// wide maps what most samples have to most grays, and still tells the rare
// extremes beyond from it, since letters are often written as the highest or
// lowest value that a sample can have.
func (t *tone) wide() {
	const edge = 44
	low, high := t.percentile(0.005), t.percentile(0.995)
	high = max(high, low+1)
	for v := t.min; v <= t.max; v++ {
		switch {
		case v < low:
			t.table[v] = level(v, t.min, low, 0, edge)
		case v <= high:
			t.table[v] = level(v, low, high, edge, 255-edge)
		default:
			t.table[v] = level(v, high, t.max, 255-edge, 255)
		}
	}
	for v := range t.min {
		t.table[v] = 0
	}
	for v := t.max + 1; v < levels; v++ {
		t.table[v] = 255
	}
}

func level(v, low, high, dark, light int) byte {
	if v <= low {
		return byte(dark)
	}
	if v >= high {
		return byte(light)
	}
	return byte(dark + (v-low)*(light-dark)/(high-low))
}

// render writes samples as gray.
func (t *tone) render(samples []uint16, out []byte) {
	table := t.table[:levels]
	out = out[:len(samples)]
	for i, v := range samples {
		out[i] = table[v]
	}
}

// noise returns the median step between neighbors, in grays, of those that
// differ.
func (t *tone) noise(p *plane) int {
	var counts [256]int
	table := t.table[:levels]
	for y := 0; y < p.height; y += 4 {
		row := p.samples[y*p.width:][:p.width]
		for x := 1; x < len(row); x += 3 {
			counts[abs32(int32(table[row[x]])-int32(table[row[x-1]]))]++
		}
	}
	return medianStep(&counts)
}
