package audit

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"assay/internal/audit/finding"
)

// Bounds of a collector: what lies beyond is joined, not lost.
const (
	firstLocations = 3  // kept for a finding unless all are asked for
	maxShapes      = 12 // shapes for one (rule, severity, path, message)
	maxItems       = 8  // places that differ only in item numbers
)

// place is a location before it has a name: files are numbered in the order
// of the plan.
type place struct {
	file   int32
	frame  int32
	offset int64
	boxes  []finding.Box
}

func (p place) compare(o place) int {
	switch {
	case p.file != o.file:
		return int(p.file) - int(o.file)
	case p.frame != o.frame:
		return int(p.frame) - int(o.frame)
	case p.offset < o.offset:
		return -1
	case p.offset > o.offset:
		return 1
	}
	return 0
}

// collector joins findings by (rule, severity, path, shape, message), within
// bounds. Adding the same findings in the same order gives the same result.
type collector struct {
	all    bool // keep one place for each file, not only the first three
	limit  int
	list   []*collected
	spare  []*collected // to be used before new ones are made
	byKey  map[collectKey]*collected
	shapes map[collectKey]int
	items  map[collectKey]map[string]bool

	seen func(file int, f *finding.Finding) // is told of each; nil is nobody
}

type collectKey struct {
	rule     string
	severity finding.Severity
	path     string
	shape    string
	message  string
}

type collected struct {
	key     collectKey
	finding finding.Finding
	places  []place // sorted
}

// collectors are those of the findings of one file that no file uses.
var collectors = sync.Pool{New: func() any { return newCollector(maxFileFindings, false) }}

func borrowCollector() *collector { return collectors.Get().(*collector) }

// release gives the collector back, empty. A large one is left to the garbage.
func (c *collector) release() {
	if len(c.list) > 64 {
		return
	}
	for _, e := range c.list {
		clear(e.places)
		*e = collected{places: e.places[:0]}
	}
	if n := len(c.spare); n < len(c.list) {
		c.spare = append(c.spare, c.list[n:]...)
	}
	*c = collector{all: c.all, limit: c.limit, list: c.list[:0], spare: c.spare, byKey: c.byKey}
	clear(c.byKey)
	collectors.Put(c)
}

func newCollector(limit int, all bool) *collector {
	return &collector{all: all, limit: limit, byKey: map[collectKey]*collected{}}
}

// add counts f, found in the file of that number. The frames and offsets of
// its locations are kept, their names are not. A negative number is no file.
func (c *collector) add(file int, f finding.Finding) {
	if c.seen != nil {
		c.seen(file, &f)
	}
	if f.Count < 1 {
		f.Count = 1
	}
	e := c.entry(f)
	if e.finding.Count == 0 {
		e.finding = f
		e.finding.Locations = nil
	} else {
		e.finding.Count += f.Count
	}
	if file < 0 {
		return
	}
	if len(f.Locations) == 0 {
		e.keep(place{file: int32(file)}, c.all)
		return
	}
	for _, l := range f.Locations {
		e.keep(place{int32(file), int32(l.Frame), l.Offset, l.Boxes[:min(len(l.Boxes), finding.MaxBoxes)]}, c.all)
	}
}

// entry finds the place where f is counted, and adapts f to it.
func (c *collector) entry(f finding.Finding) *collected {
	k := collectKey{f.Rule, f.Severity, f.Path, f.Shape, f.Message}
	if e := c.byKey[k]; e != nil {
		return e
	}
	k.path = c.joinItems(k)
	if e := c.byKey[k]; e != nil {
		return e
	}
	noShape := k
	noShape.shape = ""
	if k.shape != "" {
		if c.shapes[noShape] >= maxShapes {
			k.shape = otherShapes
		} else {
			if c.shapes == nil {
				c.shapes = map[collectKey]int{}
			}
			c.shapes[noShape]++
		}
	}
	if e := c.byKey[k]; e != nil {
		return e
	}
	if len(c.list) >= c.limit {
		k.path, k.shape, k.message = "", "", "Further places, joined because the report holds too many findings."
		if e := c.byKey[k]; e != nil {
			return e
		}
	}
	e := c.next()
	e.key = k
	c.byKey[k] = e
	c.list = append(c.list, e)
	return e
}

// next returns an empty place for a finding.
func (c *collector) next() *collected {
	if n := len(c.list); n < len(c.spare) {
		return c.spare[n]
	}
	return new(collected)
}

// otherShapes stands for the shapes beyond maxShapes.
const otherShapes = "(other shapes)"

var itemNumber = regexp.MustCompile(`\[\d+\]`)

// joinItems returns the path under which k is counted: with item numbers, or
// with [*] once more than maxItems paths differ only in them.
func (c *collector) joinItems(k collectKey) string {
	if !strings.Contains(k.path, "[") {
		return k.path
	}
	joined := itemNumber.ReplaceAllString(k.path, "[*]")
	if joined == k.path {
		return k.path
	}
	group := collectKey{rule: k.rule, severity: k.severity, path: joined, message: k.message}
	seen := c.items[group]
	if seen == nil {
		if c.items == nil {
			c.items = map[collectKey]map[string]bool{}
		}
		seen = map[string]bool{}
		c.items[group] = seen
	}
	switch {
	case seen[k.path]:
		return k.path
	case len(seen) < maxItems:
		seen[k.path] = true
		return k.path
	}
	return joined
}

// keep adds a place, in order. Without all, the first three stay; with all,
// three of the first file and one of each other.
func (e *collected) keep(p place, all bool) {
	i, found := slices.BinarySearchFunc(e.places, p, place.compare)
	if found {
		return
	}
	if len(e.places) >= firstLocations {
		if !all && i >= firstLocations {
			return
		}
		if all && (i > 0 && e.places[i-1].file == p.file || i < len(e.places) && e.places[i].file == p.file) {
			return
		}
	}
	e.places = slices.Insert(e.places, i, p)
	if !all && len(e.places) > firstLocations {
		e.places = e.places[:firstLocations]
	}
}

// findings returns what was collected, sorted, with locations named by name.
func (c *collector) findings(name func(file int) string) []finding.Finding {
	if len(c.list) == 0 {
		return []finding.Finding{}
	}
	count := 0
	for _, e := range c.list {
		count += len(e.places)
	}
	locations := make([]finding.Location, count)
	list := make([]finding.Finding, 0, len(c.list))
	for _, e := range c.list {
		f := e.finding
		f.Path, f.Shape, f.Message = e.key.path, e.key.shape, e.key.message
		n := len(e.places)
		f.Locations, locations = locations[:n:n], locations[n:]
		for i, p := range e.places {
			f.Locations[i] = finding.Location{File: name(int(p.file)), Frame: int(p.frame), Offset: p.offset, Boxes: p.boxes}
		}
		list = append(list, f)
	}
	finding.Sort(list)
	return list
}

// place adds a further file to a finding that was added before, without
// counting it again.
func (c *collector) place(file int, f finding.Finding) {
	if c.seen != nil {
		c.seen(file, &f)
	}
	c.entry(f).keep(place{file: int32(file)}, c.all)
}
