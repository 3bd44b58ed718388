package text

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

var dateCues = []string{
	"dob", "d.o.b", "born", "birth", "date", "scanned", "acquired", "performed", "exam", "visit", "seen",
	"admitted", "discharged", "surgery", "operation", "prior", "since", "until", "injury", "died", "signed", "reported", "dictated", "geb", "né", "née", "nac", "nato",
	"urodz", "род", "datum", "fecha", "data", "생년월일", "生年月日", "出生",
}

// findDate finds calendar dates from 1900 to 2099: 2021-09-22, 20210922,
// 09/22/2021, 22.09.2021, 22 SEP 2021, September 22, 2021, 2021年9月22日.
// UIDs and versions are no dates, and a protocol name holds one only if a word
// says so.
func findDate(sc *scan) {
	eachDigitRun(sc.s, func(start, end int) {
		stop := sc.dateAt(start, end)
		if stop < 0 {
			return
		}
		if sc.versions() || sc.technical() && !sc.datable(start, stop) || reVersionBefore.MatchString(sc.s[max(0, start-16):start]) {
			return
		}
		sc.add(ruleDate, ruleDate.Severity, start, stop)
	})
	if sc.traits.letters >= 3 {
		findMonthFirst(sc)
	}
}

// datable reports whether a date in a protocol name or description is one:
// it has a cue, is written out, or has separators that versions lack.
func (sc *scan) datable(start, stop int) bool {
	date := sc.s[start:stop]
	return sc.cueBefore(start, 16, dateCues) || strings.ContainsAny(date, "/") || hasLetter(date) || strings.Count(date, "-") == 2
}

func hasLetter(s string) bool { return strings.IndexFunc(s, unicode.IsLetter) >= 0 }

// reVersionBefore matches "VB10A " before the day of a release.
var reVersionBefore = regexp.MustCompile(`(?:^|[^A-Za-z])(?:[Vv](?:[A-Z]{0,2}\d[\w.]*|er\.?|ersion)[ _]|(?i:build|release|rel|rev|revision|patch|firmware|software|sw)[ _.:#]{1,2})$`)

// dateAt returns where the date ends that starts with the digits
// s[start:end], or -1.
func (sc *scan) dateAt(start, end int) int {
	if start > 0 {
		r, _ := utf8.DecodeLastRuneInString(sc.s[:start])
		if r == 'v' || r == 'V' || (r == '.' || r == '-' || r == '/') && start > 1 && isDigit(sc.s[start-2]) {
			return -1
		}
	}
	switch end - start {
	case 8:
		return sc.compactDate(start, end)
	case 14:
		if stop := sc.compactDate(start, end); stop > 0 && validTime(sc.s[start+8:end]) {
			return stop
		}
	case 4:
		return sc.yearFirst(start, end)
	case 1, 2:
		return sc.dayFirst(start, end)
	}
	return -1
}

func (sc *scan) compactDate(start, end int) int {
	if !validDate(sc.s[start:start+4], sc.s[start+4:start+6], sc.s[start+6:start+8]) {
		return -1
	}
	if start > 0 && (isAlnum(sc.s[start-1]) || sc.s[start-1] == '.') {
		return -1
	}
	if end < len(sc.s) && (isAlnum(sc.s[end]) || sc.s[end] == '.' && end+1 < len(sc.s) && isDigit(sc.s[end+1])) {
		return -1
	}
	return end
}

// yearFirst reads 2021-09-22 and 2021年9月22日.
func (sc *scan) yearFirst(start, end int) int {
	if start > 0 && isAlnum(sc.s[start-1]) {
		return -1
	}
	year := sc.s[start:end]
	if sep, next := cjkMark(sc.s[end:], "年년"); sep {
		month, at := digitsAt(sc.s, skipBlank(sc.s, end+next), 2)
		if ok, n := cjkMark(sc.s[at:], "月월"); ok && validDate(year, month, "1") {
			at += n
			if day, stop := digitsAt(sc.s, skipBlank(sc.s, at), 2); day != "" {
				if ok, n := cjkMark(sc.s[stop:], "日일"); ok {
					return stop + n
				}
			}
			return at
		}
		return -1
	}
	if month, at := monthAt(sc.s, end); month != 0 && at-end <= 9 {
		if day, stop := digitsAt(sc.s, at, 2); day != "" && validDate(year, strconv.Itoa(month), day) && sc.dateEnds(stop) {
			return stop // 1998MAR12
		}
	}
	if end >= len(sc.s) || !strings.ContainsRune("-/.", rune(sc.s[end])) {
		return -1
	}
	gap := 1
	if strings.HasPrefix(sc.s[end:], ". ") {
		gap = 2 // 2011. 10. 3.
	}
	month, at := digitsAt(sc.s, end+gap, 2)
	if month == "" || at+gap > len(sc.s) || sc.s[at:at+gap] != sc.s[end:end+gap] {
		return -1
	}
	day, stop := digitsAt(sc.s, at+gap, 2)
	if day == "" || !validDate(year, month, day) || !sc.dateEnds(stop) {
		return -1
	}
	return stop
}

