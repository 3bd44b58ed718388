package audit

import (
	"slices"

	"assay/internal/audit/finding"
)

// Changes says how the findings of a report differ from an older one's.
type Changes struct {
	New     []finding.Finding // in the newer report only
	Gone    []finding.Finding // in the older report only
	Changed []Change          // in both, with another count or severity
}

// Change is a finding that both reports hold.
type Change struct{ Old, New finding.Finding }

// findingKey is what makes two findings of different reports the same one.
type findingKey struct{ rule, path, shape, message string }

func keyOf(f finding.Finding) findingKey {
	return findingKey{f.Rule, f.Path, f.Shape, f.Message}
}

// Diff compares two reports of a data set, older first. Either may be nil,
// which counts as a report without findings.
func Diff(older, newer *Report) Changes {
	was := map[findingKey][]finding.Finding{}
	if older != nil {
		for _, f := range older.Findings {
			was[keyOf(f)] = append(was[keyOf(f)], f)
		}
	}
	var c Changes
	if newer != nil {
		for _, f := range newer.Findings {
			old, ok := take(was, f)
			switch {
			case !ok:
				c.New = append(c.New, f)
			case old.Count != f.Count || old.Severity != f.Severity:
				c.Changed = append(c.Changed, Change{old, f})
			}
		}
	}
	for _, rest := range was {
		c.Gone = append(c.Gone, rest...)
	}
	finding.Sort(c.New)
	finding.Sort(c.Gone)
	return c
}

// take removes from was the finding that f continues: of the same severity
// if there is one.
func take(was map[findingKey][]finding.Finding, f finding.Finding) (finding.Finding, bool) {
	list := was[keyOf(f)]
	if len(list) == 0 {
		return finding.Finding{}, false
	}
	i := max(0, slices.IndexFunc(list, func(o finding.Finding) bool { return o.Severity == f.Severity }))
	old := list[i]
	was[keyOf(f)] = slices.Delete(list, i, i+1)
	return old, true
}
