package score

import (
	"cmp"
	"slices"
)

// MaxExamples is how many places a rule keeps; all are counted.
const MaxExamples = 1000

// NoFile is the number of no file.
const NoFile = -1

// Example is a place where a rule is broken. It holds no value of the files:
// Pointer leads to the place, Shape is masked by finding.Mask.
type Example struct {
	File    int32  // number of the file in the plan; NoFile for none
	Pointer string // JSON pointer, line:column, XPath, DICOM tag path or voxel; empty for the whole file
	Shape   string
	Note    string // what is wrong here, if the title does not say it; few different ones, no value
}

// Tally is what one rule was held against, and what it found.
type Tally struct {
	Code               string
	Eligible, Affected int
	Examples           []Example // in the order in which they came, at most MaxExamples
}

// Book counts eligible and affected things by rule. The zero value is empty
// and ready. It crosses the fence.
type Book struct {
	Tallies []Tally // in the order in which the rules came up
}

// Check says that n more things were held against a rule.
func (b *Book) Check(r Rule, n int) { b.tally(r.Code).Eligible += n }

// Find says that one of the things held against a rule breaks it.
func (b *Book) Find(r Rule, at Example) {
	t := b.tally(r.Code)
	t.Affected++
	if len(t.Examples) < MaxExamples {
		t.Examples = append(t.Examples, at)
	}
}

// Place adds a place to what a rule found, without counting one more.
func (b *Book) Place(r Rule, at Example) {
	if t := b.tally(r.Code); len(t.Examples) < MaxExamples {
		t.Examples = append(t.Examples, at)
	}
}

// FindMany says that n of the things held against a rule break it at one place.
func (b *Book) FindMany(r Rule, n int, at Example) {
	b.tally(r.Code).Affected += n
	b.Place(r, at)
}

// Add takes the tallies of a file, whose examples get its number.
func (b *Book) Add(file int32, other *Book) {
	for _, o := range other.Tallies {
		t := b.tally(o.Code)
		t.Eligible += o.Eligible
		t.Affected += o.Affected
		for _, e := range o.Examples[:min(len(o.Examples), MaxExamples-len(t.Examples))] {
			e.File = file
			t.Examples = append(t.Examples, e)
		}
	}
}

// Merge takes the tallies of another book, whose examples keep their files.
func (b *Book) Merge(other *Book) {
	for _, o := range other.Tallies {
		t := b.tally(o.Code)
		t.Eligible += o.Eligible
		t.Affected += o.Affected
		t.Examples = append(t.Examples, o.Examples[:min(len(o.Examples), MaxExamples-len(t.Examples))]...)
	}
}

// Of returns the tally of a rule, empty if it never came up.
func (b *Book) Of(code string) Tally {
	for _, t := range b.Tallies {
		if t.Code == code {
			return t
		}
	}
	return Tally{Code: code}
}

// Sort orders the tallies by code, so that a report does not depend on which
// rule came up first.
func (b *Book) Sort() {
	slices.SortFunc(b.Tallies, func(x, y Tally) int { return cmp.Compare(x.Code, y.Code) })
}

func (b *Book) tally(code string) *Tally {
	for i := range b.Tallies {
		if b.Tallies[i].Code == code {
			return &b.Tallies[i]
		}
	}
	b.Tallies = append(b.Tallies, Tally{Code: code})
	return &b.Tallies[len(b.Tallies)-1]
}
