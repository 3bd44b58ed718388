package annotation

import (
	"fmt"
	"math"
	"path"
	"strconv"
	"strings"

	"assay/internal/audit/score"
)

const cvatSource = "CVAT documentation, XML annotation format, version 1.1"

// Rules of CVAT for images and for video.
var (
	ruleCVATUndeclared = score.Rule{
		Code: "F-250", Level: score.Error, Title: "Label that the task does not declare", Of: "shapes and tracks of CVAT",
		Cap: 5, Full: 0.05, Hard: 0.01,
		Fix:    "Add the label to the task, or give the shape one of its labels.",
		Source: cvatSource,
	}
	ruleCVATFrame = score.Rule{
		Code: "F-251", Level: score.Error, Title: "Frame outside the task", Of: "frames of CVAT",
		Cap: 5, Full: 0.05,
		Fix:    "Frames run from start_frame to stop_frame, or from 0 to one less than size. Correct the frame, or the size of the task.",
		Source: cvatSource,
	}
	ruleCVATValue = score.Rule{
		Code: "F-252", Level: score.Error, Title: "Attribute value outside its list", Of: "attributes of CVAT with a list of values",
		Cap: 4, Full: 0.05,
		Fix:    "Use one of the values that the task declares, or declare this one.",
		Source: cvatSource,
	}
	ruleCVATMissing = score.Rule{
		Code: "F-253", Level: score.Warning, Title: "Declared attribute missing", Of: "attributes due on shapes of CVAT",
		Cap: 2, Full: 0.1,
		Fix:    "Write every attribute that the label declares on each of its shapes; CVAT repeats those that do not change.",
		Source: cvatSource,
	}
	ruleCVATEnd = score.Rule{
		Code: "F-254", Level: score.Warning, Title: "Track without an end", Of: "tracks of CVAT",
		Cap: 2, Full: 0.1,
		Fix:    "End the track with outside=1 in the frame after the last one that shows it; otherwise it may be drawn to the end of the video.",
		Source: cvatSource,
	}
)

var cvatRules = []score.Rule{ruleCVATUndeclared, ruleCVATFrame, ruleCVATValue, ruleCVATMissing, ruleCVATEnd}

// cvatReader reads the XML of a task, a job or a project.
var cvatReader = reader{detect: detectCVAT, read: readCVAT}

func detectCVAT(in *input) ([]Match, error) {
	h, err := in.headXML()
	if err != nil || h.Root == nil || h.Root.Name != "annotations" {
		return nil, err
	}
	video := h.Paths["/annotations/track"] && !h.Paths["/annotations/image"]
	format := CVATImages
	if video {
		format = CVATVideo
	}
	switch {
	case h.Paths["/annotations/meta"]:
		return []Match{{format, 0.95}}, nil
	case h.Paths["/annotations/image"], h.Paths["/annotations/track"]:
		return []Match{{format, 0.8}}, nil
	}
	return nil, nil
}

// cvatLabel is a label that a task declares, with its attributes.
type cvatLabel struct {
	attributes map[string]cvatAttribute
}

type cvatAttribute struct {
	input  string // select, checkbox, radio, number, text
	values []string
}

// cvatShape is a shape that is open.
type cvatShape struct {
	at      *xmlElement
	label   string
	seen    map[string]bool // attributes
	around  extent
	visible bool
	frame   int64 // of a track
}

// cvatTrack is a track that is open.
type cvatTrack struct {
	label    string
	place    int32
	origin   Origin
	kind     Kind
	box      [4]float32
	first    int32 // image of the frame that shows it first, -1 for none
	last     int64 // frame of its last shape
	open     bool  // its last shape is visible
	hasShape bool
}

// cvatFile is a file that is being read.
type cvatFile struct {
	in       *input
	labels   map[string]cvatLabel // nil if the file declares none
	declares string               // label that is being declared
	name     string               // of its attribute
	kind     cvatAttribute
	classes  objectClasses

	size, start, stop int64 // of the task; -1 if it does not say
	step              int64
	width, height     int32 // of its frames
	frames            map[int64]int32
	spans             int // frames between shapes that were walked

	image int32 // that is open, -1 for none
	shape *cvatShape
	track *cvatTrack
}

func readCVAT(in *input) error {
	c := &cvatFile{
		in: in, classes: objectClasses{in: in}, size: -1, start: -1, stop: -1, step: 1, frames: map[int64]int32{}, image: -1,
	}
	items := map[string]string{"image": "id", "track": "id", "attribute": "name", "label": "", "skeleton": ""}
	for name := range cvatKinds {
		items[name] = ""
	}
	video := in.facts.Formats[0].Format == CVATVideo
	in.facts.At = Pointers{
		Image: "/annotations/image[@id='%d']/@name", Width: "/annotations/image[@id='%d']/@width",
		Height: "/annotations/image[@id='%d']/@height", Label: "%d:1",
	}
	if video {
		in.facts.At = Pointers{
			Width: "/annotations/meta/task/original_size/width", Height: "/annotations/meta/task/original_size/height", Label: "%d:1",
		}
	}
	return in.walkXML(xmlVisitor{items: items, start: c.open, end: c.close})
}

