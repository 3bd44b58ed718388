package conform_test

import (
	"bytes"
	"fmt"
	"testing"

	"assay/internal/audit/conform"
	"assay/internal/audit/dicom"
	"assay/internal/audit/dicom/dicomtest"
	"assay/internal/audit/finding"

	"github.com/google/go-cmp/cmp"
)

// check returns what the checker says about a file, one line a finding.
func check(t *testing.T, file []byte) []string {
	t.Helper()
	var got []string
	c := conform.New("a.dcm", func(f finding.Finding) {
		line := fmt.Sprintf("%s %s %s: %s", f.Severity, f.Rule, f.Path, f.Message)
		if f.Shape != "" {
			line += " [" + f.Shape + "]"
		}
		if f.Count > 1 {
			line += fmt.Sprintf(" x%d", f.Count)
		}
		got = append(got, line)
	})
	h, err := dicom.Scan(t.Context(), bytes.NewReader(file), int64(len(file)), dicom.Limits{}, func(e *dicom.Element) error {
		text, err := dicom.Text(e, e.Charset)
		c.Element(e, text, err)
		return nil
	})
	if err != nil {
		t.Fatalf("Scan: %v", err)
	}
	c.Done(h)
	return got
}

func TestOneFaultIsOneFinding(t *testing.T) {
	const (
		value   = "warning fmt-vr-vm-len "
		charset = "warning fmt-charset "
		uid     = "warning fmt-uid "
		order   = "warning fmt-order-dup "
	)
	tests := []struct {
		name string
		text string
		want []string
	}{
		{"a proper file has no finding", "(0008,0005) CS ISO_IR 192\n(0008,0016) UI CTImageStorage\n(0008,0018) UI 2.25.7\n(0008,0020) DA 20200229\n(0008,0030) TM 235960.5\n(0010,0010) PN Müller^Jörg\n(0010,1010) AS 089Y\n(0018,0050) DS -1.5E-3\n(0020,0013) IS +12", nil},
		{"empty values say nothing", "(0008,0020) DA\n(0010,1010) AS\n(0020,000D) UI\n(0028,0030) DS", nil},
		{"a date with dots", "(0008,0020) DA 2020.02.29", []string{value + "(0008,0020) StudyDate: The value is not written as VR DA demands. [9999.99.99]"}},
		{"a day that no calendar has", "(0008,0020) DA 20210229", []string{value + "(0008,0020) StudyDate: The value is not written as VR DA demands. [99999999]"}},
		{"a time of 25 hours", "(0008,0030) TM 250000", []string{value + "(0008,0030) StudyTime: The value is not written as VR TM demands. [999999]"}},
		{"a date and time with zone", "(0008,002A) DT 20200229101530.123+0100", nil},
		{"a date and time in words", "(0008,002A) DT today", []string{value + "(0008,002A) AcquisitionDateTime: The value is not written as VR DT demands. [AAAAA]"}},
		{"an age without unit", "(0010,1010) AS 089", []string{value + "(0010,1010) PatientAge: The value is not written as VR AS demands. [999]"}},
		{"a code in lower case", "(0018,0015) CS chest", []string{value + "(0018,0015) BodyPartExamined: The value is not written as VR CS demands. [AAAAA]"}},
		{"a decimal with comma", "(0018,0050) DS 1,5", []string{value + "(0018,0050) SliceThickness: The value is not written as VR DS demands. [9,9]"}},
		{"a decimal too precise only informs", "(0018,0050) DS 1.23456789012345678", []string{"info fmt-vr-vm-len (0018,0050) SliceThickness: A value of VR DS is longer than 16 characters."}},
		{"an integer beyond 32 bits", "(0020,0013) IS 2147483648", []string{value + "(0020,0013) InstanceNumber: The value is not written as VR IS demands. [9999999999]"}},
		{"a short string that is long", "(0008,0050) SH 12345678901234567", []string{value + "(0008,0050) AccessionNumber: A value of VR SH is longer than 16 characters."}},
		{"characters are counted, not bytes", "(0008,0005) CS ISO_IR 192\n(0008,0050) SH öööööööööööööööö", nil},
		{"a name of six components", "(0010,0010) PN a^b^c^d^e^f", []string{value + "(0010,0010) PatientName: A person's name has more than five components."}},
		{"a line end in a long string", `(0008,1030) LO "a\r\nbc "`, []string{value + "(0008,1030) StudyDescription: The value holds control characters that its VR does not allow."}},
		{"a line end in a text", `(0010,4000) LT "a\r\nbc "`, nil},
		{"an odd length", `(0008,1030) LO "abc"`, []string{value + "(0008,1030) StudyDescription: The length of the value is odd."}},
		{"half a number", "(0028,0010) US hex:010203", []string{
			value + "(0028,0010) Rows: The length of the value is odd.",
			value + "(0028,0010) Rows: The length is no multiple of the size of a value."}},
		{"three values for two", `(0028,0030) DS 1\2\3`, []string{value + "(0028,0030) PixelSpacing: The element has 3 values where the dictionary allows 2."}},
		{"five values for pairs", `(3006,0050) DS 1\2\3\4\5`, []string{value + "(3006,0050) ContourData: The element has 5 values where the dictionary allows 3-3n."}},
		{"a backslash in a text is no delimiter", `(0010,4000) LT a\b`, nil},
		{"another VR than the dictionary's", "(0010,0010) LO x", []string{value + "(0010,0010) PatientName: The VR is not the one in the data dictionary."}},
		{"either of two VRs", "(0028,0106) SS -1\n(0028,0107) US 1", nil},
		{"UN is always allowed", "(0010,0010) UN text:Doe", nil},
		{"faults of items are counted together", "(0008,1140) SQ\n  - (0008,1155) UI a\n  - (0008,1155) UI b", []string{uid + "(0008,1140)[1]/(0008,1155) ReferencedSOPInstanceUID: The UID holds something else than digits and dots. [A] x2"}},
		{"a UID with a leading zero", "(0020,0052) UI 1.02.3", []string{uid + "(0020,0052) FrameOfReferenceUID: A component of the UID starts with a zero."}},
		{"a UID that identifies the series is broken", "(0020,000E) UI 1..2", []string{"blocker fmt-uid (0020,000E) SeriesInstanceUID: A component of the UID is empty. [9..9]"}},
		{"the original instance is still in the meta information", "(0002,0003) UI 1.2.3\n(0008,0018) UI 2.25.7", []string{uid + "(0002,0003) MediaStorageSOPInstanceUID: The File Meta Information names another instance than the data set; it may still be the original one."}},
		{"an unknown character set", "(0008,0005) CS KOI8_R", []string{charset + "(0008,0005) SpecificCharacterSet: The character set is none of the standard; text beyond ASCII cannot be read for certain. [AAA9_A]"}},
		{"a misspelled character set", "(0008,0005) CS ISO IR 100", []string{charset + "(0008,0005) SpecificCharacterSet: The character set is not spelled as in the standard. [AAA AA 999]"}},
		{"text beyond ASCII without a character set", "(0010,0010) PN Müller", []string{charset + "(0010,0010) PatientName: The text is not ASCII, and no SpecificCharacterSet says how to read it."}},
		{"bytes that are no UTF-8", "(0008,0005) CS ISO_IR 192\n(0010,0010) PN \"M\\xfcller\"", []string{charset + "(0010,0010) PatientName: The text holds bytes that its character set does not have."}},
		{"elements out of order", "(0010,0010) PN a\n(0008,1030) LO b", []string{order + "(0008,1030) StudyDescription: The element follows one with a higher tag."}},
		{"an element twice", "(0010,0010) PN a\n(0010,0010) PN b", []string{order + "(0010,0010) PatientName: The element is repeated in its data set."}},
		{"each item has its own order", "(0008,1140) SQ\n  - (0008,1150) UI 1.2\n    (0008,1155) UI 1.2\n  - (0008,1150) UI 1.2\n(0010,0010) PN a", nil},
		{"an element out of order after a sequence", "(0008,1140) SQ\n  - (0010,0010) PN a\n(0008,1030) LO b", []string{order + "(0008,1030) StudyDescription: The element follows one with a higher tag."}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, check(t, dicomtest.Build(tt.text))); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFindingsOfAFileAreBounded(t *testing.T) {
	var text bytes.Buffer
	for i := range 1000 {
		fmt.Fprintf(&text, "(0009,%04X) CS lower\n", 0x1000+i)
	}
	if got := len(check(t, dicomtest.Build(text.String()))); got != 200 {
		t.Errorf("%d findings, want 200", got)
	}
}
