package document

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"unicode/utf16"

	"assay/internal/audit/sniff"
)

// field is a tag of TIFF or Exif that matters.
type field struct {
	name  string
	hipaa []string
	note  bool // noted whenever it is filled; else only if its text hits
	wide  bool // UTF-16, as Windows writes it
}

// fields of the image directories, the Exif directory and, from 0x10000, GPS.
//
// Source: TIFF 6.0, Exif 2.32 (CIPA DC-008), TIFF/EP.
var fields = map[uint32]field{
	0x010d: {name: "DocumentName", note: true}, 0x010e: {name: "ImageDescription", note: true}, 0x011d: {name: "PageName", note: true},
	0x0131: {name: "Software"}, 0x010f: {name: "Make"}, 0x0110: {name: "Model"},
	0x0132: {name: "DateTime", note: true, hipaa: []string{"C"}}, 0x013b: {name: "Artist", note: true, hipaa: []string{"A"}},
	0x013c: {name: "HostComputer", note: true, hipaa: []string{"M"}}, 0x8298: {name: "Copyright"},
	0x9003: {name: "DateTimeOriginal", note: true, hipaa: []string{"C"}}, 0x9004: {name: "DateTimeDigitized", note: true, hipaa: []string{"C"}},
	0x927c: {name: "MakerNote", note: true, hipaa: []string{"M"}}, 0x9286: {name: "UserComment", note: true},
	0x9c9b: {name: "XPTitle", note: true, wide: true}, 0x9c9c: {name: "XPComment", note: true, wide: true},
	0x9c9d: {name: "XPAuthor", note: true, wide: true, hipaa: []string{"A"}}, 0x9c9e: {name: "XPKeywords", note: true, wide: true},
	0x9c9f: {name: "XPSubject", note: true, wide: true}, 0xa420: {name: "ImageUniqueID", note: true, hipaa: []string{"R"}},
	0xa430: {name: "CameraOwnerName", note: true, hipaa: []string{"A"}}, 0xa431: {name: "BodySerialNumber", note: true, hipaa: []string{"M"}},
	0xa435: {name: "LensSerialNumber", note: true, hipaa: []string{"M"}}, 0xc62f: {name: "CameraSerialNumber", note: true, hipaa: []string{"M"}},
	0xa436: {name: "Title", note: true}, 0xa437: {name: "Photographer", note: true, hipaa: []string{"A"}}, 0xa438: {name: "ImageEditor", note: true, hipaa: []string{"A"}},
	0x10002: {name: "GPSLatitude", note: true, hipaa: []string{"B"}}, 0x10004: {name: "GPSLongitude", note: true, hipaa: []string{"B"}},
	0x1001d: {name: "GPSDateStamp", note: true, hipaa: []string{"C"}}, 0x1001b: {name: "GPSProcessingMethod"}, 0x1001c: {name: "GPSAreaInformation", note: true, hipaa: []string{"B"}},
}

// Tags that point to further directories or blocks.
const (
	tagSubIFDs   = 0x014a
	tagXMP       = 0x02bc
	tagIPTC      = 0x83bb
	tagPhotoshop = 0x8649
	tagExif      = 0x8769
	tagGPS       = 0x8825
	tagThumbnail = 0x0201
	tagWidth     = 0x0100
	tagHeight    = 0x0101
	tagLens      = 65421 // of NDPI: -1 is the overview
)

// directoryReader walks the directories of a TIFF or of an Exif block, each
// once, within bounds.
type directoryReader struct {
	in      *inspection
	r       io.ReaderAt
	size    int64
	base    int64 // of the block within the file, for messages
	order   binary.ByteOrder
	big     bool
	kind    sniff.Kind
	seen    map[int64]bool
	entries int
	label   string         // "EXIF" or "TIFF"
	names   map[int]string // of OME: directories that hold a label or overview
}

// exif reads an Exif block, which is a TIFF without pixels.
func (in *inspection) exif(b []byte, offset int64) {
	in.directories(bytes.NewReader(b), int64(len(b)), offset, sniff.TIFF, "EXIF")
}

func (in *inspection) tiff(kind sniff.Kind) {
	in.directories(in.f, in.size, 0, kind, "TIFF")
}

