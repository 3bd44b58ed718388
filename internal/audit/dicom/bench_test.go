package dicom_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"

	"assay/internal/audit/dicom"

	library "github.com/suyashkumar/dicom"
)

// The two benchmarks below read the same files, of suyashkumar/dicom's
// testdata, so that their ratio can be told: go test -bench 'Scan|Library'.

func BenchmarkScan(b *testing.B) {
	each(b, func(file []byte) error {
		_, err := dicom.Scan(b.Context(), bytes.NewReader(file), int64(len(file)), dicom.Limits{}, func(*dicom.Element) error { return nil })
		return err
	})
}

func BenchmarkScanAndDecodeText(b *testing.B) {
	each(b, func(file []byte) error {
		_, err := dicom.Scan(b.Context(), bytes.NewReader(file), int64(len(file)), dicom.Limits{}, func(e *dicom.Element) error {
			if e.VR.IsText() {
				_, err := dicom.Text(e, e.Charset)
				return err
			}
			return nil
		})
		return err
	})
}

func BenchmarkLibrarySkipPixelData(b *testing.B) {
	each(b, func(file []byte) error {
		_, err := library.Parse(io.Reader(bytes.NewReader(file)), int64(len(file)), nil, library.SkipPixelData())
		return err
	})
}

// each runs read on every file in its own sub-benchmark.
func each(b *testing.B, read func(file []byte) error) {
	for _, path := range libraryFiles(b) {
		file, err := os.ReadFile(path)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(filepath.Base(path), func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(file)))
			for b.Loop() {
				if err := read(file); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
