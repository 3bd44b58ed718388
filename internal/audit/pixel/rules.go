package pixel

import "assay/internal/audit/finding"

var rules []finding.Rule

// Rules returns the rules of this package.
func Rules() []finding.Rule { return append([]finding.Rule(nil), rules...) }
