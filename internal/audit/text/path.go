package text

import (
	"path"
	"strings"
	"unicode/utf8"

	"assay/internal/audit/finding"
)

// ScanName returns the identifiers in the path of a file: names, dates, e-mail
// addresses and numbers that a label calls medical record numbers. All hits
// are of the rule name-in-path; offsets count from the start of the path.
//
// A pair of unknown capital words is a blocker beside a date, as in
// "Doe-Jane-19630719", and a warning alone.
func (s *Scanner) ScanName(name string) []Hit {
	var hits []Hit
	for start := 0; start <= len(name); {
		end := start + len(name[start:])
		if i := strings.IndexAny(name[start:], `/\`); i >= 0 {
			end = start + i
		}
		for _, h := range s.scanSegment(name[start:end]) {
			h.Start += start
			h.End += start
			hits = append(hits, h)
		}
		start = end + 1
	}
	return hits
}

func (s *Scanner) scanSegment(segment string) []Hit {
	stem := strings.TrimSuffix(segment, path.Ext(segment))
	if hasDigit(path.Ext(segment)) {
		stem = segment // "1.2.840.113619" or "19630719.001", not an extension
	}
	spaced := strings.ReplaceAll(stem, "_", " ")
	inner := s.Scan(spaced, Where{VR: "path"})
	sc := &scan{s: spaced, where: Where{VR: "path"}, scanner: s}
	dated := false
	var pairs []Hit
	for _, h := range inner {
		switch h.Rule.ID {
		case ruleSSN.ID, ruleEmail.ID:
			sc.add(rulePath, finding.Blocker, h.Start, h.End)
		case ruleName.ID:
			// A pair of the list waits to see whether a date stands beside it.
			if h.Severity == finding.Blocker || strings.ContainsAny(spaced[h.Start:h.End], "^,.") {
				sc.add(rulePath, finding.Blocker, h.Start, h.End)
			} else {
				pairs = append(pairs, h)
			}
		case ruleMRN.ID:
			if h.Severity == finding.Blocker && (s.isKnown(strings.ToLower(spaced[h.Start:h.End])) || sc.cueBefore(h.Start, 16, []string{"mrn", "acc", "medrec", "medical rec"})) {
				sc.add(rulePath, finding.Blocker, h.Start, h.End)
			}
		case ruleDate.ID:
			dated = true
		}
	}
	severity := finding.Warning
	if dated {
		severity = finding.Blocker
	}
	if start, end := namePair(spaced, dated); end > 0 {
		sc.add(rulePath, severity, start, end)
	}
	for _, h := range pairs {
		sc.add(rulePath, severity, h.Start, h.End)
	}
	for _, h := range inner {
		if h.Rule.ID == ruleDate.ID {
			sc.add(rulePath, finding.Warning, h.Start, h.End)
		}
	}
	return sc.finish(stem)
}

// namePair finds two or three words side by side that are not of ordinary
// language, written with capitals. Without a date beside them they must be all
// the words there are.
func namePair(s string, dated bool) (start, end int) {
	var run []word
	all := 0
	flush := func() bool {
		if len(run) >= 2 && len(run) <= 3 {
			start, end = run[0].start, run[len(run)-1].end
			return true
		}
		return false
	}
	eachWord(s, func(a, b int) {
		all++
		if end > 0 {
			return
		}
		w := word{start: a, end: b, kind: kindOf(s[a:b])}
		fits := w.kind != lower && !Ordinary(s[a:b]) && !hasDigitBeside(s, &w) &&
			(utf8.RuneCountInString(s[a:b]) >= 3 || w.kind == caseless)
		adjacent := len(run) == 0 || len(strings.Trim(s[run[len(run)-1].end:a], " -.,^+")) == 0
		if fits && adjacent {
			run = append(run, w)
			return
		}
		if !flush() {
			run = run[:0]
			if fits {
				run = append(run, w)
			}
		}
	})
	if end == 0 && !flush() {
		return 0, 0
	}
	if !dated && (all != len(run) || hasDigit(s)) {
		return 0, 0
	}
	return start, end
}
