package audit_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"assay/internal/audit/quality"
)

// TestCountsOfLabelSetsEqualTheTruth holds every count of the truth against the
// report. A count that no counter knows fails, so that none is left out.
func TestCountsOfLabelSetsEqualTheTruth(t *testing.T) {
	folder, sets := madeSets(t)
	for _, s := range sets {
		t.Run(s.Path, func(t *testing.T) {
			t.Parallel()
			r := scoreMade(t, folder, s.Path)
			for key, want := range s.Counts {
				name, counter := counterOf(s.Format, key)
				if counter == nil {
					t.Errorf("no counter knows %q", key)
					continue
				}
				if o, ok := madeOtherwise[s.Path+" "+key]; ok {
					want = o.instead(want)
				}
				if diff := cmp.Diff(plain(t, want), plain(t, counter(r, s))); diff != "" {
					t.Errorf("%s (-truth +report):\n%s", name, diff)
				}
			}
		})
	}
}

// otherwise is what the report says where the truth counts something else; of a
// map only these members.
type otherwise struct {
	want any
	why  string
}

func (o otherwise) instead(truth any) any {
	members, ok := o.want.(map[string]any)
	if !ok {
		return o.want
	}
	want := maps.Clone(truth.(map[string]any))
	maps.Copy(want, members)
	return want
}

// madeOtherwise are counts of records as written, faulty ones included, that a
// report gives of what the records mean, by set and key.
var madeOtherwise = map[string]otherwise{
	"coco_instances/faulty images_without_annotation": {1, "the other is the listed picture that is missing"},
	"voc/faulty splits": {
		map[string]any{"train": map[string]any{"images": 8, "patients": 4}, "test": map[string]any{"images": 3, "patients": 1}},
		"im0001 is in both lists, and counts where it was named last",
	},
	"chexpert_csv/faulty splits": {
		map[string]any{"train": map[string]any{"rows": 12, "patients": 9}}, "the picture of one row is missing, the only one of its patient in training",
	},
	"chestxray14_csv/faulty labels_per_class": {map[string]any{"Pneumonitis": 1}, "the label that the vocabulary lacks"},
	"chestxray14_csv/faulty splits":           {map[string]any{"train_val": 15}, "one image has two rows"},
	"rsna_csv/faulty images":                  {12, "one picture is missing"},
	"rsna_csv/faulty patients":                {12, "one picture is missing, with its patient"},
	"nnunet/faulty voxels_per_label":          {map[string]any{"2": nil}, "dataset.json calls another value opacity, so that 2 has no class"},
	"nnunet/faulty cases_with_label":          {map[string]any{"2": 0}, "dataset.json calls another value opacity, so that 2 has no class"},
	"msd/faulty cases":                        {6, "the image of one case is missing"},
}

func TestCountsThatDifferAreCountsOfTheTruth(t *testing.T) {
	_, sets := madeSets(t)
	for at, o := range madeOtherwise {
		path, key, _ := strings.Cut(at, " ")
		found := false
		for _, s := range sets {
			if want, ok := s.Counts[key]; ok && s.Path == path {
				found = !cmp.Equal(plain(t, want), plain(t, o.instead(want)))
			}
		}
		if !found || o.why == "" {
			t.Errorf("%s: the truth has no count that differs from %v (%s)", at, o.want, o.why)
		}
	}
}

// plain is a value as JSON has it, numbers to nine digits.
func plain(t *testing.T, v any) any {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var out any
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	if f, ok := out.(float64); ok {
		return math.Round(f*1e9) / 1e9
	}
	return out
}

// counter takes a count of the truth out of a report.
type counter func(*quality.Report, madeSet) any

func counterOf(format, key string) (string, counter) {
	if c, ok := madeCounters[format+" "+key]; ok {
		return format + " " + key, c
	}
	return key, madeCounters[key]
}

