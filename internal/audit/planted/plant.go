package planted

import (
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"

	"assay/internal/audit/dicom/dicomtest"
	"assay/internal/audit/iod/iodtest"
)

// item is one planted identifier and the file that holds it.
type item struct {
	kind    string
	path    string // of the file
	content []byte
	place   string // the finding's path contains it
	rule    string // the rule that must find it; empty: any of at least a warning
	beside  []byte // another file of the same set, if any
	value   string // for diagnosis in tests only; never printed

	named, unlisted bool // it is a person in free text; of whom no name is on the rules' list
}

// planter makes items of one kind.
type planter struct {
	kind string
	make func(r *rand.Rand, all []locale, n int) item
}

// perKind is how many items of each kind are planted.
const perKind = 60

var planters = []planter{
	{"standard_tag", plantStandard}, {"nested", plantNested}, {"private", plantPrivate}, {"date", plantDate},
	{"uid", plantUID}, {"age_over_89", plantAge},
	{"free_text name", plantTextName}, {"free_text name without a word for it", plantBareName}, {"free_text date", plantTextDate}, {"free_text number", plantTextNumber},
	{"free_text contact", plantTextContact}, {"free_text address", plantTextAddress}, {"free_text age", plantTextAge},
	{"sr_text", plantSRText}, {"sr_pname", plantSRName}, {"file_name", plantFileName}, {"charset", plantCharset},
	{"trailing_padding", plantPadding}, {"preamble", plantPreamble}, {"overlay_label", plantOverlay},
	{"name of another file", plantShared},
	{"encapsulated_pdf", plantPDF}, {"file_meta", plantMeta},
}

// headerKinds are those of which none may be missed.
var headerKinds = map[string]bool{"standard_tag": true, "nested": true, "private": true, "date": true, "uid": true, "age_over_89": true}

// items makes all items of a seed.
func items(seed uint64) []item {
	all := locales()
	var list []item
	for k, p := range planters {
		r := rand.New(rand.NewPCG(seed, uint64(k)))
		for n := range perKind {
			it := p.make(r, all, n)
			it.kind = p.kind
			if it.path == "" {
				it.path = fmt.Sprintf("series/%04d.dcm", n)
			}
			list = append(list, it)
		}
	}
	return list
}

func built(o object) []byte { return dicomtest.Build(iodtest.Complete(o.text(), 1)) }

// attribute is a place for a value made by fill.
type attribute struct {
	tag, vr string
	fill    func(r *rand.Rand, p person) string
}

func aName(_ *rand.Rand, p person) string  { return p.pn() }
func anID(r *rand.Rand, _ person) string   { return recordNumber(r) }
func aPhone(r *rand.Rand, _ person) string { return phone(r) }
func aPlace(r *rand.Rand, p person) string {
	return p.family + one(r, " County Hospital", " Klinik", " Medical Center", " General")
}
func anAddress(r *rand.Rand, p person) string {
	return fmt.Sprintf("%d %s Lane", 1+r.IntN(900), p.family)
}
func aStation(r *rand.Rand, p person) string {
	return fmt.Sprintf("%.6sMR%d", strings.ToUpper(asciiOr(p.family, "ASHBY")), 1+r.IntN(9))
}
func aSerial(r *rand.Rand, _ person) string { return strconv.Itoa(10000 + r.IntN(90000)) }
func aWord(words ...string) func(*rand.Rand, person) string {
	return func(r *rand.Rand, _ person) string { return one(r, words...) }
}

func asciiOr(s, other string) string {
	if strings.IndexFunc(s, func(r rune) bool { return r > 127 }) >= 0 {
		return other
	}
	return s
}

