package text

import (
	"strings"
	"unicode/utf8"

	"assay/internal/audit/finding"
)

// findNames finds personal names without a list of names: a title and a
// capital word, LAST^FIRST, "Last, First", a label ("patient:") and capital
// words, and words that the rest of the submission shows to be names.
func findNames(sc *scan) {
	if sc.scanner.knowsAny() {
		findKnown(sc)
	}
	if !sc.traits.upper {
		return
	}
	sc.words = wordsOf(sc.s)
	findHonorific(sc)
	for i := range sc.words {
		if start, end := sc.nameAt(i); end > 0 {
			sc.add(ruleName, ruleName.Severity, start, end)
		}
	}
}

// findKnown finds tokens known from elsewhere in the submission.
func findKnown(sc *scan) {
	eachToken(sc.s, func(tok string, start, end int) {
		if !sc.scanner.isKnown(tok) {
			return
		}
		rule := ruleName
		if hasDigit(tok) {
			rule = ruleMRN
		}
		sc.add(rule, finding.Blocker, start, end)
	})
}

// nameAt returns the bounds of the name that starts with word i, or 0, 0. A
// title belongs to the name, a label does not.
func (sc *scan) nameAt(i int) (start, end int) {
	w := sc.words[i]
	if title := sc.s[w.start:w.end]; sc.isTitle(title, w.end) {
		if end := sc.capitalWords(i+1, 3, true, titlesOfPeople[title]); end > 0 {
			return w.start, end
		}
	}
	if i+1 < len(sc.words) && w.kind != lower && (w.start == 0 || sc.s[w.start-1] != '^') {
		next := sc.words[i+1]
		switch between := sc.s[w.end:next.start]; {
		case between == "^":
			return w.start, sc.caretName(i)
		case between == ", " || between == "," && sc.where.VR != "":
			if sc.lastFirst(w, next) {
				return w.start, sc.extend(i+1, next.end)
			}
		}
	}
	if sc.isLabel(i) {
		return sc.words[i+1].start, sc.capitalWords(i+1, 4, false, false)
	}
	if end := sc.wholeName(i); end > 0 {
		return w.start, end
	}
	return w.start, sc.givenFamily(i)
}

// titles come before a name. Those that double as words of imaging (DR, MR,
// MS) count only as written here, or in capitals with a full stop.
var titles = set(`Dr Dr. Prof Prof. Professor Mr Mr. Mrs Mrs. Ms Ms. Miss Doctor Sir
	Herr Frau Hr. Fr. Mme Mlle Monsieur Madame Docteur Dra Dra. Sr. Sra Sra. Srta Señor Señora
	Dott. Dott.ssa Sig. Sig.ra Signor Signora Doutor Doutora Senhor Senhora Pan Pani Lek. Mevr. Dhr.
	DR. MR. MRS. PROF. MS. г-н г-жа д-р проф. доктор Доктор Д-р Γιατρός Δρ. Κος Κα الدكتور دكتور السيد السيدة`)

// titlesOfPeople precede nothing but a name, even if that is an ordinary word.
var titlesOfPeople = set(`Mr Mrs Ms Herr Frau Mme Mlle Monsieur Madame Señor Señora Signor Signora Senhor Senhora`)

func (sc *scan) isTitle(w string, end int) bool {
	if end < len(sc.s) && sc.s[end] == '.' && titles[w+"."] {
		return true
	}
	return titles[w] && end < len(sc.s) && sc.s[end] == ' '
}

// capitalWords returns the end of the capital words from word i on, at most
// limit of them, or 0 if the first is not one that could be a name.
func (sc *scan) capitalWords(i, limit int, titled, sure bool) int {
	if i >= len(sc.words) {
		return 0
	}
	first := sc.words[i]
	gap := sc.s[sc.words[i-1].end:first.start]
	if titled && len(gap) > 2 || !titled && len(gap) > 4 {
		return 0
	}
	if first.kind == lower || !sure && sc.ordinary(first) || sure && first.kind == capitals || utf8.RuneCountInString(sc.s[first.start:first.end]) < 2 {
		return 0
	}
	end := first.end
	for j := i + 1; j < len(sc.words) && j < i+limit; j++ {
		w := sc.words[j]
		gap := sc.s[end:w.start]
		if gap != " " && gap != ", " && gap != "^" && gap != ". " || w.kind == lower || sc.ordinary(w) {
			break
		}
		end = w.end
	}
	return end
}

