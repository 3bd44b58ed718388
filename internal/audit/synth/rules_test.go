package synth_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"sort"
	"strings"
	"testing"

	"assay/internal/audit/conform"
	"assay/internal/audit/deid"
	scan "assay/internal/audit/dicom"
	"assay/internal/audit/finding"
	"assay/internal/audit/synth"
	"assay/internal/audit/text"
)

// headerFindings returns what the rules of the header say about a series, as
// "severity rule path".
func headerFindings(t *testing.T, spec synth.Spec, claims *deid.Claims) []string {
	t.Helper()
	seen := map[string]bool{}
	note := func(f finding.Finding) {
		seen[strings.TrimSpace(fmt.Sprintf("%s %s %s", f.Severity, f.Rule, f.Path))] = true
	}
	key := []byte("of this test")
	hash := func(value string) (h deid.Hash) {
		m := hmac.New(sha256.New, key)
		m.Write([]byte(value))
		copy(h[:], m.Sum(nil))
		return h
	}
	set := deid.NewSet()
	scanner := text.New(text.Options{})
	for i, f := range series(t, spec) {
		for _, h := range scanner.ScanName(f.Path) {
			seen[fmt.Sprintf("%s %s file name", h.Severity, h.Rule.ID)] = true
		}
		in := deid.New(claims, deid.Config{Hash: hash, Text: scanner})
		check := conform.New(f.Path, note)
		h, err := scan.Scan(t.Context(), bytes.NewReader(f.Data), int64(len(f.Data)), scan.Limits{}, func(e *scan.Element) error {
			str, textErr := "", error(nil)
			if e.VR.IsText() {
				str, textErr = scan.Text(e, e.Charset)
			}
			check.Element(e, str, textErr)
			return in.Visit(e)
		})
		if err != nil {
			t.Fatal(err)
		}
		check.Done(h)
		for _, p := range h.Problems {
			seen[fmt.Sprintf("%s %s %s", p.Severity, p.Rule, p.Path)] = true
		}
		facts := in.Done()
		for _, found := range facts.Findings {
			note(found)
		}
		set.Add(i, &facts)
	}
	set.Conclude(func(_ int, f finding.Finding) { note(f) })
	list := make([]string, 0, len(seen))
	for s := range seen {
		list = append(list, s)
	}
	sort.Strings(list)
	return list
}

var honest = &deid.Claims{Method: deid.SafeHarbor, Codes: synth.Codes(), Dates: deid.DatesRemoved}

func TestCleanSeriesPassTheHeaderRules(t *testing.T) {
	for _, modality := range synth.Modalities() {
		for seed := range uint64(8) {
			spec := synth.Spec{Modality: modality, Seed: seed, Slices: 3, Rows: 32, Columns: 32}
			for _, f := range headerFindings(t, spec, honest) {
				if !strings.HasPrefix(f, "info ") {
					t.Errorf("%s, seed %d, declared: %s", modality, seed, f)
				}
			}
			for _, f := range headerFindings(t, spec, nil) {
				if strings.HasPrefix(f, "blocker ") {
					t.Errorf("%s, seed %d, nothing declared: %s", modality, seed, f)
				}
			}
		}
	}
}

func TestEveryPlantedProblemOfTheHeaderIsFound(t *testing.T) {
	tests := []struct {
		problem synth.Problem
		want    string
	}{
		{synth.PatientName, "blocker phi-patient-name (0010,0010) PatientName"},
		{synth.BirthDate, "blocker phi-birth-date (0010,0030) PatientBirthDate"},
		{synth.PatientID, "phi-patient-id-realistic"},
		{synth.DatesKept, "phi-date-real"},
		{synth.StaffName, "phi-staff-name"},
		{synth.Institution, "phi-address-geo"},
		{synth.DeviceSerial, "phi-device-serial"},
		{synth.PrivateElements, "phi-private"},
		{synth.FreeText, "blocker text-"},
		{synth.NestedName, "(0040,0275)[1]/"},
		{synth.Age, "blocker phi-age-over-89"},
		{synth.VendorUIDs, "phi-uid-original"},
		{synth.NameInPath, "name-in-path file name"},
		{synth.NoClaim, "deid-flag-missing"},
		{synth.Truncated, "fmt-truncated"},
	}
	for _, tt := range tests {
		t.Run(string(tt.problem), func(t *testing.T) {
			list := headerFindings(t, synth.Spec{Modality: synth.CT, Seed: 21, Slices: 4, Rows: 32, Columns: 32, Problems: []synth.Problem{tt.problem}}, honest)
			if all := strings.Join(list, "\n"); !strings.Contains(all, tt.want) {
				t.Errorf("found\n%s\nwant %q", all, tt.want)
			}
		})
	}
}
