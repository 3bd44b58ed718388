package audit_test

import (
	"os"
	"path/filepath"
	"testing"

	"assay/internal/audit"
	"assay/internal/audit/audittest"
)

func TestReportsOfMadeLabelSetsAreSound(t *testing.T) {
	folder, sets := madeSets(t)
	for _, s := range sets {
		for _, wrong := range audittest.Unsound(scoreMade(t, folder, s.Path)) {
			t.Errorf("%s: %s", s.Path, wrong)
		}
	}
}

// The real label files come from many projects, each of which is taken as a
// set; so is each folder of the other corpora.
func TestReportsOfOtherCorporaAreSound(t *testing.T) {
	corpus := os.Getenv("ASSAY_CORPUS")
	if corpus == "" {
		t.Skip("ASSAY_CORPUS is not set: the corpora are not there")
	}
	for _, kind := range []string{"annotations", "dicom", "phi", "sets"} {
		folders, err := os.ReadDir(filepath.Join(corpus, kind))
		if err != nil {
			t.Errorf("the corpus has no %s: %v", kind, err)
		}
		for _, f := range folders {
			if name := filepath.Join(kind, f.Name()); f.IsDir() && name != filepath.Join("annotations", "made") {
				t.Run(name, func(t *testing.T) {
					r, err := audit.Run(t.Context(), os.DirFS(filepath.Join(corpus, name)), audit.Options{Scoring: &audit.Scoring{}})
					if err != nil {
						t.Fatal(err)
					}
					for _, wrong := range audittest.Unsound(r.Quality) {
						t.Error(wrong)
					}
				})
			}
		}
	}
}
