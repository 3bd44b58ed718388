package fence

import (
	"bytes"
	"encoding/gob"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"assay/internal/audit"
	"assay/internal/audit/deid"
	"assay/internal/audit/finding"
)

// made returns facts of the i-th file; every tenth says something new.
func made(i int) audit.Facts {
	f := finding.Finding{
		Rule: "phi-patient-name", Severity: finding.Blocker, HIPAA: []string{"A"}, Action: "Z", Path: "(0010,0010) PatientName",
		Shape: fmt.Sprintf("AAAA^%d", i/10), Count: 1, Message: "PatientName holds a name.", Fix: "Empty PatientName.",
		Locations: []finding.Location{{Offset: int64(i)}},
	}
	two := f
	two.HIPAA = []string{"D", "E"}
	two.Locations = []finding.Location{{Offset: 1}, {Frame: 2, Boxes: []finding.Box{{1, 2, 3, 4}}}}
	return audit.Facts{
		Kind: "dicom", Status: audit.Read, Findings: []finding.Finding{two},
		NotChecked: []audit.NotChecked{{What: "faces", Why: "not looked for", Count: 1}},
		Header:     &deid.Facts{Findings: []finding.Finding{f}, Held: []deid.Held{{Finding: f, Value: deid.Hash{1}}}},
	}
}

func TestPackedFactsArriveAsTheyWere(t *testing.T) {
	var wire bytes.Buffer
	enc, dec := gob.NewEncoder(&wire), gob.NewDecoder(&wire)
	var p packer
	var u unpacker
	for i := range 100 {
		if err := enc.Encode(p.pack(made(i))); err != nil {
			t.Fatal(err)
		}
		var in packed
		if err := dec.Decode(&in); err != nil {
			t.Fatal(err)
		}
		got, err := u.unpack(in)
		if err != nil {
			t.Fatalf("unpack file %d: %v", i, err)
		}
		if diff := cmp.Diff(made(i), got); diff != "" {
			t.Fatalf("facts of file %d (-sent +received):\n%s", i, diff)
		}
	}
}

func TestPackingLeavesTheFactsAlone(t *testing.T) {
	f := made(1)
	new(packer).pack(f)
	if diff := cmp.Diff(made(1), f); diff != "" {
		t.Errorf("pack changed its facts:\n%s", diff)
	}
}

func TestNumbersStartAnewWhenThereAreTooMany(t *testing.T) {
	var p packer
	var u unpacker
	for i := range 3 * maxNumbers {
		f := audit.Facts{NotChecked: []audit.NotChecked{{What: fmt.Sprint(i), Why: "why", Count: 1}}}
		got, err := u.unpack(p.pack(f))
		if err != nil || got.NotChecked[0].What != fmt.Sprint(i) || got.NotChecked[0].Why != "why" {
			t.Fatalf("file %d: %v, %v", i, got.NotChecked, err)
		}
	}
	if len(u.strings) > maxNumbers+2 {
		t.Errorf("%d strings are kept", len(u.strings))
	}
}

func TestANumberThatWasNeverSentIsRefused(t *testing.T) {
	for _, in := range []packed{
		{Findings: []packedFinding{{Rule: 7}}},
		{NotChecked: []packedOmission{{What: 1 << 31}}},
		{Facts: audit.Facts{Header: &deid.Facts{}}, Held: []packedHeld{{Finding: packedFinding{Fix: 3}}}},
	} {
		if _, err := new(unpacker).unpack(in); err == nil {
			t.Errorf("unpack(%+v) returned no error", in)
		}
	}
}
