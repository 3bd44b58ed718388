package score

// Arithmetic of Version.
const (
	// HardCap is what a hard fault leaves of the score at most.
	HardCap = 39
	// AboveLowest is how many percent the score may stand above the weakest
	// pillar's, so that no strong pillar hides a weak one.
	AboveLowest = 25
	// GradePoints are how many of the 100 points must be measured for a
	// grade, FullPoints for a grade better than BestPartial.
	GradePoints = 70
	FullPoints  = 85
	BestPartial = "B"
)

// Weight is a pillar with its points.
type Weight struct {
	Pillar Pillar
	Name   string
	Points float64
}

// Weights are the pillars in the order of their points; they sum to 100.
var Weights = []Weight{
	{Format, "Format", 25},
	{Completeness, "Completeness", 25},
	{Distribution, "Distribution", 20},
	{Splits, "Splits", 15},
	{ImageQuality, "Image quality", 10},
	{Provenance, "Provenance and agreement", 5},
}

// Band is a grade with the score from which it is given.
type Band struct {
	Grade string
	From  float64
}

// Bands are the grades, best first.
var Bands = []Band{{"A", 90}, {"B", 80}, {"C", 70}, {"D", 55}, {"F", 0}}

// gradeOf returns the grade of a score, bounded by the points measured: none
// below GradePoints, BestPartial at best below FullPoints.
func gradeOf(value, measured float64) string {
	if measured < GradePoints {
		return ""
	}
	for _, b := range Bands {
		if value >= b.From && (measured >= FullPoints || b.Grade >= BestPartial) {
			return b.Grade
		}
	}
	return Bands[len(Bands)-1].Grade
}
