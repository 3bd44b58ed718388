package planted

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"image"
	"image/jpeg"
	"math/rand/v2"
	"strings"

	"assay/internal/audit/pixel/pixeltest"
)

// perPixelKind is how many items of each kind show text; not every one can be
// read.
const perPixelKind = 60

// shown is one image that shows an identifier.
type shown struct {
	item
	text  string      // as drawn
	words []string    // of which a reader must read one
	frame *image.Gray // what a reader of text is given
	at    image.Rectangle
	how   string // in words, to tell the causes of misses apart
}

// Compressor writes a DICOM file anew in a lossless encoding: "JPEG 2000",
// "JPEG-LS" or "JPEG lossless".
type Compressor func(ctx context.Context, dicom []byte, encoding string) ([]byte, error)

// drawer makes images that show text.
type drawer struct {
	r        *rand.Rand
	all      []locale
	fonts    *pixeltest.Fonts
	compress Compressor // nil without a program that can
}

// pixelKinds are the kinds of items that only a reader of text can find, and
// the rules that may say so.
var pixelKinds = []struct {
	kind, rule string
	make       func(d *drawer, n int) (shown, error)
}{
	{"burned_in_pixels", "pix-ocr-text", (*drawer).burnedIn},
	{"overlay_pixels", "phi-overlay", (*drawer).overlay},
	{"icon_pixels", "phi-icon", (*drawer).icon},
	{"encapsulated_pdf, scanned", "pix-ocr-text", (*drawer).scan},
}

// pixelItems makes all items of a seed.
func pixelItems(seed uint64, fonts *pixeltest.Fonts, compress Compressor) ([]shown, error) {
	var list []shown
	for k, kind := range pixelKinds {
		d := &drawer{rand.New(rand.NewPCG(seed, uint64(1000+k))), locales(), fonts, compress}
		for n := range perPixelKind {
			s, err := kind.make(d, n)
			if err != nil {
				return nil, err
			}
			s.kind, s.rule, s.path = kind.kind, kind.rule, fmt.Sprintf("series/%04d.dcm", n)
			list = append(list, s)
		}
	}
	return list, nil
}

// identifier returns what devices write into frames, and the words of it that
// identify somebody, as a reader would give them back: letters and digits.
func (d *drawer) identifier() (text string, words []string) {
	p := pick(d.r, d.all, true)
	for asciiOr(p.family+p.given, "") == "" || len(p.family) < 4 {
		p = pick(d.r, d.all, true)
	}
	family, given := p.family, p.given
	switch d.r.IntN(8) {
	case 0, 1:
		text = family + ", " + given
	case 2:
		text = strings.ToUpper(family + "^" + given)
	case 3:
		text = given + " " + family
	case 4:
		text = strings.ToUpper(family) + " " + given[:1] + " " + one(d.r, "M", "F")
	case 5:
		text, words = "DOB "+aDay(d.r).slashed(), nil
	case 6:
		text = one(d.r, "ID: ", "MRN ", "Pat ID ") + fmt.Sprint(10_000_000+d.r.IntN(89_999_999))
	case 7:
		text = family + " " + one(d.r, "Hospital", "Clinic", "Klinik")
	}
	if i := strings.IndexAny(text, "0123456789"); i >= 0 {
		return text, []string{letters(text[i:])}
	}
	for _, w := range []string{family, given} {
		if w = letters(w); len(w) >= 4 && strings.Contains(letters(text), w) {
			words = append(words, w)
		}
	}
	return text, words
}

func (d day) slashed() string { return fmt.Sprintf("%02d/%02d/%04d", d.m, d.d, d.y) }

// letters keeps letters and digits, in capitals.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' {
			return r
		}
		return -1
	}, strings.ToUpper(s))
}

// anatomy returns bright shapes on a dark ground, with noise, from 0 to 255.
func (d *drawer) anatomy(width, height int) *image.Gray {
	m := image.NewGray(image.Rect(0, 0, width, height))
	cx, cy := float64(width)*(0.4+0.2*d.r.Float64()), float64(height)*(0.4+0.2*d.r.Float64())
	rx, ry := float64(width)*(0.25+0.15*d.r.Float64()), float64(height)*(0.25+0.15*d.r.Float64())
	noise := 1 + d.r.IntN(14)
	ground := d.r.IntN(20)
	for y := range height {
		for x := range width {
			u, v := (float64(x)-cx)/rx, (float64(y)-cy)/ry
			value := ground
			if q := u*u + v*v; q < 1 {
				value += int(90 + 60*(1-q))
				if q > 0.8 {
					value += 50
				}
				if (u-0.3)*(u-0.3)+v*v < 0.1 {
					value -= 70
				}
			}
			m.Pix[y*m.Stride+x] = byte(min(255, max(0, value+d.r.IntN(noise))))
		}
	}
	return m
}

