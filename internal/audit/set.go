package audit

import (
	"bytes"
	"cmp"
	"slices"

	"assay/internal/audit/finding"
)

// set is what only all files together can tell. It holds about 100 bytes for
// each instance, and no identifier: UIDs and PatientIDs are keyed hashes.
type set struct {
	members []member
	facts   Measured
	data    int // data files that were read

	patients map[Hash]patient
	names    map[Hash]bool // words of person names
	words    map[Hash][]int32
	paths    map[Hash][]int32
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

// maxWordFiles bounds the files kept for a word: they only say where to look
// again.
const maxWordFiles = 1 << 16

func newSet() *set {
	return &set{
		patients: map[Hash]patient{},
		names:    map[Hash]bool{},
		words:    map[Hash][]int32{},
		paths:    map[Hash][]int32{},
	}
}

// add takes the facts of a file, in the order of the plan.
func (s *set) add(file int, sum string, f *Facts) {
	count(&s.facts.Kinds, orUnknown(f.Kind))
	if f.Data && f.Status == Read {
		s.data++
	}
	for _, n := range f.Names {
		s.names[n] = true
	}
	note(s.words, f.Words, file)
	note(s.paths, f.PathWords, file)
	if f.Instance != nil {
		s.addInstance(file, sum, f.Instance)
	}
}

func orUnknown(kind string) string {
	if kind == "" {
		return "unknown"
	}
	return kind
}

func note(in map[Hash][]int32, words []Hash, file int) {
	for _, w := range words {
		list := in[w]
		if len(list) < maxWordFiles && (len(list) == 0 || list[len(list)-1] != int32(file)) {
			in[w] = append(list, int32(file))
		}
	}
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
		reportMixed(g, found, "(0020,000D) StudyInstanceUID", "One StudyInstanceUID holds more than one PatientID.",
			func(m member) Hash { return m.patient })
	})
	s.groups(func(m member) Hash { return m.series }, func(g []member) {
		reportMixed(g, found, "(0020,000E) SeriesInstanceUID", "One SeriesInstanceUID holds more than one PatientID.",
			func(m member) Hash { return m.patient })
		reportMixed(g, found, "(0020,000E) SeriesInstanceUID", "One SeriesInstanceUID stands in more than one study.",
			func(m member) Hash { return m.study })
	})
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
// returns: the first file of each value.
func reportMixed(g []member, found *collector, path, message string, of func(member) Hash) {
	first := map[Hash]int32{}
	for _, m := range g {
		if h := of(m); h != (Hash{}) {
			if _, ok := first[h]; !ok {
				first[h] = m.file
			}
		}
	}
	if len(first) < 2 {
		return
	}
	f := ruleMixedPatient.New(path, "", message, finding.Location{})
	files := make([]int32, 0, len(first))
	for _, file := range first {
		files = append(files, file)
	}
	slices.Sort(files)
	found.add(int(files[0]), f)
	for _, file := range files[1:] {
		found.place(int(file), f)
	}
}
