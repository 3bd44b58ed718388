package annotation

import (
	"path"
	"slices"
	"strings"

	"assay/internal/audit/score"
)

var ruleTwoLists = score.Rule{
	Code: "S-300", Level: score.Error, Title: "Image in two parts of the set", Of: "images that label files or lists give a part",
	Cap: 6, Full: 0.02,
	Fix:    "Take the image out of one of the parts; what is trained on cannot test.",
	Source: "the label files and lists of the set, as ChestX-ray14's train_val_list.txt and test_list.txt",
}

// splitRank says who told the split of an item. What a label file declares
// holds over a list of names, and that over folders.
type splitRank byte

// Ranks.
const (
	byFolder splitRank = iota
	byWideList
	byList
	declared
)

// split gives an item its split, unless one of a higher rank, or the same one
// before, said otherwise.
func (j *joiner) split(item int32, s Split, rank splitRank, at Where) {
	if s == NoSplit {
		return
	}
	if rank != byFolder {
		j.check(ruleTwoLists, 1)
	}
	if missing := len(j.set.Items) - len(j.ranks); missing > 0 {
		j.ranks = append(j.ranks, make([]splitRank, missing)...)
	}
	it := &j.set.Items[item]
	if it.Split != NoSplit && j.ranks[item] >= rank {
		twice := j.set.Ref(it.SplitAt).At != listPointers && j.set.Ref(at).At != listPointers // lists say so themselves
		if j.ranks[item] == rank && it.Split != s && twice {
			j.moved(item, s, at)
		}
		return
	}
	it.Split, it.SplitAt, j.ranks[item] = s, at, rank
}

// partInName returns the part that the name of a label file means, as that of
// valid.csv.
func (j *joiner) partInName(member int) Split {
	if j.opts.SplitOf == nil {
		return NoSplit
	}
	s, _ := j.opts.SplitOf(stem(path.Base(j.members[member].Path)) + "/")
	return s
}

// moved tells an item of two parts, where the one that is not for training says
// so.
func (j *joiner) moved(item int32, s Split, at Where) {
	if it := &j.set.Items[item]; s == Train && it.SplitAt.Known() {
		at = it.SplitAt
	}
	if at.Known() {
		ref := j.set.Ref(at)
		j.set.Book.Find(ruleTwoLists, score.Example{File: ref.File, Pointer: ref.Split()})
	}
}

var listPointers = &Pointers{Image: "%d:1", Split: "%d:1"}

// joinLists takes the split of images from lists of their names.
func joinLists(j *joiner) {
	for i := range j.members {
		if f := j.members[i].Facts; f != nil && f.List != nil {
			j.list(i, f.List)
		}
	}
}

// list takes one list. One that names nothing of the set is about something
// else.
func (j *joiner) list(member int, l *List) {
	found := make([]int32, len(l.Names))
	any := false
	for i, name := range l.Names {
		found[i] = j.listed(member, name)
		any = any || found[i] >= 0
	}
	if !any {
		return
	}
	rank := byList
	if wide(j.members[member].Path) {
		rank = byWideList
	}
	for i, item := range found {
		at := j.set.Where(listPointers, j.members[member].Index, l.Lines[i])
		if item >= 0 {
			j.listSplit(item, l.Split, rank, at)
		}
	}
}

// listed returns the item of a name in a list, -1 if there is none.
func (j *joiner) listed(member int, name string) int32 {
	if i, ok := j.lookup(member, name); ok {
		if !isImage(&j.members[i]) {
			return -1
		}
		return j.item(i)
	}
	if i, ok := j.named.item(name); ok {
		return i
	}
	return -1
}

// wide reports whether the name of a list holds two parts, as train_val does: it
// gives way to lists of one part.
func wide(p string) bool {
	words := strings.FieldsFunc(strings.ToLower(stem(path.Base(p))), func(r rune) bool { return r < 'a' || r > 'z' })
	return slices.Contains(words, "trainval") || slices.Contains(words, "train") && (slices.Contains(words, "val") || slices.Contains(words, "valid"))
}

// listSplit gives an item the split of a list. One image in lists of two parts
// is told, but for a list of training and validation that holds both.
func (j *joiner) listSplit(item int32, s Split, rank splitRank, at Where) {
	it := &j.set.Items[item]
	if s != NoSplit && it.Split != NoSplit && it.Split != s && j.set.Ref(it.SplitAt).At == listPointers {
		wideOne := rank == byWideList || j.ranks[item] == byWideList
		if !wideOne || s == Test || it.Split == Test {
			j.moved(item, s, at)
		}
	}
	j.split(item, s, rank, at)
}
