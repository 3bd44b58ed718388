package audit_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"assay/internal/audit"
)

func TestReportsNeedAClaimOfTheirOwn(t *testing.T) {
	const document = "{\\rtf1 The lungs are clear.}"
	tests := []struct {
		name   string
		claims *audit.Claims
		path   string
		want   string
	}{
		{"no claims at all", nil, "report.rtf", ""},
		{"nothing said", &audit.Claims{}, "report.rtf", "do not say how"},
		{"not treated", &audit.Claims{Reports: "not_treated", ReportsIncluded: "yes"}, "report.rtf", "do not say how"},
		{"none included", &audit.Claims{Reports: "automated", ReportsIncluded: "no"}, "report.rtf", "no reports or notes"},
		{"treated", &audit.Claims{Reports: "automated_and_reviewed", ReportsIncluded: "yes"}, "report.rtf", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := audit.Run(t.Context(), fstest.MapFS{tt.path: {Data: []byte(document), Mode: 0o444}}, audit.Options{Claims: tt.claims})
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			for _, f := range r.Findings {
				if f.Rule == "deid-claim-mismatch" {
					got += f.Message
				}
			}
			if !strings.Contains(got, tt.want) || tt.want == "" && got != "" {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
