package text

import (
	"strings"
	"unicode/utf8"

	"assay/internal/audit/finding"
)

// findNames finds personal names by their shape: a title and a capital word,
// LAST^FIRST, "Last, First", a label ("patient:") and capital words, a given
// beside a family name of the list, and words that the rest of the submission
// shows to be names.
func findNames(sc *scan) {
	if sc.scanner.knowsAny() {
		findKnown(sc)
	}
	if !sc.traits.upper && sc.where.VR == "" {
		return
	}
	sc.words = wordsOf(sc.s)
	if !sc.traits.upper {
		sc.lowerPairs()
		return
	}
	findHonorific(sc)
	for i := range sc.words {
		if start, end := sc.nameAt(i); end > 0 {
			sc.add(ruleName, ruleName.Severity, start, end)
		}
	}
	sc.lowerPairs()
}

// findKnown finds tokens known from elsewhere in the submission. A short one
// may be an abbreviation as well: it warns.
func findKnown(sc *scan) {
	eachToken(sc.s, func(tok string, start, end int) {
		if !sc.scanner.isKnown(tok) {
			return
		}
		rule, severity := ruleName, finding.Blocker
		switch {
		case hasDigit(tok):
			rule = ruleMRN
		case shortToken(tok):
			severity = finding.Warning
		}
		sc.add(rule, severity, start, end)
	})
}

// nameAt returns the bounds of the name that starts with word i, or 0, 0. A
// title belongs to the name, a label does not.
func (sc *scan) nameAt(i int) (start, end int) {
	w := &sc.words[i]
	if title := sc.str(w); sc.isTitle(title, w.end) {
		if end := sc.capitalWords(i+1, 3, true, titlesOfPeople[title]); end > 0 {
			return w.start, end
		}
	}
	if w.kind == lower && !sc.isLabel(i) {
		return 0, 0
	}
	sc.look(i)
	if i+1 < len(sc.words) && w.kind != lower && (w.start == 0 || sc.s[w.start-1] != '^') {
		next := sc.look(i + 1)
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
		return sc.words[i+1].start, max(sc.capitalWords(i+1, 4, false, false), sc.listedValue(i+1))
	}
	for _, form := range [...]func(*scan, int) int{(*scan).wholeName, (*scan).listedPair, (*scan).givenFamily, (*scan).initialed, (*scan).cuedName} {
		if end := form(sc, i); end > 0 {
			return w.start, end
		}
	}
	return 0, 0
}

// look fills in what vocabulary and list know of word i and returns it.
func (sc *scan) look(i int) *word {
	w := &sc.words[i]
	if !w.looked {
		str := sc.str(w)
		w.looked, w.standing, w.ordinary = true, standingOf(str), Ordinary(str)
		if w.standing&hard == 0 {
			w.list = listedName(str)
		}
	}
	return w
}

func (sc *scan) str(w *word) string { return sc.s[w.start:w.end] }

func (sc *scan) runes(w *word) int { return utf8.RuneCountInString(sc.s[w.start:w.end]) }

// titles come before a name. Those that double as words of imaging (DR, MR,
// MS) count only as written here, or in capitals with a full stop.
var titles = set(`Dr Dr. Prof Prof. Professor Mr Mr. Mrs Mrs. Ms Ms. Miss Doctor Sir
	Herr Frau Hr. Fr. Mme Mlle Monsieur Madame Docteur Dra Dra. Sr. Sra Sra. Srta Señor Señora
	Dott. Dott.ssa Sig. Sig.ra Signor Signora Doutor Doutora Senhor Senhora Pan Pani Lek. Mevr. Dhr.
	Doktor Dokter Lekarz Sayın Bay Bayan Dato Datuk Encik Puan Bapak Ibu Shri Smt Smt. Begum Pt.
	DR. MR. MRS. PROF. MS. г-н г-жа д-р проф. доктор Доктор Д-р врач Врач Γιατρός Δρ. Κος Κα
	الدكتور الدكتورة دكتور السيد السيدة דר פרופ מר גב นาย นาง นางสาว`)