var attributes = []attribute{
	{"(0010,0010)", "PN", aName}, {"(0008,0090)", "PN", aName}, {"(0008,1050)", "PN", aName}, {"(0008,1070)", "PN", aName},
	{"(0010,1001)", "PN", aName}, {"(0010,1060)", "PN", aName}, {"(0032,1032)", "PN", aName}, {"(0010,2297)", "PN", aName},
	{"(0008,1048)", "PN", aName}, {"(0008,0050)", "SH", anID}, {"(0010,0020)", "LO", anID}, {"(0010,1000)", "LO", anID},
	{"(0038,0010)", "LO", anID}, {"(0010,1050)", "LO", anID}, {"(0040,2016)", "LO", anID}, {"(0010,1040)", "LO", anAddress},
	{"(0008,0081)", "ST", anAddress}, {"(0008,0080)", "LO", aPlace}, {"(0010,0021)", "LO", aPlace}, {"(0038,0300)", "LO", aPlace},
	{"(0010,2154)", "SH", aPhone}, {"(0008,0094)", "SH", aPhone}, {"(0040,2010)", "SH", aPhone}, {"(0008,1010)", "SH", aStation},
	{"(0018,1000)", "LO", aSerial}, {"(0018,700A)", "SH", aSerial}, {"(0010,1080)", "LO", aWord("Sergeant", "Major", "Oberst")},
	{"(0010,21F0)", "LO", aWord("Lutheran", "Sunni", "Buddhist")}, {"(0010,2160)", "SH", aWord("Sami", "Han", "Yoruba")},
	{"(0010,2152)", "LO", aPlace},
}

func plantStandard(r *rand.Rand, all []locale, n int) item {
	a := attributes[n%len(attributes)]
	value := a.fill(r, pick(r, all, false))
	o := base(r)
	o.set(a.tag + " " + a.vr + " " + value)
	return item{content: built(o), place: a.tag, value: value}
}

func plantNested(r *rand.Rand, all []locale, n int) item {
	a := attributes[n%len(attributes)]
	value := a.fill(r, pick(r, all, false))
	line := a.tag + " " + a.vr + " " + value
	o := base(r)
	switch n % 5 {
	case 0:
		o.set("(0040,0275) SQ\n  - " + line)
	case 1:
		o.set("(0008,1110) SQ\n  - (0008,1084) SQ\n      - " + line)
	case 2:
		o.set("(0400,0561) SQ\n  - (0400,0550) SQ\n      - " + line)
	case 3: // in a private sequence
		o.set("(0051,0010) LO ASHBY ARCHIVE 1")
		o.set("(0051,1055) SQ\n  - " + line)
	case 4: // four levels deep
		o.set("(0008,1115) SQ\n  - (0008,1199) SQ\n      - (0040,A170) SQ\n          - (0040,0275) SQ\n              - " + line)
	}
	content := built(o)
	if n%2 == 1 {
		content = dicomtest.BuildWith(o.text(), dicomtest.Options{UndefinedLengths: true})
	}
	return item{content: content, place: "/" + a.tag, value: value}
}

func plantPrivate(r *rand.Rand, all []locale, n int) item {
	p := pick(r, all, n%2 == 0)
	value := one(r, p.given+" "+p.family, p.pn(), recordNumber(r), phone(r), "DOB "+aDay(r).written(r), p.family+", "+p.given)
	o := base(r)
	creator := one(r, "ASHBY ARCHIVE 1", "ZZVENDOR MR PRIVATE", "SIEMENS MR HEADER", "GEMS_PARM_01")
	group := one(r, "0009", "0019", "0029", "0051")
	o.set("(" + group + ",0010) LO " + creator)
	tag := "(" + group + ",10" + one(r, "77", "88", "99") + ")"
	switch n % 5 {
	case 0:
		o.set(tag + " LO " + value)
	case 1:
		o.set(tag + " UN text:" + value)
	case 2:
		o.set(tag + " OB text:" + value)
	case 3:
		o.set(tag + " PN " + p.pn())
	case 4: // a block without a creator
		delete(o, "("+group+",0010)")
		o.set(tag + " LT " + value)
	}
	return item{content: built(o), place: "(" + group + ",10", value: value}
}

func plantDate(r *rand.Rand, _ []locale, n int) item {
	d := aDay(r)
	tags := [][2]string{{"(0010,0030)", "DA"}, {"(0008,0020)", "DA"}, {"(0008,0021)", "DA"}, {"(0008,0022)", "DA"}, {"(0008,0023)", "DA"}, {"(0008,002A)", "DT"},
		{"(0038,0020)", "DA"}, {"(0040,0244)", "DA"}, {"(0018,1012)", "DA"}, {"(0008,0012)", "DA"}, {"(0010,21D0)", "DA"}, {"(0018,1078)", "DT"}}
	t := tags[n%len(tags)]
	value := d.da()
	if t[1] == "DT" {
		value += "101530.000"
	}
	o := base(r)
	place := t[0]
	if n%4 == 3 {
		o.set("(0040,0275) SQ\n  - " + t[0] + " " + t[1] + " " + value)
		place = "/" + place
	} else {
		o.set(t[0] + " " + t[1] + " " + value)
	}
	return item{content: built(o), place: place, value: value}
}

