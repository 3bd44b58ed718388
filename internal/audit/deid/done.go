package deid

import (
	"fmt"
	"strings"
	"sync"

	"assay/internal/audit/dicom"
	"assay/internal/audit/finding"
	"assay/internal/audit/text"
)

// Preamble looks at the 128 bytes before the File Meta Information, which
// nobody reads and some programs fill with what they had in memory.
func (in *Inspector) Preamble(b []byte) {
	printable(b, func(s string) {
		hits := in.conf.Text.Scan(s, text.Where{Private: true, Keyword: "Preamble"})
		if in.conf.OnlyKnown {
			hits = in.conf.Text.ScanKnown(s)
		}
		for _, h := range hits {
			in.addShape(ruleOf(h.Rule), h.Severity, "preamble", h.Shape, h.Rule.Title+": preamble.")
		}
	})
}

// add notes a finding that is about no single element.
func (in *Inspector) add(rule *finding.Rule, severity finding.Severity, path, message string) {
	in.addShape(rule, severity, path, "", message)
}

func (in *Inspector) addShape(rule *finding.Rule, severity finding.Severity, path, shape, message string) {
	key := noteKey{rule: rule, shape: path + "\x00" + shape, message: message}
	if i, ok := in.index[key]; ok {
		in.notes[i].count++
		return
	}
	in.insert(key, rule, nil, &dicom.Element{}, note{class: real, severity: severity, path: path, shape: shape, message: message})
}

// Done returns what the file tells. The Inspector must not be used after it.
func (in *Inspector) Done() Facts {
	defer in.release()
	if !in.conf.OnlyKnown {
		c := in.context()
		in.judgeNames()
		in.judgeIDs()
		in.compareDates(c)
		in.judgeDeclaration(c)
		if in.metaUID != "" && in.sopUID != "" && in.metaUID != in.sopUID {
			in.add(&ruleFileMeta, ruleFileMeta.Severity, "(0002,0003) MediaStorageSOPInstanceUID", "The UID in the File Meta Information is not that of the data set.")
		}
		in.facts.Method = in.hash(strings.Join(append([]string{in.said.flag, in.said.method}, c.fileCodes...), "\x00"))
		in.makeRoom()
		for i := range in.notes {
			in.conclude(&in.notes[i], c)
		}
		in.nested()
	} else {
		for i := range in.notes {
			in.facts.Findings = append(in.facts.Findings, in.finding(&in.notes[i]))
		}
	}
	if n := len(in.facts.Findings); in.overflow > 0 && n > 0 {
		in.facts.Findings[n-1].Count += in.overflow
	}
	return in.facts
}

// makeRoom makes the slices of the findings, as long as conclude and nested can
// fill them.
func (in *Inspector) makeRoom() {
	held := 0
	var outer []string
	for i := range in.notes {
		n := &in.notes[i]
		if _, waits := n.held(); waits {
			held++
		}
		outer = appendOuter(outer, finding.Warning, n.path)
	}
	if held > 0 {
		in.facts.Held = make([]Held, 0, held)
	}
	in.facts.Findings = make([]finding.Finding, 0, len(in.notes)-held+len(outer))
}

// held says on what of the set the severity of a note depends, if it does.
func (n *note) held() (kind HeldKind, waits bool) {
	switch {
	case n.value != (Hash{}) && (n.rule == &ruleRemainX || n.rule == &ruleRemainZD) && n.check == checkText:
		return ByVariation, true
	case n.rule == &ruleBirthDate && n.class == yearOnly:
		return ByYear, true
	}
	return 0, false
}

