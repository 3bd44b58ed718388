package deid

import (
	"fmt"
	"strings"
	"time"

	"assay/internal/audit/dicom"
	"assay/internal/audit/finding"
)

// datedAttribute is a date of the file, for comparison with the others.
type datedAttribute struct {
	days    int
	tag     dicom.Tag
	path    string
	offset  int64
	private bool
	nested  bool
	uid     bool // inside a UID
}

func (in *Inspector) date(en *entry, e *dicom.Element, str string) {
	c := empty
	if en.check == checkTime || e.VR == dicom.TM {
		c = worst(str, classOfTime)
	} else {
		c = worst(str, classOfDate)
	}
	if c == empty {
		return
	}
	if e.Tag == tagStudyDate && e.Depth == 0 && c != dummy {
		in.facts.StudyDate = in.hash(str)
	}
	keyword := keywordAt(e)
	message := say(keyword, " holds a full date.")
	switch {
	case c == dummy:
		message = say(keyword, " holds a dummy value.")
	case c == yearOnly:
		message = say(keyword, " holds the first of January, which may say only the year.")
	case e.VR == dicom.TM:
		message = say(keyword, " holds a time.")
	case e.VR != dicom.DA && e.VR != dicom.DT:
		message = say(keyword, " is filled.")
	}
	in.note(en.rule, en, e, note{class: c, check: en.check, shape: datePrecision(str), message: message, value: in.hash(str)})
	if c == real && e.VR != dicom.TM && en.check == checkDate && len(in.dates) < maxPending {
		if days := parseDate(str); days != 0 {
			in.dates = append(in.dates, datedAttribute{days: days, tag: e.Tag, path: e.Path(), offset: e.Offset, nested: e.Depth > 0})
		}
	}
}

// datePrecision is the shape of a date or time: digits only.
func datePrecision(str string) string { return finding.Mask(str) }

// trace keeps a date found in a UID or in text.
func (in *Inspector) trace(days int, e *dicom.Element) {
	if len(in.traces) < maxPending {
		in.traces = append(in.traces, datedAttribute{days: days, tag: e.Tag, path: e.Path(), offset: e.Offset, uid: e.VR == dicom.UI})
	}
}

// layouts in which dates are written in text; several may fit one string.
var layouts = []string{
	"2006-01-02", "2006/01/02", "2006.01.02", "20060102", "20060102150405",
	"1/2/2006", "2/1/2006", "1-2-2006", "2-1-2006", "2.1.2006", "1.2.2006", "1/2/06", "2/1/06",
	"2 Jan 2006", "2 January 2006", "Jan 2 2006", "January 2 2006", "2-Jan-2006", "2Jan2006", "2. January 2006",
}

// writtenDates returns the days that a date in text may mean.
func writtenDates(s string) []int {
	words := strings.Fields(strings.ReplaceAll(s, ",", " "))
	for i, w := range words {
		if len(w) > 1 && strings.ToUpper(w) == w || strings.ToLower(w) == w {
			words[i] = strings.ToUpper(w[:1]) + strings.ToLower(w[1:])
		}
	}
	s = strings.Join(words, " ")
	var list []int
	for _, layout := range layouts {
		if t, err := time.Parse(layout, s); err == nil {
			list = append(list, daysOf(t.Year(), int(t.Month()), t.Day()))
		}
	}
	return list
}

// Dates of the acquisition itself, which lie close together.
var acquisitionDates = map[string]bool{
	"StudyDate": true, "SeriesDate": true, "AcquisitionDate": true, "AcquisitionDateTime": true, "FrameAcquisitionDateTime": true,
	"PerformedProcedureStepStartDate": true, "PerformedProcedureStepStartDateTime": true, "RadiopharmaceuticalStartDateTime": true,
	"StartAcquisitionDateTime": true, "EndAcquisitionDateTime": true, "PerformedProcedureStepEndDate": true,
	"PerformedProcedureStepEndDateTime": true, "FrameReferenceDateTime": true,
}

// Dates of files, which may be written long after the acquisition, but not
// before it.
var writingDates = map[string]bool{
	"ContentDate": true, "InstanceCreationDate": true, "PresentationCreationDate": true, "OverlayDate": true, "CurveDate": true,
	"StructureSetDate": true, "RTPlanDate": true, "VerificationDateTime": true,
}

