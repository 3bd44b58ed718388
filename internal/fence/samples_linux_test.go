package fence

import (
	"bytes"
	"image/png"
	"testing"
	"testing/fstest"
	"time"

	"assay/internal/audit"
	"assay/internal/audit/deid"
	"assay/internal/audit/pixel"
	"assay/internal/audit/synth"
)

// sampled audits files with all tools and returns the samples.
func sampled(t *testing.T, tools *Tools, files []synth.File) audit.Samples {
	t.Helper()
	set := fstest.MapFS{}
	for _, f := range files {
		set[f.Path] = &fstest.MapFile{Data: f.Data}
	}
	claims := &audit.Claims{Method: deid.SafeHarbor, Codes: []string{"113100", "113105", "113108"}}
	r, err := audit.Run(t.Context(), set, audit.Options{Samples: 12, Tools: tools.Audit(), Claims: claims, Now: time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	return r.Samples
}

// Frames in which names stand are never offered, and in those that are offered
// nothing can be read.
func TestNothingCanBeReadInSamples(t *testing.T) {
	tools := reader(t)
	offered := 0
	for _, x := range []struct {
		m    synth.Modality
		part string
	}{{synth.CT, "CHEST"}, {synth.MR, "BRAIN"}, {synth.US, "ABDOMEN"}, {synth.DX, "CHEST"}, {synth.DX, "HAND"}} {
		m, part := x.m, x.part
		clean, err := synth.Series(synth.Spec{Modality: m, Seed: 3, Slices: 5, Part: part, Folder: "clean"})
		if err != nil {
			t.Fatal(err)
		}
		dirty, err := synth.Series(synth.Spec{Modality: m, Seed: 4, Slices: 5, Part: part, Folder: "dirty", Problems: []synth.Problem{synth.BurnedInText}})
		if err != nil {
			t.Fatal(err)
		}
		got := sampled(t, tools, append(clean, dirty...))
		t.Logf("%s of %s: %d offered, left %v", m, part, len(got.List), got.Left)
		offered += len(got.List)
		for _, s := range got.List {
			if s.Path[:5] != "clean" {
				t.Errorf("%s: %s is offered, a frame with a name in it", m, s.Path)
			}
			picture, err := png.Decode(bytes.NewReader(s.PNG))
			if err != nil {
				t.Fatal(err)
			}
			shown := pixel.Raster{Width: s.Width, Height: s.Height, Scale: 1}
			for y := range s.Height {
				for x := range s.Width {
					v, _, _, _ := picture.At(x, y).RGBA()
					shown.Gray = append(shown.Gray, byte(v>>8))
				}
			}
			words, err := tools.readText(t.Context(), []pixel.Raster{shown})
			if err != nil {
				t.Fatal(err)
			}
			if pixel.HasWords(words[0]) {
				t.Errorf("%s: %s can be read in a sample", m, textOf(words[0]))
			}
		}
	}
	if offered < 4 { // all but the brain, whose face nobody treated
		t.Errorf("only %d samples are offered", offered)
	}
}
