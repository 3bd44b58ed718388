package pixel

import (
	"bytes"
	"context"
	"testing"

	"assay/internal/audit/dicom"
	"assay/internal/audit/dicom/dicomtest"
	"assay/internal/audit/sniff"
)

// FuzzFrames inspects the pixels of any DICOM file: whatever it holds, the
// rasters stay within their bounds and no reader panics.
func FuzzFrames(f *testing.F) {
	for _, text := range []string{
		layout(1, 16, 12, 1, "MONOCHROME2") + "(0028,0008) IS 2\n(7FE0,0010) OW zeros:32",
		layout(3, 8, 8, 0, "RGB") + "(0028,0006) US 1\n(7FE0,0010) OW zeros:24",
		layout(1, 1, 1, 0, "MONOCHROME2") + "(7FE0,0010) OW hex:A50F",
		layout(1, 32, 32, 0, "MONOCHROME2") + "(7FE0,0010) OW zeros:32",
		"(0002,0010) UI RLELossless\n" + layout(1, 8, 8, 0, "MONOCHROME2") + "(7FE0,0010) OB fragments:|0100000040000000" + zeros(112) + "F900F801",
		"(0002,0010) UI JPEGBaseline8Bit\n" + layout(1, 8, 8, 0, "MONOCHROME2") + "(7FE0,0010) OB fragments:00000000|FFD8FFC0000B08000200040101110000",
		"(0002,0010) UI DeflatedExplicitVRLittleEndian\n" + layout(1, 8, 8, 0, "MONOCHROME2") + "(7FE0,0010) OW zeros:8",
		"(6000,0010) US 4\n(6000,0011) US 4\n(6000,0100) US 1\n(6000,0102) US 0\n(6000,3000) OW hex:A50F\n" + layout(1, 16, 12, 0, "MONOCHROME2") + "(6002,0100) US 16\n(6002,0102) US 13\n(7FE0,0010) OW zeros:16",
		"(0088,0200) SQ\n  - (0028,0010) US 4\n    (0028,0011) US 4\n    (0028,0100) US 8\n    (7FE0,0010) OW zeros:16\n",
	} {
		f.Add(dicomtest.Build(text))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		in := New()
		h, err := dicom.Scan(context.Background(), bytes.NewReader(file), int64(len(file)), dicom.Limits{}, func(e *dicom.Element) error {
			in.Element(e, string(e.Value))
			return nil
		})
		if err != nil {
			return
		}
		checkFacts(t, in.Done(bytes.NewReader(file), int64(len(file)), h))
	})
}

// FuzzRLE decodes any bytes as an RLE frame.
func FuzzRLE(f *testing.F) {
	f.Add([]byte{1, 0, 0, 0, 64}, uint8(4), uint8(1), uint8(1))
	f.Fuzz(func(t *testing.T, frame []byte, pixels, samples, size uint8) {
		n, s, b := int(pixels)+1, int(samples)%4+1, int(size)%4+1
		_ = unpackFrame(make([]byte, n*s*b), frame, n, s, b)
	})
}

// FuzzImage looks at any bytes as an image of each kind.
func FuzzImage(f *testing.F) {
	f.Add([]byte("GIF89a\x04\x00\x02\x00\x80\x00\x00"))
	f.Add([]byte("BM"))
	f.Add([]byte("II*\x00\x08\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, file []byte) {
		for _, kind := range []sniff.Kind{sniff.PNG, sniff.JPEG, sniff.GIF, sniff.BMP, sniff.WebP, sniff.TIFF} {
			checkFacts(t, InspectImage(bytes.NewReader(file), int64(len(file)), kind))
		}
	})
}

func checkFacts(t *testing.T, facts Facts) {
	if len(facts.Rasters) > maxRasters {
		t.Errorf("%d rasters", len(facts.Rasters))
	}
	for _, r := range facts.Rasters {
		if len(r.Gray) != r.Width*r.Height || len(r.Gray) > maxRasterPixels {
			t.Errorf("raster of %d x %d with %d bytes", r.Width, r.Height, len(r.Gray))
		}
		for _, p := range r.Parts {
			if p.Box.X < 0 || p.Box.Y < 0 || p.Box.X+p.Box.Width > r.Width || p.Box.Y+p.Box.Height > r.Height {
				t.Errorf("part %v outside of %d x %d", p.Box, r.Width, r.Height)
			}
		}
	}
}

func zeros(digits int) string { return string(bytes.Repeat([]byte("0"), digits)) }
