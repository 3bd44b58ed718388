package audit

import (
	"bytes"
	"cmp"
	"slices"

	"assay/internal/audit/deid"
	"assay/internal/audit/finding"
)

// set is what only all files together can tell. It holds about 100 bytes for
// each instance, and no identifier: UIDs and PatientIDs are keyed hashes.
type set struct {
	members []member
	facts   Measured
	data    int // data files that were read

	patients map[Hash]patient
	headers  *deid.Set

	names map[Hash]bool // words of person names, and IDs
	words []word
	full  bool // there were more words than are kept
}

// word is a word of a text or path of a file.
type word struct {
	hash Hash
	file int32
}

// member is one DICOM instance of the set.
type member struct {
	file                        int32
	sop, series, study, patient Hash
	sha256                      [8]byte // the first bytes, to tell equal files
}

// patient is what the instances say about one of the patients.
type patient struct {
	sex, age       string
	first          int32 // file
	sexConflict    bool
	conflictedFile int32
}

// Bounds of what is kept to find names that files share: 12 bytes a word.
const (
	maxNames = 1 << 20
	maxWords = 8 << 20
)

func newSet() *set {
	return &set{
		patients: map[Hash]patient{},
		headers:  deid.NewSet(),
		names:    map[Hash]bool{},
	}
}

// add takes the facts of a file, in the order of the plan.
func (s *set) add(file int, sum string, f *Facts) {
	count(&s.facts.Kinds, orUnknown(f.Kind))
	if f.Data && f.Status == Read {
		s.data++
	}
	if f.Header != nil {
		s.headers.Add(file, f.Header)
		for _, n := range f.Header.Names {
			if len(s.names) < maxNames {
				s.names[n] = true
			}
		}
		s.note(file, f.Header.Words)
	}
	s.note(file, f.Words)
	s.note(file, f.PathWords)
	if f.Instance != nil {
		s.addInstance(file, sum, f.Instance)
	}
}

func (s *set) note(file int, words []Hash) {
	for _, w := range words {
		if len(s.words) >= maxWords {
			s.full = true
			return
		}
		s.words = append(s.words, word{w, int32(file)})
	}
}

// shared returns the words that are part of a name or an ID of the set and
// stand in a text or path too, sorted, and the files in which they stand.
func (s *set) shared() (known []Hash, files []int) {
	found := map[Hash]bool{}
	for _, w := range s.words {
		if s.names[w.hash] {
			found[w.hash] = true
			if n := len(files); n == 0 || files[n-1] != int(w.file) {
				files = append(files, int(w.file))
			}
		}
	}
	for h := range found {
		known = append(known, h)
	}
	slices.SortFunc(known, func(a, b Hash) int { return bytes.Compare(a[:], b[:]) })
	return known, files
}

func orUnknown(kind string) string {
	if kind == "" {
		return "unknown"
	}
	return kind
}

func (s *set) addInstance(file int, sum string, i *Instance) {
	m := member{file: int32(file), sop: i.SOPInstance, series: i.Series, study: i.Study, patient: i.Patient}
	copy(m.sha256[:], sum)
	s.members = append(s.members, m)
	s.measure(i)
	if i.Patient == (Hash{}) {
		return
	}
	p, known := s.patients[i.Patient]
	if !known {
		p = patient{sex: i.Sex, age: i.AgeBand, first: int32(file)}
	}
	if p.sex == "" {
		p.sex = i.Sex
	}
	if p.age == "" {
		p.age = i.AgeBand
	}
	if i.Sex != "" && p.sex != i.Sex && !p.sexConflict {
		p.sexConflict, p.conflictedFile = true, int32(file)
	}
	s.patients[i.Patient] = p
}

// distinct counts the different non-zero values of one of the members' hashes.
func (s *set) distinct(of func(member) Hash) int {
	seen := map[Hash]bool{}
	for _, m := range s.members {
		if h := of(m); h != (Hash{}) {
			seen[h] = true
		}
	}
	return len(seen)
}

