package quality

// Bounds of the tables of a report.
const (
	maxTables       = 100
	maxTableColumns = 200
)

// tables says what the columns of tables hold.
func (v *view) tables() []Table {
	out := []Table{}
	for _, t := range v.set.Tables[:min(len(v.set.Tables), maxTables)] {
		table := Table{File: v.opts.Name(t.File), Rows: t.Records, Repeated: t.Repeats, Columns: []TableColumn{}}
		shown := t.Columns[:min(len(t.Columns), maxTableColumns)]
		table.More = len(t.Columns) - len(shown)
		for _, c := range shown {
			column := TableColumn{
				Name: v.opts.Mask(c.Name), Kind: c.Holds, Filled: c.Filled, Blank: c.Blank, Zero: c.Zero, Min: some(c.Min), Max: some(c.Max),
			}
			if c.Distinct >= 0 {
				column.Distinct = &c.Distinct
			}
			table.Columns = append(table.Columns, column)
		}
		out = append(out, table)
	}
	return out
}
