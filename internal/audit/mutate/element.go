package mutate

import (
	"bytes"
	"math/rand/v2"

	"assay/internal/audit/dicom"
)

// element picks an element that still lies within b, at the place where it was
// before earlier damage. ok is false if none does.
func (s Source) element(r *rand.Rand, b []byte) (e dicom.Element, ok bool) {
	for range 8 {
		e = s.elements[r.IntN(len(s.elements))]
		if e.Offset >= 0 && e.Offset+12 < int64(len(b)) && e.ValueOffset < int64(len(b)) {
			return e, true
		}
	}
	return e, false
}

// end returns where the value of e ends in b.
func end(e dicom.Element, b []byte) int64 {
	return min(int64(len(b)), e.ValueOffset+max(0, e.Length))
}

func length(_ *Mutator, r *rand.Rand, s Source, b []byte) []byte {
	e, ok := s.element(r, b)
	if !ok {
		return b
	}
	n := extreme(r)
	if r.IntN(2) == 0 {
		n = uint64(e.Length + int64(r.IntN(9)) - 4)
	}
	putLength(b, e, n)
	return b
}

// putLength writes a length in the field of e.
func putLength(b []byte, e dicom.Element, n uint64) {
	if e.Implicit || e.VR.HasLongLength() {
		order(e).PutUint32(b[e.ValueOffset-4:], uint32(n))
	} else {
		order(e).PutUint16(b[e.ValueOffset-2:], uint16(n))
	}
}

func vr(_ *Mutator, r *rand.Rand, s Source, b []byte) []byte {
	e, ok := s.element(r, b)
	if !ok || e.Implicit {
		return b
	}
	list := []string{"AE", "AS", "AT", "CS", "DA", "DS", "DT", "FD", "FL", "IS", "LO", "LT", "OB", "OD", "OF", "OL", "OV", "OW", "PN", "SH", "SL", "SQ", "SS", "ST", "SV", "TM", "UC", "UI", "UL", "UN", "UR", "US", "UT", "UV", "??", "\x00\x00", "zz"}
	copy(b[e.Offset+4:], list[r.IntN(len(list))])
	return b
}

func swapTags(_ *Mutator, r *rand.Rand, s Source, b []byte) []byte {
	one, ok1 := s.element(r, b)
	two, ok2 := s.element(r, b)
	if ok1 && ok2 {
		var tag [4]byte
		copy(tag[:], b[one.Offset:])
		copy(b[one.Offset:one.Offset+4], b[two.Offset:two.Offset+4])
		copy(b[two.Offset:], tag[:])
	}
	return b
}

func double(_ *Mutator, r *rand.Rand, s Source, b []byte) []byte {
	e, ok := s.element(r, b)
	if !ok {
		return b
	}
	whole := bytes.Repeat(b[e.Offset:end(e, b)], 1+r.IntN(3))
	return join(b[:e.Offset], whole, b[e.Offset:])
}

// move puts an element before another one.
func move(_ *Mutator, r *rand.Rand, s Source, b []byte) []byte {
	one, ok1 := s.element(r, b)
	two, ok2 := s.element(r, b)
	if !ok1 || !ok2 {
		return b
	}
	return join(b[:two.Offset], b[one.Offset:end(one, b)], b[two.Offset:])
}

func cutAtElement(_ *Mutator, r *rand.Rand, s Source, b []byte) []byte {
	e, ok := s.element(r, b)
	if !ok {
		return b
	}
	return b[:[]int64{e.Offset, e.Offset + 4, e.Offset + 6, e.ValueOffset, (e.ValueOffset + end(e, b)) / 2}[r.IntN(5)]]
}

// sequence inserts nested sequences, closed or not.
func sequence(_ *Mutator, r *rand.Rand, s Source, b []byte) []byte {
	e, ok := s.element(r, b)
	if !ok {
		return b
	}
	head := []byte{0x40, 0x00, 0x30, 0xA7, 'S', 'Q', 0, 0, 0xFF, 0xFF, 0xFF, 0xFF}
	if e.Implicit {
		head = []byte{0x40, 0x00, 0x30, 0xA7, 0xFF, 0xFF, 0xFF, 0xFF}
	}
	item := []byte{0xFE, 0xFF, 0x00, 0xE0, 0xFF, 0xFF, 0xFF, 0xFF}
	closing := []byte{0xFE, 0xFF, 0x0D, 0xE0, 0, 0, 0, 0, 0xFE, 0xFF, 0xDD, 0xE0, 0, 0, 0, 0}
	depth := 1 + r.IntN(90)
	closed := depth
	if r.IntN(2) == 0 {
		closed = r.IntN(depth)
	}
	return join(b[:e.Offset], bytes.Repeat(join(head, item), depth), bytes.Repeat(closing, closed), b[e.Offset:])
}

