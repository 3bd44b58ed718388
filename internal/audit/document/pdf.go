package document

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"assay/internal/audit/finding"

	"github.com/ledongthuc/pdf"
)

// maxPages bounds the pages of a PDF that are read.
const maxPages = 5000

// pdf scans the text, the properties and the XMP packets of a PDF. The
// library trusts what a file claims, so the claims are checked first, and
// what it reads is counted: a file that leads it in circles ends it.
func (in *inspection) pdf() error {
	b, ok := in.whole(in.Limits.PDFBytes)
	if !ok {
		return nil
	}
	in.xmpPackets(b)
	if reason := pdfClaims(b); reason != "" {
		in.refuse("%s", reason)
		return nil
	}
	images := 0
	if !bytes.Contains(b, []byte("/Encrypt")) {
		images = in.pdfImages(b)
	}
	source := &countedReader{ctx: in.ctx, b: patchPDF(b), left: 64*int64(len(b)) + 6<<20}
	err := in.pdfText(source, images)
	switch {
	case err == nil:
	case in.ctx.Err() != nil:
		return in.ctx.Err()
	case source.left < 0:
		in.refuse("The PDF leads its reader in circles.")
	case errors.Is(err, errLimit):
	case errors.Is(err, pdf.ErrInvalidPassword), bytes.Contains(b, []byte("/Encrypt")):
		in.unread("The PDF is encrypted; its text and images were not checked.")
	default:
		in.unread("The PDF could not be read; its text was not checked.")
	}
	return nil
}

var pdfNumbers = regexp.MustCompile(`/(?:Size|W\s*\[|Index\s*\[|Columns)\s*([0-9 \t\r\n]{1,200})`)

// pdfClaims returns why a PDF is refused before it is read: numbers for which
// the reader would take memory that the file cannot fill.
func pdfClaims(b []byte) string {
	limit := max(int64(len(b)), 1<<16)
	for _, m := range pdfNumbers.FindAllSubmatch(b, -1) {
		for _, field := range strings.Fields(string(m[1])) {
			n, err := strconv.ParseInt(field, 10, 64)
			if err != nil || n > limit {
				return fmt.Sprintf("The PDF claims a table or part larger than the file of %d bytes.", len(b))
			}
		}
	}
	for _, m := range xrefStart.FindAllSubmatch(b, -1) {
		start, err1 := strconv.ParseInt(string(m[1]), 10, 64)
		count, err2 := strconv.ParseInt(string(m[2]), 10, 64)
		if err1 != nil || err2 != nil || start > limit || count > limit {
			return fmt.Sprintf("The PDF claims a table of objects larger than the file of %d bytes.", len(b))
		}
	}
	if pdfRing(b) {
		return "The PDF leads its reader in circles: a table of objects follows itself."
	}
	return ""
}

var (
	pdfPrevious = regexp.MustCompile(`/Prev\s+([0-9]{1,12})`)
	pdfStart    = regexp.MustCompile(`startxref\s+([0-9]{1,12})`)
)

// pdfRing reports tables of objects that follow themselves, by their offsets.
func pdfRing(b []byte) bool {
	starts := pdfStart.FindAllSubmatch(b, -1)
	if len(starts) == 0 {
		return false
	}
	seen, work := map[int]bool{}, 0
	for next := starts[len(starts)-1][1]; ; {
		offset, err := strconv.Atoi(string(next))
		switch {
		case err != nil || offset >= len(b):
			return false
		case seen[offset] || work > 4*len(b):
			return true
		}
		seen[offset] = true
		table := b[offset:]
		if end := bytes.Index(table, []byte("startxref")); end >= 0 {
			table = table[:end]
		}
		work += len(table)
		m := pdfPrevious.FindSubmatch(table)
		if m == nil {
			return false
		}
		next = m[1]
	}
}

var xrefStart = regexp.MustCompile(`(?:xref|\s[nf])\s+([0-9]{1,20})\s+([0-9]{1,20})\s*[\r\n]`)

// patchPDF makes the head and the end such as the library wants them: it
// knows versions 1.0 to 1.7 and nothing behind the end mark.
func patchPDF(b []byte) []byte {
	patched := bytes.TrimRight(b, "\x00\r\n\t ")
	if at := bytes.LastIndex(patched, []byte("%%EOF")); at >= 0 {
		patched = patched[:at+5]
	}
	patched = append(bytes.Clone(patched), '\n')
	if len(patched) > 9 {
		copy(patched, "%PDF-1.7\n")
	}
	return patched
}

// countedReader ends reading after a number of bytes.
type countedReader struct {
	ctx  context.Context
	b    []byte
	left int64
}

func (c *countedReader) ReadAt(p []byte, offset int64) (int, error) {
	c.left -= int64(len(p))
	if c.left < 0 {
		return 0, errLimit
	}
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	if offset < 0 || offset >= int64(len(c.b)) {
		return 0, io.EOF
	}
	n := copy(p, c.b[offset:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// pdfText scans page by page. The library panics on much that is malformed.
// images is how many images were handed on.
func (in *inspection) pdfText(source *countedReader, images int) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = errors.New("the reader gave up")
		}
	}()
	r, err := pdf.NewReader(source, int64(len(source.b)))
	if err != nil {
		return err
	}
	in.pdfProperties(r.Trailer().Key("Info"))
	in.pdfBeside(r.Trailer().Key("Root"))
	if tree := r.Trailer().Key("Root").Key("Names").Key("EmbeddedFiles"); tree.Key("Names").Len() > 0 || tree.Key("Kids").Len() > 0 {
		in.add(ruleArchive, hit{path: "embedded file", message: "A file is embedded in the document; what is inside was not checked."})
	}
	pages := r.NumPage()
	if pages > maxPages {
		in.refuse("The PDF claims %d pages; the limit is %d.", pages, maxPages)
		return errLimit
	}
	silent, failed := 0, 0
	l := &lines{in: in, path: "document text"}
	defer l.end()
	for i := 1; i <= pages; i++ {
		if err := in.ctx.Err(); err != nil {
			return err
		}
		w := &pdfWriter{in: in, left: in.Limits.InflatedBytes}
		content, err := w.page(r.Page(i))
		switch {
		case errors.Is(err, errLimit):
			return err
		case err != nil:
			failed++
		case strings.TrimSpace(content) == "":
			silent++
		}
		l.text(content)
	}
	switch {
	case silent > 0 && images > 0:
		in.add(ruleUnread, hit{severity: finding.Info, message: "Pages of the PDF hold no text of their own; their images are looked at like any other image."})
	case silent > 0:
		in.unread("Pages of the PDF hold no text; they may be drawings or scanned images, which were not checked.")
	}
	if failed > 0 || pages <= 0 {
		in.unread("Pages of the PDF could not be read; their text was not checked.")
	}
	return nil
}

// pdfProperties reads the document information dictionary.
//
// Source: ISO 32000-1 Section 14.3.3.
func (in *inspection) pdfProperties(info pdf.Value) {
	for _, key := range info.Keys() {
		v := info.Key(key)
		if v.Kind() != pdf.String {
			continue
		}
		s := v.Text()
		switch key {
		case "Producer", "Creator", "CreationDate", "ModDate", "Trapped", "PTEX.Fullbanner":
			continue
		case "Author":
			if filled(s) {
				in.add(ruleReport, hit{path: "document property Author", hipaa: []string{"A"}, shape: finding.Mask(s), message: "The document's properties name a person or an organization."})
			}
		}
		in.scan(ruleReport, "document properties", s, 0)
	}
}
