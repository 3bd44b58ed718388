package audit

import (
	"sort"

	"assay/internal/audit/finding"
)

// RulesVersion changes whenever a rule is added, dropped or changes what it
// finds.
const RulesVersion = "2026.11.1"

// Registry returns every rule of the audit, sorted by id. Ids are unique.
func Registry() []finding.Rule {
	var all []finding.Rule
	all = append(all, Rules()...)
	sort.SliceStable(all, func(i, j int) bool { return all[i].ID < all[j].ID })
	return all
}

// Tables returns the tables of standards that the rules use.
func Tables() []Table {
	return []Table{}
}
