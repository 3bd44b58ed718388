package pixel

import (
	"encoding/binary"
	"io"
	"math"
)

// converter turns samples as they are stored into gray samples of 16 bits.
type converter struct {
	r      *reader
	bytes  int // of a sample
	big    bool
	planar bool

	low, step float64
	shift     int    // of the stored bits within a sample
	mask      uint32 // of the stored bits, after the shift
	sign      uint32 // the sign among them; 0 if unsigned
	flip      uint32 // makes signed samples ascend from 0
	unused    uint32 // bits that no value should use
	beyond    bool
}

// isWide reports whether samples do not fit into 16 bits.
func (r *reader) isWide() bool { return r.p.allocated > 16 }

// converter returns a converter for the layout of the picture.
func (r *reader) converter(big, planar bool) (*converter, error) {
	p := r.p
	c := &converter{r: r, bytes: p.allocated / 8, big: big, planar: planar, step: 1}
	if r.syntax.Family == "private_ge_big_endian_pixels" {
		c.big = true
	}
	if c.big && c.bytes == 1 && !p.words {
		c.big = false
	}
	switch p.allocated {
	case 8, 16:
	case 32:
	case 64:
		if p.tag != tagDoublePixelData {
			return nil, errLayout
		}
	default:
		return nil, errLayout
	}
	if r.isWide() {
		return c, nil
	}
	stored := p.stored
	if stored < 1 || stored > p.allocated {
		stored = p.allocated
	}
	all := uint32(1)<<p.allocated - 1
	c.mask = all
	used := uint32(1)<<stored - 1
	if high := p.highBit; high >= stored-1 && high < p.allocated {
		c.shift = high - stored + 1
	}
	c.unused = all &^ (used << c.shift)
	if !r.whole {
		c.mask = used
	} else {
		c.shift = 0
		stored = p.allocated
	}
	if p.signed {
		c.sign = 1 << (stored - 1)
		c.low = -float64(uint32(1) << (stored - 1))
	}
	c.flip = c.sign
	if p.samples >= 3 {
		c.low = 0
	}
	return c, nil
}

// band converts the samples of pixels. Those of other colors are in color if
// they do not follow each other in b.
func (c *converter) band(b []byte, out []uint16, color *[3][]byte) {
	p := c.r.p
	if c.big && c.bytes == 1 {
		swapPairs(b)
	}
	switch {
	case c.r.isSubsampled():
		for i := range out { // Y1 Y2 Cb Cr
			out[i] = uint16(b[i/2*4+i%2])
		}
	case c.r.isWide():
		for i := range out {
			out[i] = c.scaled(c.wide(b[i*c.bytes*p.samples:]))
		}
	case color != nil:
		for i := range out {
			out[i] = c.mix(c.narrow(color[0], i), c.narrow(color[1], i), c.narrow(color[2], i))
		}
	case p.samples >= 3:
		for i := range out {
			n := i * p.samples
			out[i] = c.mix(c.narrow(b, n), c.narrow(b, n+1), c.narrow(b, n+2))
		}
	case p.samples == 1 && c.bytes == 1:
		c.bytes8(b, out)
	case p.samples == 1 && !c.big:
		c.words16(b, out)
	default:
		for i := range out {
			out[i] = c.value(c.narrow(b, i*p.samples))
		}
	}
	if c.r.gray != nil {
		c.look(out)
	}
}

func (c *converter) bytes8(b []byte, out []uint16) {
	seen := uint32(0)
	for i, v := range b[:len(out)] {
		seen |= uint32(v)
		out[i] = c.value(uint32(v))
	}
	c.judge(seen)
}

func (c *converter) words16(b []byte, out []uint16) {
	seen, mask, shift, flip := uint32(0), c.mask, c.shift, c.flip
	b = b[:2*len(out)]
	for i := range out {
		v := uint32(binary.LittleEndian.Uint16(b[2*i:]))
		if c.sign == 0 {
			seen |= v
		} else if v&c.unused != 0 {
			seen |= c.excess(v)
		}
		out[i] = uint16(v>>shift&mask ^ flip)
	}
	c.judge(seen)
}