// nestedElsewhere are the nested dates that may be those of another exam.
var nestedElsewhere = map[string]bool{"StudyDate": true, "SeriesDate": true}

// Most days between the dates of one exam.
const (
	sameExam    = 3
	privateSpan = 7
	writingSpan = 30 // from acquisition to the file of an original image
)

// compareDates reports dates that do not fit together: one shifted and one
// not, a date-time of another day than the date, or one in the future.
func (in *Inspector) compareDates(c *context) {
	study := in.studyDays()
	today := 0
	if now := in.conf.Now; !now.IsZero() {
		today = daysOf(now.Year(), int(now.Month()), now.Day())
	}
	for _, d := range in.dates {
		keyword := keywordOf(d.tag)
		switch {
		case today != 0 && d.days > today+1:
			in.addDateFinding(d, orAttribute(keyword)+" lies in the future.")
		case d.days < daysOf(1970, 1, 1) && !c.shifted && (acquisitionDates[keyword] || writingDates[keyword]):
			in.addDateFinding(d, keyword+" lies before 1970, though the dates are not declared to be shifted.")
		case study != 0 && (d.tag != tagStudyDate || d.nested):
			in.compareWithStudy(d, study, c)
		}
	}
	in.comparePairs(study)
}

// compareWithStudy reports a date that cannot be of the same exam as
// StudyDate, or only if one of them was shifted and the other was not.
func (in *Inspector) compareWithStudy(d datedAttribute, study int, c *context) {
	keyword := keywordOf(d.tag)
	far := func() string { return fmt.Sprintf(" lies %d days from StudyDate", abs(d.days-study)) }
	switch {
	case d.private:
		if abs(d.days-study) > privateSpan && c.shifted {
			in.addDateFinding(d, "A private attribute holds a date that"+far()+", though the dates are declared to be shifted.")
		}
	case d.nested && nestedElsewhere[keyword]:
	case acquisitionDates[keyword] && abs(d.days-study) > sameExam:
		in.addDateFinding(d, keyword+far()+".")
	case writingDates[keyword] && study-d.days > sameExam:
		in.addDateFinding(d, keyword+" lies before StudyDate: it"+far()+".")
	case writingDates[keyword] && c.shifted && in.original && !d.nested && d.days-study > writingSpan:
		in.addDateFinding(d, keyword+far()+", though the dates are declared to be shifted.")
	}
}

// datePairs are a date-time and the date of the same event, which must be of
// one day.
var datePairs = [][2]string{
	{"AcquisitionDateTime", "AcquisitionDate"},
	{"PerformedProcedureStepStartDateTime", "PerformedProcedureStepStartDate"},
	{"PerformedProcedureStepEndDateTime", "PerformedProcedureStepEndDate"},
	{"ScheduledProcedureStepStartDateTime", "ScheduledProcedureStepStartDate"},
	{"RadiopharmaceuticalStartDateTime", "AcquisitionDate"},
}

// comparePairs reports a DT of another day than the DA of the same event. A
// day apart may be the zone, or an exam around midnight.
func (in *Inspector) comparePairs(study int) {
	first := map[string]*datedAttribute{}
	for i := range in.dates {
		if d := &in.dates[i]; !d.private && first[keywordOf(d.tag)] == nil {
			first[keywordOf(d.tag)] = d
		}
	}
	for _, pair := range datePairs {
		at, day := first[pair[0]], first[pair[1]]
		if at == nil || day == nil || study != 0 && abs(at.days-study) > sameExam {
			continue // or reported with StudyDate
		}
		if abs(at.days-day.days) > 1 {
			in.addDateFinding(*at, fmt.Sprintf("%s and %s are %d days apart.", pair[0], pair[1], abs(at.days-day.days)))
		}
	}
}

func (in *Inspector) addDateFinding(d datedAttribute, message string) {
	key := noteKey{rule: &ruleDateMixed, tag: d.tag, message: message}
	if i, ok := in.index[key]; ok {
		in.notes[i].count++
		return
	}
	in.insert(key, &ruleDateMixed, nil,
		&dicom.Element{Tag: d.tag, Offset: d.offset}, note{class: real, path: d.path, message: message})
}

func (in *Inspector) studyDays() int {
	for _, d := range in.dates {
		if d.tag == tagStudyDate && !d.nested {
			return d.days
		}
	}
	return 0
}

func orAttribute(keyword string) string {
	if keyword == "" {
		return "A private date"
	}
	return keyword
}

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}