// cvatKinds are the shapes.
var cvatKinds = map[string]Kind{
	"box": Box, "polygon": Polygon, "polyline": Line, "points": Keypoints, "skeleton": Keypoints,
	"mask": Mask, "ellipse": Polygon, "cuboid": Polygon, "tag": WholeImage,
}

func (c *cvatFile) open(e *xmlElement) error {
	_, isShape := cvatKinds[e.Name]
	switch {
	case e.Path == "/annotations/image":
		c.openImage(e)
	case e.Path == "/annotations/track":
		c.openTrack(e)
	case e.Path == "/annotations/track/track": // a point of a skeleton
		c.label(e)
	case !isShape || e.parent == nil:
	case e.parent.Path == "/annotations/image", e.parent.Path == "/annotations/track":
		c.openShape(e)
	case e.parent.Path == "/annotations/image/skeleton":
		c.label(e)
		c.geometry(e, &c.shape.around)
	case e.parent.Path == "/annotations/track/track":
		c.frame(e)
		c.geometry(e, &extent{})
	}
	return nil
}

func (c *cvatFile) close(e *xmlElement) error {
	switch {
	case strings.HasPrefix(e.Path, "/annotations/meta/"):
		c.meta(e)
	case c.shape != nil && e == c.shape.at:
		c.closeShape()
	case e.Path == "/annotations/track":
		c.closeTrack(e)
	case e.Path == "/annotations/image":
		c.image = -1
	case e.Name == "attribute" && c.shape != nil && e.parent == c.shape.at:
		c.attribute(e)
	}
	return nil
}

// meta takes what a task declares.
func (c *cvatFile) meta(e *xmlElement) {
	switch {
	case strings.HasSuffix(e.Path, "/labels/label/name"):
		c.declare(e.Text)
	case strings.HasSuffix(e.Path, "/label/attributes/attribute/name"):
		c.name = e.Text
	case strings.HasSuffix(e.Path, "/label/attributes/attribute/input_type"):
		c.kind.input = strings.ToLower(e.Text)
	case strings.HasSuffix(e.Path, "/label/attributes/attribute/values"):
		c.kind.values = cvatValues(e.Text)
	case strings.HasSuffix(e.Path, "/label/attributes/attribute"):
		if l := c.labels[c.declares]; len(l.attributes) < 1000 && l.attributes != nil && c.name != "" {
			l.attributes[c.name] = c.kind
		}
		c.name, c.kind = "", cvatAttribute{}
	}
	number := func() int64 {
		n, err := strconv.ParseInt(e.Text, 10, 32)
		if err != nil || n < 0 {
			return -1
		}
		return n
	}
	switch strings.TrimPrefix(strings.TrimPrefix(e.Path, "/annotations/meta/task"), "/annotations/meta/job") {
	case "/size":
		c.size = number()
	case "/start_frame":
		c.start = number()
	case "/stop_frame":
		c.stop = number()
	case "/frame_filter":
		if n, err := strconv.ParseInt(strings.TrimPrefix(e.Text, "step="), 10, 32); err == nil && n > 0 {
			c.step = n
		}
	case "/original_size/width":
		c.width = sizeOf(e.Text)
	case "/original_size/height":
		c.height = sizeOf(e.Text)
	}
}

// declare takes a label of the task.
func (c *cvatFile) declare(name string) {
	if c.labels == nil {
		c.labels = map[string]cvatLabel{}
	}
	if len(c.labels) >= c.in.Limits.Classes || name == "" {
		return
	}
	c.declares = name
	c.labels[name] = cvatLabel{attributes: map[string]cvatAttribute{}}
	c.classes.of(name, true)
}

// cvatValues parts the values of an attribute: one a line, and where they all
// stand on one, blanks part them too.
func cvatValues(s string) []string {
	values := strings.Split(s, "\n")
	for i := range values {
		values[i] = strings.TrimSpace(values[i])
	}
	if len(values) == 1 {
		values = append(values, strings.Fields(s)...)
	}
	return values
}

// label checks the label of a shape or track and returns it, "" if there is
// none or it is not declared.
func (c *cvatFile) label(e *xmlElement) string {
	name, _ := e.Attribute("label")
	c.in.check(ruleShapeUnlabeled, 1)
	if strings.TrimSpace(name) == "" {
		c.in.find(ruleShapeUnlabeled, e.At("label"), "", "")
		return ""
	}
	if c.labels == nil {
		return name
	}
	c.in.check(ruleCVATUndeclared, 1)
	if _, ok := c.labels[name]; !ok {
		c.in.find(ruleCVATUndeclared, e.At("label"), "", "")
		return ""
	}
	return name
}

