package dicom_test

import (
	"bytes"
	"encoding/hex"
	"os"
	"strings"
	"testing"

	"assay/internal/audit/dicom"
)

func TestTextDecodesByCharacterSet(t *testing.T) {
	tests := []struct {
		name    string
		charset string
		vr      dicom.VR
		value   string
		want    string
		err     error
	}{
		{"ASCII needs no character set", "", dicom.PN, "Doe^Jane ", "Doe^Jane", nil},
		{"Latin 1", "ISO_IR 100", dicom.PN, "Buc^J\xe9r\xf4me", "Buc^Jérôme", nil},
		{"Latin 9", "ISO_IR 203", dicom.LO, "\xa4", "€", nil},
		{"Greek", "ISO_IR 126", dicom.PN, "\xc4\xe9\xef\xed\xf5\xf3\xe9\xef\xf2", "Διονυσιος", nil},
		{"Cyrillic", "ISO_IR 144", dicom.PN, "\xbb\xee\xda", "Люк", nil},
		{"Hebrew", "ISO_IR 138", dicom.PN, "\xf9\xf8\xe5\xef", "שרון", nil},
		{"Thai", "ISO_IR 166", dicom.LO, "\xa1\xa2", "กข", nil},
		{"UTF-8", "ISO_IR 192", dicom.PN, "Wang^XiaoDong=王^小东", "Wang^XiaoDong=王^小东", nil},
		{"GB18030", "GB18030", dicom.PN, "Wang^XiaoDong=\xcd\xf5^\xd0\xa1\xb6\xab", "Wang^XiaoDong=王^小东", nil},
		{"GBK with a backslash as second byte", "GBK", dicom.LO, "\x81\x5c", "乗", nil},
		// PS3.5 Annex H.3.1: Japanese, default repertoire and JIS X 0208.
		{"Kanji by escape", `\ISO 2022 IR 87`, dicom.PN,
			"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B",
			"Yamada^Tarou=山田^太郎=やまだ^たろう", nil},
		// PS3.5 Annex H.3.2: JIS X 0201 and JIS X 0208.
		{"Katakana, then Kanji", `ISO 2022 IR 13\ISO 2022 IR 87`, dicom.PN,
			"\xd4\xcf\xc0\xde^\xc0\xdb\xb3=\x1b$B;3ED\x1b(J^\x1b$BB@O:\x1b(J=\x1b$B$d$^$@\x1b(J^\x1b$B$?$m$&\x1b(J",
			"ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう", nil},
		{"a second byte of Kanji may look like a delimiter", `\ISO 2022 IR 87`, dicom.PN, "\x1b$B$^^^\x1b(B", "ま湎", nil},
		{"supplementary Kanji", `\ISO 2022 IR 159`, dicom.LO, "\x1b$(D0!\x1b(B", "丂", nil},
		// PS3.5 Annex I.2: Korean.
		{"Hangul in G1", `\ISO 2022 IR 149`, dicom.PN,
			"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7=\x1b$)C\xc8\xab^\x1b$)C\xb1\xe6\xb5\xbf",
			"Hong^Gildong=洪^吉洞=홍^길동", nil},
		// PS3.5 Annex K.2: Chinese.
		{"Hanzi in G1", `\ISO 2022 IR 58`, dicom.PN,
			"Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab=",
			"Zhang^XiaoDong=张^小东=", nil},
		{"Latin 1 and Cyrillic in one value", `ISO 2022 IR 100\ISO 2022 IR 144`, dicom.LO, "\xe9 \x1b-L\xbb", "é Л", nil},
		{"a backslash ends what an escape began", `ISO 2022 IR 100\ISO 2022 IR 144`, dicom.LO, "\x1b-L\xbb\\\xe9", `Л\é`, nil},
		{"a line end does so in text", `ISO 2022 IR 100\ISO 2022 IR 144`, dicom.LT, "\x1b-L\xbb\r\n\xe9", "Л\r\né", nil},
		{"misspelled term", "iso ir 100", dicom.LO, "\xe9", "é", nil},
		{"misspelled UTF-8", "UTF-8", dicom.LO, "é", "é", nil},
		{"invalid UTF-8", "ISO_IR 192", dicom.LO, "a\xff", "a\uFFFD", dicom.ErrInvalidBytes},
		{"high bytes without a character set that are UTF-8", "", dicom.LO, "é", "é", dicom.ErrNotASCII},
		{"high bytes without a character set", "", dicom.LO, "\xe9", "é", dicom.ErrNotASCII},
		{"a code string is ASCII whatever the character set", "ISO_IR 100", dicom.CS, "\xe9", "é", dicom.ErrNotASCII},
		{"an escape that is not in the standard", `\ISO 2022 IR 87`, dicom.LO, "a\x1b%Gb", "a%Gb", dicom.ErrEscape},
		{"half a character", `\ISO 2022 IR 149`, dicom.LO, "\x1b$)C\xfb", "\uFFFD", dicom.ErrInvalidBytes},
		{"an unknown term falls back", "ISO_IR 999", dicom.LO, "\xe9", "é", dicom.ErrInvalidBytes},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := dicom.Text(&dicom.Element{VR: tt.vr, Value: []byte(tt.value)}, dicom.ParseCharset(tt.charset))
			if got != tt.want || err != tt.err {
				t.Errorf("Text(%q) = %q, %v, want %q, %v", tt.value, got, err, tt.want, tt.err)
			}
		})
	}
}

