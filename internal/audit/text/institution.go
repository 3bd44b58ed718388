package text

import (
	"regexp"
	"strings"
)

var (
	// Mirefield County Hospital, Dunmore Imaging Institute, Lindenau-Klinik
	reInstitution = regexp.MustCompile(`((?:\p{Lu}[\p{L}'’.\-]+ ){1,5})(?:Hospital|Hospitals|Infirmary|Hospice|Clinic|Clinics|Sanatorium|Polyclinic|Klinik|Kliniken|Klinikum|Krankenhaus|Spital|Ziekenhuis|Sjukhus|Sykehus|Sygehus|Medical (?:Center|Centre|Group|Institute|College)|Health (?:Center|Centre|System)|(?:Imaging|Radiology|Cancer|Heart|Diagnostic) (?:Center|Centre|Institute|Group|Associates|Clinic)|HOSPITAL|CLINIC|MEDICAL CENTER|MEDICAL CENTRE|KLINIKUM|KRANKENHAUS)\b`)
	// Hôpital Saint-Aubin, Hospital de Valdoria, Ospedale San Rocco, Szpital im. Kowala
	reInstitutionBefore = regexp.MustCompile(`\b(?:H[oô]pital|Hospital|Clinique|Clínica|Clinica|Ospedale|Policlinico|Szpital|Nemocnice|Klinikum|Krankenhaus|Universitätsklinikum|CHU|CHRU|Hospices)(?: (?:d[eaiou]s?|del|della|de la|de los|im\.|św\.|St\.|San|Santa|Saint|São))?((?: \p{Lu}[\p{L}'’.\-]{2,}){1,4})`)
	// 東京中央病院, 北京第一医院, 서울중앙병원
	reInstitutionCJK = regexp.MustCompile(`[\p{Han}\p{Katakana}]{2,}(?:病院|医院|醫院|診療所|诊所)|\p{Hangul}{2,}(?:병원|의원)`)
)

// Words of the forms, in lower case, so that most text is spared them.
var institutionHints = strings.Fields("hospi hôpital clini clíni klini infirm krankenhaus spital ospedale ziekenhuis sjukhus sykehus sygehus nemocnice sanator medical health imaging radiology cancer heart diagnostic chu chru 病院 医院 醫院 診療所 诊所 병원 의원")

// findInstitution finds names of hospitals and practices. "University
// Hospital" alone names none: one word must be of no ordinary language.
func findInstitution(sc *scan) {
	if sc.device() || !containsAny(sc.lower(), institutionHints) {
		return
	}
	for _, re := range []*regexp.Regexp{reInstitution, reInstitutionBefore} {
		for _, m := range re.FindAllStringSubmatchIndex(sc.s, -1) {
			start := m[0]
			named := false
			eachWord(sc.s[m[2]:m[3]], func(from, to int) {
				named = named || to-from >= 3 && !Ordinary(sc.s[m[2]+from:m[2]+to])
			})
			if named {
				sc.add(ruleInstitution, ruleInstitution.Severity, start, m[1])
			}
		}
	}
	if sc.traits.caseless {
		for _, m := range reInstitutionCJK.FindAllStringIndex(sc.s, -1) {
			sc.add(ruleInstitution, ruleInstitution.Severity, m[0], m[1])
		}
	}
}
