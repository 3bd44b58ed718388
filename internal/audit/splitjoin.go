package audit

import (
	"path"
	"slices"

	"assay/internal/audit/finding"
	"assay/internal/audit/spill"
)

// maxJoinedRows bounds the rows of tables on splits that are compared with the
// files of a set.
const maxJoinedRows = 500_000

// listed is what tables say of one name.
type listed struct {
	splits []split
	file   int32 // of the first table

	// owner is whose files have the name; ambiguous says that there are
	// several, as where every folder holds a file 001.
	owner     Hash
	ambiguous bool
	member    int32 // the first file, -1 if none has the name
}

// splitTables joins the rows of tables with the files of the set.
type splitTables struct {
	byKey map[Hash]*listed
	rows  int
	full  bool
}

// add takes the rows of a table.
func (t *splitTables) add(file int, rows []SplitRow) {
	for _, r := range rows {
		if t.rows++; t.rows > maxJoinedRows {
			t.full = true
			return
		}
		if t.byKey == nil {
			t.byKey = map[Hash]*listed{}
		}
		l := t.byKey[r.Key]
		if l == nil {
			l = &listed{file: int32(file), member: -1}
			t.byKey[r.Key] = l
		}
		if s := (split{r.Fold, part(min(r.Part, byte(testPart)))}); !slices.Contains(l.splits, s) {
			l.splits = append(l.splits, s)
		}
	}
}

// names calls f for each name under which tables may list a member, the
// narrowest first.
func (t *splitTables) names(m *member, file string, hash *hasher, f func(l *listed, owner Hash)) {
	owner := m.patient
	if owner == (Hash{}) {
		owner = hash.hash(path.Dir(file))
	}
	visit := func(key, owner Hash) {
		if l := t.byKey[key]; l != nil && key != (Hash{}) {
			f(l, owner)
		}
	}
	for _, name := range pathKeys(file) {
		visit(hash.hash(name), owner)
	}
	for _, key := range [...]Hash{m.series, m.study, m.patient} {
		visit(key, key) // one name, whatever it holds
	}
}

// join finds the members that tables list, and gives those that lie in no
// folder of a split the part that a table names.
func (t *splitTables) join(s *set, name func(file int) string, hash *hasher) error {
	for _, l := range t.byKey {
		for _, one := range l.splits {
			s.splits.see(one)
		}
	}
	var m member
	err := s.members.Each(func(b []byte) error {
		m.decode(b)
		t.names(&m, name(int(m.file)), hash, func(l *listed, owner Hash) {
			if l.member < 0 {
				l.member, l.owner = m.file, owner
			}
			l.ambiguous = l.ambiguous || l.owner != owner
		})
		return nil
	})
	if err != nil {
		return err
	}
	joined := spill.New(memberBytes, s.room, s.scratch)
	err = s.members.Each(func(b []byte) error {
		m.decode(b)
		t.names(&m, name(int(m.file)), hash, func(l *listed, _ Hash) {
			if m.split == (split{}) && !l.ambiguous && len(l.splits) == 1 {
				m.split = l.splits[0]
				s.splits.see(m.split)
			}
		})
		s.encoded = m.encode(s.encoded[:0])
		return joined.Add(s.encoded)
	})
	if err != nil {
		joined.Close()
		return err
	}
	err = s.members.Close()
	s.members = joined
	return err
}

// leaks reports the names of the set that tables put into two parts.
func (t *splitTables) leaks(s *set, found *collector) {
	var list []*listed
	for _, l := range t.byKey {
		if l.member >= 0 && !l.ambiguous {
			list = append(list, l)
		}
	}
	slices.SortFunc(list, func(a, b *listed) int { return int(a.member) - int(b.member) })
	for _, l := range list {
		for i, a := range l.splits {
			if n := slices.IndexFunc(l.splits[:i], func(b split) bool { return s.splits.leak(a, b) != "" }); n >= 0 {
				f := ruleSplitLeakage.New("table of a split", "", "A table puts one patient, study, series or file into "+s.splits.leak(a, l.splits[n])+" data.", finding.Location{})
				found.add(int(l.file), f)
				found.place(int(l.member), f)
				break
			}
		}
	}
}
