package web

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"assay/internal/audit/finding"
	"assay/web/ui"
)

// reportFilter narrows the findings of a report. All of it stands in the
// address of the page.
type reportFilter struct {
	path     string // of the page
	severity finding.Severity
	family   string // of rules, see ui.RuleFamily
	hipaa    string
	file     string // part of a file's name
	show     int    // how many findings
	places   map[string]bool
	note     string
}

// Bounds of a page of findings.
const (
	findingsAPage = 50
	mostFindings  = 1000 // on one page, however often more are asked for
	longestFile   = 200
)

func readReportFilter(u *url.URL) reportFilter {
	q := u.Query()
	f := reportFilter{
		path: u.Path, severity: finding.Severity(q.Get("severity")), family: q.Get("family"), hipaa: q.Get("hipaa"),
		file: strings.TrimSpace(q.Get("file")),
	}
	f.file = f.file[:min(len(f.file), longestFile)]
	f.show, _ = strconv.Atoi(q.Get("show"))
	f.show = min(max(f.show, findingsAPage), mostFindings)
	return f
}

// url is the address of the page under the filter, at the findings.
func (f reportFilter) url() string {
	q := url.Values{}
	for name, value := range map[string]string{"severity": string(f.severity), "family": f.family, "hipaa": f.hipaa, "file": f.file} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if f.show > findingsAPage {
		q.Set("show", strconv.Itoa(f.show))
	}
	address := f.path
	if len(q) > 0 {
		address += "?" + q.Encode()
	}
	return address + "#findings"
}

func (f reportFilter) active() int {
	n := 0
	for _, value := range []string{string(f.severity), f.family, f.hipaa, f.file} {
		if value != "" {
			n++
		}
	}
	return n
}

// passes reports whether a finding fits all that was chosen.
func (f reportFilter) passes(x finding.Finding) bool {
	family, _ := ui.RuleFamily(x.Rule)
	return (f.severity == "" || f.severity == x.Severity) && (f.family == "" || f.family == family) &&
		(f.hipaa == "" || slices.Contains(x.HIPAA, f.hipaa)) && f.inFile(x)
}

// inFile looks in all places of a finding if they are known, else in those
// that the finding names.
func (f reportFilter) inFile(x finding.Finding) bool {
	if f.file == "" {
		return true
	}
	if f.places != nil {
		return f.places[x.Key()]
	}
	return namesFile(x, f.file)
}

func namesFile(x finding.Finding, part string) bool {
	part = strings.ToLower(part)
	return slices.ContainsFunc(x.Locations, func(l finding.Location) bool { return strings.Contains(strings.ToLower(l.File), part) })
}

// findings are those to show, with the choices and their counts.
func (f reportFilter) findings(all []finding.Finding) ui.FindingsProps {
	p := ui.FindingsProps{Total: len(all), Matching: map[finding.Severity]int{}}
	for _, x := range all {
		if !f.passes(x) {
			continue
		}
		p.Matching[x.Severity]++
		if len(p.List) < f.show {
			p.List = append(p.List, x)
		}
	}
	matching := 0
	for _, n := range p.Matching {
		matching += n
	}
	switch rest := matching - len(p.List); {
	case rest > 0 && f.show < mostFindings:
		more := f
		more.show += findingsAPage
		address := strings.TrimSuffix(more.url(), "#findings") + "#" + ui.FindingID(p.List[len(p.List)-1])
		p.More = &ui.Pair{Term: "Show " + ui.Number(min(rest, findingsAPage)) + " more", URL: address,
			Value: ui.Number(len(p.List)) + " of " + ui.Number(matching) + " shown"}
	case rest > 0:
		p.Rest = ui.Number(rest) + " more findings are not shown here. Narrow them above, or take the CSV or JSON, which hold all."
	}
	if len(all) > 1 || f.active() > 0 {
		p.Filter = f.choices(all)
	}
	return p
}

// choices are the filters with the number of findings that each would leave
// beside the others.
func (f reportFilter) choices(all []finding.Finding) *ui.FilterProps {
	p := &ui.FilterProps{Action: f.path + "#findings", File: f.file, All: len(all), Active: f.active(), Note: f.note}
	if p.Active > 0 {
		p.AllURL = reportFilter{path: f.path}.url()
	}
	for name, value := range map[string]string{"severity": string(f.severity), "family": f.family, "hipaa": f.hipaa} {
		if value != "" {
			p.Kept = append(p.Kept, ui.Pair{Term: name, Value: value})
		}
	}
	slices.SortFunc(p.Kept, func(a, b ui.Pair) int { return strings.Compare(a.Term, b.Term) })
	p.Groups = append(p.Groups,
		f.group("Severity", all, func(g *reportFilter) *string { return (*string)(&g.severity) },
			func(x finding.Finding) []string { return []string{string(x.Severity)} }, severityChoice,
			[]string{string(finding.Blocker), string(finding.Warning), string(finding.Info)}),
		f.group("Rules", all, func(g *reportFilter) *string { return &g.family },
			func(x finding.Finding) []string { key, _ := ui.RuleFamily(x.Rule); return []string{key} }, familyChoice, nil),
		f.group("HIPAA", all, func(g *reportFilter) *string { return &g.hipaa },
			func(x finding.Finding) []string { return x.HIPAA }, hipaaChoice, nil))
	p.Groups = slices.DeleteFunc(p.Groups, func(g ui.FilterGroup) bool { return len(g.Options) == 0 })
	return p
}

func severityChoice(key string) (label, title string) {
	switch finding.Severity(key) {
	case finding.Blocker:
		return "Blockers", "What stands in the way of publishing"
	case finding.Warning:
		return "Warnings", "What needs an answer"
	case finding.Info:
		return "Remarks", "Worth knowing"
	}
	return key, ""
}

func familyChoice(key string) (label, title string) {
	_, label = ui.RuleFamily(key + "-")
	return label, ""
}

func hipaaChoice(key string) (label, title string) {
	return "(" + key + ")", ui.HIPAAWords(key)
}

// group lists the values of one field. Those in order come in that order, the
// others by name; a value without findings stays while the report has it.
func (f reportFilter) group(legend string, all []finding.Finding, field func(*reportFilter) *string, valuesOf func(finding.Finding) []string,
	word func(string) (label, title string), order []string) ui.FilterGroup {
	others := f
	chosen := *field(&others)
	*field(&others) = ""
	counts := map[string]int{}
	for _, x := range all {
		for _, value := range valuesOf(x) {
			counts[value] += 0
			if others.passes(x) {
				counts[value]++
			}
		}
	}
	if order == nil {
		order = slices.Sorted(maps.Keys(counts))
	}
	g := ui.FilterGroup{Legend: legend}
	for _, value := range order {
		n, there := counts[value]
		if !there {
			continue
		}
		next := f
		next.show = 0
		*field(&next) = value
		if value == chosen {
			*field(&next) = ""
		}
		label, title := word(value)
		g.Options = append(g.Options, ui.FilterOption{Label: label, Title: title, URL: next.url(), Count: n, On: value == chosen})
	}
	return g
}
