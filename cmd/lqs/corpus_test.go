package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"assay/internal/audit"
	"assay/internal/audit/audittest"
	"assay/internal/audit/finding"
	"assay/internal/fence"
)

func corpusPool(t *testing.T) *fence.Pool {
	t.Helper()
	pool, err := fence.New(fence.Config{Scratch: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// fenced audits one file of the corpus behind the fence.
func fenced(t *testing.T, pool *fence.Pool, name string, data []byte) (*audit.Report, string) {
	t.Helper()
	return fencedWith(t, pool, audit.Tools{}, name, data)
}

// fencedWith is fenced with programs that decode images and read text in them.
func fencedWith(t *testing.T, pool *fence.Pool, tools audit.Tools, name string, data []byte) (*audit.Report, string) {
	t.Helper()
	r, err := audit.RunFile(t.Context(), name, bytes.NewReader(data), int64(len(data)),
		audit.Options{Inspect: pool.Inspect, Parallel: pool.Parallel(), Tools: tools, AllLocations: true, Scratch: fence.NewScratch(t.TempDir())})
	if err != nil {
		t.Fatalf("RunFile(%s): %v", name, err)
	}
	var b strings.Builder
	if err := r.WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	return r, b.String()
}

func TestCorpusOfHostileFiles(t *testing.T) {
	files, err := audittest.HostileFiles(audittest.Corpus(t))
	if err != nil {
		t.Fatal(err)
	}
	pool := corpusPool(t)
	var slowest time.Duration
	for _, h := range files {
		start := time.Now()
		r, text := fenced(t, pool, h.Name, h.Data)
		slowest = max(slowest, time.Since(start))
		if why := h.Misses(r, text); why != "" {
			t.Errorf("%s (%s; must: %s): %s", h.Name, h.Kind, h.Expect, why)
		}
	}
	pool.Close()
	s := pool.Stats()
	if s.MaxRSS >= 512_000_000 || s.Died+s.Killed > 0 {
		t.Errorf("children: %+v; want under 512 MB and none dead", s)
	}
	t.Logf("%d files; slowest %v; largest child %d MB", len(files), slowest.Round(time.Millisecond), s.MaxRSS/1_000_000)
}

func TestCorpusOfDICOMFiles(t *testing.T) {
	folder := audittest.Corpus(t)
	files, err := audittest.Instances(folder)
	if err != nil {
		t.Fatal(err)
	}
	listed, err := os.ReadFile("../../docs/conformance.md")
	if err != nil {
		t.Fatal(err)
	}
	pool := corpusPool(t)
	readable, read, identifiers := 0, 0, 0
	for _, f := range files {
		data, err := os.ReadFile(filepath.Join(folder, "dicom", filepath.FromSlash(f.Path)))
		if err != nil {
			t.Fatal(err)
		}
		r, _ := fenced(t, pool, "file.dcm", data)
		status := r.Files[0]
		if f.BothRead {
			readable++
			if status.Status == audit.Read {
				read++
			}
		}
		if status.Status != audit.Read && !strings.Contains(string(listed), filepath.Base(f.Path)) {
			t.Errorf("%s is %s (%s), and docs/conformance.md does not list it", f.Path, status.Status, status.Reason)
		}
		for _, keyword := range f.Identifiers {
			identifiers++
			if !slices.ContainsFunc(r.Findings, func(x finding.Finding) bool { return strings.HasSuffix(x.Path, " "+keyword) }) {
				t.Errorf("%s: nothing is said about %s, which is filled", f.Path, keyword)
			}
		}
	}
	if len(files) == 0 || float64(read) < 0.98*float64(readable) {
		t.Errorf("%d of the %d files that pydicom and dcmdump read are read; want 98 %%", read, readable)
	}
	if s := pool.Stats(); s.Died+s.Killed > 0 {
		t.Errorf("children: %+v; want none dead", s)
	}
	t.Logf("%d files, %d of %d read, %d filled identifiers named", len(files), read, readable, identifiers)
}

// ruleOfFault says which rule must find a planted fault.
var ruleOfFault = map[string]string{
	"one SeriesInstanceUID holds two PatientIDs":                    "set-mixed-patient",
	"SOPInstanceUID used twice with other pixels":                   "set-duplicate-uid",
	"UID carries the same date that is claimed to be shifted":       "deid-claim-mismatch",
	"free text carries the same date that is claimed to be shifted": "deid-claim-mismatch",
	"file name or folder carries a name and a birth date":           "name-in-path",
	"full date under a Safe Harbor claim":                           "phi-date-real",
	"file ends 5000 bytes early, inside PixelData":                  "fmt-truncated",
	"slice missing: projected position jumps":                       "set-series-geometry",
	"ImageOrientationPatient differs inside a series":               "set-series-geometry",
	"two SOP instances hold the same pixels at different positions": "set-duplicate-pixels",
	"one patient in train and in test":                              "set-split-leakage",
	"same pixels in train and in test under two patient codes":      "set-split-leakage",
}

func TestCorpusOfSets(t *testing.T) {
	folder := audittest.Corpus(t)
	sets, err := audittest.Sets(folder)
	if err != nil {
		t.Fatal(err)
	}
	pool := corpusPool(t)
	programs, err := fence.NewTools(fence.ToolsConfig{Scratch: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	tools := programs.Audit()
	for _, s := range sets {
		t.Run(s.File, func(t *testing.T) {
			data, err := os.ReadFile(filepath.Join(folder, "sets", s.File))
			if err != nil {
				t.Fatal(err)
			}
			r, _ := fencedWith(t, pool, tools, s.File, data)
			m := r.Measured
			got := fmt.Sprint(r.Input.Files, m.Instances, m.Patients, m.Studies, m.Series)
			want := fmt.Sprint(s.Entries, s.ReadableInstances, s.Patients, s.Studies, s.Series)
			if got != want {
				t.Errorf("files, instances, patients, studies, series = %s; want %s", got, want)
			}
			// Without a reader of text a warning says that images were not read.
			if s.Clean && r.Verdict != audit.Passed && tools.ReadText != nil {
				t.Errorf("verdict of a clean set = %s, want passed", r.Verdict)
			}
			for _, f := range s.Faults {
				rule, known := ruleOfFault[f.Rule]
				if !known {
					t.Errorf("no rule is named for the fault %q", f.Rule)
				}
				mustFind(t, r, rule, f)
			}
		})
	}
}

// mustFind checks that a rule speaks of every file of a fault. A file whose
// name is the fault has no name in the report; there the number is checked.
func mustFind(t *testing.T, r *audit.Report, rule string, fault audittest.Fault) {
	t.Helper()
	files := map[string]bool{}
	for _, f := range r.Findings {
		if f.Rule == rule && f.Severity != finding.Info {
			for _, l := range f.Locations {
				files[l.File] = true
			}
		}
	}
	if rule == "name-in-path" {
		if len(files) != len(fault.Files) {
			t.Errorf("%q: found in %d files, want %d", fault.Rule, len(files), len(fault.Files))
		}
		return
	}
	for _, name := range fault.Files {
		if !files[name] {
			t.Errorf("%q in %s is not found by %s", fault.Rule, name, rule)
		}
	}
}