// dayFirst reads 22.09.2021, 9/22/2021, 9/22/21 and 22 SEP 2021.
func (sc *scan) dayFirst(start, end int) int {
	if start > 0 && isAlnum(sc.s[start-1]) || end >= len(sc.s) {
		return -1
	}
	first, sep := sc.s[start:end], sc.s[end]
	if !strings.ContainsRune("-/.", rune(sep)) || end+1 >= len(sc.s) || !isDigit(sc.s[end+1]) {
		return sc.dayMonthName(first, end)
	}
	second, at := digitsAt(sc.s, end+1, 2)
	if second == "" || at >= len(sc.s) || sc.s[at] != sep {
		return -1
	}
	year, stop := digitsAt(sc.s, at+1, 4)
	if !sc.dateEnds(stop) {
		return -1
	}
	switch len(year) {
	case 4:
	case 2:
		slashes := sep == '/' && len(first) == 2 && len(second) == 2
		if !slashes && !sc.cueBefore(start, 16, dateCues) {
			return -1
		}
		year = "20" + year
	default:
		return -1
	}
	if validDate(year, second, first) || validDate(year, first, second) {
		return stop
	}
	return -1
}

// dayMonthName reads what follows the day in 22 SEP 2021 or 22. mars 2021.
func (sc *scan) dayMonthName(day string, at int) int {
	i := at
	for i < len(sc.s) && i < at+4 && strings.IndexByte(" .-/_", sc.s[i]) >= 0 {
		i++
	}
	for _, ordinal := range []string{"st ", "nd ", "rd ", "th ", "de ", "of "} {
		if hasPrefixFold(sc.s[i:], ordinal) {
			i += len(ordinal)
		}
	}
	month, i := monthAt(sc.s, i)
	if month == 0 {
		return -1
	}
	tight := i < len(sc.s) && strings.IndexByte("-/'", sc.s[i]) >= 0
	for j := i; i < len(sc.s) && i < j+3 && strings.IndexByte(" .,-/'_", sc.s[i]) >= 0; {
		i++
	}
	if hasPrefixFold(sc.s[i:], "de ") {
		i += 3
	}
	year, stop := digitsAt(sc.s, i, 4)
	if len(year) == 2 && tight {
		year = "20" + year
	}
	if len(year) != 4 || !validDate(year, strconv.Itoa(month), day) || !sc.dateEnds(stop) {
		return -1
	}
	return stop
}

// findMonthFirst finds September 22, 2021 and September 2021.
func findMonthFirst(sc *scan) {
	eachWord(sc.s, func(start, end int) {
		month := months[fold(sc.s[start:end])]
		if month == 0 {
			return
		}
		at := skipAny(sc.s, end, " .,-/_")
		first, next := digitsAt(sc.s, at, 4)
		if len(first) == 4 && sc.dateEnds(next) && validDate(first, strconv.Itoa(month), "1") && end-start >= 3 {
			if !sc.technical() || end-start > 3 {
				sc.add(ruleDate, ruleDate.Severity, start, next)
			}
			return
		}
		if first == "" || len(first) > 2 {
			return
		}
		for _, ordinal := range []string{"st", "nd", "rd", "th"} {
			if hasPrefixFold(sc.s[next:], ordinal) {
				next += 2
			}
		}
		year, stop := digitsAt(sc.s, skipAny(sc.s, next, " .,-/'"), 4)
		if len(year) == 4 && sc.dateEnds(stop) && validDate(year, strconv.Itoa(month), first) {
			sc.add(ruleDate, ruleDate.Severity, start, stop)
		}
	})
}

