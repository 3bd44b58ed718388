package annotation

import (
	"fmt"
	"hash/maphash"
	"math"
	"path"
	"slices"
	"strconv"
	"strings"

	"assay/internal/audit/score"
)

// JoinOptions say what the caller knows of a set.
type JoinOptions struct {
	// Patient tells the patient from the path of an image file, as a key; ""
	// if it cannot. Nil tries the usual ways to write it.
	Patient func(path string) string
	// Splits says which part a file, or the files below a folder, are meant for.
	Splits map[string]Split
	// SplitOf reads the part that the folders of a path name.
	SplitOf func(path string) (Split, byte)
	Hash    func(string) Hash
	// Compared is what the audit found among the DICOM instances; nil if it
	// did not look.
	Compared *Compared
}

// Join holds the facts of all files against each other. It takes the images,
// labels and shapes out of the facts, so that they are not held twice.
func Join(members []Member, opts JoinOptions) *Set {
	j := newJoiner(members, opts)
	for _, join := range joins {
		join(j)
	}
	return j.finish()
}

// joins are the steps of Join, in order: those of formats that say of other
// files what they are come before the ones that take names one by one.
var joins = []func(*joiner){joinPanoptic, joinDatasets, joinBraTS, joinMasks, joinYOLO, joinImageSets, joinNames, joinTables, joinLists, joinObjects, joinInstances, joinRest}

// role is what a file is for.
type role byte

const (
	unknownRole role = iota
	imageRole        // has an item
	maskRole         // labels an image
	ignoredRole      // a part of another item, or not part of the set
)

// joiner is a Join under way.
type joiner struct {
	members []Member
	opts    JoinOptions
	set     *Set
	roles   []role  // of members
	items   []int32 // of members, -1 for none

	byPath          map[string]int
	byBase, byStem  names // images
	bySOP, bySeries map[Hash][]int
	classes         map[string]int32
	readers         map[Hash]int32
	named           absents
	ranks           []splitRank // of items: who told their split
	maskReaders     []int32     // of members that are masks, -1 for unknown
	patterns        map[[8]string]*Pointers
}

func newJoiner(members []Member, opts JoinOptions) *joiner {
	j := &joiner{
		members: members, opts: opts, set: &Set{LabelAt: map[int32]*Pointers{}, FormatOf: map[int32]Format{}},
		roles: make([]role, len(members)), items: make([]int32, len(members)), maskReaders: make([]int32, len(members)),
		byPath: make(map[string]int, len(members)), byBase: newNames(len(members)), byStem: newNames(len(members)),
		bySOP: map[Hash][]int{}, bySeries: map[Hash][]int{},
		classes: map[string]int32{}, readers: map[Hash]int32{}, named: absents{seed: maphash.MakeSeed()}, patterns: map[[8]string]*Pointers{},
	}
	for i := range members {
		m := &members[i]
		j.items[i], j.maskReaders[i] = -1, -1
		j.byPath[m.Path] = i
		if isImage(m) {
			j.set.ImageFiles++
			if m.Instance != nil {
				j.countFormat(DICOMImage, nil)
			}
		}
		if m.Instance != nil {
			j.bySOP[m.Instance.SOP] = append(j.bySOP[m.Instance.SOP], i)
			j.bySeries[m.Instance.Series] = append(j.bySeries[m.Instance.Series], i)
		}
		if f := m.Facts; f != nil {
			j.set.Book.Add(m.Index, &f.Book)
			j.set.Beyond += f.Beyond
			if f.Picture == nil && f.Volume == nil {
				j.set.FormatOf[m.Index] = f.Formats[0].Format
			}
			j.count(f)
		}
	}
	for i := range slices.Backward(members) { // so that the first of a name comes first
		if isImage(&members[i]) {
			base := strings.ToLower(path.Base(members[i].Path))
			j.byBase.add(base, i)
			j.byStem.add(stem(base), i)
		}
	}
	return j
}

// isImage reports whether a file can be an image of the set; what labels it is
// told by the joins.
func isImage(m *Member) bool {
	return m.Kind.Image() || m.Kind.Volume() || m.Instance != nil && m.Instance.isImage()
}

// stem is a file name without its extension, and without .gz.
func stem(base string) string {
	base = strings.TrimSuffix(base, ".gz")
	return strings.TrimSuffix(base, path.Ext(base))
}

