package document

import (
	"regexp"
	"strings"
	"unicode"

	"assay/internal/audit/finding"
)

// promise is what the name of a column, key or element says about its values.
type promise struct {
	kind  string // "name", "id", "birth", "date", "contact", "address", "place", "staff", "device", …
	hipaa []string
}

// promises are the names that say identifiers, folded by fold. Only names on
// this list are ever shown in a finding.
var promises = map[string]promise{}

func init() {
	add := func(kind, letters, words string) {
		for _, w := range strings.Fields(words) {
			promises[w] = promise{kind, strings.Split(letters, "")}
		}
	}
	add("name", "A", `patientname patientsname patname ptname subjectname fullname firstname lastname surname familyname
		givenname middlename maidenname mothersmaidenname mothermaidenname forename patientfirstname patientlastname
		patientfullname nameofpatient nextofkin emergencycontact guardianname personname otherpatientnames patientbirthname`)
	add("id", "G", `ssn socialsecuritynumber socialsecurity socialsecurityno nationalid nationalidnumber nhsnumber nhsno
		passport passportnumber taxid`)
	add("id", "H", `mrn medicalrecordnumber medicalrecordno medrecno mrnnumber patientmrn hospitalnumber hospitalid chartnumber
		otherpatientids`)
	add("id", "I", `insuranceid insurancenumber insuranceno policynumber healthplanid memberid subscriberid medicareid medicaidid`)
	add("id", "J", `accountnumber accountno bankaccount iban`)
	add("id", "K", `driverslicense driverslicensenumber driverlicense licenseplate vin`)
	add("birth", "C", `dob dateofbirth birthdate patientbirthdate patientsbirthdate patientdob birthday birthdatetime birthtime`)
	add("contact", "D", `phone phonenumber telephone telephonenumber mobilephone cellphone homephone workphone patientphone
		patienttelephonenumbers fax faxnumber`)
	add("contact", "F", `email emailaddress patientemail`)
	add("address", "B", `address streetaddress homeaddress patientaddress patientsaddress addressline addressline1 addressline2
		mailingaddress street`)
	add("place", "B", `zip zipcode postcode postalcode city county birthplace placeofbirth`)
	add("date", "C", `admissiondate dischargedate studydate examdate scandate dateofexam dateofscan dateofdeath deathdate
		acquisitiondate dateofadmission dateofdischarge visitdate reportdate surgerydate seriesdate contentdate`)
	add("number", "J", `accession accessionnumber accessionno encounterid visitnumber visitid orderid ordernumber`)
	add("staff", "A", `physician physicianname doctor doctorname referringphysician referringphysicianname readingphysician
		attendingphysician radiologist radiologistname operatorsname technologistname performingphysicianname`)
	add("place", "B", `institutionname institutionaddress hospitalname`)
	add("device", "M", `deviceserialnumber serialnumber stationname`)
}

// fold returns a name without case, blanks and signs, as promises has it.
func fold(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r):
			return unicode.ToLower(r)
		}
		return -1
	}, name)
}

// promiseOf returns what a name promises. A namespace or table in front of the
// last dot or colon does not matter.
func promiseOf(name string) (word string, p promise, found bool) {
	if len(name) > 64 {
		return "", promise{}, false
	}
	word = fold(name)
	if p, found = promises[word]; found {
		return word, p, true
	}
	if at := strings.LastIndexAny(name, ".:/"); at >= 0 {
		word = fold(name[at+1:])
		p, found = promises[word]
	}
	return word, p, found
}

var (
	pseudonym = regexp.MustCompile(`^[A-Za-z]{0,16}[-_ ]?[A-Za-z]{0,4}[-_ ]?[0-9]{1,12}$`)
	yearOnly  = regexp.MustCompile(`^[12][0-9]{3}([-/.]?01[-/.]?01)?$`)
	fullDate  = regexp.MustCompile(`[0-9]{1,4}[-/. ][0-9A-Za-z]{1,9}[-/. ,]+[0-9]{1,4}|^[12][0-9]{7}`)
)

