package quality

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"assay/internal/audit/annotation"
)

// good is an image without a fault.
func good() annotation.Quality {
	return annotation.Quality{Looked: true, BitsStored: 12, BitsUsed: 11.5, Photometric: "MONOCHROME2", RowMM: 0.5, ColMM: 0.5, ThicknessMM: 5}
}

func TestPoorImagesAreFound(t *testing.T) {
	tests := []struct {
		name   string
		change func(*annotation.Quality)
		want   string
	}{
		{"a good image", func(*annotation.Quality) {}, ""},
		{"8 bits in 12", func(q *annotation.Quality) { q.BitsUsed = 8 }, "Q-401"},
		{"one value", func(q *annotation.Quality) { q.Constant, q.BitsUsed = true, 0 }, "Q-402"},
		{"clipped above", func(q *annotation.Quality) { q.ClippedHigh = 0.06 }, "Q-403"},
		{"5 % at the edge is not clipped", func(q *annotation.Quality) { q.ClippedLow = 0.05 }, ""},
		{"grays that run the other way", func(q *annotation.Quality) { q.Photometric = "MONOCHROME1" }, "Q-404"},
		{"coarse pixels", func(q *annotation.Quality) { q.RowMM, q.ColMM = 1.1, 1.1 }, "Q-405"},
		{"thin slices", func(q *annotation.Quality) { q.ThicknessMM = 1 }, "Q-406"},
		{"loss", func(q *annotation.Quality) { q.Lossy = true }, "Q-407"},
		{"NaN", func(q *annotation.Quality) { q.Photometric, q.BitsStored, q.NotFinite = "", 32, 3 }, "Q-408"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			set := &annotation.Set{Items: make([]annotation.Item, 5)}
			for i := range set.Items {
				q := good()
				if i == 4 {
					tt.change(&q)
				}
				set.Items[i] = annotation.Item{File: int32(i), Width: 512, Height: 512, Quality: &q}
			}
			imageQuality(set)
			got := ""
			for _, c := range set.Book.Tallies {
				if c.Affected > 0 {
					got += c.Code
				}
				if c.Affected > 0 && (c.Affected != 1 || c.Examples[0].File != 4) {
					t.Errorf("%s = %+v, want the last image alone", c.Code, c)
				}
			}
			if got != tt.want {
				t.Errorf("found %q, want %q", got, tt.want)
			}
		})
	}
}

func TestHistogramHasABinForEachOfFewValues(t *testing.T) {
	got := histogram([]float64{512, 1024, 512, 0.70312, 0.703125})
	want := []Bin{{"0.703", 2}, {"512", 2}, {"1024", 1}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("histogram differs (-want +got):\n%s", diff)
	}
}

func TestHistogramOfManyValuesCountsAll(t *testing.T) {
	var values []float64
	for i := range 100 {
		values = append(values, float64(i+1))
	}
	n := 0
	bins := histogram(values)
	for _, b := range bins {
		n += b.Count
	}
	if len(bins) != maxBins || n != 100 {
		t.Errorf("%d bins with %d values, want %d with 100", len(bins), n, maxBins)
	}
}
