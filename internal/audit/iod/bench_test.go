package iod_test

import (
	"bytes"
	"testing"

	"assay/internal/audit/dicom"
	"assay/internal/audit/finding"
	"assay/internal/audit/iod"
	"assay/internal/audit/synth"
)

// BenchmarkChecker measures one made CT image: the scan alone, and with the
// checker.
func BenchmarkChecker(b *testing.B) {
	files, err := synth.Series(synth.Spec{Modality: synth.CT, Slices: 1})
	if err != nil {
		b.Fatal(err)
	}
	data := files[0].Data
	for _, with := range []bool{false, true} {
		name := "scan"
		if with {
			name = "scan and checker"
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c := iod.New(func(finding.Finding) {})
				h, err := dicom.Scan(b.Context(), bytes.NewReader(data), int64(len(data)), dicom.Limits{}, func(e *dicom.Element) error {
					if with {
						c.Element(e, "1")
					}
					return nil
				})
				if err != nil {
					b.Fatal(err)
				}
				if with {
					c.Done(h)
				}
			}
		})
	}
}
