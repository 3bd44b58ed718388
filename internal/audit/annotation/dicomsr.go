package annotation

import (
	"hash/fnv"
	"io"
	"math"
	"strconv"
	"strings"

	"assay/internal/audit/dicom"
	"assay/internal/audit/score"
)

// Rules of structured reports.
var (
	ruleReportRoot = score.Rule{
		Code: "F-520", Level: score.Error, Title: "Root is not a measurement report", Of: "measurement reports",
		Cap: 4, Full: 0.05,
		Fix:    "Name the root container by a code of CID 7021, such as (126000, DCM, Imaging Measurement Report), or name the template that the report follows.",
		Source: "DICOM PS3.16 TID 1500, CID 7021",
	}
	ruleReportUnit = score.Rule{
		Code: "F-521", Level: score.Error, Title: "Measurement without unit", Of: "measurements",
		Cap: 5, Full: 0.05,
		Fix:    "Write MeasurementUnitsCodeSequence with a code of UCUM; (1, UCUM, no units) for a ratio or a count.",
		Source: "DICOM PS3.3 Section C.18.1, PS3.16 TID 300",
	}
	ruleReportTracking = score.Rule{
		Code: "F-522", Level: score.Error, Title: "Measurement group without tracking UID", Of: "measurement groups",
		Cap: 4, Full: 0.05,
		Fix:    "Give each group a (112040, DCM, Tracking Unique Identifier), the same one wherever the same lesion is measured.",
		Source: "DICOM PS3.16 TID 1410, 1411 and 1501",
	}
	ruleReportTemplate = score.Rule{
		Code: "F-523", Level: score.Info, Title: "Structured report of another template, which is not read", Of: "structured reports",
		Fix:    "Nothing: labels are read of reports by TID 1500 only.",
		Source: "DICOM PS3.3 Section C.18.8, ContentTemplateSequence",
	}
	ruleReportPartial = score.Rule{
		Code: "P-501", Level: score.Warning, Title: "Report is partial", Of: "structured reports",
		Cap: 1.5, Full: 0.1,
		Fix:    "Complete the report, or take it out.",
		Source: "DICOM PS3.3 Section C.17.2, CompletionFlag",
	}
	ruleReportUnverified = score.Rule{
		Code: "P-502", Level: score.Warning, Title: "Report is not verified", Of: "structured reports",
		Cap: 1.5, Full: 0.1,
		Fix:    "Have whoever answers for the report verify it, or say in the description of the set that nobody did.",
		Source: "DICOM PS3.3 Section C.17.2, VerificationFlag",
	}
)

var srRules = []score.Rule{
	ruleReportRoot, ruleReportUnit, ruleReportTracking, ruleReportTemplate, ruleReportPartial, ruleReportUnverified,
}

// Tags of the report.
const (
	tagValueType     dicom.Tag = 0x0040A040
	tagConceptName   dicom.Tag = 0x0040A043
	tagPersonName    dicom.Tag = 0x0040A123
	tagUID           dicom.Tag = 0x0040A124
	tagTextValue     dicom.Tag = 0x0040A160
	tagConceptCode   dicom.Tag = 0x0040A168
	tagMeasuredValue dicom.Tag = 0x0040A300
	tagNumericValue  dicom.Tag = 0x0040A30A
	tagUnits         dicom.Tag = 0x004008EA
	tagEvidence      dicom.Tag = 0x0040A375 // CurrentRequestedProcedureEvidenceSequence
	tagCompletion    dicom.Tag = 0x0040A491
	tagVerification  dicom.Tag = 0x0040A493
	tagTemplate      dicom.Tag = 0x0040A504
	tagTemplateID    dicom.Tag = 0x0040DB00
	tagContent       dicom.Tag = 0x0040A730
	tagGraphicType   dicom.Tag = 0x00700023
)

// measurementReports are the concepts that name the root of a measurement
// report; the context group may be extended by private codes.
//
// Source: DICOM PS3.16 CID 7021.
var measurementReports = map[string]bool{"126000": true, "126001": true, "126002": true, "126003": true}

// code is a coded concept.
type code struct{ value, scheme, meaning string }

func (c code) is(value string) bool { return c.value == value && c.scheme == "DCM" }

