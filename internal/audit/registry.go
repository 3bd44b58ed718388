package audit

import (
	"sort"
	"sync"

	"assay/internal/audit/archive"
	"assay/internal/audit/conform"
	"assay/internal/audit/deid"
	"assay/internal/audit/dicom"
	"assay/internal/audit/dicom/dict"
	"assay/internal/audit/dicom/typed"
	"assay/internal/audit/document"
	"assay/internal/audit/finding"
	"assay/internal/audit/iod"
	"assay/internal/audit/pixel"
	"assay/internal/audit/text"
)

// RulesVersion changes whenever a rule is added, dropped or changes what it
// finds.
const RulesVersion = "2026.11.2"

// Registry returns every rule of the audit, sorted by id. Ids are unique.
func Registry() []finding.Rule {
	var all []finding.Rule
	for _, rules := range [][]finding.Rule{
		Rules(), archive.Rules(), dicom.Rules(), typed.Rules(), conform.Rules(),
		deid.Rules(), text.Rules(), document.Rules(), iod.Rules(), pixel.Rules(),
	} {
		all = append(all, rules...)
	}
	sort.SliceStable(all, func(i, j int) bool { return all[i].ID < all[j].ID })
	return all
}

// Tables returns the tables of standards that the rules use.
func Tables() []Table {
	return []Table{
		{"DICOM PS3.15 Table E.1-1 (de-identification profile)", deid.Edition},
		{"DICOM PS3.3 modules and object definitions", iod.Edition},
		{"DICOM PS3.6 data elements, SOP classes and transfer syntaxes", dict.Edition},
	}
}

// ruleByID finds a rule of the registry.
var ruleByID = sync.OnceValue(func() map[string]finding.Rule {
	m := map[string]finding.Rule{}
	for _, r := range Registry() {
		m[r.ID] = r
	}
	return m
})
