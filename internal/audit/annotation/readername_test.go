package annotation_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"testing"

	"github.com/google/go-cmp/cmp"

	"assay/internal/audit/annotation"
	"assay/internal/audit/shape"
	"assay/internal/audit/sniff"
)

// block is a mask of 32 x 32 pixels with a square of a side of one value from
// (8, 8) on.
func block(t *testing.T, value uint8, side int) []byte {
	return pngOf(t, filled(image.NewGray(image.Rect(0, 0, 32, 32)), func(x, y int) color.Color {
		if x >= 8 && x < 8+side && y >= 8 && y < 8+side {
			return color.Gray{value}
		}
		return color.Gray{}
	}))
}

func TestMasksTellTheirReaderByFolderOrName(t *testing.T) {
	picture := square(t, 32, 90, 0)
	tests := []struct {
		name         string
		image, masks string // two of them, with %d
		readers      int
	}{
		{"folders of readers", "images/a.png", "reader%d/a.png", 2},
		{"folders of readers in one of masks", "images/a.png", "masks/rater_%d/a.png", 2},
		{"folders of readers with one of masks", "images/a.png", "Annotator-%d/masks/a.png", 2},
		{"suffixes", "x/a.png", "x/a_reader%d.png", 2},
		{"suffixes after that of a mask", "x/a.png", "x/a_mask_observer%d.png", 2},
		{"suffixes before that of a mask", "x/a.png", "x/a_r%d_seg.png", 2},
		{"short suffixes in a folder of masks", "images/a.png", "masks/a_r%d.png", 2},
		{"masks that tell no reader", "images/a.png", "masks/a_mask_%d.png", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			set := joined(t, map[string][]byte{
				tt.image: picture, fmt.Sprintf(tt.masks, 1): block(t, 1, 10), fmt.Sprintf(tt.masks, 2): block(t, 255, 5),
			})
			if set.Readers != tt.readers || len(set.Items) != 1 || len(set.Labels) != 2 || len(broken(set)) > 0 {
				t.Fatalf("%d readers, %d images, %d labels, broken %v; want %d, 1, 2, none", set.Readers, len(set.Items), len(set.Labels), broken(set), tt.readers)
			}
			areas := []int64{}
			for _, l := range set.Labels {
				if l.Shape >= 0 {
					areas = append(areas, shape.MaskArea(set.Shapes[l.Shape].Runs))
				}
			}
			if diff := cmp.Diff([]int64{100, 25}[:tt.readers], areas); diff != "" {
				t.Errorf("areas of the masks (-want +got)\n%s", diff)
			}
		})
	}
}

func TestImagesInFoldersOfReadersStayImages(t *testing.T) {
	set := joined(t, map[string][]byte{
		"reader1/images/a.png": square(t, 32, 90, 0), "reader1/masks/a.png": block(t, 1, 10),
		"reader2/images/a.png": square(t, 32, 80, 0), "reader2/masks/a.png": block(t, 1, 9),
	})
	if len(set.Items) != 2 || set.Items[0].Labels != 1 || set.Items[1].Labels != 1 {
		t.Errorf("%d images, want 2 with a label each: %+v", len(set.Items), set.Items)
	}
}

func TestReaderWhoDrewNothingIsCounted(t *testing.T) {
	set := joined(t, map[string][]byte{
		"images/a.png": square(t, 32, 90, 0), "reader1/a.png": block(t, 1, 10), "reader2/a.png": block(t, 0, 0),
	})
	if len(set.Labels) != 1 || len(set.Blanks) != 1 || set.Readers != 2 || set.Blanks[0].Reader == set.Labels[0].Reader {
		t.Errorf("%d readers, labels %+v, readings that found nothing %+v; want 2, one and one", set.Readers, set.Labels, set.Blanks)
	}
}

