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
	"ID": "text-mrn",
}

// leastOfID are the digits behind a bare "ID": devices number themselves and
// their presets too, with fewer.
const leastOfID = 6

// sureLabel is the confidence at which a label alone is a warning.
const sureLabel = 85

// leastDigits are what must follow a label within its line.
const leastDigits = 4

// labeled takes the numbers behind labels.
func (j *judging) labeled(l textLine) {
	for i, w := range l.words {
		label := lettersOf(w.Text)
		id, ok := labeledRules[label]
		if !ok || w.Confidence < sureWord {
			continue
		}
		found := hit{rule: textRule(id)}
		digits, least := 0, leastDigits
		if label == "ID" {
			least = leastOfID
		}
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
		switch {
		case len(j.hits) >= maxHits:
		case digits >= least:
			if !j.touches(found) {
				j.hits = append(j.hits, found)
			}
		case label != "ID" && w.Confidence >= sureLabel && !j.covers(w.Box):
			// Something stands behind it that could not be read.
			j.hits = append(j.hits, hit{shape: finding.Mask(label), boxes: []Box{w.Box}, words: []int{w.index}})
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
