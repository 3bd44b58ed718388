package ui

import (
	"cmp"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"assay/internal/audit/quality"
)

// QualityProps is the report of the LQS with what stands around it. The zero
// values suit a report that is one file: the filter works by style alone.
type QualityProps struct {
	Report    *quality.Report
	GuideURL  string         // page that explains the rules, "/guides/lqs"; codes are no links without it
	Form      *QualityFilter // filters by a form that the server answers; nil for a filter without one
	Downloads []Pair         // Term names a file, URL leads to it
}

// QualityFilter is the filter of the findings as the server read it.
type QualityFilter struct {
	Action        string // the page, without the filter
	Pillar, Level string // chosen; empty for all
	Kept          []Pair // other values of the address
}

// notDefined stands where a figure has no value.
const notDefined = "not defined"

func defined(v *float64) bool {
	return v != nil && !math.IsNaN(*v) && !math.IsInf(*v, 0)
}

// figure writes a value with so many decimals; without a value it says so.
func figure(v *float64, decimals int) string {
	if !defined(v) {
		return notDefined
	}
	if decimals > 0 && math.Abs(*v) >= 1e5 {
		decimals = 0
	}
	return strings.Replace(strconv.FormatFloat(*v, 'f', decimals, 64), "-", "−", 1)
}

// share writes a value of 0 to 1 in percent: "12.3 %".
func share(v *float64) string {
	if !defined(v) {
		return notDefined
	}
	return shareText(*v)
}

func shareText(v float64) string {
	if v > 0 && v < .0005 {
		return "< 0.1 %"
	}
	return strconv.FormatFloat(100*v, 'f', 1, 64) + " %"
}

// shareRange writes an interval of shares: "11.1–13.6 %".
func shareRange(ci *[2]float64) string {
	if !definedRange(ci) {
		return notDefined
	}
	return strconv.FormatFloat(100*ci[0], 'f', 1, 64) + "–" + strconv.FormatFloat(100*ci[1], 'f', 1, 64) + " %"
}

func definedRange(ci *[2]float64) bool { return ci != nil && defined(&ci[0]) && defined(&ci[1]) }

// figureRange writes an interval: "0.61 to 0.83".
func figureRange(ci *[2]float64, decimals int) string {
	if !definedRange(ci) {
		return notDefined
	}
	return figure(&ci[0], decimals) + " to " + figure(&ci[1], decimals)
}

// points writes points of the score with at most one decimal: "87.3", "90".
func points(v float64) string {
	if !defined(&v) {
		return notDefined
	}
	return strings.TrimSuffix(strconv.FormatFloat(v, 'f', 1, 64), ".0")
}

// tenths writes points that stand under each other, with one decimal; fewer
// are not rounded to nothing.
func tenths(v float64) string {
	if v > 0 && v < .05 {
		return "<0.1"
	}
	return figure(&v, 1)
}

// probability writes a p-value.
func probability(v *float64) string {
	if defined(v) && *v < .001 {
		return "< 0.001"
	}
	return figure(v, 3)
}

func optional(n *int) string {
	if n == nil {
		return "not known"
	}
	return Number(*n)
}

// levelWord is how grave a rule is, in a word and as a kind of Tag.
func levelWord(level string) (kind, word string) {
	switch level {
	case "E":
		return "bad", "Error"
	case "W":
		return "warn", "Warning"
	}
	return "info", "Info"
}

// driftWords are the bands of drift.
func driftWords(band string) TagProps {
	switch band {
	case "none":
		return TagProps{"ok", "no drift to speak of"}
	case "small":
		return TagProps{"warn", "small drift"}
	case "large":
		return TagProps{"bad", "large drift"}
	}
	return TagProps{"", notDefined}
}

// verdictLine is the score in a sentence.
func verdictLine(r *quality.Report) string {
	s := r.Score
	switch {
	case nothingRead(r):
		return "Nothing here is of a kind that the audit of labels reads."
	case s.Grade == "":
		return "The score is " + points(s.Value) + " of 100, without a grade."
	}
	return "The score is " + points(s.Value) + " of 100, grade " + s.Grade + "."
}

