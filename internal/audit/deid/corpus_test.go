package deid_test

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/csv"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"assay/internal/audit/deid"
	"assay/internal/audit/dicom"
	"assay/internal/audit/finding"
	"assay/internal/audit/text"
)

// corpus returns the folder of the wider corpus, or skips the test.
func corpus(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("ASSAY_CORPUS")
	if dir == "" {
		t.Skip("ASSAY_CORPUS is not set: the corpus is not here")
	}
	return dir
}

func testHash(value string) deid.Hash {
	mac := hmac.New(sha256.New, []byte("a key of this test"))
	mac.Write([]byte(value))
	var h deid.Hash
	copy(h[:], mac.Sum(nil))
	return h
}

// inspect returns the facts of a file and whether it was read to its end.
func inspect(t *testing.T, content []byte, claims *deid.Claims) (deid.Facts, *dicom.Header) {
	t.Helper()
	in := deid.New(claims, deid.Config{Hash: testHash})
	header, err := dicom.Scan(context.Background(), bytes.NewReader(content), int64(len(content)), dicom.Limits{}, in.Visit)
	if err != nil {
		t.Fatalf("Scan: %v", err)
	}
	if header.HasPreamble {
		in.Preamble(content[:128])
	}
	return in.Done(), header
}

// all returns the findings of one file, held ones as they stand.
func all(f deid.Facts) []finding.Finding {
	list := f.Findings
	for _, h := range f.Held {
		list = append(list, h.Finding)
	}
	finding.Sort(list)
	return list
}

type planted struct {
	Kind, Path, Value, Tag string
}

type truth struct {
	File  string
	Clean bool
	Items []planted
}

