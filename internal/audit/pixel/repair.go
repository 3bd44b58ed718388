package pixel

import (
	"regexp"
	"strings"
	"unicode"
)

// A reader takes letters for digits, digits for letters, and signs for one
// another. repair turns a word into the form that it most likely has.
func repair(w string) string {
	w = reCaret.ReplaceAllString(w, "$1^$2")
	if label, ok := repairLabel(w); ok {
		return label
	}
	letters, digits := countKinds(w)
	switch {
	case digits >= 2 && 2*digits >= letters:
		w = asDigits.Replace(w)
		return reDate.ReplaceAllString(w, "$1/$2/$3")
	case letters >= 2 && letters > 2*digits:
		return asLetters.Replace(w)
	}
	return w
}

var (
	// DOE*JANE, DOE"JANE: what "^" is read as.
	reCaret = regexp.MustCompile(`(\pL{2,})[*"~”“´°](\pL{2})`)
	// 12,03,1965 and the like; with colons it is a time of day.
	reDate = regexp.MustCompile(`^(\d{1,2}|\d{4})[,;|/.](\d{1,2})[,;|/.](\d{1,2}|\d{4})$`)

	asDigits  = strings.NewReplacer("O", "0", "o", "0", "Q", "0", "I", "1", "l", "1", "|", "1", "!", "1", "S", "5", "B", "8", "Z", "2", "z", "2", "—", "-", "–", "-", "_", "-")
	asLetters = strings.NewReplacer("0", "O", "1", "I", "|", "I", "5", "S", "8", "B")
)

// printedLabels stand before identifiers in images, and are short enough to be
// misread beyond what the text rules take.
var printedLabels = []string{"MRN", "DOB", "NAME", "PATIENT", "PAT.ID", "ID"}

// repairLabel puts right a word that ends in a colon, or what is read as one,
// and differs from a label in one letter.
func repairLabel(w string) (string, bool) {
	body := strings.TrimRight(w, ":;.,'")
	if body == w || len(body) < 2 {
		return "", false
	}
	upper := strings.ToUpper(body)
	for _, l := range printedLabels {
		if upper == l || len(l) >= 3 && oneLetterOff(upper, l) {
			return l + ":", true
		}
	}
	return "", false
}

func oneLetterOff(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	n := 0
	for i := range len(a) {
		if a[i] != b[i] {
			n++
		}
	}
	return n == 1
}

func countKinds(w string) (letters, digits int) {
	for _, r := range w {
		switch {
		case unicode.IsLetter(r):
			letters++
		case unicode.IsDigit(r):
			digits++
		}
	}
	return letters, digits
}
