package text_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"assay/internal/audit/text"
)

var (
	inComment = text.Where{VR: "LT", Keyword: "ImageComments"}
	inSeries  = text.Where{VR: "LO", Keyword: "SeriesDescription"}
	inPrivate = text.Where{VR: "LO", Private: true}
	inReport  = text.Where{}
	inPath    = text.Where{VR: "path"}
)

func TestNamesByShapeAndList(t *testing.T) {
	tests := []struct {
		name   string
		marked string // what is found in brackets; none if nothing may be
		where  text.Where
	}{
		{"given and family name in a description", "follow up [Katarzyna Nowak] knee", inSeries},
		{"in capitals, family name first", "T2 SAG [NOWAK KATARZYNA]", inSeries},
		{"an initial between them", "seen: [Maria K. Lindholm] today", inSeries},
		{"family name in capitals only", "[HERNANDEZ Maria] knee", inSeries},
		{"in lower case", "scan of [katarzyna nowak] knee", inSeries},
		{"one of the two is an ordinary word", "for [Katarzyna Brown] today", inSeries},
		{"in a report, without a title", "The scan of [Stefan Kowalczyk] shows no fracture.", inReport},
		{"an initial and a family name", "Discussed with [J. Kowalczyk].", inReport},
		{"a family name and an initial", "[Kowalczyk, J].", inComment},
		{"two ordinary words that are names, as the whole of a comment", "[Rose Brown]", inComment},
		{"an ordinary word behind a title", "read by [Dr. Young]", inComment},
		{"an ordinary word behind a label", "Name: [Young]", inComment},
		{"two ordinary words behind a label", "Patient: [Rose Brown]\nCT of the chest", inReport},
		{"an ordinary word in a PN value", "[Post^Kick]", inComment},
		{"one syllable behind a title", "seen with [Mrs. 陸]", inComment},
		{"one syllable of Hangul behind a title", "[Dr. 김]", inComment},
		{"a full name in Japanese", "[山田太郎]", inComment},
		{"a full name in Korean", "[김영수]", inPrivate},
		{"family and given name in Japanese", "検査 [山田 太郎] 頭部", inComment},
		{"behind a verb", "performed by [Kowalczyk] at noon", inSeries},
		{"behind a verb, an ordinary word", "Scanned by [Young]", inComment},
		{"behind a verb in German", "Befundet von [Schreiner]", inReport},
		{"behind a role", "tech [Kowalczyk]", inSeries},
		{"a family name as the whole of a private value", "[Kowalczyk]", inPrivate},
		{"two unknown words that a comma parts from a description", "repeat scan, [Quennell Orvoss]", inSeries},
		{"another script behind an English word", "Knee MRI for [אהוד ידין]", inSeries},
		{"a folder", "[nowak katarzyna]", inPath},

		{"single ordinary words that are names", "Rose, Grant, May, Bill and Young were here", inComment},
		{"an ordinary word of the list alone", "Young", inComment},
		{"a name of the list alone in a sentence", "Kowalczyk protocol", inSeries},
		{"colors", "Brown and White areas", inComment},
		{"a label with an ordinary word", "Patient: supine", inComment},
		{"a label with what the patient is", "Patient: White male", inComment},
		{"behind a verb, a role", "reviewed by Committee", inComment},
		{"behind a verb, a maker", "acquired by Siemens", inComment},
		{"a procedure named after two people", "Robert Jones bandage", inComment},
		{"a drain", "Jackson Pratt drain", inSeries},
		{"a fracture", "Salter Harris II", inSeries},
		{"a maker", "Carl Zeiss Meditec", inComment},
		{"a city", "San Jose, Santa Maria, Ann Arbor", inSeries},
		{"a statistic", "Kaplan Meier and Bland Altman plots", inReport},
		{"protocol words that a comma parts", "Sagittal Oblique, thin; Axial Dixon, fat", inSeries},
		{"abbreviations", "SAG PD FS TSE", inSeries},
		{"directions of a hand", "LEFT HAND PA LAT", inSeries},
		{"months", "April May June", inComment},
		{"a private protocol tree", "Head^Routine", inPrivate},
		{"a disease and a sign", "Turner syndrome, Murphy sign", inSeries},
		{"a sequence", "TE 90 TR 2000 FA 15", inSeries},
		{"a Dixon sequence", "AX DIXON FAT", inSeries},
		{"a sequence of a maker", "Sag T1 Cube Flair", inSeries},
		{"a finding in Chinese", "高分辨率", inComment},
		{"a side in Chinese", "左肺下叶", inComment},
		{"a finding in Korean", "이상소견", inComment},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := plain.Replace(tt.marked)
			var want []string
			if s != tt.marked {
				want = []string{"text-name warning"}
			}
			rules, marked := inBrackets(s, text.New(text.Options{}).Scan(s, tt.where))
			if diff := cmp.Diff(want, rules); diff != "" || marked != tt.marked {
				t.Errorf("Scan(%q) = %s, want %s; rules (-want +got):\n%s", s, marked, tt.marked, diff)
			}
		})
	}
}

func TestShortNamesAndIDsOfTheSetAreFound(t *testing.T) {
	sc := text.New(text.Options{Known: []string{"Adu^Kwame", "殷^俊", "KX-482", "Sag^Cor", "Δημητρακόπουλος^Άρης", "Aşık^Ece"}})
	tests := []struct {
		name, marked string
		want         []string
	}{
		{"three letters warn, since they may be an abbreviation", "[Adu] CT", []string{"text-name warning"}},
		{"one character that stands alone", "AX T2 [殷]", []string{"text-name warning"}},
		{"an ID of three digits with letters", "series [KX-482] knee", []string{"text-mrn blocker"}},
		{"a part of a longer ID is another one", "AKX-482", nil},
		{"Greek capitals, whose sigma has one form", "[ΔΗΜΗΤΡΑΚΌΠΟΥΛΟΣ] CT", []string{"text-name blocker"}},
		{"Turkish capitals, whose dotless i has the common capital", "[AŞIK] CT", []string{"text-name blocker"}},
		{"words of the trade stay words", "SAG COR", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := plain.Replace(tt.marked)
			rules, marked := inBrackets(s, sc.Scan(s, inSeries))
			if diff := cmp.Diff(tt.want, rules); diff != "" || marked != tt.marked {
				t.Errorf("Scan(%q) = %s %s, want %s %s", s, rules, marked, tt.want, tt.marked)
			}
		})
	}
}
