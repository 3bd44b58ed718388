package annotation

import (
	"fmt"
	"math"
	"path"

	"assay/internal/audit/score"
)

const labelMeSource = "wkentaro/labelme, labelme/_label_file.py and labelme/_shape"

// Rules of LabelMe.
var (
	ruleLabelMeType = score.Rule{
		Code: "F-240", Level: score.Error, Title: "Unknown shape_type", Of: "shapes of LabelMe",
		Cap: 5, Full: 0.05,
		Fix:    "Use polygon, rectangle, oriented_rectangle, circle, line, linestrip, point, points or mask.",
		Source: labelMeSource,
	}
	ruleLabelMeOutside = score.Rule{
		Code: "F-241", Level: score.Warning, Title: "Point outside the image", Of: "shapes of LabelMe",
		Cap: 2, Full: 0.1,
		Fix:    "Move the point to the edge of the image.",
		Source: labelMeSource,
	}
	ruleDeleted = score.Rule{
		Code: "F-242", Level: score.Warning, Title: "Deleted object that is still in the file", Of: "objects of LabelMe XML",
		Cap: 1, Full: 0.1,
		Fix:    "Take objects with deleted=1 out: readers that do not know the mark take them for labels. They are not counted here.",
		Source: "cvat-ai/datumaro, tests/assets/labelme_dataset",
	}
	ruleLabelMeKeys = score.Rule{
		Code: "F-243", Level: score.Error, Title: "Shape without points", Of: "shapes of LabelMe",
		Cap: 5, Full: 0.05,
		Fix:    "Write points as a list of [x, y] in pixels.",
		Source: labelMeSource,
	}
)

var labelMeRules = []score.Rule{ruleLabelMeType, ruleLabelMeOutside, ruleDeleted, ruleLabelMeKeys}

// labelMeReader reads the JSON of one image.
var labelMeReader = reader{detect: detectLabelMe, read: readLabelMe}

func detectLabelMe(in *input) ([]Match, error) {
	root := in.outline()
	if !root.get("shapes").is(jsonArray) || root.get("imagePath") == nil && root.get("imageData") == nil && root.get("imageHeight") == nil {
		return nil, nil
	}
	return []Match{{LabelMeJSON, 0.95}}, nil
}

// labelMeTypes are the types of shapes: what they are, and how many points
// they have; a rectangle of other programs has all 4 corners.
var labelMeTypes = map[string]struct {
	kind        Kind
	least, most int
}{
	"polygon": {Polygon, 3, math.MaxInt}, "rectangle": {Box, 2, 4}, "oriented_rectangle": {Polygon, 4, 4},
	"circle": {Polygon, 2, 2}, "line": {Line, 2, 2}, "linestrip": {Line, 2, math.MaxInt},
	"point": {Point, 1, 1}, "points": {Keypoints, 1, math.MaxInt}, "mask": {Mask, 2, 2},
}

// ignoreLabel is how LabelMe marks what shall not count.
//
// Source: wkentaro/labelme, examples/semantic_segmentation/labels.txt.
const ignoreLabel = "__ignore__"

func readLabelMe(in *input) error {
	root, err := in.tree()
	if err != nil {
		return err
	}
	image := newImage(root.get("imagePath").text())
	if image.Name == "" {
		image.Name = stem(path.Base(in.Path))
	}
	image.Width, image.Height = wholeNumber(root.get("imageWidth")), wholeNumber(root.get("imageHeight"))
	in.facts.At = Pointers{Image: "/imagePath", Width: "/imageWidth", Height: "/imageHeight", Label: "/shapes/%d"}
	classes := objectClasses{in: in}
	shapes := root.get("shapes").members()
	for i := range shapes {
		labelMeShape(in, &classes, &image, &shapes[i], int32(i))
	}
	flagged := labelMeFlags(in, &classes, root.get("flags"))
	image.Empty = len(shapes) == 0 && !flagged && in.facts.Book.Of(ruleUnread.Code).Affected == 0
	in.facts.Images = []Image{image}
	return nil
}

func wholeNumber(n *node) int32 {
	i, ok := n.integer()
	if !ok || i < 1 || i > math.MaxInt32 {
		return 0
	}
	return int32(i)
}

