package text

import (
	"regexp"
	"strings"

	"assay/internal/audit/finding"
)

// number is what follows a label: 5 to 16 letters and digits, at least 4 of
// them digits, perhaps in groups.
const number = `[\s:#=.№]{0,4}(?:is\s+|no\.?\s*|nr\.?\s*)?[\s:#=]{0,2}([A-Z]{0,4}[-/ ]?\d[A-Z0-9][A-Z0-9\-/]{2,17})\b`

var labeled = []struct {
	rule finding.Rule
	re   *regexp.Regexp
}{
	{ruleMRN, regexp.MustCompile(`(?i)(?:\b(?:mrn|mr\s?#|mr\s?no\.?|med(?:ical)?\.?\s?rec(?:ord)?s?(?:\s?(?:no|nr|num(?:ber)?|id|#)\.?)?|acc(?:ession)?\.?\s?(?:#|no\b\.?|nr\b\.?|num(?:ber)?|id\b)|pat(?:ient)?(?:en)?(?:s|ten)?[-._ ]?(?:id|no|nr|num(?:ber|mer)?|kennung)\b|pid|kis|hosp(?:ital)?\.?\s?(?:no|nr|num(?:ber)?|id)\b|chart\s?(?:no|nr|num(?:ber)?|#)|fall(?:-?nr|nummer)|aufnahme-?(?:nr|nummer)|nhs\s?(?:no|num(?:ber)?)?|ipp|nip|nhc|n[°º]\s?(?:de\s)?(?:dossier|historia)|historia\s?cl[ií]nica|case\s?(?:no|num(?:ber)?|#)|order\s?(?:no|num(?:ber)?|#)|visit\s?(?:no|num(?:ber)?|id|#)|encounter\s?(?:no|num(?:ber)?|id|#)?)|\bn(?:umero|úmero|º|r|o)?\.?\s?(?:del?\s|do\s)?(?:paziente|paciente|pacjenta|pacienta|expediente|historia|processo|cartella|dossier)|\bcartella\s(?:clinica\s)?n[.°r]{0,2}|(?:номер\s?)?(?:мед\.?\s?карт[ыа]|карт[ыа]|истори[ия]\sболезни|пациента)\s?№?|протокол\s?№|αρ\.?\s?(?:μητρώου|φακέλου)|رقم\s(?:المريض|الملف)|患者\s?(?:番号|id)|病历号|病歷號|住院号|환자\s?번호|등록번호)` + number)},
	{ruleAccount, regexp.MustCompile(`(?i)(?:\b(?:acct|account|konto(?:-?nr|nummer)?|policy|insurance|insured|versicherten-?(?:nr|nummer)|member(?:ship)?|subscriber|beneficiary|medicare|medicaid|hicn|mbi|certificate|cert|licen[cs]e|licen[cs]e\s?plate|permit|passport|dea|npi|iban|health\s?(?:plan|card)|claim)\b(?:\s?(?:no|nr|num(?:ber)?|id|#)\b)?)` + number)},
}

var rePlate = regexp.MustCompile(`(?i)\b(?:(?:licen[cs]e|number|vehicle)\s?plate|plate\s?(?:no|number|#)|kennzeichen|kfz|matr[ií]cula|immatriculation|registration\s?plate)[\s:#=.]{0,4}((?:[A-ZÄÖÜ]{1,3}[- ]?)?[A-Z0-9]{1,4}[- ]?[A-Z0-9]{2,4})\b`)

// plateHints are within every word of ASCII that rePlate takes.
var plateHints = []string{"plate", "kennzeichen", "kfz", "matr"}

