package audit_test

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	second "github.com/suyashkumar/dicom"

	"assay/internal/audit"
)

// BenchmarkHeaderAudit inspects the header of each file that the library
// ships, without a look at pixels.
func BenchmarkHeaderAudit(b *testing.B) {
	eachLibraryFile(b, func(b *testing.B, data []byte) {
		opts := audit.InspectOptions{Key: [32]byte{1}, Limits: audit.DefaultLimits(), NoPixels: true, SecondReader: 1 << 31}
		b.ReportAllocs()
		for b.Loop() {
			f := audit.File{Path: "series/0001.dcm", SizeBytes: int64(len(data)), Content: bytes.NewReader(data)}
			if _, err := audit.Inspect(b.Context(), f, opts); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkLibraryHeader is the peer: the library's parser, without pixels.
func BenchmarkLibraryHeader(b *testing.B) {
	eachLibraryFile(b, func(b *testing.B, data []byte) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := second.Parse(bytes.NewReader(data), int64(len(data)), nil, second.SkipPixelData()); err != nil && err != io.EOF {
				b.Fatal(err)
			}
		}
	})
}

// eachLibraryFile runs a sub-benchmark on each DICOM file that the module
// suyashkumar/dicom ships.
func eachLibraryFile(b *testing.B, f func(b *testing.B, data []byte)) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/suyashkumar/dicom").Output()
	if err != nil {
		b.Fatalf("go list: %v", err)
	}
	names, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(out)), "testdata", "*.dcm"))
	if err != nil || len(names) == 0 {
		b.Fatalf("no files of the library: %v", err)
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(filepath.Base(name), func(b *testing.B) { f(b, data) })
	}
}
