package document

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/draw"
	"image/jpeg"
	"strconv"
	"strings"

	"assay/internal/audit/sniff"
)

// entryPlace is where the values of an entry stand.
type entryPlace struct {
	kind          int
	count, offset int64
}

// Tags of the layout of an image, and the reduced images of Aperio.
//
// Source: TIFF 6.0; Aperio, Digital Slides and Third-Party Data Interchange.
const (
	tagSubfile     = 254
	tagBits        = 258
	tagCompression = 259
	tagPhotometric = 262
	tagOffsets     = 273
	tagSamples     = 277
	tagRows        = 278
	tagCounts      = 279
	tagPredictor   = 317
	tagColorMap    = 320
	tagTables      = 347
)

// Bounds of a label or overview that is unpacked.
const (
	maxStrips     = 4096
	maxStripBytes = 64 << 20
)

// numbers returns the values of an integer entry, at most n.
func (d *directoryReader) numbers(v *directoryValues, tag uint32, n int64) []int64 {
	p, known := v.entries[tag]
	if !known || p.count > n {
		return nil
	}
	list := make([]int64, 0, p.count)
	for i := range p.count {
		x, ok := d.number(p.offset+i*sizes[p.kind], p.kind)
		if !ok {
			return nil
		}
		list = append(list, x)
	}
	return list
}

func (d *directoryReader) numberOf(v *directoryValues, tag uint32, otherwise int64) int64 {
	if list := d.numbers(v, tag, 16); len(list) > 0 {
		return list[0]
	}
	return otherwise
}

// reduced says by its type what an image of an Aperio slide is, for files
// whose descriptions were removed.
func (d *directoryReader) reduced(v *directoryValues) {
	if d.kind != sniff.SVS || v.number <= 0 || v.label || v.macro {
		return
	}
	switch d.numberOf(v, tagSubfile, 0) {
	case 1:
		v.label = true
	case 9:
		v.macro = true
	}
}

// slideImage hands the label or the overview of a slide on, and reports
// whether it could.
func (d *directoryReader) slideImage(v *directoryValues, place string) bool {
	if d.in.Image == nil {
		return false
	}
	strips := d.strips(v)
	if strips == nil || v.width < minSide || v.height < minSide || v.width > 1<<16 || v.height > 1<<16 || v.width*v.height > maxSamples {
		return false
	}
	switch compression := d.numberOf(v, tagCompression, 1); compression {
	case 7:
		return d.jpegStrips(v, strips, place)
	case 1, 5, 8, 32773, 32946:
		d.in.show(place, sniff.TIFF, d.plainTIFF(v, strips))
		return true
	case 33003, 33005: // JPEG 2000
		if len(strips) == 1 {
			d.in.show(place, sniff.JP2, strips[0])
			return true
		}
	}
	return false
}

// strips returns the packed strips of an image; nil if they are not there.
func (d *directoryReader) strips(v *directoryValues) [][]byte {
	offsets, counts := d.numbers(v, tagOffsets, maxStrips), d.numbers(v, tagCounts, maxStrips)
	if len(offsets) == 0 || len(offsets) != len(counts) {
		return nil
	}
	var total int64
	strips := make([][]byte, len(offsets))
	for i := range offsets {
		if counts[i] <= 0 || counts[i] > maxMetadata || total+counts[i] > maxStripBytes {
			return nil
		}
		total += counts[i]
		if strips[i] = d.bytes(offsets[i], counts[i]); strips[i] == nil {
			return nil
		}
	}
	return strips
}

// jpegStrips joins strips that share the tables of the directory.
func (d *directoryReader) jpegStrips(v *directoryValues, strips [][]byte, place string) bool {
	var tables []byte
	if p, known := v.entries[tagTables]; known {
		if b := d.bytes(p.offset, min(p.count, 1<<16)); len(b) > 4 {
			tables = b[:len(b)-2] // without the end of image
		}
	}
	whole := func(strip []byte) []byte {
		if tables == nil || len(strip) < 2 {
			return strip
		}
		return append(bytes.Clone(tables), strip[2:]...)
	}
	if len(strips) == 1 {
		d.in.show(place, sniff.JPEG, whole(strips[0]))
		return true
	}
	canvas := image.NewGray(image.Rect(0, 0, int(v.width), int(v.height)))
	y := 0
	for _, strip := range strips {
		b := whole(strip)
		config, err := jpeg.DecodeConfig(bytes.NewReader(b))
		if err != nil || config.Width > int(v.width)+64 || config.Height > int(v.height)+64 {
			return false
		}
		img, err := jpeg.Decode(bytes.NewReader(b))
		if err != nil {
			return false
		}
		draw.Draw(canvas, img.Bounds().Add(image.Pt(0, y)), img, img.Bounds().Min, draw.Src)
		y += config.Height
	}
	kind, b, err := encodePNG(canvas)
	if err != nil {
		return false
	}
	d.in.show(place, kind, b)
	return true
}

