package listing

import (
	"slices"
	"strings"
	"sync"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// countryCodes are the officially assigned codes.
//
// Source: ISO 3166-1:2020, alpha-2; 249 codes.
const countryCodes = `
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ
CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR
GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP
KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT
MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW
SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ
UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW`

// countries are the codes with their English names.
var countries = sync.OnceValue(func() map[string]string {
	names := display.English.Regions()
	list := make(map[string]string, 249)
	for _, code := range strings.Fields(countryCodes) {
		list[code] = names.Name(language.MustParseRegion(code))
	}
	return list
})

// CountryName returns the English name of a country's code, or the code
// itself outside ISO 3166-1.
func CountryName(code string) string {
	if name, ok := countries()[code]; ok {
		return name
	}
	return code
}

// ParseCountry reads a code of ISO 3166-1 alpha-2 or an English name, in any
// case; ok is false for any other text.
func ParseCountry(s string) (code string, ok bool) {
	s = strings.TrimSpace(s)
	if upper := strings.ToUpper(s); countries()[upper] != "" {
		return upper, true
	}
	if code, ok := otherNames[strings.ToLower(s)]; ok {
		return code, true
	}
	for code, name := range countries() {
		if strings.EqualFold(name, s) {
			return code, true
		}
	}
	return "", false
}

// otherNames are spellings that people type.
var otherNames = map[string]string{
	"usa": "US", "united states of america": "US", "u.s.": "US", "u.s.a.": "US",
	"uk": "GB", "great britain": "GB", "england": "GB", "south korea": "KR", "korea": "KR",
	"russia": "RU", "turkey": "TR", "czech republic": "CZ", "hong kong": "HK", "vietnam": "VN",
}

// Countries returns all codes in the order of their English names.
func Countries() []string {
	codes := strings.Fields(countryCodes)
	slices.SortFunc(codes, func(a, b string) int { return strings.Compare(CountryName(a), CountryName(b)) })
	return codes
}