// count notes the format of a file. A mere picture is of none, and images of
// DICOM are counted by their headers.
func (j *joiner) count(f *Facts) {
	first := f.Formats[0].Format
	if first == Raster || first == DICOMImage {
		return
	}
	j.countFormat(first, f.Formats[1:])
}

func (j *joiner) countFormat(first Format, ties []Match) {
	at := slices.IndexFunc(j.set.Formats, func(c FormatCount) bool { return c.Format == first })
	if at < 0 {
		at = len(j.set.Formats)
		j.set.Formats = append(j.set.Formats, FormatCount{Format: first})
	}
	c := &j.set.Formats[at]
	c.Files++
	for _, m := range ties {
		if !slices.Contains(c.Also, m.Format) {
			c.Also = append(c.Also, m.Format)
		}
	}
}

// find counts a broken rule at a place of a member.
func (j *joiner) find(r score.Rule, member int, pointer, shape, note string) {
	j.set.Book.Find(r, score.Example{File: j.members[member].Index, Pointer: pointer, Shape: shape, Note: note})
}

func (j *joiner) check(r score.Rule, n int) { j.set.Book.Check(r, n) }

// item returns the item of a member, made if there is none. The slices of a
// series have one item.
func (j *joiner) item(member int) int32 {
	if j.items[member] >= 0 {
		return j.items[member]
	}
	together := j.seriesOf(member)
	if len(together) > 0 {
		member = together[0]
	}
	m := &j.members[member]
	it := Item{File: m.Index, Age: float32(math.NaN()), Instance: m.Instance, Digest: m.Digest}
	if in := m.Instance; in != nil {
		it.Patient, it.Sex, it.Age = in.Patient, in.Sex, in.AgeYears
		it.Width, it.Height, it.Depth = in.Columns, in.Rows, in.Frames
	}
	if f := m.Facts; f != nil {
		it.Quality = f.Quality
		if f.Picture != nil {
			it.Width, it.Height = f.Picture.Width, f.Picture.Height
		}
		if f.Volume != nil {
			size := [3]int64{}
			copy(size[:], f.Volume.Dims)
			it.Width, it.Height, it.Depth = int32(size[0]), int32(size[1]), int32(size[2])
		}
	}
	it.Split, it.Fold = j.splitOf(m.Path)
	j.roles[member] = imageRole
	j.items[member] = int32(len(j.set.Items))
	if len(together) > 0 {
		j.fill(&it, j.items[member], together)
	}
	j.set.Items = append(j.set.Items, it)
	return j.items[member]
}

func (j *joiner) splitOf(p string) (Split, byte) {
	for folder := p; folder != "." && folder != "/"; folder = path.Dir(folder) {
		if s, ok := j.opts.Splits[folder]; ok {
			return s, 0
		}
	}
	if j.opts.SplitOf == nil {
		return NoSplit, 0
	}
	return j.opts.SplitOf(p)
}

// absent returns the item of an image that a label file names and the set does
// not hold.
func (j *joiner) absent(name string) int32 {
	if i, ok := j.named.item(name); ok {
		return i
	}
	i := int32(len(j.set.Items))
	j.set.Items = append(j.set.Items, Item{File: score.NoFile, Age: float32(math.NaN())})
	j.named.add(name, i)
	return i
}

// class returns the number of a class in the set.
func (j *joiner) class(name string, declared, ordinal bool) int32 {
	i, ok := j.classes[name]
	if !ok {
		i = int32(len(j.set.Classes))
		j.classes[name] = i
		j.set.Classes = append(j.set.Classes, SetClass{Name: name})
	}
	c := &j.set.Classes[i]
	c.Declared = c.Declared || declared
	c.Ordinal = c.Ordinal || ordinal
	return i
}

func (j *joiner) reader(h Hash) int32 {
	if h == (Hash{}) {
		return -1
	}
	i, ok := j.readers[h]
	if !ok {
		i = int32(len(j.readers))
		j.readers[h] = i
		j.set.Readers = len(j.readers)
	}
	return i
}

