package deid

import (
	"bytes"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"assay/internal/audit/dicom"
	"assay/internal/audit/finding"
	"assay/internal/audit/intern"
	"assay/internal/audit/text"
)

// freeText runs the text rules over the value of an attribute that can hold
// text, in whatever VR.
func (in *Inspector) freeText(e *dicom.Element, str string, en *entry) {
	where := text.Where{VR: string(e.VR), Keyword: keywordAt(e)}
	switch {
	case e.VR == dicom.OB || e.VR == dicom.UN || e.VR == dicom.OW && !e.Private && e.Tag.Group() < 0x5000:
		if in.scannable(e) {
			printable(e.Value, func(s string) { in.scan(e, s, where, false) })
		}
		return
	case !scanned(e.VR, str) || within(e, tagCodingSchemes):
		return
	}
	hits := in.scan(e, str, where, flaggedAnyway(en))
	in.keepWords(e, str, where.Keyword)
	if s, other := otherReading(e, str); other {
		hits += in.scan(e, s, where, flaggedAnyway(en))
		in.keepWords(e, s, where.Keyword)
	}
	in.residual(e, str)
	if hits > 0 && en != nil && en.check == checkSR {
		sr := &entry{rule: &ruleSR, check: checkSR, row: byTag()[tagContentSequence], severity: finding.Blocker}
		in.note(&ruleSR, sr, e, note{class: real, check: checkSR, severity: finding.Blocker, message: "A content item holds an identifier."})
	}
}

// otherReading returns what the bytes of a value look like if they are not all
// of its character set.
func otherReading(e *dicom.Element, str string) (string, bool) {
	if !strings.ContainsRune(str, utf8.RuneError) {
		return "", false
	}
	return trim(dicom.Guess(e.Value)), true
}

// scannable leaves out the large binary values of the standard.
func (in *Inspector) scannable(e *dicom.Element) bool {
	switch e.Tag {
	case tagEncapsulated, 0x7FE00010, 0x00020001:
		return false
	}
	return len(e.Value) > 0
}

// scanned reports whether a value may hold free text. Codes and numbers are
// looked at only where they are not what their VR says.
func scanned(vr dicom.VR, str string) bool {
	switch vr {
	case dicom.LO, dicom.SH, dicom.ST, dicom.LT, dicom.UT, dicom.UC, dicom.UR:
		return true
	case dicom.CS, dicom.AE:
		return strings.ContainsAny(str, "^@") || countDigits(str) >= 6 || strings.ContainsFunc(str, unicode.IsLower)
	case dicom.DS, dicom.IS, dicom.AS:
		return strings.ContainsFunc(str, func(r rune) bool { return unicode.IsLetter(r) && r != 'E' && r != 'e' && vr != dicom.AS }) || len(str) > 40
	}
	return false
}

func countDigits(s string) int {
	n := 0
	for i := range len(s) {
		if s[i] >= '0' && s[i] <= '9' {
			n++
		}
	}
	return n
}

// tagCodingSchemes holds names and addresses of the makers of code tables.
const tagCodingSchemes dicom.Tag = 0x00080110

// flaggedAnyway reports whether the attribute's own rule says what a milder
// hit in its text would say again.
func flaggedAnyway(en *entry) bool {
	return en != nil && (en.rule == &ruleGeo || en.rule == &ruleContact || en.rule == &ruleDevice)
}

// scan notes the hits of the text rules, or only the blockers among them, and
// returns how many there are.
func (in *Inspector) scan(e *dicom.Element, str string, where text.Where, onlyBlockers bool) int {
	hits := in.conf.Text.ScanAgain(str, where)
	for _, h := range hits {
		if onlyBlockers && h.Severity != finding.Blocker {
			continue
		}
		in.note(ruleOf(h.Rule), nil, e, note{class: real, severity: h.Severity, shape: h.Shape, message: hitMessage(h, e)})
		if h.Rule.ID == "text-date" {
			for _, days := range writtenDates(str[h.Start:h.End]) {
				in.trace(days, e)
			}
		}
	}
	return len(hits)
}

