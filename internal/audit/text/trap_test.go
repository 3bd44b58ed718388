package text_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"assay/internal/audit/text"
)

// Each row of the free-text rules, in other forms and languages than those of
// TestScanFinds.
func TestEachKindInOtherForms(t *testing.T) {
	tests := []struct{ marked, want string }{
		{"SSN: [531 42 8765]", "text-ssn blocker"},
		{"Social Security No. [531428765]", "text-ssn blocker"},
		{"medical record no. [A-4471902]", "text-mrn blocker"},
		{"N° de dossier : [2019-004471]", "text-mrn blocker"},
		{"historia clínica [8837104]", "text-mrn blocker"},
		{"Aufnahme-Nr. [20184711]", "text-mrn blocker"},
		{"NHS number [943 476 5919]", "text-mrn blocker"},
		{"numero paziente [5519203]", "text-mrn blocker"},
		{"nr pacjenta: [7718263]", "text-mrn blocker"},
		{"номер карты [4471902]", "text-mrn blocker"},
		{"住院号：[00471902]", "text-mrn blocker"},
		{"등록번호 [10472839]", "text-mrn blocker"},
		{"ring [+49 (0)30 901820] soon", "text-phone blocker"},
		{"[+81-3-5555-0142]", "text-phone blocker"},
		{"Tél. [01 55 55 01 42]", "text-phone blocker"},
		{"тел. [8 (495) 555-01-42]", "text-phone blocker"},
		{"電話 [03-5555-0142]", "text-phone blocker"},
		{"mail [pat.o-brien+ct@mirefield.example], please", "text-email blocker"},
		{"host [10.1.44.201]", "text-ip warning"},
		{"seen [9/22/21] by phone", "text-date warning"},
		{"[12-MAR-1998]", "text-date warning"},
		{"[1998MAR12] scan", "text-date warning"},
		{"vom [3. Oktober 2011]", "text-date warning"},
		{"[3 października 2011]", "text-date warning"},
		{"[3 Ekim 2011] tarihinde", "text-date warning"},
		{"[3 de outubro de 2011]", "text-date warning"},
		{"[2011. 10. 3]. 촬영", "text-date warning"},
		{"(0010,0030)=[19540708]", "text-date warning"},
		{"edad [97 años]", "text-age90 blocker"},
		{"[93-jähriger] Patient", "text-age90 blocker"},
		{"[112 yo] F", "text-age90 blocker"},
		{"lives at [12 Old Mill Road]", "text-zip-address warning"},
		{"[Calle Mayor 15]", "text-zip-address warning"},
		{"[P.O. Box 4417]", "text-zip-address warning"},
		{"[Mirefield County Hospital] films", "text-institution warning"},
		{"prior at [Dunmore Imaging Institute]", "text-institution warning"},
		{"überwiesen vom [Klinikum Dornwald]", "text-institution warning"},
		{"[Hôpital Saint-Aubin]", "text-institution warning"},
		{"[東京中央病院]", "text-institution warning"},
		{"Policy number [GX-4471902]", "text-account warning"},
		{"IBAN [DE89 3704 0044 0532 0130 00]", "text-account warning"},
		{"pay to [GB82WEST12345698765432]", "text-account warning"},
		{"Kennzeichen [B-KL 4821]", "text-vin-plate warning"},
	}
	for _, tt := range tests {
		t.Run(tt.marked, func(t *testing.T) {
			s := plain.Replace(tt.marked)
			rules, marked := inBrackets(s, text.New(text.Options{}).Scan(s, inComment))
			if diff := cmp.Diff([]string{tt.want}, rules); diff != "" || marked != tt.marked {
				t.Errorf("Scan(%q) = %s; rules (-want +got):\n%s", s, marked, diff)
			}
		})
	}
}

// What looks like an identifier and is none, in comments and descriptions.
func TestTrapsPass(t *testing.T) {
	for _, s := range []string{
		"TE 90 TR 2000", "TR/TE 2000/90 FA 150", "TI 2200 TE 3.4 TR 2300", "FOV 256x256 thk 1.25",
		"1.2.840.113619.2.55.3.2831164.20010405.1", "2.25.329800735698586629295641978511506172918",
		"syngo MR E11C VE11C_SP01", "v2.3.4 build 20190423", "release 4.10.2020", "SW version 12.1.0.4",
		"ep2d_diff_MDDW_64_p2_b1000", "kernel B60f Q40 I31f 3", "SUV 12.4 g/ml",
		"DLP 512.33 mGy cm CTDI 12.04", "120 kV 250 mAs", "HU 40-60, window 1500/-600", "1:250000 dilution",
		"90 degree flip", "angle 95", "95 percentile", "100 y axis", "90/60 mmHg", "99mTc MDP", "F-18 FDG 370 MBq",
		"10 mm x 12 mm x 9 mm", "3-4-5 mm", "slices 100-200-300", "2-10-2 shim",
		"12.5.3", "5.5.5.5 mm", "12:30:45.123", "00:0A:0B", "a::b", "L4-5 and L5-S1", "C5/6/7", "T1/T2/PD",
		"GE Discovery MR750 3.0T", "MEDRAD 512", "phantom no. 12345", "patient 3 of 20", "case 12", "case 2019",
		"University Hospital", "Hospital admission", "Clinic follow up", "Medical center protocol", "HOSPITAL BED",
		"Way 2 positions", "St 3 segment", "Court 5", "Suite of 3 sequences", "CT 12345", "MR 54321 brain",
		"Account for motion", "policy 4", "certificate of analysis", "claim 1", "member 2", "license CC BY 4.0",
		"plate fixation 4 hole", "plate 3.5 LCP", "VIN", "5 Main branches",
	} {
		for _, where := range []text.Where{inComment, inSeries} {
			if hits := text.New(text.Options{}).Scan(s, where); len(hits) > 0 {
				rules, marked := inBrackets(s, hits)
				t.Errorf("Scan(%q) in %s = %v %s, want nothing", s, where.Keyword, rules, marked)
			}
		}
	}
}
