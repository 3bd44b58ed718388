package quality

import (
	"bytes"
	"fmt"
	"slices"

	"assay/internal/audit/annotation"
	"assay/internal/audit/score"
)

// Duplicates that a report names: groups, and paths of each.
const (
	maxGroups     = 50
	maxGroupPaths = 8
)

// duplicates finds images that are equal, or nearly so. It is nil if the pixels
// of fewer than two images are known.
func (v *view) duplicates() *Duplicates {
	v.twins, v.nearTwins = map[[2]int]int{}, map[[2]int]int{}
	d := &Duplicates{Groups: []DupGroup{}}
	for _, g := range v.equal(d) {
		d.Exact += len(g) - 1
		v.group(d, g, false)
		v.across(g, ruleTwinTest, ruleTwinOther, v.twins)
		v.otherLabels(d, g)
		v.within(g)
	}
	v.set.Book.Check(ruleTwin, d.Compared)
	v.set.Book.Check(ruleOtherLabels, d.Compared)
	hashed := v.hashed()
	for _, g := range near(hashed, v.alike) {
		d.Near += len(g) - 1
		v.group(d, g, true)
		v.across(g, ruleNearTwin, ruleNearTwin, v.nearTwins)
	}
	if v.acrossSplits() {
		v.set.Book.Check(ruleTwinTest, d.Compared)
		v.set.Book.Check(ruleTwinOther, d.Compared)
		v.set.Book.Check(ruleNearTwin, len(hashed))
	}
	if d.Compared = max(d.Compared, len(hashed)); d.Compared < 2 {
		return nil
	}
	return d
}

func (v *view) acrossSplits() bool { return len(v.splits) > 1 && !v.folded }

// digestOf returns what tells equal images: the digest of the pixels that were
// looked at, zero for an image that is blank, or else that of the file.
func digestOf(it *annotation.Item) [16]byte {
	switch {
	case it.File == score.NoFile:
		return [16]byte{}
	case it.Quality != nil && len(it.Files) < 2:
		return it.Quality.Digest
	}
	return it.Digest
}

// equal returns the images of equal pixels, by the first of each group.
func (v *view) equal(d *Duplicates) [][]int32 {
	var known []int32
	for i := range v.set.Items {
		if digestOf(&v.set.Items[i]) != ([16]byte{}) {
			known = append(known, int32(i))
		}
	}
	d.Compared = len(known)
	slices.SortFunc(known, func(a, b int32) int {
		x, y := digestOf(&v.set.Items[a]), digestOf(&v.set.Items[b])
		if c := bytes.Compare(x[:], y[:]); c != 0 {
			return c
		}
		return int(a) - int(b)
	})
	var groups [][]int32
	for i := 0; i < len(known); {
		k := i + 1
		for k < len(known) && digestOf(&v.set.Items[known[k]]) == digestOf(&v.set.Items[known[i]]) {
			k++
		}
		if k-i > 1 {
			groups = append(groups, known[i:k])
		}
		i = k
	}
	slices.SortFunc(groups, func(a, b []int32) int { return int(a[0]) - int(b[0]) })
	return groups
}

// group puts a group into the report.
func (v *view) group(d *Duplicates, g []int32, near bool) {
	if len(d.Groups) == maxGroups {
		return
	}
	out := DupGroup{Near: near, Count: len(g)}
	for _, i := range g[:min(len(g), maxGroupPaths)] {
		out.Paths = append(out.Paths, v.opts.Name(v.set.Items[i].File))
	}
	d.Groups = append(d.Groups, out)
}

// across counts the images of a group that another split holds too, and tells
// the ones that are not for training.
func (v *view) across(g []int32, test, other score.Rule, shared map[[2]int]int) {
	if !v.acrossSplits() {
		return
	}
	var in [maxSplits]int
	for _, i := range g {
		if p := v.part[i]; p >= 0 {
			in[p]++
		}
	}
	for b := range v.splits {
		for a := range b {
			if in[a] > 0 && in[b] > 0 {
				shared[[2]int{a, b}] += min(in[a], in[b])
			}
		}
	}
	for _, i := range g {
		p := v.part[i]
		if p < 0 || v.splits[p] == string(annotation.Train) {
			continue
		}
		switch {
		case v.splits[p] == string(annotation.Test) && len(v.splits) > 0 && v.splits[0] == string(annotation.Train) && in[0] > 0:
			v.set.Book.Find(test, v.fileOf(i))
		case slices.ContainsFunc(in[:p], func(n int) bool { return n > 0 }):
			v.set.Book.Find(other, v.fileOf(i))
		}
	}
}

// within tells the images of a group that its own split holds before them; those
// of other splits are another rule's.
func (v *view) within(g []int32) {
	var seen [maxSplits + 1]bool
	for _, i := range g {
		p := v.part[i] + 1
		if !v.acrossSplits() {
			p = 0
		}
		if seen[p] {
			v.set.Book.Find(ruleTwin, v.fileOf(i))
		}
		seen[p] = true
	}
}

// otherLabels tells equal images that are said to show other classes than most
// of them.
func (v *view) otherLabels(d *Duplicates, g []int32) {
	classes := make([][]int32, len(g))
	count := map[string]int{}
	most := ""
	for k, i := range g {
		if v.set.Items[i].Labeled {
			classes[k] = v.positive(int(i), []int32{})
			count[fmt.Sprint(classes[k])]++
		}
	}
	for said, n := range count {
		if most == "" || n > count[most] || n == count[most] && said < most {
			most = said
		}
	}
	for k, i := range g {
		if classes[k] != nil && fmt.Sprint(classes[k]) != most {
			d.Different++
			v.find(ruleOtherLabels, int(i), annotation.Ref.Image, "", "")
		}
	}
}

func (v *view) fileOf(item int32) score.Example {
	return score.Example{File: v.set.Items[item].File}
}
