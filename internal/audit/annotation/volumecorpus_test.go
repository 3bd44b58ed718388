package annotation_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"assay/internal/audit/annotation"
	"assay/internal/audit/sniff"
)

func TestRealVolumesAreRead(t *testing.T) {
	corpus := os.Getenv("ASSAY_CORPUS")
	if corpus == "" {
		t.Skip("ASSAY_CORPUS is not set: the real volumes are not there")
	}
	type facts struct {
		Format  annotation.Format
		Dims    []int64
		Read    bool
		Integer bool
		Values  int
		Parts   []annotation.Value // of label volumes
	}
	tests := []struct {
		path string
		want facts
	}{
		{"nipy_nibabel/nibabel/tests/data/nifti1.hdr", facts{"nifti", []int64{91, 109, 91}, false, false, 0, nil}},
		{"nipy_nibabel/nibabel/tests/data/nifti2.hdr", facts{"nifti", []int64{91, 109, 91}, false, false, 0, nil}},
		{"nipy_nibabel/nibabel/tests/data/standard.nii.gz", facts{"nifti", []int64{4, 5, 7}, true, true, 2, []annotation.Value{{255, 3}}}},
		{"Project-MONAI_MONAI/tests/testing_data/anatomical_label.nii.gz", facts{"nifti", []int64{33, 41, 25}, true, true, 2, []annotation.Value{{1, 1}}}},
		{"Project-MONAI_MONAI/tests/testing_data/reoriented_anat_moved.nii", facts{"nifti", []int64{21, 26, 22}, true, false, 0, nil}},
		{"Project-MONAI_MONAI/tests/testing_data/reoriented_anat_moved_label.nii.gz", facts{"nifti", []int64{21, 26, 22}, true, true, 2, []annotation.Value{{1, 1}}}},
		{"loli_medpy/notebooks/scripts/resources/flair.nii.gz", facts{"nifti", []int64{181, 217}, true, false, 0, nil}},
		{"AIM-Harvard_pyradiomics/data/brain1_label.nrrd", facts{"nrrd", []int64{256, 256, 25}, true, true, 2, []annotation.Value{{1, 2}}}},
		{"AIM-Harvard_pyradiomics/data/breast1_image.nrrd", facts{"nrrd", []int64{45, 120, 21}, true, true, 238, nil}},
		{"AIM-Harvard_pyradiomics/data/breast1_label.nrrd", facts{"nrrd", []int64{45, 120, 21}, true, true, 2, []annotation.Value{{1, 1}}}},
		{"AIM-Harvard_pyradiomics/data/lung1_label.nrrd", facts{"nrrd", []int64{512, 512, 48}, true, true, 2, []annotation.Value{{1, 1}}}},
	}
	for _, tt := range tests {
		t.Run(tt.path, func(t *testing.T) {
			b, err := os.ReadFile(filepath.Join(corpus, "annotations", filepath.FromSlash(tt.path)))
			if err != nil {
				t.Skip("the corpus does not hold the file")
			}
			kind, err := sniff.DetectFile(bytes.NewReader(b), int64(len(b)))
			if err != nil {
				t.Fatal(err)
			}
			f := readAll(t, sniff.Refine(kind, tt.path), tt.path, b)
			v := f.Volume
			got := facts{f.Formats[0].Format, v.Dims, v.Read, v.Integer, len(v.Values), nil}
			if got.Values == 2 {
				got.Parts = v.Parts
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("facts differ (-want +got):\n%s", diff)
			}
		})
	}
}
