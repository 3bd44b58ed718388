package pixel

import (
	"encoding/binary"
	"slices"
	"strconv"
	"strings"

	"assay/internal/audit/dicom"
)

// Tags of pixel data in its three forms, and of what stands beside it.
const (
	tagPixelData       dicom.Tag = 0x7FE00010
	tagFloatPixelData  dicom.Tag = 0x7FE00008
	tagDoublePixelData dicom.Tag = 0x7FE00009
	tagFrameOffsets    dicom.Tag = 0x7FE00001 // ExtendedOffsetTable
	tagOverlayData     dicom.Tag = 0x60003000 // of the first of 16 groups
)

// maxPalette bounds the entries of a palette.
const maxPalette = 1 << 16

// picture is what a data set says about one image in it: that of the file, an
// icon, an overlay, or pixel data anywhere in a sequence.
type picture struct {
	source string // path of the attribute with the pixels
	tag    dicom.Tag
	offset int64 // of the value
	length int64 // -1 if encapsulated
	words  bool  // OW, which big endian data swaps by pairs of bytes

	rows, columns, frames, samples int
	allocated, stored, highBit     int
	signed, planar                 bool
	photometric                    string
	padding                        int // PixelPaddingValue
	hasPadding                     bool
	bigEndian                      bool

	centers, widths  []float64
	slope, intercept float64
	descriptor       [3][3]int // of the palettes: entries, first value mapped, bits
	palette          [3][]byte
	frameOffsets     []byte // ExtendedOffsetTable
}

// emptyPicture is one of which nothing is said.
var emptyPicture = picture{frames: 1, samples: 1, slope: 1}

func newPicture() *picture {
	p := emptyPicture
	return &p
}

// frameSamples is the number of samples of one frame.
func (p *picture) frameSamples() int64 {
	return int64(p.rows) * int64(p.columns) * int64(p.samples)
}

// learn keeps one element of the data set that holds the picture.
func (p *picture) learn(e *dicom.Element, text string) {
	number := func(into *int) {
		if len(e.Value) >= 2 {
			*into = int(wordOf(e.Value, e.BigEndian))
		}
	}
	flag := func(into *bool) {
		var n int
		number(&n)
		*into = n == 1
	}
	switch e.Tag {
	case 0x00280002:
		number(&p.samples)
	case 0x00280004:
		p.photometric = trim(text)
	case 0x00280006:
		flag(&p.planar)
	case 0x00280008:
		if n, err := strconv.ParseInt(trim(text), 10, 32); err == nil {
			p.frames = int(n)
		}
	case 0x00280010:
		number(&p.rows)
	case 0x00280011:
		number(&p.columns)
	case 0x00280100:
		number(&p.allocated)
	case 0x00280101:
		number(&p.stored)
	case 0x00280102:
		number(&p.highBit)
	case 0x00280103:
		flag(&p.signed)
	case 0x00280120:
		number(&p.padding)
		p.hasPadding = len(e.Value) >= 2
	case 0x00281050:
		p.centers = numbers(text)
	case 0x00281051:
		p.widths = numbers(text)
	case 0x00281052:
		if v := numbers(text); len(v) > 0 {
			p.intercept = v[0]
		}
	case 0x00281053:
		if v := numbers(text); len(v) > 0 && v[0] != 0 {
			p.slope = v[0]
		}
	case 0x00281101, 0x00281102, 0x00281103:
		for i := range 3 {
			if len(e.Value) >= 6 {
				p.descriptor[e.Tag-0x00281101][i] = int(wordOf(e.Value[2*i:], e.BigEndian))
			}
		}
	case 0x00281201, 0x00281202, 0x00281203:
		p.palette[e.Tag-0x00281201] = ordered(e.Value[:min(len(e.Value), 2*maxPalette)], e.BigEndian)
	}
}

// isPicture reports whether learn knows a tag.
func isPicture(t dicom.Tag) bool { return t.Group() == 0x0028 }

// place notes where the pixels are.
func (p *picture) place(e *dicom.Element) {
	p.source, p.tag, p.offset, p.length = e.Path(), e.Tag, e.ValueOffset, e.Length
	p.bigEndian, p.words = e.BigEndian, e.VR != dicom.OB
	if e.Tag == tagFloatPixelData {
		p.allocated = 32
	}
	if e.Tag == tagDoublePixelData {
		p.allocated = 64
	}
}

// luminance returns the palette as one gray value of 8 bits for each index
// from first on, or nil without a palette that can be used.
//
// Source: DICOM PS3.3 Section C.7.6.3.1.5, C.7.6.3.1.6.
func (p *picture) luminance() (gray []uint16, first int) {
	entries, bits := p.descriptor[0][0], p.descriptor[0][2]
	if entries == 0 {
		entries = maxPalette
	}
	var color [3]func(int) int
	for i := range color {
		table := p.palette[i]
		switch {
		case bits == 8 && len(table) >= entries && len(table) < 2*entries:
			color[i] = func(n int) int { return int(table[n]) }
		case len(table) >= 2*entries && isByteTable(table[:2*entries]):
			color[i] = func(n int) int { return int(table[2*n]) }
		case len(table) >= 2*entries:
			color[i] = func(n int) int { return int(table[2*n+1]) }
		default:
			return nil, 0
		}
	}
	gray = make([]uint16, entries)
	for n := range gray {
		gray[n] = luma(uint16(color[0](n)), uint16(color[1](n)), uint16(color[2](n)))
	}
	first = p.descriptor[0][1]
	if p.signed && first > 1<<15 {
		first -= 1 << 16
	}
	return gray, first
}

// isByteTable reports whether a palette of 16 bits only uses the lower ones,
// as some programs write it.
func isByteTable(table []byte) bool {
	for i := 1; i < len(table); i += 2 {
		if table[i] != 0 {
			return false
		}
	}
	return true
}

// luma is the brightness of a color, in its unit.
//
// Source: ITU-R BT.601.
func luma(r, g, b uint16) uint16 {
	return uint16((77*uint32(r) + 150*uint32(g) + 29*uint32(b)) >> 8)
}

func wordOf(b []byte, bigEndian bool) uint16 {
	if bigEndian {
		return binary.BigEndian.Uint16(b)
	}
	return binary.LittleEndian.Uint16(b)
}

// ordered returns a copy of words in little endian.
func ordered(b []byte, bigEndian bool) []byte {
	b = slices.Clone(b)
	if bigEndian {
		swapPairs(b)
	}
	return b
}

func swapPairs(b []byte) {
	for i := 0; i+1 < len(b); i += 2 {
		b[i], b[i+1] = b[i+1], b[i]
	}
}

func trim(s string) string { return dicom.Trim(s) }

// numbers reads decimal strings; it stops at the first that is none.
func numbers(text string) []float64 {
	var list []float64
	for s := range strings.SplitSeq(text, `\`) {
		v, err := strconv.ParseFloat(trim(s), 64)
		if err != nil || len(list) == 16 {
			break
		}
		list = append(list, v)
	}
	return list
}