// fragments damages items and their delimiters, those of encapsulated frames
// among them.
func fragments(_ *Mutator, r *rand.Rand, _ Source, b []byte) []byte {
	var places []int
	for i := 0; i+8 <= len(b) && len(places) < 1000; i++ {
		if b[i] == 0xFE && b[i+1] == 0xFF && (b[i+2] == 0 || b[i+2] == 0x0D || b[i+2] == 0xDD) && b[i+3] == 0xE0 {
			places = append(places, i)
		}
	}
	if len(places) == 0 {
		return b
	}
	i := places[r.IntN(len(places))]
	if r.IntN(2) == 0 {
		i = places[len(places)-1-r.IntN(min(4, len(places)))]
	}
	switch r.IntN(5) {
	case 0: // another length
		n := extreme(r)
		for k := range 4 {
			b[i+4+k] = byte(n >> (8 * k))
		}
	case 1: // no item here
		return join(b[:i], b[i+8:])
	case 2: // more items
		return join(b[:i], bytes.Repeat([]byte{0xFE, 0xFF, 0x00, 0xE0, 0, 0, 0, 0}, 1+r.IntN(300)), b[i:])
	case 3: // another delimiter
		b[i+2] = []byte{0, 0x0D, 0xDD, 0x01}[r.IntN(4)]
	case 4: // what it holds is damaged
		for k := i + 8; k < min(len(b), i+8+64); k++ {
			if r.IntN(4) == 0 {
				b[k] = byte(r.Uint32())
			}
		}
	}
	return b
}

// layouts are elements that say how large what follows is.
var layouts = map[dicom.Tag]bool{
	0x00280002: true, 0x00280008: true, 0x00280010: true, 0x00280011: true, 0x00280006: true, 0x00280100: true, 0x00280101: true,
	0x00280102: true, 0x00280103: true, 0x00281101: true, 0x60000010: true, 0x60000011: true, 0x60000015: true, 0x60000051: true, 0x60000100: true,
	0x60000102: true, 0x003A0005: true, 0x003A0010: true, 0x54001004: true, 0x00420015: true, 0x00041220: true,
}

// layout gives a number of rows, frames, bits and the like another value.
func layout(m *Mutator, r *rand.Rand, s Source, b []byte) []byte {
	var list []dicom.Element
	for _, e := range s.elements {
		if layouts[e.Tag] && e.ValueOffset+e.Length <= int64(len(b)) && e.Length >= 2 {
			list = append(list, e)
		}
	}
	if len(list) == 0 {
		return length(m, r, s, b)
	}
	e := list[r.IntN(len(list))]
	if e.VR == dicom.IS {
		copy(b[e.ValueOffset:e.ValueOffset+e.Length], []string{"-1", "0 ", "99", "65", "\\\\", "1E"}[r.IntN(6)])
		return b
	}
	order(e).PutUint16(b[e.ValueOffset:], uint16(extreme(r)))
	return b
}

// value replaces a value by bytes of chance of the same length, or of another
// one that the field states.
func value(_ *Mutator, r *rand.Rand, s Source, b []byte) []byte {
	e, ok := s.element(r, b)
	if !ok || e.Length < 0 || e.Length > 1<<16 {
		return b
	}
	v := make([]byte, e.Length)
	if r.IntN(2) == 0 {
		v = make([]byte, 2*r.IntN(600))
	}
	choose := []func() byte{
		func() byte { return byte(r.Uint32()) }, func() byte { return "0123456789.\\^=-+eE "[r.IntN(19)] },
		func() byte { return "\x1b$)BCJ(@\x0e\x0f\xa1\xe4\xff"[r.IntN(13)] }, func() byte { return 0xFF },
	}[r.IntN(4)]
	for i := range v {
		v[i] = choose()
	}
	out := join(b[:e.ValueOffset], v, b[end(e, b):])
	if e.ValueOffset >= 8 {
		putLength(out, e, uint64(len(v)))
	}
	return out
}
