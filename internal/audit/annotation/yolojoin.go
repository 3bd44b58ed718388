package annotation

import (
	"fmt"
	"math"
	"path"
	"slices"
	"strings"

	"assay/internal/audit/score"
	"assay/internal/audit/sniff"
)

// yoloFile is a label file of rows, with its image.
type yoloFile struct {
	member int
	image  int   // member, -1 for none
	rows   []Row // none if it is empty
}

// yoloSet is a set of YOLO: what one description governs, or what none does.
type yoloSet struct {
	config  int // member, -1 for none
	names   map[int64]string
	classes int64 // how many there are, -1 if nobody says
	points  [2]int32
	files   []yoloFile
	task    Format
	tie     []Match         // what the rows may be as well
	byClass map[int32]int32 // classes of the set by number
	images  map[int]bool    // members, with and without a label file
}

// yoloJoin is a join of YOLO under way.
type yoloJoin struct {
	*joiner
	sets   []*yoloSet
	stems  map[string]int      // images by path without extension
	inside map[string]bool     // folders that hold images
	exists map[string]bool     // folders of the set
	config map[string]*yoloSet // by folder
}

// joinYOLO holds label files of YOLO and Darknet against the description that
// governs them, the nearest above, and against their images.
func joinYOLO(j *joiner) {
	y := &yoloJoin{joiner: j, stems: map[string]int{}, inside: map[string]bool{}, exists: map[string]bool{".": true, "/": true}, config: map[string]*yoloSet{}}
	if !y.any() {
		return
	}
	y.index()
	y.configs()
	y.assign()
	for _, s := range y.sets {
		y.join(s)
	}
}

// any reports whether the set holds rows or a description of YOLO.
func (y *yoloJoin) any() bool {
	return slices.ContainsFunc(y.members, func(m Member) bool {
		return m.Facts != nil && (m.Facts.Rows != nil || isYOLOConfig(m.Facts))
	})
}

func isYOLOConfig(f *Facts) bool {
	first := f.Formats[0].Format
	return f.Config != nil && (first == YOLO || first == Darknet)
}

func (y *yoloJoin) index() {
	for i := range y.members {
		m := &y.members[i]
		folder := path.Dir(m.Path)
		for f := folder; !y.exists[f]; f = path.Dir(f) {
			y.exists[f] = true
		}
		if isImage(m) {
			y.inside[folder] = true
			y.stems[strings.TrimSuffix(m.Path, path.Ext(m.Path))] = i
		}
	}
}

// configs makes a set of every description. A file of names makes one only
// where no description lies beside it.
func (y *yoloJoin) configs() {
	var names []int
	for i := range y.members {
		f := y.members[i].Facts
		switch folder := path.Dir(y.members[i].Path); {
		case f == nil || !isYOLOConfig(f):
		case f.Config.Pointer == nil:
			names = append(names, i)
		case y.config[folder] == nil:
			s := &yoloSet{config: i, names: f.Config.Names, classes: f.Config.Count, points: f.Config.Keypoints}
			y.sets, y.config[folder] = append(y.sets, s), s
			if f.Config.NamesFile != "" {
				y.namesFile(s, f.Config)
			}
		}
	}
	for _, i := range names {
		folder := path.Dir(y.members[i].Path)
		if y.governs(folder) == nil {
			s := &yoloSet{config: i, names: y.members[i].Facts.Config.Names, classes: -1}
			y.sets, y.config[folder] = append(y.sets, s), s
		}
	}
	for _, s := range y.sets {
		if len(s.names) > 0 {
			s.classes = int64(len(s.names))
		}
	}
}

// namesFile takes the classes of Darknet from the file that obj.data names.
func (y *yoloJoin) namesFile(s *yoloSet, c *Config) {
	y.check(ruleYOLOPath, 1)
	i, ok := y.member(s.config, c.NamesFile)
	if !ok {
		y.find(ruleYOLOPath, s.config, c.Pointer["names"], "", "")
		return
	}
	if f := y.members[i].Facts; f != nil && f.Config != nil {
		s.names = f.Config.Names
	}
	if c.Count >= 0 && len(s.names) > 0 {
		y.check(ruleYOLOCount, 1)
		if c.Count != int64(len(s.names)) {
			y.find(ruleYOLOCount, s.config, c.Pointer["classes"], "", "")
		}
	}
}

// governs returns the set whose description is the nearest in or above a
// folder, nil if there is none.
func (y *yoloJoin) governs(folder string) *yoloSet {
	for {
		if s := y.config[folder]; s != nil {
			return s
		}
		if folder == "." || folder == "/" {
			return nil
		}
		folder = path.Dir(folder)
	}
}