func TestMasksOfVolumesKeepTheirVoxels(t *testing.T) {
	scan, one, two := make([]int16, 6*5*4), make([]uint8, 6*5*4), make([]uint8, 6*5*4)
	for i := range scan {
		scan[i] = int16(i)
	}
	for _, i := range []int{0, 1, 6, 119} {
		one[i] = 1
	}
	one[60], two[1] = 3, 1
	spacing := [3]float32{0.5, 0.75, 3}
	set := joined(t, map[string][]byte{
		"images/c.nii":  volume{dims: []int{6, 5, 4}, code: 4, bits: 16, voxels: scan, spacing: spacing}.bytes(t),
		"reader1/c.nii": volume{dims: []int{6, 5, 4}, code: 2, bits: 8, voxels: one, spacing: spacing}.bytes(t),
		"reader2/c.nii": volume{dims: []int{6, 5, 4}, code: 2, bits: 8, voxels: two, spacing: spacing}.bytes(t),
	})
	want := []annotation.Shape{
		{Runs: []uint32{0, 2, 4, 1, 112, 1}, Width: 5, Height: 6, Depth: 4, StepMM: spacing},
		{Runs: []uint32{60, 1, 59}, Width: 5, Height: 6, Depth: 4, StepMM: spacing},
		{Runs: []uint32{1, 1, 118}, Width: 5, Height: 6, Depth: 4, StepMM: spacing},
	}
	if diff := cmp.Diff(want, set.Shapes); diff != "" || set.Readers != 2 {
		t.Errorf("%d readers, shapes (-want +got)\n%s", set.Readers, diff)
	}
}

func TestRunsOfReadersAreBounded(t *testing.T) {
	checks := pngOf(t, filled(image.NewGray(image.Rect(0, 0, 64, 64)), func(x, y int) color.Color { return color.Gray{uint8((x + y) % 2)} }))
	for _, tt := range []struct {
		points int
		kept   bool
	}{{1 << 20, true}, {1000, false}} {
		limits := annotation.DefaultLimits()
		limits.Points = tt.points
		f, err := annotation.Read(t.Context(), annotation.Source{
			Path: "reader1/a.png", SizeBytes: int64(len(checks)), Content: bytes.NewReader(checks), Kind: sniff.PNG, Pixels: true, Limits: limits,
		})
		if err != nil {
			t.Fatal(err)
		}
		if kept := f.Picture.Runs != nil; kept != tt.kept {
			t.Errorf("with %d points: kept %v, want %v", tt.points, kept, tt.kept)
		}
	}
}

func TestLabelFilesTellTheirReaderByPath(t *testing.T) {
	file := func(x int) []byte {
		return fmt.Appendf(nil, `{"version":"5.0","flags":{},"shapes":[{"label":"mass","shape_type":"polygon","flags":{},"points":[[%d,8],[20,8],[20,20],[%d,20]]}],
			"imagePath":"a.png","imageData":null,"imageHeight":32,"imageWidth":32}`, x, x)
	}
	set := joined(t, map[string][]byte{"images/a.png": square(t, 32, 90, 0), "reader1/a.json": file(8), "reader2/a.json": file(14)})
	if set.Readers != 2 || len(set.Items) != 1 || len(set.Labels) != 2 || len(set.Shapes) != 2 {
		t.Fatalf("%d readers, %d images, %d labels, %d shapes; want 2, 1, 2, 2", set.Readers, len(set.Items), len(set.Labels), len(set.Shapes))
	}
	if a, b := set.Labels[0], set.Labels[1]; a.Reader == b.Reader || a.Shape == b.Shape || a.Reader < 0 || a.Shape < 0 {
		t.Errorf("labels %+v and %+v, want a reader and a shape each", a, b)
	}
	alone := joined(t, map[string][]byte{"images/a.png": square(t, 32, 90, 0), "labels/a.json": file(8)})
	if alone.Readers != 0 || len(alone.Shapes) != 0 {
		t.Errorf("a file that tells no reader: %d readers, %d shapes", alone.Readers, len(alone.Shapes))
	}
}
