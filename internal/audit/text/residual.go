package text

import "assay/internal/audit/finding"

// ResidualRule is the rule for texts that a person should read.
func ResidualRule() finding.Rule { return ruleResidual }

// minResidualDigits is how long a number is that may be an identifier.
const minResidualDigits = 5

// Residual reports whether a text holds a word or a long number of which
// nothing is known: a word of two letters or more that is not Ordinary, or
// five digits in a row. What it passes is made of words that name nobody.
func Residual(s string) bool {
	for _, w := range wordsOf(s) {
		if w.end-w.start >= 2 && !hasDigitBeside(s, &w) && !Ordinary(s[w.start:w.end]) {
			return true
		}
	}
	found := false
	eachDigitRun(s, func(start, end int) { found = found || end-start >= minResidualDigits })
	return found
}
