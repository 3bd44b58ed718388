package dicom_test

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"assay/internal/audit/dicom"
	"assay/internal/audit/finding"
)

// corpus returns a folder below ASSAY_CORPUS, or skips the test.
func corpus(t *testing.T, folder string) string {
	t.Helper()
	root := os.Getenv("ASSAY_CORPUS")
	if root == "" {
		t.Skip("ASSAY_CORPUS is not set: the folder of test files of many origins is not here")
	}
	return filepath.Join(root, folder)
}

// table reads a CSV file into one map a row.
func table(t *testing.T, path string) []map[string]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var list []map[string]string
	for _, row := range rows[1:] {
		m := make(map[string]string, len(row))
		for i, name := range rows[0] {
			m[name] = row[i]
		}
		list = append(list, m)
	}
	return list
}

// load reads a file, inflating one that is stored as gzip.
func load(t *testing.T, path string) []byte {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var r io.Reader = f
	if strings.HasSuffix(path, ".gz") {
		if r, err = gzip.NewReader(f); err != nil {
			t.Fatal(err)
		}
	}
	const bound = 256 << 20
	b, err := io.ReadAll(io.LimitReader(r, bound))
	if err != nil {
		t.Fatal(err)
	}
	if len(b) == bound {
		t.Fatalf("%s is larger than %d bytes", path, bound)
	}
	return b
}

func TestFilesThatTwoOtherReadersReadAreRead(t *testing.T) {
	dir := corpus(t, "dicom")
	both, read := 0, 0
	for _, row := range table(t, filepath.Join(dir, "EXPECTED.csv")) {
		b := load(t, filepath.Join(dir, row["path"]))
		h, err := dicom.Scan(t.Context(), bytes.NewReader(b), int64(len(b)), dicom.Limits{}, nil)
		if err != nil {
			t.Errorf("%s: %v", row["path"], err)
			continue
		}
		isBoth := row["pydicom_parse"] == "y" && row["dcmdump_rc"] == "0"
		if isBoth {
			both++
			if h.Status == dicom.Read {
				read++
			}
		}
		if h.Status != dicom.Read || !isBoth {
			t.Logf("both=%v %s %s: %s", isBoth, row["path"], h.Status, h.Reason)
		}
		for _, p := range h.Problems {
			t.Logf("   %s %s %s %s %s @%d x%d", p.Severity, p.Rule, p.Path, p.Message, row["path"], p.Offset, p.Count)
		}
	}
	t.Logf("%d of %d", read, both)
}

func TestHostileFilesAreRefusedOrTold(t *testing.T) {
	dir := corpus(t, "hostile")
	for _, row := range table(t, filepath.Join(dir, "MANIFEST.csv")) {
		name := row["path"]
		if name == "" {
			name = row["file"]
		}
		if !strings.HasPrefix(name, "dcm_") {
			continue
		}
		path := filepath.Join(dir, name)
		if _, err := os.Stat(path); err != nil {
			path += ".gz"
		}
		b := load(t, path)
		start := time.Now()
		h, err := dicom.Scan(t.Context(), bytes.NewReader(b), int64(len(b)), dicom.Limits{}, nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		worst := finding.Severity("none")
		for _, p := range h.Problems {
			if worst == "none" || p.Severity.Rank() < worst.Rank() {
				worst = p.Severity
			}
		}
		t.Logf("%s: expect %q: %s worst %s %s %v", name, row["expect"], h.Status, worst, h.Reason, time.Since(start))
		for _, p := range h.Problems {
			t.Logf("   %s %s %s %s @%d x%d", p.Severity, p.Rule, p.Path, p.Message, p.Offset, p.Count)
		}
	}
}