func hitMessage(h text.Hit, e *dicom.Element) string {
	where := keywordAt(e)
	if where == "" {
		where = "a private attribute"
	}
	return sentences.Join(h.Rule.Title, ": ", where, ".")
}

// skipWords are attributes whose words never are those of a person.
var skipWords = map[string]bool{
	"Manufacturer": true, "ManufacturerModelName": true, "SoftwareVersions": true, "CodeMeaning": true, "CodeValue": true,
	"CodingSchemeDesignator": true, "DeidentificationMethod": true, "ImplementationVersionName": true, "ConvolutionKernel": true,
}

var tokensOf = intern.NewMemo(text.Tokens).Of

// keepWords keeps the tokens of a text, hashed, to be compared with the names
// of the whole set.
func (in *Inspector) keepWords(e *dicom.Element, str, keyword string) {
	if in.conf.Hash == nil || skipWords[keyword] || len(in.facts.Words) >= maxWords {
		return
	}
	for _, tok := range tokensOf(str) {
		if len(in.facts.Words) < maxWords && !in.seenWords[tok] {
			in.seenWords[tok] = true
			in.facts.Words = append(in.facts.Words, in.conf.Hash(tok))
		}
	}
}

// keepNames keeps the tokens of a real name or ID, hashed.
func (in *Inspector) keepNames(str string) {
	if in.conf.Hash == nil {
		return
	}
	for _, tok := range tokensOf(str) {
		if len(in.facts.Names) < maxNames {
			in.facts.Names = append(in.facts.Names, in.conf.Hash(tok))
		}
	}
}

// lookAgain looks only for tokens known from other files.
func (in *Inspector) lookAgain(e *dicom.Element, str string) {
	if en := dispatch()[e.Tag]; en != nil && (en.check == checkName || en.check == checkPatientID) || e.VR == dicom.PN {
		return
	}
	look := func(s string) {
		for _, h := range in.conf.Text.ScanKnown(s) {
			in.note(ruleOf(h.Rule), nil, e, note{class: real, severity: h.Severity, shape: h.Shape, message: "A name or ID of the submission stands in " + orPrivate(e) + "."})
		}
	}
	switch {
	case e.VR == dicom.OB || e.VR == dicom.UN:
		if in.scannable(e) {
			printable(e.Value, look)
		}
	case e.VR.IsText() && e.VR != dicom.UI:
		look(str)
		if s, other := otherReading(e, str); other {
			look(s)
		}
	}
}

func orPrivate(e *dicom.Element) string {
	if k := keywordAt(e); k != "" {
		return k
	}
	return "a private attribute"
}

// minRun is the least length of text inside binary data, in bytes.
const minRun = 8

// printable calls f with the text in a binary value: the whole value if it is
// text, else each run of at least 8 printable ASCII characters.
func printable(b []byte, f func(string)) {
	b = bytes.Trim(b, "\x00 ")
	if len(b) == 0 {
		return
	}
	if s, ok := wholeText(b); ok {
		f(s)
		return
	}
	start := -1
	for i := 0; i <= len(b); i++ {
		if i < len(b) && b[i] >= ' ' && b[i] < 0x7F {
			if start < 0 {
				start = i
			}
			continue
		}
		if start >= 0 && i-start >= minRun {
			f(string(b[start:i]))
		}
		start = -1
	}
}

// wholeText returns b as text if it is UTF-8, or Latin-1 with letters, and
// holds no control characters but white space.
func wholeText(b []byte) (string, bool) {
	if utf8.Valid(b) {
		if len(b) < 4 || bytes.ContainsFunc(b, func(r rune) bool { return unicode.IsControl(r) && !unicode.IsSpace(r) }) {
			return "", false
		}
		return string(b), true
	}
	if slices.ContainsFunc(b, func(c byte) bool {
		return c < ' ' && c != '\n' && c != '\r' && c != '\t' || c >= 0x7F && c < 0xA0
	}) {
		return "", false
	}
	letters := 0
	r := make([]rune, len(b))
	for i, c := range b {
		r[i] = rune(c)
		if unicode.IsLetter(r[i]) {
			letters++
		}
	}
	return string(r), letters*2 > len(b)
}

