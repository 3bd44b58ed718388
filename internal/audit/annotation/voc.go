package annotation

import (
	"path"
	"strings"

	"assay/internal/audit/score"
)

const vocSource = "The PASCAL Visual Object Classes Challenge 2012 Development Kit, sections 2.3, 4 and 8.4"

// Rules of Pascal VOC.
var (
	ruleVOCOutside = score.Rule{
		Code: "F-230", Level: score.Error, Title: "Box outside the image", Of: "boxes of VOC",
		Cap: 5, Full: 0.05,
		Fix:    "Clip the box to the image. Coordinates of VOC start at 1: add 1 if another program wrote them from 0.",
		Source: vocSource,
	}
	ruleVOCDepth = score.Rule{
		Code: "F-231", Level: score.Warning, Title: "Declared depth differs from the image", Of: "images with a declared depth",
		Cap: 1, Full: 0.1,
		Fix:    "Write how many channels the image file has.",
		Source: vocSource,
	}
	ruleVOCUnlabeled = score.Rule{
		Code: "F-232", Level: score.Error, Title: "Name in ImageSets without an annotation file", Of: "names in ImageSets",
		Cap: 5, Full: 0.05,
		Fix:    "Add the XML file of the name to Annotations, or take the name out of the list.",
		Source: vocSource,
	}
)

var vocRules = []score.Rule{ruleVOCOutside, ruleVOCDepth, ruleVOCUnlabeled}

// vocReader reads the XML of one image.
var vocReader = reader{detect: detectVOC, read: readVOC}

func detectVOC(in *input) ([]Match, error) {
	h, err := in.headXML()
	if err != nil || h.Root == nil || h.Root.Name != "annotation" || isLabelMeXML(h) {
		return nil, err
	}
	switch {
	case h.Paths["/annotation/object/bndbox"], h.Paths["/annotation/size/width"]:
		return []Match{{VOC, 0.95}}, nil
	case h.Paths["/annotation/filename"], h.Paths["/annotation/object"]:
		return []Match{{VOC, 0.5}}, nil
	}
	return nil, nil
}

// vocBox is a box with the pointers of its corners.
type vocBox struct {
	pointer string
	at      [4]float64 // xmin, ymin, xmax, ymax
	has     [4]bool
}

var vocCorners = [4]string{"xmin", "ymin", "xmax", "ymax"}

// vocFile is an annotation that is being read.
type vocFile struct {
	in      *input
	image   Image
	classes objectClasses
	objects int32
	name    string // of the open object
	box     vocBox // of the open object or part
	whole   vocBox // of the open object
	late    []vocBox
}

// maxLateBoxes bounds boxes that stand before the size of their image.
const maxLateBoxes = 100_000

func readVOC(in *input) error {
	v := &vocFile{in: in, image: newImage(""), classes: objectClasses{in: in}}
	err := in.walkXML(xmlVisitor{items: map[string]string{"object": "", "part": ""}, start: v.start, end: v.end})
	if err != nil {
		return err
	}
	if v.image.Name == "" { // the file itself is named after the image
		v.image.Name = stem(path.Base(in.Path))
	}
	for i := range v.late {
		v.inside(&v.late[i])
	}
	v.image.Empty = v.objects == 0 && in.facts.Book.Of(ruleUnread.Code).Affected == 0
	in.facts.Images = []Image{v.image}
	in.facts.At = Pointers{
		Image: "/annotation/filename", Width: "/annotation/size/width", Height: "/annotation/size/height",
		Channels: "/annotation/size/depth", Label: "/annotation/object[%d]",
	}
	return nil
}

func (v *vocFile) start(e *xmlElement) error {
	switch e.Path {
	case "/annotation/object":
		v.objects++
		v.name, v.whole = "", vocBox{}
	case "/annotation/object/bndbox", "/annotation/object/part/bndbox":
		v.box = vocBox{pointer: e.Pointer()}
	}
	return nil
}

func (v *vocFile) end(e *xmlElement) error {
	switch e.Path {
	case "/annotation/filename":
		v.image.Name = e.Text
	case "/annotation/size/width":
		v.image.Width = sizeOf(e.Text)
	case "/annotation/size/height":
		v.image.Height = sizeOf(e.Text)
	case "/annotation/size/depth":
		v.image.Channels = sizeOf(e.Text)
	case "/annotation/object/name":
		v.name = e.Text
	case "/annotation/object/bndbox":
		v.checkBox()
		v.whole = v.box
	case "/annotation/object/part/bndbox":
		v.checkBox()
	case "/annotation/object":
		v.object(e)
	default:
		v.corner(e)
	}
	return nil
}

// corner takes a coordinate of a box.
func (v *vocFile) corner(e *xmlElement) {
	if e.parent == nil || e.parent.Name != "bndbox" {
		return
	}
	for i, name := range vocCorners {
		if e.Name == name {
			v.box.at[i], v.box.has[i] = coordinate(e.Text)
		}
	}
}

func (b *vocBox) whole() bool { return b.has == [4]bool{true, true, true, true} }

func (b *vocBox) corner(i int) string { return b.pointer + "/" + vocCorners[i] }

