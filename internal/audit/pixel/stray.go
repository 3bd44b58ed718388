package pixel

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"assay/internal/audit/text"
)

const punctuation = ` .,:;!?'"“”‘’()[]{}<>|/\-_=+*~^°`

// markers are words of four letters and more that devices write into images
// and that no list of ordinary words holds.
var markers = wordSet(`accu acq afov agfa alara anat apex auto avi bmode bpm canon carestream cmode conoscopic dfov dmode dynr ekg
	fujifilm flip frate freq frng fund gain genl hdzoom hitachi invt kvp lmt magn mapd masec mindray mmode mode nema obl
	philips port portable prcnt prob pwr rejct rotn samsung seqn sfov siemens snap somatom sonosite supine toshiba
	trig ultrasonix vdose vivid voluson wlen zoom`)

func wordSet(s string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(s) {
		m[w] = true
	}
	return m
}

// isStray reports whether a word may name somebody: it has letters enough, was
// read with confidence, looks like a word of print, and is neither a marker
// nor a word of ordinary, technical or medical language.
func isStray(w Word, sure float64) bool {
	if w.Confidence < sure || !plausible(w) {
		return false
	}
	if isLongNumber(w) {
		return true
	}
	for _, part := range strings.FieldsFunc(w.Text, func(r rune) bool { return !unicode.IsLetter(r) && r != '\'' && r != '’' }) {
		part = strings.Trim(part, punctuation)
		if isName(part, w.Confidence) && !text.Ordinary(part) && !markers[strings.ToLower(part)] {
			return true
		}
	}
	return false
}

// isLongNumber reports whether a word is a number as long as those of patients
// and examinations, read with confidence. Devices write shorter ones.
func isLongNumber(w Word) bool {
	n := 0
	for _, r := range strings.Trim(w.Text, punctuation) {
		if r < '0' || r > '9' {
			return false
		}
		n++
	}
	return n >= 7 && n <= 12 && w.Confidence >= 80
}

// plausible reports whether the box of a word has the shape of so many
// letters: noise is read as letters of any shape.
func plausible(w Word) bool {
	n := utf8.RuneCountInString(w.Text)
	aspect := float64(w.Box.Width) / float64(n) / float64(max(1, w.Box.Height))
	return w.Box.Height >= 6 && aspect > 0.25 && aspect < 1.6
}

// isName reports whether a run of letters looks like a word: four letters or
// more, of one case or with a capital in front, three of them different, with
// a vowel and a consonant in the Latin alphabet. Short ones must be read with
// more confidence.
func isName(s string, confidence float64) bool {
	n, upper, lower, vowels := 0, 0, 0, 0
	latin := true
	different := map[rune]bool{}
	for i, r := range s {
		if !unicode.IsLetter(r) {
			continue
		}
		n++
		different[unicode.ToLower(r)] = true
		latin = latin && r < 0x250
		switch {
		case unicode.IsUpper(r):
			if i > 0 && lower > 0 {
				return false
			}
			upper++
		case unicode.IsLower(r):
			if upper > 1 {
				return false
			}
			lower++
		}
		if strings.ContainsRune("aeiouyàáâäãåæèéêëìíîïòóôöõøùúûüý", unicode.ToLower(r)) {
			vowels++
		}
	}
	switch {
	case n < 4, len(different) < 3:
		return false
	case latin && (vowels == 0 || vowels == n):
		return false
	case n < 6:
		return confidence >= 80
	}
	return true
}
