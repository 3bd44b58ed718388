package document_test

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sort"
	"strings"
	"testing"
	"time"

	"assay/internal/audit/document"
	"assay/internal/audit/finding"
	"assay/internal/audit/sniff"
	"assay/internal/audit/text"
)

func corpus(t *testing.T) string {
	t.Helper()
	folder := os.Getenv("ASSAY_CORPUS")
	if folder == "" {
		t.Skip("ASSAY_CORPUS is not set")
	}
	return folder
}

// inspect returns the findings about a file.
func inspect(t testing.TB, path string, b []byte) []finding.Finding {
	t.Helper()
	r := bytes.NewReader(b)
	kind, err := sniff.DetectFile(r, int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	var list []finding.Finding
	err = document.Inspect(t.Context(), r, int64(len(b)), kind, path, text.New(text.Options{}), func(f finding.Finding) { list = append(list, f) })
	if err != nil {
		t.Fatalf("Inspect(%s): %v", path, err)
	}
	return list
}

func TestHostileDocumentsEndAsTheManifestExpects(t *testing.T) {
	folder := corpus(t)
	// The rule that must be found; empty if the file may pass.
	want := map[string]string{
		"xml_cvat_billion_laughs.xml": "doc-refused", "xml_voc_quadratic.xml": "doc-refused",
		"json_coco_deep.json": "doc-refused", "json_coco_numbers.json": "", "csv_formula.csv": "",
		"png_30000x30000.png": "", "png_dims_2g.png": "img-dimensions",
		"nifti_dims_overflow.nii": "nifti-header-invalid", "nifti_negative_dim.nii": "nifti-header-invalid",
		"nifti_nan_offset.nii": "nifti-header-invalid", "gz_1gib.nii.gz": "nifti-header-invalid",
	}
	f, err := os.Open(filepath.Join(folder, "hostile", "MANIFEST.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, row := range rows[1:] {
		rule, ours := want[row[0]]
		if !ours {
			continue
		}
		seen++
		t.Run(row[0], func(t *testing.T) {
			b := stored(t, filepath.Join(folder, "hostile", row[0]), row[1])
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			list := inspect(t, row[0], b)
			took := time.Since(start)
			runtime.ReadMemStats(&after)
			rules := map[string]bool{}
			for _, f := range list {
				rules[f.Rule] = true
				t.Logf("%s %s %s: %s", f.Severity, f.Rule, f.Path, f.Message)
			}
			t.Logf("%v, %d MiB allocated; the manifest expects %q", took.Round(time.Millisecond), (after.TotalAlloc-before.TotalAlloc)>>20, row[6])
			if rule != "" && !rules[rule] {
				t.Errorf("found %v, want %s", rules, rule)
			}
			if allocated := after.TotalAlloc - before.TotalAlloc; allocated > 256<<20 {
				t.Errorf("%d MiB allocated, want at most 256", allocated>>20)
			}
		})
	}
	if seen != len(want) {
		t.Errorf("%d of %d files are in the manifest", seen, len(want))
	}
}

// stored reads a file of the corpus, out of its gzip if it is stored so.
func stored(t *testing.T, path, store string) []byte {
	t.Helper()
	if store == "gz" {
		path += ".gz"
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if store != "gz" {
		return b
	}
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if b, err = io.ReadAll(z); err != nil {
		t.Fatal(err)
	}
	return b
}

// TestAnnotationSetsHoldNoIdentifier holds that label files, tables and images
// of public annotation sets are read without a blocker about identifiers.
func TestAnnotationSetsHoldNoIdentifier(t *testing.T) {
	folder := filepath.Join(corpus(t), "annotations")
	files, blockers := 0, 0
	counts := map[string]int{}
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.Contains(path, "/faulty/") || strings.HasSuffix(path, "MANIFEST.csv") {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		files++
		name := strings.TrimPrefix(path, folder+"/")
		for _, f := range inspect(t, name, b) {
			counts[string(f.Severity)+" "+f.Rule]++
			if f.Severity == finding.Blocker {
				blockers++
				t.Errorf("%s: %s %s %s: %s", name, f.Rule, f.Path, f.Shape, f.Message)
			} else if testing.Verbose() {
				t.Logf("%s: %s %s %s: %s", name, f.Rule, f.Path, f.Shape, f.Message)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for key := range counts {
		lines = append(lines, key)
	}
	sort.Strings(lines)
	for _, key := range lines {
		t.Logf("%6d %s", counts[key], key)
	}
	t.Logf("%d files, %d blockers", files, blockers)
}
