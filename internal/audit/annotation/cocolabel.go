package annotation

import (
	"math"
	"strconv"

	"assay/internal/audit/shape"
)

// cocoAnnotation is an annotation as its fields tell it; they come in any
// order, so it is judged once they are all there.
type cocoAnnotation struct {
	id, image, category        int64
	hasID, hasImage, hasClass  bool
	wholeID, wholeImage        bool
	box                        [4]float64
	hasBox, wrongBox           bool
	area                       float64
	hasArea                    bool
	crowd                      int8 // -1 unknown
	polygons, runs             bool
	wrongPolygon, tooLarge     bool
	xy                         []float64 // of all polygons
	ends                       []int     // of each polygon, in xy
	lengths                    []uint32
	hasCounts, wrongCounts     bool
	size                       [2]int64
	sizes                      int // values of size
	hasKeys                    bool
	keys, visible              int
	wrongVisibility            int // index of the first wrong v in keypoints, -1 none
	numKeys                    int64
	hasNumKeys, caption, score bool
	file                       string
	segments                   []cocoSegment
	hasSegments                bool
}

// cocoSegment is an entry of segments_info.
type cocoSegment struct {
	id, category, area          int64
	hasID, hasCategory, hasArea bool
	box                         [4]float64
}

// reset forgets an annotation and keeps its space.
func (a *cocoAnnotation) reset() {
	xy, ends, lengths, segments := a.xy[:0], a.ends[:0], a.lengths[:0], a.segments[:0]
	*a = cocoAnnotation{xy: xy, ends: ends, lengths: lengths, segments: segments, crowd: -1, wrongVisibility: -1}
}

func (c *coco) annotation(i int) {
	a := &c.a
	a.reset()
	c.counts[cocoRecord]++
	if !c.w.object(c.takeAnnotation) {
		if c.w.err == nil {
			c.find(cocoRecord, c.annotationAt(i, ""), "no object")
		}
		return
	}
	c.judge(i)
}

func (c *coco) annotationField(key string) {
	a, w := &c.a, c.w
	switch key {
	case "id":
		a.id, a.wholeID = c.idOf()
		a.hasID = a.wholeID || a.id != 0
	case "image_id":
		a.image, a.wholeImage = c.idOf()
		a.hasImage = a.wholeImage || a.image != 0
	case "category_id":
		a.category, a.hasClass = c.idOf()
		a.hasClass = a.hasClass || a.category != 0
	case "bbox":
		if w.kind() != jsonNull {
			a.hasBox = true
			a.box, a.wrongBox = c.four()
		}
	case "area":
		a.area, a.hasArea = w.number()
	case "iscrowd":
		if crowd, ok := w.boolean(); ok {
			a.crowd = 0
			if crowd {
				a.crowd = 1
			}
		}
	case "segmentation":
		c.segmentation()
	case "keypoints":
		c.keypoints()
	case "num_keypoints":
		a.numKeys, a.hasNumKeys = w.integer()
	case "caption":
		_, a.caption = w.text()
	case "score":
		_, a.score = w.number()
	case "file_name":
		a.file, _ = w.text()
	case "segments_info":
		a.hasSegments = w.array(c.segment)
	}
}

// four takes a box; wrong if it is not four numbers.
func (c *coco) four() (box [4]float64, wrong bool) {
	n := 0
	ok := c.w.array(func(i int) {
		v, number := c.w.number()
		if i < 4 {
			box[i] = v
		}
		wrong = wrong || !number || math.IsInf(v, 0)
		n++
	})
	return box, wrong || !ok || n != 4
}

// segmentation takes polygons, or an object of run lengths.
func (c *coco) segmentation() {
	a, w := &c.a, c.w
	switch w.kind() {
	case jsonArray:
		w.array(func(i int) {
			a.polygons = true
			if w.kind() != jsonArray {
				a.wrongPolygon = true
				return
			}
			start := len(a.xy)
			n := 0
			w.array(func(int) {
				v, ok := w.number()
				a.wrongPolygon = a.wrongPolygon || !ok || math.IsInf(v, 0)
				n++
				if len(a.xy) < cocoNumbers {
					a.xy = append(a.xy, v)
				} else {
					a.tooLarge = true
				}
			})
			a.wrongPolygon = a.wrongPolygon || n%2 != 0 || n < 6
			if len(a.xy)-start >= 6 {
				a.ends = append(a.ends, len(a.xy))
			} else {
				a.xy = a.xy[:start]
			}
		})
	case jsonObject:
		a.runs = true
		w.object(c.runsField)
	}
}

