package deid

import (
	"assay/internal/audit/finding"
	"slices"
	"strings"

	"assay/internal/audit/dicom"
)

// declared is what a file says about its own de-identification.
type declared struct {
	flag     string // PatientIdentityRemoved
	method   string // DeidentificationMethod
	temporal string // LongitudinalTemporalInformationModified
	codes    []declaredCode
}

// declaredCode is an item of DeidentificationMethodCodeSequence.
type declaredCode struct {
	item                   int
	value, scheme, meaning string
}

const (
	tagFlag        dicom.Tag = 0x00120062
	tagMethod      dicom.Tag = 0x00120063
	tagMethodCodes dicom.Tag = 0x00120064
	tagTemporal    dicom.Tag = 0x00280303
	tagConceptName dicom.Tag = 0x0040A043
	tagUnits       dicom.Tag = 0x004008EA
	tagCodeValue   dicom.Tag = 0x00080100
	tagScheme      dicom.Tag = 0x00080102
	tagMeaning     dicom.Tag = 0x00080104
)

// maxCodes bounds the items that are kept; CID 7050 has 13 codes.
const maxCodes = 32

// declaration takes note of what the file says about its de-identification,
// and of the concepts of content items.
func (in *Inspector) declaration(e *dicom.Element, str string) {
	if e.Depth == 0 {
		switch e.Tag {
		case tagFlag:
			in.said.flag = strings.ToUpper(str)
		case tagMethod:
			in.said.method = str
		case tagTemporal:
			in.said.temporal = strings.ToUpper(str)
		}
		return
	}
	switch last := e.Parents[len(e.Parents)-1]; {
	case last.Tag == tagMethodCodes && e.Depth == 1:
		in.methodCode(last.Item, e.Tag, str)
	case e.Tag != tagCodeValue:
	case last.Tag == tagConceptName:
		in.concepts[len(e.Parents)-1] = str
	case last.Tag == tagUnits:
		in.unit = str
	}
}

func (in *Inspector) methodCode(item int, tag dicom.Tag, str string) {
	list := &in.said.codes
	if n := len(*list); n == 0 || (*list)[n-1].item != item {
		if n >= maxCodes {
			return
		}
		if *list == nil {
			*list = make([]declaredCode, 0, 8)
		}
		*list = append(*list, declaredCode{item: item})
	}
	code := &(*list)[len(*list)-1]
	switch tag {
	case tagCodeValue:
		code.value = str
	case tagScheme:
		code.scheme = str
	case tagMeaning:
		code.meaning = str
	}
}

