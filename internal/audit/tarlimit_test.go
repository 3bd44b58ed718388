package audit_test

import (
	"archive/tar"
	"bytes"
	"fmt"
	"testing"

	"assay/internal/audit"
)

// A folder arrives as a tar, and may have more files than an archive entries.
func TestAFolderSentAsATarHasTheLimitOfAFolder(t *testing.T) {
	var folder bytes.Buffer
	w := tar.NewWriter(&folder)
	for i := range 30 {
		if err := w.WriteHeader(&tar.Header{Name: fmt.Sprintf("notes/%02d.txt", i), Size: 3, Mode: 0o644, Typeflag: tar.TypeReg}); err != nil {
			t.Fatal(err)
		}
		w.Write([]byte("one"))
	}
	w.Close()
	for _, tt := range []struct {
		name  string
		files int
		want  int // findings that refuse the archive
	}{{"within the folder's limit", 40, 0}, {"over both", 20, 1}} {
		r, err := audit.RunFile(t.Context(), "folder.tar", bytes.NewReader(folder.Bytes()), int64(folder.Len()),
			audit.Options{Limits: audit.Limits{ArchiveEntries: 10, Files: tt.files}})
		if err != nil {
			t.Fatal(err)
		}
		refused := 0
		for _, f := range r.Findings {
			if f.Severity == "blocker" {
				refused++
			}
		}
		if refused != tt.want || (tt.want == 0 && r.Input.Files != 30) {
			t.Errorf("%s: %d blockers over %d files, want %d", tt.name, refused, r.Input.Files, tt.want)
		}
	}
}