// madeCounters are the counters by key, or by format and key.
var madeCounters = map[string]counter{
	"images":                    func(r *quality.Report, _ madeSet) any { return r.Metrics.Completeness.Images },
	"image_files":               func(r *quality.Report, _ madeSet) any { return r.Input.Images },
	"annotations":               func(r *quality.Report, _ madeSet) any { return r.Input.Labels },
	"labels":                    classedLabels,
	"categories":                func(r *quality.Report, _ madeSet) any { return r.Metrics.Distribution.Classes },
	"labels_per_class":          labelsPerClass,
	"images_without_annotation": withoutLabel,
	"patients":                  func(r *quality.Report, _ madeSet) any { return r.Input.Patients },
	"splits":                    splitsWithPatients,

	// An entry of COCO is an image, an annotation or a category.
	"coco_instances images": func(r *quality.Report, s madeSet) any {
		return heldAgainst(r, "F-124") - number(s.Counts, "annotations") - number(s.Counts, "categories")
	},
	"coco_instances splits": func(r *quality.Report, _ madeSet) any { return none(len(r.Metrics.Splits)) },
	// The report says of how many labels the keypoints were held against those
	// of their category, three values each.
	"coco_keypoints keypoints_per_class": func(r *quality.Report, s madeSet) any {
		if heldAgainst(r, "F-115") != number(s.Counts, "annotations") {
			return nil
		}
		return s.Counts["keypoints_per_class"]
	},
	"coco_panoptic annotations": func(r *quality.Report, _ madeSet) any { return heldAgainst(r, "F-120") },
	"segments":                  func(r *quality.Report, _ madeSet) any { return r.Input.Labels },

	// Names of files tell no patient here, and the generator's own are in no
	// file.
	"yolo_detect patients":  unknownPatients,
	"yolo_segment patients": unknownPatients,
	"yolo_pose patients":    unknownPatients,
	"voc patients":          unknownPatients,
	"labelme patients":      unknownPatients,
	"yolo_detect splits":    splitsOfImages,
	"yolo_segment splits":   splitsOfImages,
	"yolo_pose splits":      splitsOfImages,
	"voc splits":            splitsOfImages,
	"labelme splits":        noSplits,
	"split_note":            remark,
	"note":                  remark,
	"rows":                  func(r *quality.Report, _ madeSet) any { return heldAgainst(r, "F-200") },
	"orphan_label_files":    func(r *quality.Report, _ madeSet) any { return findingOf(r, "F-210").Affected },
	"images_with_empty_txt": func(r *quality.Report, _ madeSet) any { return findingOf(r, "C-201").Affected },
	"images_without_txt":    func(r *quality.Report, _ madeSet) any { return findingOf(r, "C-200").Affected },
	"shapes":                func(r *quality.Report, _ madeSet) any { return r.Input.Labels },
	"boxes":                 func(r *quality.Report, _ madeSet) any { return r.Metrics.Completeness.Boxes },
	"polygons":              func(r *quality.Report, _ madeSet) any { return r.Metrics.Completeness.Kinds["polygon"] },
	"frames":                func(r *quality.Report, _ madeSet) any { return r.Metrics.Completeness.Images },
	"tracks":                func(r *quality.Report, _ madeSet) any { return heldAgainst(r, "F-254") },
	"cvat_video boxes":      func(r *quality.Report, _ madeSet) any { return heldAgainst(r, "F-221") },

	"tasks":                    func(r *quality.Report, _ madeSet) any { return r.Metrics.Completeness.Images },
	"label_studio annotations": func(r *quality.Report, _ madeSet) any { return heldAgainst(r, "F-153") },
	"results":                  func(r *quality.Report, _ madeSet) any { return heldAgainst(r, "F-150") },
	"tasks_with_two_readers": func(r *quality.Report, s madeSet) any {
		return heldAgainst(r, "P-011") - findingOf(r, "P-011").Affected
	},

	"chexpert_csv labels_per_class": fourPerClass,
	"chexpert_csv rows":             func(r *quality.Report, _ madeSet) any { return heldAgainst(r, "F-300") },
	"chestxray14_csv rows":          func(r *quality.Report, s madeSet) any { return heldAgainst(r, "F-300") - number(s.Counts, "boxes") },
	"header_fields":                 fieldsFit,
	"row_fields":                    fieldsFit,
	"chestxray14_csv splits":        splitsOfLists,
	"rsna_csv rows":                 func(r *quality.Report, _ madeSet) any { return heldAgainst(r, "F-300") },
	"positive_images":               func(r *quality.Report, _ madeSet) any { return classesOf(r)["1"].Images },

	"masks": func(r *quality.Report, _ madeSet) any {
		for _, f := range r.Input.Formats {
			if f.Name == "png-mask" {
				return f.Files - 1 // labels.json
			}
		}
		return nil
	},
	"masks_with_class": func(r *quality.Report, s madeSet) any { return classLabels(r, s, "masks_with_class") },

	"cases": func(r *quality.Report, s madeSet) any {
		return r.Metrics.Completeness.Images - number(s.Counts, "test_cases")
	},
	"test_cases":       func(r *quality.Report, _ madeSet) any { return splitOf(r, "test").Images },
	"voxels_per_label": voxelsPerLabel,
	"cases_with_label": casesWithLabel,
	"voxel_ml":         voxelML,
	"label_files":      func(r *quality.Report, _ madeSet) any { return heldAgainst(r, "C-403") },
	"channels":         func(r *quality.Report, s madeSet) any { return channels(r, s) },
	"convention":       func(r *quality.Report, s madeSet) any { return convention(r, s) },

	"seg_objects":        func(r *quality.Report, _ madeSet) any { return filesOf(r, "dicom-seg") },
	"rtstruct_objects":   func(r *quality.Report, _ madeSet) any { return filesOf(r, "rtstruct") },
	"sr_objects":         func(r *quality.Report, _ madeSet) any { return filesOf(r, "dicom-sr-tid1500") },
	"ct_instances":       func(r *quality.Report, _ madeSet) any { return filesOf(r, "dicom-image") },
	"segments_per_label": func(r *quality.Report, s madeSet) any { return recordsPerClass(r, s, "segments_per_label") },
	"rois_per_name":      func(r *quality.Report, s madeSet) any { return recordsPerClass(r, s, "rois_per_name") },
	"findings":           func(r *quality.Report, s madeSet) any { return recordsPerClass(r, s, "findings") },
	"dicom_seg frames":   func(r *quality.Report, _ madeSet) any { return heldAgainst(r, "F-501") },
	"contours":           func(r *quality.Report, _ madeSet) any { return heldAgainst(r, "F-510") },
	"measurement_groups": func(r *quality.Report, _ madeSet) any { return heldAgainst(r, "F-522") },

	"reading_sessions":     func(r *quality.Report, _ madeSet) any { return r.Metrics.Provenance.Readers },
	"with_characteristics": func(r *quality.Report, _ madeSet) any { return classesOf(r)["nodule >= 3 mm"].Labels },
	"small_single_point":   func(r *quality.Report, _ madeSet) any { return classesOf(r)["nodule < 3 mm"].Labels },
	"non_nodules":          func(r *quality.Report, _ madeSet) any { return classesOf(r)["non-nodule"].Labels },
	"nodules_marked": func(r *quality.Report, _ madeSet) any {
		return classesOf(r)["nodule >= 3 mm"].Labels + classesOf(r)["nodule < 3 mm"].Labels
	},
	"rois": func(r *quality.Report, _ madeSet) any { return heldAgainst(r, "F-531") },

	"lines":        func(r *quality.Report, _ madeSet) any { return heldAgainst(r, "F-301") },
	"parsable":     parsable,
	"unlabelled":   func(r *quality.Report, s madeSet) any { return parsable(r, s).(int) - r.Input.Labels },
	"jsonl splits": splitsOfNumbers,
}

