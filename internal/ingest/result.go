package ingest

import (
	"encoding/json"
	"fmt"

	"assay/internal/audit"
	"assay/internal/audit/finding"
	"assay/internal/listing"
)

// shownLocations is how many places of a finding the database keeps; the whole
// report in the object store has all.
const shownLocations = 3

// result is what the database keeps of a report: the first places of each
// finding, no list of files, and a manifest in which the name of a file that
// holds an identifier is masked.
func result(full *audit.Report) (listing.AuditResult, error) {
	short := *full
	short.Files = nil
	short.Findings = make([]finding.Finding, len(full.Findings))
	var warnings []string
	for i, f := range full.Findings {
		f.Locations = f.Locations[:min(len(f.Locations), shownLocations)]
		short.Findings[i] = f
		if f.Severity == finding.Warning {
			warnings = append(warnings, f.Key())
		}
	}
	m := manifest(full)
	short.Input.RootDigest = m.RootDigest()
	text, err := json.Marshal(short)
	if err != nil {
		return listing.AuditResult{}, fmt.Errorf("write the report: %w", err)
	}
	return listing.AuditResult{
		Manifest: m, Verdict: string(full.Verdict), Blockers: full.Count(finding.Blocker), WarningKeys: warnings,
		Report: text, RulesVersion: full.Tool.RulesVersion,
	}, nil
}

// manifest lists the files under the names of the report, which masks those
// that hold an identifier and keeps them apart by their place.
func manifest(r *audit.Report) listing.Manifest {
	m := make(listing.Manifest, len(r.Manifest))
	for i, f := range r.Manifest {
		m[i] = listing.File{Path: r.Files[i].Path, SizeBytes: f.SizeBytes, SHA256: f.SHA256}
	}
	return m
}
