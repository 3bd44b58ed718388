package document

import (
	"bytes"
	"io"

	"github.com/ledongthuc/pdf"

	"assay/internal/audit/finding"
)

// Bounds of the trees beside the pages.
const (
	maxFieldDepth = 16
	maxFormFields = 10_000
	maxForm       = 16 << 20 // bytes of XML
)

// pdfBeside scans what stands beside the pages: form fields and their XML
// form, bookmarks, and metadata that is packed.
//
// Source: ISO 32000-1 Sections 12.3.3, 12.7 and 14.3.2.
func (in *inspection) pdfBeside(root pdf.Value) {
	defer func() {
		if recover() != nil {
			in.unread("Form fields, bookmarks or metadata of the PDF could not be read; their text was not checked.")
		}
	}()
	t := &pdfTree{l: &lines{in: in, path: "document text"}, left: maxFormFields}
	form := root.Key("AcroForm")
	t.fields(form.Key("Fields"), 0)
	t.bookmarks(root.Key("Outlines").Key("First"), 0)
	t.l.end()
	in.pdfXFA(form.Key("XFA"))
	if m := root.Key("Metadata"); m.Kind() == pdf.Stream && m.Key("Filter").Kind() != pdf.Null {
		in.documentXMP(in.pdfStream(m))
	}
	if root.Key("Names").Key("JavaScript").Kind() != pdf.Null || root.Key("OpenAction").Key("S").Name() == "JavaScript" {
		in.add(ruleUnread, hit{severity: finding.Warning, path: "script", message: "The PDF carries a script; what it shows was not checked."})
	}
}

// pdfTree walks fields and bookmarks.
type pdfTree struct {
	l    *lines
	left int
}

func (t *pdfTree) fields(list pdf.Value, depth int) {
	for i := 0; i < list.Len() && depth < maxFieldDepth && t.left > 0; i++ {
		t.left--
		f := list.Index(i)
		t.strings(f, "TU", "V", "DV", "RV", "Opt")
		t.fields(f.Key("Kids"), depth+1)
	}
}

func (t *pdfTree) bookmarks(b pdf.Value, depth int) {
	for ; b.Kind() == pdf.Dict && depth < maxFieldDepth && t.left > 0; b = b.Key("Next") {
		t.left--
		t.strings(b, "Title")
		t.bookmarks(b.Key("First"), depth+1)
	}
}

// strings scans the texts under some keys, each or in an array.
func (t *pdfTree) strings(v pdf.Value, keys ...string) {
	for _, key := range keys {
		switch x := v.Key(key); x.Kind() {
		case pdf.String:
			t.l.text(x.Text())
		case pdf.Array:
			for i := range min(x.Len(), 100) {
				if s := x.Index(i); s.Kind() == pdf.String {
					t.l.text(s.Text())
				}
			}
		}
	}
}

// pdfXFA scans the XML of a form: one stream, or names and streams in turn
// that are one document cut in pieces.
func (in *inspection) pdfXFA(x pdf.Value) {
	var b []byte
	switch x.Kind() {
	case pdf.Stream:
		b = in.pdfStream(x)
	case pdf.Array:
		for i := range min(x.Len(), 100) {
			if part := x.Index(i); part.Kind() == pdf.Stream && len(b) < maxForm {
				b = append(b, in.pdfStream(part)...)
			}
		}
	}
	if len(b) == 0 {
		return
	}
	l := &lines{in: in, path: "document text"}
	defer l.end()
	err := in.walkXML(bytes.NewReader(b), xmlVisitor{
		text: func(stack []string, s string, _ int64) {
			if len(stack) == 0 {
				return
			}
			if word, p, found := promiseOf(stack[len(stack)-1]); found {
				in.promised("element", word, p, s, 0)
			}
			l.text(s)
		},
		attribute: func([]string, string, string, int64) {},
	})
	if err != nil && in.ctx.Err() == nil {
		in.unread("The XML form of the PDF is damaged; its text was checked as far as it goes.")
	}
}

// pdfStream unpacks a stream within the limit.
func (in *inspection) pdfStream(v pdf.Value) []byte {
	r := v.Reader()
	defer r.Close()
	b, _ := io.ReadAll(io.LimitReader(r, min(in.Limits.InflatedBytes, maxForm)))
	return b
}
