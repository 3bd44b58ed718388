package pixel

import (
	"strings"
	"unicode"

	"assay/internal/audit/finding"
	"assay/internal/audit/text"
)

// labeledRules are the rules of what follows a label. A number behind one is an
// identifier even where misread digits keep it from having the form of one.
var labeledRules = map[string]string{
	"DOB": "text-date", "BORN": "text-date", "BIRTH": "text-date", "BIRTHDATE": "text-date", "GEB": "text-date",
	"MRN": "text-mrn", "ACCESSION": "text-mrn", "PATID": "text-mrn", "SSN": "text-ssn",
}

// leastDigits are what must follow a label within its line.
const leastDigits = 4

// labeled takes the numbers behind labels.
func (j *judging) labeled(l textLine) {
	for i, w := range l.words {
		id, ok := labeledRules[lettersOf(w.Text)]
		if !ok || w.Confidence < sureWord {
			continue
		}
		found := hit{rule: textRule(id)}
		digits := 0
		var parts []string
		for _, v := range l.words[i+1:] {
			_, n := countKinds(v.Text)
			if n == 0 && digits > 0 {
				break
			}
			digits += n
			parts = append(parts, v.Text)
			found.boxes = append(found.boxes, v.Box)
			found.words = append(found.words, v.index)
			if len(parts) == 4 {
				break
			}
		}
		found.shape = finding.Mask(strings.Join(parts, " "))
		if digits >= leastDigits && len(j.hits) < maxHits && !j.touches(found) {
			j.hits = append(j.hits, found)
		}
	}
}

// touches reports whether some word of a hit belongs to another one.
func (j *judging) touches(h hit) bool {
	for _, b := range h.boxes {
		if j.covers(b) {
			return true
		}
	}
	return false
}

// lettersOf returns the letters of a word, as capitals.
func lettersOf(w string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) {
			return unicode.ToUpper(r)
		}
		return -1
	}, w)
}

func textRule(id string) finding.Rule {
	for _, r := range text.Rules() {
		if r.ID == id {
			return r
		}
	}
	return finding.Rule{ID: id}
}
