package deid

import (
	"slices"
	"strconv"

	"assay/internal/audit/dicom/dict"
	"assay/internal/audit/finding"
)

// maxNested bounds the sequences of one file that are named.
const maxNested = 16

// nested names the outermost sequences within which a rule found something:
// each such finding has its own path and severity, this one says that the
// cleaning stopped at the surface.
func (in *Inspector) nested() {
	var seen []string
	for _, f := range in.facts.Findings {
		seen = appendOuter(seen, f.Severity, f.Path)
	}
	for _, h := range in.facts.Held {
		seen = appendOuter(seen, h.Finding.Severity, h.Finding.Path)
	}
	slices.Sort(seen)
	for _, outer := range seen {
		path := outer
		if tag, err := strconv.ParseUint(outer[1:5]+outer[6:10], 16, 32); err == nil {
			if k := dict.Keyword(dict.Tag(tag)); k != "" {
				path = say(outer, " "+k)
			}
		}
		in.facts.Findings = append(in.facts.Findings, ruleNested.New(path, "", nestedMessage, finding.Location{}))
	}
}

const nestedMessage = "Attributes inside this sequence were not cleaned; de-identification must reach every depth."

// appendOuter adds the tag of the outermost sequence around a finding, such as
// "(0040,0275)", unless it is there.
func appendOuter(seen []string, severity finding.Severity, path string) []string {
	const tag = len("(0000,0000)")
	if severity == finding.Info || len(seen) >= maxNested || len(path) <= tag || path[0] != '(' || path[tag] != '[' {
		return seen
	}
	if outer := path[:tag]; !slices.Contains(seen, outer) {
		seen = append(seen, outer)
	}
	return seen
}
