package main

import (
	"bytes"
	"image"
	"image/jpeg"
	"math/rand/v2"
	"slices"
)

// transformed returns a frame turned over and cut, resized, windowed or
// compressed, as r chooses.
func transformed(r *rand.Rand, f frame) frame {
	f = f.turned(r.IntN(8))
	switch r.IntN(5) {
	case 0:
		return f.cut(r)
	case 1:
		return f.resized(0.6 + 1.2*r.Float64())
	case 2:
		return f.windowed(0.002+0.03*r.Float64(), 0.97+0.028*r.Float64())
	case 3:
		return f.windowed(0.001, 0.999).compressed(30 + r.IntN(60))
	}
	return f
}

// turned flips the frame by the three bits of how: left to right, top to
// bottom, along the diagonal.
func (f frame) turned(how int) frame {
	out := f
	if how&4 != 0 {
		out.width, out.height = f.height, f.width
	}
	out.samples = make([]uint16, len(f.samples))
	for y := range f.height {
		for x := range f.width {
			u, v := x, y
			if how&1 != 0 {
				u = f.width - 1 - x
			}
			if how&2 != 0 {
				v = f.height - 1 - y
			}
			if how&4 != 0 {
				u, v = v, u
			}
			out.samples[v*out.width+u] = f.samples[y*f.width+x]
		}
	}
	return out
}

// cut takes a random piece.
func (f frame) cut(r *rand.Rand) frame {
	out := f
	out.width = max(smallest, f.width*(50+r.IntN(45))/100)
	out.height = max(smallest, f.height*(50+r.IntN(45))/100)
	left, top := r.IntN(f.width-out.width+1), r.IntN(f.height-out.height+1)
	out.samples = make([]uint16, 0, out.width*out.height)
	for y := range out.height {
		out.samples = append(out.samples, f.samples[(top+y)*f.width+left:][:out.width]...)
	}
	return out
}

// resized scales the frame and blends neighbors.
func (f frame) resized(by float64) frame {
	out := f
	out.width, out.height = max(smallest, int(float64(f.width)*by)), max(smallest, int(float64(f.height)*by))
	out.samples = make([]uint16, out.width*out.height)
	for y := range out.height {
		fy := (float64(y)+0.5)*float64(f.height)/float64(out.height) - 0.5
		y0 := min(max(int(fy), 0), f.height-2)
		wy := min(max(fy-float64(y0), 0), 1)
		for x := range out.width {
			fx := (float64(x)+0.5)*float64(f.width)/float64(out.width) - 0.5
			x0 := min(max(int(fx), 0), f.width-2)
			wx := min(max(fx-float64(x0), 0), 1)
			at := y0*f.width + x0
			a := float64(f.samples[at])*(1-wx) + float64(f.samples[at+1])*wx
			b := float64(f.samples[at+f.width])*(1-wx) + float64(f.samples[at+f.width+1])*wx
			out.samples[y*out.width+x] = uint16(a*(1-wy) + b*wy + 0.5)
		}
	}
	return out
}

// windowed maps the samples between two shares of them to 8 bits.
func (f frame) windowed(from, to float64) frame {
	sorted := slices.Sorted(slices.Values(f.samples))
	low := int(sorted[int(from*float64(len(sorted)-1))])
	high := max(int(sorted[int(to*float64(len(sorted)-1))]), low+1)
	out := f
	out.samples = make([]uint16, len(f.samples))
	for i, v := range f.samples {
		out.samples[i] = uint16(min(max((int(v)-low)*255/(high-low), 0), 255))
	}
	return out
}

// compressed is a frame of 8 bits after JPEG.
func (f frame) compressed(quality int) frame {
	m := image.NewGray(image.Rect(0, 0, f.width, f.height))
	for i, v := range f.samples {
		m.Pix[i] = byte(v)
	}
	var b bytes.Buffer
	if jpeg.Encode(&b, m, &jpeg.Options{Quality: quality}) != nil {
		return f
	}
	d, err := jpeg.Decode(&b)
	g, ok := d.(*image.Gray)
	if err != nil || !ok {
		return f
	}
	out := f
	out.samples = make([]uint16, len(f.samples))
	for i := range out.samples {
		out.samples[i] = uint16(g.Pix[i/f.width*g.Stride+i%f.width])
	}
	return out
}