func TestCharsetKnowsHowItIsSpelled(t *testing.T) {
	tests := []struct {
		value             string
		known, understood bool
	}{
		{"", true, true},
		{"ISO_IR 100", true, true},
		{`\ISO 2022 IR 87`, true, true},
		{`ISO 2022 IR 6\ISO 2022 IR 149`, true, true},
		{"ISO_IR 192", true, true},
		{"GB18030", true, true},
		{"ISO_IR 203", true, true},
		{"iso_ir 100", false, true},
		{"ISO-IR 100", false, true},
		{"ISO8859-1", false, true},
		{"utf8", false, true},
		{`ISO_IR 100\ISO_IR 144`, false, true},
		{`ISO_IR 100\ISO_IR 192`, false, true},
		{"ISO_IR 999", true, false},
		{"KOI8-R", false, false},
	}
	for _, tt := range tests {
		c := dicom.ParseCharset(tt.value)
		known := tt.known && tt.understood
		if c.IsKnown() != known || c.IsUnderstood() != tt.understood {
			t.Errorf("ParseCharset(%q): known %v, understood %v, want %v, %v", tt.value, c.IsKnown(), c.IsUnderstood(), known, tt.understood)
		}
	}
}

func FuzzTextIsAlwaysValidUTF8(f *testing.F) {
	f.Add(`\ISO 2022 IR 87`, []byte("\x1b$B;3ED\x1b(B"), "PN")
	f.Add("ISO_IR 192", []byte("\xff\xfe"), "LT")
	f.Fuzz(func(t *testing.T, charset string, value []byte, vr string) {
		got, _ := dicom.Text(&dicom.Element{VR: dicom.VR(vr), Value: value}, dicom.ParseCharset(charset))
		if !bytes.Equal(bytes.ToValidUTF8([]byte(got), nil), []byte(got)) {
			t.Errorf("Text is not valid UTF-8: %q", got)
		}
	})
}

// The bytes come from other encoders than those of this program.
func TestTextReadsWhatOtherEncodersWrite(t *testing.T) {
	raw, err := os.ReadFile("testdata/charsets.tsv")
	if err != nil {
		t.Fatal(err)
	}
	unescape := strings.NewReplacer(`\\`, `\`, `\r`, "\r", `\n`, "\n")
	n := 0
	for line := range strings.Lines(string(raw)) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(fields) != 4 {
			continue
		}
		value, err := hex.DecodeString(fields[2])
		if err != nil {
			t.Fatal(err)
		}
		n++
		want := unescape.Replace(fields[3])
		c := dicom.ParseCharset(fields[0])
		got, err := dicom.Text(&dicom.Element{VR: dicom.VR(fields[1]), Value: value}, c)
		if got != want || err != nil || !c.IsKnown() {
			t.Errorf("%s, %s: %q, %v (known %v), want %q", fields[0], fields[1], got, err, c.IsKnown(), want)
		}
	}
	if n < 45 {
		t.Errorf("only %d values", n)
	}
}
