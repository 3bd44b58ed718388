package conform_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"assay/internal/audit/conform"
	"assay/internal/audit/dicom"
	"assay/internal/audit/finding"
)

// BenchmarkCheck scans a file of suyashkumar/dicom's testdata, decodes its
// text and checks every element; compare with BenchmarkScan of package dicom.
func BenchmarkCheck(b *testing.B) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/suyashkumar/dicom").Output()
	if err != nil {
		b.Skipf("go list: %v", err)
	}
	file, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(out)), "testdata", "1.dcm"))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		c := conform.New("1.dcm", func(finding.Finding) {})
		h, err := dicom.Scan(b.Context(), bytes.NewReader(file), int64(len(file)), dicom.Limits{}, func(e *dicom.Element) error {
			if e.VR.IsText() {
				text, err := dicom.Text(e, e.Charset)
				c.Element(e, text, err)
				return nil
			}
			c.Element(e, "", nil)
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
		c.Done(h)
	}
}
