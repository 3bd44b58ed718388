package audit

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"assay/internal/audit/archive"
	"assay/internal/audit/finding"
	"assay/internal/audit/text"
)

// lookAgain inspects once more the files whose texts or names share a word
// with a person name or an ID that some file of the set holds.
func (a *run) lookAgain(ctx context.Context) error {
	known, files, err := a.set.shared.known()
	if err != nil {
		return err
	}
	if a.set.shared.full {
		a.unseen.add(NotChecked{What: "names that files share", Why: fmt.Sprintf("The texts hold more than %d words, or share more than %d; those beyond were not compared.", maxWords, maxKnown)})
	}
	if len(known) == 0 {
		return nil
	}
	opts := a.inspect
	opts.Known = known
	a.known = text.New(text.Options{Knows: newHasher(opts.Key).knows(known)})
	a.progress.Files, a.progress.Bytes, a.progress.TotalFiles, a.progress.TotalBytes = 0, 0, len(files), 0
	for _, i := range files {
		a.progress.TotalBytes += a.files[i].size
	}
	a.tell(SecondLook)
	return a.each(ctx, files, opts, func(j *job) error {
		list := j.facts.Findings
		if j.facts.Header != nil {
			list = slices.Concat(list, j.facts.Header.Findings)
		}
		for _, f := range list {
			a.found.add(j.index, f)
		}
		a.progress.Files++
		a.progress.Bytes += a.files[j.index].size
		a.tell(SecondLook)
		return nil
	})
}

// unruled says what no rule of this version looks at.
func (a *run) unruled() {
	if n := a.set.instances; n > 0 {
		a.unseen.add(NotChecked{What: objectsWhat, Why: "Only the mandatory modules of the SOP Class are checked, at the root of the data set; of types 1C and 2C those whose condition the header tells.", Count: n})
	}
	if len(a.set.digests) > 1 {
		a.unseen.add(NotChecked{What: "images that are nearly equal", Why: "Pixels are compared for equality: a copy of another size, or stored with other loss, is not found.", Count: len(a.set.digests)})
	}
	if a.set.tables.full {
		a.unseen.add(NotChecked{What: "tables that name the parts of a split", Why: fmt.Sprintf("They hold more than %d rows; those beyond were not compared.", maxJoinedRows)})
	}
	if a.set.parted {
		a.unseen.add(NotChecked{What: "groups of files that share a patient, study, series or image", Why: fmt.Sprintf("A group holds more than %d files and was compared in parts.", maxGroup)})
	}
}

// archiveFindings reports what the archive that holds the set says of itself.
func (a *run) archiveFindings() {
	f, ok := a.fsys.(*archive.FS)
	if !ok {
		return
	}
	for _, r := range f.Refused() {
		a.found.add(-1, r.Finding(""))
	}
	for _, t := range f.Texts() {
		scanner := plainScanner
		if a.known != nil {
			scanner = a.known
		}
		for _, h := range slices.Concat(scanner.Scan(t.Value, text.Where{}), scanner.ScanName(t.Value)) {
			found := h.Rule.New(t.Where, h.Shape, h.Rule.Title+": "+t.Where+".", finding.Location{})
			found.Severity = h.Severity
			a.found.add(-1, found)
		}
	}
}

// conclude applies the set rules and writes the report. Its error is one of
// temporary space.
func (a *run) conclude() (*Report, error) {
	a.unread = a.results.crashed()
	if err := a.set.rules(a.found, func(file int) string { return a.files[file].path }, newHasher(a.inspect.Key)); err != nil {
		return nil, err
	}
	a.archiveFindings()
	a.judgeFaces()
	a.unruled()
	r := &Report{
		Schema: Schema,
		Tool: Tool{
			Name: "assay", Version: a.opts.Version,
			RulesVersion: RulesVersion, Tables: Tables(),
		},
		Claims:   a.opts.Claims,
		Manifest: make(Manifest, len(a.files)),
	}
	if now := a.opts.Now; !now.IsZero() {
		r.AsOf = now.Format(time.DateOnly)
	}
	var bytes int64
	for i, f := range a.files {
		r.Manifest[i] = ManifestEntry{Path: f.path, SizeBytes: f.size, SHA256: a.results.sha256(i)}
		bytes += f.size
	}
	r.Input = Input{RootDigest: r.Manifest.Digest(), Files: len(a.files), Bytes: bytes}
	r.Measured = a.set.measured(bytes)
	a.manifestClaims(&r.Measured)
	r.Findings = a.found.findings(a.nameOf)
	r.Previews = a.previews
	for i := range r.Previews {
		r.Previews[i].Path = a.nameOf(r.Previews[i].File)
	}
	r.NotChecked = a.unseen.list
	slices.SortFunc(r.NotChecked, func(x, y NotChecked) int {
		return strings.Compare(x.What+"\x00"+x.Why, y.What+"\x00"+y.Why)
	})
	if r.NotChecked == nil {
		r.NotChecked = []NotChecked{}
	}
	r.PixelDigests = a.set.sortDigests()
	r.Verdict = verdict(r, a.set.data)
	if r.Claims != nil {
		r.ClaimsChecked = claimed(CheckClaims(r.Claims, r))
	}
	a.score(r)
	if a.opts.AllLocations {
		r.Files = make([]FileStatus, len(a.files))
		for i := range a.files {
			r.Files[i] = a.results.status(i)
			r.Files[i].Path = a.nameOf(i)
		}
	}
	return r, nil
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

// nameOf returns the path of a file for the report: as it is, or masked and
// with its place in the manifest if the path holds an identifier.
func (a *run) nameOf(file int) string {
	path := a.files[file].path
	scanner := plainScanner
	if a.known != nil {
		scanner = a.known
	}
	hits := slices.Concat(scanner.ScanName(path), scanner.ScanKnown(path))
	if a.unread {
		hits = append(hits, longNumbers(path)...)
	}
	if len(hits) == 0 {
		return path
	}
	return fmt.Sprintf("%s #%d", maskParts(path, hits), file+1)
}

var longNumber = regexp.MustCompile(`[0-9]{6,}`)

// longNumbers takes every long number of a path for a hit: where headers could
// not be read, nothing tells a record number from a running one.
func longNumbers(path string) []text.Hit {
	var hits []text.Hit
	for _, at := range longNumber.FindAllStringIndex(path, -1) {
		hits = append(hits, text.Hit{Start: at[0], End: at[1]})
	}
	return hits
}

// maskParts masks the parts of a path that hold a hit.
func maskParts(path string, hits []text.Hit) string {
	parts := strings.Split(path, "/")
	start := 0
	for i, part := range parts {
		end := start + len(part)
		if slices.ContainsFunc(hits, func(h text.Hit) bool { return h.Start < end && h.End > start }) {
			parts[i] = finding.Mask(part)
		}
		start = end + 1
	}
	return strings.Join(parts, "/")
}
