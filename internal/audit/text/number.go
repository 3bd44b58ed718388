package text

import (
	"net/netip"
	"regexp"
	"strings"
)

// findEmail finds addresses such as ann@clinic.example. An address of a role
// (info@, support@) is a warning only: it names an office, not a person.
func findEmail(sc *scan) {
	for from := 0; ; {
		at := strings.IndexByte(sc.s[from:], '@')
		if at < 0 {
			return
		}
		at += from
		from = at + 1
		start, end := at, at+1
		for start > 0 && isMailByte(sc.s[start-1]) {
			start--
		}
		for end < len(sc.s) && (isMailByte(sc.s[end]) && sc.s[end] != '+' && sc.s[end] != '%') {
			end++
		}
		for end > at+1 && (sc.s[end-1] == '.' || sc.s[end-1] == '-' || sc.s[end-1] == '_') {
			end--
		}
		domain := sc.s[at+1 : end]
		dot := strings.LastIndexByte(domain, '.')
		if start == at || dot < 1 || len(domain)-dot < 3 || hasDigit(domain[dot:]) {
			continue
		}
		severity := ruleEmail.Severity
		if roleMailbox[strings.ToLower(sc.s[start:at])] {
			severity = ruleURL.Severity
		}
		sc.add(ruleEmail, severity, start, end)
	}
}

var roleMailbox = set(`admin contact data dataset datasets dicom help helpdesk info
	library license licensing mail noreply no-reply office privacy press research
	sales service support team webmaster`)

func isMailByte(c byte) bool {
	return isAlnum(c) || c == '.' || c == '_' || c == '-' || c == '+' || c == '%' || c >= 0x80
}

var reURL = regexp.MustCompile(`(?i)(?:https?://|ftp://|www\.)[^\s<>"'\\)\]},;]+`)

// findURL finds web addresses. Those of standards, licenses and data set
// archives name no one.
func findURL(sc *scan) {
	for _, m := range reURL.FindAllStringIndex(sc.s, -1) {
		start, end := m[0], m[1]
		for end > start && (sc.s[end-1] == '.' || sc.s[end-1] == ':') {
			end--
		}
		host := strings.ToLower(sc.s[start:end])
		if k := strings.Index(host, "://"); k >= 0 {
			host = host[k+3:]
		}
		host, _, _ = strings.Cut(host, "/")
		if len(host) >= 4 && !publicHost(host) {
			sc.add(ruleURL, ruleURL.Severity, start, end)
		}
	}
}

var publicHosts = []string{
	"nema.org", "doi.org", "creativecommons.org", "opendatacommons.org", "opensource.org",
	"w3.org", "hl7.org", "loinc.org", "snomed.info", "snomed.org", "iso.org", "ietf.org",
	"adobe.com", "openmicroscopy.org", "purl.org", "iptc.org", "schema.org", "spdx.org",
	"json-schema.org", "mlcommons.org", "cancerimagingarchive.net", "physionet.org",
	"zenodo.org", "github.com", "itk.org", "nih.gov", "wikipedia.org", "arxiv.org", "apache.org",
}

func publicHost(host string) bool {
	host, _, _ = strings.Cut(host, ":")
	for _, p := range publicHosts {
		if host == p || strings.HasSuffix(host, "."+p) {
			return true
		}
	}
	return false
}

// findSSN finds United States social security numbers: 3-2-4 digits with the
// area not 000, 666 or 9xx, the group not 00 and the serial not 0000. Without
// hyphens one counts only near a word that says so.
func findSSN(sc *scan) {
	eachDigitRun(sc.s, func(start, end int) {
		switch end - start {
		case 9:
			if validSSN(sc.s[start:end]) && boundary(sc.s, start, end) && sc.cueBefore(start, 24, ssnCues) {
				sc.add(ruleSSN, ruleSSN.Severity, start, end)
			}
		case 3:
			if end+8 > len(sc.s) || (sc.s[end] != '-' && sc.s[end] != ' ') || sc.s[end+3] != sc.s[end] {
				return
			}
			group, serial, stop := sc.s[end+1:end+3], sc.s[end+4:end+8], end+8
			if !allDigits(group) || !allDigits(serial) || !boundary(sc.s, start, stop) || !validSSN(sc.s[start:end]+group+serial) {
				return
			}
			if sc.s[end] == ' ' && !sc.cueBefore(start, 24, ssnCues) {
				return
			}
			sc.add(ruleSSN, ruleSSN.Severity, start, stop)
		}
	})
}

var ssnCues = []string{"ssn", "social sec", "soc sec", "soc. sec", "ss#", "ss #", "s.s.n"}

func validSSN(d string) bool {
	return d[:3] != "000" && d[:3] != "666" && d[0] != '9' && d[3:5] != "00" && d[5:] != "0000"
}

