package annotation

import (
	"math"
	"strconv"

	"assay/internal/audit/score"
)

// Rules of the readings of the Lung Image Database Consortium.
var (
	ruleLIDCEdge = score.Rule{
		Code: "F-530", Level: score.Error, Title: "Outline without a point", Of: "outlines",
		Says: "have no edgeMap with an x and a y",
		Cap:  4, Full: 0.05,
		Fix:    "Write the outline, or take the roi out. A nodule below 3 mm has one point.",
		Source: "LIDC XML documentation of 2009: roi/edgeMap",
	}
	ruleLIDCInclusion = score.Rule{
		Code: "F-531", Level: score.Error, Title: "Inclusion is neither TRUE nor FALSE", Of: "outlines",
		Cap: 4, Full: 0.05,
		Fix:    "Write TRUE for an outline around the nodule, FALSE for one around what is left out of it.",
		Source: "LIDC XML documentation of 2009: roi/inclusion",
	}
	ruleLIDCRating = score.Rule{
		Code: "F-532", Level: score.Error, Title: "Rating outside its range", Of: "ratings",
		Cap: 4, Full: 0.05,
		Fix:    "Rate from 1 to 5; internalStructure from 1 to 4, calcification from 1 to 6.",
		Source: "LIDC XML documentation of 2009: characteristics",
	}
	ruleLIDCImage = score.Rule{
		Code: "F-533", Level: score.Error, Title: "Mark that names no image", Of: "outlines and non-nodules",
		Cap: 4, Full: 0.05,
		Fix:    "Write the SOPInstanceUID of the slice into imageSOP_UID.",
		Source: "LIDC XML documentation of 2009: imageSOP_UID",
	}
)

var lidcRules = []score.Rule{ruleLIDCEdge, ruleLIDCInclusion, ruleLIDCRating, ruleLIDCImage}

// lidcRating is a characteristic of a nodule: rated from 1 to most.
type lidcRating struct {
	most    int
	ordinal bool // its values are in an order
}

// lidcRatings are the characteristics by name.
//
// Source: LIDC XML documentation of 2009; McNitt-Gray et al. 2007, Academic
// Radiology 14(12), Table 2.
var lidcRatings = map[string]lidcRating{
	"subtlety": {5, true}, "sphericity": {5, true}, "margin": {5, true}, "lobulation": {5, true},
	"spiculation": {5, true}, "texture": {5, true}, "malignancy": {5, true},
	"internalStructure": {4, false}, "calcification": {6, false},
}

// Classes of marks.
const (
	lidcNodule = "nodule >= 3 mm"
	lidcSmall  = "nodule < 3 mm"
	lidcOther  = "non-nodule"
)

var lidcReader = reader{detect: detectLIDC, read: readLIDC}

func detectLIDC(in *input) ([]Match, error) {
	h, err := in.headXML()
	if err != nil || h.Root == nil || h.Root.Name != "LidcReadMessage" {
		return nil, err
	}
	return []Match{{LIDC, 1}}, nil
}

// lidcOutline is an outline on one slice, or a point.
type lidcOutline struct {
	image  int32     // index into the images, -1 if it names none
	points []float32 // x, y, x, y, … in pixels
	hole   bool      // what is inside is left out
}

// lidcMark is a nodule or non-nodule that a reader marked.
type lidcMark struct {
	session  int32 // from 0
	class    string
	outlines []lidcOutline
	ratings  map[string]int
	unit     int // group of marks of one thing
}

// lidcFile is a file under way.
type lidcFile struct {
	in      *input
	refs    map[string]int32 // images by UID
	series  string
	session int32 // -1 before the first
	marks   []lidcMark
	points  int // kept of all outlines

	mark       lidcMark
	outline    lidcOutline
	included   bool // the outline has an inclusion
	x, y       float64
	hasX, hasY bool
}

func readLIDC(in *input) error {
	in.facts.Object = &Object{}
	l := &lidcFile{in: in, refs: map[string]int32{}, session: -1}
	err := in.walkXML(xmlVisitor{
		items: map[string]string{"readingSession": "", "unblindedReadNodule": "", "nonNodule": "", "roi": "", "edgeMap": ""},
		start: func(e *xmlElement) error {
			l.start(e)
			return nil
		},
		end: func(e *xmlElement) error {
			l.end(e)
			return nil
		},
	})
	if err != nil {
		return err
	}
	for i := range in.facts.Images {
		in.facts.Images[i].Series = in.Hash(l.series)
	}
	l.group()
	l.labels()
	return nil
}