// joinNames takes the images and labels of files that name images one by one.
// All names are looked up before any image counts as missing: a set that holds
// label files only lacks nothing.
func joinNames(j *joiner) {
	found := make([][]int32, len(j.members))
	images, labels, present := 0, 0, 0
	for i := range j.members {
		f := j.members[i].Facts
		if f == nil {
			continue
		}
		n, m := f.numbers()
		if n == 0 && m == 0 && len(f.Classes) == 0 {
			continue
		}
		found[i] = slices.Repeat([]int32{-1}, n)
		for k, im := range f.images() {
			found[i][k] = int32(j.resolve(i, im))
			if found[i][k] >= 0 {
				present++
			}
		}
		images += n
		labels += m
	}
	j.set.Items = slices.Grow(j.set.Items, max(images, j.set.ImageFiles))
	j.set.Labels = slices.Grow(j.set.Labels, labels)
	j.named.grow(images - present)
	lacks := present > 0 || 100*j.files() >= images
	for i := range j.members {
		if found[i] != nil {
			j.names(i, j.members[i].Facts, found[i], lacks)
		}
	}
}

// files counts the image files that are no masks.
func (j *joiner) files() int {
	n := 0
	for i := range j.members {
		if isImage(&j.members[i]) && j.roles[i] != maskRole && j.roles[i] != ignoredRole {
			n++
		}
	}
	return n
}

// names brings the facts of one label file into the set.
func (j *joiner) names(member int, f *Facts, found []int32, lacks bool) {
	j.set.LabelFiles++
	pointers := j.pointers(f)
	part := j.partInName(member)
	images := j.images(member, f, pointers, found, part)
	if lacks {
		j.missing(member, f, pointers, found)
	}
	if f.Packed != nil {
		f.Packed.Names, f.Packed.Images, f.Packed.ImageCount = "", nil, 0
	}
	j.set.LabelAt[j.members[member].Index] = pointers
	classes := make([]int32, len(f.Classes))
	for i, c := range f.Classes {
		classes[i] = j.class(c.Name, c.Declared, c.Ordinal)
		j.set.Classes[classes[i]].Blank += c.Blank
	}
	readers := make([]int32, len(f.Readers))
	for i, h := range f.Readers {
		readers[i] = j.reader(h)
	}
	file := j.readerOfFile(member, f)
	shapes := int32(len(j.set.Shapes))
	j.set.Shapes = append(j.set.Shapes, f.Shapes...)
	for l := range f.labels() {
		out := SetLabel{
			Item: at(images, l.Image), Class: at(classes, l.Class), Reader: at(readers, l.Reader), Unit: l.Unit, Shape: -1,
			File: j.members[member].Index, Kind: l.Kind, State: l.State, Origin: l.Origin, Box: l.Box, Value: l.Value, Pointer: l.Place,
		}
		if l.Shape >= 0 {
			out.Shape = shapes + l.Shape
		}
		if out.Reader < 0 {
			out.Reader = file
		}
		j.label(out)
	}
	for _, b := range f.Blanks {
		if out := (Blank{Image: at(images, b.Image), Reader: at(readers, b.Reader)}); out.Image >= 0 && out.Reader >= 0 {
			j.set.Blanks = append(j.set.Blanks, out)
		}
	}
	if f.Object != nil {
		j.masks(f, classes)
	}
}

// pointers returns a copy of the pointers of a file, so that its facts can go.
// Files of one kind share it.
func (j *joiner) pointers(f *Facts) *Pointers {
	at := f.At
	if f.Object != nil {
		at.places = f.Object.Places
		return &at
	}
	key := [...]string{at.Image, at.Width, at.Height, at.Channels, at.Patient, at.Split, at.Age, at.Label}
	if j.patterns[key] == nil {
		j.patterns[key] = &at
	}
	return j.patterns[key]
}

// label adds a label, and says so to its item.
func (j *joiner) label(l SetLabel) {
	j.set.Labels = append(j.set.Labels, l)
	if l.Item >= 0 {
		it := &j.set.Items[l.Item]
		it.Labeled = true
		if l.State == Positive {
			it.Labels++
		}
	}
}

func at(list []int32, i int32) int32 {
	if i < 0 || int(i) >= len(list) {
		return -1
	}
	return list[i]
}

// images returns the items of the images that a file names, found or not.
func (j *joiner) images(member int, f *Facts, at *Pointers, found []int32, part Split) []int32 {
	out := slices.Repeat([]int32{-1}, len(found))
	for i, im := range f.images() {
		switch shown := j.shown(int(found[i]), im); {
		case shown >= 0:
			out[i] = j.item(shown)
			j.size(member, f, im, shown)
		case found[i] >= 0:
			out[i] = -1 // no image, such as a presentation state
			continue
		default:
			out[i] = j.absent(nameOf(im, i, member))
		}
		ref := j.set.Where(at, j.members[member].Index, im.Place)
		j.describe(out[i], im, ref)
		if im.Split == NoSplit {
			j.split(out[i], part, byList, ref)
		}
	}
	return out
}