// plainTIFF writes a TIFF of one directory and its strips.
func (d *directoryReader) plainTIFF(v *directoryValues, strips [][]byte) []byte {
	samples := d.numberOf(v, tagSamples, 1)
	bits := d.numbers(v, tagBits, 16)
	if len(bits) == 0 {
		bits = []int64{1}
	}
	counts := make([]int64, len(strips))
	for i, s := range strips {
		counts[i] = int64(len(s))
	}
	entries := []struct {
		tag    uint16
		values []int64
	}{
		{tagWidth, []int64{v.width}}, {tagHeight, []int64{v.height}}, {tagBits, bits},
		{tagCompression, []int64{d.numberOf(v, tagCompression, 1)}}, {tagPhotometric, []int64{d.numberOf(v, tagPhotometric, 1)}},
		{tagOffsets, make([]int64, len(strips))}, {tagSamples, []int64{samples}},
		{tagRows, []int64{d.numberOf(v, tagRows, v.height)}}, {tagCounts, counts},
		{tagPredictor, []int64{d.numberOf(v, tagPredictor, 1)}},
	}
	if colors := d.numbers(v, tagColorMap, 3<<16); len(colors) > 0 {
		entries = append(entries, struct {
			tag    uint16
			values []int64
		}{tagColorMap, colors})
	}
	head := int64(8 + 2 + 12*len(entries) + 4)
	data := head
	for _, e := range entries {
		data += 4 * int64(len(e.values))
	}
	at := data
	for i := range strips {
		entries[5].values[i] = at
		at += counts[i]
	}
	le := binary.LittleEndian
	b := append(make([]byte, 0, at), "II*\x00\x08\x00\x00\x00"...)
	b = le.AppendUint16(b, uint16(len(entries)))
	long := head
	var values []byte
	for _, e := range entries {
		kind, size := uint16(4), int64(4)
		if e.tag == tagColorMap || e.tag == tagBits {
			kind, size = 3, 2
		}
		b = le.AppendUint16(le.AppendUint16(b, e.tag), kind)
		b = le.AppendUint32(b, uint32(len(e.values)))
		var packed []byte
		for _, x := range e.values {
			if size == 2 {
				packed = le.AppendUint16(packed, uint16(x))
			} else {
				packed = le.AppendUint32(packed, uint32(x))
			}
		}
		if len(packed) <= 4 {
			b = append(b, append(packed, make([]byte, 4-len(packed))...)...)
			continue
		}
		b = le.AppendUint32(b, uint32(long+int64(len(values))))
		values = append(values, packed...)
	}
	b = append(b, 0, 0, 0, 0)
	b = append(b, values...)
	b = append(b, make([]byte, data-int64(len(b)))...)
	for _, s := range strips {
		b = append(b, s...)
	}
	return b
}

// omeNames returns what OME-XML calls the images that are labels or
// overviews, by the number of their first directory.
//
// Source: OME-TIFF specification, Image and TiffData elements.
func (d *directoryReader) omeNames(s string) map[int]string {
	names := map[int]string{}
	current := ""
	err := d.in.walkXML(strings.NewReader(s), xmlVisitor{
		text: func([]string, string, int64) {},
		attribute: func(stack []string, name, value string, _ int64) {
			switch element := stack[len(stack)-1]; {
			case element == "Image" && name == "Name":
				current = reducedName(value)
			case element == "TiffData" && name == "IFD" && current != "":
				if n, err := strconv.Atoi(value); err == nil && len(names) < 64 {
					names[n] = current
				}
			}
		},
		end: func(stack []string) {
			if stack[len(stack)-1] == "Image" {
				current = ""
			}
		},
	})
	_ = err // damaged XML names what it names
	return names
}

// reducedName returns "label" or "macro" if the name of an image says so.
func reducedName(name string) string {
	switch lower := strings.ToLower(name); {
	case strings.Contains(lower, "label"):
		return "label"
	case strings.Contains(lower, "macro"), strings.Contains(lower, "overview"):
		return "macro"
	}
	return ""
}
