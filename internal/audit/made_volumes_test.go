package audit_test

import (
	"math"
	"testing"

	"assay/internal/audit/quality"
)

func init() {
	for id, pointer := range map[string]string{
		"png_masks-01": "", "png_masks-02": "", "png_masks-03": "",
		"nnunet-01": "", "nnunet-02": "voxel 0,0,0", "nnunet-04": "/file_ending", "nnunet-05": "voxel 3,3,2", "nnunet-06": "",
		"msd-01": "", "msd-02": "",
		"brats-00": "", "brats-01": "voxel 0,0,0", "brats-02": "affine",
	} {
		madeSaid[id] = pointer
	}
	madeElsewhere["nnunet-01"] = "Ashby_000_0000.nii.gz"
	madeElsewhere["brats-00"] = "BraTS-SYN-00004-000-t1n.nii.gz"
	madeCounts["png_masks"] = maskCounts
	for _, format := range []string{"nnunet", "msd", "brats"} {
		madeCounts[format] = caseCounts
	}
}

func classesOf(r *quality.Report) map[string]quality.Class {
	classes := map[string]quality.Class{}
	for _, c := range r.Classes {
		classes[c.Name] = c
	}
	return classes
}

// number reads a count of the truth, 0 if there is none.
func number(counts map[string]any, key string) int {
	n, _ := counts[key].(float64)
	return int(n)
}

func maskCounts(t *testing.T, s madeSet, r *quality.Report) {
	if got, want := r.Input.Images, number(s.Counts, "images"); got != want {
		t.Errorf("%d images, want %d", got, want)
	}
	masks := 0
	for _, f := range r.Input.Formats {
		if f.Name == "png-mask" {
			masks = f.Files - 1 // labels.json
		}
	}
	if want := number(s.Counts, "masks"); masks != want {
		t.Errorf("%d masks, want %d", masks, want)
	}
	classes := classesOf(r)
	for name, want := range s.Counts["masks_with_class"].(map[string]any) {
		if got := classes[name].Labels; float64(got) != want {
			t.Errorf("%d masks with class %s, want %v", got, name, want)
		}
	}
}

// valueNames are the classes of values in the made sets.
var valueNames = map[string]map[string]string{
	"nnunet": {"1": "mass", "2": "opacity"},
	"msd":    {"1": "mass", "2": "opacity"},
	"brats":  {"1": "label 1", "2": "label 2", "3": "label 3"},
}

func caseCounts(t *testing.T, s madeSet, r *quality.Report) {
	want := number(s.Counts, "cases") + number(s.Counts, "test_cases")
	if s.Path == "msd/faulty" {
		want-- // its picture is not there
	}
	if r.Input.Images != want {
		t.Errorf("%d cases, want %d", r.Input.Images, want)
	}
	classes := classesOf(r)
	for value, want := range s.Counts["voxels_per_label"].(map[string]any) {
		if s.Path == "nnunet/faulty" && value == "2" {
			continue // its number was changed in dataset.json: the value has no class
		}
		c := classes[valueNames[s.Format][value]]
		if c.Voxels == nil || float64(*c.Voxels) != want {
			t.Errorf("value %s has %v voxels, want %v", value, c.Voxels, want)
			continue
		}
		if ml, ok := s.Counts["voxel_ml"].(float64); ok && math.Abs(*c.ML-ml*want.(float64)) > 1e-9 {
			t.Errorf("value %s has %v ml, want %v", value, *c.ML, ml*want.(float64))
		}
		if cases := s.Counts["cases_with_label"].(map[string]any)[value]; float64(c.Labels) != cases {
			t.Errorf("value %s is in %d cases, want %v", value, c.Labels, cases)
		}
	}
}