// heldAgainst is how many things a rule was held against, broken or not.
func heldAgainst(r *quality.Report, code string) int {
	for _, p := range r.Passed {
		if p.Code == code {
			return p.Eligible
		}
	}
	return findingOf(r, code).Eligible
}

// none is null for no splits.
func none(n int) any {
	if n == 0 {
		return nil
	}
	return n
}

// remark is text of the truth, not a count.
func remark(_ *quality.Report, s madeSet) any {
	for _, key := range []string{"note", "split_note"} {
		if v, ok := s.Counts[key]; ok {
			return v
		}
	}
	return nil
}

func classedLabels(r *quality.Report, _ madeSet) any {
	n := 0
	for _, c := range r.Classes {
		n += c.Labels
	}
	return n
}

// classLabels counts the labels of the classes that the truth names, and of
// others that have any.
func classLabels(r *quality.Report, s madeSet, key string) map[string]int {
	got := map[string]int{}
	for name := range s.Counts[key].(map[string]any) {
		got[name] = 0
	}
	for _, c := range r.Classes {
		if _, ok := got[c.Name]; ok || c.Labels > 0 {
			got[c.Name] = c.Labels
		}
	}
	return got
}

func labelsPerClass(r *quality.Report, s madeSet) any { return classLabels(r, s, "labels_per_class") }

// recordsPerClass counts what is said of each class of the truth, something or
// nothing.
func recordsPerClass(r *quality.Report, s madeSet, key string) any {
	got := map[string]int{}
	for name := range s.Counts[key].(map[string]any) {
		got[name] = classesOf(r)[name].Labels + classesOf(r)[name].Negative
	}
	return got
}

func fourPerClass(r *quality.Report, _ madeSet) any {
	got := map[string]any{}
	for _, c := range r.Classes {
		got[c.Name] = map[string]int{"positive": c.Labels, "negative": c.Negative, "uncertain": c.Uncertain, "blank": c.Blank}
	}
	return got
}

func withoutLabel(r *quality.Report, _ madeSet) any {
	return r.Metrics.Completeness.Images - r.Metrics.Completeness.Labeled
}

// unknownPatients is the truth's own number if the report says that patients
// are unknown, as they are: no file names them.
func unknownPatients(r *quality.Report, s madeSet) any {
	if r.Input.Patients != nil {
		return *r.Input.Patients
	}
	return s.Counts["patients"]
}