// judgeNames classifies the names now that PatientID is known.
func (in *Inspector) judgeNames() {
	classes := map[int]class{}
	for _, p := range in.names {
		c := empty
		for v := range strings.SplitSeq(p.value, `\`) {
			if vc := classOfName(trim(v)); vc == real {
				in.keepNames(v)
				c = real
			} else {
				c = max(c, vc)
			}
		}
		classes[p.note] = max(classes[p.note], c)
	}
	for i, c := range classes {
		n := &in.notes[i]
		n.class = c
		switch {
		case c == dummy || c == empty:
			n.message, n.severity = say(n.subject(), " holds a dummy value."), finding.Info
		case c == pseudonym && in.samePseudonym(i):
			n.message, n.severity = say(n.subject(), " holds the pseudonym of PatientID."), finding.Info
		case c == real && yearLike(in.patientID) && in.samePseudonym(i):
			n.message, n.severity = say(n.subject(), " equals PatientID, which reads like a name and a year."), finding.Warning
		case c == pseudonym:
			n.message, n.severity = say(n.subject(), " holds what reads like a code, not the pseudonym of PatientID."), finding.Warning
		}
	}
}

func (in *Inspector) samePseudonym(i int) bool {
	for _, p := range in.names {
		if p.note == i && !strings.EqualFold(strings.Trim(p.value, "^= "), in.patientID) {
			return false
		}
	}
	return true
}

// judgeIDs classifies patient IDs by form, by the declared pattern and by what
// else the file holds.
func (in *Inspector) judgeIDs() {
	for _, p := range in.ids {
		n := &in.notes[p.note]
		severity, c, message := in.judgeID(p.value)
		if n.class != real || n.severity.Rank() > severity.Rank() || !n.judged {
			n.severity, n.class, n.message, n.judged = severity, c, say(n.subject(), message), true
		}
	}
}

func (in *Inspector) judgeID(value string) (finding.Severity, class, string) {
	for v := range strings.SplitSeq(value, `\`) {
		for _, h := range in.conf.Text.ScanAgain(v, text.Where{VR: "LO"}) {
			switch h.Rule.ID {
			case "text-ssn":
				return finding.Blocker, real, " has the form of a social security number."
			case "text-email":
				return finding.Blocker, real, " is an e-mail address."
			}
		}
		if strings.Contains(v, "^") && letters(v) != "" && classOfName(v) == real || in.holdsName(v) {
			in.keepNames(v)
			return finding.Blocker, real, " contains a name."
		}
	}
	if in.pattern != nil {
		if in.pattern.MatchString(value) {
			return finding.Info, pseudonym, " matches the declared pattern."
		}
		in.keepNames(value)
		return finding.Warning, real, " does not match the pattern that the claims declare."
	}
	switch worst(value, classOfID) {
	case dummy:
		return finding.Info, dummy, " holds a dummy value."
	case pseudonym:
		return finding.Info, pseudonym, " reads like a pseudonym."
	}
	in.keepNames(value)
	return finding.Warning, real, " has the form of a real one."
}

// holdsName reports whether an ID contains a word of the patient's real name.
func (in *Inspector) holdsName(id string) bool {
	if in.patientName == "" || classOfName(in.patientName) != real {
		return false
	}
	folded := letters(id)
	for _, tok := range text.Tokens(in.patientName) {
		if letters(tok) != "" && strings.Contains(folded, letters(tok)) {
			return true
		}
	}
	return false
}

const fixHarborDate = "Reduce the date to its year, or remove it. Full dates, and shifted ones unless counsel agrees otherwise, belong to Expert Determination, not to Safe Harbor."

// conclude gives a note its final severity and files it.
func (in *Inspector) conclude(n *note, c *context) {
	n.severity = c.severity(n)
	if n.severity == finding.Warning {
		if more := c.undeclared(n); more != "" {
			n.message = say(n.message, more)
		}
	}
	f := in.finding(n)
	if n.rule == &ruleDate && f.Severity == finding.Blocker {
		f.Fix = fixHarborDate
	}
	kind, waits := n.held()
	switch {
	case !waits:
		in.facts.Findings = append(in.facts.Findings, f)
	case kind == ByYear:
		in.facts.Held = append(in.facts.Held, Held{f, ByYear, Hash{}})
	default:
		in.facts.Held = append(in.facts.Held, Held{f, kind, n.value})
	}
}

// severity applies what claims and codes say to where a note starts from.
func (c *context) severity(n *note) finding.Severity {
	switch n.check {
	case checkName, checkPatientID:
		return n.severity
	}
	if n.class == dummy && n.rule != &ruleAge {
		return finding.Info
	}
	switch n.rule {
	case &ruleDate:
		return c.dateSeverity(n)
	case &ruleAge:
		if n.class == dummy && c.declared&RetainPatientCharacteristics != 0 {
			return finding.Info
		}
		return n.severity
	case &ruleDevice:
		if c.safeHarbor {
			return finding.Blocker
		}
	case &rulePrivate:
		if n.standing != unlisted && c.declared&RetainSafePrivate != 0 {
			return finding.Info
		}
		return n.severity
	case &ruleUID:
		if c.declared&RetainUIDs != 0 {
			return lower(n.severity)
		}
		return n.severity
	case &ruleGeo:
		if c.safeHarbor {
			return n.severity
		}
	case &ruleDocument, &ruleModified:
		return n.severity
	case &ruleSR:
		if n.severity == finding.Blocker {
			return n.severity
		}
	}
	if n.entry != nil && n.entry.row != nil && (n.entry.row.keep|n.entry.row.clean)&c.declared != 0 {
		return lower(n.severity)
	}
	return n.severity
}

// dateSeverity: any date is a warning. Under Safe Harbor a full date is a
// blocker, shifted or not; with Expert Determination and shifted dates, both
// declared and coded, it is an info.
func (c *context) dateSeverity(n *note) finding.Severity {
	shifted := c.declared&RetainModifiedDates != 0
	retained := c.declared&(RetainModifiedDates|RetainFullDates) != 0
	isTime := n.check == checkTime
	switch {
	case isTime && retained:
		return finding.Info
	case isTime || n.isDeviceDate():
		return n.severity
	case n.class == yearOnly:
		if c.safeHarbor || c.yearOnly {
			return finding.Info
		}
		return n.severity
	case c.safeHarbor:
		return finding.Blocker
	case c.method == ExpertDetermination && shifted:
		return finding.Info
	}
	return n.severity
}

// isDeviceDate: a date of calibration or manufacture is not one of the
// patient.
func (n *note) isDeviceDate() bool {
	return n.entry != nil && n.entry.row != nil && n.entry.row.keep&RetainDeviceIdentity != 0
}

func lower(s finding.Severity) finding.Severity {
	if s == finding.Blocker {
		return finding.Warning
	}
	return finding.Info
}

// subject names the attribute in a message.
func (n *note) subject() string {
	if n.keyword == "" {
		return "A private attribute"
	}
	return n.keyword
}

// finding writes a note as a finding. The one location of each lies in a slice
// that all share.
func (in *Inspector) finding(n *note) finding.Finding {
	if in.places == nil {
		in.places = make([]finding.Location, 0, len(in.notes))
	}
	in.places = append(in.places, finding.Location{Offset: n.offset})
	last := len(in.places)
	f := finding.Finding{
		Rule: n.rule.ID, Severity: n.severity, HIPAA: n.rule.HIPAA, Action: n.rule.Action,
		Path: n.path, Shape: n.shape, Count: n.count, Message: n.message, Fix: n.rule.Fix,
		Locations: in.places[last-1 : last : last],
	}
	if n.entry != nil && n.entry.row != nil {
		if len(f.HIPAA) == 0 {
			f.HIPAA = hipaaOf()[n.entry.row.tag]
		}
		f.Action = string(n.entry.row.basic)
		if n.class == real || n.class == yearOnly {
			f.Fix = n.fix()
		}
	}
	return f
}

// generalFix are the rules whose own advice is better than that of the row.
var generalFix = map[*finding.Rule]bool{
	&rulePatientID: true, &ruleAge: true, &ruleDocument: true, &ruleSR: true, &ruleModified: true,
	&ruleSignature: true, &ruleOverlay: true, &ruleUID: true, &ruleGraphics: true, &ruleWaveform: true, &ruleBirthDate: true,
	&rulePatientName: true,
}

// fix says what to change, by the name of the attribute and its action.
func (n *note) fix() string {
	if generalFix[n.rule] || n.keyword == "" || n.rule == &rulePrivate {
		return n.rule.Fix
	}
	advices.Lock()
	defer advices.Unlock()
	k := adviceKey{n.entry.row, n.keyword}
	advice, ok := advices.known[k]
	if !ok {
		advice = n.advice()
		advices.known[k] = advice
	}
	return advice
}

// advices remembers what advice wrote: at most one sentence for each row and
// keyword of the standard.
var advices = struct {
	sync.Mutex
	known map[adviceKey]string
}{known: map[adviceKey]string{}}

type adviceKey struct {
	row     *row
	keyword string
}

func (n *note) advice() string {
	r := n.entry.row
	advice := "Remove " + n.keyword
	switch r.basic {
	case Zero:
		advice = "Empty " + n.keyword
	case Dummy:
		advice = "Replace the value of " + n.keyword + " by a dummy, the same for all patients"
	case "Z/D":
		advice = "Empty " + n.keyword + " or replace its value by a dummy"
	case "X/Z":
		advice = "Remove or empty " + n.keyword
	case "X/D", "X/Z/D":
		advice = "Remove " + n.keyword + ", or replace its value by a dummy where the IOD needs one"
	}
	option := r.keep | r.clean
	if option&RetainModifiedDates != 0 {
		return advice + "; or shift all dates of a patient alike and declare option 113107 with Expert Determination."
	}
	if code, meaning := codeFor(option); code != "" {
		verb := "keep it"
		if r.keep&option == 0 {
			verb = "keep it cleaned of identifiers"
		}
		return fmt.Sprintf("%s; or %s and declare option %s (%s).", advice, verb, code, strings.TrimSuffix(meaning, " Option"))
	}
	return advice + "."
}
