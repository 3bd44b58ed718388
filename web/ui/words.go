package ui

import (
	"sync"

	"assay/internal/audit"
	"assay/internal/audit/finding"
)

// hipaaWords are the identifiers of the Safe Harbor method by their letters.
//
// Source: 45 CFR 164.514(b)(2)(i).
var hipaaWords = map[string]string{
	"A": "names", "B": "places smaller than a state", "C": "dates other than the year, and ages over 89",
	"D": "telephone numbers", "E": "fax numbers", "F": "e-mail addresses", "G": "social security numbers",
	"H": "medical record numbers", "I": "health plan beneficiary numbers", "J": "account numbers",
	"K": "certificate and license numbers", "L": "vehicle identifiers and plates",
	"M": "device identifiers and serial numbers", "N": "web addresses", "O": "IP addresses",
	"P": "biometric identifiers", "Q": "full-face photographs and comparable images",
	"R": "any other unique identifying number, characteristic or code",
}

// HIPAAWords says which identifiers a letter stands for; empty for no letter.
func HIPAAWords(letter string) string { return hipaaWords[letter] }

// actionWords are the actions of the de-identification profile.
//
// Source: DICOM PS3.15 Table E.1-1a.
var actionWords = map[string]string{
	"X":      "remove",
	"Z":      "empty, or replace by a dummy",
	"D":      "replace by a dummy",
	"K":      "keep",
	"C":      "clean: replace by a text of like meaning without identifiers",
	"U":      "replace the UID, by the same one throughout the set",
	"Z/D":    "empty; a dummy where the object needs a value",
	"X/Z":    "remove; empty where the object needs the attribute",
	"X/D":    "remove; a dummy where the object needs a value",
	"X/Z/D":  "remove; empty or a dummy where the object needs the attribute",
	"X/Z/U*": "remove; empty, or with its UIDs replaced, where the object needs the attribute",
}

// ActionWords says what an action of PS3.15 Table E.1-1 asks for; empty for
// one that the table does not have.
func ActionWords(code string) string { return actionWords[code] }

// family is a kind of rules by how their ids begin.
type family struct{ prefix, label string }

var families = []family{
	{"phi", "Identifiers in headers"}, {"text", "Identifiers in text"}, {"name", "Identifiers in file names"},
	{"report", "Reports and notes"}, {"sidecar", "Tables beside the images"}, {"doc", "Documents"},
	{"deid", "Claims on de-identification"}, {"pix", "Pixels"}, {"img", "Image files"}, {"wsi", "Whole-slide files"},
	{"nifti", "Volumes"}, {"set", "The set as a whole"}, {"iod", "Required attributes"}, {"fmt", "DICOM format"},
	{"file", "Files"}, {"archive", "Archives"},
}

// RuleFamily is the kind of a rule, "phi", and its name for people.
func RuleFamily(rule string) (key, label string) {
	for i := range rule {
		if rule[i] == '-' {
			key = rule[:i]
			break
		}
	}
	for _, f := range families {
		if f.prefix == key {
			return key, f.label
		}
	}
	return key, "Other rules (" + or(key, rule) + ")"
}

// rules are the rules of the audit by id.
var rules = sync.OnceValue(func() map[string]finding.Rule {
	m := map[string]finding.Rule{}
	for _, r := range audit.Registry() {
		m[r.ID] = r
	}
	return m
})

// RuleTitle is what a rule finds, in a few words; its id if this program does
// not know the rule.
func RuleTitle(id string) string { return or(rules()[id].Title, id) }

// RuleURL leads to what a rule checks.
func RuleURL(id string) string { return "/guides/audit-rules#" + id }
