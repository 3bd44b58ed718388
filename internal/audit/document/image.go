package document

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"io"
	"strings"

	"assay/internal/audit/sniff"
)

// maxMetadata bounds one block of metadata, maxBlocks how many are read.
const (
	maxMetadata = 8 << 20
	maxBlocks   = 4096
)

// image reads the metadata of a raster image. Pixels are never decoded.
func (in *inspection) image(kind sniff.Kind) error {
	switch kind {
	case sniff.PNG:
		in.png()
	case sniff.JPEG:
		in.jpeg(0, in.size)
	case sniff.GIF:
		in.gif()
	case sniff.WebP:
		in.webp()
	case sniff.JP2:
		in.jp2()
	case sniff.TIFF, sniff.SVS, sniff.NDPI, sniff.OME:
		in.tiff(kind)
	}
	return in.ctx.Err()
}

// dimensions refuses images whose size no program should try to decode.
func (in *inspection) dimensions(width, height int64) {
	const maxSide = 1 << 20
	switch {
	case width <= 0 || height <= 0:
		in.add(ruleDimensions, hit{message: "The image has no width or no height."})
	case width > maxSide || height > maxSide:
		in.add(ruleDimensions, hit{message: fmt.Sprintf("The image claims %d by %d pixels; the limit of a side is %d.", width, height, maxSide)})
	case width*height > in.Limits.Pixels:
		in.add(ruleDimensions, hit{message: fmt.Sprintf("The image claims %d by %d pixels; the limit is %d pixels.", width, height, in.Limits.Pixels)})
	}
}

// png walks the chunks: text in its three forms, Exif, and the dimensions.
//
// Source: PNG (Third Edition), sections 11.2.1, 11.3.3 and 11.3.5.
func (in *inspection) png() {
	offset := int64(8)
	for range maxBlocks {
		h := in.bytesAt(offset, 8)
		if h == nil {
			return
		}
		size, kind := int64(binary.BigEndian.Uint32(h)), string(h[4:])
		switch kind {
		case "IHDR":
			if b := in.bytesAt(offset+8, 8); b != nil {
				in.dimensions(int64(binary.BigEndian.Uint32(b)), int64(binary.BigEndian.Uint32(b[4:])))
			}
		case "IEND":
			return
		case "tEXt", "zTXt", "iTXt", "eXIf":
			if size > maxMetadata {
				in.refuse("The PNG has a block of text of %d bytes; the limit is %d.", size, maxMetadata)
				break
			}
			if b := in.bytesAt(offset+8, size); b != nil && kind == "eXIf" {
				in.exif(b, offset+8)
			} else if b != nil {
				in.pngText(kind, b, offset+8)
			}
		}
		offset += 12 + size
	}
}

// pngText reads a chunk of text: its keyword and the text, unpacked if need be.
func (in *inspection) pngText(kind string, b []byte, offset int64) {
	keyword, rest, found := bytes.Cut(b, []byte{0})
	if !found {
		return
	}
	packed := false
	switch {
	case kind == "zTXt" && len(rest) > 1:
		packed, rest = true, rest[1:]
	case kind == "iTXt" && len(rest) > 2:
		packed = rest[0] == 1
		parts := bytes.SplitN(rest[2:], []byte{0}, 3) // language, translated keyword, text
		rest = parts[len(parts)-1]
	}
	if packed {
		z, err := zlib.NewReader(bytes.NewReader(rest))
		if err != nil {
			return
		}
		rest, _ = io.ReadAll(io.LimitReader(z, maxMetadata+1))
		if len(rest) > maxMetadata {
			in.refuse("The PNG has a text that unpacks to more than %d bytes, the limit.", maxMetadata)
			return
		}
	}
	in.pngKeyword(string(keyword), rest, offset)
}

