package main

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"assay/internal/audit"
	"assay/internal/audit/finding"
)

// summarize writes a report for a person: the verdict, the findings by
// severity and rule with what to do, and what was not checked.
func summarize(out io.Writer, r *audit.Report) error {
	w := bufio.NewWriter(out)
	fmt.Fprintf(w, "%s: %s\n", strings.ToUpper(string(r.Verdict)), reason(r))
	fmt.Fprintf(w, "%s, %s, root digest %s\n", plural(r.Input.Files, "file"), audit.FormatBytes(r.Input.Bytes), r.Input.RootDigest)
	writeMeasured(w, &r.Measured)
	for _, s := range []finding.Severity{finding.Blocker, finding.Warning, finding.Info} {
		writeFindings(w, r, s)
	}
	if len(r.NotChecked) > 0 {
		fmt.Fprint(w, "\nNot checked\n")
		for _, n := range r.NotChecked {
			fmt.Fprintf(w, "  %s (%s): %s\n", n.What, plural(n.Count, "file"), n.Why)
		}
	}
	return w.Flush()
}

func reason(r *audit.Report) string {
	blockers, warnings := r.Count(finding.Blocker), r.Count(finding.Warning)
	switch r.Verdict {
	case audit.Passed:
		return "nothing in the data stands against it, as far as it was checked."
	case audit.Flagged:
		return plural(warnings, "warning") + " to answer."
	case audit.Unrecognized:
		return "no file is readable medical data."
	}
	if warnings == 0 {
		return plural(blockers, "blocker") + "."
	}
	return plural(blockers, "blocker") + " and " + plural(warnings, "warning") + "."
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func writeMeasured(w io.Writer, m *audit.Measured) {
	if m.Instances > 0 {
		fmt.Fprintf(w, "DICOM: %s, %d series, %s, %s\n", plural(m.Instances, "instance"), m.Series,
			many(m.Studies, "study", "studies"), plural(m.Patients, "patient"))
		if len(m.Modalities) > 0 {
			fmt.Fprintf(w, "Modalities: %s\n", counts(m.Modalities))
		}
	}
	fmt.Fprintf(w, "Kinds of file: %s\n", counts(m.Kinds))
}

func many(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}

func counts(m map[string]int) string {
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		parts = append(parts, fmt.Sprintf("%s %d", k, m[k]))
	}
	return strings.Join(parts, ", ")
}

var headings = map[finding.Severity]string{
	finding.Blocker: "Blockers",
	finding.Warning: "Warnings",
	finding.Info:    "For information",
}

// maxLines bounds the findings shown of one rule; the report has them all.
const maxLines = 12

func writeFindings(w io.Writer, r *audit.Report, s finding.Severity) {
	titles := map[string]string{}
	for _, rule := range audit.Registry() {
		titles[rule.ID] = rule.Title
	}
	first := true
	rule, lines, hidden := "", 0, 0
	flush := func() {
		if hidden > 0 {
			fmt.Fprintf(w, "    and %d more; see --json\n", hidden)
		}
	}
	for _, f := range r.Findings {
		if f.Severity != s {
			continue
		}
		if first {
			fmt.Fprintf(w, "\n%s\n", headings[s])
			first = false
		}
		if f.Rule != rule {
			flush()
			rule, lines, hidden = f.Rule, 0, 0
			fmt.Fprintf(w, "  %s: %s\n", f.Rule, titles[f.Rule])
			if f.Fix != "" {
				fmt.Fprintf(w, "    Fix: %s\n", f.Fix)
			}
		}
		if lines++; lines > maxLines {
			hidden++
			continue
		}
		writeFinding(w, f)
	}
	flush()
}

func writeFinding(w io.Writer, f finding.Finding) {
	parts := []string{strings.TrimSuffix(f.Message, ".")}
	if f.Path != "" {
		parts = append(parts, shortPath(f.Path))
	}
	if f.Shape != "" {
		parts = append(parts, `like "`+f.Shape+`"`)
	}
	if f.Count > 1 {
		parts = append(parts, fmt.Sprintf("%d times", f.Count))
	}
	var files []string
	for _, l := range f.Locations {
		if !slices.Contains(files, l.File) && l.File != "" {
			files = append(files, l.File)
		}
	}
	if len(files) > 3 {
		files = append(files[:3], "…")
	}
	if len(files) > 0 {
		parts = append(parts, "in "+strings.Join(files, ", "))
	}
	fmt.Fprintf(w, "    - %s\n", printable(strings.Join(parts, "; ")))
}

// shortPath leaves out the middle of a path through many nested sequences; the
// report has it whole.
func shortPath(path string) string {
	const ends = 60
	if len(path) <= 3*ends {
		return path
	}
	return strings.ToValidUTF8(path[:ends], "") + " … " + strings.ToValidUTF8(path[len(path)-ends:], "")
}

// printable keeps control characters of file names away from the terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7F && r < 0xA0 || r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069 {
			return '�'
		}
		return r
	}, s)
}