// values returns the codes of CID 7050 that the file carries, sorted.
func (d *declared) values() []string {
	if len(d.codes) == 0 {
		return nil
	}
	list := make([]string, 0, len(d.codes))
	for _, c := range d.codes {
		if _, ok := meaningOf(c.value); ok && c.scheme == "DCM" {
			list = append(list, c.value)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// context is what claims and file together say, on which severities depend.
type context struct {
	method     Method
	fileCodes  []string
	fileOpts   Options
	claimOpts  Options
	declared   Options // by the claims and in the file
	shifted    bool    // dates are said to be shifted, by either
	yearOnly   bool
	safeHarbor bool
}

func (in *Inspector) context() *context {
	c := &context{fileCodes: in.said.values(), claimOpts: in.claims.options()}
	c.fileOpts = OptionsOf(c.fileCodes)
	c.declared = c.fileOpts & c.claimOpts
	if in.claims != nil {
		c.method = in.claims.Method
		c.shifted = in.claims.Dates == DatesShifted
		c.yearOnly = in.claims.Dates == DatesYearOnly
	}
	// A file that says Safe Harbor is held to it; nothing a file says by
	// itself makes a rule milder.
	if c.method == "" && strings.Contains(strings.ToLower(in.said.method), "safe harbor") {
		c.method = SafeHarbor
	}
	c.safeHarbor = c.method == SafeHarbor
	c.shifted = c.shifted || (c.fileOpts|c.claimOpts)&RetainModifiedDates != 0 || in.said.temporal == "MODIFIED"
	return c
}

// Places of the findings about claims.
const (
	pathFlag     = "(0012,0062) PatientIdentityRemoved"
	pathMethod   = "(0012,0063) DeidentificationMethod"
	pathCodes    = "(0012,0064) DeidentificationMethodCodeSequence"
	pathTemporal = "(0028,0303) LongitudinalTemporalInformationModified"
)

// judgeDeclaration reports what is missing or wrong in what the file says, and
// where it disagrees with the claims and with the content.
func (in *Inspector) judgeDeclaration(c *context) {
	if in.isDirectory {
		return
	}
	switch {
	case in.said.flag != "YES":
		severity := ruleFlag.Severity
		if in.claims.declares(BasicProfile) {
			severity = finding.Blocker
		}
		in.add(&ruleFlag, severity, pathFlag, "PatientIdentityRemoved is not YES.")
	case in.said.method == "" && len(in.said.codes) == 0:
		in.add(&ruleMethod, ruleMethod.Severity, pathMethod, "PatientIdentityRemoved is YES, but neither a method nor a code says how.")
	}
	in.judgeCodes()
	in.judgeTemporal(c)
	if c.safeHarbor && (c.fileOpts|c.claimOpts)&RetainFullDates != 0 {
		in.add(&ruleDateHarbor, ruleDateHarbor.Severity, pathCodes, "Safe Harbor is declared, and code 113106 says that full dates are retained.")
	}
	if c.safeHarbor && in.claims != nil && in.claims.Dates == DatesFull {
		in.add(&ruleDateHarbor, ruleDateHarbor.Severity, "", "Safe Harbor is declared, and the claims say that full dates were kept.")
	}
	in.judgeClaims(c)
}

func (in *Inspector) judgeCodes() {
	for _, code := range in.said.codes {
		meaning, known := meaningOf(code.value)
		switch {
		case !known:
			in.add(&ruleCode, ruleCode.Severity, pathCodes, "A code is not of CID 7050.")
		case code.scheme != "DCM":
			in.add(&ruleCode, ruleCode.Severity, pathCodes, "The scheme of code "+code.value+" is not DCM.")
		case code.meaning != "" && !sameMeaning(code.meaning, meaning):
			in.add(&ruleCode, ruleCode.Severity, pathCodes, "The meaning of code "+code.value+" is not that of CID 7050.")
		}
	}
}

func (in *Inspector) judgeTemporal(c *context) {
	full, modified := c.fileOpts&RetainFullDates != 0, c.fileOpts&RetainModifiedDates != 0
	message := ""
	switch in.said.temporal {
	case "UNMODIFIED":
		if modified {
			message = "UNMODIFIED, but code 113107 says that dates were modified."
		}
	case "MODIFIED":
		if full {
			message = "MODIFIED, but code 113106 says that full dates were kept."
		}
	case "REMOVED":
		switch {
		case full || modified:
			message = "REMOVED, but a code says that dates were retained."
		case in.hasRealDate():
			message = "REMOVED, but full dates are present."
		}
	}
	if full && modified {
		message = "Codes 113106 and 113107 exclude each other."
	}
	if message != "" {
		in.add(&ruleLongitude, ruleLongitude.Severity, pathTemporal, message)
	}
}

func (in *Inspector) hasRealDate() bool {
	return slices.ContainsFunc(in.dates, func(d datedAttribute) bool { return !d.private })
}

// judgeClaims reports where claims, codes and content contradict each other.
func (in *Inspector) judgeClaims(c *context) {
	if c.shifted {
		in.judgeShift()
	}
	if in.claims == nil {
		return
	}
	switch {
	case in.claims.Dates == DatesRemoved && in.hasRealDate():
		in.add(&ruleMismatch, finding.Blocker, "", "The claims say that dates were removed, but full dates are present.")
	case in.claims.Dates == DatesYearOnly && in.hasRealDate():
		in.add(&ruleMismatch, finding.Blocker, "", "The claims say that only the year was kept, but full dates are present.")
	case in.claims.Dates == DatesShifted && in.said.temporal == "UNMODIFIED":
		in.add(&ruleMismatch, finding.Blocker, pathTemporal, "The claims say that dates were shifted, but the file says UNMODIFIED.")
	}
	if len(in.claims.Codes) == 0 {
		return
	}
	missing, extra := difference(in.claims.Codes, c.fileCodes), difference(c.fileCodes, in.claims.Codes)
	if len(missing) > 0 {
		in.add(&ruleMismatch, ruleMismatch.Severity, pathCodes, "The claims declare codes that the file does not carry: "+strings.Join(missing, ", ")+".")
	}
	if len(extra) > 0 {
		in.add(&ruleMismatch, ruleMismatch.Severity, pathCodes, "The file carries codes that the claims do not declare: "+strings.Join(extra, ", ")+".")
	}
	in.judgeKept(c)
}

// judgeKept reports content that stays although neither the claims nor the
// file name the option for it. UIDs of the instance itself contradict a claim
// of the whole profile; elsewhere they may belong to objects of others.
func (in *Inspector) judgeKept(c *context) {
	without := func(o Options) bool { return (c.fileOpts|c.claimOpts)&o == 0 }
	kept := func(test func(*note) bool) bool {
		return slices.ContainsFunc(in.notes, func(n note) bool { return n.class == real && test(&n) })
	}
	if without(RetainPatientCharacteristics) && kept(func(n *note) bool {
		return n.entry != nil && n.entry.row != nil && n.entry.row.keep&RetainPatientCharacteristics != 0
	}) {
		in.add(&ruleMismatch, ruleMismatch.Severity, pathCodes, "Sex, age, size or other characteristics are kept without code 113108.")
	}
	if !without(RetainUIDs) || !kept(func(n *note) bool { return n.rule == &ruleUID }) {
		return
	}
	severity := ruleMismatch.Severity
	if in.claims.declares(BasicProfile) && kept(func(n *note) bool { return n.rule == &ruleUID && ownUIDs[n.keyword] }) {
		severity = finding.Blocker
	}
	in.add(&ruleMismatch, severity, pathCodes, "UIDs of the original system are kept without code 113110.")
}

// ownUIDs name the instance and what it belongs to.
var ownUIDs = map[string]bool{"SOPInstanceUID": true, "SeriesInstanceUID": true, "StudyInstanceUID": true}

// judgeShift reports a date that is said to be shifted and stands unchanged in
// a UID, which no program shifts, or in text.
func (in *Inspector) judgeShift() {
	for _, t := range in.traces {
		same := slices.ContainsFunc(in.dates, func(d datedAttribute) bool { return !d.private && d.days == t.days })
		if !same {
			continue
		}
		if t.uid {
			in.add(&ruleMismatch, finding.Blocker, t.path, "Dates are declared to be shifted, but a UID carries the same date.")
		} else {
			in.add(&ruleMismatch, finding.Warning, t.path, "Dates are declared to be shifted, but free text carries the same date.")
		}
	}
}

// difference returns what a has beyond b, sorted.
func difference(a, b []string) []string {
	var list []string
	for _, v := range a {
		if !slices.Contains(b, v) && !slices.Contains(list, v) {
			list = append(list, v)
		}
	}
	slices.Sort(list)
	return list
}
