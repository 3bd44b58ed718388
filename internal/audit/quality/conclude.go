package quality

import (
	"fmt"

	"assay/internal/audit/annotation"
	"assay/internal/audit/score"
)

// Options say what else is known of the set.
type Options struct {
	Version        string // of the tool
	ManifestSHA256 string
	Files          int
	Bytes          int64
	Sample         *Sample
	PHI            Gate
	// Name returns the path of a file for the report, masked if need be.
	Name func(file int32) string
	// Mask returns a name of a class for the report, masked if it reads like an
	// identifier.
	Mask func(name string) string
}

// Conclude measures and scores a set. It adds to the set's Book.
func Conclude(set *annotation.Set, opts Options) *Report {
	r := &Report{Schema: Schema, Tool: Tool{Name: "assay", Version: opts.Version, Score: score.Version}, Gates: Gates{PHI: opts.PHI}}
	r.Classes = classes(set, opts)
	r.Findings = findings(&set.Book, opts)
	return r
}

// classes counts the labels of each class.
func classes(set *annotation.Set, opts Options) []Class {
	list := make([]Class, len(set.Classes))
	for i, c := range set.Classes {
		list[i] = Class{Name: opts.Mask(c.Name), Declared: c.Declared, Blank: c.Blank, Splits: map[string]Count{}}
	}
	for _, l := range set.Labels {
		if l.Class < 0 {
			continue
		}
		switch l.State {
		case annotation.Positive:
			list[l.Class].Labels++
		case annotation.Negative:
			list[l.Class].Negative++
		case annotation.Uncertain:
			list[l.Class].Uncertain++
		}
	}
	return list
}

// findings turns the book into the findings of the report.
func findings(book *score.Book, opts Options) []Finding {
	rules := map[string]score.Rule{}
	for _, r := range annotation.Rules() {
		rules[r.Code] = r
	}
	book.Sort()
	list := []Finding{}
	for _, t := range book.Tallies {
		r := rules[t.Code]
		if t.Affected == 0 {
			continue
		}
		f := Finding{
			Code: t.Code, Level: string(r.Level), Severity: string(r.Severity()), Pillar: string(r.Pillar()),
			Affected: t.Affected, Eligible: t.Eligible, Fix: r.Fix,
			Message: fmt.Sprintf("%s: %d of %d %s", r.Title, t.Affected, t.Eligible, r.Of),
		}
		for _, e := range t.Examples {
			f.Examples = append(f.Examples, Example{Path: opts.Name(e.File), Pointer: e.Pointer, Shape: e.Shape, Note: e.Note})
		}
		list = append(list, f)
	}
	return list
}