var (
	// Area and exchange start with 2 to 9; blanks alone do not separate,
	// since rows of numbers look the same.
	reNANP = regexp.MustCompile(`(?:\+?1[-. ]?)?(?:\(([2-9]\d{2})\) ?|([2-9]\d{2})[-.])([2-9]\d{2})[-. ]\d{4}`)
	// "+44 20 7946 0958", "+49 (0)30 901820"
	reInternational = regexp.MustCompile(`\+[1-9]\d{0,2}(?:[ .\-/]?\(?\d{1,5}\)?){2,6}`)
	rePhoneLabeled  = regexp.MustCompile(`(?i)(?:\b(?:t[eé]l(?:[eé](?:phone|fon|fono|foon))?|phone|ph|fax|mobile|cell|pager|handy|gsm|telefone)\b|тел(?:ефон)?|факс|τηλ|電話|电话|전화|هاتف)[.:#\s]{0,4}(?:no\.?|number)?[.:#\s]{0,3}(\+?\(?\d[\d ().\-/]{5,20}\d)`)
)

// phoneCues tell a telephone number from numbers of a protocol.
var phoneCues = []string{"call", "tel", "phone", "contact", "reach", "pager", "mobile", "cell", "wife", "husband", "mother", "father", "daughter", "son", "home", "office", "work"}

// findPhone finds telephone and fax numbers.
func findPhone(sc *scan) {
	near := windows(sc.s, isPhoneByte, 7, 24, 4)
	if len(near) == 0 {
		return
	}
	if !isASCII(sc.s) || containsAny(sc.lower(), phoneLabels) {
		sc.each(rePhoneLabeled, near, func(m []int) {
			if n := countDigits(sc.s[m[2]:m[3]]); n >= 7 && n <= 15 {
				sc.add(rulePhone, rulePhone.Severity, m[2], m[3])
			}
		})
	}
	if strings.IndexByte(sc.s, '(') >= 0 || joinsExchange(sc.s) {
		sc.northAmerican(near)
	}
	if strings.IndexByte(sc.s, '+') >= 0 {
		sc.international(near)
	}
}

// phoneLabels are within every word of ASCII that rePhoneLabeled takes.
var phoneLabels = []string{"tel", "ph", "fax", "mobile", "cell", "pager", "handy", "gsm"}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// joinsExchange reports whether s holds a digit, a hyphen or point, and a digit
// of 2 to 9, as reNANP has between area and exchange.
func joinsExchange(s string) bool {
	for i := 1; i+1 < len(s); i++ {
		if (s[i] == '-' || s[i] == '.') && isDigit(s[i-1]) && s[i+1] >= '2' && s[i+1] <= '9' {
			return true
		}
	}
	return false
}

func (sc *scan) northAmerican(near []window) {
	sc.each(reNANP, near, func(m []int) {
		certain := sc.s[m[0]] == '+' || sc.s[m[0]] == '('
		if boundary(sc.s, m[0], m[1]) && (certain || !sc.technical() || sc.cueBefore(m[0], 16, phoneCues)) {
			sc.add(rulePhone, rulePhone.Severity, m[0], m[1])
		}
	})
}

func (sc *scan) international(near []window) {
	sc.each(reInternational, near, func(m []int) {
		n := countDigits(sc.s[m[0]:m[1]])
		if n >= 9 && n <= 15 && boundary(sc.s, m[0], m[1]) && !strings.ContainsAny(sc.s[max(0, m[0]-1):m[0]], "0123456789eE") {
			sc.add(rulePhone, rulePhone.Severity, m[0], m[1])
		}
	})
}

var (
	reIBAN = regexp.MustCompile(`\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b`)
	// 943 476 5919, whose last digit checks the others
	reNHS = regexp.MustCompile(`(?i)\bnhs(?:\s?(?:no|num(?:ber)?))?[\s:.#]{0,3}(\d{3}[ -]?\d{3}[ -]?\d{4})\b`)
)

// findChecked finds numbers that check themselves: bank accounts (IBAN, by its
// remainder of 97) and numbers of the National Health Service.
//
// Source: ISO 13616-1; NHS Data Dictionary, NHS NUMBER (modulus 11).
func findChecked(sc *scan) {
	sc.each(reIBAN, ibanWindows(sc.s), func(m []int) {
		// Words in capitals behind the number may have been taken with it.
		for end := m[1]; end-m[0] >= 15; end-- {
			if isAlnum(sc.s[end-1]) && (end == len(sc.s) || !isAlnum(sc.s[end])) && validIBAN(sc.s[m[0]:end]) {
				sc.add(ruleAccount, ruleAccount.Severity, m[0], end)
				return
			}
		}
	})
	if !strings.Contains(sc.lower(), "nhs") {
		return
	}
	sc.each(reNHS, windows(sc.s, isNumberByte, 3, 24, 12), func(m []int) {
		if validNHS(sc.s[m[2]:m[3]]) {
			sc.add(ruleMRN, ruleMRN.Severity, m[2], m[3])
		}
	})
}