// titlesOfPeople precede nothing but a name, even if that is an ordinary word.
var titlesOfPeople = set(`Mr Mrs Ms Miss Herr Frau Mme Mlle Monsieur Madame Señor Señora Signor Signora Senhor Senhora`)

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
	first := sc.look(i)
	gap := sc.s[sc.words[i-1].end:first.start]
	if titled && len(gap) > 2 || !titled && len(gap) > 4 {
		return 0
	}
	// Behind a title a name of the list may be an ordinary word: "Dr. Young".
	sure = sure || titled && first.list != 0 && first.kind == title
	if first.kind == lower || !sure && first.ordinary || sure && first.kind == capitals || first.kind != caseless && sc.runes(first) < 2 {
		return 0
	}
	end := first.end
	for j := i + 1; j < len(sc.words) && j < i+limit; j++ {
		w := sc.look(j)
		gap := sc.s[end:w.start]
		if gap != " " && gap != ", " && gap != "^" && gap != ". " || w.kind == lower || w.ordinary {
			break
		}
		end = w.end
	}
	return end
}

// pairOrdinary reports whether two words side by side name nobody: one is of
// ordinary language, eponyms not counted, or both are eponyms.
func (sc *scan) pairOrdinary(a, b *word) bool {
	ea, eb := a.standing&eponym != 0, b.standing&eponym != 0
	return ea && eb || !ea && a.ordinary || !eb && b.ordinary
}

// caretName reads a PN value: parts tied by '^', none of which belongs to the
// language of examinations ("Head^Routine" is a protocol tree). In comments,
// where no protocol stands, a name may be of ordinary words: "Post^Victor".
func (sc *scan) caretName(i int) int {
	end, parts := 0, 0
	comment := commentKeywords[sc.where.Keyword]
	for j := i; j < len(sc.words) && j < i+5; j++ {
		w := sc.look(j)
		if j > i && strings.Trim(sc.s[end:w.start], "^") != "" {
			break
		}
		if w.kind == lower && parts == 0 || hasDigitBeside(sc.s, w) {
			return 0
		}
		if j == i+1 && sc.pairOrdinary(&sc.words[i], w) && !sc.listedAsPair(&sc.words[i], w) && !(comment && sc.softPair(&sc.words[i], w)) {
			return 0
		}
		end = w.end
		parts++
	}
	first := &sc.words[i]
	if parts < 2 || sc.runes(first) < 2 && first.kind != caseless {
		return 0
	}
	return end
}

// softPair reports two words of which one is of no ordinary language, or one is
// on the list and neither belongs to the language of examinations.
func (sc *scan) softPair(a, b *word) bool {
	return !a.ordinary || !b.ordinary || (a.standing|b.standing)&hard == 0 && a.list|b.list != 0
}

// lastFirst judges two capital words with a comma between them. In documents,
// where places and lists look the same, a word nearby must speak of a person.
func (sc *scan) lastFirst(a, b *word) bool {
	known := sc.listedAsPair(a, b)
	if commentKeywords[sc.where.Keyword] && len(sc.words) == 2 && (a.standing|b.standing)&hard == 0 {
		known = known || sc.softPair(a, b)
	}
	if !known && a.weak() && b.weak() && !sc.cueBefore(a.start, 12, nameCues) || sc.isPhrase(a, b) {
		return false
	}
	if b.kind == lower || sc.pairOrdinary(a, b) && !known || hasDigitBeside(sc.s, a) || hasDigitBeside(sc.s, b) {
		return false
	}
	if a.kind == caseless {
		return sc.where.VR != "" && (known || len(sc.words) == 2 || sc.cueBefore(a.start, 12, nameCues))
	}
	la, lb := sc.runes(a), sc.runes(b)
	if (la < 3 || lb < 2) && !known {
		return false
	}
	if a.kind == capitals && sc.technical() && la+lb < 10 && !known {
		return false
	}
	if sc.where.VR != "" || known && a.list&english == 0 && !a.ordinary {
		return true
	}
	after := strings.ToLower(sc.s[b.end:min(len(sc.s), b.end+24)])
	return sc.cueBefore(a.start, 24, personCues) || cueIn(after, []string{"born", "dob", "geb", "m.d", "md", "mrn"})
}

// nameCues stand right before a name in a sentence.
var nameCues = []string{"for ", "by ", "with ", "from ", "of ", "patient ", "pat ", "pt ", "für ", "von ", "pour ", "par ", "para ", "por ", "per ", "dla ", "voor ", "door "}

var personCues = []string{"patient", "name", "for ", "by ", "physician", "dr", "radiologist", "referr", "attending", "operator", "seen", "mother", "father", "wife", "husband", "son ", "daughter"}

// extend takes further initials and capital words into a name: "Doe, John A.".
func (sc *scan) extend(i, end int) int {
	for j := i + 1; j < len(sc.words) && j < i+3; j++ {
		w := sc.look(j)
		if sc.s[end:w.start] != " " || w.kind == lower || w.ordinary {
			break
		}
		end = w.end
	}
	return end
}

