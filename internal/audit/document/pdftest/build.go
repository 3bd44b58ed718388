package pdftest

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"image"
	"strings"
)

// Document is a PDF in the making.
type Document struct {
	Title, Author string   // properties
	Pages         []string // the text of each page, a line of text for each line
	Compressed    bool     // streams are packed
	Spread        bool     // each glyph is shown by itself, with a kern before it
	XMP           string   // content of the element dc:creator; empty for no packet
	Scan          *image.Gray
}

// Bytes returns the document as PDF 1.4. Text is in the standard encoding of
// Helvetica: only ASCII comes out as it went in. The scan fills the last page.
//
// Source: ISO 32000-1 Sections 7.5 (file structure), 8.9 (images), 9.4 (text).
func (d Document) Bytes() []byte {
	pages := make([]string, len(d.Pages), len(d.Pages)+1)
	for i, text := range d.Pages {
		pages[i] = d.show(text)
	}
	resources := "/Font << /F1 3 0 R >>"
	objects := []string{"", "", "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
		fmt.Sprintf("<< /Title (%s) /Author (%s) >>", escape(d.Title), escape(d.Author))}
	catalog := "<< /Type /Catalog /Pages 2 0 R"
	if d.Scan != nil {
		b := d.Scan.Bounds()
		objects = append(objects, d.stream(fmt.Sprintf("/Type /XObject /Subtype /Image /Width %d /Height %d /BitsPerComponent 8 /ColorSpace /DeviceGray",
			b.Dx(), b.Dy()), string(d.Scan.Pix)))
		resources += fmt.Sprintf(" /XObject << /X1 %d 0 R >>", len(objects))
		pages = append(pages, "q 500 0 0 400 50 300 cm /X1 Do Q")
	}
	if d.XMP != "" {
		packet := `<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:creator>` + d.XMP + `</dc:creator></rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>`
		objects = append(objects, fmt.Sprintf("<< /Type /Metadata /Subtype /XML /Length %d >>\nstream\n%s\nendstream", len(packet), packet))
		catalog += fmt.Sprintf(" /Metadata %d 0 R", len(objects))
	}
	kids := ""
	for _, content := range pages {
		objects = append(objects, d.stream("", content))
		objects = append(objects, fmt.Sprintf("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << %s >> /Contents %d 0 R >>", resources, len(objects)))
		kids += fmt.Sprintf("%d 0 R ", len(objects))
	}
	objects[0] = catalog + " >>"
	objects[1] = fmt.Sprintf("<< /Type /Pages /Kids [%s] /Count %d >>", kids, len(pages))
	return file(objects)
}

// show returns the operators that show text, line by line.
func (d Document) show(text string) string {
	var b strings.Builder
	b.WriteString("BT /F1 12 Tf 14 TL 72 720 Td\n")
	for line := range strings.SplitSeq(text, "\n") {
		if !d.Spread {
			fmt.Fprintf(&b, "(%s) Tj T*\n", escape(line))
			continue
		}
		b.WriteString("[")
		for _, r := range line {
			fmt.Fprintf(&b, "(%s) -%d ", escape(string(r)), 3+r%5)
		}
		b.WriteString("] TJ T*\n")
	}
	b.WriteString("ET")
	return b.String()
}

func (d Document) stream(entries, content string) string {
	if d.Compressed {
		var packed bytes.Buffer
		w := zlib.NewWriter(&packed)
		w.Write([]byte(content))
		w.Close()
		entries, content = entries+" /Filter /FlateDecode", packed.String()
	}
	return fmt.Sprintf("<< %s /Length %d >>\nstream\n%s\nendstream", entries, len(content), content)
}

func escape(s string) string { return strings.NewReplacer(`\`, `\\`, "(", `\(`, ")", `\)`).Replace(s) }

// file writes objects 1, 2, … with their table; the fourth is the properties.
func file(objects []string) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.4\n")
	offsets := make([]int, len(objects))
	for i, o := range objects {
		offsets[i] = b.Len()
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, at := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", at)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R /Info 4 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, start)
	return b.Bytes()
}