// dateEnds reports whether no further digits or letters follow, so that the
// date is not the head of a version or a UID. A time may follow after a T.
func (sc *scan) dateEnds(at int) bool {
	if at >= len(sc.s) {
		return true
	}
	c := sc.s[at]
	if isDigit(c) || strings.IndexByte(".-/", c) >= 0 && at+1 < len(sc.s) && isDigit(sc.s[at+1]) {
		return false
	}
	return c == 'T' || c == 't' || !isAlnum(c)
}

func validDate(year, month, day string) bool {
	y, _ := strconv.Atoi(year)
	m, _ := strconv.Atoi(month)
	d, _ := strconv.Atoi(day)
	if y < 1900 || y > 2099 || m < 1 || m > 12 || d < 1 {
		return false
	}
	days := [...]int{31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}
	return d <= days[m-1]
}

func validTime(hms string) bool {
	return hms[:2] < "24" && hms[2:4] < "60" && hms[4:6] < "61"
}

// digitsAt returns up to limit digits of s from at, and where they end; none
// if more than limit follow each other.
func digitsAt(s string, at, limit int) (string, int) {
	end := at
	for end < len(s) && isDigit(s[end]) {
		end++
	}
	if at > len(s) || end == at || end-at > limit {
		return "", at
	}
	return s[at:end], end
}

func cjkMark(s, marks string) (bool, int) {
	s2 := strings.TrimLeft(s, " ")
	r, n := utf8.DecodeRuneInString(s2)
	return n > 0 && strings.ContainsRune(marks, r), len(s) - len(s2) + n
}

func skipBlank(s string, at int) int { return skipAny(s, at, " ") }

// skipAny returns the first place from at on, at most 3 bytes further, that
// holds none of the characters.
func skipAny(s string, at int, chars string) int {
	for i := 0; i < 3 && at < len(s) && strings.IndexByte(chars, s[at]) >= 0; i++ {
		at++
	}
	return at
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

// monthAt reads the name of a month at a place and returns 1 to 12 and where
// it ends, or 0.
func monthAt(s string, at int) (month, end int) {
	end = at
	for end < len(s) {
		r, n := utf8.DecodeRuneInString(s[end:])
		if !unicode.IsLetter(r) && !unicode.IsMark(r) {
			break
		}
		end += n
	}
	if end == at || end-at > 24 {
		return 0, at
	}
	return months[fold(s[at:end])], end
}

// months are the names and usual abbreviations of English, German, French,
// Spanish, Portuguese, Italian, Dutch, Swedish, Danish, Polish, Czech,
// Russian, Turkish, Greek and Arabic, folded.
var months = monthNames(
	`jan january januar jänner janvier janv enero ene janeiro gennaio gen januari stycznia styczeń ledna leden января январь янв ocak ιανουαρίου يناير`,
	`feb february februar février févr febrero fevereiro fev febbraio februari lutego luty února únor февраля февраль фев şubat φεβρουαρίου فبراير`,
	`mar march märz mrz mars marzo março maart mrt marts marca marzec března březen марта март мар mart μαρτίου مارس`,
	`apr april avril avr abril abr aprile kwietnia kwiecień dubna duben апреля апрель апр nisan απριλίου أبريل ابريل`,
	`may mai mayo maio maggio mag mei maj maja května květen мая май mayıs μαΐου مايو`,
	`jun june juni juin junio junho giugno giu czerwca czerwiec června červen июня июнь июн haziran ιουνίου يونيو`,
	`jul july juli juillet juil julio julho luglio lug lipca lipiec července červenec июля июль июл temmuz ιουλίου يوليو`,
	`aug august août aout agosto ago augustus augusti sierpnia sierpień srpna srpen августа август авг ağustos αυγούστου أغسطس`,
	`sep sept september septembre septiembre setembro settembre września wrzesień září сентября сентябрь сен сент eylül σεπτεμβρίου سبتمبر`,
	`oct okt october oktober octobre octubre outubro out ottobre ott października październik října říjen октября октябрь окт ekim οκτωβρίου أكتوبر`,
	`nov november novembre noviembre novembro listopada listopad listopadu ноября ноябрь ноя kasım νοεμβρίου نوفمبر`,
	`dec dez december dezember décembre déc diciembre dic dezembro dicembre grudnia grudzień prosince prosinec декабря декабрь дек aralık δεκεμβρίου ديسمبر`,
)

func monthNames(lists ...string) map[string]int {
	m := map[string]int{}
	for i, list := range lists {
		for _, name := range strings.Fields(list) {
			m[fold(name)] = i + 1
		}
	}
	return m
}