func plantUID(r *rand.Rand, _ []locale, n int) item {
	tag := []string{"(0020,000D)", "(0020,000E)", "(0008,0018)", "(0020,0052)"}[n%4]
	d := aDay(r)
	value := ""
	switch n % 3 {
	case 0: // a day among the components
		value = fmt.Sprintf("1.2.840.99999.3.%s.%d", d.da(), r.IntN(1000000))
	case 1: // a day and a time
		value = fmt.Sprintf("1.2.840.99999.7.%s%02d%02d%02d.%d", d.da(), r.IntN(24), r.IntN(60), r.IntN(60), 1+r.IntN(90))
	case 2: // the root of a maker
		value = fmt.Sprintf("%s.2.55.3.%d.%d", one(r, "1.2.840.113619", "1.3.12.2.1107.5", "1.3.46.670589.11", "1.2.392.200036.9116"), 1+r.IntN(1000000), 1+r.IntN(1000))
	}
	o := base(r)
	o.set(tag + " UI " + value)
	return item{content: built(o), place: tag, value: value}
}

func plantAge(r *rand.Rand, _ []locale, n int) item {
	age := 91 + r.IntN(20)
	o := base(r)
	if n%3 == 2 {
		o.set(fmt.Sprintf("(0040,A730) SQ\n  - (0040,A040) CS NUM\n    (0040,A043) SQ\n      - (0008,0100) SH 121033\n        (0008,0102) SH DCM\n        (0008,0104) LO Subject Age\n    (0040,A300) SQ\n      - (0040,08EA) SQ\n          - (0008,0100) SH a\n        (0040,A30A) DS %d", age))
		return item{content: built(o), place: "(0040,A30A)", rule: "phi-age-over-89"}
	}
	o.set(fmt.Sprintf("(0010,1010) AS %03dY", age))
	return item{content: built(o), place: "(0010,1010)", rule: "phi-age-over-89"}
}

// comment plants a sentence in one of the attributes for free text.
func comment(r *rand.Rand, n int, sentence, rule string) item {
	a := [][2]string{{"(0020,4000)", "LT"}, {"(0010,4000)", "LT"}, {"(0010,21B0)", "LT"}, {"(0008,103E)", "LO"}, {"(0040,0280)", "ST"}, {"(0032,1060)", "LO"}}[n%6]
	o := base(r)
	o.set(a[0] + " " + a[1] + " " + strconv.Quote(sentence))
	return item{content: built(o), place: a[0], rule: rule, value: sentence}
}

// of notes whom a text names.
func (it item) of(p person) item {
	it.named, it.unlisted = true, p.unlisted()
	return it
}

// sentence puts a value into one of the forms.
func sentence(r *rand.Rand, value string, forms ...string) string {
	return fmt.Sprintf(one(r, forms...), value)
}

func plantTextName(r *rand.Rand, all []locale, n int) item {
	p := pick(r, all, n%3 != 0)
	name := one(r, p.family+", "+p.given, p.pn(), "Dr. "+p.family, "Patient: "+p.given+" "+p.family, "Mrs. "+p.family, "name: "+p.family, p.given+" "+p.family)
	return comment(r, n, sentence(r, name, "Knee MRI for %s", "%s, follow up", "repeat scan, %s", "seen with %s today"), "text-name").of(p)
}

// plantBareName plants a name in a form that nothing announces, in attributes
// for descriptions too: only the list, or a name shared with other files, can
// tell it from other words.
func plantBareName(r *rand.Rand, all []locale, n int) item {
	p := pick(r, all, n%3 != 0)
	name := one(r, p.given+" "+p.family, strings.ToUpper(p.family+" "+p.given), p.family+" "+p.given, strings.ToLower(p.given+" "+p.family))
	return comment(r, n, sentence(r, name, "T2 SAG %s", "%s left knee", "CT chest %s 2nd scan", "%s"), "text-name").of(p)
}

