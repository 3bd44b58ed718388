package audit_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"assay/internal/audit"
	"assay/internal/audit/annotation"
	"assay/internal/audit/quality"
)

// madeSet is one label set of the corpus with what was planted in it.
type madeSet struct {
	Format string
	Set    string // "clean" or "faulty"
	Path   string
	Counts map[string]any
	Faults []madeFault
}

type madeFault struct {
	ID, Severity, Rule, File, Pointer string
}

// madeSets reads the label sets of the corpus, or skips the test.
func madeSets(t *testing.T) (string, []madeSet) {
	t.Helper()
	corpus := os.Getenv("ASSAY_CORPUS")
	if corpus == "" {
		t.Skip("ASSAY_CORPUS is not set: the made label sets are not there")
	}
	folder := filepath.Join(corpus, "annotations", "made")
	text, err := os.ReadFile(filepath.Join(folder, "truth.json"))
	if err != nil {
		t.Skip("the corpus has no made label sets")
	}
	var truth struct{ Sets []madeSet }
	if err := json.Unmarshal(text, &truth); err != nil {
		t.Fatal(err)
	}
	return folder, truth.Sets
}

// madeSaid are places of planted faults that the truth writes in words: the
// pointer that the audit gives them.
var madeSaid = map[string]string{}

// madeElsewhere are planted faults of files that are not there: the file at
// which the audit tells of them.
var madeElsewhere = map[string]string{}

// madeFormats are the names of the formats of the made sets.
var madeFormats = map[string]annotation.Format{
	"coco_instances": annotation.COCOInstances, "coco_keypoints": annotation.COCOKeypoints, "coco_panoptic": annotation.COCOPanoptic,
	"yolo_detect": annotation.YOLODetect, "yolo_segment": annotation.YOLOSegment, "yolo_pose": annotation.YOLOPose,
	"voc": annotation.VOC, "labelme": annotation.LabelMeJSON, "cvat_images": annotation.CVATImages, "cvat_video": annotation.CVATVideo,
	"label_studio": annotation.LabelStudio, "chexpert_csv": annotation.CheXpert, "chestxray14_csv": annotation.ChestXray14,
	"rsna_csv": annotation.RSNA, "png_masks": annotation.PNGMask, "nnunet": annotation.NNUNet, "msd": annotation.MSD, "brats": annotation.BraTS,
	"dicom_seg": annotation.DICOMSEG, "rtstruct": annotation.RTSTRUCT, "sr_tid1500": annotation.SRTID1500, "lidc_xml": annotation.LIDC,
	"jsonl": annotation.JSONL,
}

// madeReports are the reports of the made sets, each made once.
var madeReports sync.Map

// scoreMade scores a made set, once for all tests.
func scoreMade(t *testing.T, folder, path string) *quality.Report {
	t.Helper()
	once, _ := madeReports.LoadOrStore(path, sync.OnceValues(func() (*audit.Report, error) {
		return audit.Run(context.Background(), os.DirFS(filepath.Join(folder, filepath.FromSlash(path))), audit.Options{Scoring: &audit.Scoring{}})
	}))
	r, err := once.(func() (*audit.Report, error))()
	if err != nil {
		t.Fatal(err)
	}
	return r.Quality
}

func TestPlantedFaultsOfLabelSetsAreFound(t *testing.T) {
	folder, sets := madeSets(t)
	for _, s := range sets {
		t.Run(s.Path, func(t *testing.T) {
			t.Parallel()
			r := scoreMade(t, folder, s.Path)
			if format := madeFormats[s.Format]; filesOf(r, string(format)) == 0 {
				t.Errorf("formats are %+v, want %q among them", r.Input.Formats, format)
			}
			for _, f := range s.Faults {
				if !tells(r, f) {
					t.Errorf("%s: %s at %s %s is not found", f.ID, f.Rule, f.File, f.Pointer)
				}
			}
			for _, f := range r.Findings {
				if s.Set == "clean" && f.Level == "E" {
					t.Errorf("the clean set has the error %s %s %+v", f.Code, f.Message, f.Examples[:min(3, len(f.Examples))])
				}
			}
			if s.Set == "clean" && r.Score.Value < 90 {
				t.Errorf("the clean set scores %v, want 90 or more: %+v", r.Score.Value, r.Losses)
			}
		})
	}
}

// tells reports whether a finding of the fault's level points at its place.
func tells(r *quality.Report, fault madeFault) bool {
	want, at := fault.Pointer, fault.File
	if file, ok := madeElsewhere[fault.ID]; ok {
		at = file
	}
	if said, ok := madeSaid[fault.ID]; ok {
		want = said
	}
	for _, f := range r.Findings {
		if f.Level != fault.Severity {
			continue
		}
		for _, e := range f.Examples {
			if e.Pointer == want && filepath.Base(e.Path) == filepath.Base(at) {
				return true
			}
		}
	}
	return false
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
