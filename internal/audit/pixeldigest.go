package audit

import (
	"bytes"
	"context"
	"crypto/sha256"
	"hash"
	"io"
	"sync"

	"github.com/zeebo/xxh3"

	"assay/internal/audit/dicom"
	"assay/internal/audit/dicom/dict"
)

// leastPixels is the size of the smallest images that are compared, in pixels
// of all frames: small ones are equal without being copies.
const leastPixels = 32 * 32

// blankRatio is how many pixels a byte of compressed pixel data may hold: no
// image but a blank one is compressed as far.
const blankRatio = 32

// pixelRange returns where the pixels of an instance lie.
func pixelRange(h *dicom.Header) PixelRange {
	p, m := &h.PixelData, &h.Image
	if !p.Present || m.Rows*m.Columns < leastPixels {
		return PixelRange{}
	}
	if s, ok := dict.LookupTransferSyntax(h.TransferSyntaxUID); ok && s.Deflated {
		return PixelRange{} // they do not lie in the file as they are
	}
	r := PixelRange{Offset: p.Offset, Length: p.Length}
	switch {
	case p.Encapsulated && p.Length*blankRatio < int64(m.Rows)*int64(m.Columns)*int64(max(1, p.Frames)):
		return PixelRange{} // blank images are compressed to equal bytes
	case !p.Encapsulated:
		r.SampleBytes = max(1, (m.BitsAllocated+7)/8*max(1, m.SamplesPerPixel))
	}
	return r
}

// sums are the digests of one file.
type sums struct {
	sha256 string
	pixels [16]byte // zero without pixels, or if they are blank
}

// digester takes the bytes of a file in order, and makes the SHA-256 of all
// and the fast hash of its pixels from the same buffers.
type digester struct {
	all    hash.Hash // nil for the pixels alone
	pixels xxh3.Hasher
	from   PixelRange
	at     int64 // offset of the next byte

	taken  int64  // bytes of pixels
	sample []byte // the first one
	varied bool   // the samples are not all equal
}

// digesters are those that no file uses at the moment.
var digesters = sync.Pool{New: func() any { return &digester{} }}

// Write never fails.
func (d *digester) Write(p []byte) (int, error) {
	if d.all != nil {
		d.all.Write(p)
	}
	from, to := d.from.Offset-d.at, d.from.Offset+d.from.Length-d.at
	d.at += int64(len(p))
	if from < int64(len(p)) && to > 0 {
		d.addPixels(p[max(from, 0):min(to, int64(len(p)))])
	}
	return len(p), nil
}

func (d *digester) addPixels(p []byte) {
	d.pixels.Write(p)
	if !d.varied {
		d.varied = !d.repeats(p)
		d.taken += int64(len(p))
	}
}

// repeats reports whether p goes on with the one sample that all bytes before
// it repeat. Buffers may end inside a sample.
func (d *digester) repeats(p []byte) bool {
	n := d.from.SampleBytes
	if n == 0 {
		return false
	}
	at := d.taken
	for len(d.sample) < n && len(p) > 0 {
		d.sample, p, at = append(d.sample, p[0]), p[1:], at+1
	}
	start := int(at % int64(n))
	for i := 0; i < min(n, len(p)); i++ {
		if p[i] != d.sample[(start+i)%n] {
			return false
		}
	}
	return len(p) <= n || bytes.Equal(p[n:], p[:len(p)-n])
}

// sum returns the fast hash of the pixels, or zero if they are blank or end
// before they should.
func (d *digester) sum() [16]byte {
	if !d.varied || d.at < d.from.Offset+d.from.Length {
		return [16]byte{}
	}
	return d.pixels.Sum128().Bytes()
}

// digest reads a file in order and returns its digests and its size, which
// is at most size bytes.
func digest(ctx context.Context, r io.Reader, size int64, pixels PixelRange, all bool) (sums, int64, error) {
	d := digesters.Get().(*digester)
	defer digesters.Put(d)
	d.pixels.Reset()
	d.all, d.from, d.at, d.taken, d.sample, d.varied = nil, pixels, 0, 0, d.sample[:0], false
	if all {
		d.all = sha256.New()
	}
	n, err := copyAtMost(ctx, d, r, size)
	if err != nil {
		return sums{}, n, err
	}
	out := sums{pixels: d.sum()}
	if all {
		out.sha256 = sum(d.all)
	}
	return out, n, nil
}

// digestDecoded returns the hash of native pixels that a decoder wrote, so that
// equal images have one digest in whatever transfer syntax they came. Whether
// they are blank is not asked.
func digestDecoded(ctx context.Context, content io.ReaderAt, offset, length int64) ([16]byte, error) {
	s, _, err := digest(ctx, io.NewSectionReader(content, offset, length), length, PixelRange{Length: length}, false)
	return s.pixels, err
}
