package catalog

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"assay/internal/audit"
	"assay/internal/listing"
)

// deviceMeasures holds the claimed devices against the headers.
func deviceMeasures(d listing.Devices, m audit.Measured) []Measure {
	var makers, models, strengths []string
	thin, thick, low, high := "", "", "", ""
	for _, device := range d.List {
		makers, models = append(makers, device.Manufacturer), append(models, device.Model)
		strengths = append(strengths, tesla(device.FieldStrengthT))
		thin, thick = lesser(thin, device.SliceThicknessMinMM), greater(thick, device.SliceThicknessMaxMM)
		low, high = lesser(low, device.KVP), greater(high, device.KVP)
	}
	list := []Measure{
		namesMeasure("Manufacturers", makers, m.Manufacturers, m.Instances),
		namesMeasure("Models", models, m.Models, m.Instances),
		// Only MR states a field strength: an instance without one says nothing.
		namesMeasure("Field strength", strengths, strengthsOf(m.FieldStrengthsT), sum(m.FieldStrengthsT)),
		rangeMeasure("Peak kilovoltage", "kV", low, high, m.PeakKilovoltageKV),
		rangeMeasure("Slice thickness", "mm", thin, thick, m.SliceThicknessMM),
	}
	return list
}

// tesla writes a field strength as the audit does; what is no number stays.
func tesla(text string) string {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return text
	}
	return strconv.FormatFloat(f, 'f', 1, 64) + " T"
}

func strengthsOf(counts map[string]int) map[string]int {
	named := map[string]int{}
	for key, n := range counts {
		named[tesla(key)] += n
	}
	return named
}

func sum(counts map[string]int) int {
	n := 0
	for _, c := range counts {
		n += c
	}
	return n
}

// namesMeasure holds claimed names against those counted in instances. The
// audit counts names that it knows: while some instances have none, a claimed
// name that is not among them contradicts nothing.
func namesMeasure(fact string, claimed []string, counts map[string]int, instances int) Measure {
	claimed = unique(slices.DeleteFunc(claimed, func(s string) bool { return s == "" }))
	m := Measure{Fact: fact, Claimed: strings.Join(claimed, ", "), Outcome: NotCheckable}
	if len(counts) == 0 {
		return m
	}
	whole := sum(counts) >= instances
	m.Measured, m.Outcome = namesOf(counts), NoContradiction
	if !whole {
		m.Measured += ", others not known"
	}
	if whole {
		m.Outcome = Confirmed
	}
	names := slices.Collect(maps.Keys(counts))
	if !allIn(names, claimed) || whole && !allIn(claimed, names) {
		m.Outcome = Contradicted
	}
	return withoutClaim(m)
}

// mostNames is how many names a row lists.
const mostNames = 8

// namesOf lists names, the most frequent first.
func namesOf(counts map[string]int) string {
	names := slices.Sorted(maps.Keys(counts))
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(counts[b], counts[a]) })
	if rest := len(names) - mostNames; rest > 0 {
		names = append(names[:mostNames], fmt.Sprintf("and %d more", rest))
	}
	return strings.Join(names, ", ")
}

// allIn reports whether all of a are among b, letters large or small.
func allIn(a, b []string) bool {
	for _, name := range a {
		if !slices.ContainsFunc(b, func(s string) bool { return strings.EqualFold(strings.TrimSpace(s), strings.TrimSpace(name)) }) {
			return false
		}
	}
	return true
}

// countedMeasure shows counts that nobody claims.
func countedMeasure(fact string, counts map[string]int) Measure {
	m := Measure{Fact: fact, Outcome: NotCheckable}
	if len(counts) > 0 {
		m.Measured, m.Outcome = namesOf(counts), NotClaimed
	}
	return m
}

// rangeMeasure holds a claimed range against the one in the headers.
func rangeMeasure(fact, unit, low, high string, measured *audit.Range) Measure {
	m := Measure{Fact: fact, Outcome: NotCheckable}
	if low != "" || high != "" {
		m.Claimed = joined(" to ", low, high) + " " + unit
		if low == high {
			m.Claimed = low + " " + unit
		}
	}
	if measured == nil {
		return m
	}
	m.Measured = figure(measured.Min) + " to " + figure(measured.Max) + " " + unit
	if measured.Min == measured.Max {
		m.Measured = figure(measured.Min) + " " + unit
	}
	m.Outcome = Confirmed
	if below(measured.Min, low) || above(measured.Max, high) {
		m.Outcome = Contradicted
	}
	return withoutClaim(m)
}

func figure(v float64) string { return strconv.FormatFloat(v, 'g', 4, 64) }

func below(v float64, limit string) bool {
	f, err := strconv.ParseFloat(limit, 64)
	return err == nil && v < f-0.005
}

func above(v float64, limit string) bool {
	f, err := strconv.ParseFloat(limit, 64)
	return err == nil && v > f+0.005
}

// lesser returns the smaller of two decimals, the other if one is none.
func lesser(a, b string) string {
	x, errA := strconv.ParseFloat(a, 64)
	y, errB := strconv.ParseFloat(b, 64)
	if errA != nil || errB == nil && y < x {
		return b
	}
	return a
}

func greater(a, b string) string {
	x, errA := strconv.ParseFloat(a, 64)
	y, errB := strconv.ParseFloat(b, 64)
	if errA != nil || errB == nil && y > x {
		return b
	}
	return a
}