// excess returns the unused bits of a sample that are not merely its sign
// carried on.
func (c *converter) excess(v uint32) uint32 {
	p := c.r.p
	top := uint32(1) << (p.highBit & 31)
	above := c.unused &^ (top - 1)
	if v&top != 0 && v&above == above {
		v &^= above
	}
	return v & c.unused
}

func (c *converter) judge(seen uint32) {
	if seen&c.unused != 0 {
		c.beyond = true
	}
}

// narrow returns sample n of up to 16 bits.
func (c *converter) narrow(b []byte, n int) uint32 {
	if c.bytes == 1 {
		return uint32(b[n])
	}
	if c.big {
		return uint32(binary.BigEndian.Uint16(b[2*n:]))
	}
	return uint32(binary.LittleEndian.Uint16(b[2*n:]))
}

// value is a stored sample as one that ascends from 0.
func (c *converter) value(v uint32) uint16 {
	return uint16(v>>c.shift&c.mask ^ c.flip)
}

// mix returns the brightness of a color.
func (c *converter) mix(first, second, third uint32) uint16 {
	switch p := c.r.p.photometric; {
	case len(p) >= 3 && p[:3] == "YBR" && p != "YBR_ICT" && p != "YBR_RCT":
		return c.value(first)
	}
	return luma(c.value(first), c.value(second), c.value(third))
}

// look replaces indices by the gray of their color.
func (c *converter) look(out []uint16) {
	gray, first := c.r.gray, c.r.grayFirst+int(c.flip)
	for i, v := range out {
		n := min(max(int(v)-first, 0), len(gray)-1)
		out[i] = gray[n]
	}
	c.low = 0
}

// wide returns a sample of 32 or 64 bits.
func (c *converter) wide(b []byte) float64 {
	var order binary.ByteOrder = binary.LittleEndian
	if c.big {
		order = binary.BigEndian
	}
	switch {
	case c.r.p.tag == tagDoublePixelData:
		return math.Float64frombits(order.Uint64(b))
	case c.r.p.tag == tagFloatPixelData:
		return float64(math.Float32frombits(order.Uint32(b)))
	case c.r.p.signed:
		return float64(int32(order.Uint32(b)))
	}
	return float64(order.Uint32(b))
}

// scaled brings a wide sample into 16 bits.
func (c *converter) scaled(v float64) uint16 {
	n := (v - c.low) / c.step
	switch {
	case n >= 0xFFFF:
		return 0xFFFF
	case n > 0: // false for NaN
		return uint16(n)
	}
	return 0
}

// scale finds the range of wide samples, once for all frames.
func (r *reader) scale(bands [][]byte) {
	if r.scaled {
		return
	}
	c := &converter{r: r, bytes: r.p.allocated / 8, big: r.p.bigEndian && r.p.length >= 0}
	low, high := math.Inf(1), math.Inf(-1)
	for _, b := range bands {
		for ; len(b) >= c.bytes; b = b[c.bytes:] {
			if v := c.wide(b); !math.IsNaN(v) && !math.IsInf(v, 0) {
				low, high = min(low, v), max(high, v)
			}
		}
	}
	r.widen(low, high)
}

// scaleFrom finds the range of the native frame at offset.
func (r *reader) scaleFrom(content io.ReaderAt, offset int64) error {
	if r.scaled {
		return nil
	}
	c := &converter{r: r, bytes: r.p.allocated / 8, big: r.p.bigEndian}
	low, high := math.Inf(1), math.Inf(-1)
	total := r.p.frameSamples() * int64(c.bytes)
	for n := int64(0); n < total; n += bandBytes {
		b, err := r.read(content, offset+n, min(bandBytes, total-n))
		if err != nil {
			return err
		}
		for ; len(b) >= c.bytes; b = b[c.bytes:] {
			if v := c.wide(b); !math.IsNaN(v) && !math.IsInf(v, 0) {
				low, high = min(low, v), max(high, v)
			}
		}
	}
	r.widen(low, high)
	return nil
}

func (r *reader) widen(low, high float64) {
	if !(low <= high) {
		low, high = 0, 0
	}
	r.low, r.step, r.scaled = low, (high-low)/0xFFFF, true
	if r.step <= 0 {
		r.step = 1
	}
}
