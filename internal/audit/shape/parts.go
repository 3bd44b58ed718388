package shape

// Parts returns how many connected parts a mask of a height has; pixels that
// share a side or a corner are connected. It is 0 if the height is not
// positive.
func Parts(runs []uint32, height int) int {
	if height <= 0 {
		return 0
	}
	p := parts{height: int64(height)}
	var at int64
	for i, r := range runs {
		if i%2 == 1 && r > 0 {
			p.add(at, at+int64(r))
		}
		at += int64(r)
	}
	return p.count
}

// strip is a run within one column.
type strip struct {
	column, from, to int64 // to is beyond the last
	group            int
}

// parts joins strips of neighboring columns.
type parts struct {
	height int64
	before []strip // of the column before the last
	last   []strip // of the last column
	groups []int   // the group that each was joined to
	count  int
}

// add takes a run, column by column.
func (p *parts) add(from, to int64) {
	for from < to {
		column := from / p.height
		end := min(to, (column+1)*p.height)
		p.strip(strip{column: column, from: from % p.height, to: end - column*p.height})
		from = end
	}
}

func (p *parts) strip(s strip) {
	if len(p.last) > 0 && p.last[0].column != s.column {
		p.before, p.last = p.last, p.before[:0]
	}
	if len(p.before) > 0 && p.before[0].column != s.column-1 {
		p.before = p.before[:0]
	}
	s.group = len(p.groups)
	p.groups = append(p.groups, s.group)
	p.count++
	// Strips of one column come in order, so those that end above this one
	// touch none of the later.
	for len(p.before) > 0 && p.before[0].to < s.from {
		p.before = p.before[1:]
	}
	for i := range p.before {
		if p.before[i].from > s.to {
			break
		}
		p.join(p.before[i].group, s.group)
	}
	p.last = append(p.last, s)
}

func (p *parts) join(a, b int) {
	a, b = p.root(a), p.root(b)
	if a != b {
		p.groups[b] = a
		p.count--
	}
}

func (p *parts) root(g int) int {
	for p.groups[g] != g {
		p.groups[g] = p.groups[p.groups[g]]
		g = p.groups[g]
	}
	return g
}