// labelMeFlags takes the flags of an image, which say a class of all of it.
func labelMeFlags(in *input, classes *objectClasses, flags *node) (labeled bool) {
	for i := range flags.members() {
		flag := &flags.kids[i]
		if flag.key == ignoreLabel || !flag.is(jsonTrue) && !flag.is(jsonFalse) {
			continue
		}
		l := newLabel(classes.of(flag.key, true), WholeImage)
		l.Place = -1
		if flag.is(jsonFalse) {
			l.State = Negative
		}
		in.addLabel(l)
		labeled = true
	}
	return labeled
}

func labelMeShape(in *input, classes *objectClasses, image *Image, shape *node, i int32) {
	at := fmt.Sprintf("/shapes/%d", i)
	in.check(ruleShapeUnlabeled, 1)
	class := int32(-1)
	switch name := shape.get("label").text(); name {
	case "":
		in.find(ruleShapeUnlabeled, at+"/label", "", "")
	case ignoreLabel:
		return
	default:
		class = classes.of(name, false)
	}
	kindOf := shape.get("shape_type").text()
	if shape.get("shape_type") == nil {
		kindOf = "polygon" // as before version 3
	}
	in.check(ruleLabelMeType, 1)
	known, ok := labelMeTypes[kindOf]
	if !ok {
		in.find(ruleLabelMeType, at+"/shape_type", "", "")
	}
	l := newLabel(class, known.kind)
	l.Place, l.Origin = i, Human
	var around extent
	if labelMePoints(in, image, shape.get("points"), at+"/points", &around) && ok {
		in.check(ruleShapePoints, 1)
		if around.points < known.least || around.points > known.most {
			in.find(ruleShapePoints, at+"/points", "", "")
		}
	}
	l.Box = around.box()
	if kindOf == "circle" && around.points == 2 {
		l.Box = circleBox(shape.get("points"))
	}
	if kindOf == "polygon" && in.byReader() {
		l.Shape = in.polygon(shape.get("points"), image)
	}
	in.addLabel(l)
}

// polygon keeps an outline for comparison with that of another reader, and
// returns its number, -1 if it is none or there is no room for it.
func (in *input) polygon(points *node, image *Image) int32 {
	if !points.is(jsonArray) || len(points.kids) < 3 {
		return -1
	}
	out := Shape{Width: image.Width, Height: image.Height}
	for i := range points.kids {
		x, y := points.at(i).at(0).number(), points.at(i).at(1).number()
		if math.IsNaN(x + y) {
			return -1
		}
		out.Points = append(out.Points, float32(x), float32(y))
	}
	if in.drawn += len(out.Points); in.drawn > in.Limits.Points {
		in.facts.Beyond++
		return -1
	}
	in.facts.Shapes = append(in.facts.Shapes, out)
	return int32(len(in.facts.Shapes) - 1)
}

// circleBox is the box around a circle: its points are the center and one on
// its edge.
func circleBox(points *node) [4]float32 {
	x, y := points.at(0).at(0).number(), points.at(0).at(1).number()
	r := math.Hypot(points.at(1).at(0).number()-x, points.at(1).at(1).number()-y)
	return [4]float32{float32(x - r), float32(y - r), float32(2 * r), float32(2 * r)}
}

// labelMePoints takes the points of a shape, and reports whether all are
// pairs of numbers.
func labelMePoints(in *input, image *Image, points *node, at string, around *extent) bool {
	in.check(ruleLabelMeKeys, 1)
	if !points.is(jsonArray) {
		in.find(ruleLabelMeKeys, at, "", "")
		return false
	}
	in.check(ruleShapeNumber, 1)
	size := [2]float64{float64(image.Width), float64(image.Height)}
	outside := ""
	for i := range points.kids {
		p := &points.kids[i]
		var xy [2]float64
		for k := range 2 {
			xy[k] = p.at(k).number()
			if math.IsNaN(xy[k]) || math.IsInf(xy[k], 0) {
				in.find(ruleShapeNumber, fmt.Sprintf("%s/%d", at, i), "", "")
				return false
			}
			if outside == "" && size[k] > 0 && (xy[k] < 0 || xy[k] > size[k]) {
				outside = fmt.Sprintf("%s/%d/%d", at, i, k)
			}
		}
		around.add(xy[0], xy[1])
	}
	in.check(ruleLabelMeOutside, 1)
	if outside != "" {
		in.find(ruleLabelMeOutside, outside, "", "")
	}
	return true
}
