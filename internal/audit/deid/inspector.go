package deid

import (
	"regexp"
	"strings"
	"sync"

	"assay/internal/audit/dicom"
	"assay/internal/audit/finding"
	"assay/internal/audit/intern"
	"assay/internal/audit/text"
)

// Inspector judges the elements of one file. It is not safe for concurrent
// use; make one for each file.
type Inspector struct {
	claims  *Claims
	conf    Config
	room    *room
	pattern *regexp.Regexp // of PatientID as declared; nil if none

	notes    []note
	index    map[noteKey]int
	overflow int
	places   []finding.Location // of the findings, once they are written

	patientID   string // of the data set itself
	patientName string
	sopClass    string
	sopUID      string
	metaUID     string
	isDirectory bool // a DICOMDIR, which says nothing of a method
	original    bool // ImageType says ORIGINAL
	said        declared
	names       []pendingName
	ids         []pendingName
	dates       []datedAttribute
	traces      []datedAttribute // dates in UIDs and free text
	concepts    map[int]string   // depth of a content item → code of its concept
	unit        string
	emptySQ     *pendingSequence
	facts       Facts
	seenWords   map[string]bool
	textBytes   int // of facts.Texts
}

// note is a finding in the making: what claims and codes do to its severity is
// known only at the end of the file.
type note struct {
	rule     *finding.Rule
	entry    *entry
	severity finding.Severity
	class    class
	check    check
	path     string
	shape    string
	message  string
	offset   int64
	count    int
	standing privateStanding
	value    Hash
	keyword  string
	judged   bool // an ID that judgeIDs has seen
}

type noteKey struct {
	rule    *finding.Rule
	tag     dicom.Tag
	parents uint64
	shape   string
	message string
}

// pendingName is a name or an ID that is judged at the end of the file.
type pendingName struct {
	value string
	note  int
}

// pendingSequence is a sequence of undefined length that has no item so far.
type pendingSequence struct {
	entry *entry
	tag   dicom.Tag
	depth int
	note  note
	key   noteKey
}

// room is what an Inspector fills for a file, used again for another.
type room struct {
	index     map[noteKey]int
	concepts  map[int]string
	seenWords map[string]bool
	notes     []note
	names     []pendingName
	ids       []pendingName
	dates     []datedAttribute
	traces    []datedAttribute
}

var rooms = sync.Pool{New: func() any {
	return &room{index: map[noteKey]int{}, concepts: map[int]string{}, seenWords: map[string]bool{}}
}}

// release gives the room back, without anything of the file.
func (in *Inspector) release() {
	r := in.room
	if r == nil || len(in.index) > maxKept || len(in.seenWords) > maxKept {
		return // a large map stays large
	}
	clear(r.index)
	clear(r.concepts)
	clear(r.seenWords)
	r.notes = emptied(in.notes)
	r.names, r.ids = emptied(in.names), emptied(in.ids)
	r.dates, r.traces = emptied(in.dates), emptied(in.traces)
	in.room, in.index, in.concepts, in.seenWords, in.notes = nil, nil, nil, nil, nil
	in.names, in.ids, in.dates, in.traces = nil, nil, nil, nil
	rooms.Put(r)
}

// emptied returns a slice without its elements, for those of another file.
func emptied[T any](s []T) []T {
	clear(s)
	return s[:0]
}

// maxKept bounds the maps that are used again.
const maxKept = 1024

// New returns an Inspector for one file. claims may be nil: nothing declared.
func New(claims *Claims, conf Config) *Inspector {
	in := &Inspector{claims: claims, conf: conf, room: rooms.Get().(*room)}
	in.index, in.concepts, in.seenWords, in.notes = in.room.index, in.room.concepts, in.room.seenWords, in.room.notes
	in.names, in.ids, in.dates, in.traces = in.room.names, in.room.ids, in.room.dates, in.room.traces
	if in.conf.Text == nil {
		in.conf.Text = text.New(text.Options{})
	}
	if claims != nil && claims.PatientIDPattern != "" {
		// A pattern that does not compile is reported by Claims.Problems.
		in.pattern, _ = regexp.Compile(`^(?:` + claims.PatientIDPattern + `)$`)
	}
	return in
}

// Visit decodes the value of an element and looks at it: a visitor for
// dicom.Scan. Text that cannot be decoded is looked at as it is.
func (in *Inspector) Visit(e *dicom.Element) error {
	str := ""
	if e.VR.IsText() {
		var err error
		if str, err = dicom.Text(e, e.Charset); err != nil && str == "" {
			str = strings.ToValidUTF8(string(e.Value), "?")
		}
	}
	in.Element(e, str)
	return nil
}

