package annotation

import (
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

// Bounds of the frames of a video.
const (
	maxCVATFrames = 200_000    // that are listed where no track names them
	maxCVATSpans  = 20_000_000 // frames between the shapes of all tracks
)
