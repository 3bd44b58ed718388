package audittest

import (
	"fmt"
	"math"

	"assay/internal/audit/quality"
)

// Unsound lists, in words, where a report breaks what every report must hold:
// rates are at most 1, codes are of the registry, each once, and losses sum to
// what the score lacks of 100.
func Unsound(r *quality.Report) []string {
	var list []string
	say := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	seen := map[string]bool{}
	held := map[string]bool{}
	for _, rule := range quality.Registry() {
		held[rule.Code] = true
	}
	once := func(code string) {
		if !held[code] || seen[code] {
			say("%s is there twice, or no rule of the registry", code)
		}
		seen[code] = true
	}
	for _, f := range r.Findings {
		once(f.Code)
		if f.Affected < 1 || f.Affected > f.Eligible {
			say("%s is broken by %d of %d", f.Code, f.Affected, f.Eligible)
		}
	}
	for _, p := range r.Passed {
		once(p.Code)
		if p.Eligible < 1 {
			say("%s passed without anything held against it", p.Code)
		}
	}
	lost := 0.0
	for _, l := range r.Losses {
		lost += l.Points
	}
	if math.Abs(100-r.Score.Value-lost) > 0.05 {
		say("losses sum to %.2f, the score lacks %.2f", lost, 100-r.Score.Value)
	}
	return list
}
