package annotation

import (
	"math"
	"strconv"
)

// Bounds of an outline.
const (
	outlineBytes    = 4 << 20 // of the file that it looks at
	outlineDepth    = 8
	outlineKeys     = 256 // of one object
	outlineElements = 4   // of one array
)

// Bounds of a tree.
const (
	treeNodes  = 2 << 20
	treeText   = 64 << 20 // bytes of all strings
	treeString = 1 << 20  // bytes of one string that is kept
)

// node is a JSON value with what is below it. Every method works on nil, which
// is a value that is not there.
type node struct {
	kind byte   // jsonObject, …
	key  string // of a member of an object
	str  string // of a string; of a number, its text
	kids []node // members of an object, elements of an array
}

// get returns the member of an object with a key, the first if there are
// several; nil if there is none.
func (n *node) get(key string) *node {
	if n == nil || n.kind != jsonObject {
		return nil
	}
	for i := range n.kids {
		if n.kids[i].key == key {
			return &n.kids[i]
		}
	}
	return nil
}

// at returns an element of an array, nil if there is none.
func (n *node) at(i int) *node {
	if n == nil || n.kind != jsonArray || i < 0 || i >= len(n.kids) {
		return nil
	}
	return &n.kids[i]
}

// is reports whether the value is there and of a kind.
func (n *node) is(kind byte) bool { return n != nil && n.kind == kind }

// has reports whether the value is an object with all the keys.
func (n *node) has(keys ...string) bool {
	for _, k := range keys {
		if n.get(k) == nil {
			return false
		}
	}
	return n.is(jsonObject)
}

// members are those of an object, or the elements of an array.
func (n *node) members() []node {
	if n == nil {
		return nil
	}
	return n.kids
}

// text returns the string, "" if it is none.
func (n *node) text() string {
	if !n.is(jsonText) {
		return ""
	}
	return n.str
}

// number returns the number, NaN if it is none.
func (n *node) number() float64 {
	if !n.is(jsonNumber) {
		return math.NaN()
	}
	f, _ := strconv.ParseFloat(n.str, 64) // out of range is infinite
	return f
}

// integer returns a whole number within ±2^53; ok is false for any other value.
func (n *node) integer() (i int64, ok bool) {
	f := n.number()
	if f != math.Trunc(f) || math.Abs(f) > 1<<53 {
		return 0, false
	}
	return int64(f), true
}

// outline returns the start of a JSON file as a tree: the first keys of
// objects and the first elements of arrays, within the bounds above. It is
// what readers decide on in detect, and is read once. Of a file that is no
// JSON it holds what comes before the fault.
func (in *input) outline() *node {
	if in.outlined == nil {
		b := builder{w: in.walkTo(outlineBytes), nodes: treeNodes, text: treeText, depth: outlineDepth, keys: outlineKeys, elements: outlineElements}
		in.outlined = &node{}
		b.build(in.outlined, 0)
	}
	return in.outlined
}

// tree reads a whole file, for formats whose files are small. Strings of more
// than 1 MiB are left empty, and what goes beyond 2 Mi values or 64 MiB of
// strings is left out and counted as Beyond. Faults of the JSON are found, and
// everything before them is kept. The error is one of the context.
func (in *input) tree() (*node, error) {
	b := builder{w: in.walk(), nodes: treeNodes, text: treeText, depth: math.MaxInt, keys: math.MaxInt, elements: math.MaxInt}
	root := &node{}
	b.build(root, 0)
	if b.cut {
		in.facts.Beyond++
	}
	return root, b.w.end()
}

// builder builds a tree within bounds.
type builder struct {
	w                     *walker
	nodes, text           int // left
	depth, keys, elements int
	cut                   bool // something was left out
}

// build takes the next value into n.
func (b *builder) build(n *node, depth int) {
	n.kind = b.w.kind()
	b.nodes--
	if b.text < 0 || depth > b.depth {
		b.cut = true
		b.w.skip()
		return
	}
	switch n.kind {
	case jsonObject:
		b.w.object(func(key string) {
			if b.room(len(n.kids), b.keys) {
				b.text -= len(key)
				n.kids = append(n.kids, node{key: key})
				b.build(&n.kids[len(n.kids)-1], depth+1)
			}
		})
	case jsonArray:
		b.w.array(func(int) {
			if b.room(len(n.kids), b.elements) {
				n.kids = append(n.kids, node{})
				b.build(&n.kids[len(n.kids)-1], depth+1)
			}
		})
	case jsonText:
		if s, _ := b.w.text(); len(s) <= treeString {
			b.text -= len(s)
			n.str = s
		}
	case jsonNumber:
		n.str, _ = b.w.taken()
		b.text -= len(n.str)
	default:
		b.w.skip()
	}
}

// room reports whether one more value may be kept below one that has n.
func (b *builder) room(n, most int) bool {
	if n < most && b.nodes > 0 {
		return true
	}
	b.cut = true
	return false
}
