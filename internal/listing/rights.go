package listing

import (
	"maps"

	"assay/internal/license"
)

// License says under which terms the data set is offered. Its grants carry
// the rights matrix: one a part of the files that has terms of its own.
type License struct {
	Tier   license.Tier       `json:"tier,omitempty"`
	SPDX   string             `json:"spdx,omitempty"` // SPDX identifier or LicenseRef-…
	Name   string             `json:"name,omitempty"` // as buyers know it
	URL    string             `json:"url,omitempty"`  // where the text stands
	Access license.AccessMode `json:"access,omitempty"`
	Grants []Grant            `json:"grants,omitempty"`

	Asserted Assertion `json:"asserted,omitzero"`
}

// Grant is what a buyer may do with a group of files. An empty SPDX means
// that the license of the data set holds for it.
type Grant struct {
	Group  string                       `json:"group,omitempty"`  // "Cases 0 to 209"; empty: all files
	Files  string                       `json:"files,omitempty"`  // which files: a pattern or a sentence
	Count  int                          `json:"count,omitempty"`  // number of files; 0 if not stated
	Scopes []license.Scope              `json:"scopes,omitempty"` // empty: every scope
	SPDX   string                       `json:"spdx,omitempty"`
	Cells  map[license.Use]license.Cell `json:"cells,omitempty"`
}

// Parts returns the grants as the license package decides on them: the rights
// of the data set are the strictest of its parts. Without a grant there is one
// part that says nothing.
func (l License) Parts() []license.Part {
	whole := license.Terms{SPDX: l.SPDX, Name: l.Name, URL: l.URL, Tier: l.Tier, Access: l.Access}
	if len(l.Grants) == 0 {
		return []license.Part{{Terms: whole}}
	}
	parts := make([]license.Part, len(l.Grants))
	for i, g := range l.Grants {
		terms := whole
		if g.SPDX != "" && g.SPDX != l.SPDX {
			terms = license.Terms{SPDX: g.SPDX, Name: g.SPDX, Tier: license.TierUnknown, Access: l.Access}
			if known, ok := license.KnownBySPDX(g.SPDX); ok {
				terms.Name, terms.URL, terms.Tier = known.Name, known.URL, known.Tier
			}
		}
		terms.Cells = maps.Clone(g.Cells)
		parts[i] = license.Part{Group: g.Group, Files: g.Files, Scopes: g.Scopes, Terms: terms}
	}
	return parts
}

// Tiers, AccessModes, Scopes and Verdicts are the lists of package license
// with a sentence for who has to choose.
var (
	Tiers       = vocabularyOf(license.AllTiers(), license.Tier.Label, tierHelp)
	AccessModes = vocabularyOf(license.AllAccessModes(), license.AccessMode.Label, accessHelp)
	Scopes      = vocabularyOf(license.AllScopes(), license.Scope.Label, nil)
	Verdicts    = vocabularyOf(license.AllVerdicts(), license.Verdict.Label, verdictHelp)
)

func vocabularyOf[T ~string](all []T, label func(T) string, help map[T]string) Vocabulary[T] {
	v := make(Vocabulary[T], len(all))
	for i, value := range all {
		v[i] = Term[T]{value, label(value), help[value]}
	}
	return v
}

var tierHelp = map[license.Tier]string{
	license.OpenPublicDomain:            "Free for everybody and everything: CC0, PDDL.",
	license.OpenAttribution:             "Free if the source is named: CC BY, ODC-BY.",
	license.OpenShareAlike:              "Free if what is made from it is shared alike: CC BY-SA, ODbL.",
	license.ResearchNoncommercial:       "Not for commercial use: CC BY-NC and its kin.",
	license.ResearchAgreement:           "For research, after signing a data use agreement.",
	license.ControlledApplication:       "For applicants whom a committee or the owner accepts.",
	license.CommercialStandard:          "Your standard commercial terms, the same for each buyer.",
	license.CommercialExclusive:         "Commercial terms for one buyer at a time.",
	license.Evaluation:                  "For a trial, before other terms are agreed.",
	license.SeparateCommercialAgreement: "Commercial use is negotiated with each buyer.",
	license.TierVaries:                  "Parts of the files have different terms. Describe each part under Rights.",
	license.TierUnknown:                 "Shown to buyers as unknown; it decides nothing in your favor.",
}

var accessHelp = map[license.AccessMode]string{
	license.AccessOpen:         "Anybody may download, without an account.",
	license.AccessRegistered:   "Anybody with an account.",
	license.AccessClickThrough: "Whoever accepts the agreement on the page.",
	license.AccessCredentialed: "People whose identity and training were checked.",
	license.AccessControlled:   "You decide on each request.",
	license.AccessContract:     "After both sides signed a contract.",
	license.AccessExternalOnly: "The files stay with their owner; not possible for files that you upload here.",
	license.AccessVaries:       "Parts of the files have different ways.",
	license.AccessUnknown:      "Shown to buyers as unknown; it decides nothing in your favor.",
}

var verdictHelp = map[license.Verdict]string{
	license.Yes:               "Name the clause that allows it.",
	license.YesWithConditions: "Name the clause and write down the condition.",
	license.Ask:               "The buyer has to ask you first.",
	license.NotStated:         "Your terms do not say. Buyers read it as no until asked.",
	license.No:                "Name the clause that forbids it.",
}