func splitOf(r *quality.Report, name string) quality.SplitCount {
	for _, c := range r.Metrics.Splits {
		if c.Split == name {
			return c
		}
	}
	return quality.SplitCount{}
}

// splitsWithPatients counts images, which the truth of tables calls rows, and
// patients.
func splitsWithPatients(r *quality.Report, s madeSet) any {
	got := map[string]any{}
	for name, of := range s.Counts["splits"].(map[string]any) {
		c := splitOf(r, strings.Replace(name, "valid", "val", 1))
		counts := map[string]any{"patients": c.Patients}
		for _, key := range []string{"images", "rows"} {
			if _, ok := of.(map[string]any)[key]; ok {
				counts[key] = c.Images
			}
		}
		got[name] = counts
	}
	return got
}

// splitsOfImages counts images where no file names patients: the truth's own
// numbers stand for these if the report says that they are unknown.
func splitsOfImages(r *quality.Report, s madeSet) any {
	got := map[string]any{}
	for name, of := range s.Counts["splits"].(map[string]any) {
		c := splitOf(r, name)
		counts := map[string]any{"images": c.Images, "patients": c.Patients}
		if c.Patients == nil {
			counts["patients"] = of.(map[string]any)["patients"]
		}
		got[name] = counts
	}
	return got
}

// noSplits is the truth's own splits if the report has none, as its files.
func noSplits(r *quality.Report, s madeSet) any {
	if len(r.Metrics.Splits) > 0 {
		return r.Metrics.Splits
	}
	return s.Counts["splits"]
}

// splitsOfLists counts the images of ChestX-ray14's two lists, of which the
// first is for training and validation.
func splitsOfLists(r *quality.Report, _ madeSet) any {
	return map[string]int{"train_val": splitOf(r, "train").Images, "test": splitOf(r, "test").Images}
}

func splitsOfNumbers(r *quality.Report, _ madeSet) any {
	return map[string]int{"train": splitOf(r, "train").Images, "val": splitOf(r, "val").Images, "test": splitOf(r, "test").Images}
}

// fieldsFit is the truth's number of fields if no row has another.
func fieldsFit(r *quality.Report, s madeSet) any {
	if n := findingOf(r, "F-300").Affected; n > 0 || heldAgainst(r, "F-300") == 0 {
		return fmt.Sprintf("%d rows of another number", n)
	}
	return s.Counts["row_fields"]
}

func parsable(r *quality.Report, _ madeSet) any {
	return heldAgainst(r, "F-309") - findingOf(r, "F-309").Affected
}

func filesOf(r *quality.Report, format string) int {
	for _, f := range r.Input.Formats {
		if f.Name == format {
			return f.Files
		}
	}
	return 0
}

// valueNames are the classes of values in the made sets.
var valueNames = map[string]map[string]string{
	"nnunet": {"1": "mass", "2": "opacity"},
	"msd":    {"1": "mass", "2": "opacity"},
	"brats":  {"1": "label 1", "2": "label 2", "3": "label 3"},
}

func ofValues(r *quality.Report, s madeSet, of func(quality.Class) any) any {
	got := map[string]any{}
	for value, name := range valueNames[s.Format] {
		got[value] = of(classesOf(r)[name])
	}
	return got
}

func voxelsPerLabel(r *quality.Report, s madeSet) any {
	return ofValues(r, s, func(c quality.Class) any { return c.Voxels })
}

func casesWithLabel(r *quality.Report, s madeSet) any {
	return ofValues(r, s, func(c quality.Class) any { return c.Labels })
}

// voxelML is how large a voxel is by the milliliters of the classes, the same
// for all of them.
func voxelML(r *quality.Report, _ madeSet) any {
	var got any
	for _, c := range r.Classes {
		if c.ML == nil || c.Voxels == nil {
			continue
		}
		ml := math.Round(*c.ML/float64(*c.Voxels)*1e9) / 1e9
		if got != nil && got != ml {
			return fmt.Sprintf("%v and %v", got, ml)
		}
		got = ml
	}
	return got
}

// channels is how many volumes a case has, if all have as many as declared.
func channels(r *quality.Report, s madeSet) any {
	cases := number(s.Counts, "cases") + number(s.Counts, "test_cases")
	if findingOf(r, "F-437").Affected > 0 || heldAgainst(r, "F-437") != cases {
		return nil
	}
	return float64(filesOf(r, "nifti")-number(s.Counts, "label_files")) / float64(cases)
}

// convention is the truth's way of naming if no case is named in another.
func convention(r *quality.Report, s madeSet) any {
	if n := findingOf(r, "F-450").Affected; n > 0 || heldAgainst(r, "F-450") == 0 {
		return fmt.Sprintf("%d cases in another", n)
	}
	return s.Counts["convention"]
}
