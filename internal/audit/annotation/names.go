package annotation

import (
	"hash/maphash"
	"path"
	"slices"
	"strings"
)

// crowd is how many files of one name are compared one by one; more are
// searched in order of their paths read backwards.
const crowd = 16

// names finds files by their name.
type names struct {
	first  map[string]int32 // lower-case
	next   []int32          // of members: another of that name, -1 for none
	sorted map[string][]crowded
}

// crowded is one of many files of a name.
type crowded struct {
	backwards string // its path
	member    int32
}

func newNames(members int) names {
	n := names{first: make(map[string]int32, members), next: make([]int32, members), sorted: map[string][]crowded{}}
	for i := range n.next {
		n.next[i] = -1
	}
	return n
}

// add puts a member before those that were added under its name.
func (n *names) add(name string, member int) {
	if other, ok := n.first[name]; ok {
		n.next[member] = other
	}
	n.first[name] = int32(member)
}

// of returns the members of a name; none and true if they are a crowd.
func (n *names) of(name string, room []int32) (list []int32, many bool) {
	i, ok := n.first[name]
	if !ok {
		return nil, false
	}
	for list = room[:0]; i >= 0; i = n.next[i] {
		if len(list) == crowd {
			return nil, true
		}
		list = append(list, i)
	}
	return list, false
}

// search returns the members of a crowded name whose paths agree with the
// longest end of a path, at most 64 of them.
func (n *names) search(j *joiner, name, wanted string) []int32 {
	list, ok := n.sorted[name]
	if !ok {
		for i := n.first[name]; i >= 0; i = n.next[i] {
			list = append(list, crowded{backwards(name, j.members[i].Path), i})
		}
		slices.SortStableFunc(list, func(a, b crowded) int { return strings.Compare(a.backwards, b.backwards) })
		n.sorted[name] = list
	}
	for end := backwards(name, wanted); ; {
		at, _ := slices.BinarySearchFunc(list, end, func(c crowded, end string) int { return strings.Compare(c.backwards, end) })
		var out []int32
		for ; at < len(list) && len(out) < 64 && startsWith(list[at].backwards, end); at++ {
			if !j.takenAsMask(int(list[at].member)) {
				out = append(out, list[at].member)
			}
		}
		cut := strings.LastIndexByte(end, apart)
		if len(out) > 0 || cut < 0 {
			return out
		}
		end = end[:cut]
	}
}

// startsWith reports whether a path read backwards starts with whole names of end.
func startsWith(backwards, end string) bool {
	return strings.HasPrefix(backwards, end) && (len(backwards) == len(end) || backwards[len(end)] == apart)
}

// apart separates names in a path read backwards. It sorts before any other
// character, so that the paths within one stand together.
const apart = 0

// backwards returns the names of a path from the last to the first, lower-case,
// with a name for the last.
func backwards(name, p string) string {
	parts := strings.Split(strings.ToLower(p), "/")
	parts[len(parts)-1] = name
	slices.Reverse(parts)
	return strings.Join(parts, string(rune(apart)))
}

// lookup finds the image that a label file names: beside it, from the root of
// the set, by the end of its path, by its file name, or by its stem.
func (j *joiner) lookup(member int, name string) (int, bool) {
	name = strings.TrimPrefix(strings.ReplaceAll(name, `\`, "/"), "./")
	if name == "" {
		return 0, false
	}
	if i, ok := j.byPath[path.Join(path.Dir(j.members[member].Path), name)]; ok {
		return i, true
	}
	if i, ok := j.byPath[path.Clean(name)]; ok {
		return i, true
	}
	base := strings.ToLower(path.Base(name))
	if i, ok := j.nearest(member, name, &j.byBase, base); ok {
		return i, true
	}
	if i, ok := j.nearest(member, name, &j.byStem, base); ok {
		return i, true
	}
	return j.nearest(member, name, &j.byStem, stem(base))
}

// nearest picks among files of one name the one whose folders agree most with
// the name, then with the label file. Masks are passed over. If the name has
// folders, and several files agree with some of them equally well, it is none
// of these: view1_frontal.jpg of another patient is another image.
func (j *joiner) nearest(member int, name string, in *names, base string) (int, bool) {
	var room [crowd]int32
	list, many := in.of(base, room[:])
	if many {
		list = in.search(j, base, name)
	}
	best, most, equal := -1, -1, false
	for _, i := range list {
		if j.takenAsMask(int(i)) {
			continue
		}
		if len(list) == 1 {
			return int(i), true
		}
		n := 1000*commonEnd(j.members[i].Path, name) + commonStart(j.members[i].Path, j.members[member].Path)
		switch {
		case n > most:
			best, most, equal = int(i), n, false
		case n == most:
			equal = true
		}
	}
	if equal && most/1000 <= strings.Count(name, "/") {
		return -1, false
	}
	return best, best >= 0
}

// takenAsMask reports whether a format has said that a file is no image.
func (j *joiner) takenAsMask(member int) bool {
	return j.roles[member] == maskRole || j.roles[member] == ignoredRole
}

// commonEnd counts the names that two paths have in common at their ends.
func commonEnd(a, b string) int {
	for n := 0; ; n++ {
		i, k := strings.LastIndexByte(a, '/'), strings.LastIndexByte(b, '/')
		if !strings.EqualFold(a[i+1:], b[k+1:]) {
			return n
		}
		if i < 0 || k < 0 {
			return n + 1
		}
		a, b = a[:i], b[:k]
	}
}

// commonStart counts the folders that two paths have in common at their starts.
func commonStart(a, b string) int {
	for n := 0; ; n++ {
		x, restA, moreA := strings.Cut(a, "/")
		y, restB, moreB := strings.Cut(b, "/")
		if !moreA || !moreB || x != y {
			return n
		}
		a, b = restA, restB
	}
}

// absents are the items without a file, by name, in a third of the room of a
// map.
type absents struct {
	seed  maphash.Seed
	slots []int32 // by hash of the name: its number from 1, 0 for none
	names []string
	items []int32
}

// item returns the item of a name, and whether there is one.
func (a *absents) item(name string) (int32, bool) {
	if len(a.slots) == 0 {
		return 0, false
	}
	i := a.slots[a.slot(name)]
	if i == 0 {
		return 0, false
	}
	return a.items[i-1], true
}

// add gives an item to a name that has none.
func (a *absents) add(name string, item int32) {
	a.grow(1)
	a.names, a.items = append(a.names, name), append(a.items, item)
	a.slots[a.slot(name)] = int32(len(a.names))
}

// slot returns where the number of a name stands, or belongs.
func (a *absents) slot(name string) int {
	last := uint64(len(a.slots) - 1) // a power of two less one
	for at := maphash.String(a.seed, name) & last; ; at = (at + 1) & last {
		if i := a.slots[at]; i == 0 || a.names[i-1] == name {
			return int(at)
		}
	}
}

// grow makes room for n more names.
func (a *absents) grow(n int) {
	a.names, a.items = slices.Grow(a.names, n), slices.Grow(a.items, n)
	size := max(64, len(a.slots))
	for 3*size < 4*(len(a.names)+n) {
		size *= 2
	}
	if size == len(a.slots) {
		return
	}
	a.slots = make([]int32, size)
	for i, name := range a.names {
		a.slots[a.slot(name)] = int32(i) + 1
	}
}
