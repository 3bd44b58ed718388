package text_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"assay/internal/audit/text"
)

// inBrackets returns the rule ids of the hits and the string with each hit in
// brackets, so that a table shows what was found where.
func inBrackets(s string, hits []text.Hit) (rules []string, marked string) {
	var b strings.Builder
	at := 0
	for _, h := range hits {
		rules = append(rules, h.Rule.ID+" "+string(h.Severity))
		b.WriteString(s[at:h.Start] + "[" + s[h.Start:h.End] + "]")
		at = h.End
	}
	b.WriteString(s[at:])
	return rules, b.String()
}

var plain = strings.NewReplacer("[", "", "]", "")

func TestScanFinds(t *testing.T) {
	comments := text.Where{VR: "LT", Keyword: "ImageComments"}
	tests := []struct {
		name   string
		marked string // the identifier in brackets
		where  text.Where
		want   string
	}{
		{"a social security number with hyphens", "SSN [219-09-9999] on file", comments, "text-ssn blocker"},
		{"nine bare digits near the word", "soc sec [219099999]", comments, "text-ssn blocker"},
		{"a medical record number by its label", "MRN: [00482913] seen", comments, "text-mrn blocker"},
		{"an accession number by its label", "Acc# [A000574747]", comments, "text-mrn blocker"},
		{"a German case number", "Fallnummer [20154711]", comments, "text-mrn blocker"},
		{"a Japanese patient number", "患者番号：[１２３４５６７８]", comments, "text-mrn blocker"},
		{"a telephone number of North America", "call [(212) 555-0142]", comments, "text-phone blocker"},
		{"an international number", "ring [+44 20 7946 0958] please", comments, "text-phone blocker"},
		{"a labeled local number", "Tel.: [030 901820-17]", comments, "text-phone blocker"},
		{"an e-mail address", "sent to [edwina.p@portashby.example].", comments, "text-email blocker"},
		{"an e-mail address of an office warns only", "questions: [info@portashby.example]", comments, "text-email warning"},
		{"a web address", "see [https://portal.hospital.example/p/19], page 2", comments, "text-url warning"},
		{"an address of a private network", "from node [192.168.17.4]", comments, "text-ip warning"},
		{"an IPv6 address", "via [2001:db8:85a3::8a2e:370:7334]", comments, "text-ip warning"},
		{"an ISO date", "born [1980-06-18]", comments, "text-date warning"},
		{"a date of the United States", "seen [07/08/1954] at noon", comments, "text-date warning"},
		{"a European date", "am [22.09.2021] geboren", comments, "text-date warning"},
		{"a compact date", "scan [20210922]", comments, "text-date warning"},
		{"a compact date with a time", "scan [20210922083003]", comments, "text-date warning"},
		{"day, month name, year", "scanned [22 SEP 2021]", comments, "text-date warning"},
		{"month name first", "on [September 22nd, 2021] at", comments, "text-date warning"},
		{"a month and a year", "since [March 2019]", comments, "text-date warning"},
		{"a French date", "le [14 février 2018]", comments, "text-date warning"},
		{"a Spanish date", "el [3 de marzo de 2017]", comments, "text-date warning"},
		{"a Russian date", "от [5 мая 2016]", comments, "text-date warning"},
		{"a Japanese date", "撮影日 [2021年9月22日]", comments, "text-date warning"},
		{"a Korean date", "[2021년 9월 22일] 촬영", comments, "text-date warning"},
		{"an Arabic date in Arabic digits", "[٢٢/٠٩/٢٠٢١]", comments, "text-date warning"},
		{"an age over 89", "a [94 y/o] man", comments, "text-age90 blocker"},
		{"an age over 89 in words", "[101-year-old] woman", comments, "text-age90 blocker"},
		{"a labeled age", "age: [93]", comments, "text-age90 blocker"},
		{"a title and a capital word", "read by [Dr. Hathersage]", comments, "text-name warning"},
		{"a name as DICOM writes it", "for [Nakamori^Imogen^^Dr]", comments, "text-name warning"},
		{"a Greek name as DICOM writes it", "[Παπαδάκη^Ευρυνόμη]", comments, "text-name warning"},
		{"a Chinese name as DICOM writes it", "[山田^太郎]", comments, "text-name warning"},
		{"last name, first name", "Knee MRI for [Nakamori, Rafferty]", comments, "text-name warning"},
		{"a labeled name", "Patient: [Fergal Wolverton]", comments, "text-name warning"},
		{"a labeled Russian name", "Пациент: [Ковалевская Анна]", comments, "text-name warning"},
		{"a Japanese name with an honorific", "担当 [佐々木先生]", comments, "text-name warning"},
		{"a private value that is a name", "[Magnus Hathersage]", text.Where{VR: "OB", Private: true}, "text-name warning"},
		{"a place with a ZIP code", "lives in [Springfield, IL 62704]", comments, "text-zip-address warning"},
		{"a street", "[287 Cooper Lane] Mirefield", comments, "text-zip-address warning"},
		{"a German street", "wohnt [Lindenweg 3a]", comments, "text-zip-address warning"},
		{"a vehicle number", "VIN [1M8GDM9AXKP042788]", comments, "text-vin-plate warning"},
		{"a license plate", "license plate: [KLM 4821]", comments, "text-vin-plate warning"},
		{"an account number", "Account no. [8837-2210]", comments, "text-account warning"},
		{"a report names its patient", "Patient: [Nakamori, Rafferty]\nCT of the chest", text.Where{}, "text-name warning"},
		{"a date in a study description with slashes", "CT CHEST [09/22/2021]", text.Where{VR: "LO", Keyword: "StudyDescription"}, "text-date warning"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := plain.Replace(tt.marked)
			rules, marked := inBrackets(s, text.New(text.Options{}).Scan(s, tt.where))
			if diff := cmp.Diff([]string{tt.want}, rules); diff != "" {
				t.Errorf("Scan(%q) rules (-want +got):\n%s", s, diff)
			}
			if marked != tt.marked {
				t.Errorf("Scan(%q) marks %s, want %s", s, marked, tt.marked)
			}
		})
	}
}