func (in *inspection) directories(r io.ReaderAt, size, base int64, kind sniff.Kind, label string) {
	d := &directoryReader{in: in, r: r, size: size, base: base, kind: kind, seen: map[int64]bool{}, label: label}
	h := d.bytes(0, 8)
	if h == nil {
		return
	}
	switch string(h[:2]) {
	case "II":
		d.order = binary.LittleEndian
	case "MM":
		d.order = binary.BigEndian
	default:
		return
	}
	first := int64(d.order.Uint32(h[4:]))
	if d.order.Uint16(h[2:]) == 43 {
		d.big = true
		b := d.bytes(8, 8)
		if b == nil {
			return
		}
		first = int64(d.order.Uint64(b))
	}
	d.chain(first)
}

func (d *directoryReader) bytes(offset, n int64) []byte {
	if offset < 0 || n <= 0 || n > maxMetadata || offset > d.size || n > d.size-offset {
		return nil
	}
	b := make([]byte, n)
	if got, _ := d.r.ReadAt(b, offset); int64(got) < n {
		return nil
	}
	return b
}

// Bounds of the walk: whole-slide images have some hundred directories.
const (
	maxDirectories = 4096
	maxTagEntries  = 200_000
)

// chain reads a directory and those that follow it.
func (d *directoryReader) chain(offset int64) {
	for number := 0; offset > 0 && !d.seen[offset] && len(d.seen) < maxDirectories; number++ {
		if d.in.ctx.Err() != nil {
			return
		}
		offset = d.directory(offset, number, 0)
	}
}

// directory reads one directory and returns the offset of the next. space is
// added to its tags, to tell GPS from the others.
func (d *directoryReader) directory(offset int64, number int, space uint32) (next int64) {
	d.seen[offset] = true
	entrySize, countSize := int64(12), int64(2)
	if d.big {
		entrySize, countSize = 20, 8
	}
	h := d.bytes(offset, countSize)
	if h == nil {
		return 0
	}
	count := int64(d.order.Uint16(h))
	if d.big {
		count = int64(d.order.Uint64(h))
	}
	if count <= 0 || count > 4096 || d.entries+int(count) > maxTagEntries {
		return 0
	}
	d.entries += int(count)
	at := offset + countSize
	b := d.bytes(at, count*entrySize)
	if b == nil {
		return 0
	}
	v := directoryValues{number: number}
	if d.kind.WholeSlide() {
		v.entries = map[uint32]entryPlace{}
	}
	for i := range count {
		d.entry(b[i*entrySize:][:entrySize], at+i*entrySize, space, &v)
	}
	d.conclude(v)
	if d.big {
		if h = d.bytes(at+count*entrySize, 8); h != nil {
			return int64(d.order.Uint64(h))
		}
		return 0
	}
	if h = d.bytes(at+count*entrySize, 4); h != nil {
		return int64(d.order.Uint32(h))
	}
	return 0
}

// directoryValues are what a directory says about its own image.
type directoryValues struct {
	number        int
	width, height int64
	label, macro  bool
	thumbnail     bool
	entries       map[uint32]entryPlace // of whole-slide images
}

// conclude judges a directory as a whole.
func (d *directoryReader) conclude(v directoryValues) {
	if v.width > 0 && v.height > 0 && !d.kind.WholeSlide() {
		d.in.dimensions(v.width, v.height)
	}
	d.reduced(&v)
	switch d.names[v.number] {
	case "label":
		v.label = true
	case "macro":
		v.macro = true
	}
	const read, unread = " It is looked at like any other image.", " It was not read."
	switch {
	case v.label:
		d.slideImage(&v, "label image")
		d.in.add(ruleSlide, hit{path: "label image", message: "The slide's label is kept as an image; it often shows a name or number."})
	case v.macro:
		then := unread
		if d.slideImage(&v, "overview image") {
			then = read
		}
		d.in.add(ruleSlide, hit{severity: "warning", path: "overview image", message: "The slide's overview is kept as an image; it can show the label." + then})
	}
	if v.thumbnail {
		d.in.add(ruleImage, hit{path: "EXIF thumbnail", message: "The image carries a small copy of itself, which may show what was removed from the large one."})
	}
}

// sizes of the types of TIFF, by number.
var sizes = [...]int64{0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8}

