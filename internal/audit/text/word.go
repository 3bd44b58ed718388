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

	// Filled by scan.look.
	looked   bool
	ordinary bool
	standing standing
	list     listed
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
			case "-", "'", "’", "‘", "ʻ", "ʼ", "‐", "‑":
				if prev.kind != lower {
					prev.end = end
					return
				}
			}
		}
		list = append(list, word{start: start, end: end, kind: kindOf(s[start:end])})
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
// full-width and half-width forms made normal, letters of one capital one.
func fold(w string) string {
	for i := range len(w) {
		if w[i] >= utf8.RuneSelf {
			return oneCase.Replace(strings.ToLower(width.Fold.String(w)))
		}
	}
	return strings.ToLower(w)
}

// oneCase joins letters that differ only because their capital is one: the
// final sigma, and the i with and without a dot.
var oneCase = strings.NewReplacer("ς", "σ", "ı", "i", "i\u0307", "i")

// lowerASCII writes a word in lower case to buf and returns it, or nil if it
// is too long or holds other characters than ASCII. It allocates nothing.
func lowerASCII(buf *[48]byte, w string) []byte {
	if len(w) > len(buf) {
		return nil
	}
	for i := range len(w) {
		c := w[i]
		if c >= utf8.RuneSelf {
			return nil
		}
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		buf[i] = c
	}
	return buf[:len(w)]
}

// standing says what the vocabulary knows of a word.
type standing uint8

const (
	ordinary standing = 1 << iota // of everyday, technical or medical language
	eponym                        // a name of a person that has become a word: "Ewing"
	hard                          // of the language of examinations: no name beside another word
)

// standingOf looks a word up.
func standingOf(w string) standing {
	var buf [48]byte
	if b := lowerASCII(&buf, w); b != nil {
		return vocabulary()[string(b)]
	}
	return vocabulary()[fold(w)]
}

// Ordinary reports whether a word belongs to everyday, technical or medical
// language (eponyms such as "Ewing" and makers such as "Philips" included),
// so that by itself it names nobody. A hyphenated word is ordinary if all its
// parts are.
func Ordinary(w string) bool {
	if standingOf(w)&ordinary != 0 {
		return true
	}
	if !strings.ContainsFunc(w, isJoint) {
		return false
	}
	parts, all := 0, true
	eachWord(w, func(start, end int) {
		parts++
		part := w[start:end]
		all = all && (utf8.RuneCountInString(part) < 2 || standingOf(part)&ordinary != 0)
	})
	return parts > 1 && all
}

//go:embed vocabulary.txt
var vocabularyText string

// softSections of the vocabulary hold words that are names as well: a name
// list may make them part of one, beside another word.
var softSections = map[string]bool{
	"eponyms": true, "everyday, colors, qualities": true, "numbers, time": true, "countries and languages": true,
}

// vocabulary is read once, at first use.
var vocabulary = sync.OnceValue(func() map[string]standing {
	m := make(map[string]standing, 4096)
	section := ""
	for line := range strings.Lines(vocabularyText) {
		if title, ok := strings.CutPrefix(line, "# "); ok {
			section = strings.TrimSpace(title)
			continue
		}
		s := ordinary
		if !softSections[section] {
			s |= hard
		}
		if section == "eponyms" {
			s |= eponym
		}
		for w := range strings.FieldsSeq(line) {
			m[fold(w)] |= s
		}
	}
	return m
})

// maxTokens bounds the tokens that Tokens returns.
const maxTokens = 256

// Tokens returns the words and numbers of a string that could name a person or
// be an ID, folded so that equal ones compare equal: words that are not
// Ordinary of 3 letters or more (in scripts without case: of any length), and
// numbers of 5 digits or more, or of 3 with letters, with the letters tied to
// them. At most 256 are returned.
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
		if w.end-w.start < 3 || hasDigitBeside(s, &w) {
			continue
		}
		whole := s[w.start:w.end]
		if w.kind != caseless && w.end-w.start < 8 && utf8.RuneCountInString(whole) < 3 {
			continue
		}
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
	if countDigits(s) < 3 {
		return
	}
	eachDigitRun(s, func(start, end int) {
		n := end - start
		if n < 3 {
			return
		}
		for start > 0 && (isAlnum(s[start-1]) || s[start-1] == '-' && start > 1 && isAlnum(s[start-2])) {
			start--
		}
		for n < 5 && end < len(s) && isAlnum(s[end]) {
			end++
		}
		if tok := strings.ToLower(s[start:end]); n >= 5 || len(tok) >= 5 && !allDigitsOrHyphen(tok) {
			f(tok, start, end)
		}
	})
}

func allDigitsOrHyphen(s string) bool {
	for i := range len(s) {
		if !isDigit(s[i]) && s[i] != '-' {
			return false
		}
	}
	return true
}

// shortToken reports a word that may as well be an abbreviation.
func shortToken(tok string) bool {
	n := utf8.RuneCountInString(tok)
	return n == 1 || n <= 3 && len(tok) <= 6 && kindOf(tok) != caseless
}

func isJoint(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) }

func hasDigitBeside(s string, w *word) bool {
	return w.end < len(s) && isDigit(s[w.end]) || w.start > 0 && isDigit(s[w.start-1])
}
