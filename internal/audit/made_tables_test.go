package audit_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"assay/internal/audit/quality"
)

func init() { madeCounts["chexpert_csv"] = fourCounts }

// fourCounts holds the four counts of each class of CheXpert against the truth.
func fourCounts(t *testing.T, s madeSet, r *quality.Report) {
	got := map[string]any{}
	for _, c := range r.Classes {
		got[c.Name] = map[string]any{
			"positive": float64(c.Labels), "negative": float64(c.Negative), "uncertain": float64(c.Uncertain), "blank": float64(c.Blank),
		}
	}
	if diff := cmp.Diff(s.Counts["labels_per_class"], any(got)); diff != "" {
		t.Errorf("counts of classes (-want +got):\n%s", diff)
	}
}
