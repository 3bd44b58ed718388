package annotation_test

import (
	"bytes"
	"image"
	"image/color"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"assay/internal/audit/annotation"
	"assay/internal/audit/sniff"
)

// joined reads files made by a test and joins them.
func joined(t *testing.T, files map[string][]byte) *annotation.Set {
	t.Helper()
	paths := make([]string, 0, len(files))
	for p := range files {
		paths = append(paths, p)
	}
	slices.Sort(paths)
	var members []annotation.Member
	for i, p := range paths {
		b := files[p]
		kind, err := sniff.DetectFile(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			t.Fatal(err)
		}
		kind = sniff.Refine(kind, p)
		members = append(members, annotation.Member{
			Index: int32(i), Path: p, SizeBytes: int64(len(b)), Kind: kind, Facts: readAll(t, kind, p, b),
		})
	}
	return annotation.Join(members, annotation.JoinOptions{})
}

// broken are the codes of the rules that a set breaks.
func broken(s *annotation.Set) []string {
	var codes []string
	for _, c := range s.Book.Tallies {
		if c.Affected > 0 {
			codes = append(codes, c.Code)
		}
	}
	slices.Sort(codes)
	return codes
}

// square is a gray picture with a square of one value.
func square(t *testing.T, side int, value, edge uint8) []byte {
	return pngOf(t, filled(image.NewGray(image.Rect(0, 0, side, side)), func(x, y int) color.Color {
		switch {
		case x >= 8 && x < 20 && y >= 8 && y < 20:
			return color.Gray{value}
		case edge > 0 && y == 7 && x < 24:
			return color.Gray{uint8(10 * x)}
		}
		return color.Gray{}
	}))
}

func TestMasksOfPictures(t *testing.T) {
	names := []byte(`{"0": "background", "1": "mass"}`)
	tests := []struct {
		name  string
		files map[string][]byte
		items int
		want  []string
	}{
		{"folders", map[string][]byte{"images/a.png": square(t, 40, 90, 0), "masks/a.png": square(t, 40, 1, 0), "labels.json": names}, 1, nil},
		{"suffixes", map[string][]byte{"x/a.png": square(t, 40, 90, 0), "x/a_mask.png": square(t, 40, 255, 0)}, 1, nil},
		{"a value that is not in the map", map[string][]byte{"images/a.png": square(t, 40, 90, 0), "masks/a.png": square(t, 40, 7, 0), "labels.json": names}, 1, []string{"F-412"}},
		{"blurred edges", map[string][]byte{"images/a.png": square(t, 40, 90, 0), "masks/a.png": square(t, 40, 255, 1)}, 1, []string{"F-422"}},
		{"a mask without an image beside others", map[string][]byte{"images/a.png": square(t, 40, 90, 0), "masks/a.png": square(t, 40, 1, 0), "masks/b.png": square(t, 40, 1, 0)}, 1, []string{"F-438"}},
		{"pictures that say nothing of masks", map[string][]byte{"one/a.png": square(t, 40, 90, 0), "two/a.png": square(t, 40, 1, 0)}, 2, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := joined(t, tt.files)
			if diff := cmp.Diff(tt.want, broken(s)); diff != "" {
				t.Errorf("broken rules differ (-want +got):\n%s", diff)
			}
			if len(s.Items) != tt.items {
				t.Errorf("%d items, want %d", len(s.Items), tt.items)
			}
		})
	}
}

func TestVolumeOfFourDimensionsFitsALabelOfThree(t *testing.T) {
	image4 := volume{dims: []int{1, 5, 2, 4}, code: 64, bits: 64, voxels: make([]float64, 40), spacing: [3]float32{1, 1, 1}}
	label := volume{dims: []int{1, 5, 2}, code: 1024, bits: 64, voxels: []int64{0, 1, 1, 0, 2, 0, 0, 0, 0, 0}, spacing: [3]float32{1, 1, 1}}
	s := joined(t, map[string][]byte{"images/BRATS_001.nii.gz": gzipped(image4.bytes(t)), "labels/BRATS_001.nii.gz": gzipped(label.bytes(t))})
	if got := broken(s); len(got) > 0 || len(s.Items) != 1 || len(s.Labels) != 2 {
		t.Errorf("broken %v, %d items, %d labels; want none, 1 and 2", got, len(s.Items), len(s.Labels))
	}
}

func TestDatasetsOfNNUNet(t *testing.T) {
	v := volume{dims: []int{4, 3, 2}, code: 4, bits: 16, voxels: cube, spacing: [3]float32{1, 1, 1}}
	far := v
	far.spacing[2] = 2
	set := func(json string, label volume) map[string][]byte {
		return map[string][]byte{
			"Dataset001_X/dataset.json": []byte(json), "Dataset001_X/imagesTr/a_0000.nii.gz": gzipped(v.bytes(t)),
			"Dataset001_X/labelsTr/a.nii.gz": gzipped(label.bytes(t)),
		}
	}
	const head = `{"channel_names": {"0": "CT"}, "numTraining": 1, "file_ending": ".nii.gz", `
	tests := []struct {
		name  string
		files map[string][]byte
		want  []string
	}{
		{"a good one", set(head+`"labels": {"background": 0, "a": 1, "b": 2}}`, v), nil},
		{"another spacing", set(head+`"labels": {"background": 0, "a": 1, "b": 2}}`, far), []string{"F-414"}},
		{"no background", set(head+`"labels": {"a": 1, "b": 2}}`, v), []string{"F-433"}},
		{"regions without an order", set(head+`"labels": {"background": 0, "whole": [1, 2], "core": [2]}}`, v), []string{"F-435"}},
		{"regions with an order", set(head+`"labels": {"background": 0, "whole": [1, 2], "core": [2]}, "regions_class_order": [1, 2]}`, v), nil},
		{"labels as in version 1", set(head+`"labels": {"0": "background", "1": "a", "2": "b"}}`, v), []string{"F-436"}},
		{"a channel that is not there", set(`{"channel_names": {"0": "T1", "1": "T2"}, "numTraining": 1, "file_ending": ".nii.gz", "labels": {"background": 0, "a": 1, "b": 2}}`, v), []string{"F-437"}},
		{"another ending", set(`{"channel_names": {"0": "T1"}, "numTraining": 1, "file_ending": ".nrrd", "labels": {"background": 0, "a": 1, "b": 2}}`, v), []string{"F-439"}},
		{"version 1", set(`{"modality": {"0": "CT"}, "numTraining": 1, "labels": {"0": "background", "1": "a", "2": "b"}, "training": [{"image": "./imagesTr/a.nii.gz", "label": "./labelsTr/a.nii.gz"}], "test": []}`, v), []string{"F-436"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, broken(joined(t, tt.files))); diff != "" {
				t.Errorf("broken rules differ (-want +got):\n%s", diff)
			}
		})
	}
}