// groups calls f for each group of members that share the hash that of
// returns, in the order of their first file.
func (s *set) groups(of func(member) Hash, f func([]member)) {
	sorted := slices.DeleteFunc(slices.Clone(s.members), func(m member) bool { return of(m) == Hash{} })
	slices.SortFunc(sorted, func(x, y member) int {
		hx, hy := of(x), of(y)
		return cmp.Or(bytes.Compare(hx[:], hy[:]), cmp.Compare(x.file, y.file))
	})
	var all [][]member
	for len(sorted) > 0 {
		n := 1
		for n < len(sorted) && of(sorted[n]) == of(sorted[0]) {
			n++
		}
		all = append(all, sorted[:n])
		sorted = sorted[n:]
	}
	slices.SortFunc(all, func(x, y []member) int { return cmp.Compare(x[0].file, y[0].file) })
	for _, g := range all {
		f(g)
	}
}

// rules reports what the members say about each other.
func (s *set) rules(found *collector) {
	s.groups(func(m member) Hash { return m.sop }, func(g []member) { duplicateUID(g, found) })
	s.groups(func(m member) Hash { return m.study }, func(g []member) {
		reportMixed(g, found, "(0020,000D) StudyInstanceUID", "One StudyInstanceUID holds more than one PatientID; these files differ from most.",
			func(m member) Hash { return m.patient })
	})
	s.groups(func(m member) Hash { return m.series }, func(g []member) {
		reportMixed(g, found, "(0020,000E) SeriesInstanceUID", "One SeriesInstanceUID holds more than one PatientID; these files differ from most.",
			func(m member) Hash { return m.patient })
		reportMixed(g, found, "(0020,000E) SeriesInstanceUID", "One SeriesInstanceUID stands in more than one study; these files differ from most.",
			func(m member) Hash { return m.study })
	})
	s.headers.Conclude(func(file int, f finding.Finding) { found.add(file, f) })
	for _, p := range s.patients {
		if p.sexConflict {
			f := ruleMixedPatient.New("(0010,0040) PatientSex", "", "One PatientID has more than one PatientSex.", finding.Location{})
			f.Severity = finding.Warning
			found.add(int(p.first), f)
			found.place(int(p.conflictedFile), f)
		}
	}
}

// duplicateUID reports the files of a group that share a SOPInstanceUID: a
// blocker if their bytes differ, else a warning.
func duplicateUID(g []member, found *collector) {
	if len(g) < 2 {
		return
	}
	f := ruleDuplicateUID.New("(0008,0018) SOPInstanceUID", "", "", finding.Location{})
	same := !slices.ContainsFunc(g, func(m member) bool { return m.sha256 != g[0].sha256 })
	if same {
		f.Severity = finding.Warning
		f.Message = "The same instance is in the set more than once."
	} else {
		f.Message = "One SOPInstanceUID is used by files with different content."
	}
	for _, m := range g {
		found.add(int(m.file), f)
	}
}

// reportMixed reports a group whose members differ in the hash that of
// returns, at the files that differ from most of the group.
func reportMixed(g []member, found *collector, path, message string, of func(member) Hash) {
	count := map[Hash]int{}
	var most Hash
	for _, m := range g {
		h := of(m)
		if h == (Hash{}) {
			continue
		}
		// The first to reach a number keeps it, so that a tie goes to the
		// value that comes first.
		if count[h]++; count[h] > count[most] {
			most = h
		}
	}
	if len(count) < 2 {
		return
	}
	f := ruleMixedPatient.New(path, "", message, finding.Location{})
	counted := false
	for _, m := range g {
		switch h := of(m); {
		case h == (Hash{}) || h == most:
		case !counted:
			found.add(int(m.file), f)
			counted = true
		default:
			found.place(int(m.file), f)
		}
	}
}
