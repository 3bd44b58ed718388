package fence

import (
	"bytes"
	"image/color"
	"image/png"
	"strings"
	"testing"
	"unicode"

	"assay/internal/audit"
	"assay/internal/audit/pixel"
	"assay/internal/audit/synth"
)

func TestNothingCanBeReadInAPreview(t *testing.T) {
	tools := reader(t)
	files, err := synth.Series(synth.Spec{Modality: synth.US, Seed: 3, Slices: 1, Problems: []synth.Problem{synth.BurnedInText}})
	if err != nil {
		t.Fatal(err)
	}
	data := files[0].Data
	facts, err := audit.Inspect(t.Context(), audit.File{Path: "a.dcm", SizeBytes: int64(len(data)), Content: bytes.NewReader(data)},
		audit.InspectOptions{Limits: audit.DefaultLimits()})
	if err != nil || facts.Pixels == nil || len(facts.Pixels.Rasters) == 0 {
		t.Fatalf("no rasters: %v", err)
	}
	r := facts.Pixels.Rasters[0]
	words, err := tools.readText(t.Context(), []pixel.Raster{r})
	if err != nil || len(words[0]) == 0 {
		t.Fatalf("nothing is read in the frame: %v", err)
	}
	encoded, width, height := pixel.Preview(&r, words[0], nil)
	picture, err := png.Decode(bytes.NewReader(encoded))
	if err != nil {
		t.Fatal(err)
	}
	shown := pixel.Raster{Width: width, Height: height, Scale: 1}
	for y := range height {
		for x := range width {
			shown.Gray = append(shown.Gray, color.GrayModel.Convert(picture.At(x, y)).(color.Gray).Y)
		}
	}
	again, err := tools.readText(t.Context(), []pixel.Raster{shown})
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range again[0] {
		letters := strings.Map(func(r rune) rune {
			if unicode.IsLetter(r) || unicode.IsDigit(r) {
				return r
			}
			return -1
		}, w.Text)
		if len(letters) >= 3 && w.Confidence >= 50 {
			t.Errorf("%q can be read in the preview with confidence %.0f", w.Text, w.Confidence)
		}
	}
}
