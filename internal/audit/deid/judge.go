package deid

import (
	"bytes"
	"strings"

	"assay/internal/audit/dicom"
	"assay/internal/audit/finding"
	"assay/internal/audit/text"
)

// Message suffixes by class; the attribute comes before.
func (in *Inspector) classified(en *entry, e *dicom.Element, str string, c class) {
	if c == empty {
		return
	}
	in.note(en.rule, en, e, note{class: c, check: en.check, shape: finding.Mask(str), message: messageFor(keywordAt(e), c), value: in.hash(str)})
}

func messageFor(keyword string, c class) string {
	switch c {
	case dummy:
		return say(keyword, " holds a dummy value.")
	case pseudonym:
		return say(keyword, " holds what reads like a pseudonym.")
	case yearOnly:
		return say(keyword, " holds a date that says only the year.")
	}
	return say(keyword, " is filled.")
}

func (in *Inspector) textValue(en *entry, e *dicom.Element, str string) {
	if !e.VR.IsText() {
		if len(e.Value) > 0 && bytes.Trim(e.Value, "\x00") != nil {
			in.note(en.rule, en, e, note{class: real, check: en.check, message: messageFor(keywordAt(e), real), value: in.hash(string(e.Value))})
		}
		return
	}
	switch e.Tag {
	case tagUnformattedText:
		if within(e, tagWaveformAnnotation) {
			in.note(&ruleWaveform, en, e, note{class: classOfText(str), severity: ruleWaveform.Severity, shape: finding.Mask(str), message: "A waveform annotation holds text."})
			return
		}
	case tagInstanceOrigin:
		if str != "LOCAL" && str != "IMPORTED" {
			return
		}
	}
	in.classified(en, e, str, worst(str, classOfText))
}

const (
	tagUnformattedText    dicom.Tag = 0x00700006
	tagWaveformAnnotation dicom.Tag = 0x0040B020
	tagInstanceOrigin     dicom.Tag = 0x04000600
	tagEncapsulated       dicom.Tag = 0x00420011
	tagContentSequence    dicom.Tag = 0x0040A730
)

// within reports whether e lies in a sequence, at any depth.
func within(e *dicom.Element, sequence dicom.Tag) bool {
	for _, p := range e.Parents {
		if p.Tag == sequence {
			return true
		}
	}
	return false
}

func (in *Inspector) presence(en *entry, e *dicom.Element) {
	message := say(keywordAt(e), " is present.")
	if e.Tag == tagEncapsulated {
		in.facts.Document = &Document{Offset: e.ValueOffset, Length: e.Length}
		message = "An encapsulated document is present; its text is not de-identified by the header rules."
	}
	in.note(en.rule, en, e, note{class: real, check: en.check, message: message})
}

// sequence notes that a sequence has items. One of undefined length is noted
// only once its first element shows.
func (in *Inspector) sequence(en *entry, e *dicom.Element) {
	n := note{class: real, check: en.check, message: say(keywordAt(e), " has items.")}
	if e.Length >= 0 {
		in.note(en.rule, en, e, n)
		return
	}
	n.path, n.offset = e.Path(), e.Offset
	in.emptySQ = &pendingSequence{entry: en, tag: e.Tag, depth: e.Depth, note: n, key: noteKey{en.rule, e.Tag, parentsKey(e.Parents), "", n.message}}
}

// confirmSequence notes the pending sequence if e lies in it.
func (in *Inspector) confirmSequence(e *dicom.Element) {
	p := in.emptySQ
	if p == nil {
		return
	}
	in.emptySQ = nil
	if e.Depth <= p.depth || e.Parents[p.depth].Tag != p.tag {
		return
	}
	if i, ok := in.index[p.key]; ok {
		in.notes[i].count++
		return
	}
	in.insert(p.key, p.entry.rule, p.entry, &dicom.Element{Tag: p.tag, Offset: p.note.offset}, p.note)
}