// labels stand before a name, with a colon or equals sign.
var labels = set(`name names patient pat pt nom prénom nombre nombres apellido apellidos nachname vorname patientenname
	familienname paziente paciente cognome nome sobrenome imię nazwisko pacjent пациент имя фамилия фио пацієнт
	όνομα ασθενής ονοματεπώνυμο hasta ad soyad physician radiologist operator technologist technician tech referrer referring
	attending surgeon doctor arzt ärztin médico medico médecin lekarz врач nurse resident surname forename firstname lastname
	guardian mother father spouse kin contact reader author signed jméno příjmení név naam voornaam achternaam namn
	navn etunimi sukunimi ime prezime име nama tên người
	患者 患者名 患者氏名 氏名 姓名 名前 病人 医师 医生 技师 検査者 担当 환자 환자명 성명 이름 의사 판독의 المريض الاسم اسم الطبيب
	שם שם_משפחה ชื่อ ผู้ป่วย नाम रोगी სახელი անուն`)

func (sc *scan) isLabel(i int) bool {
	w := &sc.words[i]
	if i+1 >= len(sc.words) {
		return false
	}
	gap := sc.s[w.end:sc.words[i+1].start]
	if len(gap) > 4 || !strings.ContainsAny(gap, ":=：") || strings.Contains(gap, `="`) {
		return false
	}
	return labels[fold(sc.str(w))]
}

// givenFamily reads two words with a capital first letter inside a sentence of
// a comment, or in a description behind a word such as "for".
func (sc *scan) givenFamily(i int) int {
	if sc.where.VR == "" || sc.device() || i+1 >= len(sc.words) {
		return 0
	}
	a, b := sc.look(i), sc.look(i+1)
	if a.kind == caseless && b.kind == caseless && sc.s[a.end:b.start] == " " && !a.ordinary && !b.ordinary && sc.runes(a)+sc.runes(b) >= 4 && sc.cueBefore(a.start, 6, nameCues) {
		return b.end // "MRI for" and words of another script
	}
	if a.kind != title || b.kind != title || sc.s[a.end:b.start] != " " || sc.pairOrdinary(a, b) {
		return 0
	}
	if sc.runes(a) < 2 || sc.runes(b) < 2 || hasDigitBeside(sc.s, b) {
		return 0
	}
	if sc.isPhrase(a, b) || strings.HasSuffix(sc.str(a), "'s") || strings.HasPrefix(sc.s[b.end:], ":") {
		return 0 // "Morrison's Pouch", or a heading
	}
	sentences := sc.where.Private || commentKeywords[sc.where.Keyword] || !sc.technical() && longText[sc.where.VR]
	if !sentences && !sc.cueBefore(a.start, 6, nameCues) && !sc.halfListed(a, b) && !sc.setOff(a, b) {
		return 0
	}
	return sc.extend(i+1, b.end)
}

var longText = set("LT ST UT UC")

// commentKeywords are attributes in which people write sentences, and places
// where no text belongs at all.
var commentKeywords = set(`ImageComments PatientComments StudyComments SeriesComments FrameComments
	VisitComments AdditionalPatientHistory RequestComments TextValue UnformattedTextValue OverlayLabel
	OverlayDescription DocumentTitle ContentLabel ContentDescription PatientState Occupation Allergies
	MedicalAlerts AcquisitionComments InterpretationText ReasonForStudy CommentsOnThePerformedProcedureStep
	DataSetTrailingPadding Preamble`)

// honorifics follow a name in Japanese, Chinese, Korean and Thai.
var honorifics = []string{"先生", "さん", "様", "氏", "殿", "くん", "ちゃん", "女士", "小姐", "醫師", "医師", "医生", "主任", "大夫", "선생님", "님", "씨", "교수", "의사", "환자"}

// findHonorific finds names before an honorific: 山田先生, 김철수님.
func findHonorific(sc *scan) {
	if !sc.traits.caseless {
		return
	}
	for i := range sc.words {
		w := sc.look(i)
		if w.kind != caseless || w.ordinary {
			continue
		}
		for _, h := range honorifics {
			name, found := strings.CutSuffix(sc.str(w), h)
			if n := utf8.RuneCountInString(name); found && n >= 1 && n <= 6 && !Ordinary(name) {
				sc.add(ruleName, ruleName.Severity, w.start, w.end)
				break
			}
		}
	}
}