func (l *lidcFile) start(e *xmlElement) {
	switch e.Name {
	case "readingSession":
		l.session++
	case "unblindedReadNodule":
		l.mark = lidcMark{session: l.session, class: lidcSmall}
	case "characteristics":
		l.mark.class = lidcNodule
	case "nonNodule":
		l.mark = lidcMark{session: l.session, class: lidcOther}
		l.begin()
	case "roi":
		l.begin()
	case "edgeMap", "locus":
		l.hasX, l.hasY = false, false
	}
}

// begin starts an outline.
func (l *lidcFile) begin() {
	l.outline, l.included = lidcOutline{image: -1}, false
}

func (l *lidcFile) end(e *xmlElement) {
	switch e.Name {
	case "SeriesInstanceUid", "SeriesInstanceUID", "CTSeriesInstanceUid":
		l.series = e.Text
	case "imageSOP_UID":
		l.outline.image = l.image(e)
	case "inclusion":
		l.inclusion(e)
	case "xCoord":
		l.x, l.hasX = lidcCoordinate(e.Text)
	case "yCoord":
		l.y, l.hasY = lidcCoordinate(e.Text)
	case "edgeMap", "locus":
		l.point()
	case "roi":
		l.roi(e)
	case "nonNodule":
		l.nonNodule(e)
	case "unblindedReadNodule":
		l.keep()
	default:
		l.rating(e)
	}
}

// image returns the index of the image that an element names.
func (l *lidcFile) image(e *xmlElement) int32 {
	if i, ok := l.refs[e.Text]; ok {
		return i
	}
	f := l.in.facts
	h := l.in.Hash(e.Text)
	if h == (Hash{}) {
		return -1
	}
	if len(f.Images) >= l.in.Limits.Records {
		f.Beyond++
		return -1
	}
	i := int32(len(f.Images))
	l.refs[e.Text] = i
	f.Images = append(f.Images, Image{SOP: h, Place: i, AgeYears: float32(math.NaN())})
	f.Object.Places = append(f.Object.Places, e.Pointer())
	return i
}

func (l *lidcFile) inclusion(e *xmlElement) {
	l.included = true
	l.in.check(ruleLIDCInclusion, 1)
	switch e.Text {
	case "TRUE":
	case "FALSE":
		l.outline.hole = true
	default:
		l.in.find(ruleLIDCInclusion, e.Pointer(), "", "")
	}
}

// lidcCoordinate reads a coordinate, in pixels.
func lidcCoordinate(text string) (float64, bool) {
	v, err := strconv.ParseFloat(text, 32)
	return v, err == nil && v > -1e6 && v < 1e6
}

// point adds the point that was read to the outline.
func (l *lidcFile) point() {
	if !l.hasX || !l.hasY {
		return
	}
	if l.points >= l.in.Limits.Points {
		l.outline.points = l.outline.points[:min(len(l.outline.points), 2)]
		l.in.facts.Beyond++
		return
	}
	l.points++
	l.outline.points = append(l.outline.points, float32(l.x), float32(l.y))
}

// roi ends an outline of a nodule.
func (l *lidcFile) roi(e *xmlElement) {
	if !l.included {
		l.in.check(ruleLIDCInclusion, 1)
		l.in.find(ruleLIDCInclusion, e.Pointer(), "", "there is none")
	}
	l.add(e)
}

// nonNodule ends a mark that is a point.
func (l *lidcFile) nonNodule(e *xmlElement) {
	l.add(e)
	l.keep()
}

// add checks an outline and adds it to the mark.
func (l *lidcFile) add(e *xmlElement) {
	l.in.check(ruleLIDCImage, 1)
	if l.outline.image < 0 {
		l.in.find(ruleLIDCImage, e.Pointer(), "", "")
	}
	if e.Name == "roi" {
		l.in.check(ruleLIDCEdge, 1)
		if len(l.outline.points) == 0 {
			l.in.find(ruleLIDCEdge, e.Pointer(), "", "")
		}
	}
	l.mark.outlines = append(l.mark.outlines, l.outline)
	l.begin()
}

// keep ends a mark.
func (l *lidcFile) keep() {
	if len(l.marks) >= l.in.Limits.Records {
		l.in.facts.Beyond++
		return
	}
	l.marks = append(l.marks, l.mark)
	l.mark = lidcMark{}
}

// rating takes a characteristic.
func (l *lidcFile) rating(e *xmlElement) {
	r, ok := lidcRatings[e.Name]
	if !ok {
		return
	}
	l.in.check(ruleLIDCRating, 1)
	n, err := strconv.Atoi(e.Text)
	if err != nil || n < 1 || n > r.most {
		l.in.find(ruleLIDCRating, e.Pointer(), "", "")
		return
	}
	if l.mark.ratings == nil {
		l.mark.ratings = map[string]int{}
	}
	l.mark.ratings[e.Name] = n
}