func nothingRead(r *quality.Report) bool {
	return len(r.Input.Formats) == 0 && r.Input.Images == 0 && r.Input.Labels == 0
}

// rangeLine says how sure the score is; empty if all was read.
func rangeLine(r *quality.Report) string {
	s := r.Input.Sampled
	if s == nil {
		return ""
	}
	return "Between " + points(r.Score.Low) + " and " + points(r.Score.High) + ": pixels of " + Number(s.N) + " of " +
		Plural(s.Of, "image", "images") + " were read, drawn with seed " + strconv.FormatUint(s.Seed, 10) + "."
}

// measuredLine says how much of the score could be measured.
func measuredLine(r *quality.Report) string {
	text := "Measured: " + points(r.Score.MeasuredPoints) + " of 100 points."
	if r.Score.Reason != "" {
		text += " " + sentence(r.Score.Reason)
	}
	return text
}

// plainNumber writes a number with as many digits as it has.
func plainNumber(v *float64) string {
	if !defined(v) {
		return notDefined
	}
	return strings.Replace(strconv.FormatFloat(*v, 'f', -1, 64), "-", "−", 1)
}

// sentence begins with a capital and ends with a period.
func sentence(s string) string {
	s = upperFirst(strings.TrimSpace(s))
	if s == "" || strings.ContainsAny(s[len(s)-1:], ".!?") {
		return s
	}
	return s + "."
}

// inputFacts say what was scored.
func inputFacts(r *quality.Report) []Fact {
	in := r.Input
	return []Fact{
		{Value: Number(in.Files), Text: verb(in.Files, "file", "files")},
		{Value: Bytes(in.Bytes)},
		{Value: Number(in.Images), Text: verb(in.Images, "image", "images")},
		{Value: Number(in.Labels), Text: verb(in.Labels, "label", "labels")},
	}
}

// ruleCode is the form of the codes that the guide explains.
var ruleCode = regexp.MustCompile(`^[A-Z]-\d{3}$`)

// qualityID is the id of the element of a finding.
func qualityID(code string) string { return "lqs-" + slug(code) }

func hasFinding(r *quality.Report, code string) bool {
	return slices.ContainsFunc(r.Findings, func(f quality.Finding) bool { return f.Code == code })
}

// byCost orders findings for reading: what costs most first, then by level.
func byCost(list []quality.Finding) []quality.Finding {
	sorted := slices.Clone(list)
	slices.SortStableFunc(sorted, func(a, b quality.Finding) int {
		return cmp.Or(cmp.Compare(b.Loss, a.Loss), strings.Index("EWI", a.Level)-strings.Index("EWI", b.Level))
	})
	return sorted
}

func lostPoints(r *quality.Report) float64 {
	sum := 0.0
	for _, l := range r.Losses {
		sum += l.Points
	}
	return sum
}

// splitsOf lists the splits in the order of the report, then those that only
// classes name, by name.
func splitsOf(r *quality.Report) []string {
	var list []string
	for _, s := range r.Metrics.Splits {
		list = append(list, s.Split)
	}
	named := len(list)
	for _, c := range r.Classes {
		for s := range c.Splits {
			if !slices.Contains(list, s) {
				list = append(list, s)
			}
		}
	}
	slices.Sort(list[named:])
	return list
}

// pillarName is the name of a pillar in the report, or its letter.
func pillarName(r *quality.Report, id string) string {
	for _, p := range r.Pillars {
		if p.ID == id {
			return or(p.Name, id)
		}
	}
	return id
}

// Bounds of what is drawn; the JSON holds everything.
const (
	mostClassBars  = 40
	mostClassRows  = 1000
	mostSplitBars  = 4
	mostPlaces     = 20  // examples of a finding
	mostPairs      = 100 // of classes in the table of co-occurrence
	mostDuplicates = 20  // groups
	mostDemography = 12  // bars of one attribute
)

