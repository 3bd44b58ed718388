package pixeltest

import (
	"image"
	"math/rand/v2"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goitalic"
	"golang.org/x/image/font/gofont/gomedium"
	"golang.org/x/image/font/gofont/gomono"
	"golang.org/x/image/font/gofont/gomonobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/inconsolata"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// Stamp is text as a mask: how much of each pixel its strokes cover, 0 to 255.
type Stamp struct {
	Font          string
	Text          string // as drawn
	Width, Height int
	Cover         []byte
}

// Fonts are outline fonts, by name. Add more, such as those of the system, in
// the format of TrueType or OpenType.
type Fonts struct {
	names []string
	faces map[string]*opentype.Font
}

// NewFonts returns the outline fonts that every machine has.
func NewFonts() *Fonts {
	f := &Fonts{faces: map[string]*opentype.Font{}}
	for name, data := range map[string][]byte{
		"Go": goregular.TTF, "Go Bold": gobold.TTF, "Go Italic": goitalic.TTF, "Go Medium": gomedium.TTF,
		"Go Mono": gomono.TTF, "Go Mono Bold": gomonobold.TTF,
	} {
		f.Add(name, data)
	}
	return f
}

// Add takes a font; one that cannot be read is left out.
func (f *Fonts) Add(name string, data []byte) {
	parsed, err := opentype.Parse(data)
	if err != nil {
		return
	}
	f.faces[name] = parsed
	f.names = append(f.names, name)
	for i := len(f.names) - 1; i > 0 && f.names[i] < f.names[i-1]; i-- {
		f.names[i], f.names[i-1] = f.names[i-1], f.names[i]
	}
}

var mu sync.Mutex // opentype faces share buffers

// Random draws text in a font and size that r chooses: outlines with soft or
// hard edges from 9 to 48 pixels, fonts of dots once to four times as large.
func (f *Fonts) Random(r *rand.Rand, text string) Stamp {
	switch r.IntN(10) {
	case 0, 1:
		return enlarge(dots(text), 1+r.IntN(4), "5x7")
	case 2:
		return enlarge(fixedFace(basicfont.Face7x13, text), 1+r.IntN(3), "7x13")
	case 3:
		return enlarge(fixedFace(inconsolata.Bold8x16, text), 1+r.IntN(2), "8x16 bold")
	}
	name := f.names[r.IntN(len(f.names))]
	size := 9 + r.IntN(16)
	if r.IntN(4) == 0 {
		size = 24 + r.IntN(25)
	}
	s := f.Draw(name, float64(size), text)
	if r.IntN(3) == 0 {
		harden(s.Cover)
	}
	return s
}

// Draw draws text in an outline font of size pixels.
func (f *Fonts) Draw(name string, size float64, text string) Stamp {
	mu.Lock()
	defer mu.Unlock()
	face, err := opentype.NewFace(f.faces[name], &opentype.FaceOptions{Size: size, DPI: 72, Hinting: font.HintingFull})
	if err != nil {
		return Stamp{}
	}
	defer face.Close()
	return stampOf(face, name, text)
}

func fixedFace(face font.Face, text string) Stamp { return stampOf(face, "", text) }

func stampOf(face font.Face, name, text string) Stamp {
	m := face.Metrics()
	w := font.MeasureString(face, text).Ceil() + 2
	h := m.Ascent.Ceil() + m.Descent.Ceil() + 2
	a := image.NewAlpha(image.Rect(0, 0, w, h))
	d := font.Drawer{Dst: a, Src: image.Opaque, Face: face, Dot: fixed.P(1, m.Ascent.Ceil()+1)}
	d.DrawString(text)
	return Stamp{Font: name, Text: text, Width: w, Height: h, Cover: a.Pix}
}

func dots(text string) Stamp {
	text = strings.ToUpper(text)
	n := len([]rune(text))
	s := Stamp{Text: text, Width: 6*n + 1, Height: 9}
	s.Cover = make([]byte, s.Width*s.Height)
	for i, r := range []rune(text) {
		columns, ok := small[r]
		if !ok && !unicode.IsSpace(r) {
			columns = small['-']
		}
		for x, bits := range columns {
			for y := range 7 {
				if bits>>y&1 != 0 {
					s.Cover[(y+1)*s.Width+6*i+x+1] = 255
				}
			}
		}
	}
	return s
}

// enlarge repeats each dot.
func enlarge(s Stamp, times int, name string) Stamp {
	out := Stamp{Font: name, Text: s.Text, Width: s.Width * times, Height: s.Height * times}
	out.Cover = make([]byte, out.Width*out.Height)
	for y := range out.Height {
		for x := range out.Width {
			out.Cover[y*out.Width+x] = s.Cover[y/times*s.Width+x/times]
		}
	}
	return out
}

func harden(cover []byte) {
	for i, v := range cover {
		if v >= 112 {
			cover[i] = 255
		} else {
			cover[i] = 0
		}
	}
}

// Press writes the stamp into samples of an image width pixels wide, at x and
// y, with the value of its strokes.
func (s Stamp) Press(samples []uint16, width, x, y int, value uint16) {
	height := len(samples) / width
	for j := range s.Height {
		for i := range s.Width {
			px, py := x+i, y+j
			if c := int(s.Cover[j*s.Width+i]); c > 0 && px >= 0 && px < width && py >= 0 && py < height {
				old := int(samples[py*width+px])
				samples[py*width+px] = uint16(old + (int(value)-old)*c/255)
			}
		}
	}
}

// Count returns the number of outline fonts.
func (f *Fonts) Count() int { return len(f.names) }

// Name returns the name of the outline font at index i, sorted by name.
func (f *Fonts) Name(i int) string { return f.names[i] }