// learn takes an element of a code sequence.
func (c *code) learn(tag dicom.Tag, text string) {
	switch tag {
	case tagCodeValue, 0x00080119: // LongCodeValue
		c.value = text
	case tagCodingScheme:
		c.scheme = text
	case tagCodeMeaning:
		c.meaning = text
	}
}

// isMeasurementReport reports whether the concept may name the root of one.
func (c code) isMeasurementReport() bool {
	return c.scheme == "DCM" && measurementReports[c.value] || strings.HasPrefix(c.scheme, "99")
}

// srItem is a content item.
type srItem struct {
	parent  int32 // index of the item that holds it, 0 for the root
	level   int32 // of nesting, 0 for the root
	child   int32 // number in its parent, from 0
	kind    string
	name    code
	value   code
	text    string // of TEXT, PNAME and UIDREF
	number  string // of NUM, "" if none was measured
	valued  bool   // has an item of MeasuredValueSequence
	unit    code
	image   int32 // that it names, -1 for none
	graphic string
}

// srReader reads one structured report.
type srReader struct {
	in    *input
	refs  *references
	items []srItem // the first is the root; an item stands behind its parent
	open  []int32  // items from the root to the one under way

	completion, verification string
}

// detectReport reads the start of a report, up to its content.
func (in *input) detectReport() ([]Match, error) {
	var root code
	template := ""
	_, err := in.scan(func(e *dicom.Element, text string) error {
		switch {
		case e.Tag >= tagContent && e.Depth == 0:
			return errSeen
		case e.Depth != 1:
		case e.Parents[0].Tag == tagConceptName:
			root.learn(e.Tag, text)
		case e.Parents[0].Tag == tagTemplate && e.Tag == tagTemplateID:
			template = text
		}
		return nil
	})
	switch {
	case err != nil:
		return nil, err
	case template == "1500", template == "" && root.scheme == "DCM" && measurementReports[root.value]:
		return []Match{{SRTID1500, 1}}, nil
	}
	return []Match{{SROther, 1}}, nil
}

// readOtherReport takes of a report what does not depend on its template.
func (in *input) readOtherReport() error {
	r := newSRReader(in)
	if err := r.read(); err != nil {
		return err
	}
	in.facts.Object, in.facts.Images = nil, nil
	in.check(ruleReportTemplate, 1)
	in.find(ruleReportTemplate, tagPath(nil, tagTemplate), "", "")
	r.flags()
	return nil
}

// readMeasurements reads a report by TID 1500.
func (in *input) readMeasurements() error {
	r := newSRReader(in)
	if err := r.read(); err != nil {
		return err
	}
	r.flags()
	r.root()
	r.measurements()
	return nil
}

func newSRReader(in *input) *srReader {
	return &srReader{in: in, refs: newReferences(in), items: []srItem{{image: -1}}, open: []int32{0}}
}

func (r *srReader) read() error {
	_, err := r.in.scan(func(e *dicom.Element, text string) error {
		r.element(e, text)
		return nil
	})
	return err
}

// element takes one element: its first parents tell the content item.
func (r *srReader) element(e *dicom.Element, text string) {
	level := 0
	for level < len(e.Parents) && e.Parents[level].Tag == tagContent {
		level++
	}
	item := r.item(e.Parents[:level])
	if item == nil {
		return
	}
	rest := e.Parents[level:]
	switch {
	case len(rest) == 0 && level == 0:
		r.document(e.Tag, text)
		fallthrough
	case len(rest) == 0:
		item.learn(e.Tag, text)
	case within(rest, tagConceptName):
		item.name.learn(e.Tag, text)
	case within(rest, tagConceptCode):
		item.value.learn(e.Tag, text)
	case within(rest, tagMeasuredValue):
		item.valued = true
		if e.Tag == tagNumericValue {
			item.number = text
		}
	case within(rest, tagMeasuredValue, tagUnits):
		item.unit.learn(e.Tag, text)
	case within(rest, tagReferencedSOPs) && e.Tag == tagReferencedSOP && level > 0:
		item.image = r.refs.add(e, text)
	case level == 0:
		r.evidence(e, text)
	}
}

