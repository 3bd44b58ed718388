package quality

import (
	"fmt"
	"maps"
	"math/bits"
	"slices"

	"assay/internal/audit/annotation"
	"assay/internal/audit/distribution"
	"assay/internal/audit/score"
)

// splitCounts counts images, labels and patients of each split; what is in none
// comes last, as "none".
func (v *view) splitCounts() []SplitCount {
	list := make([]SplitCount, len(v.splits)+1)
	patients := make([]map[annotation.Hash]bool, len(list))
	for i := range list {
		patients[i] = map[annotation.Hash]bool{}
		if i < len(v.splits) {
			list[i].Split = v.splits[i]
		}
	}
	last := len(v.splits)
	list[last].Split = "none"
	for i := range v.set.Items {
		if !v.counts(i) {
			continue
		}
		p := last
		if v.part[i] >= 0 {
			p = int(v.part[i])
		}
		list[p].Images++
		list[p].Labels += v.set.Items[i].Labels
		if h := v.set.Items[i].Patient; h != (annotation.Hash{}) {
			patients[p][h] = true
		}
	}
	for i := range list {
		if n := len(patients[i]); n > 0 {
			list[i].Patients = &n
		}
	}
	if len(v.splits) == 0 {
		return []SplitCount{}
	}
	if list[last].Images == 0 {
		list = list[:last]
	}
	return list
}

// Bands of drift.
const (
	smallJSD, largeJSD = 0.01, 0.05
	smallPSI, largePSI = 0.1, 0.25
)

// drift compares the classes of each pair of splits.
func (v *view) drift(classes []Class) []Drift {
	list := []Drift{}
	numbers := v.declared()
	counts := make([][]int, len(v.splits))
	for p, split := range v.splits {
		for _, n := range numbers {
			counts[p] = append(counts[p], classes[n].Splits[split].Labels)
		}
	}
	for b := range v.splits {
		for a := range b {
			d := driftOf(counts[a], counts[b])
			d.A, d.B = v.splits[a], v.splits[b]
			list = append(list, d)
			v.tellDrift(d)
		}
	}
	return list
}

func driftOf(a, b []int) Drift {
	t := distribution.Independent(a, b)
	d := Drift{
		JSD: some(distribution.JensenShannon(a, b)), PSI: some(distribution.StabilityIndex(a, b)),
		CramerV: some(t.CramerV), Chi2: some(t.Chi2), P: some(t.P), Band: "none",
	}
	switch {
	case d.P == nil:
	case t.Tables > 0:
		d.PMethod = fmt.Sprintf("Monte Carlo, %s tables, seed 1", thousands(t.Tables))
	default:
		d.PMethod = "chi-square"
	}
	over := func(jsd, psi float64) bool {
		return d.JSD != nil && (*d.JSD >= jsd || *d.PSI >= psi)
	}
	switch {
	case over(largeJSD, largePSI):
		d.Band = "large"
	case over(smallJSD, smallPSI):
		d.Band = "small"
	}
	return d
}

// tellDrift tells of drift that is not of chance alone: few labels always
// differ.
func (v *view) tellDrift(d Drift) {
	if d.JSD == nil || d.P == nil {
		return
	}
	at := score.Example{File: score.NoFile, Note: d.A + " and " + d.B}
	v.set.Book.Check(ruleLargeDrift, 1)
	v.set.Book.Check(ruleSmallDrift, 1)
	if *d.P >= 0.05 {
		return
	}
	switch d.Band {
	case "large":
		v.set.Book.Find(ruleLargeDrift, at)
	case "small":
		v.set.Book.Find(ruleSmallDrift, at)
	}
}

// leakage counts what splits share, and tells it at the records of the split
// that is not for training.
func (v *view) leakage() *Leakage {
	if len(v.splits) < 2 || v.folded {
		return nil
	}
	l := &Leakage{PatientsFrom: v.set.PatientFrom, Pairs: []Leak{}, Sets: []Venn{}}
	in, first := v.patientSplits()
	for b := range v.splits {
		for a := range b {
			l.Pairs = append(l.Pairs, v.leak(a, b, in, first))
		}
	}
	sets := map[uint32]int{}
	for _, mask := range in {
		sets[mask]++
	}
	for _, mask := range slices.Sorted(maps.Keys(sets)) {
		s := Venn{Patients: sets[mask]}
		for p, split := range v.splits {
			if mask&(1<<p) != 0 {
				s.Splits = append(s.Splits, split)
			}
		}
		l.Sets = append(l.Sets, s)
	}
	return l
}

// patientSplits returns the splits of each patient, as a set of bits, and all
// items of patients that are in several.
func (v *view) patientSplits() (map[annotation.Hash]uint32, map[annotation.Hash][]int32) {
	in := map[annotation.Hash]uint32{}
	for i := range v.set.Items {
		if h := v.set.Items[i].Patient; h != (annotation.Hash{}) && v.part[i] >= 0 {
			in[h] |= 1 << v.part[i]
		}
	}
	leaking := map[annotation.Hash][]int32{}
	for i := range v.set.Items {
		if h := v.set.Items[i].Patient; v.part[i] >= 0 && bits.OnesCount32(in[h]) > 1 {
			leaking[h] = append(leaking[h], int32(i))
		}
	}
	return in, leaking
}

// leak counts and tells the patients that two splits share, and takes what
// duplicates found.
func (v *view) leak(a, b int, in map[annotation.Hash]uint32, items map[annotation.Hash][]int32) Leak {
	l := Leak{A: v.splits[a], B: v.splits[b], Images: v.twins[[2]int{a, b}], NearImages: v.nearTwins[[2]int{a, b}]}
	if len(in) == 0 {
		return l
	}
	rule, away := patientRule(l.A, l.B), b
	if l.B == string(annotation.Train) {
		away = a
	}
	shared, known := []annotation.Hash(nil), 0
	for h, mask := range in {
		if mask&(1<<a|1<<b) != 0 {
			known++
		}
		if mask&(1<<a) != 0 && mask&(1<<b) != 0 {
			shared = append(shared, h)
		}
	}
	slices.SortFunc(shared, func(x, y annotation.Hash) int { return int(items[x][0]) - int(items[y][0]) })
	n := len(shared)
	l.Patients = &n
	v.set.Book.Check(rule, known)
	for _, h := range shared {
		told := false
		for _, i := range items[h] {
			if int(v.part[i]) != away {
				continue
			}
			e := v.example(int(i), annotation.Ref.Patient, "(0010,0020)", "")
			if ref := v.set.Ref(v.set.Items[i].PatientAt); ref.Known() {
				e = score.Example{File: ref.File, Pointer: ref.Patient()}
			}
			if !told {
				v.set.Book.Find(rule, e)
				told = true
			} else {
				v.set.Book.Place(rule, e)
			}
		}
	}
	return l
}

// patientRule is the rule on patients that two splits share.
func patientRule(a, b string) score.Rule {
	switch {
	case pair(a, b, annotation.Train, annotation.Test):
		return rulePatientTest
	case pair(a, b, annotation.Train, annotation.Validation):
		return rulePatientVal
	}
	return rulePatientOther
}

func pair(a, b string, x, y annotation.Split) bool {
	return a == string(x) && b == string(y) || a == string(y) && b == string(x)
}
