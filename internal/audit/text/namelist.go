package text

import (
	_ "embed"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/width"
)

// listed says what the list of names knows of a word. A word on the list alone
// names nobody: only a shape does, such as a given beside a family name.
type listed uint8

const (
	given listed = 1 << iota
	family
	english // also a word of English
)

// namesText holds a name a line, sorted by bytes; its head says from where.
//
//go:embed names.txt
var namesText string

// namesFrom is where the lines of names start. The list is searched as it
// stands, so that a program pays nothing for it at its start.
var namesFrom = func() int {
	from := 0
	for from < len(namesText) && namesText[from] == '#' {
		from += strings.IndexByte(namesText[from:], '\n') + 1
	}
	return from
}()

// IsListedName reports whether a word is on the list of given and family
// names, so that a measurement can tell what the list contributes.
func IsListedName(word string) bool { return listedName(word) != 0 }

// listedName looks a word up. A hyphenated word is what its parts are, if one
// of them is on the list.
func listedName(w string) listed {
	var buf [48]byte
	key := lowerASCII(&buf, w)
	if key == nil || strings.IndexByte(w, '\'') >= 0 {
		if len(w) > 96 {
			return 0
		}
		key = []byte(nameKey(w))
	}
	if l := search(key); l != 0 || !strings.ContainsFunc(w, isJoint) {
		return l
	}
	var all listed
	eachWord(w, func(start, end int) {
		if utf8.RuneCountInString(w[start:end]) > 2 {
			all |= listedName(w[start:end])
		}
	})
	return all &^ english
}

// search finds the line of a name by bisection of the text.
func search(key []byte) listed {
	low, high := namesFrom, len(namesText)
	for low < high {
		at := low + (high-low)/2
		start := low + strings.LastIndexByte(namesText[low:at], '\n') + 1
		line := namesText[start : start+strings.IndexByte(namesText[start:], '\n')]
		name, kinds, _ := strings.Cut(line, " ")
		switch {
		case name == string(key):
			return kindsOf(kinds)
		case name < string(key):
			low = start + len(line) + 1
		default:
			high = start
		}
	}
	return 0
}

func kindsOf(letters string) listed {
	var l listed
	for i := range len(letters) {
		switch letters[i] {
		case 'g':
			l |= given
		case 'f':
			l |= family
		case 'w':
			l |= english
		}
	}
	return l
}

// plainLetters are letters that have no accent to lose.
var plainLetters = strings.NewReplacer("ł", "l", "ø", "o", "đ", "d", "ß", "ss", "æ", "ae", "œ", "oe", "ı", "i", "ð", "d", "þ", "th", "ё", "е", "ς", "σ", "'", "", "’", "", "‘", "", "ʻ", "", "ʼ", "")

// nameKey returns a name in the form of the list: lower case, and without
// accents if it is Latin or Greek.
func nameKey(w string) string {
	s := plainLetters.Replace(strings.ToLower(width.Fold.String(w)))
	if strings.ContainsFunc(s, accented) {
		s = strings.Map(func(r rune) rune {
			if unicode.Is(unicode.Mn, r) {
				return -1
			}
			return r
		}, norm.NFD.String(s))
	}
	return s
}

// accented reports a Latin or Greek letter beyond ASCII, or a mark on one.
func accented(r rune) bool {
	return r >= 0xC0 && r < 0x250 || r >= 0x300 && r < 0x400 || r >= 0x1E00 && r < 0x2000
}
