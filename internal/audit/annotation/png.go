package annotation

import (
	"bufio"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"io"
)

var errPNG = errors.New("the PNG is damaged")

// Color types of PNG.
//
// Source: PNG (Third Edition), section 11.2.1.
const (
	pngColor   = 2
	pngIndexed = 3
	pngAlpha   = 4
)

// pngReader reads the rows of a PNG that is not interlaced, one at a time, as
// the samples that the file holds: an image of 32,768 x 32,768 needs the memory
// of two rows.
type pngReader struct {
	content    io.ReaderAt
	end        int64
	at         int64 // of the next chunk
	left       int64 // bytes of the data chunk at hand that are still to come
	interlaced bool
	format     rowFormat
	kind       byte
	palette    [][3]byte

	packed      io.Reader
	line, above []byte // with room for one pixel before the first
	pixel       int    // bytes of a pixel, at least 1
}

// newPNGReader reads the header up to the first data.
func newPNGReader(content io.ReaderAt, size int64) (*pngReader, error) {
	r := &pngReader{content: content, end: size, at: 8}
	for range maxPNGChunks {
		var h [8]byte
		if _, err := content.ReadAt(h[:], r.at); err != nil {
			return r, errPNG
		}
		length, name := int64(binary.BigEndian.Uint32(h[:])), string(h[4:])
		switch name {
		case "IHDR":
			if err := r.header(length); err != nil {
				return r, err
			}
		case "PLTE":
			if err := r.colors(length); err != nil {
				return r, err
			}
		case "IDAT":
			if r.format.width == 0 {
				return r, errPNG
			}
			return r, nil
		case "IEND":
			return r, errPNG
		}
		r.at += 12 + length
	}
	return r, errPNG
}

// maxPNGChunks is how many chunks may stand before the pixels.
const maxPNGChunks = 10_000

func (r *pngReader) header(length int64) error {
	var b [13]byte
	if _, err := r.content.ReadAt(b[:], r.at+8); err != nil || length < 13 {
		return errPNG
	}
	w, h := binary.BigEndian.Uint32(b[:]), binary.BigEndian.Uint32(b[4:])
	if w == 0 || h == 0 || w > 1<<31-1 || h > 1<<31-1 || b[10] != 0 || b[11] != 0 || b[12] > 1 {
		return errPNG
	}
	channels := int32(1)
	switch b[9] {
	case 0, pngIndexed:
	case pngColor:
		channels = 3
	case pngAlpha:
		channels = 2
	case pngColor | pngAlpha:
		channels = 4
	default:
		return errPNG
	}
	switch b[8] {
	case 1, 2, 4:
		if channels > 1 {
			return errPNG
		}
	case 8:
	case 16:
		if b[9] == pngIndexed {
			return errPNG
		}
	default:
		return errPNG
	}
	r.kind, r.interlaced = b[9], b[12] == 1
	r.format = rowFormat{width: int32(w), height: int32(h), channels: channels, bits: int32(b[8]), indexed: b[9] == pngIndexed}
	return nil
}

func (r *pngReader) colors(length int64) error {
	if length > 3*256 || length%3 != 0 {
		return errPNG
	}
	b := make([]byte, length)
	if _, err := r.content.ReadAt(b, r.at+8); err != nil {
		return errPNG
	}
	for ; len(b) >= 3; b = b[3:] {
		r.palette = append(r.palette, [3]byte(b[:3]))
	}
	return nil
}

// Read gives the compressed bytes of the data chunks as one stream.
func (r *pngReader) Read(p []byte) (int, error) {
	for r.left == 0 {
		var h [8]byte
		if _, err := r.content.ReadAt(h[:], r.at); err != nil {
			return 0, io.ErrUnexpectedEOF
		}
		if string(h[4:]) != "IDAT" {
			return 0, io.EOF
		}
		r.left = int64(binary.BigEndian.Uint32(h[:]))
		r.at += 8
		if r.left == 0 {
			r.at += 4
		}
	}
	n, err := r.content.ReadAt(p[:min(int64(len(p)), r.left)], r.at)
	r.at += int64(n)
	r.left -= int64(n)
	if r.left == 0 {
		r.at += 4 // the checksum
	}
	if n > 0 {
		return n, nil
	}
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return 0, err
}

// start prepares the first row.
func (r *pngReader) start() error {
	z, err := zlib.NewReader(bufio.NewReader(r))
	if err != nil {
		return errPNG
	}
	r.packed = z
	bits := int64(r.format.bits) * int64(r.format.channels)
	r.pixel = int(max(bits/8, 1))
	bytes := (bits*int64(r.format.width) + 7) / 8
	r.line, r.above = make([]byte, bytes+1), make([]byte, bytes+1)
	return nil
}

// row unpacks the next row into out, which has room for its samples.
//
// Source: PNG (Third Edition), section 9.
func (r *pngReader) row(out []uint16) error {
	if r.packed == nil {
		if err := r.start(); err != nil {
			return err
		}
	}
	r.line, r.above = r.above, r.line
	if _, err := io.ReadFull(r.packed, r.line); err != nil {
		return errPNG
	}
	if err := unfilter(r.line[0], r.line[1:], r.above[1:], r.pixel); err != nil {
		return err
	}
	unpackSamples(r.line[1:], int(r.format.bits), out)
	return nil
}

// unfilter restores the bytes of a row from what is kept of them: differences
// to the byte of the pixel before, and of the row above.
func unfilter(filter byte, line, above []byte, pixel int) error {
	switch filter {
	case 0:
	case 1:
		for i := pixel; i < len(line); i++ {
			line[i] += line[i-pixel]
		}
	case 2:
		for i := range line {
			line[i] += above[i]
		}
	case 3:
		for i := range line {
			left := 0
			if i >= pixel {
				left = int(line[i-pixel])
			}
			line[i] += byte((left + int(above[i])) / 2)
		}
	case 4:
		for i := range line {
			left, corner := 0, 0
			if i >= pixel {
				left, corner = int(line[i-pixel]), int(above[i-pixel])
			}
			line[i] += paeth(left, int(above[i]), corner)
		}
	default:
		return errPNG
	}
	return nil
}

// paeth is the neighbor that is nearest to left + up - corner.
func paeth(left, up, corner int) byte {
	p := left + up - corner
	a, b, c := distance(p, left), distance(p, up), distance(p, corner)
	switch {
	case a <= b && a <= c:
		return byte(left)
	case b <= c:
		return byte(up)
	}
	return byte(corner)
}

func distance(a, b int) int { return max(a-b, b-a) }

// unpackSamples spreads samples of 1 to 16 bits, the first in the highest bits.
func unpackSamples(line []byte, bits int, out []uint16) {
	switch bits {
	case 8:
		for i := range out {
			out[i] = uint16(line[i])
		}
	case 16:
		for i := range out {
			out[i] = binary.BigEndian.Uint16(line[2*i:])
		}
	default:
		mask := byte(1<<bits - 1)
		for i := range out {
			at := i * bits
			out[i] = uint16(line[at>>3] >> (8 - bits - at&7) & mask)
		}
	}
}