func plantTextDate(r *rand.Rand, _ []locale, n int) item {
	return comment(r, n, sentence(r, aDay(r).written(r), "scanned %s", "born %s", "prior study of %s compared", "surgery %s"), "text-date")
}

func plantTextNumber(r *rand.Rand, _ []locale, n int) item {
	if n%3 == 0 {
		return comment(r, n, sentence(r, ssn(r), "SSN %s", "id %s checked", "%s"), "text-ssn")
	}
	return comment(r, n, sentence(r, recordNumber(r), "MRN %s", "MRN: %s", "Acc# %s", "Pat ID %s", "Accession No. %s", "medical record number %s", "Patienten-Nr. %s"), "text-mrn")
}

func plantTextContact(r *rand.Rand, all []locale, n int) item {
	if n%3 == 0 {
		p := pick(r, all, true)
		address := strings.ToLower(asciiOr(p.given, "edwina")+"."+asciiOr(p.family, "pemberwick")) + "@portashby.example"
		return comment(r, n, sentence(r, address, "send to %s", "%s", "contact %s please"), "text-email")
	}
	return comment(r, n, sentence(r, phone(r), "call %s", "tel %s", "wife: %s"), "text-phone")
}

func plantTextAddress(r *rand.Rand, all []locale, n int) item {
	p := pick(r, all, true)
	return comment(r, n, sentence(r, one(r,
		fmt.Sprintf("%d %s Street", 1+r.IntN(900), p.family), fmt.Sprintf("%s, IL %05d", p.family, 60000+r.IntN(2900)),
		fmt.Sprintf("Lindenweg %d", 1+r.IntN(90)), fmt.Sprintf("%d, rue %s", 1+r.IntN(90), p.family),
		fmt.Sprintf("%d %s Avenue", 1+r.IntN(900), p.family), fmt.Sprintf("P.O. Box %d", 100+r.IntN(900))), "lives at %s", "%s"), "text-zip-address")
}

func plantTextAge(r *rand.Rand, _ []locale, n int) item {
	return comment(r, n, sentence(r, strconv.Itoa(90+r.IntN(20)), "%s y/o with cough", "a %s-year-old", "age: %s", "%s yrs", "%s years old", "%s Jahre"), "text-age90")
}

// report returns a structured report with one content item.
func report(r *rand.Rand, line string) object {
	o := base(r)
	o.set("(0008,0016) UI BasicTextSRStorage")
	for _, t := range []string{"(7FE0,0010)", "(0028,0010)", "(0028,0011)", "(0028,0002)", "(0028,0004)", "(0028,0100)", "(0028,0101)", "(0028,0102)", "(0028,0103)"} {
		delete(o, t)
	}
	o.set("(0008,0060) CS SR")
	o.set("(0040,A730) SQ\n  - (0040,A040) CS CONTAINER\n    (0040,A730) SQ\n      - " + line)
	return o
}

func plantSRText(r *rand.Rand, all []locale, n int) item {
	p := pick(r, all, n%3 != 0)
	value := one(r, "Dr. "+p.family+" was informed.", "Patient "+p.pn()+".", "Examined on "+aDay(r).written(r)+".", "MRN "+recordNumber(r)+".", "Called "+phone(r)+".", "Patient: "+p.given+" "+p.family)
	return item{content: built(report(r, "(0040,A040) CS TEXT\n        (0040,A160) UT "+strconv.Quote(value))), place: "(0040,A160)", rule: "text-", value: value}
}

func plantSRName(r *rand.Rand, all []locale, n int) item {
	p := pick(r, all, false)
	return item{content: built(report(r, "(0040,A040) CS PNAME\n        (0040,A123) PN "+p.pn())), place: "(0040,A123)", rule: "phi-sr-content", value: p.pn()}
}

func plantFileName(r *rand.Rand, all []locale, n int) item {
	p := pick(r, all, n%4 != 0)
	name := one(r, p.family+"_"+p.given+"_"+aDay(r).da(), p.family+"-"+p.given+"-"+aDay(r).da(), p.pn(), p.family+", "+p.given, "MRN_"+strconv.Itoa(10000000+r.IntN(89999999)))
	path := "series/" + name + ".dcm"
	if n%2 == 1 {
		path = name + "/0001.dcm"
	}
	return item{path: path, content: built(base(r)), place: "file name", rule: "name-in-path", value: name}
}

