package audit_test

import (
	"testing"

	"assay/internal/audit/quality"
)

func init() {
	for _, format := range []string{"yolo_detect", "yolo_segment", "yolo_pose"} {
		madeCounts[format] = countYOLO
	}
}

// countYOLO holds the images and rows of a set against the truth.
func countYOLO(t *testing.T, s madeSet, r *quality.Report) {
	labels := 0
	for _, c := range r.Classes {
		labels += c.Labels
	}
	background, negative, orphan := findingOf(r, "C-200"), findingOf(r, "C-201"), findingOf(r, "F-210")
	got := map[string]int{
		"images": background.Eligible, "labels": labels, "orphan_label_files": orphan.Affected,
		"images_with_empty_txt": negative.Affected, "images_without_txt": background.Affected,
	}
	if rows := findingOf(r, "F-203"); rows.Eligible > 0 { // of which those without a class are not
		got["rows"] = rows.Eligible + findingOf(r, "F-202").Affected
	}
	for name, n := range got {
		if want := s.Counts[name]; want != float64(n) {
			t.Errorf("%s is %d, want %v", name, n, want)
		}
	}
	want := map[string]string{"yolo_detect": "yolo-detect", "yolo_segment": "yolo-segment", "yolo_pose": "yolo-pose"}[s.Format]
	if len(r.Input.Formats) > 0 && r.Input.Formats[0].Name != want {
		t.Errorf("formats are %+v, want %s first", r.Input.Formats, want)
	}
}

// findingOf returns the finding of a rule, empty if it found nothing.
func findingOf(r *quality.Report, code string) quality.Finding {
	for _, f := range r.Findings {
		if f.Code == code {
			return f
		}
	}
	return quality.Finding{}
}
