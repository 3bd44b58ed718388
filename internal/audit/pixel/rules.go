package pixel

import (
	"slices"

	"assay/internal/audit/finding"
)

var ruleDecode = finding.Rule{
	ID: "pix-decode", Title: "A frame cannot be decoded, or shows nothing", Severity: finding.Blocker,
	Fix:    "Export the object again from its source, or compress PixelData (7FE0,0010) anew; leave the object out if its frames are lost or blank.",
	Source: "DICOM PS3.5 Section 8, Annexes A and G",
}

var rules = []finding.Rule{ruleDecode, ruleRisk, ruleFace, ruleSlide, ruleLossy}

// Rules returns the rules of this package.
func Rules() []finding.Rule { return slices.Concat(rules, ocrRules) }