// document takes what the root says of the whole report.
func (r *srReader) document(tag dicom.Tag, text string) {
	switch tag {
	case tagCompletion:
		r.completion = text
	case tagVerification:
		r.verification = text
	}
}

// learn takes an element of the item itself.
func (s *srItem) learn(tag dicom.Tag, text string) {
	switch tag {
	case tagValueType:
		s.kind = text
	case tagTextValue, tagPersonName, tagUID:
		s.text = text
	case tagGraphicType:
		s.graphic = text
	}
}

// evidence takes an element of the instances that the report is about.
func (r *srReader) evidence(e *dicom.Element, text string) {
	switch {
	case e.Tag == tagReferencedSOP && within(e.Parents, tagEvidence, tagReferencedFrom, tagReferencedSOPs):
		r.refs.add(e, text)
	case e.Tag == tagSeries && within(e.Parents, tagEvidence, tagReferencedFrom):
		r.refs.series(text)
	}
}

// item returns the content item at a place, made if it is new; nil if there are
// too many.
func (r *srReader) item(steps []dicom.Step) *srItem {
	for level, s := range steps {
		if level+1 < len(r.open) {
			if r.items[r.open[level+1]].child == int32(s.Item-1) {
				continue
			}
			r.open = r.open[:level+1]
		}
		if len(r.items) > r.in.Limits.Records {
			r.in.facts.Beyond++
			return nil
		}
		r.items = append(r.items, srItem{parent: r.open[level], level: int32(level + 1), child: int32(s.Item - 1), image: -1})
		r.open = append(r.open, int32(len(r.items)-1))
	}
	return &r.items[r.open[len(steps)]]
}

// steps returns the items of ContentSequence that lead to a content item.
func (r *srReader) steps(item int32) []dicom.Step {
	steps := make([]dicom.Step, r.items[item].level)
	for i := len(steps) - 1; i >= 0; i-- {
		steps[i] = dicom.Step{Tag: tagContent, Item: int(r.items[item].child) + 1}
		item = r.items[item].parent
	}
	return steps
}

// flags tells of reports that are partial or not verified.
func (r *srReader) flags() {
	r.in.check(ruleReportPartial, 1)
	if r.completion == "PARTIAL" {
		r.in.find(ruleReportPartial, tagPath(nil, tagCompletion), "", "")
	}
	r.in.check(ruleReportUnverified, 1)
	if r.verification == "UNVERIFIED" {
		r.in.find(ruleReportUnverified, tagPath(nil, tagVerification), "", "")
	}
}

func (r *srReader) root() {
	root := &r.items[0]
	r.in.check(ruleReportRoot, 1)
	switch {
	case root.kind != "CONTAINER":
		r.in.find(ruleReportRoot, tagPath(nil, tagValueType), "", "the root is no container")
	case !root.name.isMeasurementReport():
		r.in.find(ruleReportRoot, tagPath(nil, tagConceptName), "", "")
	}
}

// srGroup is a measurement group with what it says.
type srGroup struct {
	item     int32
	finding  code
	tracking string
	image    int32
	kind     Kind
	numbers  []int32 // items of its measurements
}

// measurements reads the measurement groups, checks what is in them and makes
// labels: one of the finding of each group, one of each measurement.
func (r *srReader) measurements() {
	var groups []srGroup
	of := map[int32]int{} // index of the group by its item
	for i := int32(1); i < int32(len(r.items)); i++ {
		item := &r.items[i]
		if item.kind == "NUM" {
			r.unit(i)
		}
		if item.kind == "CONTAINER" && item.name.is("125007") {
			of[i] = len(groups)
			groups = append(groups, srGroup{item: i, image: -1})
			continue
		}
		if g, ok := r.groupOf(i, of); ok {
			groups[g].learn(i, item, groups[g].item == item.parent)
		}
	}
	r.in.check(ruleReportTracking, len(groups))
	for i := range groups {
		if groups[i].tracking == "" {
			r.in.find(ruleReportTracking, tagPath(r.steps(groups[i].item), tagContent)+" no 112040", "", "")
		}
	}
	r.labels(groups)
}

