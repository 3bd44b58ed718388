package audit_test

import (
	"testing"

	"assay/internal/audit/quality"
)

func init() {
	madeCounts["voc"] = countShapes("images", "labels")
	madeCounts["labelme"] = countShapes("images", "labels")
	madeCounts["cvat_images"] = countShapes("images", "")
	madeCounts["cvat_video"] = countShapes("", "tracks")
}

// countShapes holds images and labels with a class against the counts of these
// names; of shapes of CVAT, those without a class too.
func countShapes(images, labels string) func(*testing.T, madeSet, *quality.Report) {
	return func(t *testing.T, s madeSet, r *quality.Report) {
		classed := 0
		for _, c := range r.Classes {
			classed += c.Labels
		}
		got := map[string]int{images: r.Input.Images, labels: classed, "shapes": r.Input.Labels}
		for name, n := range got {
			if want, ok := s.Counts[name]; ok && want != float64(n) {
				t.Errorf("%s is %d, want %v", name, n, want)
			}
		}
	}
}