// largestClasses are the classes with most images, or with most labels where
// there are no images.
func largestClasses(list []quality.Class, n int) []quality.Class {
	sorted := slices.Clone(list)
	slices.SortStableFunc(sorted, func(a, b quality.Class) int {
		return cmp.Or(cmp.Compare(b.Images, a.Images), cmp.Compare(b.Labels, a.Labels))
	})
	return sorted[:min(n, len(sorted))]
}

func className(c quality.Class) string { return or(c.Name, "(no name)") }

// bars turns bins into bars.
func bars(bins []quality.Bin) (list []Bar, n int) {
	for _, b := range bins {
		list = append(list, Bar{Label: or(b.Label, "(no name)"), Value: b.Count})
		n += b.Count
	}
	return list, n
}

// originBars are the labels by who made them, most first.
func originBars(p quality.Provenance) (list []Bar, n int) {
	for origin, count := range p.Labels {
		list = append(list, Bar{Label: or(origin, "unknown"), Value: count})
		n += count
	}
	slices.SortFunc(list, func(a, b Bar) int { return cmp.Or(cmp.Compare(b.Value, a.Value), cmp.Compare(a.Label, b.Label)) })
	return list, n
}

// vennBars are the patients by the splits that they are in; those in several
// come last.
func vennBars(sets []quality.Venn) (list []Bar, n int) {
	sorted := slices.Clone(sets)
	slices.SortStableFunc(sorted, func(a, b quality.Venn) int { return cmp.Compare(len(a.Splits), len(b.Splits)) })
	for _, v := range sorted {
		label := "only in " + strings.Join(v.Splits, "")
		if len(v.Splits) > 1 {
			label = "in " + strings.Join(v.Splits, " and ")
		}
		list = append(list, Bar{Label: label, Value: v.Patients})
		n += v.Patients
	}
	return list, n
}

// demographyBars are the most frequent values, and the rest as one.
func demographyBars(g quality.Group) []Bar {
	list, _ := bars(g.Bins)
	if len(list) > mostDemography {
		rest := Bar{Label: Plural(len(list)-mostDemography+1, "other value", "other values")}
		for _, b := range list[mostDemography-1:] {
			rest.Value += b.Value
		}
		list = append(list[:mostDemography-1], rest)
	}
	if g.Unknown > 0 {
		list = append(list, Bar{Label: "not known", Value: g.Unknown})
	}
	return list
}

// silent are the parts of the report that have nothing to show, with why.
func silent(r *quality.Report) []quality.Unknown {
	m := r.Metrics
	var list []quality.Unknown
	say := func(empty bool, what, why string) {
		told := slices.ContainsFunc(r.Unknown, func(u quality.Unknown) bool { return strings.EqualFold(u.What, what) })
		if empty && !told {
			list = append(list, quality.Unknown{What: what, Why: why})
		}
	}
	say(len(r.Classes) == 0, "Classes", "no class is declared or used")
	say(len(r.Classes) > 0 && m.CoOccurrence == nil, "Classes together in one image", "no image holds two classes")
	say(len(m.Splits) == 0, "Splits, drift and patients per split", "the set names no splits")
	say(len(m.Agreement) == 0, "Agreement of readers", "no label was made by two readers who can be told apart")
	say(m.BoxCenters == nil || m.BoxCenters.N == 0, "Where boxes lie", "there are no boxes in images of known size")
	say(!hasImageFigures(m.Images), "Sizes and spacing of images", "no image was read")
	say(m.Duplicates == nil, "Duplicates", "no images were compared")
	say(len(m.Demographics.Tables) == 0, "Demographics", "neither headers nor tables tell sex, age or scanner")
	return list
}

func hasImageFigures(f quality.ImageFigures) bool {
	for _, bins := range [][]quality.Bin{f.Width, f.Height, f.SpacingMM, f.ThicknessMM, f.BitsUsed, f.LabelSize} {
		if len(bins) > 0 {
			return true
		}
	}
	return false
}
