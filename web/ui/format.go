package ui

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

func queryEscape(s string) string { return url.QueryEscape(s) }

func (s Shell) fullTitle() string {
	if s.Title == "" {
		return "Assay: medical imaging data sets with rights you can check"
	}
	return s.Title + " · Assay"
}

// Number writes n with a comma between thousands: "11,870".
func Number[T ~int | ~int32 | ~int64](n T) string {
	digits := strconv.FormatInt(int64(n), 10)
	sign := ""
	if strings.HasPrefix(digits, "-") {
		sign, digits = "-", digits[1:]
	}
	var b strings.Builder
	b.WriteString(sign)
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return b.String()
}

// Plural writes a number with its noun: "1 file", "1,204 files".
func Plural[T ~int | ~int32 | ~int64](n T, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return Number(n) + " " + many
}

// Bytes writes a size in units of 1,000: "496 GB", "1.2 MB", "12 bytes".
func Bytes[T ~int | ~int64](n T) string {
	size, unit := float64(n), 0
	units := [...]string{"bytes", "kB", "MB", "GB", "TB", "PB"}
	for size >= 999.5 && unit < len(units)-1 {
		size /= 1000
		unit++
	}
	if unit == 0 {
		return Plural(n, "byte", "bytes")
	}
	if size < 9.95 {
		return fmt.Sprintf("%.1f %s", size, units[unit])
	}
	return fmt.Sprintf("%.0f %s", size, units[unit])
}

// Percent writes part of whole with one decimal: "0.2 %". Without a whole it
// is a dash.
func Percent(part, whole int) string {
	if whole <= 0 {
		return "–"
	}
	return fmt.Sprintf("%.1f %%", 100*float64(part)/float64(whole))
}

// Date writes a day in words: "20 November 2026"; the zero time is a dash.
func Date(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return t.Format("2 January 2006")
}

// DateTime writes a moment in UTC: "20 November 2026, 14:05 UTC".
func DateTime(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return t.UTC().Format("2 January 2006, 15:04 UTC")
}

// slug turns a label into the part of an element id.
func slug(s string) string {
	return strings.Trim(strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return '-'
	}, s), "-")
}

// upperFirst and lowerFirst change the first letter, so that a word can begin
// a sentence or stand in one.
func upperFirst(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return s
	}
	return string(unicode.ToUpper(r)) + s[n:]
}

func lowerFirst(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 || len(s) > n && unicode.IsUpper(rune(s[n])) { // an acronym stays
		return s
	}
	return string(unicode.ToLower(r)) + s[n:]
}
