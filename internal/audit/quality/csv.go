package quality

import (
	"encoding/csv"
	"io"
	"strconv"

	"assay/internal/audit/finding"
)

var findingColumns = []string{"code", "level", "severity", "pillar", "affected", "eligible", "points_lost", "message", "fix", "path", "pointer", "shape", "note"}

// WriteFindingsCSV writes the findings as a table with a head: one row for
// each example, one row for a finding without any. No cell reads as a formula.
func (r *Report) WriteFindingsCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	if err := out.Write(findingColumns); err != nil {
		return err
	}
	for _, f := range r.Findings {
		examples := f.Examples
		if len(examples) == 0 {
			examples = []Example{{}}
		}
		for _, e := range examples {
			row := []string{f.Code, f.Level, f.Severity, f.Pillar, strconv.Itoa(f.Affected), strconv.Itoa(f.Eligible),
				strconv.FormatFloat(f.Loss, 'f', -1, 64), f.Message, f.Fix, e.Path, e.Pointer, e.Shape, e.Note}
			for i := range row {
				row[i] = finding.Cell(row[i])
			}
			if err := out.Write(row); err != nil {
				return err
			}
		}
	}
	out.Flush()
	return out.Error()
}
