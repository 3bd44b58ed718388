package audit_test

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"assay/internal/audit"
	"assay/internal/audit/dicom/dicomtest"
	"assay/internal/audit/iod/iodtest"
)

const claimedImage = `(0008,0016) UI CTImageStorage
(0008,0018) UI 2.25.401
(0008,0060) CS CT
(0008,0070) LO SIEMENS
(0010,0010) PN SUBJ-0001
(0010,0020) LO SUBJ-0001
(0012,0062) CS YES
(0012,0063) LO Basic Application Confidentiality Profile
(0020,000D) UI 2.25.1
(0020,000E) UI 2.25.2
`

func TestReportSaysWhatBecameOfEachClaim(t *testing.T) {
	set := fstest.MapFS{"1.dcm": {Data: dicomtest.Build(iodtest.Complete(claimedImage, 1))}}
	var claims audit.Claims
	err := json.Unmarshal([]byte(`{"method": "hipaa_safe_harbor", "compression": "lossless", "patients": 2, "modalities": ["CT"],
		"devices": [{"manufacturer": "Jane Roe Imaging"}], "countries": ["DE"]}`), &claims)
	if err != nil {
		t.Fatal(err)
	}
	r, err := audit.Run(t.Context(), set, audit.Options{Claims: &claims})
	if err != nil {
		t.Fatal(err)
	}
	want := []audit.ClaimCheck{
		{Claim: "method", Outcome: "no_contradiction", Claimed: "hipaa_safe_harbor", Measured: "no direct identifier found by the checks that ran"},
		{Claim: "compression", Outcome: "no_contradiction", Claimed: "lossless", Measured: "no loss stated"},
		{Claim: "modalities", Outcome: "confirmed", Claimed: "CT", Measured: "CT (1 instance)"},
		{Claim: "patients", Outcome: "contradicted", Claimed: "2", Measured: "1"},
		{Claim: "manufacturers", Outcome: "contradicted", Claimed: "1 name on no list", Measured: "Siemens"},
		{Claim: "countries", Outcome: "not_checkable", Claimed: "DE"},
	}
	if diff := cmp.Diff(want, r.ClaimsChecked); diff != "" {
		t.Errorf("claims checked (-want +got):\n%s", diff)
	}
	for _, f := range r.Findings {
		if strings.Contains(f.Message, "Jane") {
			t.Errorf("finding %s quotes what the seller wrote: %s", f.Rule, f.Message)
		}
	}
}

// Without claims a report has no list of them, as before.
func TestReportWithoutClaimsListsNone(t *testing.T) {
	set := fstest.MapFS{"1.dcm": {Data: dicomtest.Build(iodtest.Complete(claimedImage, 1))}}
	r, err := audit.Run(t.Context(), set, audit.Options{})
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.ClaimsChecked) > 0 || strings.Contains(string(text), "claims_checked") {
		t.Errorf("a report without claims lists %v", r.ClaimsChecked)
	}
}
