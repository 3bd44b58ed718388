package pixel

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"image/jpeg"
	"io"

	"assay/internal/audit/dicom/dict"
)

// Bounds of one frame.
const (
	maxFramePixels  = 64 << 20
	maxDecodedBytes = 96 << 20 // of a compressed frame, decoded
	bandBytes       = 1 << 20  // of native pixels in memory at a time
)

var (
	errTooLarge = errors.New("the frame is too large")
	errShort    = errors.New("the pixel data ends early")
	errDecoder  = errors.New("the frame needs another decoder")
	errDamaged  = errors.New("the compressed frame is damaged")
	errLayout   = errors.New("the layout of the samples is not known")
)

// reader decodes the frames of a picture, one at a time.
type reader struct {
	content io.ReaderAt
	size    int64
	p       *picture
	syntax  dict.TransferSyntax
	whole   bool // keep the bits beyond BitsStored

	frames  [][]span // of encapsulated pixel data
	count   int      // of frames that are there
	buffer  []byte
	decoded []byte

	gray      []uint16 // of a palette
	grayFirst int
	scaled    bool // low and step are set
	low, step float64
}

// newReader returns a reader for the frames of p. Encapsulated pixel data
// whose fragments make no sense has frames up to that point.
func newReader(content io.ReaderAt, size int64, p *picture, syntax dict.TransferSyntax) *reader {
	r := &reader{content: content, size: size, p: p, syntax: syntax}
	if p.photometric == "PALETTE COLOR" {
		r.gray, r.grayFirst = p.luminance()
	}
	if p.length < 0 {
		var order binary.ByteOrder = binary.LittleEndian
		if p.bigEndian {
			order = binary.BigEndian
		}
		list, table, _ := fragments(content, p.offset, size, order)
		r.frames = group(content, list, table, p.frameOffsets, max(p.frames, 1))
		r.count = len(r.frames)
		return r
	}
	if bits := r.frameBits(); bits > 0 {
		n := min(p.length, size-p.offset) * 8 / bits
		r.count = int(min(n, int64(max(p.frames, 1))))
	}
	return r
}

// isSubsampled reports whether two pixels share their color, as 4 bytes.
func (r *reader) isSubsampled() bool {
	return r.p.photometric == "YBR_FULL_422" && r.p.samples == 3 && r.p.length >= 0
}

func (r *reader) frameBits() int64 {
	bits := r.p.frameSamples() * int64(r.p.allocated)
	if r.isSubsampled() {
		bits = bits / 3 * 2
	}
	return bits
}

// frame decodes frame i, from 0, into out.
func (r *reader) frame(i int, out *plane) error {
	p := r.p
	pixels := int64(p.rows) * int64(p.columns)
	if pixels > maxFramePixels {
		return errTooLarge
	}
	if pixels == 0 || p.samples < 1 || p.samples > 16 {
		return errLayout
	}
	if p.length >= 0 {
		out.resize(p.columns, p.rows)
		bit := int64(i) * r.frameBits()
		return r.native(r.content, p.offset, bit, min(p.length, r.size-p.offset), out)
	}
	b, err := gather(r.content, r.frames[i], r.buffer)
	if err != nil {
		return err
	}
	r.buffer = b
	return r.compressed(b, out)
}

// compressed decodes one compressed frame.
func (r *reader) compressed(b []byte, out *plane) error {
	bytesPer := (r.p.allocated + 7) / 8
	n := r.p.frameSamples() * int64(bytesPer)
	if n > maxDecodedBytes {
		return errTooLarge
	}
	switch r.syntax.Family {
	case "rle":
		if bytesPer < 1 || bytesPer > 4 {
			return errLayout
		}
		out.resize(r.p.columns, r.p.rows)
		if r.p.allocated == 1 {
			return r.packedRLE(b, out)
		}
		r.decoded = sized(r.decoded, n)
		if err := unpackFrame(r.decoded, b, r.p.rows*r.p.columns, r.p.samples, bytesPer); err != nil {
			return err
		}
		return r.flat(r.decoded, out)
	case "encapsulated_uncompressed":
		out.resize(r.p.columns, r.p.rows)
		return r.native(bytes.NewReader(b), 0, 0, int64(len(b)), out)
	case "deflated_frames":
		r.decoded = sized(r.decoded, n)
		if _, err := io.ReadFull(flate.NewReader(bytes.NewReader(b)), r.decoded); err != nil {
			return errDamaged
		}
		out.resize(r.p.columns, r.p.rows)
		return r.native(bytes.NewReader(r.decoded), 0, 0, n, out)
	case "jpeg_baseline_extended", "retired_jpeg":
		return r.jpeg(b, out)
	}
	return errDecoder
}

// packedRLE decodes a frame of bits.
func (r *reader) packedRLE(b []byte, out *plane) error {
	list, err := segments(b)
	if err != nil {
		return err
	}
	r.decoded = sized(r.decoded, int64(len(out.samples)+7)/8)
	if len(list) != 1 {
		return errRLE
	}
	if err := unpack(r.decoded, list[0]); err != nil {
		return err
	}
	return r.packed(bytes.NewReader(r.decoded), 0, 0, out)
}