func (in *inspection) pngKeyword(keyword string, value []byte, offset int64) {
	switch name := strings.ToLower(keyword); {
	case name == "xml:com.adobe.xmp":
		in.xmp(value)
	case strings.HasPrefix(name, "raw profile type"):
		in.rawProfile(value, offset)
	case name == "software", strings.HasPrefix(name, "date:"), strings.HasPrefix(name, "png:"), strings.HasPrefix(name, "icc:"), name == "signature":
		// what programs write about themselves and the conversion
	default:
		path := "PNG text"
		switch name {
		case "title", "author", "description", "copyright", "creation time", "disclaimer", "warning", "source", "comment":
			path = "PNG " + name
		}
		in.metadata(path, decodeMetadata(value), offset)
		in.scan(ruleImage, "PNG keyword", keyword, offset)
	}
}

// rawProfile reads a profile that ImageMagick writes as hexadecimal text.
func (in *inspection) rawProfile(value []byte, offset int64) {
	fields := bytes.Fields(value)
	if len(fields) < 3 {
		return
	}
	kind, digits := string(fields[0]), bytes.Join(fields[2:], nil)
	b := make([]byte, 0, len(digits)/2)
	for i := 0; i+1 < len(digits); i += 2 {
		b = append(b, byte(unhex(digits[i])<<4|unhex(digits[i+1])))
	}
	switch kind {
	case "exif", "app1":
		in.exif(bytes.TrimPrefix(b, []byte("Exif\x00\x00")), offset)
	case "xmp":
		in.xmp(b)
	case "iptc", "8bim":
		in.photoshop(b, offset)
	}
}

// metadata notes a filled field and scans its text.
func (in *inspection) metadata(path, value string, offset int64) {
	value = strings.TrimSpace(strings.Trim(value, "\x00"))
	if value == "" {
		return
	}
	if in.scan(ruleImage, path, value, offset) == 0 {
		in.add(ruleImage, hit{path: path, message: "The image carries a text field.", offset: offset})
	}
}

// decodeMetadata reads bytes as UTF-8, else as Latin-1.
func decodeMetadata(b []byte) string {
	if validHead(b) {
		return string(b)
	}
	runes := make([]rune, len(b))
	for i, c := range b {
		runes[i] = rune(c)
	}
	return string(runes)
}

// jpeg walks the segments before the pixels: comments, Exif, XMP, IPTC and
// the dimensions.
//
// Source: ITU-T T.81 Annex B.
func (in *inspection) jpeg(start, end int64) {
	offset := start + 2
	for range maxBlocks {
		h := in.bytesAt(offset, 4)
		if h == nil || h[0] != 0xff || offset >= end {
			return
		}
		marker := h[1]
		if marker == 0xff { // a fill byte
			offset++
			continue
		}
		if marker == 0xda || marker == 0xd9 {
			return
		}
		if marker == 0x01 || marker >= 0xd0 && marker <= 0xd7 {
			offset += 2
			continue
		}
		size := int64(binary.BigEndian.Uint16(h[2:]))
		if size < 2 {
			return
		}
		if b := in.bytesAt(offset+4, size-2); b != nil {
			in.jpegSegment(marker, b, offset+4)
		}
		offset += 2 + size
	}
}

// writers start comments that programs leave about themselves.
var writers = []string{"CREATOR: gd-jpeg", "Created with GIMP", "LEAD Technologies", "Intel(R) JPEG", "Optimized by", "Lavc", "File written by", "ImageJ=", "Software:", "JPEG Encoder Copyright"}

func writerText(s string) bool {
	for _, w := range writers {
		if strings.HasPrefix(s, w) {
			return true
		}
	}
	return false
}

func (in *inspection) jpegSegment(marker byte, b []byte, offset int64) {
	switch {
	case marker == 0xfe:
		if s := decodeMetadata(b); !writerText(s) {
			in.metadata("JPEG comment", s, offset)
		}
	case marker == 0xe1 && bytes.HasPrefix(b, []byte("Exif\x00\x00")):
		in.exif(b[6:], offset+6)
	case marker == 0xe1 && bytes.HasPrefix(b, []byte("http://ns.adobe.com/xap/1.0/\x00")):
		in.xmp(b[29:])
	case marker == 0xed && bytes.HasPrefix(b, []byte("Photoshop 3.0\x00")):
		in.photoshop(b[14:], offset+14)
	case marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc && len(b) >= 5:
		in.dimensions(int64(binary.BigEndian.Uint16(b[3:])), max(1, int64(binary.BigEndian.Uint16(b[1:]))))
	}
}

