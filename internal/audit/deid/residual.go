package deid

import (
	"assay/internal/audit/dicom"
	"assay/internal/audit/finding"
	"assay/internal/audit/intern"
	"assay/internal/audit/text"
)

// Text is a text of one file that holds words outside the vocabulary.
type Text struct {
	Attribute string // its keyword, or the tag if it has none
	Value     string // as the file holds it: it may identify somebody
}

// Bounds of the texts that one file hands on.
const (
	maxTexts     = 512
	maxTextBytes = 64 << 10
)

var residualIn = intern.NewMemo(text.Residual).Of

// residual lists a text that a person should read, because not all its words
// are known to name nobody.
func (in *Inspector) residual(e *dicom.Element, str string) {
	if !in.conf.ListTexts && !in.conf.KeepTexts || str == "" || !residualIn(str) {
		return
	}
	attribute := keywordAt(e)
	if attribute == "" {
		attribute = e.Tag.String()
	}
	in.note(ruleOf(text.ResidualRule()), nil, e, note{class: real, severity: finding.Info, shape: finding.Mask(str), message: say(attribute, " holds text for a person to read.")})
	if !in.conf.KeepTexts {
		return
	}
	if len(in.facts.Texts) >= maxTexts || in.textBytes+len(str) > maxTextBytes {
		in.facts.TextsBeyond++
		return
	}
	in.textBytes += len(str)
	in.facts.Texts = append(in.facts.Texts, Text{attribute, str})
}
