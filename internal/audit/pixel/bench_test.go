package pixel

import (
	"math/rand/v2"
	"testing"
)

// phantom is a frame of 512 by 512 with soft shapes and noise, like a slice of
// the body.
func phantom(width, height int, seed uint64) *plane {
	r := rand.New(rand.NewPCG(seed, 1))
	p := &plane{step: 1}
	p.resize(width, height)
	cx, cy := float64(width)/2, float64(height)/2
	for y := range height {
		for x := range width {
			dx, dy := (float64(x)-cx)/cx, (float64(y)-cy)/cy
			v := 20.0
			if d := dx*dx/0.8 + dy*dy/0.6; d < 1 {
				v = 1000
				if d > 0.9 {
					v = 1700
				} else if ex, ey := dx-0.3, dy+0.1; ex*ex+ey*ey < 0.05 {
					v = 300
				}
			}
			p.samples[y*width+x] = uint16(max(v+r.NormFloat64()*25, 0))
		}
	}
	return p
}

// BenchmarkFilter is what deciding costs whether a frame may hold letters: a
// slice of CT, a small one of MR, one of ultrasound that is noise all over,
// and a large radiograph.
func BenchmarkFilter(b *testing.B) {
	noise := phantom(640, 480, 4)
	r := rand.New(rand.NewPCG(7, 7))
	for i, v := range noise.samples {
		noise.samples[i] = uint16(r.IntN(int(v)/8 + 1)) // speckle
	}
	for _, bm := range []struct {
		name  string
		plane *plane
	}{
		{"CT 512x512", phantom(512, 512, 3)},
		{"MR 256x256", phantom(256, 256, 3)},
		{"US 640x480", noise},
		{"DX 4000x4000", phantom(4000, 4000, 3)},
	} {
		b.Run(bm.name, func(b *testing.B) {
			f := newFinder(false)
			b.SetBytes(int64(2 * len(bm.plane.samples)))
			for b.Loop() {
				f.look(bm.plane, -1, false)
			}
		})
	}
}