func TestScanPasses(t *testing.T) {
	tests := []struct {
		why, s, keyword string
	}{
		{"a version in a series description", "T1 2021.3 v1.5.2", "SeriesDescription"},
		{"a software version with four numbers", "5.7.1.0", "SoftwareVersions"},
		{"a version in a comment", "Philips Achieva dStream R5.7.1", "ImageComments"},
		{"a date-like version", "syngo MR v10.11.2020", "ImageComments"},
		{"a UID with a date inside", "1.2.840.99999.7.20210922083003.3", "ImageComments"},
		{"a UID that starts like an address", "1.2.276.0.7230010.3.1.4", "ImageComments"},
		{"geometry", "MR BRAIN W/O 1.5T 2x2x2mm", "StudyDescription"},
		{"b values in a row", "DWI 200-400-1000", "SeriesDescription"},
		{"rows of numbers", "256 256 1024 2048", "ImageComments"},
		{"an eponym", "CT CHEST Ewing sarcoma follow up", "StudyDescription"},
		{"two eponyms with a comma", "Graves, Hashimoto", "StudyDescription"},
		{"an eponym with a title of a modality", "DR CHEST AP", "StudyDescription"},
		{"a circle of arteries", "Circle of Willis TOF", "SeriesDescription"},
		{"a protocol tree", "Head^Routine", "StudyDescription"},
		{"a protocol tree with an underscore", "SPINE^L-SPINE_ROUTINE", "StudyDescription"},
		{"an isotope", "90Y SIRT liver", "StudyDescription"},
		{"the group of 90 and over", "90+ years", "ImageComments"},
		{"an age of 89", "89 y/o", "ImageComments"},
		{"a product", "Lightspeed VCT", "ManufacturerModelName"},
		{"anatomy with a comma", "Chest, Abdomen", "StudyDescription"},
		{"a modality and a number", "CT 12345", "StudyDescription"},
		{"a number that no area has", "000-12-3456", "ImageComments"},
		{"a license on the web", "https://creativecommons.org/licenses/by/4.0/", "ImageComments"},
		{"a time", "12:30:45", "ImageComments"},
		{"a position word after a label", "patient: supine", "ImageComments"},
		{"a range of years", "case no 2019-2021", "ImageComments"},
		{"a protocol name with a revision", "t2_tse_20210312_v3", "ProtocolName"},
		{"a dose", "100 mL Omnipaque 350", "ImageComments"},
		{"nothing", "", "ImageComments"},
	}
	for _, tt := range tests {
		t.Run(tt.why, func(t *testing.T) {
			if hits := text.New(text.Options{}).Scan(tt.s, text.Where{VR: "LO", Keyword: tt.keyword}); len(hits) > 0 {
				rules, marked := inBrackets(tt.s, hits)
				t.Errorf("Scan(%q) = %v %s, want nothing", tt.s, rules, marked)
			}
		})
	}
}

func TestKnownTokensAreBlockersAnywhere(t *testing.T) {
	sc := text.New(text.Options{Known: []string{"Drummond-Hay^Percival", "MR-631686", "Baker^Joy"}})
	tests := []struct {
		name, marked string
		want         []string
	}{
		{"a last name in a description", "knee of [DRUMMOND-HAY] left", []string{"text-name blocker"}},
		{"half of a double name", "knee of [Drummond] left", []string{"text-name blocker"}},
		{"a patient number", "copy of [mr-631686]", []string{"text-mrn blocker"}},
		{"an eponym stays one", "Baker cyst", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := plain.Replace(tt.marked)
			rules, marked := inBrackets(s, sc.Scan(s, text.Where{VR: "LO", Keyword: "StudyDescription"}))
			if diff := cmp.Diff(tt.want, rules); diff != "" || marked != tt.marked {
				t.Errorf("Scan(%q) = %s %s, want %s %s", s, rules, marked, tt.want, tt.marked)
			}
		})
	}
}

