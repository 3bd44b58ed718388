package pixel_test

import (
	"bytes"
	"slices"
	"testing"

	"assay/internal/audit/deid"
	"assay/internal/audit/dicom"
	"assay/internal/audit/dicom/dicomtest"
	"assay/internal/audit/iod/iodtest"
	"assay/internal/audit/pixel"
)

// inspected returns an inspector that has seen a file.
func inspected(t *testing.T, text string) (*pixel.Inspector, *dicom.Header, []byte) {
	t.Helper()
	data := dicomtest.Build(iodtest.Complete(text, 1))
	in := pixel.New()
	h, err := dicom.Scan(t.Context(), bytes.NewReader(data), int64(len(data)), dicom.Limits{}, func(e *dicom.Element) error {
		value, _ := dicom.Text(e, e.Charset)
		in.Element(e, value)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return in, h, data
}

func TestFaceTellsTheHeadFromOtherParts(t *testing.T) {
	const ct = "(0008,0016) UI CTImageStorage\n"
	tests := []struct {
		name, text string
		want       pixel.Region
	}{
		{"the part says head", ct + "(0018,0015) CS HEAD", pixel.RegionHead},
		{"the part says another, and the description nothing", ct + "(0008,103E) LO routine\n(0018,0015) CS KNEE", pixel.RegionOther},
		{"a description names the brain though the part is of the neck", ct + "(0008,103E) LO BRAIN W/O\n(0018,0015) CS NECK", pixel.RegionHead},
		{"a word of the head does not count beside another part", ct + "(0008,103E) LO head of pancreas\n(0018,0015) CS ABDOMEN", pixel.RegionOther},
		{"a word of the head counts alone", ct + "(0018,1030) LO 1.1 Head^Routine", pixel.RegionHead},
		{"the head of a bone is none", ct + "(0008,1030) LO CT femoral head", pixel.RegionOther},
		{"head first says how the patient lay", ct + "(0018,1030) LO head first supine", pixel.RegionOther},
		{"an overhead view is no head", ct + "(0018,1030) LO overhead arms", pixel.RegionOther},
		{"a German description", ct + "(0008,0005) CS ISO_IR 192\n(0008,103E) LO Schädel nativ", pixel.RegionHead},
		{"a coded region", ct + "(0008,2218)[1]/(0008,0104) LO Head", pixel.RegionHead},
		{"nothing is said", ct, pixel.RegionUnsaid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in, h, _ := inspected(t, tt.text+"\n")
			if got := in.Face(h).Region; got != tt.want {
				t.Errorf("Face(%q).Region = %d, want %d", tt.text, got, tt.want)
			}
		})
	}
}

func TestLossIsFoundInTheTransferSyntaxToo(t *testing.T) {
	tests := []struct {
		name, syntax, lossy string
		want                bool
	}{
		{"baseline JPEG always loses", "JPEGBaseline8Bit", "00", true},
		{"JPEG 2000 may, and says that it did", "JPEG2000", "01", true},
		{"JPEG 2000 may, and says that it did not", "JPEG2000", "00", false},
		{"run lengths lose nothing", "RLELossless", "00", false},
		{"a native image made from a lossy one", "ExplicitVRLittleEndian", "01", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in, h, _ := inspected(t, "(0002,0010) UI "+tt.syntax+"\n(0008,0016) UI CTImageStorage\n(0028,2110) CS "+tt.lossy+"\n(7FE0,0010) OB fragments:00000000\n")
			if got := has(in, h, nil, "pix-lossy"); got != tt.want {
				t.Errorf("pix-lossy = %v, want %v", got, tt.want)
			}
			if has(in, h, &deid.Claims{Compression: deid.CompressionLossy}, "pix-lossy") {
				t.Error("pix-lossy is found though the loss is declared")
			}
		})
	}
}

func has(in *pixel.Inspector, h *dicom.Header, claims *deid.Claims, rule string) bool {
	for _, f := range in.HeaderFindings(h, claims) {
		if f.Rule == rule {
			return true
		}
	}
	return false
}

func TestRisksAreReasonsToLookForText(t *testing.T) {
	tests := []struct {
		name, text string
		want       []string
	}{
		{"a plain MR image has none", "(0008,0016) UI MRImageStorage\n(0008,0060) CS MR", nil},
		{"a frame type counts as an image type", "(0008,0016) UI EnhancedMRImageStorage\n(0008,0060) CS MR\n(5200,9229)[1]/(0018,9226)[1]/(0008,9007) CS DERIVED\\PRIMARY", []string{"image type DERIVED"}},
		{"an image that admits text", "(0008,0016) UI CTImageStorage\n(0008,0060) CS CT\n(0028,0301) CS YES", []string{"BurnedInAnnotation says YES"}},
		{"a document has pages", "(0008,0016) UI EncapsulatedPDFStorage\n(0008,0060) CS DOC", []string{"a document in a DICOM file"}},
		{"a text report has no image", "(0008,0016) UI BasicTextSRStorage\n(0008,0060) CS SR", nil},
		{"a number with a letter is no 3D", "(0008,0016) UI CTImageStorage\n(0008,0060) CS CT\n(0008,103E) LO AX 1.3Dx", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in, h, data := inspected(t, tt.text+"\n")
			if got := in.Done(bytes.NewReader(data), int64(len(data)), h).Risks; !slices.Equal(got, tt.want) {
				t.Errorf("Risks = %q, want %q", got, tt.want)
			}
		})
	}
}