// ibanWindows returns where two capital letters and two digits begin a word.
func ibanWindows(s string) []window {
	var list []window
	for i := 0; i+15 <= len(s); i++ {
		if isDigit(s[i+2]) && isDigit(s[i+3]) && isCapital(s[i]) && isCapital(s[i+1]) && (i == 0 || !isAlnum(s[i-1])) {
			list = append(list, window{i, min(len(s), i+48)})
			i += 3
		}
	}
	return list
}

func isCapital(c byte) bool { return c >= 'A' && c <= 'Z' }

func validIBAN(s string) bool {
	s = strings.ReplaceAll(s, " ", "")
	if len(s) < 15 || len(s) > 34 {
		return false
	}
	rest := 0
	for i := range len(s) {
		c := s[(i+4)%len(s)]
		if isDigit(c) {
			rest = (rest*10 + int(c-'0')) % 97
		} else {
			rest = (rest*100 + int(c-'A') + 10) % 97
		}
	}
	return rest == 1
}

func validNHS(s string) bool {
	sum, place := 0, 10
	for i := range len(s) {
		if !isDigit(s[i]) {
			continue
		}
		if place == 1 {
			return (11-sum%11)%11 == int(s[i]-'0')
		}
		sum += place * int(s[i]-'0')
		place--
	}
	return false
}

func isPhoneByte(c byte) bool { return isDigit(c) || strings.IndexByte(" ().+-/", c) >= 0 }

// findIP finds IPv4 and IPv6 addresses. Four numbers with dots may as well be
// a software version: they count only if labeled, of a private network, or
// with two numbers that a version hardly has.
func findIP(sc *scan) {
	for i := 0; i < len(sc.s); {
		if !isIPByte(sc.s[i]) {
			i++
			continue
		}
		start := i
		for i < len(sc.s) && isIPByte(sc.s[i]) {
			i++
		}
		token := strings.TrimRight(sc.s[start:i], ".:")
		if (start > 0 && isAlnum(sc.s[start-1])) || (i < len(sc.s) && isAlnum(sc.s[i])) || len(token) < 3 {
			continue
		}
		if host, _, ok := strings.Cut(token, ":"); ok && strings.Count(token, ":") == 1 {
			token = host
		}
		addr, err := netip.ParseAddr(token)
		if err != nil || sc.versions() {
			continue
		}
		if addr.Is4() && !sc.likelyIPv4(addr, start) || addr.Is6() && (len(token) < 6 || addr.IsLoopback()) {
			continue
		}
		sc.add(ruleIP, ruleIP.Severity, start, start+len(token))
	}
}

func (sc *scan) likelyIPv4(addr netip.Addr, start int) bool {
	if addr.IsUnspecified() || addr.IsLoopback() || addr.IsMulticast() {
		return false
	}
	if sc.cueBefore(start, 16, []string{"ip", "host", "addr", "server", "pacs", "node"}) {
		return true
	}
	if sc.cueBefore(start, 10, []string{"v", "ver", "rel", "build", "rev", "sw"}) {
		return false
	}
	large := 0
	for _, octet := range addr.As4() {
		if octet >= 32 {
			large++
		}
	}
	b := addr.As4()
	return large >= 2 || b[0] == 192 && b[1] == 168 || b[0] == 172 && b[1] >= 16 && b[1] < 32
}

func isIPByte(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F' || c == ':' || c == '.'
}

// findVIN finds vehicle identification numbers, 17 characters with a check
// digit in the ninth place.
func findVIN(sc *scan) {
	for i := 0; i < len(sc.s); {
		if !isAlnum(sc.s[i]) {
			i++
			continue
		}
		start := i
		for i < len(sc.s) && isAlnum(sc.s[i]) {
			i++
		}
		if i-start == 17 && validVIN(sc.s[start:i]) {
			sc.add(ruleVIN, ruleVIN.Severity, start, i)
		}
	}
}

func validVIN(v string) bool {
	const values = "0123456789.ABCDEFGH..JKLMN.P.R..STUVWXYZ"
	weights := [17]int{8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2}
	sum, letters := 0, 0
	for i := range 17 {
		k := strings.IndexByte(values, v[i])
		if k < 0 || v[i] == '.' {
			return false
		}
		if k >= 10 {
			letters++
		}
		sum += k % 10 * weights[i]
	}
	check := byte('0' + sum%11)
	if sum%11 == 10 {
		check = 'X'
	}
	return v[8] == check && letters >= 3 && letters <= 13
}
