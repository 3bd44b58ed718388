package pixel

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"assay/internal/audit/dicom"
	"assay/internal/audit/dicom/dicomtest"
	"assay/internal/audit/dicom/dict"
)

// scan feeds a file to a new Inspector.
func scan(t *testing.T, file []byte) (*Inspector, *dicom.Header) {
	t.Helper()
	in := New()
	h, err := dicom.Scan(context.Background(), bytes.NewReader(file), int64(len(file)), dicom.Limits{}, func(e *dicom.Element) error {
		var text string
		if e.VR.IsText() {
			text, _ = dicom.Text(e, e.Charset)
		}
		in.Element(e, text)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return in, h
}

// inspect returns the facts of a file written as text.
func inspect(t *testing.T, text string) Facts {
	t.Helper()
	file := dicomtest.Build(text)
	in, h := scan(t, file)
	return in.Done(bytes.NewReader(file), int64(len(file)), h)
}

// layout writes the attributes of an image of 4 columns and 2 rows.
func layout(samples, allocated, stored, signed int, photometric string) string {
	return fmt.Sprintf(`(0028,0002) US %d
(0028,0004) CS %s
(0028,0010) US 2
(0028,0011) US 4
(0028,0100) US %d
(0028,0101) US %d
(0028,0102) US %d
(0028,0103) US %d
`, samples, photometric, allocated, stored, stored-1, signed)
}

func TestFramesDecodeToTheValuesWritten(t *testing.T) {
	gray := image.NewGray(image.Rect(0, 0, 4, 2))
	for i := range gray.Pix {
		gray.Pix[i] = 128
	}
	var baseline bytes.Buffer
	if err := jpeg.Encode(&baseline, gray, &jpeg.Options{Quality: 100}); err != nil {
		t.Fatal(err)
	}
	if baseline.Len()%2 != 0 {
		baseline.WriteByte(0)
	}
	tests := []struct {
		name  string
		text  string
		frame int
		want  []float64 // values in the file
	}{
		{"8 bits", layout(1, 8, 8, 0, "MONOCHROME2") + "(7FE0,0010) OW hex:0001020304050607",
			0, []float64{0, 1, 2, 3, 4, 5, 6, 7}},
		{"16 bits, signed", layout(1, 16, 16, 1, "MONOCHROME2") + "(7FE0,0010) OW hex:0000 FFFF 0080 FF7F 0100 0200 0300 0400",
			0, []float64{0, -1, -32768, 32767, 1, 2, 3, 4}},
		{"16 bits in big endian", "(0002,0010) UI ExplicitVRBigEndian\n" + layout(1, 16, 12, 0, "MONOCHROME2") + "(7FE0,0010) OW hex:0100 0200 0300 0400 0500 0600 0700 FF0F",
			0, []float64{1, 2, 3, 4, 5, 6, 7, 4095}},
		{"the second of two frames", layout(1, 8, 8, 0, "MONOCHROME1") + "(0028,0008) IS 2\n(7FE0,0010) OW hex:00000000000000000807060504030201",
			1, []float64{8, 7, 6, 5, 4, 3, 2, 1}},
		{"bits, and a second frame within a byte's neighbors", layout(1, 1, 1, 0, "MONOCHROME2") + "(0028,0008) IS 2\n(7FE0,0010) OW hex:A50F",
			1, []float64{1, 1, 1, 1, 0, 0, 0, 0}},
		{"12 bits packed", layout(1, 12, 12, 0, "MONOCHROME2") + "(7FE0,0010) OW hex:012000 034000 056000 070080",
			0, []float64{1, 2, 3, 4, 5, 6, 7, 2048}},
		{"32 bits by their range", layout(1, 32, 32, 0, "MONOCHROME2") + "(7FE0,0010) OW hex:00000000 FFFF0000 00000000 00000000 00000000 00000000 00000000 00000000",
			0, []float64{0, 65535, 0, 0, 0, 0, 0, 0}},
		{"red, green and blue", layout(3, 8, 8, 0, "RGB") + "(7FE0,0010) OW hex:" + strings.Repeat("FFFFFF", 4) + strings.Repeat("000000", 4),
			0, []float64{255, 255, 255, 255, 0, 0, 0, 0}},
		{"colors by plane", layout(3, 8, 8, 0, "RGB") + "(0028,0006) US 1\n(7FE0,0010) OW hex:" + strings.Repeat("FF00000000000000", 3),
			0, []float64{255, 0, 0, 0, 0, 0, 0, 0}},
		{"luminance with half the colors", layout(3, 8, 8, 0, "YBR_FULL_422") + "(7FE0,0010) OW hex:01028080 03048080 05068080 07088080",
			0, []float64{1, 2, 3, 4, 5, 6, 7, 8}},
		{"a palette", layout(1, 8, 8, 0, "PALETTE COLOR") +
			"(0028,1101) US 2\\0\\16\n(0028,1102) US 2\\0\\16\n(0028,1103) US 2\\0\\16\n(0028,1201) OW hex:000000FF\n(0028,1202) OW hex:000000FF\n(0028,1203) OW hex:000000FF\n(7FE0,0010) OW hex:0001000100010001",
			0, []float64{0, 255, 0, 255, 0, 255, 0, 255}},
		{"RLE", "(0002,0010) UI RLELossless\n" + layout(1, 16, 16, 0, "MONOCHROME2") + "(7FE0,0010) OB fragments:|" +
			"02000000400000004200000000000000" + strings.Repeat("00", 48) + "F901" + "0701020304050607" + "0800",
			0, []float64{257, 258, 259, 260, 261, 262, 263, 264}},
		{"JPEG in two fragments", "(0002,0010) UI JPEGBaseline8Bit\n" + layout(1, 8, 8, 0, "MONOCHROME2") + "(7FE0,0010) OB fragments:|" +
			hex.EncodeToString(baseline.Bytes()[:100]) + "|" + hex.EncodeToString(baseline.Bytes()[100:]),
			0, []float64{128, 128, 128, 128, 128, 128, 128, 128}},
		{"a deflated data set", "(0002,0010) UI DeflatedExplicitVRLittleEndian\n" + layout(1, 8, 8, 0, "MONOCHROME2") + "(7FE0,0010) OW hex:0807060504030201",
			0, []float64{8, 7, 6, 5, 4, 3, 2, 1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			file := dicomtest.Build(tt.text)
			in, h := scan(t, file)
			if len(in.sets) != 1 {
				t.Fatalf("%d data sets with pixels, want 1: %v", len(in.sets), h.Problems)
			}
			syntax, _ := dict.LookupTransferSyntax(h.TransferSyntaxUID)
			r := newReader(bytes.NewReader(file), int64(len(file)), in.sets[0].picture, syntax)
			if syntax.Deflated {
				r = newReader(newInflated(bytes.NewReader(file), int64(len(file)), in.metaEnd), deflatedEnd, in.sets[0].picture, syntax)
			}
			var p plane
			if err := r.frame(tt.frame, &p); err != nil {
				t.Fatalf("frame: %v (of %d)", err, r.count)
			}
			var got []float64
			for _, v := range p.samples {
				got = append(got, p.low+p.step*float64(v))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("values (-want +got):\n%s", diff)
			}
		})
	}
}

func TestGrayOverIsWhiteWhereAnImageIsTransparent(t *testing.T) {
	m := image.NewNRGBA(image.Rect(3, 3, 5, 4))
	m.Set(3, 3, color.NRGBA{0, 0, 0, 0})
	m.Set(4, 3, color.NRGBA{0, 0, 0, 255})
	var p plane
	grayOf(m, &p)
	if diff := cmp.Diff([]uint16{255, 0}, p.samples); diff != "" {
		t.Errorf("grays (-want +got):\n%s", diff)
	}
}
