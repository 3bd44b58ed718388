package document_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"sort"
	"strings"
	"testing"
	"unicode/utf16"
)

// pngWith returns an image with a chunk behind its header.
func pngWith(t testing.TB, kind, content string) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 4, 4))); err != nil {
		t.Fatal(err)
	}
	if kind == "" {
		return b.Bytes()
	}
	chunk := binary.BigEndian.AppendUint32(nil, uint32(len(content)))
	chunk = append(chunk, kind+content...)
	chunk = binary.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE([]byte(kind+content)))
	return append(append(b.Bytes()[:33:33], chunk...), b.Bytes()[33:]...)
}

func deflated(s string) string {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	w.Write([]byte(s))
	w.Close()
	return b.String()
}

// jpegWith returns an image with a segment behind its start.
func jpegWith(t testing.TB, marker byte, content string) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 8, 8)), nil); err != nil {
		t.Fatal(err)
	}
	if marker == 0 {
		return b.Bytes()
	}
	segment := []byte{0xff, marker}
	segment = binary.BigEndian.AppendUint16(segment, uint16(len(content)+2))
	return append(append(b.Bytes()[:2:2], append(segment, content...)...), b.Bytes()[2:]...)
}

func gifWith(t testing.TB, comment string) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := gif.Encode(&b, image.NewGray(image.Rect(0, 0, 4, 4)), nil); err != nil {
		t.Fatal(err)
	}
	block := append([]byte{0x21, 0xfe, byte(len(comment))}, comment+"\x00"...)
	return append(b.Bytes()[:b.Len()-1:b.Len()-1], append(block, 0x3b)...)
}

// tag is an entry of a TIFF directory: text, or the directory of a pointer.
type tag struct {
	id    uint16
	text  string
	below []tag
	kind  uint16 // ASCII if 0
}

// tiffOf returns a TIFF, or the body of an Exif block, of one directory.
func tiffOf(order binary.AppendByteOrder, tags ...tag) []byte {
	b := []byte("II*\x00\x08\x00\x00\x00")
	if order.String() == "BigEndian" {
		b = []byte("MM\x00*\x00\x00\x00\x08")
	}
	return directory(order, b, tags)
}

func directory(order binary.AppendByteOrder, b []byte, tags []tag) []byte {
	sort.Slice(tags, func(i, j int) bool { return tags[i].id < tags[j].id })
	start := len(b)
	b = order.AppendUint16(b, uint16(len(tags)))
	b = append(b, make([]byte, 12*len(tags)+4)...)
	put := order.(binary.ByteOrder)
	for i, t := range tags {
		e := start + 2 + 12*i
		put.PutUint16(b[e:], t.id)
		if t.below != nil {
			put.PutUint16(b[e+2:], 4)
			put.PutUint32(b[e+4:], 1)
			put.PutUint32(b[e+8:], uint32(len(b)))
			b = directory(order, b, t.below)
			continue
		}
		kind, value := t.kind, t.text
		if kind == 0 {
			kind, value = 2, t.text+"\x00"
		}
		put.PutUint16(b[e+2:], kind)
		count := len(value)
		if kind == 5 {
			count /= 8
		}
		put.PutUint32(b[e+4:], uint32(count))
		if len(value) <= 4 {
			copy(b[e+8:], value)
			continue
		}
		put.PutUint32(b[e+8:], uint32(len(b)))
		b = append(b, value...)
	}
	return b
}

func wide(s string) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return string(b)
}

// iptcOf returns a Photoshop block with one IPTC data set.
func iptcOf(number byte, value string) string {
	set := append([]byte{0x1c, 2, number}, binary.BigEndian.AppendUint16(nil, uint16(len(value)))...)
	set = append(set, value...)
	block := append([]byte("8BIM\x04\x04\x00\x00"), binary.BigEndian.AppendUint32(nil, uint32(len(set)))...)
	return "Photoshop 3.0\x00" + string(block) + string(set)
}

func xmpOf(body string) string {
	return `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/">` +
		body + `</rdf:Description></rdf:RDF></x:xmpmeta>`
}