// write draws text somewhere near an edge of an image, light or dark.
func (d *drawer) write(m *image.Gray, s pixeltest.Stamp) (at image.Rectangle, how string) {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	room := func(free int) int { return max(0, free) }
	x, y := 2+d.r.IntN(1+room(w-s.Width-4)), 2+d.r.IntN(1+room(h-s.Height-4))
	place := "anywhere"
	if d.r.IntN(3) > 0 {
		place = "at an edge"
		if y = 2; d.r.IntN(2) == 0 {
			y = 2 + room(h-s.Height-4)
		}
	}
	value, tone := 180+d.r.IntN(76), "light"
	if d.r.IntN(4) == 0 {
		tone, value = "dark on a bar", d.r.IntN(40)
		for j := max(0, y-2); j < min(h, y+s.Height+2); j++ {
			for i := max(0, x-4); i < min(w, x+s.Width+4); i++ {
				m.Pix[j*m.Stride+i] = byte(200 + d.r.IntN(40))
			}
		}
	}
	for j := range s.Height {
		for i := range s.Width {
			if px, py, c := x+i, y+j, int(s.Cover[j*s.Width+i]); c > 0 && px < w && py < h {
				old := int(m.Pix[py*m.Stride+px])
				m.Pix[py*m.Stride+px] = byte(old + (value-old)*c/255)
			}
		}
	}
	return image.Rect(x, y, min(w, x+s.Width), min(h, y+s.Height)), fmt.Sprintf("%s %d px high, %s, %s", s.Font, s.Height, tone, place)
}

// stamp draws an identifier that is at most width pixels wide.
func (d *drawer) stamp(width int) (s pixeltest.Stamp, text string, words []string) {
	for {
		text, words = d.identifier()
		for range 4 {
			if s = d.fonts.Random(d.r, text); s.Width <= width-6 && len(words) > 0 {
				return s, text, words
			}
		}
	}
}

// image sets the attributes of an image of samples of bits in 1 or 2 bytes.
func (o object) image(width, height, bits int) {
	allocated := 8
	if bits > 8 {
		allocated = 16
	}
	for _, line := range []string{
		fmt.Sprintf("(0028,0010) US %d", height), fmt.Sprintf("(0028,0011) US %d", width),
		fmt.Sprintf("(0028,0100) US %d", allocated), fmt.Sprintf("(0028,0101) US %d", bits), fmt.Sprintf("(0028,0102) US %d", bits-1),
	} {
		o.set(line)
	}
}

var encodings = []string{"native", "native", "RLE", "JPEG", "JPEG 2000", "JPEG-LS", "JPEG lossless", "implicit"}

func (d *drawer) burnedIn(n int) (shown, error) {
	width, height := 200+d.r.IntN(220), 180+d.r.IntN(180)
	m := d.anatomy(width, height)
	s, text, words := d.stamp(width)
	at, how := d.write(m, s)
	o := base(d.r)
	if d.r.IntN(3) == 0 {
		delete(o, "(0028,0301)")
	}
	encoding := encodings[n%len(encodings)]
	bits := 8
	if n%3 > 0 && encoding != "JPEG" {
		bits = 12
	}
	o.image(width, height, bits)
	var low, high []byte
	for _, v := range m.Pix {
		value := int(v)
		if bits == 12 {
			value = 100 + value*14
		}
		low, high = append(low, byte(value)), append(high, byte(value>>8))
	}
	out := shown{text: text, words: words, frame: m, at: at, how: fmt.Sprintf("%s, %s, %d bits, %s", how, encoding, bits, strings.TrimPrefix(o["(0008,0060)"], "(0008,0060) CS "))}
	out.place = "PixelData"
	switch encoding {
	case "RLE":
		frame := pixeltest.RLE(low)
		if bits == 12 {
			frame = pixeltest.RLE(high, low)
		}
		o.set("(0002,0010) UI RLELossless")
		o.set("(7FE0,0010) OB fragments:" + hex.EncodeToString(frame))
	case "JPEG":
		var b bytes.Buffer
		if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 90}); err != nil {
			return out, err
		}
		o.set("(0002,0010) UI JPEGBaseline8Bit")
		o.set("(7FE0,0010) OB fragments:" + hex.EncodeToString(b.Bytes()))
	default:
		if encoding == "implicit" {
			o.set("(0002,0010) UI ImplicitVRLittleEndian")
		}
		native := low
		if bits == 12 {
			native = nil
			for i := range low {
				native = append(native, low[i], high[i])
			}
		}
		o.set("(7FE0,0010) OW hex:" + hex.EncodeToString(append(native, make([]byte, len(native)%2)...)))
	}
	out.content = built(o)
	if strings.HasPrefix(encoding, "JPEG ") || encoding == "JPEG-LS" {
		if d.compress == nil {
			out.how += " (left native: no program compresses)"
			return out, nil
		}
		packed, err := d.compress(context.Background(), out.content, encoding)
		if err != nil {
			return out, err
		}
		out.content = packed
	}
	return out, nil
}

