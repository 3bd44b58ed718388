package shape_test

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"assay/internal/audit/shape"
)

func TestArea(t *testing.T) {
	tests := []struct {
		name string
		xy   []float64
		want float64
	}{
		{"rectangle", []float64{4, 5, 17, 5, 17, 11, 4, 11}, 78},
		{"the other way around", []float64{4, 11, 17, 11, 17, 5, 4, 5}, 78},
		{"triangle with 3, 4 and 5", []float64{0, 0, 3, 0, 0, 4}, 6},
		{"bow tie, whose halves cancel out", []float64{31, 5, 37, 17, 37, 5, 31, 17}, 0},
		{"far from the origin", []float64{1e8, 1e8, 1e8 + 1, 1e8, 1e8 + 1, 1e8 + 1, 1e8, 1e8 + 1}, 1},
		{"two vertices", []float64{0, 0, 1, 1}, 0},
	}
	for _, tt := range tests {
		if got := shape.Area(tt.xy); got != tt.want {
			t.Errorf("%s: Area = %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestBounds(t *testing.T) {
	x0, y0, x1, y1 := shape.Bounds([]float64{3, 9, -1, 4, 7, 5})
	if diff := cmp.Diff([]float64{-1, 4, 7, 9}, []float64{x0, y0, x1, y1}); diff != "" {
		t.Error(diff)
	}
}

// circle is a regular polygon of n vertices.
func circle(n int) []float64 {
	xy := make([]float64, 2*n)
	for i := range n {
		a := 2 * math.Pi * float64(i) / float64(n)
		xy[2*i], xy[2*i+1] = 500+400*math.Cos(a), 500+400*math.Sin(a)
	}
	return xy
}

// comb has teeth of the full width, so that every edge lies above each other.
func comb(teeth int) []float64 {
	var xy []float64
	for i := range teeth {
		y := float64(2 * i)
		xy = append(xy, 10, y, 1000, y+0.5, 10, y+1)
	}
	return append(xy, 0, float64(2*teeth), 0, -1)
}

func TestCrosses(t *testing.T) {
	cut := circle(5000)
	cut[200], cut[201], cut[202], cut[203] = cut[202], cut[203], cut[200], cut[201]
	tests := []struct {
		name           string
		xy             []float64
		crosses, whole bool
	}{
		{"bow tie", []float64{31, 5, 37, 17, 37, 5, 31, 17}, true, true},
		{"rectangle", []float64{4, 5, 17, 5, 17, 11, 4, 11}, false, true},
		{"rectangle that repeats its first vertex", []float64{4, 5, 17, 5, 17, 11, 4, 11, 4, 5}, false, true},
		{"touches itself at a vertex", []float64{0, 0, 4, 0, 2, 2, 4, 4, 0, 4, 2, 2}, false, true},
		{"runs along itself", []float64{0, 0, 10, 0, 10, 5, 10, -5, 10, 0, 0, 8}, false, true},
		{"star of five points", []float64{0, -10, 6, 8, -9.5, -3, 9.5, -3, -6, 8}, true, true},
		{"triangle", []float64{0, 0, 1, 0, 0, 1}, false, true},
		{"circle of 5,000 vertices", circle(5000), false, true},
		{"circle with two vertices exchanged", cut, true, true},
		{"2,000 edges above each other", comb(660), false, true},
		{"6,000 edges above each other are sampled", comb(2000), false, false},
	}
	for _, tt := range tests {
		crosses, whole := shape.Crosses(tt.xy)
		if crosses != tt.crosses || whole != tt.whole {
			t.Errorf("%s: Crosses = %v, whole %v, want %v, whole %v", tt.name, crosses, whole, tt.crosses, tt.whole)
		}
	}
}

func TestParseRLE(t *testing.T) {
	tests := []struct {
		name, text string
		want       []uint32
		err        error
	}{
		{"runs told as differences", "SR1;i000", []uint32{1091, 11, 25, 11, 25}, nil},
		{"a difference below zero", "517O", []uint32{5, 1, 7, 0}, nil},
		{"nothing", "", nil, nil},
		{"breaks off", "S", nil, shape.ErrRuns},
		{"another alphabet", "5 1", []uint32{5}, shape.ErrRuns},
		{"a negative run", "O", nil, shape.ErrNegative},
		{"a run that no image has", "oooooooo0", nil, shape.ErrTooLong},
	}
	for _, tt := range tests {
		got, err := shape.ParseRLE(nil, []byte(tt.text))
		if diff := cmp.Diff(tt.want, got); diff != "" || !errors.Is(err, tt.err) {
			t.Errorf("%s: ParseRLE(%q): err %v, want %v; %s", tt.name, tt.text, err, tt.err, diff)
		}
	}
}

func TestRunsOfRealMasksGoOverTheirImages(t *testing.T) {
	corpus := os.Getenv("ASSAY_CORPUS")
	if corpus == "" {
		t.Skip("ASSAY_CORPUS is not set: the masks of cocoapi are not there")
	}
	text, err := os.ReadFile(filepath.Join(corpus, "annotations/cocodataset_cocoapi/results/instances_val2014_fakesegm100_results.json"))
	if err != nil {
		t.Skip(err)
	}
	var results []struct {
		Segmentation struct {
			Size   [2]int64
			Counts string
		}
	}
	if err := json.Unmarshal(text, &results); err != nil || len(results) == 0 {
		t.Fatalf("%d results, err %v", len(results), err)
	}
	for i, r := range results {
		s := r.Segmentation
		runs, err := shape.ParseRLE(nil, []byte(s.Counts))
		if err != nil || shape.Pixels(runs) != s.Size[0]*s.Size[1] {
			t.Errorf("mask %d goes over %d pixels of %v, err %v", i, shape.Pixels(runs), s.Size, err)
		}
	}
}

// draw turns rows of text into a mask.
func draw(rows ...string) []uint32 {
	return shape.Encode(len(rows[0]), len(rows), func(x, y int) bool { return rows[y][x] == '#' })
}

func TestMasks(t *testing.T) {
	a := draw(
		".##.",
		".##.",
		"....")
	b := draw(
		"..##",
		"..##",
		"....")
	if diff := cmp.Diff([]uint32{3, 2, 1, 2, 4}, a); diff != "" {
		t.Errorf("Encode: %s", diff)
	}
	both, either := shape.Count(a, b)
	if both != 2 || either != 6 {
		t.Errorf("Count = %d, %d, want 2, 6", both, either)
	}
	if shape.MaskArea(a) != 4 || shape.Pixels(a) != 12 {
		t.Errorf("MaskArea = %d of %d, want 4 of 12", shape.MaskArea(a), shape.Pixels(a))
	}
	if diff := cmp.Diff([]uint32{3, 2, 1, 2, 1, 2, 1}, shape.Union(a, b)); diff != "" {
		t.Errorf("Union: %s", diff)
	}
	if diff := cmp.Diff([4]int{1, 0, 2, 2}, shape.Box(a, 3)); diff != "" {
		t.Errorf("Box: %s", diff)
	}
}

func TestFill(t *testing.T) {
	tests := []struct {
		name          string
		polygons      [][]float64
		width, height int
		want          []uint32
	}{
		{"a rectangle on the grid", [][]float64{{1, 0, 3, 0, 3, 2, 1, 2}}, 4, 3, draw(".##.", ".##.", "....")},
		{"pixels whose middle is covered", [][]float64{{0.6, 0, 2.6, 0, 2.6, 1.4, 0.6, 1.4}}, 4, 3, draw(".##.", "....", "....")},
		{"a triangle", [][]float64{{0, 0, 4, 4, 0, 4}}, 4, 4, draw("#...", "##..", "###.", "####")},
		{"a bow tie", [][]float64{{0, 0, 4, 4, 4, 0, 0, 4}}, 4, 4, draw("#..#", "####", "#..#", "....")},
		{"beyond the image", [][]float64{{-5, -5, 50, -5, 50, 50, -5, 50}}, 3, 2, []uint32{0, 6}},
		{"two that overlap", [][]float64{{0, 0, 2, 0, 2, 2, 0, 2}, {1, 0, 3, 0, 3, 2, 1, 2}}, 4, 2, draw("###.", "###.")},
		{"none", nil, 4, 2, []uint32{8}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := shape.Fill(tt.polygons, tt.width, tt.height)
			if !ok || shape.Pixels(got) != int64(tt.width*tt.height) {
				t.Fatalf("Fill = %v, ok %v", got, ok)
			}
			if _, either := shape.Count(got, tt.want); either != shape.MaskArea(got) || either != shape.MaskArea(tt.want) {
				t.Errorf("Fill = %v, want %v", got, tt.want)
			}
		})
	}
}

func TestFillRefusesWhatItCannotHold(t *testing.T) {
	for _, p := range [][]float64{{0, 0, math.NaN(), 1, 1, 1}, {0, 0, math.Inf(1), 1, 1, 1}} {
		if _, ok := shape.Fill([][]float64{p}, 4, 4); ok {
			t.Errorf("Fill of %v is ok", p)
		}
	}
	if _, ok := shape.Fill([][]float64{{0, 0, 1, 0, 1, 1}}, 1<<20, 1<<20); ok {
		t.Error("Fill of an image of 2^40 pixels is ok")
	}
	if _, ok := shape.Fill([][]float64{{0, 0, 3e9, 0, 3e9, 1, 0, 1}}, 1<<31, 1); ok {
		t.Error("Fill with 2^32 crossings is ok")
	}
}

func TestParts(t *testing.T) {
	tests := []struct {
		rows []string
		want int
	}{
		{[]string{"....", "...."}, 0},
		{[]string{"##..", "..##"}, 1}, // corner to corner
		{[]string{"#.#.", "#.#.", "###."}, 1},
		{[]string{"#.#", "...", "#.#"}, 4},
		{[]string{"#.#.#", "#.#.#", "#####"}, 1},
		{[]string{"#..", "#.#", "#.#", "..#"}, 2},
		{[]string{"..#", "#..", "#.."}, 2}, // the end of a column and the start of the next but one
	}
	for _, tt := range tests {
		if got := shape.Parts(draw(tt.rows...), len(tt.rows)); got != tt.want {
			t.Errorf("Parts of\n%s\n= %d, want %d", strings.Join(tt.rows, "\n"), got, tt.want)
		}
	}
}

func FuzzRLE(f *testing.F) {
	for _, s := range []string{"SR1;i000", "517O", "oooooooo0", "S", "O"} {
		f.Add([]byte(s), uint16(10))
	}
	f.Fuzz(func(t *testing.T, text []byte, height uint16) {
		runs, err := shape.ParseRLE(nil, text)
		if len(runs) > len(text) {
			t.Fatalf("%d runs of %d bytes", len(runs), len(text))
		}
		if area, all := shape.MaskArea(runs), shape.Pixels(runs); area < 0 || area > all {
			t.Errorf("area %d of %d pixels, err %v", area, all, err)
		}
		shape.Box(runs, int(height))
		if shape.Pixels(runs) < 1<<20 {
			shape.Parts(runs, int(height))
		}
		if both, either := shape.Count(runs, runs); both != either || both != shape.MaskArea(runs) {
			t.Errorf("a mask shares %d of %d pixels with itself", both, either)
		}
	})
}

func FuzzPolygon(f *testing.F) {
	f.Add(0.0, 0.0, 3.0, 0.5, 2.0, 4.0, -1.0, 7.0)
	f.Add(31.0, 5.0, 37.0, 17.0, 37.0, 5.0, 31.0, 17.0)
	f.Fuzz(func(t *testing.T, a, b, c, d, e, g, h, i float64) {
		xy := []float64{a, b, c, d, e, g, h, i}
		shape.Crosses(xy)
		if runs, ok := shape.Fill([][]float64{xy}, 50, 40); ok && (shape.Pixels(runs) != 2000 || len(runs) > 401) {
			t.Errorf("Fill of %v = %v", xy, runs)
		}
	})
}