// groupOf returns the group that an item stands in.
func (r *srReader) groupOf(item int32, of map[int32]int) (int, bool) {
	for item = r.items[item].parent; item > 0; item = r.items[item].parent {
		if g, ok := of[item]; ok {
			return g, true
		}
	}
	return 0, false
}

// learn takes a content item of the group; direct ones say what the group is.
func (g *srGroup) learn(at int32, item *srItem, direct bool) {
	if g.image < 0 {
		g.image = item.image
	}
	switch {
	case item.kind == "NUM":
		g.numbers = append(g.numbers, at)
	case item.kind == "SCOORD", item.kind == "SCOORD3D":
		g.kind = Polygon
		if item.graphic == "POINT" || item.graphic == "MULTIPOINT" {
			g.kind = Point
		}
	case !direct:
	case item.kind == "UIDREF" && item.name.is("112040"):
		g.tracking = item.text
	case item.kind == "CODE" && (item.name.is("121071") || item.name.value == "121071"):
		g.finding = item.value
	}
}

// unit checks a measurement. One without a value needs none.
func (r *srReader) unit(item int32) {
	s := &r.items[item]
	if !s.valued {
		return
	}
	r.in.check(ruleReportUnit, 1)
	if s.unit.value == "" {
		at := append(r.steps(item), dicom.Step{Tag: tagMeasuredValue, Item: 1})
		r.in.find(ruleReportUnit, tagPath(at, tagUnits), "", "")
	}
}

// labels makes the labels of the groups.
func (r *srReader) labels(groups []srGroup) {
	f := r.in.facts
	reader, origin := r.observer()
	f.At.Label = r.pattern(groups)
	names := objectClasses{in: r.in}
	for _, g := range groups {
		image := g.image
		if image < 0 && len(f.Images) > 0 {
			image = 0
		}
		l := Label{
			Image: image, Reader: reader, Unit: unitOf(g.tracking), Shape: -1, Place: r.items[g.item].child,
			Kind: g.kind, Origin: origin, Value: float32(math.NaN()),
		}
		l.Class = names.of(firstOf(g.finding.meaning, g.finding.value, "finding"), false)
		r.in.addLabel(l)
		for _, n := range g.numbers {
			m := &r.items[n]
			v, err := strconv.ParseFloat(m.number, 32)
			if err != nil {
				continue
			}
			l.Kind, l.Value = Measurement, float32(v)
			l.Class = names.of(m.measure(), false)
			r.in.addLabel(l)
		}
	}
}

// measure names what was measured, with its unit: "Length (mm)".
func (s *srItem) measure() string {
	name := firstOf(s.name.meaning, s.name.value, "measurement")
	if s.unit.value != "" {
		name += " (" + s.unit.value + ")"
	}
	return name
}

// pattern is the pointer to the groups, if they stand in one container; their
// Place is their number in it.
func (r *srReader) pattern(groups []srGroup) string {
	for i, g := range groups {
		if i > 0 && r.items[g.item].parent != r.items[groups[0].item].parent {
			return ""
		}
	}
	if len(groups) == 0 {
		return ""
	}
	steps := r.steps(groups[0].item)
	p := tagPath(steps[:len(steps)-1], tagContent) + "[%d]"
	return p
}

// observer returns who the report says measured: a person, or a device.
//
// Source: DICOM PS3.16 TID 1001, 1003 and 1004.
func (r *srReader) observer() (int32, Origin) {
	f := r.in.facts
	for i := range r.items {
		item := &r.items[i]
		if item.level != 1 || item.text == "" {
			continue
		}
		switch {
		case item.kind == "PNAME" && item.name.is("121008"):
			f.Readers = append(f.Readers, r.in.Hash(item.text))
			return 0, Human
		case item.kind == "UIDREF" && item.name.is("121012"):
			f.Readers = append(f.Readers, r.in.Hash(item.text))
			return 0, Model
		}
	}
	return -1, UnknownOrigin
}

// unitOf numbers a thing by its UID, so that files that measure one thing agree
// on its number, and every run does; -1 without.
func unitOf(uid string) int32 {
	if uid == "" {
		return -1
	}
	h := fnv.New32a()
	io.WriteString(h, uid)
	return int32(h.Sum32() &^ (1 << 31))
}
