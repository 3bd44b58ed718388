package annotation

import (
	"math"
	"slices"

	"assay/internal/audit/score"
)

// isTable reports whether a file is a table or lines of records.
func isTable(f *Facts) bool {
	if f == nil {
		return false
	}
	switch f.Formats[0].Format {
	case CheXpert, ChestXray14, RSNA, RunTable, Table, JSONL, Records:
		return true
	}
	return false
}

// joinTables holds tables against each other and against the images, and
// descriptions of the set against its files.
func joinTables(j *joiner) {
	joinCroissant(j)
	j.ages()
	var tables []int
	for i := range j.members {
		if isTable(j.members[i].Facts) {
			tables = append(tables, i)
			f := j.members[i].Facts
			j.set.Tables = append(j.set.Tables, SetTable{File: j.members[i].Index, Records: f.Records, Repeats: f.Repeats, Columns: f.Columns})
		}
	}
	if len(tables) == 0 {
		return
	}
	j.people(tables)
	j.vocabularies(tables)
	j.located(tables)
	j.outside(tables)
}

// ages tells impossible ages in the headers of DICOM instances, as those that
// the images of the RSNA challenge hold.
func (j *joiner) ages() {
	for i := range j.members {
		in := j.members[i].Instance
		if in == nil || math.IsNaN(float64(in.AgeYears)) {
			continue
		}
		j.check(ruleAge, 1)
		if in.AgeYears < 0 || in.AgeYears > maxAgeYears {
			j.find(ruleAge, i, "(0010,1010)", "", "")
		}
	}
}

// people gives items what tables say of their patients.
func (j *joiner) people(tables []int) {
	byPatient := map[Hash][]int32{}
	for i := range j.set.Items {
		if p := j.set.Items[i].Patient; p != (Hash{}) {
			byPatient[p] = append(byPatient[p], int32(i))
		}
	}
	for _, member := range tables {
		f := j.members[member].Facts
		for _, p := range f.People {
			for _, i := range byPatient[p.Patient] {
				it := &j.set.Items[i]
				if it.Sex == 0 {
					it.Sex = p.Sex
				}
				if !math.IsNaN(float64(p.AgeYears)) && math.IsNaN(float64(it.Age)) {
					it.Age = p.AgeYears
				}
				j.split(i, p.Split, declared, Where{})
			}
		}
	}
}

// used returns the classes that a table uses, with the place of the first
// label of each.
func used(f *Facts) map[string]int32 {
	first := map[string]int32{}
	for l := range f.labels() {
		if l.Class < 0 || int(l.Class) >= len(f.Classes) {
			continue
		}
		if name := f.Classes[l.Class].Name; first[name] == 0 {
			first[name] = l.Place
		}
	}
	return first
}

// vocabularies tells classes that another table, the one with most labels,
// calls by a name that is nearly the same.
func (j *joiner) vocabularies(tables []int) {
	main, most := -1, 0
	for _, i := range tables {
		if _, n := j.members[i].Facts.numbers(); n > most {
			main, most = i, n
		}
	}
	if main < 0 {
		return
	}
	words := used(j.members[main].Facts)
	for _, i := range tables {
		f := j.members[i].Facts
		if i == main {
			continue
		}
		other := used(f)
		for _, name := range sortedKeys(other) {
			j.check(ruleVocabulary, 1)
			if words[name] != 0 {
				continue
			}
			for _, word := range sortedKeys(words) {
				if _, also := other[word]; !also && nearlySame(name, word) {
					j.find(ruleVocabulary, i, pointer(f.At.Label, other[name]), "", "")
					break
				}
			}
		}
	}
}

func sortedKeys(m map[string]int32) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// nearlySame reports whether two different names read like the same word: in
// other letters or signs, or with another ending of up to four letters.
func nearlySame(a, b string) bool {
	a, b = fold(a), fold(b)
	if a == b {
		return true
	}
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n >= 6 && max(len(a), len(b))-n <= 4
}

// located marks the boxes of ChestX-ray14, which show where findings of the
// table of labels are.
func (j *joiner) located(tables []int) {
	labeled, boxes := false, map[int32]bool{}
	for _, i := range tables {
		m := &j.members[i]
		if m.Facts.Formats[0].Format != ChestXray14 {
			continue
		}
		for l := range m.Facts.labels() {
			if l.Kind == Box {
				boxes[m.Index] = true
			} else {
				labeled = true
			}
			break
		}
	}
	if !labeled {
		return
	}
	for i := range j.set.Labels {
		if l := &j.set.Labels[i]; boxes[l.File] {
			l.Again = true
		}
	}
}

// outside tells boxes of tables beyond the edge of their image.
func (j *joiner) outside(tables []int) {
	at := map[int32]int{}
	for _, i := range tables {
		at[j.members[i].Index] = i
	}
	for i := range j.set.Labels {
		l := &j.set.Labels[i]
		member, ok := at[l.File]
		if !ok || l.Kind != Box || l.Item < 0 {
			continue
		}
		it := &j.set.Items[l.Item]
		if it.File == score.NoFile || it.Width <= 0 || it.Height <= 0 {
			continue
		}
		j.check(ruleOutside, 1)
		b := l.Box
		if b[0] < -1 || b[1] < -1 || b[0]+b[2] > float32(it.Width)+1 || b[1]+b[3] > float32(it.Height)+1 {
			j.find(ruleOutside, member, pointer(j.members[member].Facts.At.Label, l.Pointer), "", "")
		}
	}
}
