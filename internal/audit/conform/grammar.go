package conform

import (
	"bytes"
	"strconv"
	"time"
)

// The grammars of DICOM PS3.5 Table 6.2-1. Each takes a value without padding.

// digits returns how many digits b starts with.
func digits(b []byte) int {
	n := 0
	for n < len(b) && b[n] >= '0' && b[n] <= '9' {
		n++
	}
	return n
}

// between reports whether the two digits that b starts with are in a range.
func between(b []byte, low, high int) bool {
	if len(b) < 2 || digits(b[:2]) != 2 {
		return false
	}
	n := int(b[0]-'0')*10 + int(b[1]-'0')
	return n >= low && n <= high
}

// isAge accepts 001D to 999Y.
func isAge(b []byte) bool {
	if len(b) != 4 || digits(b) != 3 {
		return false
	}
	switch b[3] {
	case 'D', 'W', 'M', 'Y':
		return true
	}
	return false
}

// isCode accepts capital letters, digits, blanks and underscores.
func isCode(b []byte) bool {
	for _, c := range b {
		if (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != ' ' && c != '_' {
			return false
		}
	}
	return true
}

// isDate accepts a date of the calendar, YYYYMMDD.
func isDate(b []byte) bool {
	if len(b) != 8 || digits(b) != 8 || !between(b[4:], 1, 12) {
		return false
	}
	year, _ := strconv.Atoi(string(b[:4]))
	month, day := int(b[4]-'0')*10+int(b[5]-'0'), int(b[6]-'0')*10+int(b[7]-'0')
	return day >= 1 && day <= time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// isTime accepts HH, HHMM, HHMMSS and HHMMSS.F to .FFFFFF; a second may be 60.
func isTime(b []byte) bool {
	whole, fraction, hasFraction := bytes.Cut(b, []byte{'.'})
	if hasFraction && (len(whole) != 6 || len(fraction) < 1 || len(fraction) > 6 || digits(fraction) != len(fraction)) {
		return false
	}
	limits := [...]int{23, 59, 60}
	if len(whole) == 0 || len(whole)%2 != 0 || len(whole) > 6 {
		return false
	}
	for i := 0; i < len(whole); i += 2 {
		if !between(whole[i:], 0, limits[i/2]) {
			return false
		}
	}
	return true
}

// isDateTime accepts YYYY[MM[DD[HH[MM[SS[.F…]]]]]] and an offset &ZZXX.
func isDateTime(b []byte) bool {
	if i := bytes.LastIndexAny(b, "+-"); i > 0 {
		zone := b[i+1:]
		if len(zone) != 4 || !between(zone, 0, 14) || !between(zone[2:], 0, 59) {
			return false
		}
		b = b[:i]
	}
	if len(b) < 4 || digits(b[:4]) != 4 {
		return false
	}
	switch {
	case len(b) == 4:
		return true
	case len(b) == 6:
		return between(b[4:], 1, 12)
	case len(b) < 8 || !isDate(b[:8]):
		return false
	}
	return len(b) == 8 || isTime(b[8:])
}

// isInteger accepts a number of 32 bits with an optional sign.
func isInteger(b []byte) bool {
	if len(b) > 0 && b[0] == '+' {
		b = b[1:]
		if digits(b) == 0 {
			return false
		}
	}
	if len(b) > 32 {
		return false
	}
	_, err := strconv.ParseInt(string(b), 10, 32)
	return err == nil
}

// isDecimal accepts a fixed or floating point number.
func isDecimal(b []byte) bool {
	if len(b) > 0 && (b[0] == '+' || b[0] == '-') {
		b = b[1:]
	}
	whole := digits(b)
	b = b[whole:]
	if len(b) > 0 && b[0] == '.' {
		part := digits(b[1:])
		whole += part
		b = b[1+part:]
	}
	if whole == 0 {
		return false
	}
	if len(b) == 0 {
		return true
	}
	if b[0] != 'E' && b[0] != 'e' {
		return false
	}
	b = b[1:]
	if len(b) > 0 && (b[0] == '+' || b[0] == '-') {
		b = b[1:]
	}
	return len(b) > 0 && digits(b) == len(b)
}
