package audit_test

import (
	"bytes"
	"fmt"
	picture "image"
	"image/color"
	"image/png"
	"testing"
	"testing/fstest"

	"assay/internal/audit"
)

// grayPNG draws a picture of one gray with a square of another.
func grayPNG(t *testing.T, ground, square uint8) []byte {
	t.Helper()
	img := picture.NewGray(picture.Rect(0, 0, 40, 40))
	for i := range img.Pix {
		img.Pix[i] = ground
	}
	for y := 10; y < 20; y++ {
		for x := 10; x < 20; x++ {
			img.SetGray(x, y, color.Gray{Y: square})
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Masks are labels: whatever the sample, each is read.
func TestASampleLeavesNoLabelOut(t *testing.T) {
	set := fstest.MapFS{}
	for i := range 12 {
		set[fmt.Sprintf("images/im%02d.png", i)] = &fstest.MapFile{Data: grayPNG(t, uint8(20*i), 255)}
		set[fmt.Sprintf("masks/im%02d.png", i)] = &fstest.MapFile{Data: grayPNG(t, 0, 1)}
	}
	r, err := audit.Run(t.Context(), set, audit.Options{Scoring: &audit.Scoring{Sample: 3, Seed: 5}})
	if err != nil {
		t.Fatal(err)
	}
	q := r.Quality
	if q.Metrics.Completeness.Labeled != 12 || q.Metrics.Images.Looked != 3 {
		t.Errorf("%d images have labels and %d were looked at, want 12 and 3", q.Metrics.Completeness.Labeled, q.Metrics.Images.Looked)
	}
	if s := q.Input.Sampled; s == nil || s.N != 3 || s.Of != 12 || s.Seed != 5 {
		t.Errorf("sample = %+v, want 3 of 12 with seed 5", s)
	}
}
