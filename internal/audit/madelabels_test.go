package audit_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"assay/internal/audit"
	"assay/internal/audit/quality"
)

// madeSet is one label set of the corpus with what was planted in it.
type madeSet struct {
	Format string
	Set    string // "clean" or "faulty"
	Path   string
	Counts map[string]any
	Faults []madeFault
}

type madeFault struct {
	ID, Severity, Rule, File, Pointer string
}

// madeSets reads the label sets of the corpus, or skips the test.
func madeSets(t *testing.T) (string, []madeSet) {
	t.Helper()
	corpus := os.Getenv("ASSAY_CORPUS")
	if corpus == "" {
		t.Skip("ASSAY_CORPUS is not set: the made label sets are not there")
	}
	folder := filepath.Join(corpus, "annotations", "made")
	text, err := os.ReadFile(filepath.Join(folder, "truth.json"))
	if err != nil {
		t.Skip("the corpus has no made label sets")
	}
	var truth struct{ Sets []madeSet }
	if err := json.Unmarshal(text, &truth); err != nil {
		t.Fatal(err)
	}
	return folder, truth.Sets
}

func scoreFolder(t *testing.T, folder string) *quality.Report {
	t.Helper()
	r, err := audit.Run(t.Context(), os.DirFS(folder), audit.Options{Scoring: &audit.Scoring{}})
	if err != nil {
		t.Fatal(err)
	}
	return r.Quality
}

// madeSaid are places of planted faults that the truth writes in words: the
// pointer that the audit gives them.
var madeSaid = map[string]string{}

// madeElsewhere are planted faults of files that are not there: the file at
// which the audit tells of them.
var madeElsewhere = map[string]string{}

// madeCounts hold the counts of the truth against a report, by format; sets of
// other formats are held against labels_per_class alone.
var madeCounts = map[string]func(*testing.T, madeSet, *quality.Report){}

func TestPlantedFaultsOfLabelSetsAreFound(t *testing.T) {
	folder, sets := madeSets(t)
	for _, s := range sets {
		t.Run(s.Path, func(t *testing.T) {
			t.Parallel()
			r := scoreFolder(t, filepath.Join(folder, filepath.FromSlash(s.Path)))
			for _, f := range s.Faults {
				if !tells(r, f) {
					t.Errorf("%s: %s at %s %s is not found", f.ID, f.Rule, f.File, f.Pointer)
				}
			}
			for _, f := range r.Findings {
				if s.Set == "clean" && f.Level == "E" {
					t.Errorf("the clean set has the error %s %s %+v", f.Code, f.Message, f.Examples[:min(3, len(f.Examples))])
				}
			}
			if s.Set == "clean" && r.Score.Value < 90 {
				t.Errorf("the clean set scores %v, want 90 or more: %+v", r.Score.Value, r.Losses)
			}
			madeLabels(t, s, r)
			if count := madeCounts[s.Format]; count != nil {
				count(t, s, r)
			}
		})
	}
}

// tells reports whether a finding of the fault's level points at its place.
func tells(r *quality.Report, fault madeFault) bool {
	want, at := fault.Pointer, fault.File
	if file, ok := madeElsewhere[fault.ID]; ok {
		at = file
	}
	if said, ok := madeSaid[fault.ID]; ok {
		want = said
	}
	for _, f := range r.Findings {
		if f.Level != fault.Severity {
			continue
		}
		for _, e := range f.Examples {
			if e.Pointer == want && filepath.Base(e.Path) == filepath.Base(at) {
				return true
			}
		}
	}
	return false
}

// madeLabels holds the labels of each class against the truth.
func madeLabels(t *testing.T, s madeSet, r *quality.Report) {
	want, ok := s.Counts["labels_per_class"].(map[string]any)
	if !ok {
		return
	}
	got := map[string]quality.Class{}
	for _, c := range r.Classes {
		got[c.Name] = c
	}
	for name, n := range want {
		count, ok := n.(float64)
		if ok && got[name].Labels != int(count) {
			t.Errorf("class %s has %d labels, want %v", name, got[name].Labels, count)
		}
	}
}
