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
		switch why := lacks(set, w.Pillar); {
		case why != "":
			out[w.Pillar] = why
		case !held[w.Pillar]:
			out[w.Pillar] = "Nothing in the set is what the rules of this pillar look at."
		}
	}
	return out
}

// lacks says what a pillar needs and the set does not have, "" if nothing.
func lacks(set *annotation.Set, p score.Pillar) string {
	switch {
	case p == score.Format && len(set.Formats) == 0 && set.ImageFiles == 0:
		return "No file is in a format that the rules know."
	case p == score.Completeness && len(set.Items) == 0 && len(set.Labels) == 0:
		return "There are no images and no labels to hold against each other."
	case p == score.Distribution && len(set.Classes) == 0:
		return "No class is declared, and no label names one."
	case p == score.Splits:
		return splitsUnknown(set)
	case p == score.ImageQuality && set.ImageFiles == 0:
		return "There are no images."
	case p == score.Provenance && len(set.Labels) == 0:
		return "There are no labels."
	}
	return ""
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
		return "Nothing says which images are for training and which for testing: name folders train, val and test, or say it with --splits."
	case !known:
		return "Neither patients nor pixels of the images are known, so nothing tells whether the splits share any: name the patient with --patient-key."
	}
	return ""
}
