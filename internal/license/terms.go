package license

import (
	"regexp"

	"assay/internal/errs"
)

// Cell is the answer of a text to one use.
type Cell struct {
	Verdict   Verdict `json:"verdict"`
	Clause    string  `json:"clause,omitempty"`    // where the text says so: "Section 3(a)(1)"
	Condition string  `json:"condition,omitempty"` // what must be done, or whom to ask, in our words
}

// Terms are one license: its name and its cell for each use. A use without a
// cell is not stated.
type Terms struct {
	SPDX   string       `json:"spdx,omitempty"` // SPDX identifier or LicenseRef-…
	Name   string       `json:"name,omitempty"`
	URL    string       `json:"url,omitempty"` // where the text stands
	Tier   Tier         `json:"tier,omitempty"`
	Access AccessMode   `json:"access,omitempty"`
	Cells  map[Use]Cell `json:"cells,omitempty"`
}

// Part is the terms of some files of a data set: a group of assets, and the
// scopes of it that the terms are about.
type Part struct {
	Group  string  `json:"group,omitempty"`  // "Cases 0 to 209"; empty: all files
	Files  string  `json:"files,omitempty"`  // how to find them: a pattern or a sentence
	Scopes []Scope `json:"scopes,omitempty"` // empty: all scopes
	Terms  Terms   `json:"terms"`
}

// covers reports whether the part speaks about the group and scope; an empty
// group or scope asks for every part.
func (p Part) covers(group string, scope Scope) bool {
	if group != "" && p.Group != "" && group != p.Group {
		return false
	}
	if scope == "" || len(p.Scopes) == 0 {
		return true
	}
	for _, s := range p.Scopes {
		if s == scope {
			return true
		}
	}
	return false
}

// spdxShape is what an identifier may look like: a short identifier of the
// SPDX License List, or LicenseRef- for a text outside it.
//
// Source: SPDX 2.3 Annex D, idstring = 1*(ALPHA / DIGIT / "-" / ".").
var spdxShape = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9.-]{0,63}$`)

// ParseSPDX reads the shape of an SPDX identifier ("CC-BY-4.0",
// "LicenseRef-Hospital-2026"); it does not ask whether the list knows it.
func ParseSPDX(s string) (string, error) {
	if !spdxShape.MatchString(s) {
		return "", errs.New(errs.Invalid, "An SPDX identifier has letters, digits, dots and hyphens only, such as CC-BY-4.0 or LicenseRef-Our-Terms.")
	}
	return s, nil
}
