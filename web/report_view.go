package web

import (
	"fmt"
	"strings"

	"assay/internal/audit"
	"assay/internal/audit/finding"
	"assay/internal/catalog"
	"assay/internal/listing"
	"assay/web/page"
	"assay/web/ui"
)

// reportView draws the report of a version; before is that of an earlier one.
// Next says what its reader does now. A filter narrows the findings.
func reportView(d listing.Dossier, before *listing.Dossier, next string, narrow reportFilter) (*page.ReportView, error) {
	if d.Report == nil {
		return nil, nil
	}
	r, err := catalog.ParseReport(d.Report.Body)
	if err != nil {
		return nil, err
	}
	v := &page.ReportView{
		Head: ui.ReportHeadProps{
			Verdict: d.Report.Verdict, Next: next, Blockers: d.Report.Blockers, Warnings: d.Report.Warnings,
			Infos: r.Count(finding.Info), Answered: len(d.Answers), NotChecked: len(r.NotChecked),
			Files: r.Input.Files, Bytes: r.Input.Bytes, Digest: d.Report.RootDigest, Claims: d.Report.ClaimsDigest,
			When: ui.DateTime(d.Report.CreatedAt), Tool: strings.TrimSpace(r.Tool.Name + " " + r.Tool.Version),
			Rules: d.Report.RulesVersion, Tables: tablePairs(r.Tool.Tables),
		},
		Findings: narrow.findings(r.Findings), Answers: map[string]page.AnswerView{},
		Measured: measuredPairs(r.Measured), Plots: measuredPlots(r.Measured),
		Claims: claimRows(catalog.Measures(d.Claims.Claims, r)),
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

func tablePairs(tables []audit.Table) []ui.Pair {
	var list []ui.Pair
	for i, t := range tables {
		term := "Tables"
		if i > 0 {
			term = ""
		}
		list = append(list, ui.Pair{Term: term, Value: t.Name + ", " + t.Edition})
	}
	return list
}

// placeAnswers puts an answer under each warning. Warnings that the report's
// findings do not show come after them.
func placeAnswers(v *page.ReportView, d listing.Dossier, draw func(key string, a *listing.WarningAnswer) page.AnswerView) {
	shown := map[string]bool{}
	report, err := catalog.ParseReport(d.Report.Body)
	if err != nil {
		return // reportView has said so
	}
	for _, f := range report.Findings { // on another page, or filtered, is not lost
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

func changesView(number int, old, now *audit.Report) *ui.ChangesProps {
	c := audit.Diff(old, now)
	p := &ui.ChangesProps{Before: fmt.Sprintf("version %d", number), Unchanged: len(now.Findings) - len(c.New) - len(c.Changed),
		Rules: rulesDiffer(old, now)}
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

// rulesDiffer says whether a finding may be new because the rules are.
func rulesDiffer(old, now *audit.Report) string {
	was, is := old.Tool.RulesVersion, now.Tool.RulesVersion
	switch {
	case was == is:
		return ""
	case old.Input.RootDigest != "" && old.Input.RootDigest == now.Input.RootDigest:
		return fmt.Sprintf("The files are the same; the rules are not (%s before, %s now): what is new was found by newer rules, not in new data.", was, is)
	}
	return fmt.Sprintf("The rules have changed too (%s before, %s now): what is new may be found by newer rules, not in new data.", was, is)
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