func (in *Inspector) name(en *entry, e *dicom.Element, str string) {
	if str == "" {
		return
	}
	if e.Tag == tagPatientName && e.Depth == 0 {
		in.patientName = str
	}
	message := say(keywordAt(e), " holds a name.")
	if e.Private {
		message = "A private attribute holds a name."
	}
	// Whether the name is a pseudonym shows when PatientID is known.
	i := in.note(en.rule, en, e, note{class: real, check: checkName, shape: finding.Mask(str), message: message, value: in.hash(str)})
	if i >= 0 && len(in.names) < maxPending {
		in.names = append(in.names, pendingName{str, i})
	}
}

const (
	tagPatientName dicom.Tag = 0x00100010
	tagPatientID   dicom.Tag = 0x00100020
	tagStudyDate   dicom.Tag = 0x00080020
	tagStudyUID    dicom.Tag = 0x0020000D
	tagSOPUID      dicom.Tag = 0x00080018
	tagMetaUID     dicom.Tag = 0x00020003
)

func (in *Inspector) identifier(en *entry, e *dicom.Element, str string) {
	if str == "" {
		return
	}
	if e.Tag == tagPatientID && e.Depth == 0 {
		in.patientID = str
		in.facts.Patient = in.hash(str)
	}
	i := in.note(en.rule, en, e, note{class: real, check: checkPatientID, shape: finding.Mask(str), message: say(keywordAt(e), " may be the real one."), value: in.hash(str)})
	if i >= 0 && len(in.ids) < maxPending {
		in.ids = append(in.ids, pendingName{str, i})
	}
}

