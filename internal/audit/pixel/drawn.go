package pixel

import (
	"bufio"
	"image"
	"image/color"
	"io"
	"math"
	"unicode"

	"assay/internal/audit/dicom"
	"assay/internal/audit/dicom/dict"
	"assay/internal/audit/sniff"
)

// MaxDrawn is the longer side of a drawn frame, in pixels.
const MaxDrawn = 256

// Drawn is a frame as a small gray picture, without anything that lies over
// it. It crosses the border of a process.
type Drawn struct {
	Frame         int // from 1
	Width, Height int // at most MaxDrawn
	Gray          []byte

	// Whole is the frame at its own size, as far as a reader of text takes it,
	// light and dark as they are and the other way round.
	Whole []Raster

	// NeedsDecoder says that there is no picture, and that a decoder may help.
	NeedsDecoder bool
}

// IsValid reports whether sizes and bytes agree and keep their bounds.
func (d *Drawn) IsValid() bool {
	if d.Width < 1 || d.Height < 1 || max(d.Width, d.Height) > MaxDrawn || len(d.Gray) != d.Width*d.Height {
		return false
	}
	for _, r := range d.Whole {
		if r.Width < 1 || r.Height < 1 || r.Width > maxRasterPixels || r.Height > maxRasterPixels || r.Width*r.Height > maxRasterPixels || len(r.Gray) != r.Width*r.Height {
			return false
		}
	}
	return len(d.Whole) == 2
}

// Draw draws the frame in the middle of a DICOM file by the window that the
// file names, or between the 1st and 99th percentile of its samples. Bits
// beyond BitsStored, where overlays may be, and overlays of their own are left
// out. It returns nil if there is nothing to draw.
//
// Source: DICOM PS3.3 Section C.11.2.1.2 (window center and width).
func (in *Inspector) Draw(content io.ReaderAt, size int64, h *dicom.Header) *Drawn {
	syntax, known := dict.LookupTransferSyntax(h.TransferSyntaxUID)
	if !known && h.TransferSyntaxUID != "" {
		return nil
	}
	if syntax.Deflated {
		content, size = newInflated(content, size, in.metaEnd), deflatedEnd
	}
	for _, s := range in.sets {
		p := s.picture
		if len(s.parents) != 0 || p.source == "" {
			continue
		}
		if p.length < 0 && undecodable(syntax.Family) != "" {
			return nil
		}
		if p.length < 0 && needsDecoder(syntax.Family) {
			return &Drawn{NeedsDecoder: true}
		}
		r := newReader(content, size, p, syntax)
		if r.count == 0 || p.allocated < 8 {
			return nil
		}
		middle := r.count / 2
		frame := &series{reader: r, picture: p}
		if err := r.frame(middle, &frame.frame); err != nil {
			if err == errDecoder {
				return &Drawn{NeedsDecoder: true}
			}
			return nil
		}
		return drawn(frame, middle+1)
	}
	return nil
}

// DrawImage is Draw for an image that is not DICOM.
func DrawImage(content io.ReaderAt, size int64, kind sniff.Kind) *Drawn {
	d, ok := decoders[kind]
	if !ok {
		return nil
	}
	stream := func() io.Reader { return bufio.NewReaderSize(io.NewSectionReader(content, 0, size), 64<<10) }
	c, err := d.config(stream())
	if err != nil {
		return nil
	}
	most := int64(maxImagePixels)
	if c.ColorModel == color.GrayModel {
		most = maxFramePixels
	}
	if pixels := int64(c.Width) * int64(c.Height); pixels <= 0 || pixels > most {
		return nil
	}
	var m image.Image
	if m, err = d.decode(stream()); err != nil {
		return nil
	}
	s := &series{picture: newPicture(), reader: &reader{count: 1}}
	s.picture.source = imageSource
	grayOf(m, &s.frame)
	if len(s.frame.samples) == 0 {
		return nil
	}
	return drawn(s, 1)
}

