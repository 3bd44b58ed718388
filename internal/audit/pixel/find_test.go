package pixel

import (
	"fmt"
	"strings"
	"testing"

	"assay/internal/audit/pixel/pixeltest"
)

// plant writes text into a copy of p and returns it.
func plant(p *plane, s pixeltest.Stamp, x, y int, value uint16) *plane {
	q := *p
	q.samples = append([]uint16(nil), p.samples...)
	s.Press(q.samples, q.width, x, y, value)
	return &q
}

func TestTextIsFoundInAnyInk(t *testing.T) {
	fonts := pixeltest.NewFonts()
	ground := phantom(400, 300, 5)
	for name, value := range map[string]uint16{
		"the highest value of the type": 65535, "the highest value of the frame": 1780, "black": 0, "a middle gray on dark": 900, "dark gray on bright": 250,
	} {
		x, y := 150, 140 // on the soft parts
		if strings.HasSuffix(name, "dark") {
			x, y = 2, 2 // on air
		}
		for _, size := range []float64{11, 14, 20, 36} {
			t.Run(fmt.Sprint(name, ", ", size, " pixels"), func(t *testing.T) {
				s := fonts.Draw("Go", size, "Quade")
				q := plant(ground, s, x, y, value)
				lines := newFinder(false).look(q, -1, false)
				found := false
				for _, l := range lines {
					found = found || l.left < x+s.Width && l.right > x && l.top < y+s.Height && l.bottom > y
				}
				if !found {
					t.Errorf("no line at %d, %d; lines: %v", x, y, lines)
				}
			})
		}
	}
}

func TestFramesWithoutTextSeldomPass(t *testing.T) {
	f := newFinder(false)
	passed := 0
	const frames = 40
	for seed := range uint64(frames) {
		if len(f.look(phantom(256, 200, seed+100), -1, false)) > 0 {
			passed++
		}
	}
	if passed*20 > frames {
		t.Errorf("%d of %d frames without text pass; at most 1 of 20 may", passed, frames)
	}
}

// packed packs the covered dots of a stamp, in a frame of width x height.
func packed(s pixeltest.Stamp, width, height int) string {
	out := make([]byte, width*height/8)
	for y := range min(s.Height, height) {
		for x := range min(s.Width, width) {
			if n := y*width + x; s.Cover[y*s.Width+x] > 127 {
				out[n/8] |= 1 << (n % 8)
			}
		}
	}
	return fmt.Sprintf("%x", out)
}

// grays writes a stamp as bytes of gray.
func grays(s pixeltest.Stamp, width, height int) string {
	out := make([]byte, width*height)
	for y := range min(s.Height, height) {
		copy(out[y*width:][:min(s.Width, width)], s.Cover[y*s.Width:][:s.Width])
	}
	return fmt.Sprintf("%x", out)
}

// highBits writes a stamp into bit 12 of samples of 16 bits.
func highBits(s pixeltest.Stamp, width, height int) string {
	out := make([]byte, 2*width*height)
	for n := range width * height {
		out[2*n] = byte(n / width)
		if x, y := n%width, n/width; x < s.Width && y < s.Height && s.Cover[y*s.Width+x] > 127 {
			out[2*n+1] = 0x10
		}
	}
	return fmt.Sprintf("%x", out)
}

func TestRastersNameWhatCarriesTheText(t *testing.T) {
	s := pixeltest.NewFonts().Draw("Go Mono", 16, "Quade 4711")
	size := "(0028,0002) US 1\n(0028,0004) CS MONOCHROME2\n(0028,0010) US 32\n(0028,0011) US 128\n"
	blank := "(0028,0100) US 8\n(0028,0101) US 8\n(7FE0,0010) OW zeros:4096\n"
	nested := "    " + strings.ReplaceAll(strings.TrimSpace(size+"(0028,0100) US 8\n(0028,0101) US 8\n(7FE0,0010) OW hex:"+grays(s, 128, 32)), "\n", "\n    ")
	tests := []struct{ name, text, source string }{
		{"the image", size + "(0028,0100) US 8\n(0028,0101) US 8\n(7FE0,0010) OW hex:" + grays(s, 128, 32), "(7FE0,0010) PixelData"},
		{"an overlay", size + "(6000,0010) US 32\n(6000,0011) US 128\n(6000,0100) US 1\n(6000,0102) US 0\n(6000,3000) OW hex:" + packed(s, 128, 32) + "\n" + blank, "(6000,3000) OverlayData"},
		{"an overlay without an image", "(6002,0010) US 32\n(6002,0011) US 128\n(6002,0100) US 1\n(6002,0102) US 0\n(6002,3000) OW hex:" + packed(s, 128, 32), "(6002,3000) OverlayData"},
		{"an overlay in unused bits", size + "(0028,0100) US 16\n(0028,0101) US 12\n(0028,0102) US 11\n(6000,0010) US 32\n(6000,0011) US 128\n(6000,0100) US 16\n(6000,0102) US 12\n(7FE0,0010) OW hex:" + highBits(s, 128, 32), "(6000,0102) OverlayBitPosition"},
		{"an icon", "(0088,0200) SQ\n  - " + strings.TrimSpace(nested) + "\n" + size + blank, "(0088,0200)[1]/(7FE0,0010) PixelData"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			facts := inspect(t, tt.text)
			if len(facts.Rasters) != 1 || facts.Rasters[0].Source != tt.source {
				t.Fatalf("rasters = %d, want one of %s; findings: %v", len(facts.Rasters), tt.source, facts.Findings)
			}
			r := facts.Rasters[0]
			b := r.Place(Box{X: r.Parts[0].Box.X + r.Parts[0].Box.Width/2, Y: r.Parts[0].Box.Y + r.Parts[0].Box.Height/2, Width: 1, Height: 1})
			if b.X < 0 || b.X >= 128 || b.Y < 0 || b.Y >= 32 {
				t.Errorf("the middle of the first part is at %v of a frame of 128 by 32", b)
			}
		})
	}
}
