package finding

import "strings"

// Cell returns a cell of a table of comma-separated values that a spreadsheet
// does not read as a formula: a quote goes before one that begins like one.
//
// Source: OWASP, CSV Injection.
func Cell(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}
