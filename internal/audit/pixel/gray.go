package pixel

import "image"

// grayOf turns an image into gray samples. What is transparent shows a white
// page.
func grayOf(m image.Image, out *plane) {
	b := m.Bounds()
	out.resize(b.Dx(), b.Dy())
	out.low, out.step, out.beyond = 0, 1, false
	for y := range out.height {
		grayRow(m, b.Min.X, b.Min.Y+y, out.samples[y*out.width:][:out.width])
	}
}

// grayRow writes the grays of a row of m from left on.
func grayRow(m image.Image, left, y int, out []uint16) {
	switch m := m.(type) {
	case *image.Gray:
		for x, v := range m.Pix[m.PixOffset(left, y):][:len(out)] {
			out[x] = uint16(v)
		}
	case *image.YCbCr:
		for x, v := range m.Y[m.YOffset(left, y):][:len(out)] {
			out[x] = uint16(v)
		}
	case *image.RGBA:
		colors(m.Pix[m.PixOffset(left, y):], out, true)
	case *image.NRGBA:
		colors(m.Pix[m.PixOffset(left, y):], out, false)
	case *image.Paletted:
		var grays [256]uint16
		for i, c := range m.Palette[:min(len(m.Palette), 256)] {
			grays[i] = grayOver(c.RGBA())
		}
		for x, v := range m.Pix[m.PixOffset(left, y):][:len(out)] {
			out[x] = grays[v]
		}
	default:
		for x := range out {
			out[x] = grayOver(m.At(left+x, y).RGBA())
		}
	}
}

// colors converts pixels of red, green, blue and opacity; premultiplied says
// that the colors were multiplied by the opacity.
func colors(pix []byte, out []uint16, premultiplied bool) {
	for x := range out {
		p := pix[4*x:][:4]
		v, a := uint32(luma(uint16(p[0]), uint16(p[1]), uint16(p[2]))), uint32(p[3])
		if !premultiplied {
			v = v * a / 255
		}
		out[x] = uint16(min(v+255-a, 255))
	}
}

// grayOver is the gray of a color over white.
func grayOver(r, g, b, a uint32) uint16 {
	v := uint32(luma(uint16(r>>8), uint16(g>>8), uint16(b>>8)))
	return uint16(min(v+255-a>>8, 255))
}