// dummies are values that stand for nothing.
var dummies = map[string]bool{
	"na": true, "nan": true, "none": true, "null": true, "unknown": true, "anonymous": true, "anonymized": true,
	"anonymised": true, "removed": true, "redacted": true, "deidentified": true, "hidden": true, "masked": true,
	"0": true, "19000101": true, "00000000": true, "false": true, "true": true, "withheld": true, "notapplicable": true,
	"deleted": true, "empty": true, "dummy": true, "test": true, "string": true,
}

// filled reports whether a value says something.
func filled(v string) bool {
	folded := fold(v)
	if folded == "" || dummies[folded] || strings.HasPrefix(folded, "anon") {
		return false
	}
	return strings.Trim(folded, "x") != "" && strings.Trim(folded, "0") != ""
}

// judge returns how grave it is that v stands under a name that promises p;
// false if v is none of what the name promises.
func (p promise) judge(v string) (finding.Severity, bool) {
	v = strings.TrimSpace(v)
	if !filled(v) || len(v) > 400 {
		return "", false
	}
	digits := 0
	for _, r := range v {
		if unicode.IsDigit(r) {
			digits++
		}
	}
	letters := strings.ContainsFunc(v, unicode.IsLetter)
	switch p.kind {
	case "name":
		if pseudonym.MatchString(v) {
			return finding.Warning, true
		}
		return finding.Blocker, letters
	case "id":
		return finding.Blocker, digits >= 3
	case "pseudonym": // FHIR's identifier: digits alone are a record number
		if letters && pseudonym.MatchString(v) {
			return finding.Warning, true
		}
		return finding.Blocker, digits >= 3
	case "photo":
		return finding.Blocker, true
	case "birth":
		if yearOnly.MatchString(v) {
			return finding.Warning, true
		}
		return finding.Blocker, digits >= 4 && (digits >= 6 || letters)
	case "contact":
		return finding.Blocker, strings.Contains(v, "@") || digits >= 7
	case "address":
		return finding.Blocker, letters && strings.ContainsAny(v, " 0123456789")
	case "date":
		return finding.Warning, fullDate.MatchString(v)
	case "number":
		return finding.Warning, digits >= 3
	case "device":
		return finding.Warning, digits >= 2
	}
	return finding.Warning, letters || digits >= 4
}

// promised notes a value under a name that promises identifiers. The name is
// on the list, so it may be shown.
func (in *inspection) promised(what, word string, p promise, v string, offset int64) bool {
	severity, ok := p.judge(v)
	if !ok {
		return false
	}
	in.keepName(p, severity, v)
	in.add(ruleColumns, hit{
		severity: severity, hipaa: p.hipaa, path: what + " " + word, shape: finding.Mask(v), offset: offset,
		message: "The " + what + " promises identifiers, and it is filled.",
	})
	return severity == finding.Blocker
}

// keepName hands on a value that is a person's name or number beyond doubt.
func (in *inspection) keepName(p promise, severity finding.Severity, v string) {
	if in.Name == nil || severity != finding.Blocker {
		return
	}
	switch p.kind {
	case "name", "id", "pseudonym":
		in.Name(v)
	}
}

// personShaped reports whether v could be a person's name: two to four words
// with capitals, without digits.
func personShaped(v string) bool {
	words := strings.FieldsFunc(v, func(r rune) bool { return unicode.IsSpace(r) || r == ',' || r == '^' })
	if len(words) < 2 || len(words) > 4 {
		return false
	}
	for _, w := range words {
		first := []rune(w)[0]
		if !unicode.IsUpper(first) && unicode.IsLetter(first) && unicode.IsLower(first) || strings.ContainsFunc(w, unicode.IsDigit) {
			return false
		}
	}
	return true
}

// shownKeys are names of harmless keys and elements that help to find the
// place; any other name is not shown, as it may itself be an identifier.
var shownKeys = map[string]bool{}

func init() {
	for _, w := range strings.Fields(`report findings impression text note notes comment comments description history
		indication conclusion technique summary title label caption info author creator filename file_name path id
		value data content message diagnosis observation narrative keywords subject annotation`) {
		shownKeys[w] = true
	}
}

// place names where a text stands, without names that may be identifiers.
func place(what, name string) string {
	lower := strings.ToLower(name)
	if shownKeys[lower] {
		return what + " " + lower
	}
	if word, _, found := promiseOf(name); found {
		return what + " " + word
	}
	return what
}
