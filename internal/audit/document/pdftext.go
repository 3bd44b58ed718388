package document

import (
	"errors"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/ledongthuc/pdf"
)

// Bounds of the walk over one page: forms within forms, forms in all, and the
// bytes of its text.
const (
	maxFormDepth = 8
	maxForms     = 2000
	maxPageText  = 8 << 20
)

// pdfWriter turns the operators of a page into lines of text. The library's
// own text runs words into each other, as most documents have no blanks but
// moves between them.
type pdfWriter struct {
	in    *inspection
	out   strings.Builder
	left  int64 // bytes that content may still unpack to
	forms int

	fonts map[string]*pdfFont
	font  *pdfFont
	size  float64

	line             [6]float64 // the text line matrix
	x, y             float64    // where the next glyph goes
	leading          float64
	shown            bool
	lastEnd, lastY   float64
	spacing, scaling float64
}

// text returns the text of a page, its forms, its notes and filled fields.
func (w *pdfWriter) page(p pdf.Page) (content string, err error) {
	defer func() {
		if r := recover(); r != nil {
			content, err = w.out.String(), errors.New("the reader gave up")
		}
	}()
	w.scaling = 1
	if err := w.stream(p.V.Key("Contents"), p.Resources(), 0); err != nil {
		return w.out.String(), err
	}
	annotations := p.V.Key("Annots")
	for i := range min(annotations.Len(), maxForms) {
		a := annotations.Index(i)
		for _, key := range []string{"Contents", "V", "TU", "T", "Subj", "RC"} {
			if v := a.Key(key); v.Kind() == pdf.String {
				w.out.WriteString("\n" + v.Text())
			}
		}
	}
	return w.out.String(), nil
}

// stream walks one content stream with its resources.
func (w *pdfWriter) stream(contents, resources pdf.Value, depth int) error {
	if contents.Kind() != pdf.Stream && contents.Kind() != pdf.Array {
		return nil
	}
	if err := w.fits(contents); err != nil {
		return err
	}
	outer := w.fonts
	w.fonts = map[string]*pdfFont{}
	defer func() { w.fonts = outer }()
	var failed error
	pdf.Interpret(contents, func(stack *pdf.Stack, op string) {
		args := make([]pdf.Value, stack.Len())
		for i := len(args) - 1; i >= 0; i-- {
			args[i] = stack.Pop()
		}
		if failed == nil && w.out.Len() < maxPageText {
			failed = w.operator(op, args, resources, depth)
		}
	})
	return failed
}

// fits holds what a content unpacks to against the limit, before the library
// reads it as a whole.
func (w *pdfWriter) fits(contents pdf.Value) error {
	streams := []pdf.Value{contents}
	if contents.Kind() == pdf.Array {
		streams = nil
		for i := range min(contents.Len(), 10_000) {
			streams = append(streams, contents.Index(i))
		}
	}
	for _, s := range streams {
		if s.Kind() != pdf.Stream {
			continue
		}
		r := s.Reader()
		n, _ := io.Copy(io.Discard, io.LimitReader(r, w.left+1))
		r.Close()
		if w.left -= n; w.left < 0 {
			w.in.refuse("A page of the PDF unpacks to more than %d bytes, the limit.", w.in.Limits.InflatedBytes)
			return errLimit
		}
	}
	return nil
}

