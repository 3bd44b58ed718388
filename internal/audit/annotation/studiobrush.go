package annotation

import "errors"

// maxBrushBytes bounds the run lengths of one brush, in bytes.
const maxBrushBytes = 8 << 20

var errBrush = errors.New("the run lengths of the brush break off or are of another size")

// bitReader reads bits from the highest of each byte on.
type bitReader struct {
	b  []byte
	at int
}

// read returns n bits, 32 at most; beyond the end it is false.
func (r *bitReader) read(n int) (v uint32, ok bool) {
	if r.at+n > 8*len(r.b) {
		return 0, false
	}
	for range n {
		v = v<<1 | uint32(r.b[r.at/8]>>(7-r.at%8)&1)
		r.at++
	}
	return v, true
}

// brushMask decodes the run lengths of a brush of Label Studio, which are of
// the bytes of a picture with opacity, row by row: 32 bits for their number, 5
// for the bits of a word less 1, four times 4 for the bits of a length less 1;
// then, for each stretch, a bit that is set if one word fills it, 2 for which of
// the four, its length less 1, and its words. What is not fully clear is in the
// mask.
//
// Source: thi-ng/umbrella, packages/rle-pack, decode; Label Studio,
// label_studio_sdk/converter/brush.py.
func brushMask(b []byte, width, height int) (*cells, error) {
	r := &bitReader{b: b}
	count, ok := r.read(32)
	word, known := r.read(5)
	if !ok || !known || int64(count) != 4*int64(width)*int64(height) || int64(width)*int64(height) > maxReaderCells || word > 15 {
		return nil, errBrush
	}
	var sizes [4]int
	for i := range sizes {
		n, ok := r.read(4)
		if !ok {
			return nil, errBrush
		}
		sizes[i] = int(n) + 1
	}
	c := &cells{width, height, make([]uint16, width*height)}
	for at := 0; at < int(count); {
		same, ok := r.read(1)
		which, _ := r.read(2)
		n, more := r.read(sizes[which])
		end := at + int(n) + 1
		if !ok || !more || end > int(count) {
			return nil, errBrush
		}
		var value uint32
		for first := at; at < end; at++ {
			if same == 0 || at == first {
				if value, ok = r.read(int(word) + 1); !ok {
					return nil, errBrush
				}
			}
			if at%4 == 3 && value > 0 {
				c.values[at/4] = 1
			}
		}
	}
	return c, nil
}

// outline returns the shape of a result in pixels for comparison with that of
// another reader, nil if it has none or there is no room left.
func (s *studio) outline(r *studioResult) *Shape {
	width, height := int(r.width), int(r.height)
	if !(r.width > 0 && r.height > 0 && r.width < 1<<16 && r.height < 1<<16) {
		return nil
	}
	var out *Shape
	switch {
	case r.runs:
		mask, err := brushMask(r.brush, width, height)
		if err != nil {
			return nil
		}
		out = &Shape{Width: int32(width), Height: int32(height), Runs: []uint32{uint32(width * height)}}
		if list := mask.shapes(s.in.Limits.Points); len(list) == 1 {
			out = &list[0].Shape
		}
	case len(r.outline) >= 6:
		out = &Shape{Width: int32(width), Height: int32(height), Points: make([]float32, len(r.outline))}
		for i, v := range r.outline {
			out.Points[i] = float32(v * [2]float64{r.width, r.height}[i%2] / 100)
		}
	default:
		return nil
	}
	if s.drawn += len(out.Points) + len(out.Runs); s.drawn > s.in.Limits.Points {
		s.in.facts.Beyond++
		return nil
	}
	return out
}