func (sc *scan) ordinary(w word) bool { return Ordinary(sc.s[w.start:w.end]) }

// pairOrdinary reports whether two words side by side name nobody: one is of
// ordinary language, eponyms not counted, or both are eponyms.
func (sc *scan) pairOrdinary(a, b word) bool {
	eponym := func(w word) bool { return eponyms()[fold(sc.s[w.start:w.end])] }
	ea, eb := eponym(a), eponym(b)
	return ea && eb || !ea && sc.ordinary(a) || !eb && sc.ordinary(b)
}

// caretName reads a PN value: parts tied by '^', none of which belongs to the
// language of examinations ("Head^Routine" is a protocol tree).
func (sc *scan) caretName(i int) int {
	end, parts := 0, 0
	for j := i; j < len(sc.words) && j < i+5; j++ {
		w := sc.words[j]
		if j > i && strings.Trim(sc.s[end:w.start], "^") != "" {
			break
		}
		if w.kind == lower && parts == 0 || j == i+1 && sc.pairOrdinary(sc.words[i], w) || hasDigitBeside(sc.s, w) {
			return 0
		}
		end = w.end
		parts++
	}
	first := sc.words[i]
	if parts < 2 || utf8.RuneCountInString(sc.s[first.start:first.end]) < 2 && first.kind != caseless {
		return 0
	}
	return end
}

// lastFirst judges two capital words with a comma between them. In documents,
// where places and lists look the same, a word nearby must speak of a person.
func (sc *scan) lastFirst(a, b word) bool {
	if b.kind == lower || sc.pairOrdinary(a, b) || hasDigitBeside(sc.s, a) || hasDigitBeside(sc.s, b) {
		return false
	}
	if a.kind == caseless {
		return sc.where.VR != "" && (len(sc.words) == 2 || sc.cueBefore(a.start, 12, nameCues))
	}
	la, lb := utf8.RuneCountInString(sc.s[a.start:a.end]), utf8.RuneCountInString(sc.s[b.start:b.end])
	if la < 3 || lb < 2 {
		return false
	}
	if a.kind == capitals && sc.technical() && la+lb < 10 {
		return false
	}
	if sc.where.VR != "" {
		return true
	}
	after := strings.ToLower(sc.s[b.end:min(len(sc.s), b.end+24)])
	return sc.cueBefore(a.start, 24, personCues) || cueIn(after, []string{"born", "dob", "geb", "m.d", "md", "mrn"})
}

// nameCues stand right before a name in a sentence.
var nameCues = []string{"for ", "by ", "with ", "from ", "of ", "patient ", "pat ", "pt "}

var personCues = []string{"patient", "name", "for ", "by ", "physician", "dr", "radiologist", "referr", "attending", "operator", "seen", "mother", "father", "wife", "husband", "son ", "daughter"}

// extend takes further initials and capital words into a name: "Doe, John A.".
func (sc *scan) extend(i, end int) int {
	for j := i + 1; j < len(sc.words) && j < i+3; j++ {
		w := sc.words[j]
		if sc.s[end:w.start] != " " || w.kind == lower || sc.ordinary(w) {
			break
		}
		end = w.end
	}
	return end
}

// labels stand before a name, with a colon or equals sign.
var labels = set(`name names patient pat pt nom prénom nombre apellido apellidos nachname vorname
	familienname paziente paciente cognome nome sobrenome imię nazwisko pacjent пациент имя фамилия фио
	όνομα ασθενής hasta ad soyad physician radiologist operator technologist referrer referring
	attending surgeon doctor arzt médecin médico 患者 患者名 患者氏名 氏名 姓名 病人 환자 환자명 성명 이름 المريض الاسم اسم`)