// assign gives each label file to its set, and finds its image.
func (y *yoloJoin) assign() {
	var rest *yoloSet
	for i := range y.members {
		m := &y.members[i]
		empty := m.Facts == nil && m.Kind == sniff.Empty && hasExtension(m.Path, ".txt")
		if !empty && (m.Facts == nil || m.Facts.Rows == nil) {
			continue
		}
		file := yoloFile{member: i, image: y.image(m.Path)}
		if empty && file.image < 0 && !inFolder(m.Path, "labels") {
			continue // an empty note
		}
		if !empty {
			file.rows = m.Facts.Rows.Rows
		}
		s := y.governs(path.Dir(m.Path))
		if s == nil && len(y.sets) == 1 && rest == nil && y.sets[0].config >= 0 {
			s = y.sets[0]
		}
		if s == nil {
			if rest == nil {
				rest = &yoloSet{config: -1, classes: -1}
			}
			s = rest
		}
		s.files = append(s.files, file)
	}
	if rest != nil {
		y.sets = append(y.sets, rest)
	}
}

// image finds the image of a label file: in the folder images instead of
// labels, or beside it; else, if no image lies there, the one of its name.
func (y *yoloJoin) image(label string) int {
	base := strings.TrimSuffix(label, path.Ext(label))
	swapped := swapFolder(base, "labels", "images")
	for _, p := range []string{swapped, base} {
		if i, ok := y.stems[p]; ok {
			return i
		}
	}
	if y.inside[path.Dir(swapped)] || y.inside[path.Dir(base)] {
		return -1
	}
	member := y.byPath[label]
	if i, ok := y.nearest(member, label, &y.byStem, strings.ToLower(path.Base(base))); ok {
		return i
	}
	return -1
}

// swapFolder replaces the last folder of a name by another.
func swapFolder(p, from, to string) string {
	parts := strings.Split(p, "/")
	for i := len(parts) - 2; i >= 0; i-- {
		if parts[i] == from {
			parts[i] = to
			return strings.Join(parts, "/")
		}
	}
	return p
}

// join brings one set into the model.
func (y *yoloJoin) join(s *yoloSet) {
	s.tellTask()
	s.images = map[int]bool{}
	s.byClass = map[int32]int32{}
	if s.config >= 0 {
		if len(s.files) > 0 {
			y.recount(s.config, s)
		}
		y.declare(s)
		y.splits(s)
	}
	labeled := map[int]bool{}
	for i := range s.files {
		f := &s.files[i]
		if facts := y.members[f.member].Facts; facts != nil {
			y.recount(f.member, s)
		} else {
			y.countFormat(s.format(y.joiner), s.tie)
		}
		y.file(s, f)
		if f.image >= 0 {
			labeled[f.image] = true
			s.images[f.image] = true
		}
	}
	y.backgrounds(s, labeled)
}

// format is what the files of a set are counted as.
func (s *yoloSet) format(j *joiner) Format {
	if s.config >= 0 && j.members[s.config].Facts.Formats[0].Format == Darknet {
		return Darknet
	}
	return s.task
}

// recount counts a file under the format of its set.
func (y *yoloJoin) recount(member int, s *yoloSet) {
	first, is := y.members[member].Facts.Formats[0].Format, s.format(y.joiner)
	if first == is {
		return
	}
	at := slices.IndexFunc(y.set.Formats, func(c FormatCount) bool { return c.Format == first })
	if at >= 0 {
		if y.set.Formats[at].Files--; y.set.Formats[at].Files == 0 {
			y.set.Formats = slices.Delete(y.set.Formats, at, at+1)
		}
	}
	y.countFormat(is, s.tie)
}

// declare names the classes of a set.
func (y *yoloJoin) declare(s *yoloSet) {
	for n := range min(s.classes, int64(len(s.names))+10_000) {
		s.byClass[int32(n)] = y.class(s.nameOf(int32(n)), true, false)
	}
}

// nameOf returns the name of a class, as training calls those without.
func (s *yoloSet) nameOf(n int32) string {
	if name := s.names[int64(n)]; name != "" {
		return name
	}
	return fmt.Sprintf("class_%d", n)
}

