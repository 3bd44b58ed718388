package deid

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"assay/internal/audit/intern"
	"assay/internal/audit/text"
)

// class says what a value of an identifying attribute is.
type class int

const (
	empty     class = iota
	dummy           // a known stand-in: ANON, REMOVED, 0, 19000101, 000Y
	pseudonym       // a code that names nobody, such as SUBJ-0004
	yearOnly        // a date that says only its year
	real            // anything else
)

// dummyWords are values that stand for nothing, folded to letters.
var dummyWords = map[string]bool{}

func init() {
	for _, w := range strings.Fields(`anon anonymous anonymized anonymised anonymize anonymise anonym anonymisiert anonyme anonimo anónimo
		anonimizado removed redacted deleted deidentified deid unknown unnamed unspecified undefined undisclosed none null nil
		na nan noname nodata novalue notavailable notapplicable notstated empty blank dummy default hidden masked withheld
		confidential private x xx xxx xxxx xxxxx xxxxxx xxxxxxxx xxxxxxxxxx value patient name test phantom subject`) {
		dummyWords[w] = true
	}
}

// isDummy reports whether a value of text stands for nothing.
func isDummy(v string) bool {
	folded := letters(v)
	switch {
	case folded == "":
		return strings.Trim(v, "0.-_^= *+#?/\\:") == "" || v == "1"
	case strings.HasPrefix(folded, "anon") || strings.HasPrefix(folded, "deid"):
		return true
	}
	if hasDigit(v) {
		return false
	}
	return dummyWords[folded] || dummyParts(v)
}

// dummyParts reports whether every word is a dummy: "Anonymous^Patient".
func dummyParts(v string) bool {
	parts := strings.FieldsFunc(v, func(r rune) bool { return !unicode.IsLetter(r) })
	for _, p := range parts {
		if !dummyWords[strings.ToLower(p)] {
			return false
		}
	}
	return len(parts) > 0
}

func letters(v string) string {
	if !strings.ContainsFunc(v, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsMark(r) }) {
		return ""
	}
	return strings.ToLower(strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsMark(r) {
			return r
		}
		return -1
	}, v))
}

func hasDigit(v string) bool { return strings.ContainsFunc(v, unicode.IsDigit) }

// The classes of values that repeat over a series are remembered.
var (
	classOfText = intern.NewMemo(textClass).Of
	classOfName = intern.NewMemo(nameClass).Of
	classOfID   = intern.NewMemo(idClass).Of
	yearLike    = intern.NewMemo(isYearLike).Of
)

// textClass classifies a value that is no name, date or ID.
func textClass(v string) class {
	switch {
	case v == "":
		return empty
	case isDummy(v):
		return dummy
	}
	return real
}

// nameClass classifies a PN value.
func nameClass(v string) class {
	v = strings.Trim(v, "^= ")
	switch {
	case v == "":
		return empty
	case isDummy(v):
		return dummy
	case codeLike(v) && hasDigit(v):
		return pseudonym
	}
	return real
}

// codeLike reports whether a value reads like a code: no '^', every word with
// a digit in it or of capitals or of ordinary language ("Case 12", "SUBJ-0004",
// "LIDC-IDRI-0001", "1.3.6.1.4.1.14519.5.2.1"), or a long hexadecimal number.
func codeLike(v string) bool {
	if strings.ContainsAny(v, "^,@=") || !hasDigit(v) {
		return false
	}
	if yearLike(v) {
		return false
	}
	for _, part := range strings.FieldsFunc(v, func(r rune) bool { return strings.ContainsRune(" -_./:#", r) }) {
		if hasDigit(part) {
			if n := len(strings.TrimRightFunc(part, unicode.IsDigit)); n > 8 && !isHex(part) && !text.Ordinary(strings.TrimRightFunc(part, unicode.IsDigit)) {
				return false
			}
			continue
		}
		if text.Ordinary(part) || dummyWords[strings.ToLower(part)] {
			continue
		}
		if n := utf8.RuneCountInString(part); part != strings.ToUpper(part) || n > 8 || !isASCII(part) {
			return false
		}
	}
	return true
}

// isYearLike reports whether the only number in a value is a year or a date, so
// that "SMITH 1975" is no code.
func isYearLike(v string) bool {
	runs := strings.FieldsFunc(v, func(r rune) bool { return !unicode.IsDigit(r) })
	words := strings.FieldsFunc(v, func(r rune) bool { return !unicode.IsLetter(r) })
	if len(runs) != 1 || len(words) == 0 {
		return false
	}
	for _, w := range words {
		if text.Ordinary(w) || dummyWords[strings.ToLower(w)] || len(w) < 3 {
			return false
		}
	}
	n := runs[0]
	return len(n) == 4 && (strings.HasPrefix(n, "19") || strings.HasPrefix(n, "200")) ||
		len(n) == 8 && parseDate(n) != 0
}

