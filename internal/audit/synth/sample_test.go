package synth_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"assay/internal/audit"
	"assay/internal/audit/finding"
	"assay/internal/audit/quality"
	"assay/internal/audit/synth"
)

// scored audits a sample as its archive.
func scored(t *testing.T, s synth.Sample) *quality.Report {
	t.Helper()
	zip, err := s.Zip()
	if err != nil {
		t.Fatal(err)
	}
	r, err := audit.RunFile(t.Context(), s.Name+".zip", bytes.NewReader(zip), int64(len(zip)), audit.Options{
		Scoring: &audit.Scoring{Seed: 1}, Now: time.Unix(0, 0),
	})
	if err != nil {
		t.Fatal(err)
	}
	return r.Quality
}

func TestTheAuditSaysOfEachSampleWhatIsSaidOfIt(t *testing.T) {
	wants := map[string]struct {
		errors   []string // "rule at example"
		format   string
		low, top float64 // of the score
	}{
		"chest-table": {nil, "chexpert-csv", 90, 100},
		"boxes-coco": {[]string{
			"F-002 /images/69/file_name", "F-002 /images/70/file_name", "F-002 /images/71/file_name",
			"F-100 /annotations/39/id", "F-100 /annotations/40/id", "F-100 /annotations/60/id", "F-100 /annotations/61/id",
			"F-100 /annotations/79/id", "F-100 /annotations/80/id", "F-100 /annotations/100/id", "F-100 /annotations/101/id",
			"F-105 /annotations/21/category_id", "F-106 /annotations/30/bbox",
			"F-110 /annotations/10/bbox", "F-110 /annotations/13/bbox", "F-110 /annotations/50/bbox", "F-110 /annotations/77/bbox", "F-110 /annotations/91/bbox",
		}, "coco-instances", 60, 85},
		"ct-seg": {[]string{"S-010 (0008,1115)[0].(0008,114A)[0].(0008,1155)"}, "dicom-seg", 0, 39},
	}
	for _, s := range synth.Samples() {
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			r, want := scored(t, s), wants[s.Name]
			var errors []string
			for _, f := range r.Findings {
				for _, e := range f.Examples {
					if f.Level == "E" {
						errors = append(errors, f.Code+" "+e.Pointer)
					}
				}
			}
			if diff := cmp.Diff(want.errors, errors); diff != "" {
				t.Errorf("errors (-want +got):\n%s", diff)
			}
			if v := r.Score.Value; v < want.low || v > want.top {
				t.Errorf("score %v, want %v to %v; lost %+v", v, want.low, want.top, r.Losses)
			}
			if !slices.ContainsFunc(r.Input.Formats, func(f quality.Format) bool { return f.Name == want.format }) {
				t.Errorf("formats %+v, want %s among them", r.Input.Formats, want.format)
			}
			if r.Gates.PHI.State != "clear" {
				t.Errorf("gate of identifiers: %+v", r.Gates.PHI)
			}
		})
	}
}

func TestSamplesAreTheSameBytesAndSmall(t *testing.T) {
	for _, s := range synth.Samples() {
		first, err := s.Zip()
		if err != nil {
			t.Fatal(err)
		}
		if again, err := s.Zip(); err != nil || !bytes.Equal(first, again) {
			t.Errorf("%s differs when it is made again (%v)", s.Name, err)
		}
		if len(first) > 3<<20 {
			t.Errorf("%s has %d bytes, want at most 3 MiB: a visitor waits for it", s.Name, len(first))
		}
	}
}

func TestASegmentationIsSound(t *testing.T) {
	spec := synth.Spec{Modality: synth.CT, Seed: 3, Slices: 6, Rows: 64, Columns: 64}
	files := series(t, spec)
	seg, err := synth.Segmentation(spec)
	if err != nil {
		t.Fatal(err)
	}
	zip, err := synth.Zip(append(files, seg))
	if err != nil {
		t.Fatal(err)
	}
	r, err := audit.RunFile(t.Context(), "set.zip", bytes.NewReader(zip), int64(len(zip)), audit.Options{Scoring: &audit.Scoring{}})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range r.Findings {
		of := slices.ContainsFunc(f.Locations, func(l finding.Location) bool { return l.File == seg.Path })
		if f.Severity == finding.Blocker || of && f.Severity == finding.Warning && !strings.HasPrefix(f.Rule, "phi-") {
			t.Errorf("%s %s %s: %s", f.Severity, f.Rule, f.Path, f.Message)
		}
	}
	if _, err := synth.Segmentation(synth.Spec{Modality: synth.US}); err == nil {
		t.Error("a segmentation of ultrasound was made")
	}
}
