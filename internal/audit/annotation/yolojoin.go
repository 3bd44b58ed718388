package annotation

import (
	"fmt"
	"path"
	"slices"
	"strings"

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
