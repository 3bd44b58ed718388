package audit

import (
	"assay/internal/audit/finding"
	"assay/internal/audit/pixel"
)

// Bounds of previews.
const (
	maxPreviews     = 24 // of a report
	maxFilePreviews = 2  // of a file
)

// Preview is a small picture of a frame in which text was found: where it
// stands is marked and what it says is filled, so that nobody can read it.
type Preview struct {
	File     int    // in the manifest
	Path     string // of the file, as the report names it
	Source   string // attribute that carries the frame
	Frame    int    // from 1; 0 for a summary over all frames
	Severity finding.Severity
	Rules    []string // of the findings in it
	Width    int      // of the picture, in pixels; at most 512
	Height   int
	PNG      []byte
}

func newPreview(r *pixel.Raster, words []pixel.Word, list []finding.Finding) Preview {
	p := Preview{Source: r.Source, Frame: r.Frame, Severity: finding.Info}
	var boxes []finding.Box
	for _, f := range list {
		if f.Severity.Rank() < p.Severity.Rank() {
			p.Severity = f.Severity
		}
		boxes = append(boxes, f.Locations[0].Boxes...)
		p.Rules = appendOnce(p.Rules, f.Rule)
	}
	p.PNG, p.Width, p.Height = pixel.Preview(r, words, boxes)
	return p
}

func appendOnce(list []string, s string) []string {
	for _, have := range list {
		if have == s {
			return list
		}
	}
	return append(list, s)
}
