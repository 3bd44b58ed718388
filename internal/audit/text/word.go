package text

import (
	_ "embed"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"
)

// word is a run of letters in a string. Hyphens and apostrophes inside belong
// to it: "Drummond-Hay", "O'Neill".
type word struct {
	start, end int
	kind       wordKind
}

type wordKind int

const (
	lower    wordKind = iota // "chest", "dStream"
	title                    // "Chest", "McDonald"
	capitals                 // "CHEST"
	caseless                 // a script without case
)

// eachWord calls f with the bounds of every run of letters and marks.
func eachWord(s string, f func(start, end int)) {
	start := -1
	for i := 0; i < len(s); {
		r, n := rune(s[i]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRuneInString(s[i:])
		}
		letter := unicode.IsLetter(r) || unicode.IsMark(r)
		if letter && start < 0 {
			start = i
		}
		if !letter && start >= 0 {
			f(start, i)
			start = -1
		}
		i += n
	}
	if start >= 0 {
		f(start, len(s))
	}
}

// wordsOf returns the words of s with hyphens and apostrophes joined.
func wordsOf(s string) []word {
	var list []word
	eachWord(s, func(start, end int) {
		if n := len(list); n > 0 {
			prev := &list[n-1]
			switch s[prev.end:start] {
			case "-", "'", "’", "‐", "‑":
				if prev.kind != lower {
					prev.end = end
					return
				}
			}
		}
		list = append(list, word{start, end, kindOf(s[start:end])})
	})
	for i := range list {
		list[i].kind = kindOf(s[list[i].start:list[i].end])
	}
	return list
}

func kindOf(w string) wordKind {
	first, n := utf8.DecodeRuneInString(w)
	// Georgian has capital letters, but names are not written with them.
	if !unicode.IsUpper(first) && !unicode.IsLower(first) || unicode.Is(unicode.Georgian, first) {
		return caseless
	}
	if !unicode.IsUpper(first) {
		return lower
	}
	for _, r := range w[n:] {
		if unicode.IsLower(r) {
			return title
		}
	}
	return capitals
}

// fold returns a word in the form in which words are compared: lower case,
// full-width and half-width forms made normal.
func fold(w string) string {
	for i := range len(w) {
		if w[i] >= utf8.RuneSelf {
			return strings.ToLower(width.Fold.String(w))
		}
	}
	return strings.ToLower(w)
}

// Ordinary reports whether a word belongs to everyday, technical or medical
// language (eponyms such as "Ewing" and makers such as "Philips" included),
// so that by itself it names nobody. A hyphenated word is ordinary if all its
// parts are.
func Ordinary(w string) bool {
	f := fold(w)
	if vocabulary()[f] {
		return true
	}
	parts := strings.FieldsFunc(f, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) })
	for _, p := range parts {
		if utf8.RuneCountInString(p) > 1 && !vocabulary()[p] {
			return false
		}
	}
	return len(parts) > 1
}

//go:embed vocabulary.txt
var vocabularyText string

// vocabulary is read once, at first use.
var vocabulary = sync.OnceValue(func() map[string]bool { return readVocabulary(func(string) bool { return true }) })

// eponyms are the ordinary words that are names of people as well.
var eponyms = sync.OnceValue(func() map[string]bool {
	return readVocabulary(func(section string) bool { return section == "eponyms" })
})

func readVocabulary(wanted func(section string) bool) map[string]bool {
	m := map[string]bool{}
	section := ""
	for line := range strings.Lines(vocabularyText) {
		if title, ok := strings.CutPrefix(line, "# "); ok {
			section = strings.TrimSpace(title)
			continue
		}
		if wanted(section) {
			for _, w := range strings.Fields(line) {
				m[fold(w)] = true
			}
		}
	}
	return m
}

// maxTokens bounds the tokens that Tokens returns.
const maxTokens = 256

// Tokens returns the words and numbers of a string that could name a person or
// be an ID, folded so that equal ones compare equal: words that are not
// Ordinary of 4 letters or more (2 outside the Latin alphabet), and numbers of
// 5 digits or more with the letters tied to them. At most 256 are returned.
func Tokens(s string) []string {
	var list []string
	eachToken(s, func(tok string, _, _ int) {
		if len(list) < maxTokens {
			list = append(list, tok)
		}
	})
	return list
}

// eachToken calls f with every token of s, as Tokens counts them, and its
// bounds. The parts of a hyphenated name follow the whole.
func eachToken(s string, f func(tok string, start, end int)) {
	for _, w := range wordsOf(s) {
		if w.end-w.start < 4 || hasDigitBeside(s, w) {
			continue
		}
		whole := s[w.start:w.end]
		if !Ordinary(whole) {
			f(fold(whole), w.start, w.end)
		}
		if !strings.ContainsFunc(whole, isJoint) {
			continue
		}
		eachWord(whole, func(start, end int) {
			if part := whole[start:end]; len(part) >= 4 && !Ordinary(part) {
				f(fold(part), w.start+start, w.start+end)
			}
		})
	}
	if countDigits(s) < 5 {
		return
	}
	eachDigitRun(s, func(start, end int) {
		if end-start < 5 {
			return
		}
		for start > 0 && (isAlnum(s[start-1]) || s[start-1] == '-' && start > 1 && isAlnum(s[start-2])) {
			start--
		}
		f(strings.ToLower(s[start:end]), start, end)
	})
}

func isJoint(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) }

func hasDigitBeside(s string, w word) bool {
	return w.end < len(s) && isDigit(s[w.end]) || w.start > 0 && isDigit(s[w.start-1])
}