// charsets are those in which the names of some locales are written.
var charsets = []struct {
	term    string
	locales string
	enc     encoding.Encoding
	prefix  string // escape before each text
}{
	{"ISO_IR 100", "de fr es pt_BR it da sv", charmap.ISO8859_1, ""},
	{"ISO_IR 101", "pl cs_CZ hu hr sk", charmap.ISO8859_2, ""},
	{"ISO_IR 144", "ru mk uk", charmap.ISO8859_5, ""},
	{"ISO_IR 126", "el", charmap.ISO8859_7, ""},
	{"ISO_IR 127", "ar", charmap.ISO8859_6, ""},
	{"ISO_IR 138", "he", charmap.ISO8859_8, ""},
	{"ISO_IR 148", "tr", charmap.ISO8859_9, ""},
	{"ISO_IR 166", "th", charmap.Windows874, ""},
	{`\ISO 2022 IR 87`, "ja", japanese.ISO2022JP, ""},
	{`\ISO 2022 IR 149`, "ko", korean.EUCKR, "\x1b$)C"},
	{"GB18030", "zh_CN", simplifiedchinese.GB18030, ""},
	{"ISO_IR 192", "hy ka_GE fa th ar zh_TW", encoding.Nop, ""},
}

func plantCharset(r *rand.Rand, all []locale, n int) item {
	c := charsets[n%len(charsets)]
	for {
		l := all[r.IntN(len(all))]
		if !strings.Contains(" "+c.locales+" ", " "+l.id+" ") {
			continue
		}
		p := person{l.id, l.given[r.IntN(len(l.given))], l.family[r.IntN(len(l.family))]}
		family, err1 := c.enc.NewEncoder().String(p.family)
		given, err2 := c.enc.NewEncoder().String(p.given)
		if err1 != nil || err2 != nil || strings.ContainsAny(family+given, `\`) && c.term != "ISO_IR 192" {
			continue
		}
		o := base(r)
		o.set("(0008,0005) CS " + c.term)
		o.set("(0020,4000) LT " + quoteBytes(c.prefix+family+"^"+c.prefix+given))
		return item{content: built(o), place: "(0020,4000)", rule: "text-name", value: p.pn()}.of(p)
	}
}

// quoteBytes writes bytes as a Go string with every byte as \x.
func quoteBytes(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(s) {
		b.WriteString(`\x` + hex.EncodeToString([]byte{s[i]}))
	}
	b.WriteByte('"')
	return b.String()
}

func plantPadding(r *rand.Rand, all []locale, n int) item {
	p := pick(r, all, n%2 == 0)
	value := one(r, p.pn(), recordNumber(r), "DOB "+aDay(r).da())
	o := base(r)
	o.set("(FFFC,FFFC) OB text:" + value)
	return item{content: built(o), place: "(FFFC,FFFC)", value: value}
}

func plantPreamble(r *rand.Rand, all []locale, n int) item {
	p := pick(r, all, n%2 == 0)
	value := one(r, p.pn(), "MRN "+recordNumber(r), p.given+" "+p.family, "DOB "+aDay(r).da())
	return item{content: dicomtest.BuildWith(base(r).text(), dicomtest.Options{Preamble: []byte(value)}), place: "preamble", rule: "text-", value: value}
}

func plantOverlay(r *rand.Rand, all []locale, n int) item {
	p := pick(r, all, n%2 == 0)
	value := one(r, p.pn(), p.family+", "+p.given, p.given+" "+p.family, "Dr. "+p.family)
	o := base(r)
	o.set("(6000,1500) LO " + value)
	return item{content: built(o), place: "(6000,1500)", rule: "text-name", value: value}.of(p)
}

// plantShared plants a bare family name in a description, and the full name in
// PatientName of another file: only the second look can tell.
func plantShared(r *rand.Rand, all []locale, n int) item {
	p := pick(r, all, n%3 != 0)
	other := base(r)
	other.set("(0010,0010) PN " + p.pn())
	family := p.family
	if n%2 == 0 {
		family = strings.ToUpper(family)
	}
	o := base(r)
	value := sentence(r, family, "knee %s left", "%s CT", "AX T2 %s")
	o.set("(0008,103E) LO " + value)
	return item{content: built(o), beside: built(other), place: "(0008,103E)", rule: "text-name", value: value}
}
