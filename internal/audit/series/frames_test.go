package series_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"assay/internal/audit/dicom"
	"assay/internal/audit/dicom/dicomtest"
	"assay/internal/audit/series"
)

// multiFrame makes an object with one frame at each place.
func multiFrame(modality string, frames []series.Place) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "(0008,0016) UI EnhancedMRImageStorage\n(0008,0018) UI 2.25.1\n(0008,0060) CS %s\n(0020,000D) UI 2.25.2\n(0020,000E) UI 2.25.3\n", modality)
	fmt.Fprintf(&b, "(0028,0008) IS %d\n(0028,0010) US 4\n(0028,0011) US 4\n(0028,0100) US 8\n", len(frames))
	b.WriteString("(5200,9229) SQ\n  - (0020,9116) SQ\n    - (0020,0037) DS 1\\0\\0\\0\\1\\0\n  - (0028,9110) SQ\n    - (0028,0030) DS 0.7\\0.7\n(5200,9230) SQ\n")
	for _, f := range frames {
		fmt.Fprintf(&b, "  - (0020,9111) SQ\n    - (0020,9128) UL %d\n", f.Phase[0])
		fmt.Fprintf(&b, "    (0020,9113) SQ\n    - (0020,0032) DS %.4g\\%.4g\\%.4g\n", f.Position[0], f.Position[1], f.Position[2])
		if f.Orientation != axial {
			o := f.Orientation
			fmt.Fprintf(&b, "    (0020,9116) SQ\n    - (0020,0037) DS %g\\%g\\%g\\%g\\%g\\%g\n", o[0], o[1], o[2], o[3], o[4], o[5])
		}
	}
	fmt.Fprintf(&b, "(7FE0,0010) OB hex:%s\n", strings.Repeat("01", 16*len(frames)))
	return dicomtest.Build(b.String())
}

func framesOf(t *testing.T, data []byte) series.FrameResult {
	t.Helper()
	var r series.Reader
	_, err := dicom.Scan(t.Context(), bytes.NewReader(data), int64(len(data)), dicom.Limits{}, func(e *dicom.Element) error {
		text := ""
		if e.VR.IsText() {
			text, _ = dicom.Text(e, e.Charset)
		}
		r.Element(e, text)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return r.Frames()
}

func TestFramesOfOneInstance(t *testing.T) {
	tests := []struct {
		name, modality string
		frames         []series.Place
		want           []string
		step           float64
	}{
		{"even frames", "MR", stack(axial, even(20, 3)...), nil, 3},
		{"frames of three times", "MR", phases(3, true, stack(axial, even(8, 3)...)), nil, 3},
		{"a frame is missing", "CT", without(stack(axial, even(20, 3)...), 7),
			[]string{"warning ImagePositionPatient [6 7]: Two neighboring slices lie 6 mm apart where 3 mm are usual: 1 slice is missing."}, 3},
		{"a frame has another direction", "CT", append(stack(axial, even(20, 3)...), stack(coronal, 4)...),
			[]string{"warning ImageOrientationPatient [20]: ImageOrientationPatient differs inside a series: 1 of 21 images differ from most."}, 3},
		{"tiles of a slide are no slices", "SM", without(stack(axial, even(20, 3)...), 7), nil, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := framesOf(t, multiFrame(tt.modality, tt.frames))
			if diff := cmp.Diff(tt.want, lines(r.Result)); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
			if r.StepMM != tt.step {
				t.Errorf("usual step = %v, want %v", r.StepMM, tt.step)
			}
		})
	}
}
