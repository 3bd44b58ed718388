package web

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"assay/internal/audit"
	"assay/web/ui"
)

// singular is the word for n things, given that for many.
func singular(many string, n int) string {
	if n == 1 {
		return strings.TrimSuffix(many, "s")
	}
	return many
}

// measuredPairs are the counts and ranges of a report.
func measuredPairs(m audit.Measured) []ui.Pair {
	var list []ui.Pair
	count := func(term string, n int) {
		if n > 0 {
			list = append(list, ui.Pair{Term: term, Value: ui.Number(n)})
		}
	}
	count("Patients", m.Patients)
	count("Studies", m.Studies)
	count("Series", m.Series)
	count("Instances", m.Instances)
	count("Frames", m.Frames)
	spread := func(term, unit string, r *audit.Range) {
		if r == nil {
			return
		}
		value := fmt.Sprintf("%.4g to %.4g", r.Min, r.Max)
		if r.Min == r.Max {
			value = fmt.Sprintf("%.4g", r.Min)
		}
		list = append(list, ui.Pair{Term: term, Value: value + " " + unit + " in " + ui.Plural(r.Count, "instance", "instances")})
	}
	spread("Slice thickness", "mm", m.SliceThicknessMM)
	spread("Peak kilovoltage", "kV", m.PeakKilovoltageKV)
	for _, c := range countsOf(m) {
		for value, n := range c.counts {
			if len(c.counts) == 1 {
				list = append(list, ui.Pair{Term: c.alone(), Value: value + " in " + ui.Number(n) + " " + singular(c.value, n)})
			}
		}
	}
	if len(m.InstancesPerSeries) == 1 {
		list = append(list, ui.Pair{Term: "Instances per series", Value: instances(m.InstancesPerSeries[0])})
	}
	if len(m.SliceSpacingMM) == 1 {
		list = append(list, ui.Pair{Term: "Slice spacing", Value: millimeters(m.SliceSpacingMM[0])})
	}
	if m.Bytes > 0 {
		list = append(list, ui.Pair{Term: "Size", Value: ui.Bytes(m.Bytes)})
	}
	return list
}

// counted is one attribute that the audit counts by its values.
type counted struct {
	title, label, value string
	counts              map[string]int
	order               func(a, b string) int // nil: the largest first
}

// alone is what the attribute is called where its only value stands in words.
func (c counted) alone() string {
	switch c.title {
	case "Age":
		return "Age in years"
	case "Sex", "Kinds of file":
		return c.title
	case "Field strengths":
		return "Field strength in tesla"
	}
	return c.label
}

func countsOf(m audit.Measured) []counted {
	return []counted{
		{"Modalities", "Modality", "instances", m.Modalities, nil},
		{"Age", "Years", "patients", m.AgeBands, byFirstNumber},
		{"Sex", "PatientSex", "patients", m.Sexes, nil},
		{"Manufacturers", "Manufacturer", "instances", m.Manufacturers, nil},
		{"Models", "ManufacturerModelName", "instances", m.Models, nil},
		{"Matrix sizes", "Rows × columns", "instances", m.Matrices, nil},
		{"Field strengths", "Tesla", "instances", m.FieldStrengthsT, byFirstNumber},
		{"Body parts", "BodyPartExamined", "instances", m.BodyParts, nil},
		{"Objects", "SOP Class", "instances", m.SOPClasses, nil},
		{"Transfer syntaxes", "Transfer Syntax", "instances", m.TransferSyntaxes, nil},
		{"Kinds of file", "Kind", "files", m.Kinds, nil},
	}
}

// notStated is the key under which the audit counts what states nothing.
const notStated = "not stated"

// measuredPlots are the counts of a report as plots.
func measuredPlots(m audit.Measured) []ui.PlotProps {
	var list []ui.PlotProps
	for _, b := range countsOf(m) {
		if len(b.counts) > 1 { // one value is a fact, not a plot
			list = append(list, plot(b.title, b.label, b.value, b.counts, b.order))
		}
	}
	if len(m.SliceSpacingMM) > 1 {
		list = slices.Insert(list, 0, histogram("Slice spacing", "Millimeters, from", m.SliceSpacingMM, millimeters))
	}
	if len(m.InstancesPerSeries) > 1 {
		list = slices.Insert(list, 0, histogram("Instances per series", "Instances, from", m.InstancesPerSeries, instances))
	}
	return list
}

func millimeters(b audit.Bin) string { return fmt.Sprintf("%.4g mm to under %.4g mm", b.Low, b.High) }

func instances(b audit.Bin) string {
	if b.High-b.Low <= 1 {
		return ui.Plural(int(b.Low), "instance", "instances")
	}
	return ui.Number(int(b.Low)) + " to " + ui.Number(int(b.High)-1) + " instances"
}

// histogram draws the series of a report by bins. Too many bins are joined,
// the same number each.
func histogram(title, label string, bins []audit.Bin, name func(audit.Bin) string) ui.PlotProps {
	p := ui.PlotProps{Title: title, LabelHead: label, ValueHead: "series", Ordered: true}
	step := (len(bins) + mostBars - 1) / mostBars
	for group := range slices.Chunk(bins, step) {
		joined := group[0]
		for _, b := range group[1:] {
			joined.High, joined.Count = b.High, joined.Count+b.Count
		}
		p.N += joined.Count
		p.Bars = append(p.Bars, ui.Bar{Label: fmt.Sprintf("%.4g", joined.Low), Long: name(joined), Value: joined.Count})
	}
	return p
}

// byFirstNumber orders "0-9" before "10-19" before "90+".
func byFirstNumber(a, b string) int {
	var x, y float64
	fmt.Sscanf(a, "%g", &x)
	fmt.Sscanf(b, "%g", &y)
	switch {
	case x < y:
		return -1
	case x > y:
		return 1
	}
	return 0
}

// mostBars is how many bars a plot has; the rest is one bar.
const mostBars = 12

// plot turns counts into bars: in an order of their own, or the largest first.
// What states nothing is said beside the number counted.
func plot(title, label, value string, counts map[string]int, order func(a, b string) int) ui.PlotProps {
	p := ui.PlotProps{Title: title, LabelHead: label, ValueHead: value, Ordered: order != nil}
	if order == nil {
		order = func(a, b string) int { return counts[b] - counts[a] }
	}
	keys := slices.Sorted(maps.Keys(counts))
	slices.SortStableFunc(keys, order)
	rest := 0
	for _, key := range keys {
		p.N += counts[key]
		switch {
		case key == notStated && p.Ordered:
			p.Note = ui.Number(counts[key]) + " not stated"
		case len(p.Bars) >= mostBars:
			rest += counts[key]
		default:
			p.Bars = append(p.Bars, ui.Bar{Label: key, Value: counts[key]})
		}
	}
	if rest > 0 {
		p.Bars = append(p.Bars, ui.Bar{Label: "all others", Value: rest})
	}
	if len(p.Bars) == 0 { // nobody states it
		p.Bars = []ui.Bar{{Label: notStated, Value: p.N}}
		p.Note = ""
	}
	return p
}
