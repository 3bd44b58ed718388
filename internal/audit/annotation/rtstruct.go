package annotation

import (
	"math"
	"strconv"
	"strings"

	"assay/internal/audit/dicom"
	"assay/internal/audit/score"
	"assay/internal/audit/shape"
)

// Rules of structure sets.
var (
	ruleContourLength = score.Rule{
		Code: "F-510", Level: score.Error, Title: "ContourData is not three numbers a point", Of: "contours",
		Cap: 5, Full: 0.05,
		Fix:    "Write x, y and z of each point into ContourData, as many points as NumberOfContourPoints says.",
		Source: "DICOM PS3.3 Section C.8.8.6",
	}
	ruleContourPoints = score.Rule{
		Code: "F-511", Level: score.Error, Title: "Closed contour with fewer than 3 points", Of: "contours",
		Cap: 4, Full: 0.05,
		Fix:    "Take the contour out, or write it as POINT.",
		Source: "DICOM PS3.3 Section C.8.8.6.1",
	}
	ruleContourROI = score.Rule{
		Code: "F-512", Level: score.Error, Title: "Contours of an ROI that is not defined", Of: "items with contours",
		Cap: 5, Full: 0.05,
		Fix:    "Let ReferencedROINumber name an ROINumber of StructureSetROISequence.",
		Source: "DICOM PS3.3 Sections C.8.8.5 and C.8.8.6",
	}
	ruleContourPlane = score.Rule{
		Code: "F-513", Level: score.Error, Title: "Contour lies off every slice", Of: "contours beside their images",
		Cap: 5, Full: 0.05,
		Fix:    "Check that the contours were drawn on these images, and that none of the slices is missing.",
		Source: "DICOM PS3.3 Section C.8.8.6, ImagePositionPatient of the slices; further than half their distance",
	}
	ruleROIEmpty = score.Rule{
		Code: "F-514", Level: score.Warning, Title: "ROI without contours", Of: "ROIs",
		Cap: 2, Full: 0.1,
		Fix:    "Draw the ROI, or take it out: nobody can tell whether it was forgotten or is not there.",
		Source: "DICOM PS3.3 Sections C.8.8.5 and C.8.8.6",
	}
	ruleContourPoint = score.Rule{
		Code: "F-515", Level: score.Warning, Title: "Contour that is a point", Of: "contours",
		Cap: 1, Full: 0.1,
		Fix:    "Nothing, if the ROI is a marker; programs that make masks of structure sets fail on it or leave it out.",
		Source: "DICOM PS3.3 Section C.8.8.6.1",
	}
	ruleContourCrosses = score.Rule{
		Code: "F-516", Level: score.Warning, Title: "Contour crosses itself", Of: "closed contours",
		Cap: 2, Full: 0.1,
		Fix:    "Draw the contour again: programs fill it in different ways.",
		Source: "DICOM PS3.3 Section C.8.8.6.3",
	}
)

var rtRules = []score.Rule{
	ruleContourLength, ruleContourPoints, ruleContourROI, ruleContourPlane, ruleROIEmpty, ruleContourPoint, ruleContourCrosses,
}

// Tags of the structure set.
const (
	tagFramesOfRef   dicom.Tag = 0x30060010 // ReferencedFrameOfReferenceSequence
	tagRTStudies     dicom.Tag = 0x30060012
	tagRTSeries      dicom.Tag = 0x30060014
	tagContourImages dicom.Tag = 0x30060016
	tagROIs          dicom.Tag = 0x30060020 // StructureSetROISequence
	tagROIContours   dicom.Tag = 0x30060039
	tagContours      dicom.Tag = 0x30060040
	tagContourType   dicom.Tag = 0x30060042
	tagContourCount  dicom.Tag = 0x30060046
	tagContourData   dicom.Tag = 0x30060050
	tagROINumber     dicom.Tag = 0x30060084 // ReferencedROINumber
)

// roi is an item of StructureSetROISequence.
type roi struct {
	number    int
	numbered  bool
	name      string
	algorithm string
	contours  int
	item      int   // of ROIContourSequence, -1 if it has none
	image     int32 // that its first contour names, -1 if none does
}

// roiContours is an item of ROIContourSequence.
type roiContours struct {
	number   int
	numbered bool
	contours int
	image    int32
}

// contour is an item of ContourSequence, as far as it was read.
type contour struct {
	roi, item int // items that hold it, from 0; roi is -1 for none
	kind      string
	stated    int // NumberOfContourPoints, -1 if absent
	values    []float64
	broken    bool // a value of ContourData is no number
	whole     bool // ContourData was read to its end
	image     int32
}

