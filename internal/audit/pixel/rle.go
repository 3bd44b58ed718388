package pixel

import (
	"encoding/binary"
	"errors"
)

var errRLE = errors.New("the RLE frame is damaged")

// maxSegments is how many segments an RLE frame can have.
const maxSegments = 15

// segments splits an RLE frame at the offsets in its header.
//
// Source: DICOM PS3.5 Section G.5.
func segments(b []byte) ([][]byte, error) {
	if len(b) < 64 {
		return nil, errRLE
	}
	n := int(binary.LittleEndian.Uint32(b))
	if n < 1 || n > maxSegments {
		return nil, errRLE
	}
	list := make([][]byte, n)
	end := len(b)
	for i := n - 1; i >= 0; i-- {
		at := int64(binary.LittleEndian.Uint32(b[4+4*i:]))
		if at < 64 || at > int64(end) {
			return nil, errRLE
		}
		list[i] = b[at:end]
		end = int(at)
	}
	return list, nil
}

// unpack decodes a segment into all of out. A segment that is too short or
// too long for it is damaged, save for padding.
//
// Source: DICOM PS3.5 Section G.3.2.
func unpack(out, segment []byte) error {
	for len(out) > 0 {
		if len(segment) == 0 {
			return errRLE
		}
		n := int(int8(segment[0]))
		segment = segment[1:]
		switch {
		case n >= 0:
			n++
			if n > len(segment) || n > len(out) {
				return errRLE
			}
			copy(out, segment[:n])
			segment, out = segment[n:], out[n:]
		case n != -128:
			n = 1 - n
			if len(segment) == 0 || n > len(out) {
				return errRLE
			}
			for i := range out[:n] {
				out[i] = segment[0]
			}
			segment, out = segment[1:], out[n:]
		}
	}
	return nil
}

// unpackFrame decodes an RLE frame into samples that follow each other pixel
// by pixel, in little endian, as of planar configuration 0. out has room for
// pixels x samples x bytes.
func unpackFrame(out, b []byte, pixels, samples, bytes int) error {
	list, err := segments(b)
	if err != nil {
		return err
	}
	if len(list) != samples*bytes {
		return errRLE
	}
	stride := samples * bytes
	row := make([]byte, pixels)
	for i, s := range list {
		if err := unpack(row, s); err != nil {
			return err
		}
		// Segments run from the most significant byte of the first sample on.
		at := i/bytes*bytes + bytes - 1 - i%bytes
		for n, v := range row {
			out[n*stride+at] = v
		}
	}
	return nil
}
