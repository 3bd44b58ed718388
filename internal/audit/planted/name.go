package planted

import (
	_ "embed"
	"math/rand/v2"
	"slices"
	"strings"
	"unicode"

	"assay/internal/audit/text"
)

//go:embed names.txt
var namesText string

// locale holds the names of one locale.
type locale struct {
	id            string
	given, family []string
}

// locales reads names.txt, in its order.
func locales() []locale {
	var list []locale
	for line := range strings.Lines(namesText) {
		fields := strings.Fields(line)
		if len(fields) < 3 || fields[0] == "#" {
			continue
		}
		if n := len(list); n == 0 || list[n-1].id != fields[0] {
			list = append(list, locale{id: fields[0]})
		}
		l := &list[len(list)-1]
		if fields[1] == "given" {
			l.given = fields[2:]
		} else {
			l.family = fields[2:]
		}
	}
	return list
}

// person is an invented person.
type person struct {
	locale, given, family string
}

// unlisted reports whether neither name is on the list that the rules use.
func (p person) unlisted() bool { return !text.IsListedName(p.given) && !text.IsListedName(p.family) }

// overlap returns how many of the names of all locales are on the list that
// the rules use, and how many there are.
func overlap(all []locale) (listed, names int) {
	seen := map[string]bool{}
	for _, l := range all {
		for _, n := range slices.Concat(l.given, l.family) {
			if seen[n] {
				continue
			}
			seen[n] = true
			names++
			if text.IsListedName(n) {
				listed++
			}
		}
	}
	return listed, names
}

// pick draws a person of any locale, or only of those whose names are written
// in Latin letters.
func pick(r *rand.Rand, all []locale, latin bool) person {
	for {
		l := all[r.IntN(len(all))]
		p := person{l.id, l.given[r.IntN(len(l.given))], l.family[r.IntN(len(l.family))]}
		if !latin || isLatin(p.given) && isLatin(p.family) {
			return p
		}
	}
}

func isLatin(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return unicode.IsLetter(r) && !unicode.Is(unicode.Latin, r) }) < 0
}

// pn writes the name as a PN value.
func (p person) pn() string { return p.family + "^" + p.given }