// rtReader reads one structure set.
type rtReader struct {
	in       *input
	refs     *references
	rois     []roi
	drawn    []roiContours
	strays   bool    // contours of an ROI that is not defined
	at       contour // the one under way
	framesOf map[Hash]string
}

func (in *input) readStructureSet() error {
	r := &rtReader{in: in, refs: newReferences(in), at: contour{roi: -1}, framesOf: map[Hash]string{}}
	_, err := in.scan(func(e *dicom.Element, text string) error {
		if e.Depth == 0 {
			return nil
		}
		switch e.Parents[0].Tag {
		case tagFramesOfRef:
			r.reference(e, text)
		case tagROIs:
			r.roi(e, text)
		case tagROIContours:
			r.contour(e, text)
		}
		return nil
	})
	if err != nil {
		return err
	}
	r.finish()
	r.join()
	r.labels()
	return nil
}

// reference takes an element of ReferencedFrameOfReferenceSequence.
func (r *rtReader) reference(e *dicom.Element, text string) {
	switch {
	case e.Tag == tagFrameOfRef && e.Depth == 1:
		if h := r.in.Hash(text); h != (Hash{}) {
			r.framesOf[h] = tagPath(e.Parents, e.Tag)
		}
	case e.Tag == tagSeries && within(e.Parents, tagFramesOfRef, tagRTStudies, tagRTSeries):
		r.refs.of = r.in.Hash(text)
	case e.Tag == tagReferencedSOP && within(e.Parents, tagFramesOfRef, tagRTStudies, tagRTSeries, tagContourImages):
		r.refs.add(e, text)
	}
}

// roi takes an element of StructureSetROISequence.
func (r *rtReader) roi(e *dicom.Element, text string) {
	n := e.Parents[0].Item
	if n > r.in.Limits.Classes || e.Depth > 1 {
		return
	}
	for len(r.rois) < n {
		r.rois = append(r.rois, roi{item: -1, image: -1})
	}
	o := &r.rois[n-1]
	switch e.Tag {
	case 0x30060022: // ROINumber
		o.number, o.numbered = integer(e, text)
	case 0x30060026: // ROIName
		o.name = text
	case 0x30060036: // ROIGenerationAlgorithm
		o.algorithm = text
	}
}

// contour takes an element of ROIContourSequence.
func (r *rtReader) contour(e *dicom.Element, text string) {
	n := e.Parents[0].Item
	if n > r.in.Limits.Classes {
		return
	}
	r.refs.of = Hash{}
	for len(r.drawn) < n {
		r.drawn = append(r.drawn, roiContours{image: -1})
	}
	d := &r.drawn[n-1]
	if e.Depth == 1 {
		if e.Tag == tagROINumber {
			d.number, d.numbered = integer(e, text)
		}
		return
	}
	if e.Parents[1].Tag != tagContours {
		return
	}
	if item := e.Parents[1].Item - 1; r.at.roi != n-1 || r.at.item != item {
		r.finish()
		r.at = contour{roi: n - 1, item: item, stated: -1, values: r.at.values[:0], image: -1}
		d.contours++
	}
	switch {
	case e.Tag == tagReferencedSOP && within(e.Parents, tagROIContours, tagContours, tagContourImages):
		if r.at.image < 0 {
			r.at.image = r.refs.add(e, text)
		}
		if d.image < 0 {
			d.image = r.at.image
		}
	case e.Depth > 2:
	case e.Tag == tagContourType:
		r.at.kind = text
	case e.Tag == tagContourCount:
		if v, ok := integer(e, text); ok {
			r.at.stated = v
		}
	case e.Tag == tagContourData:
		r.at.whole = e.IsComplete()
		r.points(text)
	}
}

