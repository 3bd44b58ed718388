package quality

import (
	"cmp"
	"slices"

	"assay/internal/audit/annotation"
	"assay/internal/audit/distribution"
)

// classes counts the labels and images of each class, by split.
func (v *view) classes() []Class {
	list := make([]Class, len(v.set.Classes))
	counts := make([][]Count, len(v.set.Classes))
	for i := range v.set.Classes {
		c := &v.set.Classes[i]
		name := v.opts.Mask(c.Name)
		list[i] = Class{Name: name, Masked: name != c.Name, Declared: c.Declared, Blank: c.Blank, Splits: map[string]Count{}}
		if c.Voxels > 0 {
			list[i].Voxels = &c.Voxels
		}
		if c.ML > 0 {
			list[i].ML = &c.ML
		}
		if c.Parts > 0 {
			list[i].Components = &c.Parts
		}
		counts[i] = make([]Count, len(v.splits))
	}
	for i := range v.set.Labels {
		l := &v.set.Labels[i]
		if l.Class < 0 || l.Again {
			continue
		}
		switch l.State {
		case annotation.Positive:
			list[l.Class].Labels++
			if l.Item >= 0 && v.part[l.Item] >= 0 {
				counts[l.Class][v.part[l.Item]].Labels++
			}
		case annotation.Negative:
			list[l.Class].Negative++
		case annotation.Uncertain:
			list[l.Class].Uncertain++
		}
	}
	v.eachImage(func(item int, classes []int32) {
		for _, c := range classes {
			list[c].Images++
			if p := v.part[item]; p >= 0 {
				counts[c][p].Images++
			}
		}
	})
	for i := range list {
		c := &list[i]
		c.Prevalence, c.CI = share(c.Images, v.images), both(distribution.Wilson(c.Images, v.images))
		for p, split := range v.splits {
			n := counts[i][p]
			n.Of = v.sizes[p]
			n.CI = both(distribution.Wilson(n.Images, n.Of))
			c.Splits[split] = n
		}
	}
	return list
}

// eachImage calls f for every image with the classes that are said to be in it,
// each once, in ascending order; f must not keep them.
func (v *view) eachImage(f func(item int, classes []int32)) {
	var classes []int32
	for i := range v.set.Items {
		if v.counts(i) {
			classes = v.positive(i, classes[:0])
			f(i, classes)
		}
	}
}

// positive appends the classes that are in an item.
func (v *view) positive(item int, classes []int32) []int32 {
	for _, n := range v.labels(item) {
		if l := &v.set.Labels[n]; l.Class >= 0 && l.State == annotation.Positive {
			classes = append(classes, l.Class)
		}
	}
	slices.Sort(classes)
	return slices.Compact(classes)
}

// declared returns the numbers of the classes that count: the declared ones,
// or all if none is.
func (v *view) declared() []int {
	var declared, all []int
	for i := range v.set.Classes {
		all = append(all, i)
		if v.set.Classes[i].Declared {
			declared = append(declared, i)
		}
	}
	if declared == nil {
		return all
	}
	return declared
}

// distribution says how the labels are spread, and tells empty, rare and
// outweighed classes.
func (v *view) distribution(classes []Class) Distribution {
	numbers := v.declared()
	d := Distribution{Classes: len(numbers), ZeroClasses: []string{}}
	counts := make([]int, len(numbers))
	for i, n := range numbers {
		counts[i] = classes[n].Labels
		d.Labels += counts[i]
		if counts[i] == 0 {
			d.ZeroClasses = append(d.ZeroClasses, classes[n].Name)
		}
	}
	d.Imbalance, d.GiniSimpson = some(distribution.Imbalance(counts)), some(distribution.GiniSimpson(counts))
	d.EntropyNats, d.EntropyNorm = some(distribution.Entropy(counts)), some(distribution.NormalizedEntropy(counts))
	d.EffectiveClasses = some(distribution.EffectiveClasses(counts))
	together, with := 0, 0
	v.eachImage(func(_ int, in []int32) {
		together += len(in)
		if len(in) > 0 {
			with++
		}
		d.MultiLabel = d.MultiLabel || len(in) > 1
	})
	d.Cardinality = share(together, with)
	v.rareClasses(numbers, counts, classes)
	return d
}

// Counts under which a class is told of, and how often the most frequent class
// may outweigh another.
const (
	minTest   = 35
	minTrain  = 100
	maxWeight = 50
)

func (v *view) rareClasses(numbers, counts []int, classes []Class) {
	if len(v.set.Labels) == 0 {
		return
	}
	book := &v.set.Book
	most := slices.Max(append([]int{0}, counts...))
	for i, n := range numbers {
		name := classes[n].Name
		book.Check(ruleEmptyClass, 1)
		if counts[i] == 0 {
			book.Find(ruleEmptyClass, classExample(name))
			continue
		}
		book.Check(ruleOutweighed, 1)
		if maxWeight*counts[i] < most {
			book.Find(ruleOutweighed, classExample(name))
		}
		for p, split := range v.splits {
			rule, least := ruleFewTest, minTest
			switch annotation.Split(split) {
			case annotation.Train:
				rule, least = ruleFewTrain, minTrain
			case annotation.Test:
			default:
				continue
			}
			if v.labeled[p] == 0 { // held back
				continue
			}
			book.Check(rule, 1)
			if classes[n].Splits[split].Labels < least {
				book.Find(rule, classExample(name))
			}
		}
	}
}

// maxTogether is how many classes a table of co-occurrence holds.
const maxTogether = 40

// coOccurrence counts the images of each pair of classes, of the most frequent
// ones. It is nil if no image holds two.
func (v *view) coOccurrence(classes []Class) *CoOccurrence {
	numbers := make([]int, 0, len(classes))
	for i := range classes {
		if classes[i].Images > 0 {
			numbers = append(numbers, i)
		}
	}
	slices.SortStableFunc(numbers, func(a, b int) int { return cmp.Compare(classes[b].Images, classes[a].Images) })
	numbers = numbers[:min(len(numbers), maxTogether)]
	place := make([]int, len(classes)) // from 1
	c := &CoOccurrence{}
	for i, n := range numbers {
		place[n] = i + 1
		c.Classes = append(c.Classes, classes[n].Name)
		c.Counts = append(c.Counts, make([]int, len(numbers)))
		c.Jaccard = append(c.Jaccard, make([]float64, len(numbers)))
	}
	pairs := 0
	v.eachImage(func(_ int, in []int32) {
		for _, a := range in {
			for _, b := range in {
				if i, k := place[a], place[b]; i > 0 && k > 0 {
					c.Counts[i-1][k-1]++
					if i != k {
						pairs++
					}
				}
			}
		}
	})
	if pairs == 0 {
		return nil
	}
	for i := range numbers {
		for k := range numbers {
			n := c.Counts[i][k]
			c.Jaccard[i][k] = float64(n) / float64(c.Counts[i][i]+c.Counts[k][k]-n)
		}
	}
	return c
}
