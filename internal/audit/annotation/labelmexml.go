package annotation

import (
	"fmt"
	"path"
)

// labelMeXMLReader reads the XML of the LabelMe web tool: one image a file.
//
// Source: cvat-ai/datumaro, tests/assets/labelme_dataset.
var labelMeXMLReader = reader{detect: detectLabelMeXML, read: readLabelMeXML}

func isLabelMeXML(h *xmlHead) bool {
	for _, p := range []string{"/annotation/imagesize", "/annotation/object/polygon/pt", "/annotation/object/segm", "/annotation/object/deleted", "/annotation/source/sourceAnnotation"} {
		if h.Paths[p] {
			return true
		}
	}
	return false
}

func detectLabelMeXML(in *input) ([]Match, error) {
	h, err := in.headXML()
	if err != nil || h.Root == nil || h.Root.Name != "annotation" || !isLabelMeXML(h) {
		return nil, err
	}
	return []Match{{LabelMeXML, 0.95}}, nil
}

// labelMeObject is an object that is open, or whose points wait for the size
// of the image.
type labelMeObject struct {
	pointer string
	name    string
	deleted bool
	kind    Kind
	reader  int32
	around  extent
	odd     bool     // a coordinate is no number
	edges   [4]int32 // the points with the least and most x and y, from 1
}

// labelMeFile is a file that is being read.
type labelMeFile struct {
	in      *input
	image   Image
	classes objectClasses
	readers map[Hash]int32
	objects int32
	labels  int
	open    labelMeObject
	x       float64
	hasX    bool
	hasY    bool
	late    []labelMeObject
}

func readLabelMeXML(in *input) error {
	m := &labelMeFile{in: in, image: newImage(""), classes: objectClasses{in: in}, readers: map[Hash]int32{}}
	err := in.walkXML(xmlVisitor{items: map[string]string{"object": "", "pt": ""}, start: m.start, end: m.end})
	if err != nil {
		return err
	}
	if m.image.Name == "" {
		m.image.Name = stem(path.Base(in.Path))
	}
	for i := range m.late {
		m.inside(&m.late[i])
	}
	m.image.Empty = m.labels == 0 && in.facts.Book.Of(ruleUnread.Code).Affected == 0
	in.facts.Images = []Image{m.image}
	in.facts.At = Pointers{
		Image: "/annotation/filename", Width: "/annotation/imagesize/ncols", Height: "/annotation/imagesize/nrows",
		Label: "/annotation/object[%d]",
	}
	return nil
}

func (m *labelMeFile) start(e *xmlElement) error {
	switch e.Path {
	case "/annotation/object":
		m.objects++
		m.open = labelMeObject{pointer: e.Pointer(), kind: Polygon, reader: -1}
	case "/annotation/object/segm":
		m.open.kind = Mask
	case "/annotation/object/polygon/pt":
		m.hasX, m.hasY = false, false
	}
	return nil
}

func (m *labelMeFile) end(e *xmlElement) error {
	switch e.Path {
	case "/annotation/filename":
		m.image.Name = e.Text
	case "/annotation/imagesize/ncols":
		m.image.Width = sizeOf(e.Text)
	case "/annotation/imagesize/nrows":
		m.image.Height = sizeOf(e.Text)
	case "/annotation/object/name":
		m.open.name = e.Text
	case "/annotation/object/deleted":
		m.open.deleted = e.Text == "1"
	case "/annotation/object/type":
		if e.Text == "bounding_box" && m.open.kind == Polygon {
			m.open.kind = Box
		}
	case "/annotation/object/polygon/username", "/annotation/object/segm/username":
		m.open.reader = m.reader(e.Text)
	case "/annotation/object/polygon/pt/x":
		m.x, m.hasX = coordinate(e.Text)
	case "/annotation/object/polygon/pt/y":
		var y float64
		if y, m.hasY = coordinate(e.Text); m.hasX && m.hasY {
			m.point(m.x, y)
		}
	case "/annotation/object/polygon/pt":
		m.in.check(ruleShapeNumber, 1)
		if !m.hasX || !m.hasY {
			m.in.find(ruleShapeNumber, e.Pointer(), "", "")
			m.open.odd = true
		}
	case "/annotation/object/segm/box/xmin", "/annotation/object/segm/box/xmax":
		m.x, _ = coordinate(e.Text)
	case "/annotation/object/segm/box/ymin", "/annotation/object/segm/box/ymax":
		if y, ok := coordinate(e.Text); ok {
			m.open.around.add(m.x, y)
		}
	case "/annotation/object":
		m.object()
	}
	return nil
}

// reader numbers whoever drew a shape.
func (m *labelMeFile) reader(name string) int32 {
	if name == "" || m.in.Hash == nil {
		return -1
	}
	h := m.in.Hash(name)
	i, ok := m.readers[h]
	if !ok {
		if len(m.readers) >= m.in.Limits.Classes {
			return -1
		}
		i = int32(len(m.readers))
		m.readers[h] = i
		m.in.facts.Readers = append(m.in.facts.Readers, h)
	}
	return i
}

func (m *labelMeFile) point(x, y float64) {
	o := &m.open
	before := o.around
	o.around.add(x, y)
	n := int32(o.around.points)
	for i, moved := range [4]bool{
		o.around.low[0] != before.low[0], o.around.low[1] != before.low[1],
		o.around.high[0] != before.high[0], o.around.high[1] != before.high[1],
	} {
		if moved || n == 1 {
			o.edges[i] = n
		}
	}
}

// object takes an object that ends. One that was deleted is counted apart.
func (m *labelMeFile) object() {
	o, in := &m.open, m.in
	in.check(ruleDeleted, 1)
	if o.deleted {
		in.find(ruleDeleted, o.pointer+"/deleted", "", "")
		return
	}
	in.check(ruleShapeUnlabeled, 1)
	class := int32(-1)
	if o.name == "" {
		in.find(ruleShapeUnlabeled, o.pointer+"/name", "", "")
	} else {
		class = m.classes.of(o.name, false)
	}
	if o.kind != Mask && !o.odd {
		in.check(ruleShapePoints, 1)
		if o.around.points < 3 {
			in.find(ruleShapePoints, o.pointer+"/polygon", "", "")
		}
	}
	l := newLabel(class, o.kind)
	l.Place, l.Reader, l.Origin = m.objects, o.reader, Human
	l.Box = o.around.box()
	m.labels++
	in.addLabel(l)
	if len(m.late) < maxLateBoxes && o.kind != Mask { // the size of the image may stand after its objects
		m.late = append(m.late, *o)
	}
}

// inside tells an object with a point outside of the image.
func (m *labelMeFile) inside(o *labelMeObject) {
	if m.image.Width == 0 || m.image.Height == 0 || o.around.points == 0 {
		return
	}
	m.in.check(ruleLabelMeOutside, 1)
	width, height := float64(m.image.Width), float64(m.image.Height)
	for i, outside := range [4]bool{o.around.low[0] < 0, o.around.low[1] < 0, o.around.high[0] > width, o.around.high[1] > height} {
		if outside {
			m.in.find(ruleLabelMeOutside, fmt.Sprintf("%s/polygon/pt[%d]/%c", o.pointer, o.edges[i], "xyxy"[i]), "", "")
			return
		}
	}
}