// operator takes one operator of text, or one that paints a form.
//
// Source: ISO 32000-1 Section 9.4.
func (w *pdfWriter) operator(op string, args []pdf.Value, resources pdf.Value, depth int) error {
	number := func(i int) float64 {
		if i < len(args) {
			return args[i].Float64()
		}
		return 0
	}
	switch op {
	case "BT":
		w.matrix([6]float64{1, 0, 0, 1, 0, 0})
	case "Tf":
		if len(args) == 2 {
			w.font, w.size = w.fontOf(resources, args[0].Name()), number(1)
		}
	case "TL":
		w.leading = number(0)
	case "Tc":
		w.spacing = number(0)
	case "Tz":
		w.scaling = number(0) / 100
	case "Td":
		w.move(number(0), number(1))
	case "TD":
		w.leading = -number(1)
		w.move(number(0), number(1))
	case "Tm":
		w.matrix([6]float64{number(0), number(1), number(2), number(3), number(4), number(5)})
	case "T*":
		w.move(0, -w.leading)
	case "Tj", "'", "\"":
		if op != "Tj" {
			w.move(0, -w.leading)
		}
		if len(args) > 0 {
			w.show(args[len(args)-1].RawString())
		}
	case "TJ":
		if len(args) == 1 {
			w.showArray(args[0])
		}
	case "Do":
		if len(args) == 1 {
			return w.form(resources.Key("XObject").Key(args[0].Name()), resources, depth)
		}
	}
	return nil
}

func (w *pdfWriter) form(x, resources pdf.Value, depth int) error {
	if x.Key("Subtype").Name() != "Form" || depth >= maxFormDepth || w.forms >= maxForms {
		return nil
	}
	w.forms++
	if own := x.Key("Resources"); own.Kind() == pdf.Dict {
		resources = own
	}
	return w.stream(x, resources, depth+1)
}

func (w *pdfWriter) matrix(m [6]float64) {
	w.line = m
	w.x, w.y = m[4], m[5]
}

func (w *pdfWriter) move(tx, ty float64) {
	m := w.line
	m[4], m[5] = tx*m[0]+ty*m[2]+m[4], tx*m[1]+ty*m[3]+m[5]
	w.matrix(m)
}

// em is the size of a glyph along the line, in the units of x.
func (w *pdfWriter) em() float64 {
	scale := math.Hypot(w.line[0], w.line[1])
	if em := math.Abs(w.size) * scale; em > 0 {
		return em
	}
	return 1
}

func (w *pdfWriter) showArray(list pdf.Value) {
	for i := range list.Len() {
		v := list.Index(i)
		if v.Kind() == pdf.String {
			w.show(v.RawString())
			continue
		}
		w.x -= v.Float64() / 1000 * w.em() * w.scaling
	}
}

// show writes a string where the pen stands, with a blank or a new line
// before it if the pen has moved on.
func (w *pdfWriter) show(raw string) {
	s, width := raw, float64(len(raw))*0.5
	if w.font != nil {
		s, width = w.font.decode(raw)
	}
	em := w.em()
	if w.shown {
		switch gap := w.x - w.lastEnd; {
		case math.Abs(w.y-w.lastY) > 0.4*em:
			w.out.WriteByte('\n')
		case gap > 0.16*em, gap < -1.5*em:
			w.out.WriteByte(' ')
		}
	}
	w.out.WriteString(s)
	w.x += (width*em + float64(len(raw))*w.spacing*math.Hypot(w.line[0], w.line[1])) * w.scaling
	w.lastEnd, w.lastY, w.shown = w.x, w.y, true
}

func (w *pdfWriter) fontOf(resources pdf.Value, name string) *pdfFont {
	f, known := w.fonts[name]
	if !known && len(w.fonts) < 4096 {
		v := resources.Key("Font").Key(name)
		f = newPDFFont(v, w.in.Limits.InflatedBytes)
		w.fonts[name] = f
	}
	return f
}

// pdfFont decodes strings shown in one font.
type pdfFont struct {
	unicode map[uint32]string // by ToUnicode; nil without
	bytes   int               // of a code
	encoder pdf.TextEncoding
	first   int
	widths  []float64 // of simple fonts, in thousandths of an em
}

func newPDFFont(v pdf.Value, limit int64) *pdfFont {
	f := &pdfFont{bytes: 1}
	if v.Key("Subtype").Name() == "Type0" {
		f.bytes = 2
	}
	if to := v.Key("ToUnicode"); to.Kind() == pdf.Stream {
		r := to.Reader()
		b, _ := io.ReadAll(io.LimitReader(r, min(limit, 4<<20)))
		r.Close()
		f.unicode = parseCMap(string(b))
	}
	font := pdf.Font{V: v}
	if len(f.unicode) == 0 {
		f.encoder = encoderOf(&font)
	}
	if f.bytes == 1 {
		f.first = font.FirstChar()
		widths := v.Key("Widths")
		for i := range min(widths.Len(), 256) {
			f.widths = append(f.widths, widths.Index(i).Float64())
		}
	}
	return f
}

