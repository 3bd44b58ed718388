package quality

import (
	"assay/internal/audit/annotation"
	"assay/internal/audit/score"
)

// unmeasured tells the pillars that leave the score, with why. Unknown is not
// pass: a pillar counts only if a rule of it that can cost points was held
// against something, and if what it is about is there, as Measured says.
func unmeasured(set *annotation.Set, rules []score.Rule) map[score.Pillar]string {
	out := map[score.Pillar]string{}
	held := heldPillars(set, rules)
	for _, w := range score.Weights {
		if !held[w.Pillar] {
			out[w.Pillar] = nothingHeld[w.Pillar]
		}
	}
	if len(set.Classes) == 0 {
		out[score.Distribution] = nothingHeld[score.Distribution]
	}
	if why := splitsUnknown(set); why != "" {
		out[score.Splits] = why
	}
	if len(set.Labels) == 0 {
		out[score.Provenance] = nothingHeld[score.Provenance]
	}
	return out
}

// nothingHeld says why a pillar has nothing that its rules could look at.
var nothingHeld = map[score.Pillar]string{
	score.Format:       "No file is in a format that the rules know.",
	score.Completeness: "There are no images and no labels to hold against each other.",
	score.Distribution: "No label names a class.",
	score.Splits:       "Nothing says which images are for training and which for testing: name folders train, val and test, or say it with --splits.",
	score.ImageQuality: "No pixels were looked at.",
	score.Provenance:   "There are no labels.",
}

// heldPillars are those of which a rule with a weight was held against
// anything.
func heldPillars(set *annotation.Set, rules []score.Rule) map[score.Pillar]bool {
	held := map[score.Pillar]bool{}
	for _, r := range rules {
		if t := set.Book.Of(r.Code); r.Cap > 0 && t.Eligible+t.Affected > 0 {
			held[r.Pillar()] = true
		}
	}
	return held
}

// splitsUnknown says why splits cannot be judged, "" if they can.
func splitsUnknown(set *annotation.Set) string {
	splits := map[string]bool{}
	known := false
	for i := range set.Items {
		it := &set.Items[i]
		if it.Split != annotation.NoSplit {
			splits[string(it.Split)] = true
		} else if it.Fold != 0 {
			splits[string(rune(it.Fold))] = true
		}
		known = known || it.Patient != annotation.Hash{} || it.Digest != [16]byte{}
	}
	switch {
	case len(splits) < 2:
		return nothingHeld[score.Splits]
	case !known:
		return "Neither patients nor pixels of the images are known, so nothing tells whether the splits share any: name the patient with --patient-key."
	}
	return ""
}
