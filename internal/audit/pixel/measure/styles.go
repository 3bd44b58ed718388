package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"assay/internal/audit/pixel/pixeltest"
)

// styles are how text is written into frames held out.
var styles = []struct {
	name  string
	write func(*writing) bool // false if the frame has no room for it
}{
	{"hard edges", func(w *writing) bool { return w.press(w.stamp(w.line(), 9, 40, true)) }},
	{"soft edges", func(w *writing) bool { return w.press(w.stamp(w.line(), 9, 40, false)) }},
	{"half transparent", func(w *writing) bool { return w.press(faded(w.stamp(w.line(), 10, 30, false), 40+w.r.IntN(45))) }},
	{"with a rim", (*writing).rimmed},
	{"in a box", (*writing).boxed},
	{"on the busiest ground", (*writing).busy},
	{"two lines", (*writing).twoLines},
	{"small, in a corner", (*writing).label},
	{"then JPEG", (*writing).thenJPEG},
	{"then resized", (*writing).thenResized},
}

// writing is text on its way into a frame.
type writing struct {
	r     *rand.Rand
	fonts *pixeltest.Fonts
	frame frame // a copy, once written into
	text  string
	x, y  int
	w, h  int // of the place
	value int
}

var lowSyllables = strings.Fields("be dra fo gi hul jo kem lar mo ne ost pel rik sa tum ur vi wen xa yo zor stein mann ova ez")

// line returns text of other words and forms than those tuned on.
func (w *writing) line() string {
	r := w.r
	name := func() string {
		s := ""
		for range 2 + r.IntN(2) {
			s += lowSyllables[r.IntN(len(lowSyllables))]
		}
		return strings.ToUpper(s[:1]) + s[1:]
	}
	switch r.IntN(7) {
	case 0:
		return name() + " " + name()
	case 1:
		return strings.ToUpper(name()) + fmt.Sprintf(" %03dY M", 20+r.IntN(75))
	case 2:
		return fmt.Sprintf("%02d.%02d.%d", 1+r.IntN(28), 1+r.IntN(12), 1925+r.IntN(95))
	case 3:
		return fmt.Sprintf("Acc %d/%05d", 10+r.IntN(15), r.IntN(100000))
	case 4:
		return name() + " Hospital"
	case 5:
		return fmt.Sprintf("Pat-Nr %08d", r.IntN(100_000_000))
	}
	return "Dr. " + name()
}

// stamp draws text with strokes of least to most pixels.
func (w *writing) stamp(text string, least, most int, hard bool) pixeltest.Stamp {
	w.text = text
	s := w.fonts.Draw(w.fonts.Name(w.r.IntN(w.fonts.Count())), float64(least+w.r.IntN(most-least+1)), text)
	if hard {
		for i, v := range s.Cover {
			s.Cover[i] = 0
			if v >= 112 {
				s.Cover[i] = 255
			}
		}
	}
	return s
}

func faded(s pixeltest.Stamp, percent int) pixeltest.Stamp {
	for i, v := range s.Cover {
		s.Cover[i] = byte(int(v) * percent / 100)
	}
	return s
}

// room picks a place for a stamp.
func (w *writing) room(width, height int) bool {
	f := w.frame
	if width >= f.width-4 || height >= f.height-4 {
		return false
	}
	w.w, w.h = width, height
	w.x, w.y = 2+w.r.IntN(f.width-width-3), 2+w.r.IntN(f.height-height-3)
	return true
}

// press writes a stamp anywhere, in a gray that stands out.
func (w *writing) press(s pixeltest.Stamp) bool {
	return w.room(s.Width, s.Height) && w.pressAt(s)
}

func (w *writing) pressAt(s pixeltest.Stamp) bool {
	low, high, ok := w.grays()
	if !ok {
		return false
	}
	local := mean(w.frame, w.x, w.y, w.w, w.h)
	switch w.r.IntN(4) {
	case 0:
		w.value = high
	case 1:
		w.value = low
	case 2:
		w.value = local + (high-low)*(25+w.r.IntN(60))/100
	default:
		w.value = local - (high-low)*(25+w.r.IntN(60))/100
	}
	w.value = min(max(w.value, int(slices.Min(w.frame.samples))), 65535)
	if max(w.value-local, local-w.value)*faintest < high-low {
		return false
	}
	s.Press(w.frame.samples, w.frame.width, w.x, w.y, uint16(w.value))
	return true
}