func TestScanName(t *testing.T) {
	tests := []struct {
		name, marked string
		want         []string
	}{
		{"a name and a birth date", "scans/[Pemberwick-Edwina]-[19630719]_001.dcm", []string{"name-in-path blocker", "name-in-path warning"}},
		{"a name alone warns", "scans/[Pemberwick_Edwina]/1.dcm", []string{"name-in-path warning"}},
		{"a name as DICOM writes it", "in/[Doe^Jane].dcm", []string{"name-in-path blocker"}},
		{"a labeled record number", "MRN_[00482913]/1.dcm", []string{"name-in-path blocker"}},
		{"a date", "study_[2021-09-22]/1.dcm", []string{"name-in-path warning"}},
		{"pseudonyms pass", "train/patient00012/study1/view1_frontal.jpg", nil},
		{"a collection passes", "LIDC-IDRI-0001/01-01/1-001.dcm", nil},
		{"a UID passes", "1.2.840.113619.2.55.3.20210922.1/1.3.6.1.4.1.14519.5.2.1", nil},
		{"words of the trade pass", "Brain-Tumor-Progression/T1post/Axial_T2_FLAIR.nii.gz", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := plain.Replace(tt.marked)
			rules, marked := inBrackets(s, text.New(text.Options{}).ScanName(s))
			if diff := cmp.Diff(tt.want, rules); diff != "" || marked != tt.marked {
				t.Errorf("ScanName(%q) = %q %s, want %q %s", s, rules, marked, tt.want, tt.marked)
			}
		})
	}
}

func TestShapesHoldNoValue(t *testing.T) {
	s := "MRN: 00482913 Nakamori^Imogen 219-09-9999 山田^太郎"
	for _, h := range text.New(text.Options{}).Scan(s, text.Where{VR: "LT", Keyword: "ImageComments"}) {
		if strings.ContainsAny(strings.Trim(h.Shape, "A9^-: ."), "0123456789bcdefghij山") {
			t.Errorf("shape %q of %s shows characters of the value", h.Shape, h.Rule.ID)
		}
	}
}

// A long text is looked at in windows around its numbers: what is found must
// not depend on what stands around it.
func TestLongTextsHideNothing(t *testing.T) {
	filler := strings.Repeat("The liver is normal in size. No focal lesion is seen in segment 4; see image 17.\n", 500)
	identifiers := map[string]string{
		"text-ssn": "SSN 219-09-9999", "text-mrn": "MRN: 00482913", "text-phone": "Tel.: 030 901820-17", "text-email": "edwina.p@portashby.example",
		"text-date": "September 22nd, 2021", "text-age90": "age: 93", "text-zip-address": "287 Cooper Lane", "text-vin-plate": "license plate: KLM 4821",
		"text-account": "Account no. 8837-2210", "text-name": "Dr. Hathersage",
	}
	for rule, value := range identifiers {
		hits := text.New(text.Options{}).Scan(filler+value+".\n"+filler, text.Where{})
		if len(hits) != 1 || hits[0].Rule.ID != rule {
			rules := []string{}
			for _, h := range hits {
				rules = append(rules, h.Rule.ID+" "+h.Shape)
			}
			t.Errorf("%s in a long text: found %v", rule, rules)
		}
	}
}

func FuzzScan(f *testing.F) {
	f.Add("born 1980-06-18 ١٢/٠٩/٢٠٢١ 山田^太郎", "scans/Doe-Jane-19630719")
	f.Add("\xff\xfe +1 (212) 555-0142 a@b.cd", "\xff/\x00^")
	sc := text.New(text.Options{Known: []string{"Nakamori"}})
	f.Fuzz(func(t *testing.T, s, path string) {
		for _, h := range append(sc.Scan(s, text.Where{VR: "LT"}), sc.Scan(s, text.Where{})...) {
			if h.Start < 0 || h.End > len(s) || h.Start >= h.End {
				t.Errorf("hit %s at %d:%d of %d bytes", h.Rule.ID, h.Start, h.End, len(s))
			}
		}
		for _, h := range sc.ScanName(path) {
			if h.Start < 0 || h.End > len(path) || h.Start >= h.End {
				t.Errorf("path hit %s at %d:%d of %d bytes", h.Rule.ID, h.Start, h.End, len(path))
			}
		}
	})
}
