package quality

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"assay/internal/audit/annotation"
	"assay/internal/audit/distribution"
	"assay/internal/audit/score"
)

var originNames = map[annotation.Origin]string{
	annotation.UnknownOrigin: "unknown", annotation.Human: "human", annotation.Model: "model",
	annotation.SemiAutomatic: "semi-automatic", annotation.Report: "report",
}

// provenance says where labels come from, and tells labels of unknown origin
// and images that one reader alone read.
func (v *view) provenance() Provenance {
	p := Provenance{Labels: map[string]int{}, Readers: v.set.Readers}
	unknown := map[int32]int{} // by file
	for i := range v.set.Labels {
		l := &v.set.Labels[i]
		p.Labels[originNames[l.Origin]]++
		if l.Origin == annotation.UnknownOrigin && l.Reader < 0 {
			unknown[l.File]++
		}
	}
	v.set.Book.Check(ruleOrigin, len(v.set.Labels))
	v.tellOrigins(unknown)
	readings, read := 0, 0
	var readers []int32
	for i := range v.set.Items {
		readers = v.readersOf(v.labels(i), append(readers[:0], v.blanks[int32(i)]...))
		if len(readers) == 0 {
			continue
		}
		readings += len(readers)
		read++
		v.set.Book.Check(ruleOneReader, 1)
		if len(readers) == 1 {
			v.find(ruleOneReader, i, annotation.Ref.Image, "", "")
		}
	}
	p.ReadersPerCase = share(readings, read)
	return p
}

// tellOrigins counts the labels of unknown origin, with an example a file.
func (v *view) tellOrigins(unknown map[int32]int) {
	files := make([]int32, 0, len(unknown))
	for f := range unknown {
		files = append(files, f)
	}
	slices.Sort(files)
	for _, f := range files {
		v.set.Book.FindMany(ruleOrigin, unknown[f], score.Example{File: f})
	}
}

// readersOf adds the different readers of labels to others, and returns them in
// ascending order.
func (v *view) readersOf(labels []int32, readers []int32) []int32 {
	for _, n := range labels {
		if r := v.set.Labels[n].Reader; r >= 0 {
			readers = append(readers, r)
		}
	}
	slices.Sort(readers)
	return slices.Compact(readers)
}

// person is whom a set tells of: a patient, or an image if patients are not
// known.
type person struct {
	sex          byte
	age          float32
	scanner      string
	field, power string
	place        string // where the image was made, by number
	part         int8
}

// maxScanners is how many models of scanners are listed.
const maxScanners = 20

// demographics counts patients, or images if patients are not known, by what is
// known of them.
func (v *view) demographics() Demographics {
	people, of := v.people()
	d := Demographics{Of: of, Tables: []Group{}}
	if len(people) == 0 {
		return d
	}
	attributes := []struct {
		name  string
		order []string
		of    func(*person) string
	}{
		{"Sex", []string{"female", "male", "other"}, func(p *person) string {
			return map[byte]string{'F': "female", 'M': "male", 'O': "other"}[p.sex]
		}},
		{"Age", ageBands, func(p *person) string { return ageBand(p.age) }},
		{"Scanner", nil, func(p *person) string { return p.scanner }},
		{"Field strength", nil, func(p *person) string { return p.field }},
		{"Institution", nil, func(p *person) string { return p.place }},
		{"Tube voltage", nil, func(p *person) string { return p.power }},
	}
	for _, a := range attributes {
		g := groupOf(a.name, a.order, people, a.of)
		if a.order != nil || len(g.Bins) > 0 {
			g.Drift, g.CramersV = v.driftOf(people, a.of)
			d.Tables = append(d.Tables, g)
		}
	}
	return d
}

// patients counts the different patients of the images, nil if none is known.
func (v *view) patients() *int {
	known := map[annotation.Hash]bool{}
	for i := range v.set.Items {
		if h := v.set.Items[i].Patient; v.counts(i) && h != (annotation.Hash{}) {
			known[h] = true
		}
	}
	n := len(known)
	if n == 0 {
		return nil
	}
	return &n
}