// grays returns the grays that all but a few samples have.
func (w *writing) grays() (low, high int, ok bool) {
	sorted := slices.Sorted(slices.Values(w.frame.samples))
	n := len(sorted) - 1
	low, high = int(sorted[n/200]), int(sorted[n-n/200])
	return low, high, high-low >= 8
}

func (w *writing) rimmed() bool {
	s := w.stamp(w.line(), 11, 30, false)
	if !w.room(s.Width, s.Height) {
		return false
	}
	low, high, ok := w.grays()
	ink, rim := high, low
	if w.r.IntN(2) == 0 {
		ink, rim = low, high
	}
	w.value = ink
	for dy := -1; dy <= 1; dy++ {
		for dx := -1; dx <= 1; dx++ {
			s.Press(w.frame.samples, w.frame.width, w.x+dx, w.y+dy, uint16(rim))
		}
	}
	s.Press(w.frame.samples, w.frame.width, w.x, w.y, uint16(ink))
	return ok
}

func (w *writing) boxed() bool {
	s := w.stamp(w.line(), 9, 30, w.r.IntN(2) == 0)
	if !w.room(s.Width, s.Height) {
		return false
	}
	low, high, _ := w.grays()
	ground := low + (high-low)*w.r.IntN(101)/100
	for y := w.y; y < w.y+w.h; y++ {
		for x := w.x; x < w.x+w.w; x++ {
			w.frame.samples[y*w.frame.width+x] = uint16(ground)
		}
	}
	return w.pressAt(s)
}

// busy writes where neighbors differ most of a dozen places.
func (w *writing) busy() bool {
	s := w.stamp(w.line(), 11, 30, false)
	bestX, bestY, most := 0, 0, -1
	for range 12 {
		if !w.room(s.Width, s.Height) {
			return false
		}
		if n := restless(w.frame, w.x, w.y, w.w, w.h); n > most {
			bestX, bestY, most = w.x, w.y, n
		}
	}
	w.x, w.y = bestX, bestY
	return w.pressAt(s)
}

func (w *writing) twoLines() bool {
	first := w.line()
	a := w.stamp(first, 10, 20, false)
	second := w.line()
	b := w.fonts.Draw(a.Font, float64(max(a.Height*3/4, 9)), second)
	if !w.room(max(a.Width, b.Width), a.Height+b.Height) || !w.pressAt(a) {
		return false
	}
	b.Press(w.frame.samples, w.frame.width, w.x, w.y+a.Height, uint16(w.value))
	w.text = first + second
	return true
}

// label writes a short one close to an edge.
func (w *writing) label() bool {
	text := []string{"M 071Y", "LAO 30", "J.K.", "3421", "F/54", "07-Mar", "Bed 12", "St. Jo"}[w.r.IntN(8)]
	s := w.stamp(text, 8, 12, w.r.IntN(2) == 0)
	if !w.room(s.Width, s.Height) {
		return false
	}
	w.x = []int{1, w.frame.width - s.Width - 1}[w.r.IntN(2)]
	w.y = []int{1, w.frame.height - s.Height - 1}[w.r.IntN(2)]
	return w.pressAt(s)
}

func (w *writing) thenJPEG() bool {
	w.frame = w.frame.windowed(0.001, 0.999)
	if !w.press(w.stamp(w.line(), 10, 36, w.r.IntN(2) == 0)) {
		return false
	}
	w.frame = w.frame.compressed(35 + w.r.IntN(55))
	return true
}

func (w *writing) thenResized() bool {
	if !w.press(w.stamp(w.line(), 12, 36, w.r.IntN(2) == 0)) {
		return false
	}
	before := w.frame
	w.frame = before.resized(0.75 + w.r.Float64())
	w.x, w.w = w.x*w.frame.width/before.width, w.w*w.frame.width/before.width+1
	w.y, w.h = w.y*w.frame.height/before.height, w.h*w.frame.height/before.height+1
	return true
}

func mean(f frame, x, y, w, h int) int {
	sum := 0
	for j := range h {
		for _, v := range f.samples[(y+j)*f.width+x:][:w] {
			sum += int(v)
		}
	}
	return sum / (w * h)
}

// restless is the sum of the steps between neighbors.
func restless(f frame, x, y, w, h int) int {
	sum := 0
	for j := range h {
		row := f.samples[(y+j)*f.width+x:][:w]
		for i := 1; i < w; i++ {
			d := int(row[i]) - int(row[i-1])
			sum += max(d, -d)
		}
	}
	return sum
}
