package audit_test

import (
	"testing"
	"testing/fstest"

	"assay/internal/audit"
	"assay/internal/audit/dicom/dicomtest"
)

// What no rule can read is said, and only where there is some of it.
func TestWhatNoRuleReadsIsSaid(t *testing.T) {
	const start = "(0008,0016) UI CTImageStorage\n(0008,0018) UI 2.25.7\n(0012,0062) CS YES\n"
	tests := []struct{ name, file, want string }{
		{"a long private value", "(0029,0010) LO ACME 1\n(0029,1001) OB zeros:300000", "text in long private values"},
		{"encrypted attributes", "(0400,0500) SQ\n  - (0400,0510) UI 1.2.3\n    (0400,0520) OB hex:0102", "encrypted attributes"},
		{"a waveform", "(5400,0100) SQ\n  - (5400,1010) OW zeros:8", "voices and text in waveforms"},
		{"none of these", "(0029,0010) LO ACME 1\n(0029,1001) OB zeros:30", ""},
	}
	all := map[string]bool{"text in long private values": true, "encrypted attributes": true, "voices and text in waveforms": true}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			set := fstest.MapFS{"1.dcm": {Data: dicomtest.Build(start + tt.file), Mode: 0o444}}
			r, err := audit.Run(t.Context(), set, audit.Options{})
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			for _, n := range r.NotChecked {
				if all[n.What] {
					got += n.What
				}
			}
			if got != tt.want {
				t.Errorf("said %q, want %q", got, tt.want)
			}
		})
	}
}