// points reads the numbers of ContourData.
func (r *rtReader) points(text string) {
	for more := text != ""; more; {
		var one string
		one, text, more = strings.Cut(text, `\`)
		v, err := strconv.ParseFloat(dicom.Trim(one), 64)
		if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
			v, r.at.broken = 0, true
		}
		r.at.values = append(r.at.values, v)
	}
}

// finish checks the contour under way.
func (r *rtReader) finish() {
	c := &r.at
	if c.roi < 0 {
		return
	}
	at := func(tag dicom.Tag) string {
		return tagPath([]dicom.Step{{Tag: tagROIContours, Item: c.roi + 1}, {Tag: tagContours, Item: c.item + 1}}, tag)
	}
	closed := c.kind == "CLOSED_PLANAR" || c.kind == "CLOSEDPLANAR_XOR"
	r.in.check(ruleContourLength, 1)
	r.in.check(ruleContourPoints, 1)
	r.in.check(ruleContourPoint, 1)
	sound := false
	switch {
	case c.broken:
		r.in.find(ruleContourLength, at(tagContourData), "", "a value is no number")
	case c.whole && (c.stated < 0 || len(c.values) != 3*c.stated), !c.whole && c.stated != 0:
		r.in.find(ruleContourLength, at(tagContourData), "", "")
	case closed && len(c.values) < 9:
		r.in.find(ruleContourPoints, at(tagContourData), "", "")
	default:
		sound = len(c.values) > 0
	}
	if c.kind == "POINT" {
		r.in.find(ruleContourPoint, at(tagContourType), "", "")
	}
	if !sound {
		return
	}
	if closed {
		r.in.check(ruleContourCrosses, 1)
		if crosses, _ := shape.Crosses(flatten(c.values)); crosses {
			r.in.find(ruleContourCrosses, at(tagContourData), "", "")
		}
	}
	if o := r.in.facts.Object; len(o.Planes) < r.in.Limits.Records {
		o.Planes = append(o.Planes, Plane{Image: c.image, ROI: int32(c.roi), Contour: int32(c.item), Position: [3]float64(c.values[:3])})
	}
}

// join tells which contours belong to which ROI.
func (r *rtReader) join() {
	byNumber := map[int]int{}
	for i := len(r.rois) - 1; i >= 0; i-- {
		if r.rois[i].numbered {
			byNumber[r.rois[i].number] = i
		}
	}
	r.in.check(ruleContourROI, len(r.drawn))
	for i, d := range r.drawn {
		at, ok := byNumber[d.number]
		if !ok || !d.numbered {
			r.strays = true
			r.in.find(ruleContourROI, tagPath([]dicom.Step{{Tag: tagROIContours, Item: i + 1}}, tagROINumber), "", "")
			continue
		}
		o := &r.rois[at]
		o.contours += d.contours
		if o.item < 0 || o.image < 0 {
			o.item, o.image = i, d.image
		}
	}
	if o := r.in.facts.Object; len(r.framesOf) == 1 {
		for h, at := range r.framesOf {
			o.Frame, o.FrameAt = h, at
		}
	}
}

// labels makes a label of each ROI; one without contours says that nothing is
// there.
func (r *rtReader) labels() {
	f := r.in.facts
	f.At.Label = "(3006,0020)[%d]"
	names := objectClasses{in: r.in}
	r.in.check(ruleROIEmpty, len(r.rois))
	for i, o := range r.rois {
		l := Label{
			Image: o.image, Class: names.of(firstOf(o.name, "ROI"), true), Reader: -1, Unit: -1, Shape: -1, Place: int32(i),
			Kind: Polygon, Origin: originOf(o.algorithm), Value: float32(math.NaN()),
		}
		if l.Image < 0 && len(f.Images) > 0 {
			l.Image = 0
		}
		if o.contours == 0 {
			l.State = Negative
			r.empty(i)
		}
		r.in.addLabel(l)
	}
}

// empty tells of an ROI without contours, unless its contours may be those that
// name none that is defined, which is told.
func (r *rtReader) empty(at int) {
	switch item := r.rois[at].item; {
	case item >= 0:
		r.in.find(ruleROIEmpty, tagPath([]dicom.Step{{Tag: tagROIContours, Item: item + 1}}, 0), "", "")
	case !r.strays:
		r.in.find(ruleROIEmpty, tagPath([]dicom.Step{{Tag: tagROIs, Item: at + 1}}, 0), "", "")
	}
}

// flatten leaves out the axis along which points in space differ least: x, y,
// x, y, ….
func flatten(values []float64) []float64 {
	var low, high [3]float64
	copy(low[:], values)
	copy(high[:], values)
	for i, v := range values {
		low[i%3], high[i%3] = min(low[i%3], v), max(high[i%3], v)
	}
	drop := 0
	for axis := range low {
		if high[axis]-low[axis] < high[drop]-low[drop] {
			drop = axis
		}
	}
	out := make([]float64, 0, len(values)/3*2)
	for i := 0; i+2 < len(values); i += 3 {
		out = append(out, values[i+(drop+1)%3], values[i+(drop+2)%3])
	}
	return out
}
