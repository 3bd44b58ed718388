package text

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isAlnum(c byte) bool {
	return isDigit(c) || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func hasDigit(s string) bool { return strings.ContainsAny(s, "0123456789") }

func allDigits(s string) bool { return countDigits(s) == len(s) }

func countDigits(s string) int {
	n := 0
	for i := range len(s) {
		if isDigit(s[i]) {
			n++
		}
	}
	return n
}

// eachDigitRun calls f with the bounds of every maximal run of digits.
func eachDigitRun(s string, f func(start, end int)) {
	for i := 0; i < len(s); {
		if !isDigit(s[i]) {
			i++
			continue
		}
		start := i
		for i < len(s) && isDigit(s[i]) {
			i++
		}
		f(start, i)
	}
}

// boundary reports whether s[start:end] stands alone: no letter or digit
// touches it, and no further group of digits is tied on by '.' or '-'.
func boundary(s string, start, end int) bool {
	if start > 0 {
		r, _ := utf8.DecodeLastRuneInString(s[:start])
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return false
		}
		if start > 1 && (r == '.' || r == '-') && isDigit(s[start-2]) {
			return false
		}
	}
	if end < len(s) {
		r, _ := utf8.DecodeRuneInString(s[end:])
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return false
		}
		if end+1 < len(s) && (r == '.' || r == '-') && isDigit(s[end+1]) {
			return false
		}
	}
	return true
}

// cueBefore reports whether a cue stands in the n bytes before start, at the
// beginning of a word. Cues are lower-case.
func (sc *scan) cueBefore(start, n int, cues []string) bool {
	return cueIn(strings.ToLower(sc.s[max(0, start-n):start]), cues)
}

func cueIn(lower string, cues []string) bool {
	for _, cue := range cues {
		for from := 0; ; {
			i := strings.Index(lower[from:], cue)
			if i < 0 {
				break
			}
			i += from
			before, _ := utf8.DecodeLastRuneInString(lower[:i])
			if i == 0 || !unicode.IsLetter(before) {
				return true
			}
			from = i + len(cue)
		}
	}
	return false
}

// technical attributes hold names of protocols, sequences and devices, whose
// numbers look like dates and telephone numbers.
func (sc *scan) technical() bool {
	return descriptionKeywords[sc.where.Keyword] || deviceKeywords[sc.where.Keyword]
}

// device attributes never hold a sentence.
func (sc *scan) device() bool { return deviceKeywords[sc.where.Keyword] }

var descriptionKeywords = set(`ProtocolName SeriesDescription StudyDescription
	RequestedProcedureDescription PerformedProcedureStepDescription ScheduledProcedureStepDescription
	AcquisitionProtocolName AcquisitionProtocolDescription DerivationDescription`)

var deviceKeywords = set(`SequenceName PulseSequenceName SoftwareVersions ManufacturerModelName Manufacturer
	DeviceSerialNumber ConvolutionKernel CodeMeaning CodeValue ImplementationVersionName DeviceDescription
	FilterType SecondaryCaptureDeviceSoftwareVersions ScanOptions ImageType`)

func (sc *scan) versions() bool { return versionKeywords[sc.where.Keyword] }

var versionKeywords = set(`SoftwareVersions ImplementationVersionName SecondaryCaptureDeviceSoftwareVersions
	CodingSchemeVersion ContextGroupVersion ContextGroupLocalVersion`)

func set(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}
