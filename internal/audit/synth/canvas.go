package synth

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/png"
	"math"
	"math/rand/v2"

	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"
)

// canvas is an image of physical values. Shapes are placed in units of half
// its size: (-1, -1) is the upper left corner, (1, 1) the lower right one.
type canvas struct {
	rows, columns int
	v             []float64
}

func newCanvas(rows, columns int, background float64) *canvas {
	c := &canvas{rows, columns, make([]float64, rows*columns)}
	for i := range c.v {
		c.v[i] = background
	}
	return c
}

// each calls paint with the place of every pixel.
func (c *canvas) each(paint func(x, y float64, v *float64)) {
	for row := range c.rows {
		y := 2*(float64(row)+0.5)/float64(c.rows) - 1
		for column := range c.columns {
			x := 2*(float64(column)+0.5)/float64(c.columns) - 1
			paint(x, y, &c.v[row*c.columns+column])
		}
	}
}

// ellipse fills an ellipse around (cx, cy) with a value, turned by degrees.
func (c *canvas) ellipse(cx, cy, rx, ry, degrees, value float64) {
	if rx <= 0 || ry <= 0 {
		return
	}
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	c.each(func(x, y float64, v *float64) {
		dx, dy := x-cx, y-cy
		u, w := (dx*cos+dy*sin)/rx, (dy*cos-dx*sin)/ry
		if u*u+w*w <= 1 {
			*v = value
		}
	})
}

// noise adds normal noise.
func (c *canvas) noise(r *rand.Rand, sigma float64) {
	for i := range c.v {
		c.v[i] += r.NormFloat64() * sigma
	}
}

// any reports whether a value is above 0.
func (c *canvas) any() bool {
	for _, v := range c.v {
		if v > 0 {
			return true
		}
	}
	return false
}

// png encodes the values, scaled by a factor, as a picture of 8 bits.
func (c *canvas) png(factor float64) ([]byte, error) {
	p := image.NewGray(image.Rect(0, 0, c.columns, c.rows))
	for i, v := range c.v {
		p.Pix[i] = byte(math.Round(min(max(v*factor, 0), 255)))
	}
	var b bytes.Buffer
	err := png.Encode(&b, p)
	return b.Bytes(), err
}

// int16s encodes the values, rounded and clamped.
func (c *canvas) int16s(low, high float64) []byte {
	b := make([]byte, 0, 2*len(c.v))
	for _, v := range c.v {
		b = binary.LittleEndian.AppendUint16(b, uint16(int16(math.Round(min(max(v, low), high)))))
	}
	return b
}

// bytes encodes the values as 0 to 255.
func (c *canvas) bytes() []byte {
	b := make([]byte, len(c.v))
	for i, v := range c.v {
		b[i] = byte(math.Round(min(max(v, 0), 255)))
	}
	return b
}

// write draws lines of text from a corner, as a scanner burns them in, twice
// the size of the font where there is room.
func (c *canvas) write(lines []string, value float64) {
	face := basicfont.Face7x13
	scale := 1
	if c.columns >= 300 {
		scale = 2
	}
	for i, line := range lines {
		mask := image.NewAlpha(image.Rect(0, 0, face.Advance*len(line)+1, face.Height+2))
		d := font.Drawer{Dst: mask, Src: image.NewUniform(color.Alpha{A: 255}), Face: face, Dot: fixed.P(0, face.Ascent)}
		d.DrawString(line)
		top := 4 + i*(face.Height+2)*scale
		for y := range mask.Rect.Dy() * scale {
			for x := range mask.Rect.Dx() * scale {
				row, column := top+y, 4+x
				if mask.AlphaAt(x/scale, y/scale).A > 0 && row < c.rows && column < c.columns {
					c.v[row*c.columns+column] = value
				}
			}
		}
	}
}
