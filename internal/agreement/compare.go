package agreement

import (
	"strings"

	"github.com/hexops/gotextdiff"
	"github.com/hexops/gotextdiff/myers"
	"github.com/hexops/gotextdiff/span"
)

// Change says what became of a line between two versions.
type Change string

// Changes of a line.
const (
	Same    Change = "same"
	Added   Change = "added"
	Removed Change = "removed"
)

// Line is one line of a comparison, without its end.
type Line struct {
	Change Change
	Text   string
}

// Compare returns the lines that differ between two texts, each with up to
// three lines around it that are the same; nil for equal texts.
func Compare(before, now string) []Line {
	edits := myers.ComputeEdits(span.URIFromPath("text"), before, now)
	var list []Line
	for _, hunk := range gotextdiff.ToUnified("before", "now", before, edits).Hunks {
		for _, l := range hunk.Lines {
			change := map[gotextdiff.OpKind]Change{gotextdiff.Insert: Added, gotextdiff.Delete: Removed, gotextdiff.Equal: Same}[l.Kind]
			list = append(list, Line{change, strings.TrimSuffix(l.Content, "\n")})
		}
	}
	return list
}