func (c *coco) runsField(key string) {
	a, w := &c.a, c.w
	switch key {
	case "size":
		w.array(func(i int) {
			if n, ok := w.integer(); ok && i < 2 {
				a.size[i] = n
			}
			a.sizes++
		})
	case "counts":
		a.hasCounts = true
		if w.kind() == jsonText {
			s, _ := w.text()
			var err error
			a.lengths, err = shape.ParseRLE(a.lengths[:0], []byte(s))
			a.wrongCounts = err != nil
			return
		}
		w.array(func(int) {
			n, ok := w.integer()
			if !ok || n < 0 || n > math.MaxUint32 || len(a.lengths) >= shape.MaxRuns {
				a.wrongCounts = true
				return
			}
			a.lengths = append(a.lengths, uint32(n))
		})
	}
}

// keypoints takes x, y and v of each keypoint.
func (c *coco) keypoints() {
	a, w := &c.a, c.w
	if w.kind() != jsonArray {
		w.skip()
		return
	}
	a.hasKeys = true
	w.array(func(i int) {
		v, ok := w.number()
		a.keys++
		if i%3 != 2 {
			return
		}
		switch {
		case ok && (v == 1 || v == 2):
			a.visible++
		case !ok || v != 0:
			if a.wrongVisibility < 0 {
				a.wrongVisibility = i
			}
		}
	})
}

func (c *coco) segment(int) {
	w := c.w
	var s cocoSegment
	w.object(func(key string) {
		switch key {
		case "id":
			s.id, s.hasID = w.integer()
		case "category_id":
			s.category, s.hasCategory = w.integer()
		case "area":
			var area float64
			area, s.hasArea = w.number()
			s.area = int64(math.Round(min(max(area, -1), 1<<53)))
		case "bbox":
			s.box, _ = c.four()
		}
	})
	if len(c.a.segments) < 1<<16 {
		c.a.segments = append(c.a.segments, s)
	} else {
		c.in.facts.Beyond++
	}
}

// judge holds an annotation against the rules, and keeps its labels.
func (c *coco) judge(i int) {
	a := &c.a
	c.kinds.all++
	switch {
	case a.hasSegments:
		c.kinds.segments++
		c.judgeSegments(i)
		return
	case c.results && !a.score && !a.caption:
		c.find(cocoRecord, c.annotationAt(i, ""), "no score")
	case !c.results && !a.wholeID:
		c.find(cocoRecord, c.annotationAt(i, ""), "no whole number as id")
	case !a.wholeImage:
		c.find(cocoRecord, c.annotationAt(i, ""), "no whole number as image_id")
	}
	if a.hasID && !c.results {
		c.counts[cocoAnnotationID]++
		if before := c.labeled.add(a.id, int32(i), c.in.Limits.Records); before >= 0 {
			c.twice(cocoAnnotationID, c.annotationAt(int(before), "/id"), c.annotationAt(i, "/id"))
		}
	}
	kind := WholeImage
	if a.hasBox {
		kind = Box
		c.kinds.boxes++
		c.counts[cocoBox]++
		if a.wrongBox || a.box[2] <= 0 || a.box[3] <= 0 {
			c.find(cocoBox, c.annotationAt(i, "/bbox"), "")
		}
	}
	image := int32(-1)
	if a.hasImage {
		image = c.images.of(a.image)
	}
	switch {
	case a.polygons:
		kind = Polygon
		c.kinds.masks++
		c.judgePolygons(i)
	case a.runs:
		kind = Mask
		c.kinds.masks++
		c.judgeRuns(i, image)
	}
	class := int32(-1)
	if a.hasClass && !a.caption {
		class = c.categories.of(a.category)
	}
	if a.hasKeys {
		kind = Keypoints
		c.kinds.keypoints++
		c.judgeKeypoints(i, class)
	}
	if a.caption {
		c.kinds.captions++
	}
	c.label(i, image, class, kind)
}

// label keeps a label.
func (c *coco) label(i int, image, class int32, kind Kind) {
	a := &c.a
	if c.results {
		return
	}
	if image >= 0 {
		c.counts[cocoImageUnknown]++
	}
	if class >= 0 {
		c.counts[cocoCategoryUnknown]++
	}
	if !c.hold(labelBytes) {
		return
	}
	l := whole(image, class, int32(i), Positive)
	l.Kind = kind
	if a.hasBox && !a.wrongBox {
		l.Box = box32(a.box)
	}
	c.in.facts.Labels = append(withRoom(c.in, c.in.facts.Labels), l)
}

func box32(b [4]float64) [4]float32 {
	return [4]float32{float32(b[0]), float32(b[1]), float32(b[2]), float32(b[3])}
}