// tellTask tells what the rows of a set are: keypoints if the description
// says so, else what most of the rows look like. Four corners may be an
// oriented box or an outline: they are boxes if they are parallelograms, as a
// turned box is, and not all upright.
func (s *yoloSet) tellTask() {
	boxes, corners, outlines, turned, upright := 0, 0, 0, 0, 0
	for _, f := range s.files {
		for _, r := range f.rows {
			switch n := r.Columns; {
			case n == 5:
				boxes++
			case n == 9:
				corners++
				switch parallel, straight := corners4(r.Values); {
				case parallel && straight:
					upright++
				case parallel:
					turned++
				}
			case n >= 7 && n%2 == 1:
				outlines++
			}
		}
	}
	switch {
	case s.points[0] > 0:
		s.task = YOLOPose
	case outlines+corners < boxes || outlines+corners == 0:
		s.task = YOLODetect
	case outlines > 0:
		s.task = YOLOSegment
	case turned > 0 && 10*(turned+upright) >= 9*corners:
		s.task, s.tie = YOLOOBB, []Match{{YOLOSegment, 0.5}}
	default:
		s.task, s.tie = YOLOSegment, []Match{{YOLOOBB, 0.5}}
	}
}

// corners4 reports whether four corners are a parallelogram, and whether its
// sides are upright. Dividing by the size of the image keeps both.
func corners4(v []float32) (parallel, upright bool) {
	const near = 2e-3
	same := func(a, b float32) bool { return math.Abs(float64(a-b)) <= near }
	parallel = same(v[0]+v[4], v[2]+v[6]) && same(v[1]+v[5], v[3]+v[7])
	upright = same(v[0], v[2]) && same(v[3], v[5]) || same(v[1], v[3]) && same(v[2], v[4])
	return parallel, upright
}

// file takes the rows of a label file.
func (y *yoloJoin) file(s *yoloSet, f *yoloFile) {
	y.set.LabelFiles++
	y.check(ruleYOLOOrphan, 1)
	var item int32
	if f.image < 0 {
		y.find(ruleYOLOOrphan, f.member, "", "", "")
		item = y.absent(y.members[f.member].Path)
	} else {
		item = y.item(f.image)
		y.check(ruleYOLONegative, 1)
		if len(f.rows) == 0 {
			y.find(ruleYOLONegative, f.image, "", "", "")
		}
	}
	it := &y.set.Items[item]
	it.Labeled = true
	if !it.Named.Known() {
		it.Named = y.set.Where(wholeFile, y.members[f.member].Index, 0)
	}
	for i := range f.rows {
		y.row(s, f, &f.rows[i], item)
	}
}

// row checks a row, and takes its label if its class is known.
func (y *yoloJoin) row(s *yoloSet, f *yoloFile, r *Row, item int32) {
	at := linePointer(int(r.Line))
	find := func(rule score.Rule, note string) { y.find(rule, f.member, at, "", note) }
	fits := s.columns(r, y.check, find)
	if fits {
		s.values(r, y.check, find)
	}
	y.check(ruleYOLORepeated, 1)
	if r.Repeated {
		find(ruleYOLORepeated, "")
	}
	if !y.known(s, r, find) {
		return
	}
	l := SetLabel{
		Item: item, Class: y.classOf(s, r.Class), Reader: -1, Unit: -1, Shape: -1, File: y.members[f.member].Index,
		Kind: s.kind(), Value: float32(math.NaN()), Pointer: r.Line,
	}
	it := &y.set.Items[item]
	if box, ok := s.box(r); ok {
		l.Box = scaled(box, it.Width, it.Height)
	}
	y.label(l)
}

// columns checks how many columns a row has, and reports whether they are
// right.
func (s *yoloSet) columns(r *Row, check func(score.Rule, int), find func(score.Rule, string)) bool {
	check(ruleYOLOColumns, 1)
	check(ruleYOLOMixed, 1)
	n, outline := r.Columns, r.Columns >= 7 && r.Columns%2 == 1
	switch s.task {
	case YOLOPose:
		if n != 5+s.points[0]*s.points[1] {
			find(ruleYOLOColumns, "not 5 and the numbers of kpt_shape")
			return false
		}
	case YOLOSegment:
		if n == 5 {
			find(ruleYOLOMixed, "a box in a set of outlines")
			return false
		}
		if !outline {
			find(ruleYOLOColumns, "not a class and 3 or more corners")
			return false
		}
	case YOLOOBB:
		if n == 5 || outline && n != 9 {
			find(ruleYOLOMixed, "not an oriented box as the others are")
			return false
		}
		if n != 9 {
			find(ruleYOLOColumns, "not a class and 4 corners")
			return false
		}
	default:
		if outline {
			find(ruleYOLOMixed, "an outline in a set of boxes")
			return false
		}
		if n != 5 {
			find(ruleYOLOColumns, "not a class and 4 numbers")
			return false
		}
	}
	return true
}

