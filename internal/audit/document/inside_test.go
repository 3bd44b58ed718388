package document_test

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"strings"
	"testing"

	"golang.org/x/image/tiff"

	"assay/internal/audit/document"
	"assay/internal/audit/finding"
	"assay/internal/audit/sniff"
	"assay/internal/audit/text"
)

// shown returns the images that a document hands on, and its findings.
func shown(t *testing.T, b []byte) (images []document.Image, list []finding.Finding) {
	t.Helper()
	kind, err := sniff.DetectFile(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	in := document.Inspector{
		Scanner: text.New(text.Options{}),
		Emit:    func(f finding.Finding) { list = append(list, f) },
		Image:   func(i document.Image) { images = append(images, i) },
	}
	if err := in.Inspect(t.Context(), bytes.NewReader(b), int64(len(b)), kind, ""); err != nil {
		t.Fatal(err)
	}
	return images, list
}

// decoded returns the picture that an image shows, by its own kind.
func decoded(t *testing.T, i document.Image) image.Image {
	t.Helper()
	r := io.NewSectionReader(i.Content, 0, i.Size)
	decode := map[sniff.Kind]func(io.Reader) (image.Image, error){sniff.PNG: png.Decode, sniff.JPEG: jpeg.Decode, sniff.TIFF: tiff.Decode}[i.Kind]
	if decode == nil {
		t.Fatalf("an image of kind %s", i.Kind)
	}
	img, err := decode(r)
	if err != nil {
		t.Fatalf("the %s of %d bytes does not decode: %v", i.Kind, i.Size, err)
	}
	return img
}

// ramp are the samples of a picture 16 pixels wide that is not flat.
func ramp(width, height, components int) string {
	b := make([]byte, width*height*components)
	for i := range b {
		b[i] = byte(i / components % width * 16)
	}
	return string(b)
}

func pdfImage(entries, content string) []byte {
	return pdfWith("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
		"/Type /XObject /Subtype /Image /Width 16 /Height 12 "+entries+"|"+content, "", "q 100 0 0 100 0 0 cm /X1 Do Q")
}

func TestImagesOfPDFsAreHandedOn(t *testing.T) {
	var jpg bytes.Buffer
	if err := jpeg.Encode(&jpg, image.NewGray(image.Rect(0, 0, 16, 12)), nil); err != nil {
		t.Fatal(err)
	}
	predicted := ""
	for range 12 {
		predicted += "\x01\x00" + strings.Repeat("\x10", 15) // Sub: each pixel 16 more than the one before
	}
	bare := strings.Replace(string(pdfImage("/BitsPerComponent 8 /ColorSpace /DeviceRGB", "jpeg goes here")), "/Filter /FlateDecode", "/Filter /DCTDecode ", 1)
	tests := []struct {
		name string
		pdf  []byte
		kind sniff.Kind
		at   [2]uint32 // red of the pixels (0,0) and (8,0), 8 bits
	}{
		{"gray", pdfImage("/BitsPerComponent 8 /ColorSpace /DeviceGray", ramp(16, 12, 1)), sniff.PNG, [2]uint32{0, 128}},
		{"color", pdfImage("/BitsPerComponent 8 /ColorSpace /DeviceRGB", ramp(16, 12, 3)), sniff.PNG, [2]uint32{0, 128}},
		{"one bit", pdfImage("/BitsPerComponent 1 /ColorSpace /DeviceGray", strings.Repeat("\x00\xff", 12)), sniff.PNG, [2]uint32{0, 255}},
		{"a mask", pdfImage("/ImageMask true", strings.Repeat("\x00\xff", 12)), sniff.PNG, [2]uint32{0, 255}},
		{"turned round", pdfImage("/BitsPerComponent 1 /ColorSpace /DeviceGray /Decode [1 0]", strings.Repeat("\x00\xff", 12)), sniff.PNG, [2]uint32{255, 0}},
		{"predicted", pdfImage("/BitsPerComponent 8 /ColorSpace /DeviceGray /DecodeParms << /Predictor 15 /Columns 16 >>", predicted), sniff.PNG, [2]uint32{0, 128}},
		{"a photograph in Flate", []byte(strings.Replace(string(pdfImage("/BitsPerComponent 8", jpg.String())), "/Filter /FlateDecode >>", "/Filter [/FlateDecode /DCTDecode] >>", 1)), sniff.JPEG, [2]uint32{0, 0}},
		{"a photograph", []byte(strings.Replace(bare, deflated("jpeg goes here"), jpg.String(), 1)), sniff.JPEG, [2]uint32{0, 0}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			images, _ := shown(t, tt.pdf)
			if len(images) != 1 || images[0].Kind != tt.kind || images[0].Place != "document image" {
				t.Fatalf("got %+v, want one %s", images, tt.kind)
			}
			img := decoded(t, images[0])
			if size := img.Bounds().Size(); size != image.Pt(16, 12) {
				t.Fatalf("the image is %v", size)
			}
			for i, x := range []int{0, 8} {
				if r, _, _, _ := img.At(x, 0).RGBA(); r>>8 != tt.at[i] {
					t.Errorf("pixel %d is %d, want %d", x, r>>8, tt.at[i])
				}
			}
		})
	}
}