func readTruth(t *testing.T, dir string) []truth {
	t.Helper()
	var all struct{ Files []truth }
	b, err := os.ReadFile(filepath.Join(dir, "truth.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &all); err != nil {
		t.Fatal(err)
	}
	return all.Files
}

// Kinds that need pixels or the text of documents are not checked here.
var beyondHeaders = map[string]bool{"burned_in_pixels": true, "icon_pixels": true, "overlay_pixels": true, "encapsulated_pdf": true}

func TestPlantedIdentifiersOfTheCorpusAreFound(t *testing.T) {
	dir := filepath.Join(corpus(t), "phi")
	found, planted := map[string]int{}, map[string]int{}
	for _, f := range readTruth(t, dir) {
		content, err := os.ReadFile(filepath.Join(dir, f.File))
		if err != nil {
			t.Fatal(err)
		}
		facts, _ := inspect(t, content, nil)
		list := all(facts)
		if f.Clean {
			for _, x := range list {
				// An encapsulated document is one until its text is read.
				if x.Severity == finding.Blocker && x.Rule != "phi-encapsulated-doc" {
					t.Errorf("%s is clean, but %s is a blocker at %s (%s): %s", f.File, x.Rule, x.Path, x.Shape, x.Message)
				}
			}
			continue
		}
		for _, item := range f.Items {
			if beyondHeaders[item.Kind] {
				continue
			}
			planted[item.Kind]++
			if item.Kind == "file_name" && len(text.New(text.Options{}).ScanName(f.File)) > 0 || isFound(list, item) {
				found[item.Kind]++
				continue
			}
			t.Errorf("%s: %s at %s is not found among %v", f.File, item.Kind, item.Path, brief(list))
		}
	}
	for kind, n := range planted {
		t.Logf("%s: %d of %d", kind, found[kind], n)
	}
}

// isFound reports whether a finding of more than info names the attribute.
func isFound(list []finding.Finding, item planted) bool {
	steps := strings.Split(item.Path, ".")
	last := steps[len(steps)-1]
	for _, f := range list {
		if f.Severity == finding.Info {
			continue
		}
		private := strings.HasPrefix(item.Path, "private(") && strings.HasPrefix(f.Path, "("+item.Path[8:12]+",")
		if strings.HasSuffix(f.Path, " "+last) || f.Path == item.Path || private || strings.HasPrefix(last, "OverlayLabel") && strings.Contains(f.Path, "OverlayLabel") {
			return true
		}
	}
	return false
}

func brief(list []finding.Finding) []string {
	var out []string
	for _, f := range list {
		out = append(out, string(f.Severity[:1])+" "+f.Rule+" "+f.Path)
	}
	return out
}

func TestFilledIdentifiersOfTheCorpusAreFound(t *testing.T) {
	dir := filepath.Join(corpus(t), "dicom")
	f, err := os.Open(filepath.Join(dir, "EXPECTED.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	column := map[string]int{}
	for i, name := range rows[0] {
		column[name] = i
	}
	filled, missed, files := 0, 0, 0
	for _, row := range rows[1:] {
		content, err := os.ReadFile(filepath.Join(dir, row[column["path"]]))
		if err != nil {
			t.Fatal(err)
		}
		facts, header := inspect(t, content, nil)
		if header.Status != dicom.Read {
			t.Logf("not read to its end: %s: %s", row[column["path"]], header.Reason)
			if row[column["pydicom_parse"]] != "y" {
				continue
			}
		}
		files++
		list := all(facts)
		for _, keyword := range strings.Fields(row[column["direct_columns"]]) {
			filled++
			hit := false
			for _, x := range list {
				hit = hit || strings.HasSuffix(x.Path, " "+keyword)
			}
			if !hit {
				missed++
				t.Errorf("%s: %s is filled, but not found among %v", row[column["path"]], keyword, brief(list))
			}
		}
	}
	t.Logf("%d files, %d filled identifiers, %d missed", files, filled, missed)
}

// What the rules of a set find in the zip files of the corpus: for each, the
// rule that must be there.
func TestFaultySetsOfTheCorpusAreFound(t *testing.T) {
	dir := filepath.Join(corpus(t), "sets")
	tests := []struct {
		file string
		want []string // severity, rule, keyword
	}{
		{"clean_ct_series.zip", nil},
		{"real_dates_claimed_shifted.zip", []string{"blocker deid-claim-mismatch SOPInstanceUID", "warning deid-claim-mismatch ImageComments", "warning phi-uid-original SOPInstanceUID", "warning text-date ImageComments"}},
		{"safe_harbor_with_full_dates.zip", []string{"blocker phi-date-real StudyDate", "blocker phi-date-real AcquisitionDate", "blocker phi-date-real ContentDate", "blocker phi-birth-date PatientBirthDate", "blocker phi-date-precise-with-safe-harbor DeidentificationMethodCodeSequence"}},
		{"phi_in_filenames.zip", []string{"blocker name-in-path name", "warning name-in-path name"}},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			z, err := zip.OpenReader(filepath.Join(dir, tt.file))
			if err != nil {
				t.Fatal(err)
			}
			defer z.Close()
			set, got := deid.NewSet(), map[string]int{}
			count := func(_ int, f finding.Finding) {
				got[string(f.Severity)+" "+f.Rule+" "+f.Path[strings.LastIndexByte(f.Path, ' ')+1:]]++
			}
			instances := 0
			for _, entry := range z.File {
				for _, h := range text.New(text.Options{}).ScanName(entry.Name) {
					got[string(h.Severity)+" "+h.Rule.ID+" name"]++
				}
				if strings.HasSuffix(entry.Name, "/") {
					continue
				}
				r, err := entry.Open()
				if err != nil {
					t.Fatal(err)
				}
				content, err := io.ReadAll(r)
				if err != nil {
					t.Fatal(err)
				}
				facts, _ := inspect(t, content, nil)
				for _, f := range facts.Findings {
					count(instances, f)
				}
				set.Add(instances, &facts)
				instances++
			}
			set.Conclude(count)
			for _, want := range tt.want {
				if got[want] != instances {
					t.Errorf("%q in %d of %d files", want, got[want], instances)
				}
			}
			for key, n := range got {
				if tt.want == nil && !strings.HasPrefix(key, "info") {
					t.Errorf("the clean set has %d × %s", n, key)
				}
			}
		})
	}
}
