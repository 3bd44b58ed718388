package deid_test

import (
	"bytes"
	"testing"

	"assay/internal/audit/deid"
	"assay/internal/audit/dicom/dicomtest"
	"assay/internal/audit/finding"
)

const (
	image  = "(0008,0016) UI CTImageStorage\n(0008,0018) UI 2.25.7\n"
	marked = "(0012,0062) CS YES\n(0012,0063) LO by hand\n"
	// audio is an object of Basic Voice Audio Waveform Storage.
	audio = "(0008,0016) UI 1.2.840.10008.5.1.4.1.1.9.4.1\n(0008,0018) UI 2.25.7\n"
)

func methods(code, meaning string) string {
	return "(0012,0062) CS YES\n(0012,0064) SQ\n  - (0008,0100) SH " + code + "\n    (0008,0102) SH DCM\n    (0008,0104) LO " + meaning + "\n"
}

// Each rule of one file has something that it finds, with its severity, and
// something near it that it leaves alone. What only a set tells is tested by
// the files of testdata.
func TestEachRuleFindsItsOwnAndLeavesWhatIsNear(t *testing.T) {
	harbor := &deid.Claims{Method: deid.SafeHarbor}
	const b, w, i = finding.Blocker, finding.Warning, finding.Info
	tests := []struct {
		rule     string
		severity finding.Severity
		hit      string
		claims   *deid.Claims
		near     string // must have nothing of the rule but info
	}{
		{"phi-patient-name", b, image + "(0010,0010) PN Hathersage^Ottoline", nil, image + "(0010,0010) PN SUBJ-0004\n(0010,0020) LO SUBJ-0004"},
		{"phi-patient-name", b, image + "(0010,1060) PN Hathersage", nil, image + "(0010,0010) PN ANONYMOUS"},
		{"phi-patient-name", b, image + "(0010,2297) PN Hathersage^Corwin", nil, image + "(0010,2297) PN REMOVED"},
		{"phi-staff-name", w, image + "(0008,0090) PN Hathersage^Ottoline", nil, image + "(0008,0090) PN"},
		{"phi-staff-name", w, image + "(0008,1070) PN oth", nil, image + "(0008,1070) PN None"},
		{"phi-patient-id-realistic", w, image + "(0010,0020) LO 84610375", nil, image + "(0010,0020) LO CASE-0007"},
		{"phi-patient-id-realistic", b, image + "(0010,0020) LO 219-09-9999", nil, image + "(0010,0020) LO 000"},
		{"phi-patient-id-realistic", b, image + "(0010,0020) LO ottoline@hathersage.example", nil, image + "(0010,0020) LO a1b2c3d4e5f60718"},
		{"phi-patient-id-realistic", b, image + "(0010,0010) PN Hathersage^Ottoline\n(0010,0020) LO HATHERSAGE12", nil, image + "(0010,0010) PN ANON\n(0010,0020) LO HEAD12"},
		{"phi-patient-id-realistic", w, image + "(0010,0020) LO S12", &deid.Claims{PatientIDPattern: "SUBJ-[0-9]{4}"}, image + "(0010,0020) LO SUBJ-0004"},
		{"phi-other-ids", w, image + "(0008,0050) SH A000009245", nil, image + "(0008,0050) SH 0"},
		{"phi-other-ids", w, image + "(0038,0010) LO 2019-4471", nil, image + "(0020,0010) SH 1"},
		{"phi-birth-date", b, image + "(0010,0030) DA 19540807", nil, image + "(0010,0030) DA"},
		{"phi-birth-date", b, image + "(0010,0030) DA 19540807", harbor, image + "(0010,0030) DA 19000101"},
		{"phi-age-over-89", b, image + "(0010,1010) AS 094Y", nil, image + "(0010,1010) AS 089Y"},
		{"phi-age-over-89", b, image + "(0010,1010) AS 999M\n(0010,1010) AS 091Y", nil, image + "(0010,1010) AS 999M"},
		{"phi-age-over-89", w, image + "(0010,1010) AS 090Y", nil, image + "(0010,1010) AS 000Y"},
		{"phi-date-real", w, image + "(0008,0020) DA 20150418", nil, image + "(0008,0020) DA 19000101"},
		{"phi-date-real", b, image + "(0008,0020) DA 20150418", harbor, image + "(0008,0020) DA 20150101"},
		{"phi-date-inconsistent", w, image + "(0008,0020) DA 20150418\n(0008,0022) DA 20110418", nil, image + "(0008,0020) DA 20150418\n(0008,0022) DA 20150419"},
		{"phi-date-inconsistent", w, image + "(0008,0020) DA 19610418", nil, image + "(0008,0020) DA 19000101"},
		{"phi-date-precise-with-safe-harbor", b, image + methods("113106", "Retain Longitudinal Temporal Information Full Dates Option"), harbor, image + methods("113105", "Clean Descriptors Option")},
		{"phi-address-geo", b, image + "(0010,1040) LO 12 Harborview Road", nil, image + "(0010,1040) LO REMOVED"},
		{"phi-address-geo", w, image + "(0008,0080) LO Harborview Clinic", nil, image + "(0008,0080) LO ANON"},
		{"phi-contact", b, image + "(0010,2154) SH 212-555-0143", nil, image + "(0010,2154) SH"},
		{"phi-insurance", b, image + "(0010,1050) LO 4711-00", nil, image + "(0010,1050) LO NONE"},
		{"phi-device-serial", w, image + "(0018,1000) LO 40771", nil, image + "(0018,1000) LO REMOVED"},
		{"phi-device-serial", b, image + "(0008,1010) SH CTSCAN2", harbor, image + "(0008,1090) LO Lightspeed VCT"},
		{"phi-uid-original", w, image + "(0020,000D) UI 1.3.12.2.1107.5.2.1", nil, image + "(0020,000D) UI 2.25.123456"},
		{"phi-uid-original", w, image + "(0020,000E) UI 1.2.840.99999.20150418.1", nil, image + "(0020,000E) UI 1.2.840.99999.20151345.1"},
		{"phi-remaining-x", w, image + "(0008,103E) LO AX T2", nil, image + "(0008,103E) LO REMOVED"},
		{"phi-remaining-x", b, image + "(0010,21F0) LO Quaker", nil, image + "(0028,0010) US 512"},
		{"phi-remaining-z-d", w, image + "(0010,0040) CS F", nil, image + "(0010,0040) CS"},
		{"phi-file-meta", w, "(0002,0016) AE HARBOR_PACS\n" + image, nil, image},
		{"phi-file-meta", w, "(0002,0003) UI 2.25.8\n" + image, nil, "(0002,0003) UI 2.25.7\n" + image},
		{"phi-file-meta", w, "(0002,0102) OB hex:0102\n" + image, nil, "(0002,0012) UI 2.25.9\n" + image},
		{"phi-private-unknown", w, image + "(0029,0010) LO ACME 1\n(0029,1001) DS 1", nil, image + "(0029,0010) LO ACME 1"},
		{"phi-private-unknown", b, image + "(0029,0010) LO ACME 1\n(0029,1001) LO SSN 219-09-9999", nil, image + "(0029,0010) LO ACME 1\n(0029,1001) LO"},
		{"phi-private-orphan", w, image + "(0029,1001) DS 1", nil, image + "(0029,0010) LO ACME 1\n(0029,1001) DS 1"},
		{"phi-nested", i, image + "(0008,1140) SQ\n  - (0010,0010) PN Hathersage^Ottoline", nil, image + "(0008,1140) SQ\n  - (0008,1155) UI 2.25.4"},
		{"phi-overlay", w, image + "(6000,3000) OW zeros:8", nil, image + "(6000,0010) US 8"},
		{"phi-overlay", w, image + "(6002,0102) US 12", nil, image + "(6002,0102) US 0"},
		{"phi-curve-audio", w, image + "(5000,3000) OW zeros:8", nil, image},
		{"phi-curve-audio", w, audio + "(5400,0100) SQ\n  - (5400,1010) OW zeros:8", nil, image + "(5400,0100) SQ\n  - (5400,1010) OW zeros:8"},
		{"phi-icon", w, image + "(0088,0200) SQ\n  - (0028,0010) US 4", nil, image + "(0088,0200) SQ"},
		{"phi-encapsulated-doc", b, image + "(0042,0011) OB text:%PDF-1.4", nil, image + "(0042,0012) LO application/pdf"},
		{"phi-sr-content", w, image + "(0040,A730) SQ\n  - (0040,A160) UT The lungs are clear", nil, image + "(0040,A730) SQ\n  - (0040,A160) UT REMOVED"},
		{"phi-sr-content", b, image + "(0040,A730) SQ\n  - (0040,A730) SQ\n    - (0040,A123) PN Hathersage^Ottoline", nil, image + "(0040,A730) SQ\n  - (0040,A123) PN REMOVED"},
		{"phi-rt-text", w, image + "(3006,0002) SH Plan of Monday", nil, image + "(3006,0022) IS 1"},
		{"phi-ps-graphics", w, image + "(0070,0001) SQ\n  - (0070,0008) SQ\n    - (0070,0006) ST see arrow", nil, image + "(0070,0001) SQ\n  - (0070,0008) SQ\n    - (0070,0006) ST"},
		{"phi-waveform-annot", w, image + "(0040,B020) SQ\n  - (0070,0006) ST pacing at rest", nil, image + "(0040,B020) SQ\n  - (0040,A0B0) US 1\\1"},
		{"phi-modified-attrs", b, image + "(0400,0561) SQ\n  - (0400,0562) DT 20150418", nil, image + "(0400,0561) SQ"},
		{"phi-modified-attrs", w, image + "(0400,0600) CS IMPORTED", nil, image + "(0400,0600) CS"},
		{"phi-digital-signature", w, image + "(FFFA,FFFA) SQ\n  - (0400,0005) US 1", nil, image + "(FFFA,FFFA) SQ"},

		{"deid-flag-missing", w, image, nil, image + marked},
		{"deid-flag-missing", b, image + "(0012,0062) CS NO", &deid.Claims{Codes: []string{"113100"}}, image + marked},
		{"deid-method-missing", w, image + "(0012,0062) CS YES", nil, image + marked},
		{"deid-method-missing", w, image + "(0012,0062) CS YES\n(0012,0063) LO", nil, image + methods("113100", "Basic Application Confidentiality Profile")},
		{"deid-code-invalid", w, image + methods("113999", "Something"), nil, image + methods("113108", "Retain Patient Characteristics Option")},
		{"deid-code-invalid", w, image + methods("113108", "Clean Graphics Option"), nil, image + methods("113108", "RETAIN PATIENT CHARACTERISTICS")},
		{"deid-long-temporal", w, image + methods("113107", "Retain Longitudinal Temporal Information Modified Dates Option") + "(0028,0303) CS UNMODIFIED", nil,
			image + methods("113107", "Retain Longitudinal Temporal Information Modified Dates Option") + "(0028,0303) CS MODIFIED"},
		{"deid-long-temporal", w, image + marked + "(0008,0020) DA 20150418\n(0028,0303) CS REMOVED", nil, image + marked + "(0008,0020) DA 19000101\n(0028,0303) CS REMOVED"},
		{"deid-claim-mismatch", b, image + marked + "(0008,0020) DA 20150418", &deid.Claims{Dates: deid.DatesRemoved}, image + marked + "(0008,0020) DA 19000101"},
		{"deid-claim-mismatch", b, image + marked + "(0008,0020) DA 20150418", &deid.Claims{Dates: deid.DatesYearOnly}, image + marked + "(0008,0020) DA 20150101"},
		{"deid-claim-mismatch", b, image + marked + "(0028,0303) CS UNMODIFIED", &deid.Claims{Dates: deid.DatesShifted}, image + marked + "(0028,0303) CS MODIFIED"},
		{"deid-claim-mismatch", w, image + methods("113105", "Clean Descriptors Option"), &deid.Claims{Codes: []string{"113100"}}, image + methods("113100", "Basic Application Confidentiality Profile")},
		{"deid-claim-mismatch", w, image + methods("113100", "Basic Application Confidentiality Profile") + "(0010,1010) AS 045Y", &deid.Claims{Codes: []string{"113100"}}, image + methods("113100", "Basic Application Confidentiality Profile") + "(0010,1010) AS"},
	}
	ofSets := map[string]bool{"phi-uid-unmapped-ref": true, "phi-constant-vs-varying": true, "deid-mixed": true}
	tested := map[string]bool{}
	for _, tt := range tests {
		tested[tt.rule] = true
		t.Run(tt.rule, func(t *testing.T) {
			if got := gravest(t, tt.rule, tt.hit, tt.claims); got != tt.severity {
				t.Errorf("found as %q, want %s:\n%s", got, tt.severity, tt.hit)
			}
			if got := gravest(t, tt.rule, tt.near, tt.claims); got != "" && got != i {
				t.Errorf("found as %s where it is only near:\n%s", got, tt.near)
			}
		})
	}
	for _, r := range deid.Rules() {
		if !tested[r.ID] && !ofSets[r.ID] {
			t.Errorf("%s is not tested", r.ID)
		}
	}
}

// gravest returns the severity of the gravest finding of a rule; "" if there
// is none.
func gravest(t *testing.T, rule, object string, claims *deid.Claims) finding.Severity {
	t.Helper()
	facts, header := inspect(t, dicomtest.Build(object), claims)
	if header.Reason != "" {
		t.Fatalf("%s\n%s", header.Reason, object)
	}
	worst := finding.Severity("")
	for _, f := range all(facts) {
		if f.Rule == rule && (worst == "" || f.Severity.Rank() < worst.Rank()) {
			worst = f.Severity
		}
		if bytes.ContainsAny([]byte(f.Shape), "bcdefghjklmnopqrstuvwxyz") && f.Rule != "phi-uid-original" {
			t.Errorf("%s shows more than a shape: %q", f.Rule, f.Shape)
		}
	}
	return worst
}
