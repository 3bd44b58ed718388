package web

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"assay/internal/audit"
	"assay/internal/audit/finding"
	"assay/internal/catalog"
	"assay/internal/listing"
	"assay/web/page"
	"assay/web/ui"
)

// reportView draws the report of a version; before is that of an earlier one.
func reportView(d listing.Dossier, before *listing.Dossier) (*page.ReportView, error) {
	if d.Report == nil {
		return nil, nil
	}
	r, err := catalog.ParseReport(d.Report.Body)
	if err != nil {
		return nil, err
	}
	v := &page.ReportView{
		Head: ui.ReportHeadProps{
			Verdict: d.Report.Verdict, Blockers: d.Report.Blockers, Warnings: d.Report.Warnings,
			Infos: r.Count(finding.Info), Answered: len(d.Answers), Files: r.Input.Files, Bytes: r.Input.Bytes,
			Digest: d.Report.RootDigest, When: ui.DateTime(d.Report.CreatedAt), Tool: toolLine(r.Tool, d.Report.RulesVersion),
		},
		Findings: r.Findings, Answers: map[string]page.AnswerView{}, Measured: measuredPairs(r.Measured),
		Bars: measuredBars(r.Measured), Claims: claimRows(catalog.Measures(d.Claims.Claims, r)),
	}
	for _, n := range r.NotChecked {
		v.NotChecked = append(v.NotChecked, ui.NotCheckedItem{What: n.What, Why: n.Why, Count: n.Count})
	}
	if before != nil && before.Report != nil {
		old, err := catalog.ParseReport(before.Report.Body)
		if err != nil {
			return nil, err
		}
		v.Changes = changesView(before.Version.Number, &old, &r)
	}
	return v, nil
}

// placeAnswers puts an answer under each warning. Warnings that the report's
// findings do not show come after them.
func placeAnswers(v *page.ReportView, d listing.Dossier, draw func(key string, a *listing.WarningAnswer) page.AnswerView) {
	shown := map[string]bool{}
	for _, f := range v.Findings {
		shown[f.Key()] = f.Severity == finding.Warning || shown[f.Key()]
	}
	for _, key := range d.Report.WarningKeys {
		var given *listing.WarningAnswer
		for i := range d.Answers {
			if d.Answers[i].Key == key {
				given = &d.Answers[i]
			}
		}
		drawn := draw(key, given)
		if shown[key] {
			v.Answers[key] = drawn
		} else {
			v.Unplaced = append(v.Unplaced, drawn)
		}
	}
}

func toolLine(t audit.Tool, rules string) string {
	line := strings.TrimSpace(t.Name + " " + t.Version)
	if rules != "" {
		line = strings.TrimPrefix(line+", rules "+rules, ", ")
	}
	for _, table := range t.Tables {
		line += ", " + table.Name + " " + table.Edition
	}
	return line
}

func changesView(number int, old, now *audit.Report) *ui.ChangesProps {
	c := audit.Diff(old, now)
	p := &ui.ChangesProps{Before: fmt.Sprintf("version %d", number), Unchanged: len(now.Findings) - len(c.New) - len(c.Changed)}
	for _, f := range c.New {
		p.Added = append(p.Added, findingLine(f))
	}
	for _, f := range c.Gone {
		p.Resolved = append(p.Resolved, findingLine(f))
	}
	for _, x := range c.Changed {
		p.Changed = append(p.Changed, fmt.Sprintf("%s: %s, before %s", findingLine(x.New), placesIn(x.New), placesIn(x.Old)))
	}
	return p
}

func findingLine(f finding.Finding) string {
	line := f.Message
	if f.Path != "" {
		line += " · " + f.Path
	}
	return line
}

func placesIn(f finding.Finding) string {
	return ui.Plural(f.Count, "place", "places") + " as " + string(f.Severity)
}

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
	return list
}

func measuredBars(m audit.Measured) []ui.BarsProps {
	var list []ui.BarsProps
	for _, b := range []struct {
		title, head, note string
		counts            map[string]int
	}{
		{"Modality", "Modality", "instances", m.Modalities},
		{"SOP Class", "SOP Class", "instances", m.SOPClasses},
		{"Transfer Syntax", "Transfer Syntax", "instances", m.TransferSyntaxes},
		{"Manufacturer", "Manufacturer", "instances", m.Manufacturers},
		{"Sex", "PatientSex", "patients", m.Sexes},
		{"Age", "Age band", "patients", m.AgeBands},
		{"Kinds of file", "Kind", "files", m.Kinds},
	} {
		if len(b.counts) > 0 {
			list = append(list, bars(b.title, b.head, b.note, b.counts))
		}
	}
	return list
}

// mostBars is how many bars a chart has; the rest is one bar.
const mostBars = 12

// bars draws counts, the largest first; age bands keep their order.
func bars(title, head, note string, counts map[string]int) ui.BarsProps {
	p := ui.BarsProps{Title: title, LabelHead: head, ValueHead: upperFirst(note), Note: note}
	keys := slices.Sorted(maps.Keys(counts))
	if title != "Age" {
		slices.SortStableFunc(keys, func(a, b string) int { return counts[b] - counts[a] })
	}
	rest := 0
	for i, key := range keys {
		p.N += counts[key]
		if i >= mostBars {
			rest += counts[key]
			continue
		}
		p.Bars = append(p.Bars, ui.Bar{Label: key, Value: counts[key]})
	}
	if rest > 0 {
		p.Bars = append(p.Bars, ui.Bar{Label: "all others", Value: rest})
	}
	return p
}
