package annotation

import (
	"math"
	"strconv"
	"strings"

	"assay/internal/audit/score"
)

// Rules of shapes that VOC, LabelMe and CVAT have in common.
var (
	ruleShapeUnlabeled = score.Rule{
		Code: "F-220", Level: score.Error, Title: "Label without a class", Of: "labels of VOC, LabelMe and CVAT",
		Cap: 5, Full: 0.05, Hard: 0.01,
		Fix:    "Give the shape its class, or take it out.",
		Source: "cvat-ai/datumaro, tests/assets/cvat_dataset: two shapes with the label \"\"",
	}
	ruleShapeCorners = score.Rule{
		Code: "F-221", Level: score.Error, Title: "Corners of a box in the wrong order", Of: "boxes of VOC and CVAT",
		Cap: 6, Full: 0.05,
		Fix:    "Write the left upper corner first: its x and y are less than those of the other.",
		Source: "The PASCAL Visual Object Classes Challenge 2012 Development Kit; CVAT, XML annotation format",
	}
	ruleShapeNumber = score.Rule{
		Code: "F-222", Level: score.Error, Title: "Coordinate that is missing or no number", Of: "shapes of VOC, LabelMe and CVAT",
		Cap: 6, Full: 0.05,
		Fix:    "Write the coordinate as a number of pixels.",
		Source: "the formats of VOC, LabelMe and CVAT",
	}
	ruleShapePoints = score.Rule{
		Code: "F-223", Level: score.Error, Title: "Shape with a wrong number of points", Of: "shapes with points of LabelMe and CVAT",
		Cap: 5, Full: 0.05,
		Fix:    "Draw the shape again: a polygon has 3 points or more, a line 2, a circle of LabelMe exactly 2.",
		Source: "wkentaro/labelme, labelme/_shape; CVAT, XML annotation format",
	}
)

var shapeRules = []score.Rule{ruleShapeUnlabeled, ruleShapeCorners, ruleShapeNumber, ruleShapePoints}

// coordinate reads a number of pixels; ok is false if it is none.
func coordinate(s string) (v float64, ok bool) {
	v, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	return v, err == nil && !math.IsNaN(v) && !math.IsInf(v, 0)
}

// extent is the box around points.
type extent struct {
	low, high [2]float64
	points    int
}

func (e *extent) add(x, y float64) {
	if e.points++; e.points == 1 {
		e.low, e.high = [2]float64{x, y}, [2]float64{x, y}
		return
	}
	e.low = [2]float64{min(e.low[0], x), min(e.low[1], y)}
	e.high = [2]float64{max(e.high[0], x), max(e.high[1], y)}
}

// box returns x, y, width and height.
func (e *extent) box() [4]float32 {
	return [4]float32{float32(e.low[0]), float32(e.low[1]), float32(e.high[0] - e.low[0]), float32(e.high[1] - e.low[1])}
}

// newImage is an image of which nothing is known but its name.
func newImage(name string) Image {
	return Image{Name: name, AgeYears: float32(math.NaN()), Listed: true}
}

// newLabel is a label of the first image whose reader is not known.
func newLabel(class int32, kind Kind) Label {
	return Label{Class: class, Reader: -1, Unit: -1, Shape: -1, Kind: kind, Value: float32(math.NaN())}
}

// sizeOf reads a number of pixels of an image, 0 if it is none.
func sizeOf(s string) int32 {
	n, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if err != nil || n != math.Trunc(n) || n < 1 || n > math.MaxInt32 {
		return 0
	}
	return int32(n)
}