func nameOf(im *Image, i, member int) string {
	switch {
	case im.Name != "":
		return im.Name
	case im.Series != Hash{}:
		return "series " + string(im.Series[:])
	case im.SOP != Hash{}:
		return "sop " + string(im.SOP[:])
	}
	return fmt.Sprintf("image %d of file %d", i, member)
}

// resolve finds the member of an image, -1 if there is none.
func (j *joiner) resolve(member int, im *Image) int {
	switch {
	case im.SOP != Hash{}:
		return j.firstImage(j.bySOP[im.SOP])
	case im.Series != Hash{}:
		return j.firstImage(j.bySeries[im.Series])
	default:
		if i, ok := j.lookup(member, im.Name); ok {
			return i
		}
	}
	return -1
}

// missing tells of the images that a file names and the set lacks.
func (j *joiner) missing(member int, f *Facts, at *Pointers, found []int32) {
	j.check(ruleMissing, len(found))
	for i, im := range f.images() {
		if found[i] < 0 {
			j.find(ruleMissing, member, Ref{At: at, Place: im.Place}.Image(), "", "")
		}
	}
}

// size holds the declared size of an image against its file.
func (j *joiner) size(member int, f *Facts, im *Image, file int) {
	it := &j.set.Items[j.items[file]]
	j.channels(member, f, im, file)
	if im.Width == 0 && im.Height == 0 || it.Width == 0 {
		return
	}
	j.check(ruleSize, 1)
	switch {
	case im.Width != 0 && im.Width != it.Width:
		j.find(ruleSize, member, pointer(f.At.Width, im.Place), "", "width")
	case im.Height != 0 && im.Height != it.Height:
		j.find(ruleSize, member, pointer(f.At.Height, im.Place), "", "height")
	}
}

// channels holds the declared depth of a picture against its file.
func (j *joiner) channels(member int, f *Facts, im *Image, file int) {
	of := j.members[file].Facts
	if im.Channels == 0 || of == nil || of.Picture == nil || of.Picture.Depth == 0 || of.Picture.Indexed {
		return
	}
	j.check(ruleVOCDepth, 1)
	if im.Channels != of.Picture.Depth {
		j.find(ruleVOCDepth, member, pointer(f.At.Channels, im.Place), "", "")
	}
}

// describe gives an item what a label file says of its image.
func (j *joiner) describe(item int32, im *Image, ref Where) {
	it := &j.set.Items[item]
	if !it.Named.Known() {
		it.Named = ref
	}
	if im.Patient != (Hash{}) && it.Patient == (Hash{}) {
		it.Patient, it.PatientAt = im.Patient, ref
	}
	j.split(item, im.Split, declared, ref)
	if im.Sex != 0 && it.Sex == 0 {
		it.Sex = im.Sex
	}
	if !math.IsNaN(float64(im.AgeYears)) && math.IsNaN(float64(it.Age)) {
		it.Age = im.AgeYears
	}
	if im.Width != 0 && it.Width == 0 {
		it.Width, it.Height, it.Depth = im.Width, im.Height, im.Depth
	}
	it.Labeled = it.Labeled || im.Empty || im.Tracks > 0
	it.Labels += int(im.Tracks)
}

// pointer completes a pattern with a place.
func pointer(pattern string, place int32) string {
	before, after, ok := strings.Cut(pattern, "%d")
	if !ok {
		return pattern
	}
	return before + strconv.Itoa(int(place)) + after
}

// joinRest gives an item to every image that no label file named, and tells
// the patients that nothing else told.
func joinRest(j *joiner) {
	for i := range j.members {
		if isImage(&j.members[i]) && j.roles[i] == unknownRole {
			j.item(i)
		}
	}
	j.patients()
}

func (j *joiner) finish() *Set {
	slices.SortStableFunc(j.set.Formats, func(a, b FormatCount) int {
		if a.Files != b.Files {
			return b.Files - a.Files
		}
		return strings.Compare(string(a.Format), string(b.Format))
	})
	for i := range j.members {
		if f := j.members[i].Facts; f != nil {
			f.Images, f.Labels, f.Blanks, f.Shapes, f.Packed = nil, nil, nil, nil, nil
		}
	}
	return j.set
}