func (in *Inspector) age(en *entry, e *dicom.Element, str string) {
	years := -1
	for v := range strings.SplitSeq(str, `\`) {
		years = max(years, ageYears(v))
	}
	keyword := keywordAt(e)
	switch {
	case years == 0 && strings.Trim(str, "0DWMYdwmy ") == "":
		in.classified(remaining(en), e, str, dummy)
	case years < 0:
		in.classified(remaining(en), e, str, classOfText(str))
	case years > 90 || years == 90 && str != "090Y" && str != "90Y":
		in.note(&ruleAge, en, e, note{class: real, check: checkAge, shape: "> 89", severity: finding.Blocker, message: say(keyword, " says more than 89 years.")})
	case years == 90:
		in.note(&ruleAge, en, e, note{class: dummy, check: checkAge, shape: "90", severity: finding.Warning, message: say(keyword, " says 90 years, the group of all ages over 89.")})
	default:
		in.note(&ruleRemainX, en, e, note{class: real, check: checkText, shape: finding.Mask(str), severity: finding.Warning, message: say(keyword, " is filled."), value: in.hash(str)})
	}
}

// remaining is the entry with the rule for any other row.
func remaining(en *entry) *entry {
	c := *en
	c.rule, c.check, c.severity = &ruleRemainX, checkText, finding.Warning
	return &c
}

func (in *Inspector) uid(en *entry, e *dicom.Element, str string) {
	switch {
	case e.Tag == tagMetaUID:
		in.metaUID = str
	case e.Depth > 0:
	case e.Tag == tagSOPUID:
		in.sopUID = str
		in.facts.Instance = in.hash(str)
	case e.Tag == tagStudyUID:
		in.facts.Study = in.hash(str)
	}
	for v := range strings.SplitSeq(str, `\`) {
		v = trim(v)
		s := standingOfUID(v)
		if e.Depth == 0 && ownUIDs[keywordAt(e)] && strings.HasPrefix(v, publicRoot) {
			in.note(en.rule, en, e, note{class: pseudonym, check: checkUID, shape: rootArc(v), message: say(keywordAt(e), " is of a set that The Cancer Imaging Archive publishes; check that its terms allow a copy.")})
		}
		if !s.original() {
			continue
		}
		if s.date != 0 {
			in.trace(s.date, e)
		}
		message := say(keywordAt(e), " has a date inside.")
		if s.maker != "" {
			message = sentences.Join(keywordAt(e), " is under the root of ", s.maker, ".")
		}
		in.note(en.rule, en, e, note{class: real, check: checkUID, shape: rootArc(v), message: message})
		in.reference(e, v)
	}
}

// rootArc is the part of a UID that names who issued it; the rest is masked by
// its length.
func rootArc(uid string) string {
	rest := uid
	for range 4 {
		_, after, more := strings.Cut(rest, ".")
		if !more {
			return finding.Mask(uid)
		}
		rest = after
	}
	return say(uid[:len(uid)-len(rest)], "…")
}

// reference keeps a UID that points to an instance of the original system from
// one whose own UID was replaced.
func (in *Inspector) reference(e *dicom.Element, uid string) {
	if e.Tag != 0x00081155 || in.sopUID == "" || standingOfUID(in.sopUID).original() || len(in.facts.Refs) >= maxRefs {
		return
	}
	if h := in.hash(uid); h != (Hash{}) {
		in.facts.Refs = append(in.facts.Refs, h)
	}
}

func (in *Inspector) overlay(e *dicom.Element) {
	switch e.Tag.Element() {
	case 0x3000, 0x4000:
		en := &entry{rule: &ruleOverlay, check: checkPresence, row: rowOf(e.Tag), severity: finding.Warning}
		in.note(&ruleOverlay, en, e, note{class: real, check: checkPresence, message: say(keywordAt(e), " is present.")})
	case 0x0102: // OverlayBitPosition: the plane lies in PixelData
		if len(bytes.Trim(e.Value, "\x00")) > 0 {
			en := &entry{rule: &ruleOverlay, check: checkPresence, row: &overlayData, severity: finding.Warning}
			in.note(&ruleOverlay, en, e, note{class: real, check: checkPresence, message: "An overlay lies in the high bits of the pixels."})
		}
	}
}

// structured judges the content tree of a structured report.
func (in *Inspector) structured(en *entry, e *dicom.Element, str string) {
	sr := &entry{rule: &ruleSR, check: checkSR, row: byTag()[tagContentSequence], severity: finding.Warning}
	switch keywordAt(e) {
	case "PersonName":
		sr.severity = finding.Blocker
		in.name(sr, e, str)
	case "TextValue":
		if c := classOfText(str); c == real {
			in.note(&ruleSR, sr, e, note{class: c, check: checkSR, message: "A content item holds text."})
		}
	case "NumericValue":
		in.measuredAge(e, str)
	}
}

// concepts of content items that hold the age of the patient.
var ageConcepts = map[string]bool{"121033": true, "397669002": true, "424144002": true, "30525-0": true, "SRT:M-F1048": true}

func (in *Inspector) measuredAge(e *dicom.Element, str string) {
	if !ageConcepts[in.concepts[len(e.Parents)-1]] {
		return
	}
	unit := map[string]string{"a": "Y", "yr": "Y", "mo": "M", "wk": "W", "d": "D"}[in.unit]
	if ageYears(str+unit) > 89 {
		in.note(&ruleAge, nil, e, note{class: real, check: checkAge, shape: "> 89", severity: finding.Blocker, message: "A content item says an age of more than 89 years."})
	}
}

// referencedPath judges the path in a DICOMDIR like that of a file.
func (in *Inspector) referencedPath(e *dicom.Element, str string) {
	for _, h := range in.conf.Text.ScanName(strings.ReplaceAll(str, `\`, "/")) {
		rule := h.Rule
		in.note(ruleOf(rule), nil, e, note{class: real, severity: h.Severity, shape: h.Shape, message: "A path in the DICOMDIR holds an identifier."})
	}
}

// textRules holds one address for each rule of the text package.
var textRules = func() map[string]*finding.Rule {
	m := map[string]*finding.Rule{}
	for _, r := range text.Rules() {
		m[r.ID] = &r
	}
	return m
}()

func ruleOf(r finding.Rule) *finding.Rule { return textRules[r.ID] }