// entry reads one entry.
func (d *directoryReader) entry(e []byte, at int64, space uint32, v *directoryValues) {
	tag, kind := uint32(d.order.Uint16(e)), int(d.order.Uint16(e[2:]))
	if kind >= len(sizes) || sizes[kind] == 0 {
		return
	}
	count, inline := int64(d.order.Uint32(e[4:])), int64(4)
	if d.big {
		count, inline = int64(d.order.Uint64(e[4:])), 8
	}
	if count <= 0 || count > d.size {
		return
	}
	size := count * sizes[kind]
	offset := at + int64(len(e)) - inline
	if size > inline {
		offset = int64(d.order.Uint32(e[8:]))
		if d.big {
			offset = int64(d.order.Uint64(e[12:]))
		}
	}
	if space == 0 && v.entries != nil {
		v.entries[tag] = entryPlace{kind, count, offset}
	}
	switch {
	case space == 0 && (tag == tagExif || tag == tagGPS || tag == tagSubIFDs):
		d.below(tag, offset, count, kind)
	case space == 0 && (tag == tagXMP || tag == tagIPTC || tag == tagPhotoshop):
		d.block(tag, offset, size)
	case space == 0 && (tag == tagWidth || tag == tagHeight):
		if n, ok := d.number(offset, kind); ok && tag == tagWidth {
			v.width = n
		} else if ok {
			v.height = n
		}
	case space == 0 && tag == tagThumbnail && v.number == 1 && d.label == "EXIF":
		v.thumbnail = true
	case tag == tagLens && d.kind == sniff.NDPI && kind == 11:
		if b := d.bytes(offset, 4); b != nil && d.order.Uint32(b) == 0xbf800000 { // -1 as a float
			v.macro = true
		}
	default:
		if f, known := fields[tag|space]; known {
			d.field(f, kind, offset, size, v)
		}
	}
}

// number reads the first value of an integer type.
func (d *directoryReader) number(offset int64, kind int) (int64, bool) {
	b := d.bytes(offset, sizes[kind])
	switch {
	case b == nil:
		return 0, false
	case kind == 3:
		return int64(d.order.Uint16(b)), true
	case kind == 4 || kind == 13:
		return int64(d.order.Uint32(b)), true
	case kind == 16 || kind == 18:
		return int64(d.order.Uint64(b)), true
	}
	return 0, false
}

// below reads the directories that an entry points to.
func (d *directoryReader) below(tag uint32, offset, count int64, kind int) {
	space := uint32(0)
	if tag == tagGPS {
		space = 0x10000
	}
	for i := range min(count, 256) {
		target, ok := d.number(offset+i*sizes[kind], kind)
		if ok && target > 0 && !d.seen[target] && len(d.seen) < maxDirectories {
			d.directory(target, -1, space)
		}
	}
}

func (d *directoryReader) block(tag uint32, offset, size int64) {
	b := d.bytes(offset, size)
	switch {
	case b == nil:
	case tag == tagXMP:
		d.in.xmp(b)
	case tag == tagIPTC:
		d.in.iptc(b, d.base+offset)
	case tag == tagPhotoshop:
		d.in.photoshop(b, d.base+offset)
	}
}

// field notes a filled field and scans its text.
func (d *directoryReader) field(f field, kind int, offset, size int64, v *directoryValues) {
	path := d.label + " " + f.name
	if kind != 2 && kind != 1 && kind != 7 {
		if f.note {
			d.in.add(ruleImage, hit{path: path, hipaa: f.hipaa, message: "The image carries this field.", offset: d.base + offset})
		}
		return
	}
	b := d.bytes(offset, min(size, maxMetadata))
	s := fieldText(f, b, d.order)
	if s == "" {
		return
	}
	if f.name == "ImageDescription" {
		d.describe(s, v)
	}
	if f.name == "MakerNote" {
		d.in.add(ruleImage, hit{path: path, hipaa: f.hipaa, message: "The image carries the camera's own notes, which can hold serial numbers.", offset: d.base + offset})
		return
	}
	hits := 0
	if strings.HasPrefix(f.name, "DateTime") {
		hits = 0 // one finding says it
	} else if strings.HasPrefix(s, "<") { // OME-XML and the like
		d.in.xmp([]byte(s))
	} else {
		hits = d.in.scan(ruleImage, path, s, d.base+offset)
	}
	if f.note && hits == 0 && filled(s) && !describesItself(f.name, s) {
		d.in.add(ruleImage, hit{path: path, hipaa: f.hipaa, message: "The image carries this field.", offset: d.base + offset})
	}
}

