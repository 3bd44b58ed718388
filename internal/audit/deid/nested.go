package deid

import (
	"fmt"
	"slices"
	"strings"

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
		seen = appendOuter(seen, f)
	}
	for _, h := range in.facts.Held {
		seen = appendOuter(seen, h.Finding)
	}
	slices.Sort(seen)
	for _, tag := range seen {
		in.facts.Findings = append(in.facts.Findings,
			ruleNested.New(tag, "", "Attributes inside this sequence were not cleaned; de-identification must reach every depth.", finding.Location{}))
	}
}

func appendOuter(seen []string, f finding.Finding) []string {
	outer, _, deep := strings.Cut(f.Path, "/")
	if f.Severity == finding.Info || !deep || len(seen) >= maxNested {
		return seen
	}
	outer, _, _ = strings.Cut(outer, "[")
	var group, element uint16
	if n, _ := fmt.Sscanf(outer, "(%04X,%04X)", &group, &element); n != 2 {
		return seen
	}
	if k := dict.Keyword(dict.NewTag(group, element)); k != "" {
		outer += " " + k
	}
	if slices.Contains(seen, outer) {
		return seen
	}
	return append(seen, outer)
}
