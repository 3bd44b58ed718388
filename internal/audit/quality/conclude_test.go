package quality_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"assay/internal/audit/annotation"
	"assay/internal/audit/quality"
	"assay/internal/audit/score"
)

// ruleOf finds a rule of the registry.
func ruleOf(t *testing.T, code string) score.Rule {
	t.Helper()
	for _, r := range quality.Registry() {
		if r.Code == code {
			return r
		}
	}
	t.Fatalf("no rule %s in the registry", code)
	return score.Rule{}
}

// conclude scores a set of which files are named by their number.
func conclude(set *annotation.Set) *quality.Report {
	return quality.Conclude(set, quality.Options{
		Name: func(file int32) string { return string(rune('a' + file)) },
		Mask: func(name string) string { return name },
	})
}

func TestLossesSayWhatTheyAreAbout(t *testing.T) {
	missing := ruleOf(t, "F-002")
	set := &annotation.Set{Formats: []annotation.FormatCount{{Format: annotation.VOC, Files: 3}}}
	set.Book.Check(missing, 1240)
	for range 31 {
		set.Book.Find(missing, score.Example{File: 2, Pointer: "/images/3/file_name"})
	}
	r := conclude(set)
	if len(r.Losses) == 0 || len(r.Fixes) == 0 {
		t.Fatalf("losses %+v, fixes %+v", r.Losses, r.Fixes)
	}
	if got, want := r.Losses[len(r.Losses)-1].Message, "31 of 1,240 images named by labels are not there"; got != want {
		t.Errorf("message %q, want %q", got, want)
	}
	f := r.Findings[0]
	want := quality.Finding{
		Code: "F-002", Level: "E", Severity: "warning", Pillar: "F", Affected: 31, Eligible: 1240,
		Message: "31 of 1,240 images named by labels are not there", Fix: missing.Fix,
	}
	examples, loss := f.Examples, f.Loss
	f.Examples, f.Loss = nil, 0
	if diff := cmp.Diff(want, f); diff != "" {
		t.Errorf("finding (-want +got):\n%s", diff)
	}
	if loss <= 0 || len(examples) != 31 || examples[0] != (quality.Example{Path: "c", Pointer: "/images/3/file_name"}) {
		t.Errorf("loss %v, %d examples, first %+v", loss, len(examples), examples[0])
	}
}

func TestReportHoldsAHundredPlacesOfARuleAndCountsAll(t *testing.T) {
	missing := ruleOf(t, "F-002")
	set := &annotation.Set{Formats: []annotation.FormatCount{{Format: annotation.VOC, Files: 3}}}
	set.Book.Check(missing, 5000)
	for range 1500 {
		set.Book.Find(missing, score.Example{})
	}
	f := conclude(set).Findings[0]
	if f.Affected != 1500 || len(f.Examples) != 100 {
		t.Errorf("%d affected with %d examples, want 1500 with 100", f.Affected, len(f.Examples))
	}
}

func TestPillarsWithNothingToLookAtAreNotMeasured(t *testing.T) {
	set := &annotation.Set{Formats: []annotation.FormatCount{{Format: annotation.VOC, Files: 3}}}
	set.Book.Check(ruleOf(t, "F-002"), 10)
	r := conclude(set)
	for _, p := range r.Pillars {
		if p.Measured != (p.ID == "F") || p.Measured == (p.Why != "") {
			t.Errorf("pillar %s: measured %v, why %q", p.ID, p.Measured, p.Why)
		}
	}
	if r.Score.MeasuredPoints != 25 || r.Score.Grade != "" || r.Score.Reason == "" || len(r.Unknown) != 5 {
		t.Errorf("score %+v with %d unknown", r.Score, len(r.Unknown))
	}
}

func TestSetsWithoutLabelsOrWithoutAnythingAreHardFaults(t *testing.T) {
	name := func(int32) string { return "" }
	tests := []struct {
		name string
		set  *annotation.Set
		want []quality.HardFail
	}{
		{"nothing can be read", &annotation.Set{}, []quality.HardFail{{Code: "F-010", Title: "Nothing in the set can be read"}}},
		{"images without a label", &annotation.Set{ImageFiles: 3, Items: make([]annotation.Item, 3)}, []quality.HardFail{{Code: "C-001", Title: "No label at all"}}},
		{"explicit negatives are labels", &annotation.Set{ImageFiles: 1, Items: []annotation.Item{{Labeled: true}}}, []quality.HardFail{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := quality.Conclude(tt.set, quality.Options{Files: 3, Name: name})
			if diff := cmp.Diff(tt.want, r.Score.HardFails); diff != "" {
				t.Errorf("hard faults (-want +got):\n%s", diff)
			}
			if hard := len(tt.want) > 0; hard && r.Score.Value > score.HardCap {
				t.Errorf("score %v with a hard fault", r.Score.Value)
			}
		})
	}
}
