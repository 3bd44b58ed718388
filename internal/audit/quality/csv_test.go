package quality_test

import (
	"bytes"
	"encoding/csv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"assay/internal/audit/quality"
)

func TestFindingsAsATableHaveOneRowForEachPlace(t *testing.T) {
	r := &quality.Report{Findings: []quality.Finding{
		{Code: "F-201", Level: "E", Severity: "warning", Pillar: "F", Affected: 2, Eligible: 10, Loss: 1.25, Message: "Annotation id used twice", Fix: "Give each one its own.",
			Examples: []quality.Example{{Path: "=cmd|' /C calc'!A0.json", Pointer: "/annotations/1/id"}, {Path: "-b,\"c\".json", Pointer: "@x", Shape: "+999", Note: "two\nlines"}}},
		{Code: "D-001", Level: "I", Severity: "info", Pillar: "D"},
	}}
	var b bytes.Buffer
	if err := r.WriteFindingsCSV(&b); err != nil {
		t.Fatal(err)
	}
	got, err := csv.NewReader(&b).ReadAll()
	if err != nil {
		t.Fatalf("the table cannot be read again: %v", err)
	}
	want := [][]string{
		{"code", "level", "severity", "pillar", "affected", "eligible", "points_lost", "message", "fix", "path", "pointer", "shape", "note"},
		{"F-201", "E", "warning", "F", "2", "10", "1.25", "Annotation id used twice", "Give each one its own.", "'=cmd|' /C calc'!A0.json", "/annotations/1/id", "", ""},
		{"F-201", "E", "warning", "F", "2", "10", "1.25", "Annotation id used twice", "Give each one its own.", "'-b,\"c\".json", "'@x", "'+999", "two\nlines"},
		{"D-001", "I", "info", "D", "0", "0", "0", "", "", "", "", "", ""},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("WriteFindingsCSV (-want +got):\n%s", diff)
	}
}
