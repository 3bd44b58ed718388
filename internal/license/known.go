package license

// known holds the licenses whose text has been read clause by clause. The
// verdicts, and the conditions in our own words, are our reading; the clause
// of each cell says where to check it. testdata/verdicts.golden pins them.
var known = []Terms{
	cc0, ccBy40, ccBy30, ccBySA40, odcBy10, odbl10, cdlaPermissive20, mit,
	ccByNC40, ccByNCSA40, ccByNCND40, physioNet150, researchAgreement, commercialStandard,
}

// Known returns the licenses whose text has been read clause by clause, in the
// order of forms. The maps are copies.
func Known() []Terms {
	list := make([]Terms, len(known))
	for i, t := range known {
		list[i] = t.clone()
	}
	return list
}

// KnownBySPDX returns the known license with that identifier.
func KnownBySPDX(id string) (Terms, bool) {
	for _, t := range known {
		if t.SPDX == id {
			return t.clone(), true
		}
	}
	return Terms{}, false
}

func (t Terms) clone() Terms {
	cells := make(map[Use]Cell, len(t.Cells))
	for u, c := range t.Cells {
		cells[u] = c
	}
	t.Cells = cells
	return t
}

// answers pairs cells with the uses, in the order of the matrix.
func answers(cells ...Cell) map[Use]Cell {
	if len(cells) != len(uses.words) {
		panic("license: a matrix has one cell for each use")
	}
	m := make(map[Use]Cell, len(cells))
	for i, w := range uses.words {
		m[w.value] = cells[i]
	}
	return m
}

func yes(clause string) Cell { return Cell{Verdict: Yes, Clause: clause} }

func when(clause, condition string) Cell {
	return Cell{Verdict: YesWithConditions, Clause: clause, Condition: condition}
}

func ask(clause, whom string) Cell {
	return Cell{Verdict: Ask, Clause: clause, Condition: whom}
}

func no(clause, why string) Cell {
	return Cell{Verdict: No, Clause: clause, Condition: why}
}
