package quality

import (
	"fmt"

	"assay/internal/audit/agreement"
	"assay/internal/audit/score"
)

// Formula says how a figure or a step of the score is reckoned.
type Formula struct {
	Name   string
	Text   string // sentences; a formula stands in them as it is read aloud
	Source string // may be empty: then it is our own choice
}

// Measured says for each pillar when it counts. Otherwise it leaves numerator
// and denominator of the score, and the report says why.
var Measured = map[score.Pillar]string{
	score.Format:       "a file is in a format that the rules know",
	score.Completeness: "there are images, or labels",
	score.Distribution: "a class is declared, or a label names one",
	score.Splits:       "the set has at least two splits or folds, and patients or pixels are known to hold them apart by",
	score.ImageQuality: "the header or the pixels of an image were looked at",
	score.Provenance:   "there are labels",
}

// Arithmetic returns the steps of the score, in order.
func Arithmetic() []Formula {
	return []Formula{
		{"Loss of a rule", "Cap × min(1, rate ÷ full rate), with rate = affected ÷ eligible. Cap and full rate stand at each rule below.", ""},
		{"Loss of a pillar", "The sum of the losses of its rules, at most its points. If the rules cost more, each bears its share.", ""},
		{"Score", "100 × (points kept) ÷ (points measured).", ""},
		{"What is not measured", "A pillar counts only if a rule of it that can cost points was held against something, and if what it is about is there. Otherwise it leaves numerator and denominator: unknown is not pass. The report says how many of 100 points were measured.", ""},
		{"No hiding", fmt.Sprintf("The score is at most the percentage that the weakest pillar kept, plus %d.", score.AboveLowest), ""},
		{"Hard faults", fmt.Sprintf("A rule with a hard bound holds the score at %d once its rate is above the bound, whatever else is good.", score.HardCap), ""},
		{"Losses", "Every point that the score lacks of 100 stands in the list of losses: in tenths, by rule, with a line for each of the two limits above. They sum to 100 minus the score.", ""},
		{"Gain", "The score that mending one rule alone would give, minus the score. The three fixes are picked one after the other: the gain of each is after those before it.", ""},
		{"Grade", fmt.Sprintf("By the bands below. Under %d points measured there is none; under %d the best is %s.", score.GradePoints, score.FullPoints, score.BestPartial), ""},
		{"Sample", "If pixels of a sample of the images were read, the rate of each rule on pixels has a Wilson interval, at 95 % for all of these rules together (Bonferroni: 1 − 0.05 ÷ the number of them that ran). The score is reckoned with all upper and with all lower ends. Rules on headers and label files see all files and have no interval.", "Wilson 1927, Journal of the American Statistical Association 22(158)"},
		{"Identifiers", "What identifies people is a gate beside the score, never averaged into it.", ""},
		{"Binding", "The score is of the manifest of the set (path, size and SHA-256 of each file) and of the digest of these rules with their weights. The same files, version and seed give the same report, byte for byte.", ""},
	}
}

// Figures returns how the figures of a report are reckoned.
func Figures() []Formula {
	return []Formula{
		{"Symbols", "c is the count of a class, N the sum of all counts, p = c ÷ N, K the number of declared classes (of a label map, or a list of classes; so deleting rare labels shows). A figure that is not defined is null, never 0.", ""},
		{"Image coverage", "Images with at least one label record ÷ images. An explicit negative counts as labeled.", ""},
		{"Orphans", "Label records whose image is not there.", ""},
		{"Blank and uncertain share", "Blank ÷ all values of whole-image labels; a blank is not mentioned, never 0. Uncertain ÷ all that are not blank.", ""},
		{"Attribute coverage", "Attributes that labels carry ÷ those that their classes declare, in formats that declare any.", ""},
		{"Degenerate box", "Width or height of 0 or less, or an area below 1 pixel (1 voxel). Out of bounds: more than 1 pixel beyond the image.", ""},
		{"Imbalance ratio", "Largest c ÷ smallest c of the declared classes; null if one is 0, and then the empty classes are listed.", ""},
		{"Entropy", "H = −Σ p ln p, in nats. Normalized: H ÷ ln K, null for fewer than two classes. Effective classes: e to the H.", "Shannon 1948; Hill 1973, Ecology 54(2)"},
		{"Gini-Simpson", "1 − Σ p²: the chance that two labels drawn with replacement differ.", ""},
		{"Prevalence", "Images with the class ÷ images, with a Wilson interval at 95 %.", "Wilson 1927, Journal of the American Statistical Association 22(158)"},
		{"Co-occurrence", "Images that hold both classes; Jaccard: these ÷ images that hold either.", "Jaccard 1912, New Phytologist 11(2)"},
		{"Minimum counts", "n = 1.96² × 0.09 ÷ d² positives tell a sensitivity of 0.9 to ± d: 139 for ± 0.05, 35 for ± 0.10. A class is told of below 35 in the test split, and below 100 in the training split.", "normal approximation of a share; the bound for training is our own choice"},
		{"Drift of splits", "Jensen-Shannon divergence to base 2 (0 to 1), Cramér's V of the table of classes by split, and the population stability index with a floor of 0.0001 for shares. Bands: JSD 0.01 and 0.05, PSI 0.1 and 0.25. The p value falls with N and decides nothing; it is of the chi-square test if all expected counts are 5 or more, else of tables drawn at random with a fixed seed.", "Lin 1991, IEEE Transactions on Information Theory 37(1); Cramér 1946; Cochran 1954, Biometrics 10(4)"},
		{"Patients in two splits", "Patients are told apart by PatientID, else by a column that is named or declared, else by an expression on paths that the report shows.", ""},
		{"Equal images", "SHA-256 of the decoded pixels with their shape, since headers differ after re-identification. Nearly equal: perceptual hashes of 64 bits that differ in at most 4, then normalized cross-correlation of 0.99 or more; slices of one series are not compared.", ""},
		{"Agreement on classes", "Two readers: Cohen's kappa, with quadratic weights for ratings. Three or more with all things read by all: Fleiss' kappa. Otherwise Krippendorff's alpha. With raw agreement, prevalence and a 95 % bootstrap interval over patients. A kappa of 1 over 100 things or more is told of: it looks adjudicated or filtered.", "Cohen 1960, 1968; Fleiss 1971; Krippendorff 2011; Efron & Tibshirani 1993"},
		{"Agreement on values", "ICC(2,1).", "Shrout & Fleiss 1979, Psychological Bulletin 86(2)"},
		{"Agreement on places", fmt.Sprintf("Masks: Dice, intersection over union, and the 95th percentile of the Hausdorff distance; pairs of which both are empty are counted apart. Boxes: pairs with an intersection over union of %g or more, greedily; F1 = 2 × matched ÷ (a + b).", agreement.MinOverlap), "Dice 1945; Jaccard 1912; Maier-Hein & Reinke 2024, Nature Methods 21"},
		{"Bits used", "log₂(largest − smallest + 1), beside BitsStored.", ""},
		{"Clipped share", "Pixels at the smallest or the largest value ÷ pixels, unless that value is padding.", ""},
	}
}
