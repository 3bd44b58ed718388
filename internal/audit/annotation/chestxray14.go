package annotation

import (
	"bytes"
	"cmp"
	"maps"
	"math"
	"slices"

	"assay/internal/audit/score"
)

var (
	ruleUnknownLabel = score.Rule{
		Code: "F-307", Level: score.Error, Title: "Label that the vocabulary does not hold", Of: "labels parted by |",
		Cap: 6, Full: 0.05,
		Fix:    "Correct the spelling, or use a label of the vocabulary.",
		Source: "Wang et al., ChestX-ray8, 2017, and the README of ChestX-ray14: 14 findings and No Finding; and what a table itself uses often",
	}
	ruleVocabulary = score.Rule{
		Code: "C-305", Level: score.Warning, Title: "Class called otherwise in another table", Of: "classes of tables",
		Cap: 3, Full: 0.1,
		Fix:    "Use one name for a class in all tables; otherwise its labels count as two classes.",
		Source: "ChestX-ray14: BBox_List_2017.csv says Infiltrate, Data_Entry_2017.csv Infiltration",
	}
)

// chestXray14Names are the labels of ChestX-ray14.
//
// Source: the README of ChestX-ray14.
var chestXray14Names = map[string]bool{
	"Atelectasis": true, "Cardiomegaly": true, "Effusion": true, "Infiltration": true, "Mass": true, "Nodule": true, "Pneumonia": true,
	"Pneumothorax": true, "Consolidation": true, "Edema": true, "Emphysema": true, "Fibrosis": true, "Pleural_Thickening": true, "Hernia": true,
	"No Finding": true,
}

// token is a label out of the vocabulary.
type token struct {
	count int
	lines []int32
}

// maxTokens bounds the different labels out of the vocabulary that are told
// apart.
const maxTokens = 10_000

// chestXray14 takes a row of the table of labels, or of that of boxes.
func (r *tableReading) chestXray14() {
	name := r.value(r.image)
	boxes := r.box[0] >= 0
	image := r.imageOf(name, !boxes)
	none, finding := false, false
	for part := range bytes.SplitSeq(r.value(r.label), []byte{'|'}) {
		part = trimSpace(part)
		if len(part) == 0 {
			continue
		}
		r.in.check(ruleUnknownLabel, 1)
		none = none || string(part) == "No Finding"
		finding = finding || string(part) != "No Finding"
		if !chestXray14Names[string(part)] && !(boxes && string(part) == "Infiltrate") {
			r.unknown(part)
		}
		class := r.rec.class(string(part), false)
		if class < 0 {
			continue
		}
		l := whole(image, class, r.t.line, Positive)
		if !boxes {
			l.Origin = Report
		} else if !r.boxOf(&l) {
			continue
		}
		r.rec.label(l)
	}
	r.noFinding(none, finding)
}

func (r *tableReading) unknown(name []byte) {
	t := r.tokens[string(name)]
	if t == nil {
		if len(r.tokens) >= maxTokens {
			return
		}
		t = &token{}
		r.tokens[string(name)] = t
	}
	if t.count++; len(t.lines) < score.MaxExamples {
		t.lines = append(t.lines, r.t.line)
	}
}

// vocabulary tells the labels out of the vocabulary, apart from those that the
// table uses often: those are its own.
func (r *tableReading) vocabulary() {
	often := max(10, r.rows/200)
	tokens := slices.SortedFunc(maps.Values(r.tokens), func(a, b *token) int { return cmp.Compare(a.lines[0], b.lines[0]) })
	for _, t := range tokens {
		if t.count < often {
			findMany(r.in, ruleUnknownLabel, t.count, t.lines, r.columns[r.label].at, "")
		}
	}
}

// boxOf reads the box of a row into a label, and reports whether there is one;
// one without width or height is a fault.
func (r *tableReading) boxOf(l *Label) bool {
	var v [4]float64
	for i, column := range r.box {
		v[i] = number(r.value(column))
		if math.IsNaN(v[i]) || math.IsInf(v[i], 0) {
			return false
		}
	}
	if r.corners {
		v[2], v[3] = v[2]-v[0], v[3]-v[1]
	}
	r.in.check(ruleFlat, 1)
	for i := 2; i < 4; i++ {
		if v[i] <= 0 {
			r.in.find(ruleFlat, r.columns[r.box[i]].at(r.t.line), "", "")
			break
		}
	}
	l.Kind = Box
	l.Box = [4]float32{float32(v[0]), float32(v[1]), float32(v[2]), float32(v[3])}
	return true
}