func (d *drawer) overlay(int) (shown, error) {
	width, height := 200+d.r.IntN(120), 180+d.r.IntN(100)
	m := d.anatomy(width, height)
	s, text, words := d.stamp(width)
	plane := image.NewGray(m.Rect)
	for i := range plane.Pix {
		plane.Pix[i] = 255
	}
	x, y := 2+d.r.IntN(max(1, width-s.Width-4)), 2+d.r.IntN(max(1, height-s.Height-4))
	packed := make([]byte, (width*height+15)/16*2)
	for j := range s.Height {
		for i := range s.Width {
			if px, py := x+i, y+j; s.Cover[j*s.Width+i] > 127 && px < width && py < height {
				plane.Pix[py*width+px] = 0
				packed[(py*width+px)/8] |= 1 << ((py*width + px) % 8)
			}
		}
	}
	o := base(d.r)
	o.image(width, height, 8)
	o.set("(7FE0,0010) OW hex:" + hex.EncodeToString(append(m.Pix, make([]byte, len(m.Pix)%2)...)))
	group := one(d.r, "6000", "6002", "601E")
	for _, line := range []string{
		fmt.Sprintf("(%s,0010) US %d", group, height), fmt.Sprintf("(%s,0011) US %d", group, width), fmt.Sprintf("(%s,0040) CS G", group),
		fmt.Sprintf(`(%s,0050) SS 1\1`, group), fmt.Sprintf("(%s,0100) US 1", group), fmt.Sprintf("(%s,0102) US 0", group),
		fmt.Sprintf("(%s,3000) OW hex:%s", group, hex.EncodeToString(packed)),
	} {
		o.set(line)
	}
	return shown{item: item{content: built(o), place: "OverlayData"}, text: text, words: words, frame: plane,
		at: image.Rect(x, y, min(width, x+s.Width), min(height, y+s.Height)), how: fmt.Sprintf("%s %d px high", s.Font, s.Height)}, nil
}

func (d *drawer) icon(int) (shown, error) {
	width, height := 96+d.r.IntN(120), 64+d.r.IntN(100)
	m := d.anatomy(width, height)
	s, text, words := d.stamp(width)
	at, how := d.write(m, s)
	o := base(d.r)
	o.set(fmt.Sprintf("(0088,0200) SQ\n  - (0028,0002) US 1\n    (0028,0004) CS MONOCHROME2\n    (0028,0010) US %d\n    (0028,0011) US %d\n    (0028,0100) US 8\n    (0028,0101) US 8\n    (0028,0102) US 7\n    (0028,0103) US 0\n    (7FE0,0010) OW hex:%s",
		height, width, hex.EncodeToString(append(m.Pix, make([]byte, len(m.Pix)%2)...))))
	return shown{item: item{content: built(o), place: "(0088,0200)"}, text: text, words: words, frame: m, at: at, how: how}, nil
}

// scan is a page that somebody scanned into a PDF.
func (d *drawer) scan(int) (shown, error) {
	width, height := 300+d.r.IntN(200), 200+d.r.IntN(100)
	m := image.NewGray(image.Rect(0, 0, width, height))
	for i := range m.Pix {
		m.Pix[i] = byte(235 + d.r.IntN(20))
	}
	s, text, words := d.stamp(width)
	x, y := 2+d.r.IntN(max(1, width-s.Width-4)), 2+d.r.IntN(max(1, height-s.Height-4))
	for j := range s.Height {
		for i := range s.Width {
			if px, py, c := x+i, y+j, int(s.Cover[j*s.Width+i]); px < width && py < height {
				old := int(m.Pix[py*width+px])
				m.Pix[py*width+px] = byte(old - (old-30)*c/255)
			}
		}
	}
	return shown{item: item{content: built(scanned(d.r, m)), place: "EncapsulatedDocument"}, text: text, words: words, frame: m,
		at: image.Rect(x, y, min(width, x+s.Width), min(height, y+s.Height)), how: fmt.Sprintf("%s %d px high", s.Font, s.Height)}, nil
}