// describesItself reports a description that a program made of the format.
func describesItself(name, s string) bool {
	return name == "ImageDescription" && (writerText(s) || strings.HasPrefix(s, "{\"shape\"") || strings.HasPrefix(s, "<") || strings.HasPrefix(s, "Aperio"))
}

// describe finds the label and overview of an Aperio slide.
func (d *directoryReader) describe(s string, v *directoryValues) {
	if d.kind == sniff.OME && v.number == 0 {
		d.names = d.omeNames(s)
	}
	if d.kind != sniff.SVS {
		return
	}
	_, second, _ := strings.Cut(s, "\n")
	second = strings.TrimSpace(second)
	v.label = v.label || strings.HasPrefix(second, "label ")
	v.macro = v.macro || strings.HasPrefix(second, "macro ")
}

// fieldText decodes the value of a field.
func fieldText(f field, b []byte, order binary.ByteOrder) string {
	switch {
	case f.wide:
		units := make([]uint16, len(b)/2)
		for i := range units {
			units[i] = binary.LittleEndian.Uint16(b[2*i:])
		}
		return strings.TrimSpace(strings.Trim(string(utf16.Decode(units)), "\x00"))
	case f.name == "UserComment" && len(b) >= 8:
		code, rest := string(b[:8]), b[8:]
		if code == "UNICODE\x00" {
			units := make([]uint16, len(rest)/2)
			for i := range units {
				units[i] = order.Uint16(rest[2*i:])
			}
			return strings.TrimSpace(strings.Trim(string(utf16.Decode(units)), "\x00"))
		}
		b = rest
	}
	return strings.TrimSpace(strings.ReplaceAll(decodeMetadata(bytes.Trim(b, "\x00")), "\x00", " "))
}

// photoshop walks the resource blocks for IPTC.
//
// Source: Adobe Photoshop File Formats, Image Resources.
func (in *inspection) photoshop(b []byte, offset int64) {
	at := 0
	for range maxBlocks {
		if at+12 > len(b) || string(b[at:at+4]) != "8BIM" {
			return
		}
		id := binary.BigEndian.Uint16(b[at+4:])
		name := 1 + int(b[at+6])
		name += name & 1
		head := at + 6 + name
		if head+4 > len(b) {
			return
		}
		size := int(binary.BigEndian.Uint32(b[head:]))
		start := head + 4
		if size < 0 || size > len(b)-start {
			return
		}
		if id == 0x0404 {
			in.iptc(b[start:start+size], offset+int64(start))
		}
		at = start + size + size&1
	}
}

// iptcNames are the data sets of record 2 that are noted when filled.
//
// Source: IPTC IIM 4.2, chapter 6.
var iptcNames = map[byte]field{
	5: {name: "ObjectName", note: true}, 25: {name: "Keywords"}, 55: {name: "DateCreated", note: true, hipaa: []string{"C"}}, 80: {name: "Byline", note: true, hipaa: []string{"A"}},
	90: {name: "City", note: true, hipaa: []string{"B"}}, 92: {name: "Sublocation", note: true, hipaa: []string{"B"}}, 105: {name: "Headline", note: true},
	110: {name: "Credit"}, 116: {name: "CopyrightNotice"}, 118: {name: "Contact", note: true, hipaa: []string{"A"}}, 120: {name: "Caption", note: true}, 122: {name: "Writer", note: true, hipaa: []string{"A"}},
}

func (in *inspection) iptc(b []byte, offset int64) {
	at := 0
	for range maxBlocks {
		if at+5 > len(b) || b[at] != 0x1c {
			return
		}
		size := int(binary.BigEndian.Uint16(b[at+3:]))
		start := at + 5
		if size >= 0x8000 || size > len(b)-start {
			return
		}
		if f, known := iptcNames[b[at+2]]; known && b[at+1] == 2 {
			s := decodeMetadata(b[start : start+size])
			path := "IPTC " + f.name
			if hits := in.scan(ruleImage, path, s, offset+int64(start)); hits == 0 && f.note && filled(s) {
				in.add(ruleImage, hit{path: path, hipaa: f.hipaa, message: "The image carries this field.", offset: offset + int64(start)})
			}
		} else if b[at+1] == 2 {
			in.scan(ruleImage, fmt.Sprintf("IPTC 2:%d", b[at+2]), decodeMetadata(b[start:start+size]), offset+int64(start))
		}
		at = start + size
	}
}
