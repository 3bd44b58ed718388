package annotation

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"assay/internal/audit/dicom"
	"assay/internal/audit/dicom/dict"

	"github.com/google/go-cmp/cmp"
)

// corpusObject reads an object of the corpus by the SOP Class that it states.
func corpusObject(t *testing.T, name string) *Facts {
	t.Helper()
	corpus := os.Getenv("ASSAY_CORPUS")
	if corpus == "" {
		t.Skip("ASSAY_CORPUS is not set: the objects of other programs are not there")
	}
	file, err := os.ReadFile(filepath.Join(corpus, filepath.FromSlash(name)))
	if err != nil {
		t.Skipf("the corpus has no %s", name)
	}
	h, err := dicom.Scan(context.Background(), bytes.NewReader(file), int64(len(file)), dicom.Limits{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	class, _ := dict.LookupSOPClass(h.SOPClassUID)
	return readDICOM(t, class.Name, file)
}

func TestObjectsOfOtherProgramsAreRead(t *testing.T) {
	type figures struct {
		format                                Format
		labels, images, masks, planes, groups int
		broken                                map[string]int
	}
	const highdicom, dcmqi = "dicom/fetched/ImagingDataCommons_highdicom/data__test_files__", "dicom/fetched/QIICR_dcmqi/data__"
	tests := []struct {
		file string
		want figures
	}{
		{"annotations/ImagingDataCommons_highdicom/data/test_files/seg_image_ct_binary.dcm", figures{DICOMSEG, 1, 4, 1, 0, 0, map[string]int{"P-500": 1}}},
		{"annotations/ImagingDataCommons_highdicom/data/test_files/seg_image_ct_binary_fractional.dcm", figures{DICOMSEG, 1, 4, 0, 0, 0, map[string]int{"P-500": 1}}},
		{"annotations/ImagingDataCommons_highdicom/data/test_files/seg_image_ct_binary_single_frame.dcm", figures{DICOMSEG, 1, 1, 1, 0, 0, map[string]int{"P-500": 1}}},
		{highdicom + "seg_image_cr_binary.dcm", figures{DICOMSEG, 1, 1, 1, 0, 0, map[string]int{"P-500": 1}}},
		{highdicom + "seg_image_ct_binary_overlap.dcm", figures{DICOMSEG, 2, 4, 2, 0, 0, map[string]int{"P-500": 2}}},
		{highdicom + "seg_image_ct_true_fractional.dcm", figures{DICOMSEG, 1, 4, 0, 0, 0, map[string]int{"P-500": 1}}},
		{highdicom + "seg_image_sm_control_labelmap.dcm", figures{DICOMSEG, 21, 1, 21, 0, 0, map[string]int{"C-500": 1, "P-500": 21}}},
		{highdicom + "seg_image_sm_dots_tiled_full.dcm", figures{DICOMSEG, 50, 1, 0, 0, 0, map[string]int{"P-500": 50}}},
		{dcmqi + "segmentations__partial_overlaps.dcm", figures{DICOMSEG, 5, 3, 5, 0, 0, nil}},
		{dcmqi + "segmentations__23x38x3__seg__label.seg", figures{DICOMSEG, 1, 3, 1, 0, 0, nil}},
		{dcmqi + "sr-example__seg.dcm", figures{DICOMSEG, 1, 13, 1, 0, 0, nil}},
		{"annotations/qurit_rt-utils/tests/empty/dummy_rt.dcm", figures{RTSTRUCT, 4, 5, 0, 12, 0, nil}},
		{"annotations/qurit_rt-utils/tests/mock_data/rt.dcm", figures{RTSTRUCT, 1, 2, 0, 2, 0, nil}},
		{"dicom/fetched/dicompyler_dicompyler-core/tests__testdata__example_data__rtss.dcm", figures{RTSTRUCT, 10, 98, 0, 441, 0, map[string]int{"F-514": 1}}},
		{dcmqi + "sr-example__sr.dcm", figures{SRTID1500, 23, 193, 0, 0, 1, map[string]int{"P-501": 1, "P-502": 1}}},
		{"dicom/fetched/ivmartel_dwv/tests__annotation__tid1500-0__sr-ruler.dcm", figures{SRTID1500, 6, 1, 0, 0, 3, map[string]int{"P-501": 1, "P-502": 1}}},
		{"dicom/fetched/ivmartel_dwv/tests__annotation__tid1500-0__sr-roi.dcm", figures{SRTID1500, 3, 1, 0, 0, 3, map[string]int{"P-501": 1, "P-502": 1}}},
		{"dicom/fetched/ivmartel_dwv/tests__annotation__dwv034__sr-ruler.dcm", figures{SROther, 0, 0, 0, 0, 0, map[string]int{"F-523": 1, "P-501": 1, "P-502": 1}}},
		{"dicom/fetched/cornerstonejs_dicomParser/testImages__deflate__report_dfl", figures{SROther, 0, 0, 0, 0, 0, map[string]int{"F-523": 1, "P-501": 1, "P-502": 1}}},
	}
	for _, tt := range tests {
		t.Run(filepath.Base(tt.file), func(t *testing.T) {
			f := corpusObject(t, tt.file)
			got := figures{format: f.Formats[0].Format, labels: len(f.Labels), images: len(f.Images)}
			for _, tally := range f.Book.Tallies {
				if tally.Affected > 0 {
					if got.broken == nil {
						got.broken = map[string]int{}
					}
					got.broken[tally.Code] = tally.Affected
				}
			}
			if f.Object != nil {
				got.masks, got.planes = len(f.Object.Masks), len(f.Object.Planes)
			}
			got.groups = f.Book.Of("F-522").Eligible
			if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(figures{})); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tt.file, diff)
			}
		})
	}
}
