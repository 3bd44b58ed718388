package audit_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	picture "image"
	"image/color"
	"image/jpeg"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"

	"assay/internal/audit"
	"assay/internal/audit/dicom/dicomtest"
	"assay/internal/audit/pixel"
)

// written draws lines of letters, twice as large as the font.
func written(lines ...string) *picture.Gray {
	small := picture.NewGray(picture.Rect(0, 0, 260, 20+24*len(lines)))
	for i := range small.Pix {
		small.Pix[i] = 255
	}
	for i, line := range lines {
		d := font.Drawer{Dst: small, Src: picture.NewUniform(color.Black), Face: basicfont.Face7x13, Dot: fixed.P(10, 24+24*i)}
		d.DrawString(line)
	}
	size := small.Bounds().Size()
	large := picture.NewGray(picture.Rect(0, 0, 2*size.X, 2*size.Y))
	for y := range 2 * size.Y {
		for x := range 2 * size.X {
			large.SetGray(x, y, small.GrayAt(x/2, y/2))
		}
	}
	return large
}

func encapsulated(document string) []byte {
	return dicomtest.Build("(0008,0016) UI EncapsulatedPDFStorage\n(0008,0018) UI 2.25.7\n(0012,0062) CS YES\n(0012,0063) LO by hand\n(0042,0011) OB hex:" + hex.EncodeToString([]byte(document)) + "\n")
}

// inDICOM returns the findings about the document in an object, "severity rule
// path" each.
func inDICOM(t *testing.T, document string, tools audit.Tools) string {
	t.Helper()
	set := fstest.MapFS{"1.dcm": {Data: encapsulated(document), Mode: 0o444}}
	r, err := audit.Run(t.Context(), set, audit.Options{Tools: tools})
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, f := range r.Findings {
		if strings.Contains(f.Path, "EncapsulatedDocument") {
			lines = append(lines, fmt.Sprintf("%s %s %s", f.Severity, f.Rule, f.Path))
		}
	}
	return strings.Join(lines, "\n")
}

func TestDocumentsInsideObjectsAreRead(t *testing.T) {
	const place = "(0042,0011) EncapsulatedDocument"
	stl := make([]byte, 84+50)
	copy(stl, "exported for MRN 78051121")
	stl[80] = 1
	clean := make([]byte, 84+50)
	copy(clean, "exported by a program")
	clean[80] = 1
	tests := []struct{ name, document, want string }{
		{"a clinical document", `<?xml version="1.0"?><ClinicalDocument><recordTarget><patientRole><patient><name>Ottoline Hathersage</name></patient></patientRole></recordTarget></ClinicalDocument>`,
			"blocker report-text " + place + " patientRole/name"},
		{"a clinical document without a patient", `<?xml version="1.0"?><ClinicalDocument><component><title>Lungs</title></component></ClinicalDocument>`, "warning phi-encapsulated-doc " + place},
		{"a surface", string(stl), "blocker report-text " + place + " header of a surface"},
		{"a surface that says nothing", string(clean), "warning phi-encapsulated-doc " + place},
		{"something unknown", "\x01\x02\x03\x04\x05\x06\x07\x08", "blocker phi-encapsulated-doc " + place},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := inDICOM(t, tt.document, audit.Tools{}); !strings.Contains(got+"\n", tt.want+"\n") {
				t.Errorf("want %q among\n%s", tt.want, got)
			}
		})
	}
}

func TestAnImageInADocumentInAnObjectIsHandedToTheReaderOfText(t *testing.T) {
	img := written("Hathersage Ottoline", "SSN 219-09-9999", "seen in the ward")
	pdf := fmt.Sprintf("%%PDF-1.4\n1 0 obj\n<< /Type /XObject /Subtype /Image /Width %d /Height %d /BitsPerComponent 8 /ColorSpace /DeviceGray /Length %d >>\nstream\n%s\nendstream\nendobj\n%%%%EOF\n",
		img.Rect.Dx(), img.Rect.Dy(), len(img.Pix), img.Pix)
	var sources []string
	read := func(_ context.Context, rasters []pixel.Raster) ([][]pixel.Word, error) {
		words := make([][]pixel.Word, len(rasters))
		for i, r := range rasters {
			sources = append(sources, r.Source)
			for n, w := range []string{"SSN", "219-09-9999"} {
				words[i] = append(words[i], pixel.Word{Text: w, Confidence: 95, Line: 1, Box: pixel.Box{X: 20 + 100*n, Y: 30, Width: 90, Height: 20}})
			}
		}
		return words, nil
	}
	got := inDICOM(t, pdf, audit.Tools{ReadText: read})
	if len(sources) == 0 || sources[0] != "(0042,0011) EncapsulatedDocument document image" {
		t.Errorf("handed on: %q", sources)
	}
	if want := "blocker pix-ocr-text (0042,0011) EncapsulatedDocument document image"; !strings.Contains(got, want) {
		t.Errorf("want %q among\n%s", want, got)
	}
}

func TestImagesInADocumentHaveABudget(t *testing.T) {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, picture.NewGray(picture.Rect(0, 0, 16, 16)), nil); err != nil {
		t.Fatal(err)
	}
	claims := b.Bytes()
	frame := bytes.Index(claims, []byte{0xff, 0xc0})
	binary.BigEndian.PutUint16(claims[frame+5:], 9000)
	binary.BigEndian.PutUint16(claims[frame+7:], 9000)
	pdf := fmt.Sprintf("%%PDF-1.4\n1 0 obj\n<< /Type /XObject /Subtype /Image /Width 9000 /Height 9000 /Filter /DCTDecode /Length %d >>\nstream\n%s\nendstream\nendobj\n%%%%EOF\n", len(claims), claims)
	got := inDICOM(t, pdf, audit.Tools{})
	if want := "warning doc-not-read (0042,0011) EncapsulatedDocument document image"; !strings.Contains(got, want) {
		t.Errorf("want %q among\n%s", want, got)
	}
}

func TestDocumentsInsideDeflatedObjectsAreRead(t *testing.T) {
	object := "(0002,0010) UI DeflatedExplicitVRLittleEndian\n(0008,0016) UI EncapsulatedCDAStorage\n(0008,0018) UI 2.25.7\n(0042,0011) OB hex:" +
		hex.EncodeToString([]byte(`<?xml version="1.0"?><ClinicalDocument><recordTarget><patientRole><patient><name>Ottoline Hathersage</name></patient></patientRole></recordTarget></ClinicalDocument>`)) + "\n"
	r, err := audit.Run(t.Context(), fstest.MapFS{"1.dcm": {Data: dicomtest.Build(object)}}, audit.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range r.Findings {
		if f.Rule == "report-text" && strings.HasPrefix(f.Path, "(0042,0011) EncapsulatedDocument") {
			return
		}
	}
	t.Errorf("nothing was found in the document: %+v", r.Findings)
}