func TestImagesThatCannotBeUnpackedAreSaid(t *testing.T) {
	for name, b := range map[string][]byte{
		"too few samples": pdfImage("/BitsPerComponent 8 /ColorSpace /DeviceGray", "short"),
		"unknown filter":  []byte(strings.Replace(string(pdfImage("/BitsPerComponent 1", "x")), "/FlateDecode >>\nstream", "/JBIG2Decode >>\nstream", 1)),
		"impossible size": []byte(strings.Replace(string(pdfImage("/BitsPerComponent 8", ramp(16, 12, 1))), "/Width 16", "/Width 99999999", 1)),
	} {
		t.Run(name, func(t *testing.T) {
			images, list := shown(t, b)
			if len(images) != 0 {
				t.Fatalf("%d images", len(images))
			}
			if !strings.Contains(strings.Join(lines(list), "\n"), "warning doc-not-read") {
				t.Errorf("nothing is said: %v", lines(list))
			}
		})
	}
}

func lines(list []finding.Finding) []string {
	var out []string
	for _, f := range list {
		out = append(out, fmt.Sprintf("%s %s %s", f.Severity, f.Rule, f.Path))
	}
	return out
}

func TestImagesOfOfficeDocumentsAreHandedOn(t *testing.T) {
	images, list := shown(t, docxOf(t, paragraph("clear"), "word/media/image1.png", string(pngWith(t, "", "")), "word/media/image2.emf", "\x01\x00\x00\x00EMF"))
	if len(images) != 1 || images[0].Kind != sniff.PNG {
		t.Fatalf("got %+v", images)
	}
	if got := strings.Join(lines(list), "\n"); !strings.Contains(got, "doc-not-read") {
		t.Errorf("nothing is said about the drawing: %s", got)
	}
}

func TestTextBesideThePagesOfPDFsIsFound(t *testing.T) {
	page := "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>"
	pages := "<< /Type /Pages /Kids [3 0 R] /Count 1 >>"
	packed := func(s string) string {
		z := deflated(s)
		return fmt.Sprintf("<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream", len(z), z)
	}
	tests := []struct {
		name    string
		catalog string
		more    []string
		want    string
	}{
		{"a field", "/AcroForm << /Fields [4 0 R] >>", []string{"<< /T (a) /Kids [<< /V (" + ssn + ") >>] >>"}, "blocker report-text document text"},
		{"a bookmark", "/Outlines << /First 4 0 R >>", []string{"<< /Title (cover) /Next << /Title (" + ssn + ") >> >>"}, "blocker report-text document text"},
		{"a form in XML", "/AcroForm << /XFA [(preamble) 4 0 R (datasets) 5 0 R (postamble) 6 0 R] >>",
			[]string{packed("<xdp:xdp xmlns:xdp=\"x\">"), packed("<datasets><dob>1962-04-09</dob></datasets>"), packed("</xdp:xdp>")}, "blocker sidecar-columns element dob"},
		{"packed metadata", "/Metadata 4 0 R", []string{packed(xmpOf("<dc:creator xmlns:dc=\"d\"><rdf:Seq><rdf:li>Tamsin Quillfeather</rdf:li></rdf:Seq></dc:creator>"))}, "warning report-text document property Author"},
		{"a script", "/OpenAction << /S /JavaScript /JS (app.alert) >>", nil, "warning doc-not-read script"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			objects := append([]string{"<< /Type /Catalog /Pages 2 0 R " + tt.catalog + " >>", pages, page}, tt.more...)
			_, list := shown(t, pdfOfObjects(append(objects, "<< /Producer (made by code) >>")))
			if got := strings.Join(lines(list), "\n"); !strings.Contains(got, tt.want) {
				t.Errorf("want %q among\n%s", tt.want, got)
			}
		})
	}
}

func TestSurfacesAreReadButForTheirGeometry(t *testing.T) {
	binary := func(header string) []byte {
		b := make([]byte, 84+50)
		copy(b, header)
		b[80] = 1
		return b
	}
	for _, tt := range []struct {
		name string
		b    []byte
		kind sniff.Kind
		want bool
	}{
		{"binary STL", binary("solid of " + ssn), sniff.STL, true},
		{"binary STL of a program", binary("Exported from 3D Slicer 5.2"), sniff.STL, false},
		{"STL in text", []byte("solid " + ssn + "\nfacet normal 0 0 1\nouter loop\nvertex 0 0 0\nendloop\nendfacet\nendsolid\n"), sniff.STL, true},
		{"OBJ", []byte("# exported for " + ssn + "\nv 0 0 1\nv 0 1 0\nv 1 0 0\nf 1 2 3\n"), sniff.OBJ, true},
		{"OBJ of numbers", []byte("v 0 0 1\nv 12.5 -1e-3 0\nv 1 0 0\nf 1 2 3\n"), sniff.OBJ, false},
		{"MTL", []byte("newmtl bone\nKd 1 1 1\n# " + ssn + "\n"), sniff.MTL, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			kind, err := sniff.DetectFile(bytes.NewReader(tt.b), int64(len(tt.b)))
			if err != nil || kind != tt.kind {
				t.Fatalf("kind %s, want %s (%v)", kind, tt.kind, err)
			}
			_, list := shown(t, tt.b)
			if found := len(list) > 0; found != tt.want {
				t.Errorf("findings %v", lines(list))
			}
		})
	}
}
