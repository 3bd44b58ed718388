package audit_test

import (
	"slices"
	"testing"
	"testing/fstest"

	"assay/internal/audit"
	"assay/internal/audit/audittest"
	"assay/internal/audit/finding"
)

// TestPlantedFaultsOfSetsAreFound audits made sets with one fault each, and
// clean ones; package measure prints the same for more of them.
func TestPlantedFaultsOfSetsAreFound(t *testing.T) {
	sets, err := audittest.FaultySets(19, 6)
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range sets {
		set := fstest.MapFS{}
		for _, f := range s.Files {
			set[f.Path] = &fstest.MapFile{Data: f.Data}
		}
		r := run(t, set, audit.Options{AllLocations: true, NoOCR: true})
		if s.Rule == "" {
			if lines := setLines(r); len(lines) > 0 {
				t.Errorf("set %d: a clean set has findings: %v", i, lines)
			}
			continue
		}
		for _, path := range s.Bear {
			if !slices.ContainsFunc(r.Findings, func(f finding.Finding) bool {
				return f.Rule == s.Rule && f.Severity != finding.Info && slices.ContainsFunc(f.Locations, func(l finding.Location) bool { return l.File == path })
			}) {
				t.Errorf("set %d, %s: %s does not name %s; findings %v", i, s.Fault, s.Rule, path, setLines(r))
			}
		}
	}
}
