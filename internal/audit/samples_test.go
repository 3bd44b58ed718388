package audit_test

import (
	"bytes"
	"context"
	"fmt"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"assay/internal/audit"
	"assay/internal/audit/deid"
	"assay/internal/audit/pixel"
	"assay/internal/audit/synth"
)

// blind reads no word in any raster.
func blind(_ context.Context, rasters []pixel.Raster) ([][]pixel.Word, error) {
	words := make([][]pixel.Word, len(rasters))
	for i := range words {
		words[i] = []pixel.Word{}
	}
	return words, nil
}

// wordInWhole reads a word in rasters that show a whole frame, as if the filter
// had missed it.
func wordInWhole(ctx context.Context, rasters []pixel.Raster) ([][]pixel.Word, error) {
	words, err := blind(ctx, rasters)
	for i, r := range rasters {
		if len(r.Parts) == 0 {
			words[i] = []pixel.Word{{Text: "Okonkwo", Confidence: 80, Box: pixel.Box{X: 3, Y: 3, Width: 70, Height: 12}}}
		}
	}
	return words, err
}

func sampleSet(t *testing.T, specs ...synth.Spec) fstest.MapFS {
	t.Helper()
	set := fstest.MapFS{}
	for _, spec := range specs {
		files, err := synth.Series(spec)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			set[f.Path] = &fstest.MapFile{Data: f.Data}
		}
	}
	return set
}

func runSamples(t *testing.T, set fstest.MapFS, o audit.Options) *audit.Report {
	t.Helper()
	if o.Claims == nil {
		o.Claims = &audit.Claims{Method: deid.SafeHarbor, Codes: synth.Codes()}
	}
	o.Now = time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC)
	r, err := audit.Run(t.Context(), set, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestSamplesAreOfferedOfPlainImagesOnly(t *testing.T) {
	reader := audit.Tools{ReadText: blind}
	chest := func(seed uint64, problems ...synth.Problem) synth.Spec {
		return synth.Spec{Modality: synth.CT, Seed: seed, Slices: 3, Part: "CHEST", Problems: problems}
	}
	tests := []struct {
		name string
		set  fstest.MapFS
		o    audit.Options
		want int
	}{
		{"one of each series of few slices", sampleSet(t, chest(1), chest(2)), audit.Options{Samples: 12, Tools: reader}, 2},
		{"as many as are asked for", sampleSet(t, chest(1), chest(2), chest(3)), audit.Options{Samples: 2, Tools: reader}, 2},
		{"none unless asked for", sampleSet(t, chest(1)), audit.Options{Tools: reader}, 0},
		{"none without a reader of text", sampleSet(t, chest(1)), audit.Options{Samples: 12}, 0},
		{"none if text was not to be looked for", sampleSet(t, chest(1)), audit.Options{Samples: 12, Tools: reader, NoOCR: true}, 0},
		{"none of a whole frame with a word", sampleSet(t, chest(1)), audit.Options{Samples: 12, Tools: audit.Tools{ReadText: wordInWhole}}, 0},
		{"none of files with a name in the header", sampleSet(t, chest(1, synth.PatientName)), audit.Options{Samples: 12, Tools: reader}, 0},
		{"none of a head whose face nobody treated", sampleSet(t, synth.Spec{Modality: synth.MR, Seed: 4, Slices: 3, Part: "BRAIN"}), audit.Options{Samples: 12, Tools: reader}, 0},
		{"a head that is said to be defaced", sampleSet(t, synth.Spec{Modality: synth.MR, Seed: 4, Slices: 3, Part: "BRAIN"}),
			audit.Options{Samples: 12, Tools: reader, Claims: &audit.Claims{Method: deid.SafeHarbor, Codes: synth.Codes(), Faces: deid.FacesDefaced}}, 1},
		{"none of captures", sampleSet(t, synth.Spec{Modality: synth.SC, Seed: 5, Slices: 3}), audit.Options{Samples: 12, Tools: reader}, 0},
		{"images without a header", fstest.MapFS{"a.png": {Data: grayPNG(t, 20, 200)}, "b.png": {Data: grayPNG(t, 90, 10)}, "c.csv": {Data: []byte("image,finding\na.png,1\n")}}, audit.Options{Samples: 12, Tools: reader}, 2},
		{"none of a damaged image", fstest.MapFS{"a.png": {Data: grayPNG(t, 20, 200)[:60]}}, audit.Options{Samples: 12, Tools: reader}, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := runSamples(t, tt.set, tt.o)
			if len(r.Samples.List) != tt.want {
				t.Errorf("%d samples, want %d; left %v", len(r.Samples.List), tt.want, r.Samples.Left)
			}
			for _, s := range r.Samples.List {
				if max(s.Width, s.Height) > 256 || len(s.PNG) > 100_000 || bytes.Contains(s.PNG, []byte("tEXt")) || bytes.Contains(s.PNG, []byte("eXIf")) {
					t.Errorf("%s: %d x %d, %d bytes", s.Path, s.Width, s.Height, len(s.PNG))
				}
			}
		})
	}
}

// The same set gives the same samples, and its report is the same without them.
func TestSamplesAreChosenAlikeAndChangeNoReport(t *testing.T) {
	var specs []synth.Spec
	for seed := range uint64(5) {
		specs = append(specs, synth.Spec{Modality: synth.CT, Seed: 20 + seed, Slices: 6, Part: "CHEST"})
	}
	set, tools := sampleSet(t, specs...), audit.Tools{ReadText: blind}
	var texts []string
	var lists [][]audit.Sample
	for _, o := range []audit.Options{{Samples: 12, Tools: tools, Parallel: 1}, {Samples: 12, Tools: tools, Parallel: 4}, {Tools: tools}} {
		r := runSamples(t, set, o)
		var b bytes.Buffer
		if err := r.WriteJSON(&b); err != nil {
			t.Fatal(err)
		}
		texts, lists = append(texts, b.String()), append(lists, r.Samples.List)
	}
	if texts[0] != texts[1] || texts[0] != texts[2] {
		t.Error("the JSON of the report depends on samples or on how many files are in work at once")
	}
	if diff := cmp.Diff(lists[0], lists[1]); diff != "" {
		t.Errorf("two audits choose (-first +second):\n%s", diff)
	}
	series := map[string]int{}
	for _, s := range lists[0] {
		series[s.Path[:len("SUBJ-0000")]]++
	}
	if len(lists[0]) != 12 || len(series) != 5 {
		t.Errorf("%d samples of %s, want 12 of all 5 patients", len(lists[0]), fmt.Sprint(series))
	}
}
