package deid

import (
	"strings"
	"sync"

	"assay/internal/audit/dicom"
	"assay/internal/audit/intern"
)

// Code is a code of CID 7050: the profile or one of its options.
//
// Source: DICOM PS3.16 CID 7050.
type Code struct {
	Value   string // "113107", scheme DCM
	Meaning string
}

// Codes returns CID 7050 in the order of the standard.
func Codes() []Code { return append([]Code(nil), codes[:]...) }

// BasicProfile is the code of the profile itself.
const BasicProfile = "113100"

var optionOf = map[string]Options{
	"113101": CleanPixelData, "113102": CleanVisualFeatures, "113103": CleanGraphics,
	"113104": CleanStructuredContent, "113105": CleanDescriptors, "113106": RetainFullDates,
	"113107": RetainModifiedDates, "113108": RetainPatientCharacteristics, "113109": RetainDeviceIdentity,
	"113110": RetainUIDs, "113111": RetainSafePrivate, "113112": RetainInstitutionIdentity,
}

// OptionsOf returns the options that codes of CID 7050 name; others are
// ignored.
func OptionsOf(codes []string) Options {
	var o Options
	for _, c := range codes {
		o |= optionOf[c]
	}
	return o
}

// codeFor returns the code of the first option in o and its meaning.
func codeFor(o Options) (value, meaning string) {
	for _, c := range codes {
		if o&optionOf[c.Value] != 0 {
			return c.Value, c.Meaning
		}
	}
	return "", ""
}

// meaningOf returns the meaning of a code of CID 7050.
func meaningOf(value string) (string, bool) {
	for _, c := range codes {
		if c.Value == value {
			return c.Meaning, true
		}
	}
	return "", false
}

// sameMeaning compares meanings as programs write them: with or without
// "With" and "Option", in any case.
func sameMeaning(a, b string) bool { return plainMeaning(a) == plainMeaning(b) }

var plainMeaning = intern.NewMemo(meaningWords).Of

func meaningWords(s string) string {
	var kept []string
	for _, w := range strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return r < 'a' || r > 'z' }) {
		if w != "with" && w != "option" && w != "profile" && w != "level" {
			kept = append(kept, w)
		}
	}
	return strings.Join(kept, " ")
}

// Identifier is one of the 18 kinds that Safe Harbor removes.
//
// Source: 45 CFR 164.514(b)(2)(i).
type Identifier struct {
	Letter string // "A" to "R"
	Name   string
}

// SafeHarborIdentifiers returns the 18 kinds in the order of the regulation.
func SafeHarborIdentifiers() []Identifier { return append([]Identifier(nil), safeHarbor[:]...) }

// hipaaOf holds the letters of the identifiers that an attribute typically
// carries, for the rules that cover attributes of any kind.
var hipaaOf = sync.OnceValue(func() map[dicom.Tag][]string {
	m := make(map[dicom.Tag][]string, len(lettersOf))
	for tag, letters := range lettersOf {
		m[tag] = strings.Split(letters, "")
	}
	return m
})