func (c *coco) judgePolygons(i int) {
	a := &c.a
	c.counts[cocoPolygon]++
	if a.wrongPolygon {
		c.find(cocoPolygon, c.annotationAt(i, "/segmentation"), "")
	}
	if a.crowd >= 0 {
		c.counts[cocoCrowd]++
		if a.crowd == 1 {
			c.find(cocoCrowd, c.annotationAt(i, "/iscrowd"), "polygons of a crowd")
		}
	}
	if a.wrongPolygon || a.tooLarge {
		return
	}
	c.counts[cocoCrossing]++
	c.counts[cocoSampled]++
	crosses, whole := c.crosses()
	switch {
	case crosses:
		c.find(cocoCrossing, c.annotationAt(i, "/segmentation"), "")
		return // what its area is, is anyone's guess
	case !whole:
		c.find(cocoSampled, c.annotationAt(i, "/segmentation"), "")
	}
	if a.hasArea {
		c.counts[cocoArea]++
		if c.areaDiffers() {
			c.find(cocoArea, c.annotationAt(i, "/area"), "")
		}
	}
}

// crosses reports whether one of the polygons crosses itself.
func (c *coco) crosses() (crosses, whole bool) {
	whole = true
	start := 0
	for _, end := range c.a.ends {
		one, all := shape.Crosses(c.a.xy[start:end])
		whole = whole && all
		if one {
			return true, whole
		}
		start = end
	}
	return false, whole
}

// areaTolerance is how far an area may be off the mask: 1 % of it, and the
// pixel that rounding costs a small one.
func areaTolerance(area float64) float64 { return 0.01*area + 1 }

// areaDiffers reports whether the area is that of the polygons neither as they
// are drawn nor as pixels: both are in use.
func (c *coco) areaDiffers() bool {
	a := &c.a
	drawn := 0.0
	polygons := make([][]float64, 0, 8)
	start := 0
	for _, end := range a.ends {
		drawn += shape.Area(a.xy[start:end])
		polygons = append(polygons, a.xy[start:end])
		start = end
	}
	if math.Abs(a.area-drawn) <= areaTolerance(drawn) {
		return false
	}
	_, _, maxX, maxY := shape.Bounds(a.xy)
	runs, ok := shape.Fill(polygons, size(maxX), size(maxY))
	if !ok {
		return false
	}
	filled := float64(shape.MaskArea(runs))
	low, high := min(drawn, filled), max(drawn, filled)
	return a.area < low-areaTolerance(low) || a.area > high+areaTolerance(high)
}

// size is the number of pixels up to a coordinate.
func size(v float64) int { return int(min(max(math.Ceil(v), 1), 1<<16)) }

func (c *coco) judgeRuns(i int, image int32) {
	a := &c.a
	c.counts[cocoRuns]++
	im := c.imageOf(image)
	sized := a.sizes == 2 && a.size[0] > 0 && a.size[1] > 0 && a.size[0] <= math.MaxInt32 && a.size[1] <= math.MaxInt32
	switch {
	case !sized, im != nil && im.Width > 0 && (a.size[0] != int64(im.Height) || a.size[1] != int64(im.Width)):
		c.find(cocoRuns, c.annotationAt(i, "/segmentation/size"), "")
	case !a.hasCounts || a.wrongCounts || shape.Pixels(a.lengths) != a.size[0]*a.size[1]:
		c.find(cocoRuns, c.annotationAt(i, "/segmentation/counts"), "")
	case im == nil && image >= 0 && !c.results:
		if c.hold(16) {
			c.sizes = append(c.sizes, cocoSize{image, int32(i), int32(a.size[0]), int32(a.size[1])})
		}
	}
	if a.crowd >= 0 {
		c.counts[cocoCrowd]++
		if a.crowd == 0 && !c.results {
			c.find(cocoCrowd, c.annotationAt(i, "/iscrowd"), "run lengths of a single object")
		}
	}
	if a.hasArea && a.hasCounts && !a.wrongCounts {
		c.counts[cocoArea]++
		if area := float64(shape.MaskArea(a.lengths)); math.Abs(a.area-area) > areaTolerance(area) {
			c.find(cocoArea, c.annotationAt(i, "/area"), "")
		}
	}
}

func (c *coco) judgeKeypoints(i int, class int32) {
	a := &c.a
	c.counts[cocoKeys]++
	c.counts[cocoVisibility]++
	if a.keys%3 != 0 {
		c.find(cocoKeys, c.annotationAt(i, "/keypoints"), "")
	} else if class >= 0 {
		switch n, known := c.keys[class]; {
		case known && a.keys != int(3*n):
			c.find(cocoKeys, c.annotationAt(i, "/keypoints"), "")
		case !known && c.categories.index[class] < 0 && c.hold(12):
			c.points = append(c.points, cocoKeysAt{int32(i), class, int32(min(a.keys, math.MaxInt32))})
		}
	}
	if a.wrongVisibility >= 0 {
		c.find(cocoVisibility, c.annotationAt(i, "/keypoints/"+strconv.Itoa(a.wrongVisibility)), "")
	}
	if a.hasNumKeys {
		c.counts[cocoKeyCount]++
		if a.keys%3 == 0 && a.wrongVisibility < 0 && a.numKeys != int64(a.visible) {
			c.find(cocoKeyCount, c.annotationAt(i, "/num_keypoints"), "")
		}
	}
}
