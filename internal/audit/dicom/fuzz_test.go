package dicom_test

import (
	"bytes"
	"fmt"
	"testing"

	"assay/internal/audit/dicom"
	"assay/internal/audit/dicom/dicomtest"

	"github.com/google/go-cmp/cmp"
)

// A damaged file may be refused; it must not crash the program, run past the
// file, or show elements that contradict themselves.
func FuzzScanKeepsItsPromises(f *testing.F) {
	for _, syntax := range []string{"ImplicitVRLittleEndian", "ExplicitVRLittleEndian", "ExplicitVRBigEndian", "DeflatedExplicitVRLittleEndian"} {
		for _, undefined := range []bool{false, true} {
			f.Add(dicomtest.BuildWith(fmt.Sprintf(nested, syntax), dicomtest.Options{UndefinedLengths: undefined}))
		}
	}
	f.Add(dicomtest.Build(image + "(7FE0,0010) OW zeros:32"))
	f.Add(dicomtest.Build(jpeg + "(7FE0,0010) OB fragments:ffd8|ffd9"))
	f.Add(dicomtest.Build(start + levels(65)))
	f.Add(dicomtest.Build(start + "(0009,0010) LO ACME\n(0009,1001) UN hex:feff00e00a000000100010000200000041 20"))
	f.Add(dicomtest.BuildWith(start, dicomtest.Options{NoMeta: true}))
	lim := dicom.Limits{Elements: 10_000, InflateBytes: 4 << 20}
	f.Fuzz(func(t *testing.T, file []byte) {
		size := int64(len(file))
		seen := 0
		h, err := dicom.Scan(t.Context(), bytes.NewReader(file), size, lim, func(e *dicom.Element) error {
			seen++
			if e.Depth != len(e.Parents) || e.Depth > 64 || e.ValueOffset < e.Offset || e.Offset < 0 {
				t.Fatalf("element contradicts itself: %+v", e)
			}
			if e.Length >= 0 && int64(len(e.Value)) > e.Length {
				t.Fatalf("%s: value of %d bytes, length %d", e.Path(), len(e.Value), e.Length)
			}
			dicom.Text(e, e.Charset)
			return nil
		})
		if err != nil {
			t.Fatalf("Scan: %v", err)
		}
		if (h.Status == dicom.Refused) != (h.Reason != "") {
			t.Fatalf("status %s with reason %q", h.Status, h.Reason)
		}
		again, err := dicom.Scan(t.Context(), bytes.NewReader(file), size, lim, nil)
		if err != nil || !cmp.Equal(h.Problems, again.Problems) {
			t.Fatalf("the second scan differs (-first +second):\n%s%v", cmp.Diff(h.Problems, again.Problems), err)
		}
		blocked := false
		for _, p := range h.Problems {
			blocked = blocked || p.Severity == "blocker"
		}
		if h.Status == dicom.Refused && !blocked && len(h.Problems) < 100 {
			t.Fatalf("refused (%s) without a blocker: %v", h.Reason, h.Problems)
		}
		if seen > h.Elements {
			t.Fatalf("%d elements shown, %d counted", seen, h.Elements)
		}
	})
}
