package text

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// The forms in which a list of names makes a name of words.

// phrases are pairs of names that mean a thing, a place or a method.
var phrases = set(`robert_jones austin_moore jackson_pratt carl_zeiss robert_koch max_planck johns_hopkins
	kaplan_meier miller_fisher salter_harris stevens_johnson russell_silver taylor_spatial harris_benedict
	arnold_chiari dandy_walker gilles_tourette charcot_marie marie_tooth mary_joseph kelly_patch ward_triangle
	virginia_mason ann_arbor eli_lilly henry_schein henry_ford george_washington thomas_jefferson martin_luther
	francis_crick marie_curie santa_rosa cedars_sinai brigham_young anderson_darling jean_louis spencer_wells
	allis_chalmers hunter_schreger stanley_fracture jones_fracture jones_criteria duke_criteria child_pugh
	bland_altman mann_whitney adam_optimizer wade_oxford turner_syndrome`)

// placeLeads begin names of places and saints.
var placeLeads = set("san santa santo saint st sao são los las el la le fort port mount mt lake new north south east west cape villa rio")

// isPhrase reports a pair that is no person: a phrase, a place, two months.
func (sc *scan) isPhrase(a, b *word) bool {
	fa, fb := fold(sc.str(a)), fold(sc.str(b))
	if placeLeads[fa] || placeLeads[fb] || months[fa] != 0 && months[fb] != 0 || phrases[fa+"_"+fb] {
		return true
	}
	before := strings.TrimRight(sc.s[max(0, a.start-8):a.start], " ")
	return placeLeads[strings.ToLower(before[strings.LastIndexByte(before, ' ')+1:])]
}

// weak reports a word that is of ordinary language or an English word.
func (w *word) weak() bool { return w.ordinary || w.list&english != 0 }

// listedAsPair reports a given beside a family name of the list, in either
// order, of which one at least is nothing but a name.
func (sc *scan) listedAsPair(a, b *word) bool {
	if a.list|b.list == 0 || (a.standing|b.standing)&hard != 0 || a.weak() && b.weak() || a.standing&b.standing&eponym != 0 {
		return false
	}
	if a.list&given == 0 && b.list&given == 0 || a.list&family == 0 && b.list&family == 0 {
		return false
	}
	return (a.list&given != 0 && b.list&family != 0 || a.list&family != 0 && b.list&given != 0) && !sc.isPhrase(a, b)
}

// halfListed reports a name of the list beside a word that is of no language
// that we know, written alike.
func (sc *scan) halfListed(a, b *word) bool {
	sure := func(w *word) bool { return w.list != 0 && !w.weak() }
	if sc.where.VR == "" || sc.where.Keyword == "PrivateCreator" || a.kind != b.kind || a.weak() || b.weak() || !sure(a) && !sure(b) {
		return false
	}
	least := 3
	if a.kind != title {
		least = 5 // abbreviations of protocols
	}
	return a.kind != caseless && sc.runes(a) >= least && sc.runes(b) >= least && !sc.isPhrase(a, b)
}

// setOff reports two words of no language that we know which a comma parts
// from the rest of a description: "repeat scan, Ann Other".
func (sc *scan) setOff(a, b *word) bool {
	if !sc.technical() || a.weak() || b.weak() || sc.runes(a) < 4 || sc.runes(b) < 4 || sc.isPhrase(a, b) {
		return false
	}
	before, after := strings.TrimRight(sc.s[:a.start], " "), sc.s[b.end:]
	return before == "" && strings.HasPrefix(after, ", ") || after == "" && strings.HasSuffix(before, ",")
}

// listedPair reads a given and a family name side by side: "John Smith",
// "SMITH JOHN", 山田 太郎.
func (sc *scan) listedPair(i int) int {
	if sc.device() || i+1 >= len(sc.words) || sc.words[i].kind == lower {
		return 0
	}
	a, b := sc.look(i), sc.look(i+1)
	if a.list == 0 && b.list == 0 || b.kind == lower {
		return 0
	}
	next, j := b, i+1
	if gap := sc.s[a.end:b.start]; gap == " " && sc.runes(b) == 1 && b.kind == capitals && i+2 < len(sc.words) {
		// an initial between the two: "John F. Kennedy"
		if after := sc.s[b.end:sc.words[i+2].start]; after == " " || after == ". " {
			next, j = sc.look(i+2), i+2
		}
	} else if gap != " " && gap != "　" {
		return 0
	}
	if next.kind == lower || !sc.listedAsPair(a, next) && !sc.halfListed(a, next) || hasDigitBeside(sc.s, a) || hasDigitBeside(sc.s, next) {
		return 0
	}
	la, lb := sc.runes(a), sc.runes(next)
	switch {
	case a.kind == caseless || next.kind == caseless:
		if a.kind != next.kind || la+lb < 3 {
			return 0
		}
	case a.kind == capitals && next.kind == capitals && sc.technical() && la+lb < 8:
		return 0 // abbreviations of protocols
	case la < 2 || lb < 2:
		return 0
	}
	return sc.extend(j, next.end)
}