// encoderOf asks the library, which panics on much that is malformed.
func encoderOf(font *pdf.Font) (encoder pdf.TextEncoding) {
	defer func() {
		if recover() != nil {
			encoder = nil
		}
	}()
	return font.Encoder()
}

// decode returns the text of a string and its width in em.
func (f *pdfFont) decode(raw string) (string, float64) {
	var b strings.Builder
	width := 0.0
	for i := 0; i+f.bytes <= len(raw); i += f.bytes {
		code := uint32(raw[i])
		if f.bytes == 2 {
			code = code<<8 | uint32(raw[i+1])
		}
		b.WriteString(f.unicode[code])
		width += f.width(int(code))
	}
	if len(f.unicode) > 0 {
		return b.String(), width
	}
	if f.encoder != nil {
		return f.encoder.Decode(raw), width
	}
	return raw, width
}

func (f *pdfFont) width(code int) float64 {
	if i := code - f.first; i >= 0 && i < len(f.widths) && f.widths[i] > 0 {
		return f.widths[i] / 1000
	}
	return 0.5
}

// Patterns of a ToUnicode map: sections, single codes, ranges.
var (
	cmapSection = regexp.MustCompile(`(?s)begin(bfchar|bfrange)(.*?)endbf`)
	cmapChar    = regexp.MustCompile(`<([0-9A-Fa-f\s]{1,16})>\s*<([0-9A-Fa-f\s]{0,128})>`)
	cmapRange   = regexp.MustCompile(`<([0-9A-Fa-f]{1,8})>\s*<([0-9A-Fa-f]{1,8})>\s*(?:<([0-9A-Fa-f]{1,64})>|\[([^\]]*)\])`)
	cmapItem    = regexp.MustCompile(`<([0-9A-Fa-f]{0,64})>`)
)

// parseCMap reads a ToUnicode map.
//
// Source: ISO 32000-1 Section 9.10.3.
func parseCMap(s string) map[uint32]string {
	const most = 1 << 17
	m := map[uint32]string{}
	for _, section := range cmapSection.FindAllStringSubmatch(s, -1) {
		if section[1] == "bfchar" {
			for _, c := range cmapChar.FindAllStringSubmatch(section[2], -1) {
				if len(m) < most {
					m[hexCode(c[1])] = utf16Hex(c[2])
				}
			}
			continue
		}
		for _, r := range cmapRange.FindAllStringSubmatch(section[2], -1) {
			from, to := hexCode(r[1]), hexCode(r[2])
			items := cmapItem.FindAllStringSubmatch(r[4], -1)
			base := []rune(utf16Hex(r[3]))
			for code := from; code <= to && code-from < 1<<16 && len(m) < most; code++ {
				i := int(code - from)
				switch {
				case i < len(items):
					m[code] = utf16Hex(items[i][1])
				case len(base) > 0:
					m[code] = string(base[:len(base)-1]) + string(base[len(base)-1]+rune(i))
				}
			}
		}
	}
	return m
}

func hexCode(s string) uint32 {
	n, _ := strconv.ParseUint(strings.Join(strings.Fields(s), ""), 16, 32)
	return uint32(n)
}

func utf16Hex(s string) string {
	s = strings.Join(strings.Fields(s), "")
	var units []uint16
	for i := 0; i+4 <= len(s); i += 4 {
		n, _ := strconv.ParseUint(s[i:i+4], 16, 16)
		units = append(units, uint16(n))
	}
	if len(s) == 2 { // one byte, as some writers have it
		n, _ := strconv.ParseUint(s, 16, 8)
		units = append(units, uint16(n))
	}
	return string(utf16.Decode(units))
}