// privateElement judges an element of an odd group.
func (in *Inspector) privateElement(e *dicom.Element, str string) {
	if e.Length == 0 || e.Tag.IsGroupLength() {
		return
	}
	if e.Tag.IsPrivateCreator() {
		in.scan(e, str, text.Where{VR: string(e.VR), Private: true, Keyword: "PrivateCreator"}, false)
		return
	}
	if e.Creator == "" || e.Tag.Group() < 9 {
		in.noteBlock(&ruleOrphan, e, "", "Private attributes have no creator.", unlisted)
	} else {
		standing, known := standingOf(e.Creator, e.Tag)
		creator := e.Creator
		if !known {
			creator = finding.Mask(creator)
		}
		in.noteBlock(&rulePrivate, e, creator, privateMessage[standing], standing)
	}
	in.privateText(e, str)
}

var privateMessage = map[privateStanding]string{
	unlisted:       "Private attributes that no list knows to be safe.",
	listedArchive:  "Private attributes that The Cancer Imaging Archive keeps.",
	listedStandard: "Private attributes that PS3.15 Table E.3.10-1 lists as safe.",
}

// noteBlock notes the private elements of one block as one finding.
func (in *Inspector) noteBlock(rule *finding.Rule, e *dicom.Element, creator, message string, standing privateStanding) {
	block := e.Tag &^ 0xFF
	key := noteKey{rule, block, parentsKey(e.Parents), creator, message}
	if i, ok := in.index[key]; ok {
		in.notes[i].count++
		return
	}
	path := e.Path()
	path = path[:strings.LastIndexByte(path, '(')] + strings.TrimSuffix(block.String(), "00)") + "xx)"
	if creator != "" {
		path += " " + creator
	}
	in.insert(key, rule, nil, e, note{class: real, path: path, message: message, standing: standing})
}

// privateText runs the text rules over a private value. A hit makes the
// attribute a blocker, except dates and addresses of machines, which private
// data is full of.
func (in *Inspector) privateText(e *dicom.Element, str string) {
	where := text.Where{VR: string(e.VR), Private: true}
	grave := false
	look := func(s string) {
		before := len(in.notes)
		in.scan(e, s, where, false)
		in.keepWords(e, s, "")
		in.residual(e, s)
		for _, n := range in.notes[before:] {
			grave = grave || n.severity == finding.Blocker || n.rule.ID == "text-name"
		}
	}
	switch {
	case e.VR == dicom.PN:
		in.name(&entry{rule: &rulePrivate, check: checkName, severity: finding.Blocker}, e, str)
	case e.VR == dicom.DA || e.VR == dicom.DT:
		if classOfDate(str) == real && len(in.dates) < maxPending {
			in.dates = append(in.dates, datedAttribute{days: parseDate(str), path: e.Path(), offset: e.Offset, private: true})
			look(str)
		}
	case e.VR == dicom.UI:
		in.privateUID(e, str)
	case e.VR.IsText():
		look(str)
		if s, other := otherReading(e, str); other {
			look(s)
		}
	case e.VR == dicom.OB || e.VR == dicom.UN:
		printable(e.Value, look)
	}
	if grave {
		in.note(&rulePrivate, nil, e, note{class: real, severity: finding.Blocker, message: "A private attribute holds an identifier."})
	}
}

func (in *Inspector) privateUID(e *dicom.Element, str string) {
	s := standingOfUID(str)
	if s.date != 0 {
		in.trace(s.date, e)
		in.note(&ruleUID, nil, e, note{class: real, check: checkUID, shape: rootArc(str), message: "A private attribute holds a UID with a date inside."})
	}
}
