package annotation

import (
	"fmt"
	"strings"

	"assay/internal/audit/score"
)

// Rules of tables of uncertain labels.
var (
	ruleLabelValue = score.Rule{
		Code: "F-306", Level: score.Error, Title: "Label that is none of 1, 0, -1 and blank", Of: "labels of classes in columns",
		Cap: 6, Full: 0.05,
		Fix:    "Write 1 for present, 0 for absent, -1 for uncertain, and leave what the report does not mention blank.",
		Source: "Irvin et al., CheXpert, 2019, section 2; the tables of CheXpert and MIMIC-CXR",
	}
	ruleNoFinding = score.Rule{
		Code: "C-300", Level: score.Error, Title: "No Finding beside a finding", Of: "images with No Finding",
		Cap: 5, Full: 0.05,
		Fix:    "Look at the image or its report, and keep one of them.",
		Source: "CheXpert: No Finding excludes all others but Support Devices; ChestX-ray14",
	}
	ruleAllBlank = score.Rule{
		Code: "C-301", Level: score.Warning, Title: "Row without any label", Of: "rows of classes in columns",
		Cap: 2, Full: 0.1,
		Fix:    "Label the image, or take the row out; blank means not mentioned, not absent.",
		Source: "CheXpert's train.csv has 12 such rows in 223,414",
	}
)

// chexpertNames are the classes of CheXpert, folded.
//
// Source: Irvin et al., CheXpert, 2019, table 1.
var chexpertNames = map[string]bool{
	"nofinding": true, "enlargedcardiomediastinum": true, "cardiomegaly": true, "lungopacity": true, "airspaceopacity": true, "lunglesion": true,
	"edema": true, "consolidation": true, "pneumonia": true, "atelectasis": true, "pneumothorax": true, "pleuraleffusion": true, "pleuralother": true,
	"fracture": true, "supportdevices": true,
}

// isCheXpert reports whether five columns or more are classes of CheXpert.
func (l *layout) isCheXpert() bool {
	n := 0
	for i := range l.columns {
		if chexpertNames[l.columns[i].key] {
			n++
		}
	}
	return n >= 5
}

// chexpertClasses are the columns of CheXpert's classes, and those after the
// first of them that hold 1, 0, -1 and blank alone.
func (l *layout) chexpertClasses(h *tableHeadOf, taken func(int) bool) []int {
	var classes []int
	for i := range l.columns {
		known := chexpertNames[l.columns[i].key]
		if known || len(classes) > 0 && !taken(i) && h.flags[i] == h.filled[i] && h.filled[i] > 0 {
			classes = append(classes, i)
		}
	}
	return classes
}

// chexpert takes a row of classes in columns.
func (r *tableReading) chexpert() {
	name := r.value(r.image)
	if name == nil {
		name = r.value(max(r.sop, r.series, r.patient))
	}
	image := r.imageOf(name, r.image >= 0)
	if image >= 0 {
		if im := &r.in.facts.Images[image]; im.Patient == (Hash{}) {
			im.Patient = r.rec.hash(patientOfPath(string(name)))
		}
	}
	r.flags(image, true)
}

// patientOfPath is the part of a path that names the patient as CheXpert and
// MIMIC-CXR write it: patient00001, p10000032.
func patientOfPath(p string) string {
	for _, part := range strings.FieldsFunc(p, func(r rune) bool { return r == '/' || r == '\\' }) {
		rest, ok := strings.CutPrefix(part, "patient")
		if !ok {
			rest, ok = strings.CutPrefix(part, "p")
			ok = ok && len(rest) == 8
		}
		if ok && len(rest) > 0 && strings.Trim(rest, "0123456789") == "" {
			return part
		}
	}
	return ""
}

// flags takes the columns of classes of a row; where they are known to be of
// 1, 0, -1 and blank, other values are faults.
func (r *tableReading) flags(image int32, strict bool) {
	of := r.readerOfRow()
	blank, none, finding, said := true, false, false, 0
	for _, i := range r.classes {
		if i >= len(r.t.fields) {
			break // a row with too few fields says nothing of the rest
		}
		c := &r.columns[i]
		name, origin := c.name, r.made
		reader := of
		by, several := r.rated[i]
		if several {
			name, origin, reader = by.class, by.origin, r.rec.reader(by.source)
		}
		class := r.rec.class(name, true)
		v := r.value(i)
		said++
		if holdingOf(v) == blankValue {
			if class >= 0 {
				r.in.facts.Classes[class].Blank++
			}
			continue
		}
		blank = false
		state, is := flag(v)
		if !is {
			if strict {
				r.in.find(ruleLabelValue, c.at(r.t.line), "", "")
			}
			continue
		}
		if state == Positive {
			none = none || c.key == "nofinding"
			finding = finding || c.key != "nofinding" && c.key != "supportdevices"
		}
		l := whole(image, class, r.t.line, state)
		l.Reader, l.Origin = reader, origin
		if class >= 0 {
			r.rec.label(l)
		}
	}
	if strict {
		r.in.check(ruleLabelValue, said)
	}
	r.in.check(ruleAllBlank, 1)
	if blank && said == len(r.classes) {
		r.in.find(ruleAllBlank, fmt.Sprintf("%d:row", r.t.line), "", "")
	}
	r.noFinding(none, finding)
}

// noFinding tells a row that says there is no finding, and names one.
func (r *tableReading) noFinding(none, finding bool) {
	if !none {
		return
	}
	r.in.check(ruleNoFinding, 1)
	if !finding {
		return
	}
	column := r.label
	for _, i := range r.classes {
		if r.columns[i].key == "nofinding" {
			column = i
		}
	}
	r.in.find(ruleNoFinding, r.columns[column].at(r.t.line), "", "")
}

// readerOfRow is the reader whom the row or the name of the file tells.
func (r *tableReading) readerOfRow() int32 {
	if r.reader >= 0 {
		return r.rec.reader(string(r.value(r.reader)))
	}
	return r.file
}
