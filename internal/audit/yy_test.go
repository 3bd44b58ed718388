package audit_test

import (
	"os"
	"testing"

	"assay/internal/audit"
)

func BenchmarkYY(b *testing.B) {
	zzFiles(b)
	root, err := os.OpenRoot("/tmp/s2set")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := audit.Run(b.Context(), root.FS(), audit.Options{NoOCR: true}); err != nil {
			b.Fatal(err)
		}
	}
}