// values checks the numbers of a row.
func (s *yoloSet) values(r *Row, check func(score.Rule, int), find func(score.Rule, string)) {
	check(ruleYOLORange, 1)
	hidden := false
	for i, v := range r.Values {
		if s.task == YOLOPose && s.points[1] == 3 && i >= 4 && (i-4)%3 == 2 {
			hidden = hidden || v != 0 && v != 1 && v != 2
			continue
		}
		if v < 0 || v > 1 {
			find(ruleYOLORange, map[bool]string{true: "below 0", false: "above 1"}[v < 0])
			return
		}
	}
	if r.Wrong {
		find(ruleYOLORange, "no number")
		return
	}
	if s.task == YOLOPose && s.points[1] == 3 {
		check(ruleYOLOVisible, 1)
		if hidden {
			find(ruleYOLOVisible, "")
		}
	}
	if s.task == YOLODetect || s.task == YOLOPose {
		check(ruleYOLOFlat, 1)
		if r.Values[2] == 0 || r.Values[3] == 0 {
			find(ruleYOLOFlat, "")
		}
	}
}

// known checks the class of a row, and reports whether there is such a class.
func (y *yoloJoin) known(s *yoloSet, r *Row, find func(score.Rule, string)) bool {
	y.check(ruleYOLOClass, 1)
	if r.Class == -1 {
		find(ruleYOLOClass, "")
		return false
	}
	y.check(ruleYOLOUnknown, 1)
	if r.Class < 0 || s.classes >= 0 && int64(r.Class) >= s.classes {
		find(ruleYOLOUnknown, "")
		return false
	}
	return true
}

// classOf returns a class of the set; one that nobody declares is made as it
// comes, within a bound.
func (y *yoloJoin) classOf(s *yoloSet, n int32) int32 {
	c, ok := s.byClass[n]
	if !ok {
		if len(s.byClass) >= 10_000 {
			return -1
		}
		c = y.class(s.nameOf(n), s.classes >= 0, false)
		s.byClass[n] = c
	}
	return c
}

func (s *yoloSet) kind() Kind {
	switch s.task {
	case YOLOPose:
		return Keypoints
	case YOLOSegment, YOLOOBB:
		return Polygon
	}
	return Box
}

// box returns the box of a row, by the size of its image: x and y of the upper
// left corner, width, height.
func (s *yoloSet) box(r *Row) ([4]float64, bool) {
	v := r.Values
	if s.task == YOLODetect || s.task == YOLOPose || len(v) == 4 {
		if len(v) < 4 {
			return [4]float64{}, false
		}
		w, h := float64(v[2]), float64(v[3])
		return [4]float64{float64(v[0]) - w/2, float64(v[1]) - h/2, w, h}, true
	}
	if len(v) < 6 {
		return [4]float64{}, false
	}
	low, high := [2]float64{math.Inf(1), math.Inf(1)}, [2]float64{math.Inf(-1), math.Inf(-1)}
	for i, c := range v[:len(v)/2*2] {
		low[i%2], high[i%2] = min(low[i%2], float64(c)), max(high[i%2], float64(c))
	}
	return [4]float64{low[0], low[1], high[0] - low[0], high[1] - low[1]}, true
}

// scaled brings a box to pixels; it stays as it is if the size is not known.
func scaled(b [4]float64, width, height int32) [4]float32 {
	w, h := float64(max(width, 1)), float64(max(height, 1))
	return [4]float32{float32(b[0] * w), float32(b[1] * h), float32(b[2] * w), float32(b[3] * h)}
}

// backgrounds tells the images of a set that have no label file: those in the
// folders of its splits, or beside images that have one.
func (y *yoloJoin) backgrounds(s *yoloSet, labeled map[int]bool) {
	folders := map[string]bool{}
	for i := range labeled {
		folders[path.Dir(y.members[i].Path)] = true
	}
	for i := range y.members {
		m := &y.members[i]
		if !isImage(m) || y.roles[i] == maskRole || !s.images[i] && !folders[path.Dir(m.Path)] {
			continue
		}
		y.check(ruleYOLOBackground, 1)
		if !labeled[i] {
			y.find(ruleYOLOBackground, i, "", "", "")
			y.item(i)
		}
	}
}