// findLabeled finds numbers behind a word that says what they are: medical
// record, accession, account, insurance, certificate and license numbers.
func findLabeled(sc *scan) {
	near := windows(sc.s, isNumberByte, 4, 48, 16)
	if !isASCII(sc.s) || containsAny(sc.lower(), plateHints) {
		sc.each(rePlate, windows(sc.s, isNumberByte, 1, 32, 8), func(m []int) {
			if hasDigit(sc.s[m[2]:m[3]]) {
				sc.add(ruleVIN, ruleVIN.Severity, m[2], m[3])
			}
		})
	}
	if len(near) == 0 {
		return
	}
	lower := sc.lower()
	for _, l := range labeled {
		if l.rule.ID == ruleMRN.ID && !containsAny(lower, mrnHints) || l.rule.ID == ruleAccount.ID && !containsAny(lower, accountHints) {
			continue
		}
		sc.each(l.re, near, func(m []int) {
			value := sc.s[m[2]:m[3]]
			if n := countDigits(value); n >= 4 && n <= 16 && len(value) >= 5 && !isYearRange(value) {
				sc.add(l.rule, l.rule.Severity, m[2], m[3])
			}
		})
	}
}

func isNumberByte(c byte) bool { return isAlnum(c) || c == '-' || c == '/' }

// Every label contains one of these, so that most strings are spared the
// regular expressions.
var (
	mrnHints     = strings.Fields("mr med acc pat pid kis hosp chart fall aufnahme nhs ipp nip nhc dossier historia case order visit encounter 患者 病 住院 환자 등록 pacien pazien pacjen expedien processo cartella карт истори пациент протокол αρ رقم")
	accountHints = strings.Fields("acc konto polic insur versich member subscr benef medic hicn mbi cert licen permit passport dea npi iban health claim")
)

func containsAny(s string, words []string) bool {
	for _, w := range words {
		if strings.Contains(s, w) {
			return true
		}
	}
	return false
}

// isYearRange reports whether a number is a year or two of them: "2019-2021".
func isYearRange(v string) bool {
	for _, part := range strings.FieldsFunc(v, func(r rune) bool { return r == '-' || r == '/' }) {
		if len(part) != 4 || !(strings.HasPrefix(part, "19") || strings.HasPrefix(part, "20")) || !allDigits(part) {
			return false
		}
	}
	return true
}

var (
	reAge = regexp.MustCompile(`(?i)(?:^|[^\d.,])(9[0-9]|1[0-2]\d)[- ]?(?:y\.?/?o\b|yo[mf]?\b|y\.o\.|yrs?\b(?:[- ]?old)?|years?[- ]old|years?\s+of\s+age|jahre\b|jährige[nrsm]?|ans\b|años|anos\b|anni\b|jaar\b|lat\b|år\b|лет|года?\b|歳|岁|歲|세)`)
	// "age 93", "Alter: 93"
	reAgeLabeled = regexp.MustCompile(`(?i)\b(?:age|aged|alter|edad|âge|età|idade|возраст|年齢|年龄)[:= ]{1,3}0?(9[0-9]|1[0-2]\d)\b`)
	// "093Y" as in AgeString. "90Y" alone is an isotope.
	reAgeString = regexp.MustCompile(`\b(09[1-9]|1[0-2]\d)Y\b`)
)

// findAge finds ages over 89. "90+" is how the group is written and passes.
func findAge(sc *scan) {
	var near []window
	eachDigitRun(sc.s, func(start, end int) {
		digits := strings.TrimLeft(sc.s[start:end], "0")
		if len(digits) == 2 && digits[0] == '9' || len(digits) == 3 && digits[0] == '1' && digits[1] <= '2' {
			near = append(near, window{wordStart(sc.s, max(0, start-12)), wordEnd(sc.s, min(len(sc.s), end+20))})
		}
	})
	for _, re := range []*regexp.Regexp{reAge, reAgeLabeled, reAgeString} {
		sc.each(re, near, func(m []int) {
			rest := sc.s[m[3]:]
			number := len(rest) > 1 && (rest[0] == '.' || rest[0] == '-') && isDigit(rest[1])
			capped := strings.HasPrefix(rest, "+") || number
			if !capped && (re != reAgeString || !sc.technical()) {
				sc.add(ruleAge, ruleAge.Severity, m[2], m[1])
			}
		})
	}
}

