package pixel

import (
	"math/rand/v2"
	"testing"

	"assay/internal/audit/pixel/pixeltest"
)

// TestGateKeepsPlacesOfText plants texts of many sizes that the search finds
// in the whole frame, and asks the gate for their places.
func TestGateKeepsPlacesOfText(t *testing.T) {
	fonts := pixeltest.NewFonts()
	r := rand.New(rand.NewPCG(8, 15))
	ground := phantom(320, 240, 6)
	for range 150 {
		s := fonts.Random(r, pixeltest.Text(r))
		if s.Width > 310 || s.Height > 230 {
			continue
		}
		x, y := r.IntN(320-s.Width), r.IntN(240-s.Height)
		q := plant(ground, s, x, y, 3000)
		f := newFinder(false)
		kept := false
		for _, p := range f.gate.spans(q, -1) {
			kept = kept || p.left <= x && p.top <= y && p.left+p.width >= x+s.Width && p.top+p.rows >= y+s.Height
		}
		if !kept {
			t.Errorf("%q in %s, %d pixels high at %d, %d, is not in %v", s.Text, s.Font, s.Height, x, y, f.gate.spans(q, -1))
		}
		f.release()
	}
}

func TestGateRulesOutSmoothFrames(t *testing.T) {
	f := newFinder(false)
	defer f.release()
	p := &plane{step: 1}
	p.resize(512, 512)
	r := rand.New(rand.NewPCG(4, 2))
	for i := range p.samples {
		x, y := i%512-256, i/512-256
		switch d := x*x + y*y; {
		case d > 230*230: // air
			p.samples[i] = 0
		case d < 60*60: // as bright as samples get
			p.samples[i] = 3000
		default:
			p.samples[i] = uint16(2000 - d/100 + r.IntN(40))
		}
	}
	if got := f.gate.spans(p, -1); len(got) != 0 {
		t.Errorf("spans = %v, want none", got)
	}
}
