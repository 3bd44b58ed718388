package text

import (
	"regexp"
	"unicode/utf8"
)

// window is a part of a string, in bytes.
type window struct{ start, end int }

// windows returns the surroundings of every run of the bytes that inside
// admits which holds at least digits digits. Windows that touch are joined.
// Regular expressions look only there, since most text has few numbers.
func windows(s string, inside func(byte) bool, digits, before, after int) []window {
	var list []window
	for i := 0; i < len(s); {
		if !inside(s[i]) {
			i++
			continue
		}
		start, n := i, 0
		for i < len(s) && inside(s[i]) {
			if isDigit(s[i]) {
				n++
			}
			i++
		}
		if n < digits {
			continue
		}
		w := window{wordStart(s, max(0, start-before)), wordEnd(s, min(len(s), i+after))}
		if k := len(list) - 1; k >= 0 && list[k].end >= w.start {
			list[k].end = max(list[k].end, w.end)
		} else {
			list = append(list, w)
		}
	}
	return list
}

// slack is how far the ends of a window move to reach white space, so that it
// does not cut a word.
const slack = 24

func wordStart(s string, at int) int {
	for n := 0; at > 0 && n < slack && s[at-1] > ' '; n++ {
		at--
	}
	for at > 0 && !utf8.RuneStart(s[at]) {
		at--
	}
	return at
}

func wordEnd(s string, at int) int {
	for n := 0; at < len(s) && n < slack && s[at] > ' '; n++ {
		at++
	}
	for at < len(s) && !utf8.RuneStart(s[at]) {
		at++
	}
	return at
}

// each calls f for every match of re in the windows, with the bounds of the
// match and its groups in the whole string.
func (sc *scan) each(re *regexp.Regexp, list []window, f func(m []int)) {
	for _, w := range list {
		for _, m := range re.FindAllStringSubmatchIndex(sc.s[w.start:w.end], -1) {
			for i := range m {
				if m[i] >= 0 {
					m[i] += w.start
				}
			}
			f(m)
		}
	}
}