var (
	// City, ST 12345-6789. The comma is needed: "CT 12345" is a modality and
	// a number as well as a place in Connecticut.
	reZIP = regexp.MustCompile(`\p{Lu}[\p{L}.']+(?: \p{Lu}[\p{L}.']+){0,2}, ?(?:A[KLRZ]|C[AOT]|D[CE]|FL|GA|GU|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|P[AR]|RI|S[CD]|T[NX]|UT|V[AIT]|W[AIVY]) +\d{5}(?:-\d{4})?\b`)
	// 287 Cooper Lane
	reStreet = regexp.MustCompile(`\b\d{1,5}[A-Za-z]? (?:(?:[NSEW]\.?|North|South|East|West) )?(?:[\p{Lu}\d][\p{L}\d'’‘ʻʼ.-]* ){1,3}(?:Street|St|Avenue|Ave|Road|Rd|Lane|Ln|Drive|Boulevard|Blvd|Court|Way|Place|Square|Terrace|Close|Crescent|Parkway|Pkwy|Highway|Hwy|STREET|AVENUE|AVE|ROAD|LANE|BLVD|BOULEVARD)\b`)
	// Hauptstraße 12, Lindenweg 3a
	reStreetGerman = regexp.MustCompile(`\b\p{Lu}[\p{Ll}\-]+(?:straße|strasse|str\.|weg|platz|gasse|allee|gatan|vägen|straat|laan)\s\d{1,4}\s?[a-z]?\b`)
	// 12, rue de la Paix; Calle Mayor 5; via Roma 10; ul. Długa 7
	reStreetRomance = regexp.MustCompile(`(?:\b\d{1,4}(?: ?bis)?,? (?:rue|avenue|boulevard|chemin|impasse|quai) (?:d[eu]s? |de la |de l')?\p{Lu}\p{L}+|\b(?:[Cc]alle|[Aa]venida|[Vv]ia|[Pp]iazza|[Rr]ua|[Uu]l\.|[Уу]л\.) (?:d[aeo]s? |della? )?\p{L}[\p{L}' ]+,? \d{1,4}\b)`)
	rePOBox         = regexp.MustCompile(`(?i)\b(?:p\.?\s?o\.?\s?box|postfach|apartado|apt\.?|apartment|suite)\s#?\d{1,6}\b`)
	// 東京都千代田区1-2
	reAddressCJK = regexp.MustCompile(`[\p{Han}]{2,}(?:都|道|府|県|市|区|區|町|村|路|街|号|號)[\p{Han}0-9\-−]*\d`)
)

// Words of the street forms, so that most text is spared them.
var streetHints = strings.Fields("street avenue road lane drive boulevard blvd court place square terrace close crescent parkway pkwy highway hwy way st ave rd ln straße strasse str. weg platz gasse allee gatan vägen straat laan rue chemin impasse quai calle avenida via piazza rua ul. ул. box postfach apartado apt suite apartment")

// findAddress finds street addresses and ZIP codes.
func findAddress(sc *scan) {
	if sc.device() {
		return
	}
	sc.addresses(windows(sc.s, isDigit, 5, 72, 8), reZIP)
	if sc.traits.caseless {
		sc.addresses(windows(sc.s, isDigit, 1, 64, 16), reAddressCJK)
	}
	var near []window
	for _, w := range windows(sc.s, isDigit, 1, 48, 64) {
		if containsAny(strings.ToLower(sc.s[w.start:w.end]), streetHints) {
			near = append(near, w)
		}
	}
	sc.addresses(near, reStreet, reStreetGerman, reStreetRomance, rePOBox)
}

func (sc *scan) addresses(near []window, forms ...*regexp.Regexp) {
	for _, re := range forms {
		sc.each(re, near, func(m []int) { sc.add(ruleAddress, ruleAddress.Severity, m[0], m[1]) })
	}
}