func (c *cvatFile) class(label string) int32 {
	if label == "" {
		return -1
	}
	return c.classes.of(label, false)
}

func (c *cvatFile) openImage(e *xmlElement) {
	name, _ := e.Attribute("name")
	image := newImage(name)
	id := int64(-1)
	if s, ok := e.Attribute("id"); ok {
		if n, err := strconv.ParseInt(s, 10, 32); err == nil {
			id = n
		}
	}
	image.Place = int32(id)
	width, _ := e.Attribute("width")
	height, _ := e.Attribute("height")
	image.Width, image.Height = sizeOf(width), sizeOf(height)
	if c.size >= 0 || c.stop >= 0 {
		c.in.check(ruleCVATFrame, 1)
		if !c.within(id) {
			c.in.find(ruleCVATFrame, e.At("id"), "", "")
		}
	}
	c.image = c.addImage(image)
}

// addImage adds an image if there is room for it, and returns its index, -1 if
// there is none.
func (c *cvatFile) addImage(im Image) int32 {
	f := c.in.facts
	if len(f.Images) >= c.in.Limits.Records {
		f.Beyond++
		return -1
	}
	f.Images = append(f.Images, im)
	return int32(len(f.Images) - 1)
}

// within reports whether a frame is one of the task: frames are counted in the
// task, or in the video it was cut from.
func (c *cvatFile) within(frame int64) bool {
	if c.size >= 0 && frame >= 0 && frame < c.size {
		return true
	}
	return c.stop >= 0 && frame >= max(c.start, 0) && frame <= c.stop
}

// lastFrame is the last one of the task, -1 if it does not say.
func (c *cvatFile) lastFrame() int64 {
	switch {
	case c.stop >= 0:
		return c.stop - (c.stop-max(c.start, 0))%c.step
	case c.size > 0:
		return c.size - 1
	}
	return -1
}

func (c *cvatFile) openTrack(e *xmlElement) {
	if len(c.frames) == 0 {
		c.allFrames()
	}
	c.track = &cvatTrack{label: c.label(e), place: int32(e.Line), origin: cvatOrigin(e), first: -1}
}

// Bounds of the frames of a video.
const (
	maxCVATFrames = 200_000    // that are listed where no track names them
	maxCVATSpans  = 20_000_000 // frames between the shapes of all tracks
)

// allFrames lists the frames of the task: somebody looked at all of them, so
// that one which no track reaches holds nothing.
func (c *cvatFile) allFrames() {
	first, last := max(c.start, 0), c.lastFrame()
	if (last-first)/c.step >= maxCVATFrames {
		c.in.facts.Beyond++
		return
	}
	for f := first; f <= last && len(c.in.facts.Images) < c.in.Limits.Records; f += c.step {
		c.frameImage(f)
	}
}

// frameImage returns the image of a frame.
func (c *cvatFile) frameImage(frame int64) int32 {
	if i, ok := c.frames[frame]; ok {
		return i
	}
	im := newImage(fmt.Sprintf("%s/frame_%06d", path.Base(c.in.Path), frame))
	im.Width, im.Height, im.Empty = c.width, c.height, true
	i := c.addImage(im)
	if i >= 0 {
		c.frames[frame] = i
	}
	return i
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

// trackShape takes where a track is in a frame. It is in those up to its next
// shape, too.
func (c *cvatFile) trackShape(s *cvatShape, kind Kind) {
	t := c.track
	if s.frame < 0 {
		t.open, t.hasShape = s.visible, true
		return
	}
	if t.open && t.hasShape {
		for f := t.last + c.step; f < s.frame && c.spans < maxCVATSpans; f += c.step {
			c.shows(f)
			c.spans++
		}
	}
	t.last, t.open, t.hasShape = s.frame, s.visible, true
	if !s.visible {
		return
	}
	image := c.frameImage(s.frame)
	if t.first < 0 {
		t.first, t.kind, t.box = image, kind, s.around.box()
		if image >= 0 {
			c.in.facts.Images[image].Empty = false
		}
		return
	}
	c.shows(s.frame)
}

// shows says that the open track reaches a frame besides its first.
func (c *cvatFile) shows(frame int64) {
	i, ok := c.frames[frame]
	if !ok || i == c.track.first {
		return
	}
	im := &c.in.facts.Images[i]
	im.Empty = false
	if im.Tracks < math.MaxInt32 {
		im.Tracks++
	}
}

// closeTrack makes one label of a track, at the frame that shows it first.
func (c *cvatFile) closeTrack(e *xmlElement) {
	t := c.track
	c.track = nil
	c.in.check(ruleCVATEnd, 1)
	if t.open && (c.lastFrame() < 0 || t.last < c.lastFrame()) {
		c.in.find(ruleCVATEnd, e.Pointer(), "", "")
	}
	if t.first < 0 {
		return
	}
	l := newLabel(c.class(t.label), t.kind)
	l.Image, l.Place, l.Origin, l.Box = t.first, t.place, t.origin, t.box
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
