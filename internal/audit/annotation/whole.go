package annotation

import (
	"errors"
	"image"
	"image/color"
	"io"
)

var (
	errPicture   = errors.New("the picture is damaged")
	errNoDecoder = errors.New("there is no decoder for the picture")
)

// wholeRows gives the rows of a picture that its decoder decodes as a whole.
type wholeRows struct {
	in     *input
	decode func(io.Reader) (image.Image, error)
	format rowFormat
	image  image.Image
	y      int
}

// within returns the rows, nil if the picture is too large to be held.
func (w *wholeRows) within() rows {
	if w.format.pixels() > maxWholePixels {
		return nil
	}
	return w
}

func (w *wholeRows) row(out []uint16) error {
	if w.image == nil {
		m, err := w.decode(w.in.stream())
		if err != nil {
			return errPicture
		}
		b := m.Bounds()
		if b.Dx() < int(w.format.width) || b.Dy() < int(w.format.height) {
			return errPicture
		}
		w.image = m
	}
	b := w.image.Bounds()
	w.samples(b.Min.X, b.Min.Y+w.y, out)
	w.y++
	return nil
}

// samples writes the samples of row y from left on, in the format of the rows.
func (w *wholeRows) samples(left, y int, out []uint16) {
	f := w.format
	channels := int(f.channels)
	switch m := w.image.(type) {
	case *image.Gray:
		if channels == 1 {
			shift := 0
			if f.bits < 8 { // the decoder spreads few bits over eight
				shift = 8 - int(f.bits)
			}
			for x, v := range m.Pix[m.PixOffset(left, y):][:len(out)] {
				out[x] = uint16(v) >> shift
			}
			return
		}
	case *image.Paletted:
		if channels == 1 {
			for x, v := range m.Pix[m.PixOffset(left, y):][:len(out)] {
				out[x] = uint16(v)
			}
			return
		}
	}
	if w.fast(left, y, out, channels) {
		return
	}
	shift := 0
	if f.bits <= 8 {
		shift = 8
	}
	for x := range len(out) / channels {
		r, g, b, a := w.image.At(left+x, y).RGBA()
		sample := [4]uint32{r, g, b, a}
		if channels == 2 {
			sample[1] = a
		}
		for c := range channels {
			out[x*channels+c] = uint16(sample[c] >> shift)
		}
	}
}

// fast writes the samples of the usual images without a detour over colors.
func (w *wholeRows) fast(left, y int, out []uint16, channels int) bool {
	switch m := w.image.(type) {
	case *image.YCbCr:
		for x := range len(out) / channels {
			c := m.YCbCrAt(left+x, y)
			r, g, b := color.YCbCrToRGB(c.Y, c.Cb, c.Cr)
			out[x*channels], out[x*channels+1], out[x*channels+2] = uint16(r), uint16(g), uint16(b)
		}
	case *image.RGBA:
		spread4(m.Pix[m.PixOffset(left, y):], out, channels)
	case *image.NRGBA:
		spread4(m.Pix[m.PixOffset(left, y):], out, channels)
	default:
		return false
	}
	return true
}

// spread4 copies the first channels of pixels of four bytes.
func spread4(pix []byte, out []uint16, channels int) {
	for x := range len(out) / channels {
		for c := range channels {
			out[x*channels+c] = uint16(pix[4*x+c])
		}
	}
}