// drawn draws the frame that a series has decoded.
func drawn(s *series, number int) *Drawn {
	p := &s.frame
	if p.isConstant() {
		return nil
	}
	t := newTone()
	t.count(p.samples, s.padding())
	d := &Drawn{Frame: number}
	table := s.grays(t)
	d.Width, d.Height, d.Gray = shrunkTo(p, table, MaxDrawn*MaxDrawn, MaxDrawn)
	// What is read is drawn so that the rare extremes show too.
	t.wide()
	whole := Raster{Source: s.picture.source, Frame: number, Offset: s.picture.offset, Scale: 1}
	whole.Width, whole.Height, whole.Gray = shrunkTo(p, t.table, maxRasterPixels, math.MaxInt)
	whole = doubled(whole)
	inverted := whole
	inverted.Gray = make([]byte, len(whole.Gray))
	for i, v := range whole.Gray {
		inverted.Gray[i] = 255 - v
	}
	d.Whole = []Raster{whole, inverted}
	return d
}

// grays maps samples to grays: by the window of the picture if it meets the
// samples, else between percentiles.
func (s *series) grays(t *tone) []byte {
	p := s.picture
	table := make([]byte, levels)
	low, high := float64(t.percentile(0.01)), float64(t.percentile(0.99))
	if s.reader.gray == nil && p.samples < 3 && len(p.centers) > 0 && len(p.widths) > 0 && p.widths[0] >= 1 {
		toSample := func(v float64) float64 {
			return ((v-p.intercept)/p.slope - s.frame.low) / s.frame.step
		}
		from, to := toSample(p.centers[0]-0.5-(p.widths[0]-1)/2), toSample(p.centers[0]-0.5+(p.widths[0]-1)/2)
		if min(from, to) < high && max(from, to) > low && from != to {
			low, high = from, to
		}
	}
	if p.source == imageSource || s.reader.gray != nil || p.samples >= 3 {
		low, high = 0, 255
		if t.max > 255 {
			high = levels - 1
		}
	}
	if low == high {
		high++
	}
	invert := p.photometric == "MONOCHROME1"
	for v := range table {
		g := 255 * (float64(v) - low) / (high - low)
		g = min(max(g, 0), 255)
		if invert {
			g = 255 - g
		}
		table[v] = byte(g)
	}
	return table
}

// shrunkTo renders a frame by a table, each pixel the mean of a square of the
// frame, with at most so many pixels and none of both sides longer than side.
func shrunkTo(p *plane, table []byte, pixels, side int) (width, height int, gray []byte) {
	n := 1
	for {
		width, height = (p.width+n-1)/n, (p.height+n-1)/n
		if max(width, height) <= side && width*height <= pixels {
			break
		}
		n++
	}
	gray = make([]byte, width*height)
	for y := range height {
		for x := range width {
			sum, count := 0, 0
			for j := y * n; j < min((y+1)*n, p.height); j++ {
				for _, v := range p.samples[j*p.width+x*n : j*p.width+min((x+1)*n, p.width)] {
					sum += int(table[v])
					count++
				}
			}
			gray[y*width+x] = byte(sum / count)
		}
	}
	return width, height, gray
}

// doubled makes a raster larger, as readers of text like it, if it is small.
func doubled(r Raster) Raster {
	if 4*r.Width*r.Height > maxRasterPixels {
		return r
	}
	out := r
	out.Width, out.Height, out.Scale = 2*r.Width, 2*r.Height, 2
	out.Gray = make([]byte, out.Width*out.Height)
	enlarge(out.Gray, out.Width, out.Height, r.Gray, r.Width, r.Height, 0, 0, 2)
	return out
}

// HasWords reports whether somebody could read something in words: three
// letters or digits read with half a confidence.
func HasWords(words []Word) bool {
	for _, w := range words {
		n := 0
		for _, r := range w.Text {
			if unicode.IsLetter(r) || unicode.IsDigit(r) {
				n++
			}
		}
		if n >= 3 && w.Confidence >= 50 {
			return true
		}
	}
	return false
}
