package audit

import (
	"fmt"
	"slices"

	"assay/internal/audit/finding"
)

// EqualElsewhere returns the warning that images of the set equal some that lie
// elsewhere, such as in another listing: where is a phrase that names the place.
// The report must have been made with Options.AllLocations.
func (r *Report) EqualElsewhere(images []PixelDigest, where string) finding.Finding {
	n := 0
	files := make([]int, len(images))
	for i, p := range images {
		n += p.Instances
		files[i] = p.File
	}
	slices.Sort(files)
	message := fmt.Sprintf("%d images equal images of %s.", n, where)
	if n == 1 {
		message = fmt.Sprintf("1 image equals one of %s.", where)
	}
	f := ruleDuplicatePixels.New("(7FE0,0010) PixelData", "", message, finding.Location{})
	f.Severity, f.Count, f.Locations = finding.Warning, n, nil
	f.Fix = "Say in the answer why the images are offered twice, or leave them out of one of the two."
	for _, file := range files {
		f.Locations = append(f.Locations, finding.Location{File: r.Files[file].Path})
	}
	return f
}

// Warn adds warnings that somebody else has to give, and lets the verdict
// follow.
func (r *Report) Warn(list ...finding.Finding) {
	if len(list) == 0 {
		return
	}
	r.Findings = append(slices.Clone(r.Findings), list...)
	finding.Sort(r.Findings)
	if r.Verdict == Passed {
		r.Verdict = Flagged
	}
}