// lowerPairs finds "john smith", where neither word is of a language.
func (sc *scan) lowerPairs() {
	if sc.device() {
		return
	}
	for i := 0; i+1 < len(sc.words); i++ {
		if sc.words[i].kind != lower || sc.words[i+1].kind != lower {
			continue
		}
		a, b := sc.look(i), sc.look(i+1)
		if a.list == 0 && (b.list == 0 || len(sc.words) > 2) || a.weak() {
			continue
		}
		gap := sc.s[a.end:b.start]
		if b.weak() || gap != " " && gap != ", " && gap != "^" && gap != "." && gap != "-" || sc.runes(a)+sc.runes(b) < 8 || sc.runes(a) < 3 || sc.runes(b) < 3 {
			continue
		}
		whole := len(sc.words) == 2 && sc.halfListed(a, b) && !hasDigitBeside(sc.s, b)
		if (sc.listedAsPair(a, b) || whole) && !hasDigitBeside(sc.s, a) {
			sc.add(ruleName, ruleName.Severity, a.start, b.end)
		}
	}
}

// initialed reads an initial and a family name of the list: "J. Smith",
// "Smith, J.", "Smith J" at the end of a comment.
func (sc *scan) initialed(i int) int {
	if sc.device() || i+1 >= len(sc.words) {
		return 0
	}
	a, b := sc.look(i), sc.look(i+1)
	gap := sc.s[a.end:b.start]
	surname := func(w *word) bool { return w.list&family != 0 && !w.weak() && w.kind != lower && sc.runes(w) >= 3 }
	initial := func(w *word) bool { return w.kind == capitals && w.end-w.start == 1 && !hasDigitBeside(sc.s, w) }
	switch {
	case initial(a) && surname(b) && b.kind == title && (gap == ". " || gap == "."):
		return b.end
	case surname(a) && initial(b) && (gap == ", " || gap == " " && commentKeywords[sc.where.Keyword] && a.kind == title):
		if rest := sc.s[b.end:]; rest == "" || strings.IndexByte(".,;)", rest[0]) >= 0 {
			return b.end
		}
	}
	return 0
}

// byCues end right before the name of somebody who did something.
var byCues = []string{
	"performed by", "read by", "reported by", "dictated by", "reviewed by", "signed by", "ordered by", "requested by",
	"referred by", "approved by", "verified by", "scanned by", "seen by", "transcribed by", "interpreted by", "examined by",
	"consented by", "injected by", "positioned by", "acquired by", "attn", "attention", "c/o",
	"befundet von", "gesehen von", "durchgeführt von", "überwiesen von", "befundet durch", "unterschrieben von",
	"lu par", "réalisé par", "réalisée par", "adressé par", "adressée par", "signé par", "vu par", "dicté par",
	"realizado por", "informado por", "leído por", "firmado por", "referido por", "remitido por", "solicitado por",
	"eseguito da", "refertato da", "firmato da", "inviato da", "laudado por", "assinado por", "opisał", "opisała", "zlecił",
	"beoordeeld door", "uitgevoerd door", "выполнил", "выполнила", "направил", "врач", "описал",
}

// roleCues end right before a name only if that is on the list.
var roleCues = []string{
	"tech", "technologist", "technician", "patient", "pt", "pat", "operator", "radiologist", "physician", "nurse", "mtra", "mta",
	"resident", "fellow", "surgeon", "sonographer", "radiographer", "with", "for", "by", "mother", "father", "wife", "husband", "daughter", "son",
	"patientin", "arzt", "ärztin", "médico", "medico", "médecin", "paciente", "paziente", "pacjent", "пациент",
}

