package score

import "assay/internal/audit/finding"

// Version names the score: pillars, rules, caps and rates are fixed in it.
const Version = "LQS-M 1.0"

// Pillar is one of the six parts of the score, by its letter.
type Pillar byte

// Pillars.
const (
	Format       Pillar = 'F'
	Completeness Pillar = 'C'
	Distribution Pillar = 'D'
	Splits       Pillar = 'S'
	ImageQuality Pillar = 'Q'
	Provenance   Pillar = 'P'
)

// Level says how grave a broken rule is for whoever trains on the set.
type Level string

// Levels.
const (
	Error   Level = "E" // what reads the set will fail, drop or misread it
	Warning Level = "W" // likely not what was meant
	Info    Level = "I" // worth knowing; costs nothing
)

// Rule is one check of the LQS. Its code is stable: the letter of its pillar,
// a hyphen and three digits.
type Rule struct {
	Code   string // "F-201"
	Level  Level
	Title  string // "Annotation id used twice"
	Of     string // what it is held against, plural: "annotations", "images"
	Says   string // what is true of those that break it, after Of: "have no label record"; empty if the title does
	Fix    string // what to change, one or two sentences
	Source string // where the rule comes from

	// Cap is how many points of its pillar the rule can cost, Full the rate of
	// affected in eligible at which it costs all of them. An Info has none.
	Cap, Full float64

	// Hard is the rate above which the whole score is held to HardCap; 0 for
	// rules that never do that. AnyHard does it from the first one on.
	Hard    float64
	AnyHard bool

	// Pixels says that the rule looks at pixels or voxels: of a set that was
	// sampled, its rate is that of the sample, and has an interval.
	Pixels bool
}

// Pillar returns the pillar of the rule.
func (r Rule) Pillar() Pillar { return Pillar(r.Code[0]) }

// Severity returns what the rule is in an audit report: a blocker if it can
// hold the score down, otherwise a warning or an info.
func (r Rule) Severity() finding.Severity {
	switch {
	case r.Level == Error && (r.Hard > 0 || r.AnyHard):
		return finding.Blocker
	case r.Level == Info:
		return finding.Info
	}
	return finding.Warning
}
