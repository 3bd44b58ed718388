package quality

import (
	"fmt"
	"strconv"

	"assay/internal/audit/score"
)

// sentence says what a rule found: "1,240 of 8,000 images have no label record".
func sentence(r score.Rule, affected, eligible int) string {
	if r.Of == wholeSet {
		return r.Title
	}
	of := fmt.Sprintf("%s of %s %s", thousands(affected), thousands(max(affected, eligible)), r.Of)
	if r.Says != "" {
		return of + " " + r.Says
	}
	return r.Title + ": " + of
}

// thousands writes a count with a comma after every third digit from the end.
func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// limitSentence says what took points besides the rules.
func limitSentence(code string, s score.Result) (message, fix string) {
	switch code {
	case score.LowestPillar:
		return fmt.Sprintf("The score stands at most %d above the percentage of the weakest pillar", score.AboveLowest),
			"Mend what the weakest pillar lost: a strong one does not hide it."
	case score.HardFault:
		what := ""
		for i, r := range s.HardFails {
			if i > 0 {
				what += ", "
			}
			what += r.Code
		}
		return fmt.Sprintf("A hard fault holds the score at %d: %s", score.HardCap, what),
			"Mend every hard fault: while one is left, nothing else raises the score."
	}
	return "Nothing could be measured", "Score a set that holds labels or images in a known format."
}