// jpeg decodes a frame of JPEG with 8 bits.
func (r *reader) jpeg(b []byte, out *plane) error {
	h, ok := parseCodestream(b)
	if !ok {
		return errDamaged
	}
	if h.precision != 8 || h.marker > 0xC2 {
		return errDecoder
	}
	if int64(h.width)*int64(h.height)*int64(h.samples) > maxDecodedBytes {
		return errTooLarge
	}
	m, err := jpeg.Decode(bytes.NewReader(b))
	var unsupported jpeg.UnsupportedError
	if errors.As(err, &unsupported) {
		return errDecoder
	}
	if err != nil {
		return errDamaged
	}
	grayOf(m, out)
	return nil
}

// flat converts decoded samples in little endian, pixel by pixel.
func (r *reader) flat(b []byte, out *plane) error {
	c, err := r.converter(false, false)
	if err != nil {
		return err
	}
	if r.isWide() {
		r.scale([][]byte{b})
		c.low, c.step = r.low, r.step
	}
	c.band(b, out.samples, nil)
	r.finish(out, c)
	return nil
}

// native reads the frame that starts at a bit of the pixel data at offset.
func (r *reader) native(content io.ReaderAt, offset, bit, length int64, out *plane) error {
	p := r.p
	if (bit+r.frameBits()+7)/8 > length {
		return errShort
	}
	if p.allocated%8 != 0 {
		return r.packed(content, offset, bit, out)
	}
	c, err := r.converter(p.bigEndian, p.planar && p.samples == 3 && !r.isSubsampled())
	if err != nil {
		return err
	}
	at := offset + bit/8
	if r.isWide() {
		if err := r.scaleFrom(content, at); err != nil {
			return err
		}
		c.low, c.step = r.low, r.step
	}
	if c.planar {
		return r.planar(content, at, out, c)
	}
	perPixel := c.bytes * p.samples
	if r.isSubsampled() {
		perPixel = 2
	}
	step := max(bandBytes/perPixel/2*2, 2)
	for n := 0; n < len(out.samples); n += step {
		part := out.samples[n:min(n+step, len(out.samples))]
		b, err := r.read(content, at+int64(n)*int64(perPixel), int64(len(part)*perPixel))
		if err != nil {
			return err
		}
		c.band(b, part, nil)
	}
	r.finish(out, c)
	return nil
}

// planar reads a frame whose colors follow each other.
func (r *reader) planar(content io.ReaderAt, at int64, out *plane, c *converter) error {
	pixels := int64(len(out.samples))
	step := bandBytes / c.bytes / 3
	var color [3][]byte
	r.decoded = sized(r.decoded, int64(3*step*c.bytes))
	for n := 0; n < len(out.samples); n += step {
		part := out.samples[n:min(n+step, len(out.samples))]
		size := len(part) * c.bytes
		for i := range color {
			b, err := r.read(content, at+(int64(i)*pixels+int64(n))*int64(c.bytes), int64(size))
			if err != nil {
				return err
			}
			color[i] = r.decoded[i*size : (i+1)*size]
			copy(color[i], b)
		}
		c.band(nil, part, &color)
	}
	r.finish(out, c)
	return nil
}

// packed reads samples that do not fill bytes, least significant bit first.
//
// Source: DICOM PS3.5 Section 8.1.1.
func (r *reader) packed(content io.ReaderAt, offset, bit int64, out *plane) error {
	p := r.p
	if p.allocated > 16 || p.samples != 1 {
		return errLayout
	}
	first := bit / 8
	last := (bit + int64(len(out.samples))*int64(p.allocated) + 7) / 8
	if last-first > maxDecodedBytes {
		return errTooLarge
	}
	b, err := r.read(content, offset+first, last-first)
	if err != nil {
		return err
	}
	if p.bigEndian && p.words {
		swapPairs(b)
	}
	at := int(bit % 8)
	for i := range out.samples {
		var v uint16
		if p.allocated == 1 {
			v = uint16(b[at>>3] >> (at & 7) & 1)
		} else {
			for k := range p.allocated {
				v |= uint16(b[(at+k)>>3]>>((at+k)&7)&1) << k
			}
		}
		out.samples[i] = v
		at += p.allocated
	}
	out.low, out.step, out.beyond = 0, 1, false
	return nil
}

func (r *reader) read(content io.ReaderAt, offset, n int64) ([]byte, error) {
	r.buffer = sized(r.buffer, n)
	got, err := content.ReadAt(r.buffer, offset)
	if int64(got) < n {
		if err == nil || errors.Is(err, io.EOF) {
			err = errShort
		}
		return nil, fmt.Errorf("read pixels: %w", err)
	}
	return r.buffer, nil
}

func (r *reader) finish(out *plane, c *converter) {
	out.low, out.step, out.beyond = c.low, c.step, c.beyond
}

func sized(b []byte, n int64) []byte {
	if int64(cap(b)) < n {
		return make([]byte, n)
	}
	return b[:n]
}
