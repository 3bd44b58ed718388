package deid_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"assay/internal/audit/deid"
	"assay/internal/audit/dicom"
	"assay/internal/audit/dicom/dicomtest"
	"assay/internal/audit/finding"
)

// findingsOn returns the findings of a file on a day, one a line.
func findingsOn(t *testing.T, now time.Time, claims *deid.Claims, file string) string {
	t.Helper()
	b := dicomtest.Build("(0008,0016) UI CTImageStorage\n" + file)
	in := deid.New(claims, deid.Config{Hash: testHash, Now: now})
	if _, err := dicom.Scan(t.Context(), bytes.NewReader(b), int64(len(b)), dicom.Limits{}, in.Visit); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, f := range all(in.Done()) {
		if f.Severity != finding.Info {
			lines = append(lines, f.Rule+" "+f.Path+": "+f.Message)
		}
	}
	return strings.Join(lines, "\n")
}

func TestADateIsHeldAgainstTheDayOfTheAudit(t *testing.T) {
	today := time.Date(2024, 3, 10, 0, 0, 0, 0, time.UTC)
	const future = "lies in the future"
	tests := []struct {
		name, file string
		now        time.Time
		want       bool
	}{
		{"today", "(0008,0020) DA 20240310", today, false},
		{"tomorrow, where the sun rises first", "(0008,0020) DA 20240311", today, false},
		{"the day after", "(0008,0020) DA 20240312", today, true},
		{"nested", "(0040,0275) SQ\n  - (0040,0002) DA 20310712", today, true},
		{"private", "(0029,0010) LO ACME 1\n(0029,1001) DA 20310712", today, true},
		{"a dummy", "(0008,0020) DA 99991231", today, false},
		{"no day to hold it against", "(0008,0020) DA 20310712", time.Time{}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := findingsOn(t, tt.now, nil, tt.file); strings.Contains(got, future) != tt.want {
				t.Errorf("got\n%s", got)
			}
		})
	}
}

func TestAnUndeclaredOptionIsNamed(t *testing.T) {
	coded := func(code, meaning string) string {
		return "(0012,0064) SQ\n  - (0008,0100) SH " + code + "\n    (0008,0102) SH DCM\n    (0008,0104) LO " + meaning
	}
	tests := []struct {
		name, file string
		claims     *deid.Claims
		want       string
	}{
		{"nowhere", "(0010,0040) CS F", nil, "PatientSex is filled. Option 113108 is not declared."},
		{"not in the claims", "(0010,0040) CS F\n" + coded("113108", "Retain Patient Characteristics Option"), nil, "PatientSex is filled. Option 113108 is coded in the file, but not declared in the claims."},
		{"not in the file", "(0010,0040) CS F", &deid.Claims{Codes: []string{"113108"}}, "PatientSex is filled. Option 113108 is declared in the claims, but not coded in the file."},
		{"a capped age", "(0010,1010) AS 090Y", nil, "PatientAge says 90 years, the group of all ages over 89. Option 113108 is not declared."},
		{"a date names the option for shifted ones", "(0008,0020) DA 20240310", nil, "StudyDate holds a full date. Option 113107 is not declared."},
		{"no option covers it", "(0010,1050) LO 4711-00", nil, "InsurancePlanIdentification is filled."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := findingsOn(t, time.Time{}, tt.claims, tt.file)
			if !strings.Contains(got+"\n", tt.want+"\n") {
				t.Errorf("want %q among\n%s", tt.want, got)
			}
		})
	}
}
