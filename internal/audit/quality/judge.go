package quality

import (
	"fmt"

	"assay/internal/audit/annotation"
	"assay/internal/audit/score"
)

// maxExamples is how many places of a finding a report holds; all are counted.
const maxExamples = 100

// judge reckons the score of what the Book holds, and writes it, its losses
// and the findings into the report.
func (r *Report) judge(set *annotation.Set, opts Options) {
	rules := Registry()
	sheet := score.Sheet{Rules: rules, Book: &set.Book, Unmeasured: unmeasured(set, rules), Sampled: opts.Sample != nil}
	s := sheet.Score()
	r.Score = Score{
		Value: s.Value, Low: s.Low, High: s.High, Grade: s.Grade, Reason: s.Reason,
		MeasuredPoints: s.Measured, HardFails: []HardFail{},
	}
	for _, rule := range s.HardFails {
		r.Score.HardFails = append(r.Score.HardFails, HardFail{Code: rule.Code, Title: rule.Title})
	}
	r.Pillars, r.Unknown = []Pillar{}, []Unknown{}
	for _, k := range s.Pillars {
		r.Pillars = append(r.Pillars, Pillar{ID: string(k.Pillar), Name: k.Name, Points: k.Points, Kept: k.Kept, Measured: k.Measured, Why: k.Why})
		if !k.Measured {
			r.Unknown = append(r.Unknown, Unknown{What: fmt.Sprintf("%s (%g points)", k.Name, k.Points), Why: k.Why})
		}
	}
	byCode := map[string]score.Rule{}
	for _, rule := range rules {
		byCode[rule.Code] = rule
	}
	r.Losses, r.Fixes = losses(s.Losses, byCode, set, s), losses(s.Fixes, byCode, set, s)
	r.Findings, r.Passed = findings(byCode, &set.Book, s, opts), passed(&set.Book)
}

// passed lists the rules that were held against something and found nothing,
// by code.
func passed(book *score.Book) []Passed {
	list := []Passed{}
	for _, t := range book.Tallies {
		if t.Affected == 0 && t.Eligible > 0 {
			list = append(list, Passed{Code: t.Code, Eligible: t.Eligible})
		}
	}
	return list
}

// losses says each loss in words.
func losses(list []score.Loss, rules map[string]score.Rule, set *annotation.Set, s score.Result) []Loss {
	out := []Loss{}
	for _, l := range list {
		loss := Loss{Points: l.Points, Code: l.Code, Gain: l.Gain}
		if rule, ok := rules[l.Code]; ok {
			t := set.Book.Of(l.Code)
			loss.Message, loss.Fix = sentence(rule, t.Affected, t.Eligible), rule.Fix
		} else {
			loss.Message, loss.Fix = limitSentence(l.Code, s)
		}
		out = append(out, loss)
	}
	return out
}

// findings turns the book into the findings of the report: the rules that are
// broken, by code.
func findings(rules map[string]score.Rule, book *score.Book, s score.Result, opts Options) []Finding {
	list := []Finding{}
	for _, t := range book.Tallies {
		r := rules[t.Code]
		if t.Affected == 0 {
			continue
		}
		f := Finding{
			Code: t.Code, Level: string(r.Level), Severity: string(r.Severity()), Pillar: string(r.Pillar()),
			Affected: t.Affected, Eligible: t.Eligible, Loss: s.Lost[t.Code], Fix: r.Fix,
			Message: sentence(r, t.Affected, t.Eligible), Examples: []Example{},
		}
		for _, e := range t.Examples[:min(len(t.Examples), maxExamples)] {
			f.Examples = append(f.Examples, Example{Path: opts.Name(e.File), Pointer: e.Pointer, Shape: e.Shape, Note: e.Note})
		}
		list = append(list, f)
	}
	return list
}
