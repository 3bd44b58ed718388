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
