package document_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"assay/internal/audit/document"
	"assay/internal/audit/finding"
	"assay/internal/audit/sniff"
	"assay/internal/audit/text"
)

// promises holds a reader to its promises on one input: it ends in time, emits
// a bounded number of findings, each complete, and quotes nothing of the file
// but digits and words of its own; the images it hands on are as long as said.
func promises(t *testing.T, sc *text.Scanner, b []byte, kind sniff.Kind) {
	t.Helper()
	r := bytes.NewReader(b)
	n := 0
	in := document.Inspector{
		Scanner: sc,
		Limits:  document.Limits{XMLDepth: 64, XMLAttributes: 256, JSONDepth: 64, StringBytes: 1 << 20, FieldBytes: 1 << 20, XMLBytes: 8 << 20, PDFBytes: 8 << 20, InflatedBytes: 4 << 20, Pixels: 1 << 30},
		Text:    func(string) {},
		Name:    func(string) {},
		Emit: func(f finding.Finding) {
			if n++; f.Rule == "" || f.Severity == "" || f.Count < 1 {
				t.Errorf("an incomplete finding: %+v", f)
			}
			if strings.ContainsAny(f.Shape, "bcdefghijklmnopqrstuvwxyzBCDEFGHIJKLMNOPQRSTUVWXYZ012345678") && f.Shape != "" {
				t.Errorf("%s shows more than a shape: %q", f.Rule, f.Shape)
			}
		},
		Image: func(i document.Image) {
			if got, _ := io.Copy(io.Discard, io.NewSectionReader(i.Content, 0, 1<<40)); got != i.Size || i.Kind == "" || i.Place == "" {
				t.Errorf("an image %q of kind %q with %d bytes, said to be %d", i.Place, i.Kind, got, i.Size)
			}
		},
	}
	start := time.Now()
	if err := in.Inspect(t.Context(), r, int64(len(b)), kind, "a"); err != nil && !errors.Is(err, io.EOF) {
		t.Errorf("Inspect: %v", err)
	}
	if n > 2000 {
		t.Errorf("%d findings of one file", n)
	}
	// Far over what any input of this size may take: it went in circles.
	if took := time.Since(start); took > time.Minute {
		t.Errorf("%d bytes took %v", len(b), took)
	}
}

func fuzzKind(f *testing.F, kind sniff.Kind, seeds ...[]byte) {
	for _, b := range seeds {
		f.Add(b)
	}
	sc := text.New(text.Options{})
	f.Fuzz(func(t *testing.T, b []byte) { promises(t, sc, b, kind) })
}

func FuzzInspect(f *testing.F) {
	for _, b := range [][]byte{
		[]byte("a,b\n1,\"2\"\n"), []byte(`{"a":[1,"b"]}`), []byte("<a b=\"c\">d</a>"), []byte("MSH|^~\\&|A\rPID|1||2\r"),
		pngWith(f, "zTXt", "Comment\x00\x00"+deflated("x")), jpegWith(f, 0xed, iptcOf(80, "x")), tiffOf(le, tag{id: 0x10e, text: "abcdef"}),
		docxOf(f, paragraph("x")), pdfOf("x", "y"), niftiOf("x", "y", 6, "z"), gifWith(f, "x"), []byte("{\\rtf1 x}"),
		[]byte("NRRD0004\na: b\n\n"), []byte("<!DOCTYPE html><p>x"), []byte("v 0 0 1\nv 0 1 0\nv 1 0 0\n"),
	} {
		f.Add(b)
	}
	sc := text.New(text.Options{})
	f.Fuzz(func(t *testing.T, b []byte) {
		kind, err := sniff.DetectFile(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			t.Fatal(err)
		}
		promises(t, sc, b, kind)
	})
}

func FuzzJSON(f *testing.F) {
	fuzzKind(f, sniff.JSON, []byte(`{"a":[1,"b",{"mrn":"84610375"}]}`), []byte("{\"report\":\"clear\"}\n{\"report\":1}\n"),
		[]byte(`{"resourceType":"Patient","name":[{"family":"x","given":["y"]}],"birthDate":"1962-04-09"}`), []byte(`[[[[]]]]`), []byte("\xff\xfe{\x00}\x00"))
}

func FuzzXML(f *testing.F) {
	fuzzKind(f, sniff.XML, []byte("<a b=\"c\">d</a>"), []byte("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><recordTarget><patientRole><id extension=\"1\"/></patientRole></recordTarget>"),
		[]byte("<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>"), []byte("<a><!-- b --><![CDATA[c]]></a>"))
}

func FuzzCSV(f *testing.F) {
	fuzzKind(f, sniff.CSV, []byte("id,Patient Name,DOB\n1,\"Roe, Jane\",1962-04-09\n"), []byte("a;b\n1;2\n"), []byte("\"a\"\"b\",c\r\n1,2\r"), []byte("name,ssn\nx,\n"))
}

func FuzzNIfTI(f *testing.F) {
	fuzzKind(f, sniff.NIfTI, niftiOf("text", "entry", 6, "more"), niftiOf("", "", 2, "hidden"), niftiOf("", "", 0, "")[:352])
}

func FuzzPDF(f *testing.F) {
	fuzzKind(f, sniff.PDF, pdfOf("author", "text", "BT /F1 12 Tf [(a) 20 (b)] TJ ET"), []byte(ringPDF()),
		pdfImage("/BitsPerComponent 8 /ColorSpace /DeviceGray /DecodeParms << /Predictor 15 /Columns 16 >>", ramp(17, 12, 1)),
		pdfImage("/BitsPerComponent 1 /ImageMask true", ramp(2, 12, 1)),
		[]byte(strings.Replace(string(pdfImage("/DecodeParms << /K -1 /Columns 16 >>", "x")), "FlateDecode", "CCITTFaxDecode", 1)),
		[]byte(strings.Replace(string(pdfImage("", "x")), "FlateDecode", "RunLengthDecode", 1)),
		pdfOfObjects([]string{"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [<< /V (a) >>] /XFA 4 0 R >> /Outlines << /First << /Title (a) >> >> >>",
			"<< /Type /Pages /Kids [3 0 R] /Count 1 >>", "<< /Type /Page /Parent 2 0 R >>", "<< /Length 8 >>\nstream\n<a>b</a>\nendstream", "<< /Author (a) >>"}))
}

func FuzzEXIF(f *testing.F) {
	exif := func(tags ...tag) []byte { return jpegWith(f, 0xe1, "Exif\x00\x00"+string(tiffOf(le, tags...))) }
	fuzzKind(f, sniff.JPEG, exif(tag{id: 0x10e, text: "abcdef"}), exif(tag{id: 0x8769, below: []tag{{id: 0x9286, text: "ASCII\x00\x00\x00x"}}}),
		exif(tag{id: 0x8825, below: []tag{{id: 2, text: "x"}}}), jpegWith(f, 0xed, iptcOf(80, "x")), jpegWith(f, 0xfe, "comment"))
}

func FuzzTIFF(f *testing.F) {
	fuzzKind(f, sniff.SVS, tiffOf(le, tag{id: 0x10e, text: "Aperio\nlabel 10x10"}), tiffOf(be, tag{id: 0x10e, text: "<OME/>"}))
}