// checkBox checks a box that ends.
func (v *vocFile) checkBox() {
	b := v.box
	v.in.check(ruleShapeNumber, 1)
	for i := range vocCorners {
		if !b.has[i] {
			v.in.find(ruleShapeNumber, b.corner(i), "", "")
			return
		}
	}
	v.in.check(ruleShapeCorners, 1)
	for i := range 2 {
		if b.at[i] >= b.at[i+2] {
			v.in.find(ruleShapeCorners, b.corner(i), "", "")
			return
		}
	}
	switch {
	case v.image.Width > 0 && v.image.Height > 0:
		v.inside(&b)
	case len(v.late) < maxLateBoxes:
		v.late = append(v.late, b)
	}
}

// inside checks that a box lies in its image, whose first pixel is 1.
func (v *vocFile) inside(b *vocBox) {
	v.in.check(ruleVOCOutside, 1)
	size := [2]float64{float64(v.image.Width), float64(v.image.Height)}
	for i := range 2 {
		switch {
		case b.at[i] < 1:
			v.in.find(ruleVOCOutside, b.corner(i), "", "coordinates start at 1")
			return
		case size[i] > 0 && b.at[i+2] > size[i]:
			v.in.find(ruleVOCOutside, b.corner(i+2), "", "beyond the declared size")
			return
		}
	}
}

// object takes an object that ends.
func (v *vocFile) object(e *xmlElement) {
	v.in.check(ruleShapeUnlabeled, 1)
	class := int32(-1)
	if v.name == "" {
		v.in.find(ruleShapeUnlabeled, e.Pointer()+"/name", "", "")
	} else {
		class = v.classes.of(v.name, false)
	}
	if v.whole.pointer == "" {
		v.in.check(ruleShapeNumber, 1)
		v.in.find(ruleShapeNumber, e.Pointer(), "", "it has no box")
	}
	l := newLabel(class, Box)
	l.Place = v.objects
	if b := v.whole; b.whole() {
		l.Box = [4]float32{float32(b.at[0] - 1), float32(b.at[1] - 1), float32(b.at[2] - b.at[0] + 1), float32(b.at[3] - b.at[1] + 1)}
	}
	v.in.addLabel(l)
}

// joinImageSets holds the lists of ImageSets against the annotations, and
// leaves to joinLists those that part the set: train, val and test of the
// folder Main. Lists of a class, of other tasks, and trainval repeat them.
func joinImageSets(j *joiner) {
	annotated := map[string]bool{} // root and name
	roots := map[string]bool{}
	plain := map[string]bool{} // lists, by path
	for i := range j.members {
		m := &j.members[i]
		if m.Facts == nil {
			continue
		}
		switch m.Facts.Formats[0].Format {
		case VOC:
			root := above(m.Path, "Annotations")
			roots[root] = true
			annotated[root+"/"+stem(path.Base(m.Path))] = true
		case VOCImageSet:
			plain[m.Path] = isPlainSet(m.Path)
		}
	}
	for i := range j.members {
		m := &j.members[i]
		if m.Facts == nil || m.Facts.Formats[0].Format != VOCImageSet {
			continue
		}
		folder := path.Dir(m.Path)
		if !partsTheSet(m.Path, plain) {
			m.Facts.List.Split = NoSplit
		}
		root := above(m.Path, "ImageSets")
		if !roots[root] || !plain[m.Path] && hasPlain(folder, plain) {
			continue
		}
		for n, name := range m.Facts.List.Names {
			j.check(ruleVOCUnlabeled, 1)
			if !annotated[root+"/"+stem(path.Base(name))] && !annotated[root+"/"+path.Base(name)] {
				j.find(ruleVOCUnlabeled, i, linePointer(int(m.Facts.List.Lines[n])), "", "")
			}
		}
	}
}

// above returns the folder that holds one of the name, on the way to a file;
// the folder of the file if there is none.
func above(p, name string) string {
	for folder := path.Dir(p); folder != "." && folder != "/"; folder = path.Dir(folder) {
		if path.Base(folder) == name {
			return path.Dir(folder)
		}
	}
	return path.Dir(p)
}

func isPlainSet(p string) bool {
	switch strings.ToLower(path.Base(p)) {
	case "train.txt", "val.txt", "test.txt", "trainval.txt":
		return true
	}
	return false
}

func hasPlain(folder string, plain map[string]bool) bool {
	for _, name := range []string{"train.txt", "val.txt", "test.txt", "trainval.txt"} {
		if plain[path.Join(folder, name)] {
			return true
		}
	}
	return false
}

// partsTheSet reports whether a list says which part its images are.
func partsTheSet(list string, plain map[string]bool) bool {
	folder := path.Dir(list)
	main := path.Join(path.Dir(folder), "Main")
	switch {
	case path.Base(folder) != "Main" && hasPlain(main, plain):
		return false
	case !plain[list]:
		return !hasPlain(folder, plain)
	case strings.EqualFold(path.Base(list), "trainval.txt"):
		return !plain[path.Join(folder, "train.txt")] && !plain[path.Join(folder, "val.txt")]
	}
	return true
}
