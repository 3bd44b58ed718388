package pixel

// plane is one frame as gray samples. Its value in the file is low + step x
// sample.
type plane struct {
	width, height int
	samples       []uint16
	low, step     float64
	beyond        bool // a sample uses bits beyond BitsStored
}

// resize makes room for a frame.
func (p *plane) resize(width, height int) {
	n := width * height
	if cap(p.samples) < n {
		p.samples = make([]uint16, n)
	}
	p.width, p.height, p.samples = width, height, p.samples[:n]
}

// brighten keeps the brighter of each sample and that of q.
func (p *plane) brighten(q *plane) {
	if len(p.samples) != len(q.samples) {
		return
	}
	other := q.samples
	for i, v := range p.samples {
		p.samples[i] = max(v, other[i])
	}
}

// isConstant reports whether all samples are equal.
func (p *plane) isConstant() bool {
	for _, v := range p.samples {
		if v != p.samples[0] {
			return false
		}
	}
	return true
}