// people gathers what items say of each patient; the first that says something
// is believed.
func (v *view) people() ([]person, string) {
	var list []person
	known := map[annotation.Hash]int{}
	places := map[annotation.Hash]int{}
	for i := range v.set.Items {
		it := &v.set.Items[i]
		if !v.counts(i) {
			continue
		}
		at, ok := known[it.Patient]
		if !ok || it.Patient == (annotation.Hash{}) {
			at = len(list)
			list = append(list, person{age: -1, part: v.part[i]})
			if it.Patient != (annotation.Hash{}) {
				known[it.Patient] = at
			}
		}
		if p := v.part[i]; p >= 0 && (list[at].part < 0 || p < list[at].part) {
			list[at].part = p // of a patient in several, the first
		}
		v.describe(&list[at], it)
		if list[at].place == "" {
			list[at].place = placeOf(it, places)
		}
	}
	of := "images"
	if len(known) > 0 {
		of = "patients"
	}
	return list, of
}

// placeOf numbers the institutions in the order in which they come: their names
// are not known here. It is "" if an image names none.
func placeOf(it *annotation.Item, places map[annotation.Hash]int) string {
	if it.Instance == nil || it.Instance.Institution == (annotation.Hash{}) {
		return ""
	}
	n, ok := places[it.Instance.Institution]
	if !ok {
		n = len(places) + 1
		places[it.Instance.Institution] = n
	}
	return fmt.Sprintf("institution %d", n)
}

func (v *view) describe(p *person, it *annotation.Item) {
	if p.sex == 0 {
		p.sex = it.Sex
	}
	if p.age < 0 && it.Age >= 0 && it.Age <= 120 {
		p.age = it.Age
	}
	in := it.Instance
	if in == nil {
		return
	}
	if p.scanner == "" {
		p.scanner = v.opts.Mask(strings.TrimSpace(in.Manufacturer + " " + in.Model))
	}
	if p.field == "" && in.FieldStrengthT > 0 {
		p.field = fmt.Sprintf("%.2g T", in.FieldStrengthT)
	}
	if p.power == "" && in.KVp > 0 {
		p.power = fmt.Sprintf("%.0f kV", in.KVp)
	}
}

var ageBands = []string{"0-17", "18-39", "40-64", "65-79", "80+"}

func ageBand(years float32) string {
	switch {
	case years < 0:
		return ""
	case years < 18:
		return ageBands[0]
	case years < 40:
		return ageBands[1]
	case years < 65:
		return ageBands[2]
	case years < 80:
		return ageBands[3]
	}
	return ageBands[4]
}

// groupOf counts people by a value; "" is unknown. Without an order the most
// frequent come first, and the rest is one.
func groupOf(name string, order []string, people []person, of func(*person) string) Group {
	counts := map[string]int{}
	for i := range people {
		counts[of(&people[i])]++
	}
	g := Group{Name: name, Bins: []Bin{}, Unknown: counts[""]}
	delete(counts, "")
	g.Values = len(counts)
	var spread []int
	most := 0
	for label, n := range counts {
		g.Bins = append(g.Bins, Bin{Label: label, Count: n})
		spread = append(spread, n)
		most = max(most, n)
	}
	slices.Sort(spread)
	slices.SortFunc(g.Bins, func(a, b Bin) int {
		if order != nil {
			return slices.Index(order, a.Label) - slices.Index(order, b.Label)
		}
		return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(a.Label, b.Label))
	})
	if order == nil && len(g.Bins) > maxScanners {
		rest := Bin{Label: "others"}
		for _, b := range g.Bins[maxScanners:] {
			rest.Count += b.Count
		}
		g.Bins = append(g.Bins[:maxScanners], rest)
	}
	if known := len(people) - g.Unknown; known > 0 {
		g.TopShare, g.Effective = share(most, known), some(distribution.EffectiveClasses(spread))
	}
	return g
}

// driftOf returns the largest Jensen-Shannon divergence and the largest Cramér's
// V of a value between two splits, nil if it is not known in two.
func (v *view) driftOf(people []person, of func(*person) string) (most, associated *float64) {
	number := map[string]int{}
	var values []string
	for i := range people {
		if label := of(&people[i]); label != "" {
			values = append(values, label)
		}
	}
	slices.Sort(values)
	values = slices.Compact(values)
	for i, label := range values {
		number[label] = i
	}
	counts := make([][]int, len(v.splits))
	for p := range counts {
		counts[p] = make([]int, len(values))
	}
	for i := range people {
		p := &people[i]
		if label := of(p); label != "" && p.part >= 0 {
			counts[p.part][number[label]]++
		}
	}
	for b := range counts {
		for a := range b {
			if d := some(distribution.JensenShannon(counts[a], counts[b])); d != nil && (most == nil || *d > *most) {
				most = d
			}
			if d := some(distribution.CramerV(counts[a], counts[b])); d != nil && (associated == nil || *d > *associated) {
				associated = d
			}
		}
	}
	return most, associated
}
