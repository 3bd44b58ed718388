package audit_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"testing/fstest"

	"assay/internal/audit"
)

// TestLabelsOfReportsAndReadersGiveKappa holds a twin of the adjudicated labels of
// ChestX-ray14 (google2019), which put labels drawn from reports beside those of
// readers: 109 by both, 129 by either alone, 4,009 by none.
func TestLabelsOfReportsAndReadersGiveKappa(t *testing.T) {
	var columns, reports, readers strings.Builder
	columns.WriteString("image,Pneumothorax NLP,Pneumothorax readers\n")
	reports.WriteString("image,Pneumothorax\n")
	readers.WriteString("image,Pneumothorax\n")
	n := 0
	for _, cell := range []struct{ count, nlp, read int }{{109, 1, 1}, {129, 1, 0}, {129, 0, 1}, {4009, 0, 0}} {
		for range cell.count {
			fmt.Fprintf(&columns, "%05d.png,%d,%d\n", n, cell.nlp, cell.read)
			fmt.Fprintf(&reports, "%05d.png,%d\n", n, cell.nlp)
			fmt.Fprintf(&readers, "%05d.png,%d\n", n, cell.read)
			n++
		}
	}
	tests := map[string]fstest.MapFS{
		"two columns": {"labels.csv": {Data: []byte(columns.String())}},
		"two tables":  {"labels_nlp.csv": {Data: []byte(reports.String())}, "labels_readers.csv": {Data: []byte(readers.String())}},
	}
	for name, set := range tests {
		t.Run(name, func(t *testing.T) {
			report, err := audit.Run(t.Context(), set, audit.Options{Scoring: &audit.Scoring{}})
			if err != nil {
				t.Fatal(err)
			}
			m := report.Quality.Metrics
			if len(m.Agreement) != 1 || m.Agreement[0].Value == nil || m.Agreement[0].Raw == nil {
				t.Fatalf("agreement %+v, want one figure", m.Agreement)
			}
			a := m.Agreement[0]
			if a.Measure != "Cohen's kappa" || a.Units != 4376 || math.Abs(*a.Value-0.4268) > 5e-5 || math.Abs(*a.Raw-0.9410) > 5e-5 {
				t.Errorf("%s over %d is %.4f with agreement %.4f, want Cohen's kappa over 4376 of 0.4268 with 0.9410", a.Measure, a.Units, *a.Value, *a.Raw)
			}
			if m.Provenance.Labels["report"] != 4376 || m.Provenance.Labels["human"] != 4376 {
				t.Errorf("origins %v, want 4376 of reports and of people", m.Provenance.Labels)
			}
		})
	}
}
