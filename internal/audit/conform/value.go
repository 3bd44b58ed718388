package conform

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"assay/internal/audit/dicom"
	"assay/internal/audit/dicom/dict"
	"assay/internal/audit/finding"
)

// maxChars is the most characters that one value may have.
//
// Source: DICOM PS3.5 Table 6.2-1.
func maxChars(vr dicom.VR) int {
	switch vr {
	case dicom.AE, dicom.CS, dicom.DS, dicom.SH:
		return 16
	case dicom.IS:
		return 12
	case dicom.LO:
		return 64
	case dicom.ST:
		return 1024
	case dicom.LT:
		return 10240
	}
	return 0
}

// isSingle reports whether a text VR never has several values, so that "\" is
// an ordinary character.
func isSingle(vr dicom.VR) bool {
	switch vr {
	case dicom.LT, dicom.ST, dicom.UR, dicom.UT:
		return true
	}
	return false
}

// checkText judges each value of a text VR.
func (c *Checker) checkText(e *dicom.Element, text string) {
	if isSingle(e.VR) {
		c.checkString(e, text)
		return
	}
	if e.VR.UsesCharset() {
		for rest, more := text, true; more; {
			var value string
			value, rest, more = strings.Cut(rest, `\`)
			c.checkString(e, value)
		}
		return
	}
	for rest, more := e.Value, true; more; {
		var value []byte
		value, rest, more = bytes.Cut(rest, []byte{'\\'})
		c.checkCode(e, value)
	}
}

// checkString judges one value of a VR that Specific Character Set governs,
// or of UR.
func (c *Checker) checkString(e *dicom.Element, value string) {
	if hasControl(value, isSingle(e.VR)) {
		c.add(ruleValue, finding.Warning, e, "", "The value holds control characters that its VR does not allow.")
	}
	if limit := maxChars(e.VR); limit != 0 && len(value) > limit && utf8.RuneCountInString(strings.Trim(value, " ")) > limit {
		c.add(ruleValue, finding.Warning, e, "", fmt.Sprintf("A value of VR %s is longer than %d characters.", e.VR, limit))
	}
	if e.VR == dicom.PN {
		c.checkName(e, value)
	}
}

// hasControl reports whether s holds control characters; those that lay out
// text are allowed in long texts.
func hasControl(s string, layout bool) bool {
	for i := 0; i < len(s); i++ {
		switch b := s[i]; {
		case b >= 0x20 && b != 0x7F, b == 0x1B:
		case layout && (b == '\t' || b == '\n' || b == '\f' || b == '\r'):
		default:
			return true
		}
	}
	return false
}

// checkName judges a person's name: three component groups of five components.
//
// Source: DICOM PS3.5 Section 6.2.1.
func (c *Checker) checkName(e *dicom.Element, value string) {
	groups := 0
	for rest, more := value, true; more; groups++ {
		var group string
		group, rest, more = strings.Cut(rest, "=")
		if strings.Count(group, "^") > 4 {
			c.add(ruleValue, finding.Warning, e, "", "A person's name has more than five components.")
		}
		if len(group) > 64 && utf8.RuneCountInString(group) > 64 {
			c.add(ruleValue, finding.Warning, e, "", "A component group of a person's name is longer than 64 characters.")
		}
	}
	if groups > 3 {
		c.add(ruleValue, finding.Warning, e, "", "A person's name has more than three component groups.")
	}
}

// checkCode judges one value of a VR of plain ASCII.
func (c *Checker) checkCode(e *dicom.Element, raw []byte) {
	if e.VR == dicom.UI {
		if uid := dicom.TrimRight(raw); len(uid) > 0 {
			c.checkUID(e, uid)
		}
		return
	}
	value := dicom.Trim(raw)
	if len(value) == 0 {
		return
	}
	if limit := maxChars(e.VR); limit != 0 && len(value) > limit {
		severity := finding.Warning
		if e.VR == dicom.DS && isDecimal(value) {
			severity = finding.Info // a number too precise is read everywhere
		}
		c.add(ruleValue, severity, e, "", fmt.Sprintf("A value of VR %s is longer than %d characters.", e.VR, limit))
	}
	ok := true
	switch e.VR {
	case dicom.AE:
		ok = !hasControl(string(value), false)
	case dicom.AS:
		ok = isAge(value)
	case dicom.CS:
		ok = isCode(value)
	case dicom.DA:
		ok = isDate(value)
	case dicom.DS:
		ok = isDecimal(value)
	case dicom.DT:
		ok = isDateTime(value)
	case dicom.IS:
		ok = isInteger(value)
	case dicom.TM:
		ok = isTime(value)
	}
	if !ok {
		c.add(ruleValue, finding.Warning, e, string(value), fmt.Sprintf("The value is not written as VR %s demands.", e.VR))
	}
}

// checkVM compares the number of values with the dictionary's.
func (c *Checker) checkVM(e *dicom.Element, entry *dict.Entry) {
	n := 1
	switch size := e.VR.WordSize(); {
	case e.VR.IsText():
		if !isSingle(e.VR) {
			n += bytes.Count(e.Value, []byte{'\\'})
		}
	case size > 1 && len(e.VR) == 2 && e.VR[0] != 'O':
		n = len(e.Value) / size
	}
	if n == 1 && entry.VM == "1" {
		return
	}
	if n > 1 && mayHideBackslash(e) {
		return
	}
	if !allowsVM(entry.VM, n) {
		c.add(ruleValue, finding.Warning, e, "", fmt.Sprintf("The element has %d values where the dictionary allows %s.", n, entry.VM))
	}
}

// mayHideBackslash reports whether a byte 5C may be half a character.
func mayHideBackslash(e *dicom.Element) bool {
	return e.VR.UsesCharset() && (e.Charset.IsDouble() || bytes.IndexByte(e.Value, 0x1B) >= 0)
}

// allowsVM reports whether a multiplicity such as "1", "1-3", "2-n" or "2-2n"
// allows n values.
func allowsVM(vm string, n int) bool {
	low, high, isRange := strings.Cut(vm, "-")
	least, err := strconv.Atoi(low)
	if err != nil {
		return true
	}
	if !isRange {
		return n == least
	}
	if n < least {
		return false
	}
	if step, ok := strings.CutSuffix(high, "n"); ok {
		if step == "" {
			return true
		}
		s, err := strconv.Atoi(step)
		return err != nil || n%s == 0
	}
	most, err := strconv.Atoi(high)
	return err != nil || n <= most
}