func isHex(s string) bool {
	return len(s) >= 8 && strings.Trim(strings.ToLower(s), "0123456789abcdef") == ""
}

func isASCII(s string) bool { return strings.IndexFunc(s, func(r rune) bool { return r > 127 }) < 0 }

// idClass classifies a PatientID by its form alone: a code, or a number as
// hospitals give them (6 to 10 digits, perhaps behind MR or MRN).
func idClass(v string) class {
	switch {
	case v == "":
		return empty
	case isDummy(v) || len(v) <= 3 && strings.Trim(v, "0123456789") == "":
		return dummy
	case recordNumber(v):
		return real
	case codeLike(v):
		return pseudonym
	}
	return real
}

var idJoints = strings.NewReplacer("-", "", " ", "", ".", "")

// recordNumber reports whether an ID has the form of a medical record number.
func recordNumber(v string) bool {
	upper := strings.ToUpper(v)
	for _, prefix := range []string{"MRN", "MR", "PID", "ACC", "KIS", "HN", "NHS", "UR"} {
		if rest, ok := strings.CutPrefix(upper, prefix); ok {
			rest = strings.TrimLeft(rest, "-_ :#.")
			if len(rest) >= 4 && strings.Trim(rest, "0123456789") == "" {
				return true
			}
		}
	}
	bare := idJoints.Replace(v)
	return len(bare) >= 6 && len(bare) <= 12 && strings.Trim(bare, "0123456789") == "" && strings.Count(v, ".") < 3
}

// classOfOrder classifies accession, order and study numbers.
func classOfOrder(v string) class {
	if c := classOfText(v); c != real {
		return c
	}
	if len(v) <= 3 && strings.Trim(v, "0123456789") == "" {
		return dummy
	}
	return real
}

// dummyDates stand for nothing in many programs.
var dummyDates = map[string]bool{
	"19000101": true, "00010101": true, "19700101": true, "18581117": true, "18991230": true,
	"99991231": true, "11111111": true, "00000000": true, "18000101": true, "19010101": true,
}

// classOfDate classifies a DA or DT value: 20210922, 2021.09.22, 20210922083003.
func classOfDate(v string) class {
	v = strings.ReplaceAll(v, ".", "")
	switch {
	case v == "":
		return empty
	case len(v) >= 8 && dummyDates[v[:8]] || isDummy(v):
		return dummy
	case len(v) == 4 || len(v) >= 8 && v[4:8] == "0101" || len(v) == 6 && strings.HasSuffix(v, "01"):
		return yearOnly
	}
	return real
}

// classOfTime classifies a TM value.
func classOfTime(v string) class {
	if strings.Trim(v, "0.: ") == "" {
		if v == "" {
			return empty
		}
		return dummy
	}
	return real
}

// parseDate returns the days since the year 0 of a date that starts with
// YYYYMMDD (dots are allowed), or 0.
func parseDate(v string) int {
	v = strings.ReplaceAll(v, ".", "")
	if len(v) < 8 {
		return 0
	}
	y, err1 := strconv.Atoi(v[:4])
	m, err2 := strconv.Atoi(v[4:6])
	d, err3 := strconv.Atoi(v[6:8])
	if err1 != nil || err2 != nil || err3 != nil || y < 1 || m < 1 || m > 12 || d < 1 || d > 31 {
		return 0
	}
	return daysOf(y, m, d)
}

// daysOf counts days in the Gregorian calendar from a fixed origin.
func daysOf(y, m, d int) int {
	if m <= 2 {
		y--
		m += 12
	}
	return 365*y + y/4 - y/100 + y/400 + (153*(m-3)+2)/5 + d
}

// ageYears returns the age in an AS value ("078Y", "950M"), or a bare number
// of years, in completed years; -1 if it is none.
func ageYears(v string) int {
	v = strings.TrimSpace(v)
	if v == "" {
		return -1
	}
	unit := v[len(v)-1]
	digits := strings.TrimRight(v, "DWMYdwmy")
	n, err := strconv.ParseFloat(digits, 64)
	if err != nil || len(v)-len(digits) > 1 || n < 0 {
		return -1
	}
	switch unit {
	case 'D', 'd':
		n /= 365.25
	case 'W', 'w':
		n /= 52.18
	case 'M', 'm':
		n /= 12
	}
	return int(n)
}