func zipOf(t testing.TB, parts ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(parts); i += 2 {
		h := &zip.FileHeader{Name: parts[i], Method: zip.Deflate}
		if parts[i] == "mimetype" { // OpenDocument wants it bare
			h.Method = zip.Store
		}
		w, err := z.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		w.Write([]byte(parts[i+1]))
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// docxOf returns a Word document with a body of XML, and further parts.
func docxOf(t testing.TB, body string, parts ...string) []byte {
	all := []string{"[Content_Types].xml", "<Types/>", "_rels/.rels", "<Relationships/>",
		"word/document.xml", `<w:document xmlns:w="w"><w:body>` + body + `</w:body></w:document>`}
	return zipOf(t, append(all, parts...)...)
}

// paragraph is a paragraph of Word in runs.
func paragraph(runs ...string) string {
	var b strings.Builder
	b.WriteString("<w:p>")
	for _, r := range runs {
		b.WriteString("<w:r><w:t xml:space=\"preserve\">" + r + "</w:t></w:r>")
	}
	b.WriteString("</w:p>")
	return b.String()
}

// pdfOf returns a PDF with a page for each text and an author. A text that
// starts with BT or q is the content of its page as it stands.
func pdfOf(author string, pages ...string) []byte {
	return pdfWith("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>", "", author, pages...)
}

// pdfWith is pdfOf with a font, and with a stream (dictionary entries, "|",
// content) that the pages know as /X1 and the font may refer to as 4 0 R.
func pdfWith(font, stream, author string, pages ...string) []byte {
	var objects []string
	pack := func(entries, content string) string {
		packed := deflated(content)
		return fmt.Sprintf("<< %s /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream", entries, len(packed), packed)
	}
	kids := ""
	for i, s := range pages {
		page, content := 5+2*i, 6+2*i
		kids += fmt.Sprintf("%d 0 R ", page)
		if s != "" && !strings.HasPrefix(s, "BT") && !strings.HasPrefix(s, "q") {
			s = "BT /F1 12 Tf 72 720 Td (" + s + ") Tj ET"
		}
		objects = append(objects,
			fmt.Sprintf("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> /XObject << /X1 4 0 R >> >> /Contents %d 0 R >>", content),
			pack("", s))
	}
	entries, content, _ := strings.Cut(stream, "|")
	objects = append([]string{
		"<< /Type /Catalog /Pages 2 0 R >>",
		fmt.Sprintf("<< /Type /Pages /Kids [%s] /Count %d >>", kids, len(pages)),
		font, pack(entries, content),
	}, objects...)
	return pdfOfObjects(append(objects, "<< /Author ("+author+") /Producer (made by code) >>"))
}

// pdfOfObjects returns a PDF of objects numbered from 1: the first is the
// catalog, the last the properties.
func pdfOfObjects(objects []string) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.4\n")
	var offsets []int
	for i, o := range objects {
		offsets = append(offsets, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, at := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", at)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R /Info %d 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, len(objects), start)
	return b.Bytes()
}

// niftiOf returns a NIfTI-1 file of 2 by 2 by 2 bytes with text fields and an
// extension.
func niftiOf(description, dbName string, code uint32, extension string) []byte {
	le := binary.LittleEndian
	h := make([]byte, 352)
	le.PutUint32(h, 348)
	for i, d := range []uint16{3, 2, 2, 2, 1, 1, 1, 1} {
		le.PutUint16(h[40+2*i:], d)
	}
	le.PutUint16(h[70:], 2)
	le.PutUint16(h[72:], 8)
	copy(h[148:228], description)
	copy(h[14:32], dbName)
	copy(h[344:], "n+1\x00")
	offset := 352
	var ext []byte
	if extension != "" {
		h[348] = 1
		for len(extension)%16 != 8 {
			extension += "\x00"
		}
		ext = le.AppendUint32(nil, uint32(len(extension)+8))
		ext = le.AppendUint32(ext, code)
		ext = append(ext, extension...)
		offset += len(ext)
	}
	le.PutUint32(h[108:], floatBits(offset))
	return append(append(h, ext...), make([]byte, 8)...)
}

func gz(b []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	w.Write(b)
	w.Close()
	return out.Bytes()
}
