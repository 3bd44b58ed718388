package annotation

import (
	"math"
	"strconv"

	"assay/internal/audit/score"
)

var (
	ruleTargetBox = score.Rule{
		Code: "C-302", Level: score.Error, Title: "Target and box contradict each other", Of: "rows with a target",
		Cap: 5, Full: 0.05,
		Fix:    "Give a row of Target 1 its box, and a row of Target 0 none.",
		Source: "RSNA Pneumonia Detection Challenge 2018, data description",
	}
	ruleRuns = score.Rule{
		Code: "F-308", Level: score.Error, Title: "Run lengths that are not pairs of whole numbers", Of: "masks as run lengths",
		Cap: 5, Full: 0.05,
		Fix:    "Write starts and lengths in pairs, both above 0 and apart by spaces, or -1 for an image without a mask.",
		Source: "SIIM-ACR Pneumothorax Segmentation 2019, data description",
	}
)

// rsna takes a row of a box or of an image without one. Its classes are the
// values of Target.
func (r *tableReading) rsna() {
	image := r.imageOf(r.value(r.image), false)
	target := string(r.value(r.label))
	if n := number([]byte(target)); n == math.Trunc(n) && math.Abs(n) < 1e6 {
		target = strconv.Itoa(int(n))
	}
	if target == "" {
		return
	}
	class := r.rec.class(target, false)
	l := whole(image, class, r.t.line, Positive)
	boxed := r.boxOf(&l)
	r.in.check(ruleTargetBox, 1)
	if boxed != (target == "1") {
		note := "no box"
		if boxed {
			note = "a box"
		}
		r.in.find(ruleTargetBox, r.columns[r.box[0]].at(r.t.line), "", note)
	}
	if class >= 0 {
		r.rec.label(l)
	}
	if image >= 0 && target == "0" {
		r.in.facts.Images[image].Empty = true
	}
}

// runTable takes a row of a mask as run lengths; -1 and nothing are images
// without one.
func (r *tableReading) runTable() {
	image := r.imageOf(r.value(r.image), false)
	runs := r.value(r.runs)
	if r.runs >= len(r.t.fields) {
		return
	}
	name := r.columns[r.runs].name
	if v := r.value(r.label); len(v) > 0 {
		name = string(v)
	}
	class := r.rec.class(name, true)
	if class < 0 {
		return
	}
	r.in.check(ruleRuns, 1)
	if len(runs) == 0 || string(runs) == "-1" {
		r.rec.label(whole(image, class, r.t.line, Negative))
		if image >= 0 {
			r.in.facts.Images[image].Empty = true
		}
		return
	}
	if note := runsWrong(runs); note != "" {
		r.in.find(ruleRuns, r.columns[r.runs].at(r.t.line), "", note)
		return
	}
	l := whole(image, class, r.t.line, Positive)
	l.Kind, l.Reader = Mask, r.readerOfRow()
	r.rec.label(l)
}

// runsWrong says what is wrong with run lengths, empty if nothing is. A start
// may be 0, where they are counted from there or from the end before.
func runsWrong(runs []byte) string {
	n, value, digits := 0, 0, 0
	for i := 0; i <= len(runs); i++ {
		if i < len(runs) && runs[i] >= '0' && runs[i] <= '9' {
			value, digits = min(value*10+int(runs[i]-'0'), 1<<40), digits+1
			continue
		}
		if i < len(runs) && runs[i] != ' ' {
			return "not whole numbers"
		}
		if digits > 0 {
			if n++; n%2 == 0 && value == 0 {
				return "a length of 0"
			}
		}
		value, digits = 0, 0
	}
	if n%2 != 0 {
		return "an odd count of numbers"
	}
	return ""
}
