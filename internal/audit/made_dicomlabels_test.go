package audit_test

import (
	"testing"

	"assay/internal/audit/quality"
)

func init() {
	madeCounts["dicom_seg"] = func(t *testing.T, s madeSet, r *quality.Report) {
		madeObjects(t, s, r, "dicom-seg", "seg_objects")
		madeRecords(t, s, r, "segments_per_label")
		madeEligible(t, r, "F-501", madeNumber(s, "frames"))
	}
	madeCounts["rtstruct"] = func(t *testing.T, s madeSet, r *quality.Report) {
		madeObjects(t, s, r, "rtstruct", "rtstruct_objects")
		madeRecords(t, s, r, "rois_per_name")
		madeEligible(t, r, "F-511", madeNumber(s, "contours"))
	}
	madeCounts["sr_tid1500"] = func(t *testing.T, s madeSet, r *quality.Report) {
		madeObjects(t, s, r, "dicom-sr-tid1500", "sr_objects")
		madeRecords(t, s, r, "findings")
		madeEligible(t, r, "F-522", madeNumber(s, "measurement_groups"))
	}
	madeCounts["lidc_xml"] = func(t *testing.T, s madeSet, r *quality.Report) {
		madeObjects(t, s, r, "lidc-xml", "")
		got := map[string]int{}
		for _, c := range r.Classes {
			got[c.Name] = c.Labels
		}
		for class, key := range map[string]string{
			"nodule >= 3 mm": "with_characteristics", "nodule < 3 mm": "small_single_point", "non-nodule": "non_nodules",
		} {
			if got[class] != madeNumber(s, key) {
				t.Errorf("%d marks are %s, want %s = %d", got[class], class, key, madeNumber(s, key))
			}
		}
		if got, want := got["nodule >= 3 mm"]+got["nodule < 3 mm"], madeNumber(s, "nodules_marked"); got != want {
			t.Errorf("%d nodules, want %d", got, want)
		}
		madeEligible(t, r, "F-530", madeNumber(s, "rois"))
	}
}

// madeObjects holds the files of a format, and the images, against the truth.
func madeObjects(t *testing.T, s madeSet, r *quality.Report, format, key string) {
	t.Helper()
	files := map[string]int{}
	for _, f := range r.Input.Formats {
		files[f.Name] = f.Files
	}
	for name, key := range map[string]string{format: key, "dicom-image": "ct_instances"} {
		if key != "" && files[name] != madeNumber(s, key) {
			t.Errorf("%d files are %s, want %s = %d", files[name], name, key, madeNumber(s, key))
		}
	}
}

// madeRecords holds what is said of each class, something or nothing, against
// the truth.
func madeRecords(t *testing.T, s madeSet, r *quality.Report, key string) {
	t.Helper()
	got := map[string]int{}
	for _, c := range r.Classes {
		got[c.Name] = c.Labels + c.Negative
	}
	for name, n := range s.Counts[key].(map[string]any) {
		if want := int(n.(float64)); got[name] != want {
			t.Errorf("%s: %s has %d, want %d", key, name, got[name], want)
		}
	}
}

// madeEligible holds what a rule that was broken was held against.
func madeEligible(t *testing.T, r *quality.Report, code string, want int) {
	t.Helper()
	for _, f := range r.Findings {
		if f.Code == code && f.Eligible != want {
			t.Errorf("%s was held against %d, want %d", code, f.Eligible, want)
		}
	}
}

func madeNumber(s madeSet, key string) int {
	n, _ := s.Counts[key].(float64)
	return int(n)
}