func (sc *scan) isLabel(i int) bool {
	w := sc.words[i]
	if i+1 >= len(sc.words) || !labels[fold(sc.s[w.start:w.end])] {
		return false
	}
	gap := sc.s[w.end:sc.words[i+1].start]
	return len(gap) <= 4 && !strings.Contains(gap, `="`) && (strings.Contains(gap, ":") || strings.Contains(gap, "=") || strings.Contains(gap, "："))
}

// wholeName reads a value that is nothing but a name, "Magnus Hathersage". It
// is asked only where no such value belongs: private attributes and comments.
func (sc *scan) wholeName(i int) int {
	if i != 0 || !sc.where.Private && !commentKeywords[sc.where.Keyword] || len(sc.words) < 2 || len(sc.words) > 3 {
		return 0
	}
	for j, w := range sc.words {
		str := sc.s[w.start:w.end]
		if w.kind == lower || sc.ordinary(w) && !eponyms()[fold(str)] || utf8.RuneCountInString(str) < 2 {
			return 0
		}
		if j > 0 && sc.s[sc.words[j-1].end:w.start] != " " || w.kind != sc.words[0].kind {
			return 0
		}
	}
	last := sc.words[len(sc.words)-1]
	if sc.pairOrdinary(sc.words[0], sc.words[1]) || strings.Trim(sc.s[:sc.words[0].start]+sc.s[last.end:], " .,;\x00") != "" {
		return 0
	}
	return last.end
}

// givenFamily reads two words with a capital first letter inside a sentence of
// a comment, or in a description behind a word such as "for".
func (sc *scan) givenFamily(i int) int {
	if sc.where.VR == "" || sc.device() || i+1 >= len(sc.words) {
		return 0
	}
	a, b := sc.words[i], sc.words[i+1]
	if a.kind != title || b.kind != title || sc.s[a.end:b.start] != " " || sc.pairOrdinary(a, b) {
		return 0
	}
	if utf8.RuneCountInString(sc.s[a.start:a.end]) < 2 || utf8.RuneCountInString(sc.s[b.start:b.end]) < 2 || hasDigitBeside(sc.s, b) {
		return 0
	}
	if strings.HasSuffix(sc.s[a.start:a.end], "'s") || strings.HasPrefix(sc.s[b.end:], ":") {
		return 0 // "Morrison's Pouch", or a heading
	}
	sentences := sc.where.Private || commentKeywords[sc.where.Keyword] || !sc.technical() && longText[sc.where.VR]
	if !sentences && !sc.cueBefore(a.start, 6, nameCues) {
		return 0
	}
	return sc.extend(i+1, b.end)
}

var longText = set("LT ST UT UC")

var commentKeywords = set(`ImageComments PatientComments StudyComments SeriesComments FrameComments
	VisitComments AdditionalPatientHistory RequestComments TextValue UnformattedTextValue OverlayLabel
	OverlayDescription DocumentTitle ContentLabel ContentDescription PatientState Occupation Allergies
	MedicalAlerts AcquisitionComments InterpretationText ReasonForStudy CommentsOnThePerformedProcedureStep`)

// findHonorific finds names before the honorifics of Japanese, Chinese and
// Korean: 山田先生, 김철수님.
func findHonorific(sc *scan) {
	for _, w := range sc.words {
		if w.kind != caseless {
			continue
		}
		str := sc.s[w.start:w.end]
		for _, h := range []string{"先生", "さん", "様", "氏", "殿", "女士", "醫師", "医師", "医生", "선생님", "님", "씨", "교수"} {
			name, found := strings.CutSuffix(str, h)
			if n := utf8.RuneCountInString(name); found && n >= 1 && n <= 6 && !Ordinary(name) && !Ordinary(str) {
				sc.add(ruleName, ruleName.Severity, w.start, w.end)
				break
			}
		}
	}
}