// cuedName reads a name behind "performed by", or one of the list behind a
// role: "tech Kowalski".
func (sc *scan) cuedName(i int) int {
	w := sc.look(i)
	if sc.device() || w.kind == lower || w.kind == caseless || w.standing&hard != 0 || sc.runes(w) < 3 || hasDigitBeside(sc.s, w) {
		return 0
	}
	if w.ordinary && (w.list == 0 || w.kind != title) {
		return 0
	}
	before := strings.ToLower(strings.TrimRight(sc.s[max(0, w.start-24):w.start], " :"))
	if before == "" || len(before) == w.start && w.start == 0 {
		return 0
	}
	if endsWithCue(before, byCues) {
		return sc.extend(i, w.end)
	}
	sure := w.list != 0 && !w.weak() && (w.kind == title || !sc.technical())
	if sure && endsWithCue(before, roleCues) && (sc.where.VR != "" || w.list&family != 0) {
		return sc.extend(i, w.end)
	}
	return 0
}

// endsWithCue reports whether a lower-case text ends with a cue that is not
// the end of a longer word.
func endsWithCue(s string, cues []string) bool {
	for _, cue := range cues {
		if rest, found := strings.CutSuffix(s, cue); found {
			r, _ := utf8.DecodeLastRuneInString(rest)
			if rest == "" || !unicode.IsLetter(r) && r != '-' {
				return true
			}
		}
	}
	return false
}

// nameLabels are labels that announce a name and nothing else.
var nameLabels = set(`name names nom prénom nombre nombres apellido apellidos nachname vorname patientenname familienname
	cognome nome sobrenome imię nazwisko имя фамилия фио surname forename firstname lastname jméno příjmení név naam
	voornaam achternaam namn navn etunimi sukunimi ime prezime име`)

// listedValue returns the end of the value of a label if all its words are on
// the list, or one of them is nothing but a name: "Name: Rose Brown". Behind a
// label for names alone the first word of the list is enough.
func (sc *scan) listedValue(i int) int {
	end, all, sure := 0, true, false
	for j := i; j < len(sc.words) && j < i+4; j++ {
		w := sc.look(j)
		if j > i {
			if gap := sc.s[end:w.start]; strings.ContainsAny(gap, "\r\n;|") || len(gap) > 3 {
				break
			}
		}
		if w.kind == lower || hasDigitBeside(sc.s, w) {
			all = all && j > i && nameLabels[fold(sc.str(&sc.words[i-1]))]
			break
		}
		all = all && w.list != 0
		sure = sure || w.list != 0 && !w.weak()
		end = w.end
	}
	if !all && !sure {
		return 0
	}
	return end
}

// wholeName reads a value that is nothing but a name, "Magnus Hathersage". It
// is asked only where no such value belongs: private attributes and comments.
func (sc *scan) wholeName(i int) int {
	if i != 0 || len(sc.words) > 3 || !sc.where.Private && !commentKeywords[sc.where.Keyword] || sc.where.Keyword == "PrivateCreator" {
		return 0
	}
	first, last := sc.look(0), sc.look(len(sc.words)-1)
	if strings.Trim(sc.s[:first.start]+sc.s[last.end:], " .,;\x00") != "" {
		return 0
	}
	if len(sc.words) == 1 {
		return sc.wholeWord(first)
	}
	for j := range sc.words {
		w := sc.look(j)
		if w.kind == lower || w.kind != first.kind || sc.runes(w) < 2 && w.kind != caseless {
			return 0
		}
		if w.ordinary && w.standing&eponym == 0 && (w.list == 0 || w.kind != title) {
			return 0
		}
		if j > 0 && sc.s[sc.words[j-1].end:w.start] != " " {
			return 0
		}
	}
	a, b := first, sc.look(1)
	both := (a.list&given != 0 && b.list&family != 0 || a.list&family != 0 && b.list&given != 0) && a.standing&b.standing&eponym == 0 && !sc.isPhrase(a, b)
	if sc.pairOrdinary(a, b) && !both {
		return 0
	}
	return last.end
}

// wholeWord judges a value of a single word: a family name of the list that is
// nothing else, or a full name in a script that does not part its words.
func (sc *scan) wholeWord(w *word) int {
	if w.kind == caseless {
		if fullNameCJK(sc.str(w)) {
			return w.end
		}
		return 0
	}
	if w.kind != lower && w.list&family != 0 && !w.weak() && sc.runes(w) >= 5 && !hasDigitBeside(sc.s, w) && !strings.ContainsFunc(sc.str(w), isJoint) {
		return w.end
	}
	return 0
}

// fullNameCJK reports a family name of the list with a given name of the list
// behind it, with nothing between: 山田太郎, 김철수.
func fullNameCJK(s string) bool {
	n := utf8.RuneCountInString(s)
	if n < 2 || n > 6 || Ordinary(s) {
		return false
	}
	at := 0
	for i := range s {
		if at = i; i == 0 {
			continue
		}
		if listedName(s[:at])&family != 0 && listedName(s[at:])&given != 0 {
			return true
		}
	}
	return false
}