// splits takes the parts of a set from its description.
func (y *yoloJoin) splits(s *yoloSet) {
	c := y.members[s.config].Facts.Config
	root, ok := y.root(s.config, c)
	parts := map[int]Split{}
	for _, p := range c.Splits {
		y.check(ruleYOLOPath, 1)
		folder, list := y.resolve(s.config, root, p.Path)
		switch {
		case list >= 0:
			y.list(s, list, p.Split)
		case folder != "":
			y.folder(s, folder, p, parts)
		case ok:
			y.find(ruleYOLOPath, s.config, p.Pointer, "", "")
		}
	}
}

// root is the folder from which the paths of a description start. ok is false
// if the description names one that is not there, which is told once.
func (y *yoloJoin) root(config int, c *Config) (root string, ok bool) {
	beside := path.Dir(y.members[config].Path)
	if c.Root == "" {
		return beside, true
	}
	y.check(ruleYOLOPath, 1)
	named := strings.ReplaceAll(c.Root, `\`, "/")
	p := path.Join(beside, named)
	switch {
	case path.IsAbs(named) || len(named) > 1 && named[1] == ':':
		y.find(ruleYOLOPath, config, c.Pointer["path"], "", "a path of one computer")
		return beside, false
	case y.exists[p]:
		return p, true
	case strings.HasPrefix(p, ".."), strings.HasPrefix(named, "../"):
		return beside, true // outside of what is audited, or where training keeps its sets
	}
	y.find(ruleYOLOPath, config, c.Pointer["path"], "", "")
	return beside, false
}

// resolve finds the folder or the list that a description names.
func (y *yoloJoin) resolve(config int, root, name string) (folder string, list int) {
	name = strings.TrimSuffix(strings.ReplaceAll(name, `\`, "/"), "/")
	candidates := []string{path.Join(root, name), path.Join(path.Dir(y.members[config].Path), name)}
	if short, ok := strings.CutPrefix(name, "../"); ok { // as Ultralytics does
		candidates = append(candidates, path.Join(root, short))
	}
	for _, p := range candidates {
		if y.exists[p] {
			return p, -1
		}
		if i, ok := y.byPath[p]; ok {
			return "", i
		}
	}
	if y.members[config].Facts.Formats[0].Format == Darknet {
		if i, ok := y.member(config, name); ok {
			return "", i
		}
	}
	return "", -1
}

// member finds the file that a description of Darknet names from a folder
// which only its author knows: the longest end of the name that is there.
func (y *yoloJoin) member(config int, name string) (int, bool) {
	parts := strings.Split(strings.TrimPrefix(strings.ReplaceAll(name, `\`, "/"), "./"), "/")
	for i := range parts[:min(len(parts), 32)] {
		end := path.Join(parts[i:]...)
		for _, p := range []string{path.Join(path.Dir(y.members[config].Path), end), end} {
			if m, ok := y.byPath[p]; ok {
				return m, true
			}
		}
	}
	return 0, false
}

// wholeFile points to no place in a file.
var wholeFile = &Pointers{}

// list says to a list which part it is; joinLists takes its images. The ones
// that are not there are told.
func (y *yoloJoin) list(s *yoloSet, list int, split Split) {
	f := y.members[list].Facts
	if f == nil || f.List == nil {
		return
	}
	f.List.Split = split
	found := make([]int, len(f.List.Names))
	present := 0
	for n, name := range f.List.Names {
		found[n] = -1
		if i, ok := y.lookup(list, name); ok && isImage(&y.members[i]) {
			found[n] = i
			s.images[i] = true
			present++
		}
	}
	if present == 0 {
		return // labels only
	}
	for n := range found {
		y.check(ruleMissing, 1)
		if found[n] < 0 {
			y.find(ruleMissing, list, linePointer(int(f.List.Lines[n])), "", "")
		}
	}
}

// folder takes the images of a split, and tells those that are in two.
func (y *yoloJoin) folder(s *yoloSet, folder string, p SplitPath, parts map[int]Split) {
	for i := range y.members {
		m := &y.members[i]
		if !isImage(m) || folder != "." && !strings.HasPrefix(m.Path, folder+"/") {
			continue
		}
		s.images[i] = true
		y.check(ruleYOLOLeak, 1)
		y.check(ruleYOLOTwoSplits, 1)
		before, twice := parts[i]
		switch {
		case twice && before != p.Split && (before == Validation || p.Split == Validation):
			y.find(ruleYOLOTwoSplits, i, "", "", "")
		case twice && before != p.Split:
			y.find(ruleYOLOLeak, i, "", "", "")
		case !twice:
			parts[i] = p.Split
			y.set.Items[y.item(i)].Split = p.Split
		}
	}
}
