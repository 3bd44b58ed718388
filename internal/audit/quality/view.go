package quality

import (
	"fmt"
	"math"
	"slices"

	"assay/internal/audit/annotation"
	"assay/internal/audit/score"
)

// view is a set with what several metrics need of it.
type view struct {
	set              *annotation.Set
	opts             Options
	order            []int32 // labels by item, those without one left out
	start            []int32 // of each item in order, with the end
	splits           []string
	part             []int8            // of each item, index into splits; -1 for none
	sizes            []int             // images of each split
	labeled          []int             // of these, with a label record
	blanks           map[int32][]int32 // readers who found nothing, by item
	images           int
	twins, nearTwins map[[2]int]int // images that two splits share, exactly and nearly
	folded           bool           // parts lie in folds: they are of several splits at once
}

func newView(set *annotation.Set, opts Options) *view {
	v := &view{set: set, opts: opts, blanks: map[int32][]int32{}}
	for _, b := range set.Blanks {
		v.blanks[b.Image] = append(v.blanks[b.Image], b.Reader)
	}
	v.sortLabels()
	v.findSplits()
	return v
}

// sortLabels orders the labels by item, keeping their order within one.
func (v *view) sortLabels() {
	v.start = make([]int32, len(v.set.Items)+1)
	for i := range v.set.Labels {
		if at := v.set.Labels[i].Item; at >= 0 {
			v.start[at+1]++
		}
	}
	for i := range v.set.Items {
		v.start[i+1] += v.start[i]
	}
	v.order = make([]int32, v.start[len(v.set.Items)])
	next := slices.Clone(v.start)
	for i := range v.set.Labels {
		if at := v.set.Labels[i].Item; at >= 0 {
			v.order[next[at]] = int32(i)
			next[at]++
		}
	}
}

// labels returns the numbers of the labels of an item.
func (v *view) labels(item int) []int32 { return v.order[v.start[item]:v.start[item+1]] }

// maxSplits is how many parts of a set are told apart.
const maxSplits = 24

// findSplits lists the parts: training, validation and test, then folds.
func (v *view) findSplits() {
	whole := v.hasFiles()
	seen := map[string]int8{}
	for _, s := range []annotation.Split{annotation.Train, annotation.Validation, annotation.Test} {
		if slices.ContainsFunc(v.set.Items, func(it annotation.Item) bool { return it.Split == s }) {
			seen[string(s)] = int8(len(v.splits))
			v.splits = append(v.splits, string(s))
		}
	}
	folds := map[byte]bool{}
	for i := range v.set.Items {
		if it := &v.set.Items[i]; it.Fold != 0 {
			folds[it.Fold] = true
			v.folded = v.folded || it.Split != annotation.NoSplit
		}
	}
	for fold := range 256 {
		if folds[byte(fold)] && !v.folded && len(v.splits) < maxSplits {
			seen[foldName(byte(fold))] = int8(len(v.splits))
			v.splits = append(v.splits, foldName(byte(fold)))
		}
	}
	v.sizes, v.labeled = make([]int, len(v.splits)), make([]int, len(v.splits))
	v.part = make([]int8, len(v.set.Items))
	for i := range v.set.Items {
		it := &v.set.Items[i]
		v.part[i] = -1
		name := string(it.Split)
		if name == "" && it.Fold != 0 {
			name = foldName(it.Fold)
		}
		if p, ok := seen[name]; ok {
			v.part[i] = p
		}
		if whole && it.File == score.NoFile {
			continue
		}
		v.images++
		if v.part[i] >= 0 {
			v.sizes[v.part[i]]++
			if it.Labeled {
				v.labeled[v.part[i]]++
			}
		}
	}
}

// foldName names a fold as its folder does: 1 stands for fold_0.
func foldName(fold byte) string { return fmt.Sprintf("fold %d", fold-1) }

// hasFiles reports whether the set holds any image; otherwise its images are
// those that labels name.
func (v *view) hasFiles() bool {
	return slices.ContainsFunc(v.set.Items, func(it annotation.Item) bool { return it.File != score.NoFile })
}

// counts reports whether an item is an image of the set.
func (v *view) counts(item int) bool {
	return v.set.Items[item].File != score.NoFile || v.images == len(v.set.Items)
}

// find counts a broken rule at the record of an item, or at its file.
func (v *view) find(r score.Rule, item int, of func(annotation.Ref) string, header, note string) {
	v.set.Book.Find(r, v.example(item, of, header, note))
}

func (v *view) example(item int, of func(annotation.Ref) string, header, note string) score.Example {
	it := &v.set.Items[item]
	if ref := v.set.Ref(it.Named); ref.Known() {
		return score.Example{File: ref.File, Pointer: of(ref), Note: note}
	}
	e := score.Example{File: it.File, Note: note}
	if it.Instance != nil {
		e.Pointer = header
	}
	return e
}

// some returns a figure, nil if it is not defined.
func some(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}

// share returns part of whole, nil if whole is 0.
func share(part, whole int) *float64 { return some(float64(part) / float64(whole)) }

// both returns an interval, nil if it is not defined.
func both(low, high float64) *[2]float64 {
	if math.IsNaN(low) || math.IsNaN(high) {
		return nil
	}
	return &[2]float64{low, high}
}