// gif walks the blocks for comments.
//
// Source: GIF89a, sections 12 and 24.
func (in *inspection) gif() {
	h := in.bytesAt(0, 13)
	if h == nil {
		return
	}
	offset := int64(13)
	if h[10]&0x80 != 0 {
		offset += 3 << (h[10]&7 + 1)
	}
	for range maxBlocks {
		b := in.bytesAt(offset, 2)
		if b == nil {
			return
		}
		switch {
		case b[0] == 0x21:
			offset += 2
			text := b[1] == 0xfe || b[1] == 0x01
			content, next := in.gifBlocks(offset, text)
			if text {
				in.metadata("GIF comment", decodeMetadata(content), offset)
			}
			offset = next
		case b[0] == 0x2c:
			d := in.bytesAt(offset, 10)
			if d == nil {
				return
			}
			offset += 11
			if d[9]&0x80 != 0 {
				offset += 3 << (d[9]&7 + 1)
			}
			_, offset = in.gifBlocks(offset, false)
		default:
			return
		}
	}
}

// gifBlocks passes over sub-blocks and returns their content if it is wanted.
func (in *inspection) gifBlocks(offset int64, keep bool) ([]byte, int64) {
	var content []byte
	for range 1 << 20 {
		b := in.bytesAt(offset, 1)
		if b == nil || b[0] == 0 {
			return content, offset + 1
		}
		if keep && len(content) < maxMetadata {
			content = append(content, in.bytesAt(offset+1, int64(b[0]))...)
		}
		offset += 1 + int64(b[0])
	}
	return content, in.size
}

// webp walks the chunks of RIFF for Exif and XMP.
func (in *inspection) webp() {
	offset := int64(12)
	for range maxBlocks {
		h := in.bytesAt(offset, 8)
		if h == nil {
			return
		}
		size := int64(binary.LittleEndian.Uint32(h[4:]))
		if kind := string(h[:4]); (kind == "EXIF" || kind == "XMP ") && size <= maxMetadata {
			if b := in.bytesAt(offset+8, size); b != nil && kind == "EXIF" {
				in.exif(bytes.TrimPrefix(b, []byte("Exif\x00\x00")), offset+8)
			} else if b != nil {
				in.xmp(b)
			}
		}
		offset += 8 + size + size&1
	}
}

// xmpUUID marks the box of JPEG 2000 that holds XMP.
var xmpUUID = []byte("\xbe\x7a\xcf\xcb\x97\xa9\x42\xe8\x9c\x71\x99\x94\x91\xe3\xaf\xac")

// jp2 walks the outer boxes for XML and XMP.
//
// Source: ITU-T T.800 Annex I.
func (in *inspection) jp2() {
	offset := int64(0)
	for range maxBlocks {
		h := in.bytesAt(offset, 8)
		if h == nil || h[0] == 0xff {
			return // the end, or a bare code stream
		}
		size, head := int64(binary.BigEndian.Uint32(h)), int64(8)
		switch size {
		case 0:
			size = in.size - offset
		case 1:
			big := in.bytesAt(offset+8, 8)
			if big == nil {
				return
			}
			size, head = int64(binary.BigEndian.Uint64(big)), 16
		}
		if size < head {
			return
		}
		if kind := string(h[4:]); (kind == "xml " || kind == "uuid") && size-head <= maxMetadata {
			b := in.bytesAt(offset+head, size-head)
			if kind == "xml " || bytes.HasPrefix(b, xmpUUID) {
				in.xmp(bytes.TrimPrefix(b, xmpUUID))
			}
		}
		if offset += size; offset <= 0 {
			return
		}
	}
}
