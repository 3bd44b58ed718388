package audit_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"assay/internal/audit"
	"assay/internal/audit/dicom/dicomtest"
	"assay/internal/audit/synth"
)

// FuzzRunFile feeds whole submissions: no input may crash the reader or give a
// report that is no JSON, and nothing unread may pass.
func FuzzRunFile(f *testing.F) {
	for _, m := range synth.Modalities() {
		files, err := synth.Series(synth.Spec{Modality: m, Seed: 1, Slices: 1, Rows: 16, Columns: 16, Problems: synth.Problems()})
		if err != nil {
			f.Fatal(err)
		}
		f.Add("a.dcm", files[0].Data)
		packed, err := synth.Zip(files)
		if err != nil {
			f.Fatal(err)
		}
		f.Add("a.zip", packed)
	}
	f.Add("sr.dcm", dicomtest.Build("(0008,0016) UI BasicTextSRStorage\n(0040,A730) SQ\n  - (0040,A040) CS PNAME\n    (0040,A123) PN Doe^Jane\n"))
	f.Add("n.txt", []byte("Dr. Jane Doe, MRN 4471882, 617-555-0142, 03/04/1962"))
	f.Add("n.json", []byte(`{"patient": {"name": "Doe", "mrn": "4471882"}}`))
	f.Add("n.hl7", []byte("MSH|^~\\&|A|B|C|D|20240101||ADT^A01|1|P|2.3\rPID|1||4471882||Doe^Jane\r"))
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		r, err := audit.RunFile(t.Context(), name, bytes.NewReader(data), int64(len(data)), audit.Options{Parallel: 1})
		if err != nil {
			t.Fatalf("RunFile: %v", err)
		}
		var b bytes.Buffer
		if err := r.WriteJSON(&b); err != nil || !json.Valid(b.Bytes()) {
			t.Fatalf("report is no JSON: %v", err)
		}
		for _, x := range r.Findings {
			if x.Rule == "fmt-parser-crash" {
				t.Fatal("the reader crashed")
			}
		}
		if r.Verdict == audit.Passed && r.Measured.Instances == 0 && len(r.NotChecked) == 0 {
			t.Fatal("a submission passes of which nothing was read")
		}
	})
}
