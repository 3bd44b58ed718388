package annotation

import (
	"math"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Bounds of what is held of one COCO file, besides Limits.Records.
const (
	cocoLabelBytes = 72 << 20 // of labels and what is held of them: 1.1 million
	cocoImageBytes = 56 << 20 // of images: 300,000
	cocoNumbers    = 2 << 20  // of one annotation's outline
)

// coco is a COCO file that is being read. Annotations may come before the
// images and categories that they name, so ids are turned into numbers by
// whoever comes first, and held against each other at the end.
type coco struct {
	in                     *input
	w                      *walker
	counts                 [cocoRuleCount]int // what was held against each rule
	split                  Split
	heldLabels, heldImages int // bytes

	images     ids // number: index into Facts.Images
	categories ids // number: index into Facts.Classes
	keys       map[int32]int32
	labeled    idSet            // of annotations
	names      map[string]int32 // places
	told       map[string]bool  // pointers to the first of several equal keys

	kinds    cocoKinds
	a        cocoAnnotation
	sizes    []cocoSize // of run lengths whose image came later
	points   []cocoKeysAt
	panoptic *Panoptic
	pictures []int32       // number of the image of each of panoptic's pictures
	unlisted []cocoClassAt // categories of segments that came later, or never
	results  bool

	takeImage, takeAnnotation func(key string) // methods, bound once
	image                     cocoImage
}

// cocoKinds count what annotations hold.
type cocoKinds struct{ all, boxes, masks, keypoints, captions, segments int }

// cocoSize is the declared size of run lengths.
type cocoSize struct {
	image, place  int32
	height, width int32
}

// cocoKeysAt is how many values the keypoints of an annotation are.
type cocoKeysAt struct{ place, category, values int32 }

// cocoClassAt is the category of a segment.
type cocoClassAt struct{ place, segment, category int32 }

func readCOCO(in *input) error {
	c := &coco{
		in: in, w: in.walk(), split: splitOfTable(path.Base(in.Path)), keys: map[int32]int32{}, names: map[string]int32{}, told: map[string]bool{},
		results: in.facts.Formats[0].Format == COCOResults,
	}
	c.images.number, c.categories.number = map[int64]int32{}, map[int64]int32{}
	c.takeImage, c.takeAnnotation = c.imageField, c.annotationField
	in.facts.At = Pointers{Image: "/images/%d/file_name", Width: "/images/%d/width", Height: "/images/%d/height", Label: "/annotations/%d"}
	if c.results {
		in.facts.At.Label = "/%d"
		c.w.array(c.annotation)
	} else {
		c.w.object(c.root)
	}
	c.finish()
	return c.w.end()
}

func (c *coco) root(key string) {
	switch key {
	case "images":
		c.w.array(c.oneImage)
	case "annotations":
		c.w.array(c.annotation)
	case "categories":
		c.w.array(c.category)
	}
}

// find counts a broken rule at a place.
func (c *coco) find(rule int, pointer, note string) { c.in.find(cocoRules[rule], pointer, "", note) }

func (c *coco) annotationAt(place int, rest string) string {
	if c.results {
		return "/" + strconv.Itoa(place) + rest
	}
	return "/annotations/" + strconv.Itoa(place) + rest
}

// hold reports whether n more bytes may be held of labels, or counts a record
// beyond the limits.
func (c *coco) hold(n int) bool { return c.holdIn(&c.heldLabels, n, cocoLabelBytes) }

// holdIn holds n more bytes of up to most, so that neither labels nor images
// push out the other by coming first.
func (c *coco) holdIn(held *int, n, most int) bool {
	f := c.in.facts
	if *held+n > most || len(f.Images)+len(f.Labels) >= c.in.Limits.Records {
		f.Beyond++
		return false
	}
	*held += n
	return true
}

// Bytes that one image or label takes, about.
const (
	imageBytes = 176
	labelBytes = 64
	idBytes    = 24
)

// ids gives numbers to the ids of images or categories.
type ids struct {
	number map[int64]int32 // by id
	index  []int32         // by number; -1 if the id was only used so far
	last   int64           // asked for, since records of one image follow each other
	at     int32
}

// of returns the number of an id.
func (s *ids) of(id int64) int32 {
	if id == s.last && len(s.index) > 0 && s.number[id] == s.at {
		return s.at
	}
	n, ok := s.number[id]
	if !ok {
		n = int32(len(s.index))
		s.number[id] = n
		s.index = append(s.index, -1)
	}
	s.last, s.at = id, n
	return n
}

// unknown reports whether the id of a number was used and never listed.
func (s *ids) unknown(n int32) bool { return n >= 0 && s.index[n] < 0 }

// kept returns the index of a number, -1 if it is not listed or not kept.
func (s *ids) kept(n int32) int32 {
	if n < 0 || s.index[n] == beyondIndex {
		return -1
	}
	return s.index[n]
}

// idSet holds ids with the places at which they stand. Those that follow one
// another from place to place take no room.
type idSet struct {
	from, to int64 // the ids of the first run, to excluded
	start    int32 // place of from
	rest     map[int64]int32
}

// add adds an id, unless there are most of them already; it returns the place
// at which it stood before, -1 if it is new.
func (s *idSet) add(id int64, place int32, most int) int32 {
	switch {
	case s.from == s.to:
		s.from, s.to, s.start = id, id+1, place
		return -1
	case id >= s.from && id < s.to:
		return s.start + int32(id-s.from)
	}
	if before, ok := s.rest[id]; ok {
		return before
	}
	if id == s.to && int64(place-s.start) == id-s.from {
		s.to++
		return -1
	}
	if s.rest == nil {
		s.rest = map[int64]int32{}
	}
	if len(s.rest) < most {
		s.rest[id] = place
	}
	return -1
}

// twice finds an entry whose key stood before, and once that one.
func (c *coco) twice(rule int, before, now string) {
	if !c.told[before] {
		if len(c.told) < 1<<16 {
			c.told[before] = true
		}
		c.find(rule, before, "")
	}
	c.find(rule, now, "")
}

// idOf takes an id: a whole number, or a text that stands for one.
func (c *coco) idOf() (id int64, whole bool) {
	if c.w.kind() == jsonText {
		s, _ := c.w.text()
		h := int64(14695981039346656037 & math.MaxInt64) // FNV-1a, below every whole number
		for i := range len(s) {
			h = (h ^ int64(s[i])) * 1099511628211
		}
		return -1<<62 | h&(1<<61-1), false
	}
	return c.w.integer()
}

// cocoImage is an entry of images.
type cocoImage struct {
	Image
	id            int64
	hasID, wholly bool
}

func (c *coco) oneImage(i int) {
	c.counts[cocoRecord]++
	c.image = cocoImage{Image: Image{AgeYears: float32(math.NaN()), Listed: true, Place: int32(i), Split: c.split}}
	im := &c.image
	if !c.w.object(c.takeImage) {
		c.find(cocoRecord, pointerTo("images", i), "no object")
		return
	}
	switch {
	case !im.hasID || !im.wholly:
		c.find(cocoRecord, pointerTo("images", i), "no whole number as id")
	case im.Name == "":
		c.find(cocoRecord, pointerTo("images", i), "no file_name")
	}
	c.counts[cocoNoSize]++
	if im.Width <= 0 || im.Height <= 0 {
		c.find(cocoNoSize, pointerTo("images", i), "")
	}
	c.keepImage(i, im)
}

func (c *coco) imageField(key string) {
	im := &c.image
	switch key {
	case "id":
		im.id, im.wholly = c.idOf()
		im.hasID = im.wholly || im.id != 0
	case "file_name":
		im.Name, _ = c.w.text()
	case "width":
		im.Width = c.pixels()
	case "height":
		im.Height = c.pixels()
	default:
		c.person(im, key)
	}
}

// person takes what an image says of its patient.
func (c *coco) person(im *cocoImage, key string) {
	name := fold(key)
	switch {
	case c.in.PatientKey != "" && key == c.in.PatientKey, c.in.PatientKey == "" && slices.Contains(patientNames, name):
		if v := c.word(); v != "" && c.in.Hash != nil {
			im.Patient = c.in.Hash(v)
			c.in.facts.At.Patient = "/images/%d" + strings.ReplaceAll(pointerTo(key), "%", "%%")
		}
	case slices.Contains(sexNames, name):
		im.Sex = sexOf(c.word())
	case slices.Contains(ageNames, name):
		years, _ := ageOf(c.word())
		im.AgeYears = float32(years)
		c.in.facts.At.Age = "/images/%d" + strings.ReplaceAll(pointerTo(key), "%", "%%")
	case name == "split" || name == "subset":
		if s := splitWord(c.word()); s != NoSplit {
			im.Split = s
			c.in.facts.At.Split = "/images/%d" + strings.ReplaceAll(pointerTo(key), "%", "%%")
		}
	}
}

// word takes a text or number as text.
func (c *coco) word() string {
	switch c.w.kind() {
	case jsonText, jsonNumber:
		s, _ := c.w.taken()
		return s
	}
	c.w.skip()
	return ""
}

// pixels takes a width or height; 0 if it is none.
func (c *coco) pixels() int32 {
	n, ok := c.w.integer()
	if !ok || n < 0 || n > math.MaxInt32 {
		return 0
	}
	return int32(n)
}

// keepImage holds an image against those before it, and keeps it.
func (c *coco) keepImage(i int, im *cocoImage) {
	if !im.hasID {
		return
	}
	c.counts[cocoImageID]++
	n := c.images.of(im.id)
	if first := c.images.index[n]; first >= 0 {
		if first == beyondIndex {
			c.find(cocoImageID, pointerTo("images", i, "id"), "")
		} else {
			c.twice(cocoImageID, pointerTo("images", int(c.in.facts.Images[first].Place), "id"), pointerTo("images", i, "id"))
		}
		return
	}
	if im.Name != "" {
		c.counts[cocoFileName]++
		if first, ok := c.names[im.Name]; ok {
			c.twice(cocoFileName, pointerTo("images", int(first), "file_name"), pointerTo("images", i, "file_name"))
		}
	}
	if !c.holdIn(&c.heldImages, imageBytes+2*len(im.Name), cocoImageBytes) {
		c.images.index[n] = beyondIndex
		return
	}
	c.images.index[n] = int32(len(c.in.facts.Images))
	if _, ok := c.names[im.Name]; !ok && im.Name != "" {
		c.names[im.Name] = int32(i)
	}
	c.in.facts.Images = append(c.in.facts.Images, im.Image)
}

// beyondIndex is the index of an image that is there and was not kept.
const beyondIndex = math.MaxInt32

func (c *coco) category(i int) {
	c.counts[cocoRecord]++
	var id int64
	var whole, hasID bool
	var name string
	keys := int32(-1)
	var edges [][]int64
	if !c.w.object(func(key string) {
		switch key {
		case "id":
			id, whole = c.idOf()
			hasID = whole || id != 0
		case "name":
			name, _ = c.w.text()
		case "keypoints":
			keys = 0
			c.w.array(func(int) { keys++ })
		case "skeleton":
			edges = c.skeleton()
		}
	}) {
		c.find(cocoRecord, pointerTo("categories", i), "no object")
		return
	}
	c.edges(i, edges, keys)
	switch {
	case !hasID || !whole:
		c.find(cocoRecord, pointerTo("categories", i), "no whole number as id")
		return
	case name == "":
		c.find(cocoRecord, pointerTo("categories", i), "no name")
	}
	c.keepCategory(i, id, name, keys)
}

// skeleton takes pairs of keypoints, up to a bound.
func (c *coco) skeleton() [][]int64 {
	var edges [][]int64
	c.w.array(func(int) {
		var e []int64
		c.w.array(func(int) {
			n, ok := c.w.integer()
			if !ok {
				n = -1
			}
			if len(e) < 3 {
				e = append(e, n)
			}
		})
		if len(edges) < 10_000 {
			edges = append(edges, e)
		}
	})
	return edges
}

// edges holds a skeleton against the keypoints, counted from 1.
func (c *coco) edges(i int, edges [][]int64, keys int32) {
	for k, e := range edges {
		c.counts[cocoSkeleton]++
		if len(e) != 2 || slices.ContainsFunc(e, func(n int64) bool { return n < 1 || n > int64(keys) }) {
			c.find(cocoSkeleton, pointerTo("categories", i, "skeleton", k), "")
		}
	}
}

func (c *coco) keepCategory(i int, id int64, name string, keys int32) {
	f := c.in.facts
	c.counts[cocoCategoryID]++
	n := c.categories.of(id)
	switch {
	case c.categories.index[n] >= 0:
		c.find(cocoCategoryID, pointerTo("categories", i, "id"), "")
		return
	case slices.ContainsFunc(f.Classes, func(k Class) bool { return k.Name == name }):
		c.find(cocoCategoryID, pointerTo("categories", i, "name"), "")
	}
	if len(f.Classes) >= c.in.Limits.Classes {
		f.Beyond++
		c.categories.index[n] = beyondIndex
		return
	}
	c.categories.index[n] = int32(len(f.Classes))
	if keys >= 0 {
		c.keys[n] = keys
	}
	f.Classes = append(f.Classes, Class{Name: name, Declared: true, ID: id})
}

// finish holds against each other what came in any order.
func (c *coco) finish() {
	f := c.in.facts
	for i := range f.Labels {
		c.resolve(&f.Labels[i])
	}
	for _, s := range c.sizes {
		if im := c.imageOf(s.image); im != nil && im.Width > 0 && (s.height != im.Height || s.width != im.Width) {
			c.find(cocoRuns, c.annotationAt(int(s.place), "/segmentation/size"), "")
		}
	}
	for _, k := range c.points {
		if n, ok := c.keys[k.category]; ok && k.values != 3*n {
			c.find(cocoKeys, c.annotationAt(int(k.place), "/keypoints"), "")
		}
	}
	c.finishSegments()
	for rule, n := range c.counts {
		if n > 0 {
			c.in.check(cocoRules[rule], n)
		}
	}
	c.decide()
}

// imageOf returns the image of a number, nil if it is not kept.
func (c *coco) imageOf(n int32) *Image {
	if i := c.images.kept(n); i >= 0 {
		return &c.in.facts.Images[i]
	}
	return nil
}

// resolve turns the numbers of a label into indexes, and holds it against its
// image and category.
func (c *coco) resolve(l *Label) {
	if im := c.imageOf(l.Image); im != nil && im.Width > 0 && im.Height > 0 && l.Kind != WholeImage && l.Box[2] > 0 && l.Box[3] > 0 {
		c.within(l, im)
	}
	ofSegment := c.panoptic != nil && l.Kind == Mask // told with its picture
	if !ofSegment && c.images.unknown(l.Image) {
		c.find(cocoImageUnknown, c.annotationAt(int(l.Place), "/image_id"), "")
	}
	if !ofSegment && c.categories.unknown(l.Class) {
		c.find(cocoCategoryUnknown, c.annotationAt(int(l.Place), "/category_id"), "")
	}
	l.Image, l.Class = c.images.kept(l.Image), c.categories.kept(l.Class)
}

// within holds a box against the size of its image.
func (c *coco) within(l *Label, im *Image) {
	x0, y0, x1, y1 := float64(l.Box[0]), float64(l.Box[1]), float64(l.Box[0]+l.Box[2]), float64(l.Box[1]+l.Box[3])
	w, h := float64(im.Width), float64(im.Height)
	c.counts[cocoBeyond]++
	c.counts[cocoOutside]++
	inside := max(min(x1, w)-max(x0, 0), 0) * max(min(y1, h)-max(y0, 0), 0)
	switch {
	case x0 >= -1 && y0 >= -1 && x1 <= w+1 && y1 <= h+1:
	case inside < 0.95*(x1-x0)*(y1-y0):
		c.find(cocoOutside, c.annotationAt(int(l.Place), "/bbox"), "")
	default:
		c.find(cocoBeyond, c.annotationAt(int(l.Place), "/bbox"), "")
	}
}

// decide names the format by what the annotations held.
func (c *coco) decide() {
	k := c.kinds
	format := &c.in.facts.Formats[0].Format
	switch {
	case c.results:
		*format = COCOResults
		c.in.check(cocoRules[cocoModelResults], 1)
		c.in.find(cocoRules[cocoModelResults], "", "", "")
	case k.all == 0 && c.w.err == nil:
		*format = COCOImageInfo
	case k.segments > 0:
		*format = COCOPanoptic
	case k.captions > 0:
		*format = COCOCaptions
	case k.keypoints > 0:
		*format = COCOKeypoints
	case k.boxes+k.masks > 0:
		*format = COCOInstances
	case k.all > 0:
		*format = COCOLabels
	}
}
