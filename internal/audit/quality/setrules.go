package quality

import (
	"assay/internal/audit/annotation"
	"assay/internal/audit/score"
)

// wholeSet is what the rules on the set as a whole are held against.
const wholeSet = "the set"

// Rules on the set as a whole: without labels, or without a file that can be
// read, no other figure means anything.
var (
	ruleNothing = score.Rule{
		Code: "F-010", Level: score.Error, Title: "Nothing in the set can be read", Of: wholeSet,
		Cap: 25, Full: 1, AnyHard: true,
		Fix:    "Check that the folder is the right one, and that its files open in the program that made them.",
		Source: "the content of the files",
	}
	ruleNoLabel = score.Rule{
		Code: "C-001", Level: score.Error, Title: "No label at all", Of: wholeSet,
		Cap: 15, Full: 1, AnyHard: true,
		Fix:    "Add the label files to the set. If they are there, their format is not among those that are read, or they name no image: see which files were recognized.",
		Source: "the label files beside the images; explicit negatives are labels",
	}
	setRules = []score.Rule{ruleNothing, ruleNoLabel}
)

// holdWhole holds a set of files against the rules on the set as a whole. An
// empty one has nothing to be held.
func holdWhole(set *annotation.Set, files int) {
	if files == 0 {
		return
	}
	read := len(set.Formats) > 0 || set.ImageFiles > 0
	set.Book.Check(ruleNothing, 1)
	if !read {
		set.Book.Find(ruleNothing, score.Example{File: score.NoFile})
		return
	}
	set.Book.Check(ruleNoLabel, 1)
	if !labeled(set) {
		set.Book.Find(ruleNoLabel, score.Example{File: score.NoFile})
	}
}

// labeled reports whether anything in the set has a label record.
func labeled(set *annotation.Set) bool {
	if len(set.Labels) > 0 {
		return true
	}
	for i := range set.Items {
		if set.Items[i].Labeled {
			return true
		}
	}
	return false
}
