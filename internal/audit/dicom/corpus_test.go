package dicom_test

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"assay/internal/audit/dicom"
	"assay/internal/audit/finding"

	"github.com/google/go-cmp/cmp"
	library "github.com/suyashkumar/dicom"
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

// unread names the files that pydicom and dcmdump both read and Scan refuses,
// with the cause.
var unread = map[string]string{}

func TestFilesThatTwoOtherReadersReadAreRead(t *testing.T) {
	dir := corpus(t, "dicom")
	both, read, elements := 0, 0, 0
	for _, row := range table(t, filepath.Join(dir, "EXPECTED.csv")) {
		b := load(t, filepath.Join(dir, row["path"]))
		filled := make(map[string]bool)
		h, err := dicom.Scan(t.Context(), bytes.NewReader(b), int64(len(b)), dicom.Limits{}, func(e *dicom.Element) error {
			if len(bytes.Trim(e.Value, " \x00")) > 0 {
				filled[e.Keyword()] = true
			}
			return nil
		})
		if err != nil {
			t.Errorf("%s: %v", row["path"], err)
			continue
		}
		elements += h.Elements
		for _, keyword := range strings.Fields(row["direct_columns"]) {
			if !filled[keyword] {
				t.Errorf("%s: %s, which others see filled, was not seen", row["path"], keyword)
			}
		}
		if row["pydicom_parse"] != "y" || row["dcmdump_rc"] != "0" {
			if h.Status == dicom.Refused {
				t.Logf("refused, as one of the others does: %s: %s", row["path"], h.Reason)
			}
			continue
		}
		both++
		if h.Status == dicom.Read {
			read++
			continue
		}
		if _, ok := unread[row["path"]]; !ok {
			t.Errorf("%s is refused: %s", row["path"], h.Reason)
		}
	}
	t.Logf("%d of the %d files that both others read are read; %d elements", read, both, elements)
	if both == 0 || read*100 < both*98 {
		t.Errorf("%d of %d files are read, want at least 98 %%", read, both)
	}
}

func TestHostileFilesAreRefusedOrTold(t *testing.T) {
	dir := corpus(t, "hostile")
	var before, after runtime.MemStats
	for _, row := range table(t, filepath.Join(dir, "MANIFEST.csv")) {
		name := row["file"]
		if !strings.HasPrefix(name, "dcm_") {
			continue
		}
		path := filepath.Join(dir, name)
		if row["store"] == "gz" {
			path += ".gz"
		}
		b := load(t, path)
		runtime.ReadMemStats(&before)
		h, err := dicom.Scan(t.Context(), bytes.NewReader(b), int64(len(b)), dicom.Limits{}, nil)
		runtime.ReadMemStats(&after)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := after.TotalAlloc - before.TotalAlloc; got > 32<<20 {
			t.Errorf("%s: %d bytes allocated, want at most 32 MiB", name, got)
		}
		worst := ""
		for _, p := range h.Problems {
			if worst == "" || p.Severity.Rank() < finding.Severity(worst).Rank() {
				worst = string(p.Severity)
			}
		}
		switch expect := row["expect"]; {
		case expect == "parse ok":
			if h.Status != dicom.Read || worst != "" {
				t.Errorf("%s: %s with a %s, want no problem", name, h.Status, worst)
			}
		case expect == "error", strings.HasPrefix(expect, "error;"), strings.HasPrefix(expect, "error:"):
			if worst != string(finding.Blocker) {
				t.Errorf("%s: worst problem %q, want a blocker", name, worst)
			}
		case strings.HasPrefix(expect, "error or finding"), strings.HasPrefix(expect, "finding: executable"), row["kind"] == "dicom-polyglot" && strings.HasPrefix(expect, "finding"):
			if worst != string(finding.Blocker) && worst != string(finding.Warning) {
				t.Errorf("%s: worst problem %q, want a warning or a blocker", name, worst)
			}
		case strings.HasPrefix(expect, "NOT an error"):
			if h.Status != dicom.Read || worst != string(finding.Info) {
				t.Errorf("%s: %s with %q, want a file that is read with an info", name, h.Status, worst)
			}
		}
	}
}

func TestReferenceFilesOfTheLibraryAgreeElementByElement(t *testing.T) {
	files := libraryFiles(t)
	for _, path := range files {
		b := load(t, path)
		var got []string
		h, err := dicom.Scan(t.Context(), bytes.NewReader(b), int64(len(b)), dicom.Limits{}, func(e *dicom.Element) error {
			if e.Depth == 0 {
				got = append(got, fmt.Sprintf("%04X,%04X", e.Tag.Group(), e.Tag.Element()))
			}
			return nil
		})
		if err != nil || h.Status != dicom.Read {
			t.Errorf("%s: %v, %+v", filepath.Base(path), err, h)
			continue
		}
		set, err := library.Parse(bytes.NewReader(b), int64(len(b)), nil, library.SkipPixelData())
		if err != nil {
			t.Fatalf("%s: %v", filepath.Base(path), err)
		}
		var want []string
		for _, e := range set.Elements {
			want = append(want, fmt.Sprintf("%04X,%04X", e.Tag.Group, e.Tag.Element))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: elements (-library +got):\n%s", filepath.Base(path), diff)
		}
	}
	if len(files) < 5 {
		t.Errorf("%d files in the library's testdata, want at least 5", len(files))
	}
}

// libraryFiles returns the DICOM files that the suyashkumar/dicom module ships.
func libraryFiles(t testing.TB) []string {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/suyashkumar/dicom").Output()
	if err != nil {
		t.Skipf("go list: %v", err)
	}
	files, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(out)), "testdata", "*.dcm"))
	if err != nil {
		t.Fatal(err)
	}
	return files
}
