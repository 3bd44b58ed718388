package license

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

var known []Terms
