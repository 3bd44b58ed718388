package catalog

import (
	"slices"

	"assay/internal/errs"
	"assay/internal/license"
)

// ReferenceTerms are the terms of a data set at its owner: those of a license
// that is known by SPDX, or terms of their own, use by use.
type ReferenceTerms struct {
	SPDX   string // of a known license; empty for terms of their own
	Name   string // as the owner names them
	Tier   license.Tier
	Access license.AccessMode
	// Cells are read only without SPDX. A use without a cell is not stated.
	Cells map[license.Use]license.Cell
}

// mostClause is how long a clause or a condition may be, in characters.
const mostClause = 300

func (t ReferenceTerms) check(form *errs.Fields) {
	known, ok := license.KnownBySPDX(t.SPDX)
	if t.SPDX != "" && !ok {
		form.Add("license", "Choose a license of the list, or none.")
	}
	within(form, "license_name", t.Name, 2, 200)
	if !slices.Contains(license.AllTiers(), t.Tier) {
		form.Add("tier", "Choose a tier.")
	} else if ok && t.Tier != known.Tier {
		form.Addf("tier", "The tier of this license is “%s”.", known.Tier.Label())
	}
	if !slices.Contains(license.AllAccessModes(), t.Access) {
		form.Add("access", "Choose how one gets it.")
	}
	for _, use := range license.AllUses() {
		c, ok := t.Cells[use]
		if !ok || t.SPDX != "" {
			continue
		}
		field := "use_" + string(use)
		if _, err := license.ParseVerdict(string(c.Verdict)); err != nil {
			form.Add(field, "Choose what the terms say about it.")
		} else if c.Verdict != license.NotStated {
			within(form, "clause_"+string(use), c.Clause, 2, mostClause)
		}
		least := 0
		if c.Verdict == license.YesWithConditions {
			least = 2
		}
		within(form, "condition_"+string(use), c.Condition, least, mostClause)
	}
}

// checkUse holds what is said of commercial use to the license, where it is known.
func (t ReferenceTerms) checkUse(form *errs.Fields, said license.CommercialUse) {
	known, ok := license.KnownBySPDX(t.SPDX)
	if want := license.CommercialUseOf(known); ok && said != want {
		form.Addf("commercial_use", "This license says “%s”. If a source says otherwise, leave the terms and write the source down.", want.Label())
	}
}

func (t ReferenceTerms) part() seedPart {
	if t.SPDX != "" {
		return seedPart{License: t.SPDX}
	}
	own := license.Terms{Name: t.Name, Tier: t.Tier, Access: t.Access}
	for use, c := range t.Cells {
		if c.Verdict == "" || c.Verdict == license.NotStated {
			continue
		}
		if own.Cells == nil {
			own.Cells = map[license.Use]license.Cell{}
		}
		own.Cells[use] = c
	}
	return seedPart{Terms: &own}
}

// termsOf are the terms of a description: of its first part if there are
// several.
func termsOf(d seed) ReferenceTerms {
	t := ReferenceTerms{Name: d.License, Tier: d.Tier, Access: d.Access}
	if len(d.Parts) == 0 {
		return t
	}
	if t.SPDX = d.Parts[0].License; t.SPDX == "" && d.Parts[0].Terms != nil {
		t.Cells = d.Parts[0].Terms.Cells
	}
	return t
}
