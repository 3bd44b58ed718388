package audit

import (
	_ "embed"
	"strconv"
	"strings"
	"sync"

	"assay/internal/audit/dicom"
	"assay/internal/audit/dicom/dict"
	"assay/internal/audit/intern"
)

// Values appear among the facts only if they are on a list, so that nothing
// written into an attribute by hand can travel in them.

const other = "other"

//go:embed known.txt
var knownText string

type knownNames struct {
	makers     []maker
	models     map[string]string // squeezed to the name
	modalities map[string]bool
	bodyParts  map[string]bool
}

// maker is a manufacturer with the words by which it is recognized.
type maker struct {
	name  string
	words []string
}

// known is read once, at first use.
var known = sync.OnceValue(func() *knownNames {
	k := &knownNames{models: map[string]string{}, modalities: map[string]bool{}, bodyParts: map[string]bool{}}
	section := ""
	for line := range strings.Lines(knownText) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || line[0] == '#':
		case line[0] == '[':
			section = line
		case section == "[manufacturers]":
			name, words, _ := strings.Cut(line, ":")
			m := maker{name: name}
			for w := range strings.SplitSeq(words, ",") {
				m.words = append(m.words, strings.TrimSpace(w))
			}
			k.makers = append(k.makers, m)
		case section == "[models]":
			for name := range strings.SplitSeq(line, ",") {
				name = strings.TrimSpace(name)
				k.models[squeeze(name)] = name
			}
		case section == "[modalities]":
			for _, m := range strings.Fields(line) {
				k.modalities[m] = true
			}
		case section == "[body parts]":
			for p := range strings.SplitSeq(line, ",") {
				k.bodyParts[strings.TrimSpace(p)] = true
			}
		}
	}
	return k
})

// squeeze leaves the letters and digits of a name, in lower case.
func squeeze(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '+':
			return r
		}
		return -1
	}, s)
}

// makerOf is remembered, as makers repeat over a set.
var makerOf = intern.NewMemo(knownManufacturer).Of

func knownManufacturer(s string) string {
	if s == "" {
		return ""
	}
	words := " " + strings.ToLower(strings.NewReplacer(",", " ", ".", " ", "_", " ", "-", " ").Replace(s)) + " "
	for _, m := range known().makers {
		for _, w := range m.words {
			if strings.Contains(words, " "+w+" ") {
				return m.name
			}
		}
	}
	return other
}

func knownModel(s string) string {
	if s == "" {
		return ""
	}
	if name, ok := known().models[squeeze(s)]; ok {
		return name
	}
	return other
}

func knownModality(s string) string {
	if s == "" || known().modalities[s] {
		return s
	}
	return other
}

func knownBodyPart(s string) string {
	s = strings.ToUpper(s)
	if s == "" || known().bodyParts[s] {
		return s
	}
	return other
}

func nameOfSOPClass(h *dicom.Header) string {
	uid := h.SOPClassUID
	if uid == "" {
		uid = h.MediaStorageSOPClassUID
	}
	if c, ok := dict.LookupSOPClass(uid); ok {
		return c.Name
	}
	if uid == "" {
		return ""
	}
	return other
}

func nameOfTransferSyntax(h *dicom.Header) string {
	if s, ok := dict.LookupTransferSyntax(h.TransferSyntaxUID); ok {
		return s.Name
	}
	if h.TransferSyntaxUID == "" {
		return "not stated"
	}
	return other
}

func sexOf(s string) string {
	switch s {
	case "M", "F", "O":
		return s
	}
	return ""
}

// ageBand turns an age string such as "042Y" into ten years, and all ages over
// 89 into one; "" if it is none.
//
// Source: 45 CFR 164.514(b)(2)(i)(C).
func ageBand(s string) string { return bandOf(ageYears(s)) }

var ageBands = [9]string{"0-9", "10-19", "20-29", "30-39", "40-49", "50-59", "60-69", "70-79", "80-89"}

func bandOf(years int) string {
	switch n := years; {
	case n < 0:
		return ""
	case n >= 90:
		return "90+"
	default:
		return ageBands[n/10]
	}
}

// ageYears turns an age string such as "042Y" into years, 90 for all over 89,
// and -1 if it is none.
//
// Source: DICOM PS3.5 Section 6.2 (AS).
func ageYears(s string) int {
	if len(s) != 4 {
		return -1
	}
	n, err := strconv.Atoi(s[:3])
	if err != nil || n < 0 {
		return -1
	}
	switch s[3] {
	case 'Y':
	case 'M':
		n /= 12
	case 'W':
		n /= 52
	case 'D':
		n /= 365
	default:
		return -1
	}
	return min(n, 90)
}