// Element looks at one element. str is its value decoded to UTF-8 if its VR is
// one of text, else ignored.
func (in *Inspector) Element(e *dicom.Element, str string) {
	str = trim(str)
	if in.conf.OnlyKnown {
		in.lookAgain(e, str)
		return
	}
	in.confirmSequence(e)
	if e.Tag.IsPrivate() {
		in.privateElement(e, str)
		return
	}
	if e.Length == 0 || e.Tag.IsGroupLength() {
		return
	}
	switch e.Tag.Group() & 0xFF01 {
	case 0x6000:
		in.overlay(e)
	case 0x5000:
		in.note(&ruleCurve, nil, e, note{shape: "", message: "Curve data is present."})
		return
	}
	en := dispatch()[e.Tag]
	if en != nil {
		in.judge(en, e, str)
	} else {
		in.unlisted(e, str)
	}
	if en == nil || en.check != checkName && en.check != checkPatientID && en.check != checkUID {
		in.freeText(e, str, en)
	}
}

// trim removes the padding of a value.
func trim(s string) string {
	for s != "" && isPadding(s[0]) {
		s = s[1:]
	}
	for s != "" && isPadding(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}

func isPadding(c byte) bool {
	switch c {
	case ' ', 0, '\t', '\r', '\n':
		return true
	}
	return false
}

// judge applies the check of an attribute.
func (in *Inspector) judge(en *entry, e *dicom.Element, str string) {
	switch en.check {
	case checkNone, checkNothing:
	case checkPresence:
		in.presence(en, e)
	case checkText:
		in.textValue(en, e, str)
	case checkName:
		in.name(en, e, str)
	case checkPatientID:
		in.identifier(en, e, str)
	case checkOrder:
		in.classified(en, e, str, worst(str, classOfOrder))
	case checkBirthDate, checkDate, checkTime:
		in.date(en, e, str)
	case checkAge:
		in.age(en, e, str)
	case checkUID:
		in.uid(en, e, str)
	case checkSequence:
		in.sequence(en, e)
	case checkDeclared:
		in.declaration(e, str)
	case checkSR:
		in.structured(en, e, str)
	case checkPath:
		in.referencedPath(e, str)
	}
}

// unlisted keeps what other rules need from attributes without a rule.
func (in *Inspector) unlisted(e *dicom.Element, str string) {
	switch {
	case e.Tag == 0x00080016 && e.Depth == 0:
		in.sopClass = str
	case e.Tag == 0x00080008 && e.Depth == 0:
		in.original = strings.HasPrefix(str, "ORIGINAL")
	case e.Tag == 0x00020002:
		in.isDirectory = str == "1.2.840.10008.1.3.10"
	case e.Tag == 0x54000100 && isAudio(in.sopClass):
		in.note(&ruleCurve, nil, e, note{message: "Audio data is present."})
	case e.VR == dicom.PN && str != "":
		in.name(&entry{rule: &ruleStaffName, check: checkName, severity: finding.Warning}, e, str)
	}
}

// isAudio reports whether a SOP Class holds sound.
func isAudio(class string) bool {
	return class == "1.2.840.10008.5.1.4.1.1.9.4.1" || class == "1.2.840.10008.5.1.4.1.1.9.4.2"
}

// note records a finding about e and returns its index, or -1 if there are too
// many. Equal ones in one file are one, counted; item numbers do not tell them
// apart.
func (in *Inspector) note(rule *finding.Rule, en *entry, e *dicom.Element, n note) int {
	key := noteKey{rule, e.Tag, parentsKey(e.Parents), n.shape, n.message}
	if i, ok := in.index[key]; ok {
		in.notes[i].count++
		return i
	}
	n.path = e.Path()
	return in.insert(key, rule, en, e, n)
}

func (in *Inspector) insert(key noteKey, rule *finding.Rule, en *entry, e *dicom.Element, n note) int {
	if len(in.notes) >= maxFindings {
		in.overflow++
		return -1
	}
	n.rule, n.entry, n.count, n.offset = rule, en, 1, e.Offset
	if n.severity == "" {
		n.severity = rule.Severity
		if en != nil && en.severity != "" {
			n.severity = en.severity
		}
	}
	n.keyword = keywordAt(e)
	in.index[key] = len(in.notes)
	in.notes = append(in.notes, n)
	return len(in.notes) - 1
}

// sentences keeps the messages, which repeat over the files of a set.
var sentences intern.Table

// say joins the name of an attribute and what is to be said of it.
func say(subject, what string) string { return sentences.Join(subject, what) }

// parentsKey identifies the sequences around an element, without item numbers.
func parentsKey(parents []dicom.Step) uint64 {
	h := uint64(14695981039346656037)
	for _, p := range parents {
		h = (h ^ uint64(p.Tag)) * 1099511628211
	}
	return h
}

func (in *Inspector) hash(value string) Hash {
	if in.conf.Hash == nil || value == "" {
		return Hash{}
	}
	return in.conf.Hash(value)
}

// worst classifies each of several values and returns the least harmless.
func worst(str string, classify func(string) class) class {
	if !strings.Contains(str, `\`) {
		return classify(trim(str))
	}
	c := empty
	for v := range strings.SplitSeq(str, `\`) {
		c = max(c, classify(trim(v)))
	}
	return c
}
