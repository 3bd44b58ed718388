package annotation

import (
	"strconv"
	"strings"
)

// cvatKinds are the shapes.
var cvatKinds = map[string]Kind{
	"box": Box, "polygon": Polygon, "polyline": Line, "points": Keypoints, "skeleton": Keypoints,
	"mask": Mask, "ellipse": Polygon, "cuboid": Polygon, "tag": WholeImage,
}

func (c *cvatFile) openShape(e *xmlElement) {
	s := &cvatShape{at: e, seen: map[string]bool{}, visible: true}
	c.shape = s
	if c.track != nil {
		s.label = c.track.label
		s.frame = c.frame(e)
		outside, _ := e.Attribute("outside")
		s.visible = outside != "1"
	} else {
		s.label = c.label(e)
	}
	c.geometry(e, &s.around)
}

// frame checks the frame of a shape of a track and returns it, -1 if it is
// none of the task.
func (c *cvatFile) frame(e *xmlElement) int64 {
	s, _ := e.Attribute("frame")
	n, err := strconv.ParseInt(s, 10, 32)
	if err == nil && c.size < 0 && c.stop < 0 {
		return n
	}
	c.in.check(ruleCVATFrame, 1)
	if err != nil || !c.within(n) {
		c.in.find(ruleCVATFrame, e.At("frame"), "", "")
		return -1
	}
	return n
}

// geometry checks the coordinates of a shape.
func (c *cvatFile) geometry(e *xmlElement, around *extent) {
	switch e.Name {
	case "box":
		c.box(e, around)
	case "polygon":
		c.points(e, around, 3)
	case "polyline":
		c.points(e, around, 2)
	case "points":
		c.points(e, around, 1)
	case "ellipse":
		if v, ok := c.numbers(e, "cx", "cy", "rx", "ry"); ok {
			around.add(v[0]-v[2], v[1]-v[3])
			around.add(v[0]+v[2], v[1]+v[3])
		}
	case "mask":
		if v, ok := c.numbers(e, "left", "top", "width", "height"); ok {
			around.add(v[0], v[1])
			around.add(v[0]+v[2], v[1]+v[3])
		}
	case "cuboid":
		for _, corner := range []string{"tl1", "bl1", "tr1", "br1", "tl2", "bl2", "tr2", "br2"} {
			if v, ok := c.numbers(e, "x"+corner, "y"+corner); ok {
				around.add(v[0], v[1])
			}
		}
	}
}

// numbers reads attributes; one that is no number is found.
func (c *cvatFile) numbers(e *xmlElement, names ...string) ([]float64, bool) {
	c.in.check(ruleShapeNumber, 1)
	list := make([]float64, len(names))
	for i, name := range names {
		s, _ := e.Attribute(name)
		v, ok := coordinate(s)
		if !ok {
			c.in.find(ruleShapeNumber, e.At(name), "", "")
			return nil, false
		}
		list[i] = v
	}
	return list, true
}

func (c *cvatFile) box(e *xmlElement, around *extent) {
	names := []string{"xtl", "ytl", "xbr", "ybr"}
	v, ok := c.numbers(e, names...)
	if !ok {
		return
	}
	c.in.check(ruleShapeCorners, 1)
	for i := range 2 {
		if v[i] >= v[i+2] {
			c.in.find(ruleShapeCorners, e.At(names[i]), "", "")
			break
		}
	}
	around.add(v[0], v[1])
	around.add(v[2], v[3])
}

// points reads "x,y;x,y".
func (c *cvatFile) points(e *xmlElement, around *extent, least int) {
	s, _ := e.Attribute("points")
	c.in.check(ruleShapeNumber, 1)
	for pair := range strings.SplitSeq(strings.TrimSuffix(strings.TrimSpace(s), ";"), ";") {
		if s == "" {
			break
		}
		a, b, _ := strings.Cut(pair, ",")
		x, okX := coordinate(a)
		y, okY := coordinate(b)
		if !okX || !okY {
			c.in.find(ruleShapeNumber, e.At("points"), "", "")
			return
		}
		around.add(x, y)
		least--
	}
	c.in.check(ruleShapePoints, 1)
	if least > 0 {
		c.in.find(ruleShapePoints, e.At("points"), "", "")
	}
}

// attribute checks a value of an attribute.
func (c *cvatFile) attribute(e *xmlElement) {
	name, _ := e.Attribute("name")
	declared, ok := c.labels[c.shape.label].attributes[name]
	if !ok {
		return
	}
	c.shape.seen[name] = true
	if right, listed := declared.allows(e.Text); listed {
		c.in.check(ruleCVATValue, 1)
		if !right {
			c.in.find(ruleCVATValue, e.Pointer(), "", "")
		}
	}
}

// allows reports whether a value is one that the attribute may have, and
// whether the attribute has a list of these at all.
func (a cvatAttribute) allows(value string) (right, listed bool) {
	switch a.input {
	case "select", "radio":
		for _, v := range a.values {
			if v == value {
				return true, true
			}
		}
		return false, len(a.values) > 1 || len(a.values) == 1 && a.values[0] != ""
	case "checkbox":
		return strings.EqualFold(value, "true") || strings.EqualFold(value, "false"), true
	case "number": // least, most, step
		if len(a.values) != 3 {
			return false, false
		}
		least, ok1 := coordinate(a.values[0])
		most, ok2 := coordinate(a.values[1])
		v, ok := coordinate(value)
		return ok && v >= least && v <= most, ok1 && ok2 && least <= most
	}
	return false, false
}

func (c *cvatFile) closeShape() {
	s := c.shape
	c.shape = nil
	if due := c.labels[s.label].attributes; len(due) > 0 {
		c.in.check(ruleCVATMissing, len(due))
		for range len(due) - len(s.seen) {
			c.in.find(ruleCVATMissing, s.at.Pointer(), "", "")
		}
	}
	kind := cvatKinds[s.at.Name]
	if c.track != nil {
		c.trackShape(s, kind)
		return
	}
	l := newLabel(c.class(s.label), kind)
	l.Image, l.Place, l.Origin = c.image, int32(s.at.Line), cvatOrigin(s.at)
	if kind != WholeImage {
		l.Box = s.around.box()
	}
	c.in.addLabel(l)
}

// cvatOrigin reads who or what drew a shape.
func cvatOrigin(e *xmlElement) Origin {
	source, _ := e.Attribute("source")
	switch strings.ToLower(source) {
	case "manual":
		return Human
	case "auto":
		return Model
	case "semi-auto":
		return SemiAutomatic
	}
	return UnknownOrigin
}
