package agreement

import (
	"math"
	"slices"
	"testing"

	"assay/internal/audit/shape"
)

// The tables and figures of the papers and articles that each case names, the
// figures to the last digit by plain arithmetic of another program; published
// is what the source prints.

var nan = math.NaN()

// same reports whether two figures are equal to 1e-9, or both undefined.
func same(a, b float64) bool {
	return math.IsNaN(a) && math.IsNaN(b) || math.Abs(a-b) <= 1e-9
}

// rounds reports whether a figure rounds to a published one of so many digits.
func rounds(got, published float64, digits int) bool {
	scale := math.Pow(10, float64(digits))
	return math.Abs(got-published)*scale <= 0.5000001
}

func all(t *testing.T, what string, got, want []float64) {
	t.Helper()
	for i := range want {
		if i >= len(got) || !same(got[i], want[i]) {
			t.Errorf("%s = %v, want %v", what, got, want)
			return
		}
	}
}

func TestFleissGivesPublishedFigures(t *testing.T) {
	tests := []struct {
		name              string
		counts            [][]int
		kappa             float64
		observed          float64
		expected          float64
		share, byCategory []float64
		published         float64
		digits            int
	}{
		{name: "worked example of 14 raters, 10 subjects and 5 categories", counts: [][]int{{0, 0, 0, 0, 14}, {0, 2, 6, 4, 2}, {0, 0, 3, 5, 6}, {0, 3, 9, 2, 0}, {2, 2, 8, 1, 1}, {7, 7, 0, 0, 0}, {3, 2, 6, 3, 0}, {2, 5, 3, 2, 2}, {6, 5, 2, 1, 0}, {0, 2, 2, 3, 7}}, kappa: 0.20993070442195524, observed: 0.378021978021978, expected: 0.21275510204081632, share: []float64{0.14285714285714285, 0.2, 0.2785714285714286, 0.15, 0.22857142857142856}, published: 0.21, digits: 3},
		{name: "Fleiss 1971: 30 patients, 6 raters, 5 diagnoses", counts: [][]int{{0, 0, 0, 6, 0}, {0, 3, 0, 0, 3}, {0, 1, 4, 0, 1}, {0, 0, 0, 0, 6}, {0, 3, 0, 3, 0}, {2, 0, 4, 0, 0}, {0, 0, 4, 0, 2}, {2, 0, 3, 1, 0}, {2, 0, 0, 4, 0}, {0, 0, 0, 0, 6}, {1, 0, 0, 5, 0}, {1, 1, 0, 4, 0}, {0, 3, 3, 0, 0}, {1, 0, 0, 5, 0}, {0, 2, 0, 3, 1}, {0, 0, 5, 0, 1}, {3, 0, 0, 1, 2}, {5, 1, 0, 0, 0}, {0, 2, 0, 4, 0}, {1, 0, 2, 0, 3}, {0, 0, 0, 0, 6}, {0, 1, 0, 5, 0}, {0, 2, 0, 1, 3}, {2, 0, 0, 4, 0}, {1, 0, 0, 4, 1}, {0, 5, 0, 1, 0}, {4, 0, 0, 0, 2}, {0, 2, 0, 4, 0}, {1, 0, 5, 0, 0}, {0, 0, 0, 0, 6}}, kappa: 0.43024452006014086, observed: 0.5555555555555556, expected: 0.21993827160493828, share: []float64{0.14444444444444443, 0.14444444444444443, 0.16666666666666666, 0.3055555555555556, 0.2388888888888889}, byCategory: []float64{0.2447552447552448, 0.2447552447552448, 0.52, 0.47112727272727273, 0.5661178068239687}, published: 0.43, digits: 3},
		{name: "one category only is undefined", counts: [][]int{{3, 0}, {3, 0}, {3, 0}}, kappa: nan},
		{name: "perfect agreement is 1", counts: [][]int{{3, 0}, {0, 3}}, kappa: 1.0},
		{name: "unequal numbers of raters are undefined", counts: [][]int{{3, 0}, {2, 0}}, kappa: nan},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := Fleiss(tt.counts, nil)
			if !same(got.Kappa, tt.kappa) {
				t.Errorf("Fleiss(%v).Kappa = %v, want %v", tt.counts, got.Kappa, tt.kappa)
			}
			if tt.digits > 0 && !rounds(got.Kappa, tt.published, tt.digits) {
				t.Errorf("Kappa = %v does not round to %v", got.Kappa, tt.published)
			}
			if tt.observed != 0 && (!same(got.Observed, tt.observed) || !same(got.Expected, tt.expected)) {
				t.Errorf("Observed, Expected = %v, %v, want %v, %v", got.Observed, got.Expected, tt.observed, tt.expected)
			}
			all(t, "Share", got.Share, tt.share)
			all(t, "ByCategory", got.ByCategory, tt.byCategory)
		})
	}
}

// Chest radiographs of VinBigData, each read by 3 of 17 radiologists: how many
// images 0, 1, 2 and 3 of them found a class on.
func TestFleissGivesFiguresOfVinBigData(t *testing.T) {
	tests := []struct {
		name                        string
		images                      [4]int // with so many positive readings
		kappa, observed, prevalence float64
	}{
		{"Aortic enlargement", [4]int{11933, 721, 602, 1744}, 0.7801857804727149, 0.9412, 0.15904444444444443},
		{"Atelectasis", [4]int{14814, 124, 44, 18}, 0.3646655199271466, 0.9925333333333334, 0.005911111111111111},
		{"Calcification", [4]int{14548, 275, 120, 57}, 0.41528458913207456, 0.9824444444444445, 0.015244444444444444},
		{"Cardiomegaly", [4]int{12700, 483, 520, 1297}, 0.789402323654553, 0.9554222222222222, 0.1203111111111111},
		{"Consolidation", [4]int{14647, 232, 90, 31}, 0.35513946944756414, 0.9856888888888888, 0.011222222222222222},
		{"ILD", [4]int{14614, 234, 81, 71}, 0.47566258770999476, 0.986, 0.013533333333333333},
		{"Infiltration", [4]int{14387, 368, 154, 91}, 0.43809741171018873, 0.9768, 0.02108888888888889},
		{"Lung Opacity", [4]int{13678, 775, 380, 167}, 0.40582822663795465, 0.9486666666666667, 0.04524444444444444},
		{"No finding", [4]int{4394, 0, 0, 10606}, 1.0, 1.0, 0.7070666666666666},
		{"Nodule/Mass", [4]int{14174, 421, 224, 181}, 0.5284034824149175, 0.9713333333333334, 0.031377777777777775},
		{"Other lesion", [4]int{13866, 772, 235, 127}, 0.3563289863274562, 0.9552444444444445, 0.036066666666666664},
		{"Pleural effusion", [4]int{13968, 398, 195, 439}, 0.7044653311585848, 0.9736444444444444, 0.04677777777777778},
		{"Pleural thickening", [4]int{13019, 1099, 517, 365}, 0.46069422003035065, 0.9281777777777778, 0.07173333333333333},
		{"Pneumothorax", [4]int{14904, 38, 13, 45}, 0.7425802255176697, 0.9977333333333334, 0.004422222222222222},
		{"Pulmonary fibrosis", [4]int{13383, 600, 384, 633}, 0.6752277811740239, 0.9562666666666667, 0.0726},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := Fleiss([][]int{{3, 0}, {2, 1}, {1, 2}, {0, 3}}, tt.images[:])
			if !same(got.Kappa, tt.kappa) || !same(got.Observed, tt.observed) || !same(got.Share[1], tt.prevalence) {
				t.Errorf("Fleiss(%v) = %v, %v, %v, want %v, %v, %v", tt.images, got.Kappa, got.Observed, got.Share[1], tt.kappa, tt.observed, tt.prevalence)
			}
		})
	}
}

func TestAlphaGivesPublishedFigures(t *testing.T) {
	tests := []struct {
		name      string
		readers   [][]float64
		metric    Metric
		alpha     float64
		published float64
		digits    int
	}{
		{name: "Krippendorff 2011, A: two readers, two values", readers: [][]float64{{0, 1, 0, 0, 0, 0, 0, 0, 1, 0}, {1, 1, 1, 0, 0, 1, 0, 0, 0, 0}}, metric: NominalMetric, alpha: 0.09523809523809512, published: 0.095, digits: 3},
		{name: "Krippendorff 2011, B: two readers, five values", readers: [][]float64{{1, 1, 2, 2, 4, 3, 3, 3, 5, 4, 4, 1}, {2, 1, 2, 2, 2, 3, 3, 3, 5, 4, 4, 4}}, metric: NominalMetric, alpha: 0.6919642857142858, published: 0.692, digits: 3},
		{name: "Krippendorff 2011, C: four readers, missing values, nominal", readers: [][]float64{{1, 2, 3, 3, 2, 1, 4, 1, 2, nan, nan, nan}, {1, 2, 3, 3, 2, 2, 4, 1, 2, 5, nan, 3}, {nan, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, nan}, {1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, nan}}, metric: NominalMetric, alpha: 0.743421052631579, published: 0.743, digits: 3},
		{name: "Krippendorff 2011, D: ordinal", readers: [][]float64{{1, 2, 3, 3, 2, 1, 4, 1, 2, nan, nan, nan}, {1, 2, 3, 3, 2, 2, 4, 1, 2, 5, nan, 3}, {nan, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, nan}, {1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, nan}}, metric: OrdinalMetric, alpha: 0.8153875037548814, published: 0.815, digits: 3},
		{name: "Krippendorff 2011, E: interval", readers: [][]float64{{1, 2, 3, 3, 2, 1, 4, 1, 2, nan, nan, nan}, {1, 2, 3, 3, 2, 2, 4, 1, 2, 5, nan, 3}, {nan, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, nan}, {1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, nan}}, metric: IntervalMetric, alpha: 0.8491071428571428, published: 0.849, digits: 3},
		{name: "Krippendorff 2011, E: ratio", readers: [][]float64{{1, 2, 3, 3, 2, 1, 4, 1, 2, nan, nan, nan}, {1, 2, 3, 3, 2, 2, 4, 1, 2, 5, nan, 3}, {nan, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, nan}, {1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, nan}}, metric: RatioMetric, alpha: 0.7974027747116121, published: 0.797, digits: 3},
		{name: "worked example of three coders, nominal", readers: [][]float64{{nan, nan, nan, nan, nan, 3, 4, 1, 2, 1, 1, 3, 3, nan, 3}, {1, nan, 2, 1, 3, 3, 4, 3, nan, nan, nan, nan, nan, nan, nan}, {nan, nan, 2, 1, 3, 4, 4, nan, 2, 1, 1, 3, 3, nan, 4}}, metric: NominalMetric, alpha: 0.691358024691358, published: 0.691, digits: 3},
		{name: "worked example of three coders, interval", readers: [][]float64{{nan, nan, nan, nan, nan, 3, 4, 1, 2, 1, 1, 3, 3, nan, 3}, {1, nan, 2, 1, 3, 3, 4, 3, nan, nan, nan, nan, nan, nan, nan}, {nan, nan, 2, 1, 3, 4, 4, nan, 2, 1, 1, 3, 3, nan, 4}}, metric: IntervalMetric, alpha: 0.8108448928121059, published: 0.811, digits: 3},
		{name: "one value only is undefined", readers: [][]float64{{1, 1, 1}, {1, 1, 1}}, metric: NominalMetric, alpha: nan},
		{name: "without a pair of readings it is undefined", readers: [][]float64{{1, nan}, {nan, 2}}, metric: NominalMetric, alpha: nan},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			units := make([][]float64, len(tt.readers[0]))
			for i := range units {
				for _, r := range tt.readers {
					units[i] = append(units[i], r[i])
				}
			}
			got := NewReadings(units, tt.metric).Alpha(nil)
			if !same(got, tt.alpha) || tt.digits > 0 && !rounds(got, tt.published, tt.digits) {
				t.Errorf("Alpha(%v) = %v, want %v, published %v", tt.readers, got, tt.alpha, tt.published)
			}
		})
	}
}

func TestCohenGivesPublishedFigures(t *testing.T) {
	weights1968 := [][]float64{{0, 1, 3}, {1, 0, 6}, {3, 6, 0}}
	tests := []struct {
		name      string
		table     [][]int
		apart     Disagreement
		kappa     float64
		published float64
		digits    int
	}{
		{name: "fifty proposals", table: [][]int{{20, 5}, {10, 15}}, apart: Nominal, kappa: 0.4, published: 0.4, digits: 3},
		{name: "agreement of 0.6, first table", table: [][]int{{45, 15}, {25, 15}}, apart: Nominal, kappa: 0.13043478260869568, published: 0.1304, digits: 4},
		{name: "agreement of 0.6, second table", table: [][]int{{25, 35}, {5, 35}}, apart: Nominal, kappa: 0.2592592592592593, published: 0.2593, digits: 4},
		{name: "Cohen 1960", table: [][]int{{88, 14, 18}, {10, 40, 10}, {2, 6, 12}}, apart: Nominal, kappa: 0.4915254237288136, published: 0.492, digits: 3},
		{name: "Cohen 1960 with linear weights", table: [][]int{{88, 14, 18}, {10, 40, 10}, {2, 6, 12}}, apart: Linear, kappa: 0.4736842105263158},
		{name: "Cohen 1960 with quadratic weights", table: [][]int{{88, 14, 18}, {10, 40, 10}, {2, 6, 12}}, apart: Quadratic, kappa: 0.4545454545454546},
		{name: "Cohen 1968 with his own weights", table: [][]int{{88, 14, 18}, {10, 40, 10}, {2, 6, 12}}, apart: func(i, j int) float64 { return weights1968[i][j] }, kappa: 0.3478260869565216, published: 0.348, digits: 3},
		{name: "one category only is undefined", table: [][]int{{7, 0}, {0, 0}}, apart: Nominal, kappa: nan},
		{name: "pneumothorax by software from reports and by readers", table: [][]int{{109, 129}, {129, 4009}}, apart: Nominal, kappa: 0.4268087128519852},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := Cohen(tt.table, tt.apart)
			if !same(got, tt.kappa) || tt.digits > 0 && !rounds(got, tt.published, tt.digits) {
				t.Errorf("Cohen(%v) = %v, want %v, published %v", tt.table, got, tt.kappa, tt.published)
			}
		})
	}
}

// Shrout & Fleiss 1979, tables 2 to 4: 6 targets, 4 judges.
func TestICCGivesFiguresOfShroutAndFleiss(t *testing.T) {
	got := ICC([][]float64{{9, 2, 5, 8}, {6, 1, 3, 2}, {8, 4, 6, 8}, {7, 1, 2, 6}, {10, 5, 6, 9}, {6, 2, 4, 7}})
	all(t, "correlations", []float64{got.Single1, got.Single2, got.Single3, got.Mean1, got.Mean2, got.Mean3}, []float64{0.16574176840547541, 0.289763779527559, 0.7148407148407147, 0.4427971336792686, 0.620050547598989, 0.9093155423770694})
	all(t, "mean squares", []float64{got.Between, got.Within, got.Judges, got.Residual}, []float64{11.241666666666669, 6.26388888888889, 32.486111111111114, 1.0194444444444457})
	for i, published := range []float64{0.17, 0.29, 0.71, 0.44, 0.62, 0.91} {
		if v := []float64{got.Single1, got.Single2, got.Single3, got.Mean1, got.Mean2, got.Mean3}[i]; !rounds(v, published, 2) {
			t.Errorf("correlation %d = %v does not round to %v", i, v, published)
		}
	}
}

func TestMasksAreCompared(t *testing.T) {
	tests := []struct {
		name      string
		a, b      []cell
		spacing   [2]float64
		dice, iou float64
		bothEmpty bool
		hausdorff float64
	}{
		{name: "three common cells of four and five", a: []cell{{0, 0}, {0, 1}, {1, 0}, {1, 1}}, b: []cell{{0, 1}, {1, 0}, {1, 1}, {2, 1}, {2, 2}}, spacing: [2]float64{1, 1}, dice: 0.6666666666666666, iou: 0.5, bothEmpty: false, hausdorff: 1.4142135623730951},
		{name: "two empty masks are undefined", a: []cell{}, b: []cell{}, spacing: [2]float64{1, 1}, dice: nan, iou: nan, bothEmpty: true, hausdorff: nan},
		{name: "one empty mask has nothing in common, and no distance", a: []cell{}, b: []cell{{0, 0}}, spacing: [2]float64{1, 1}, dice: 0.0, iou: 0.0, bothEmpty: false, hausdorff: nan},
		{name: "distance in cells", a: []cell{{0, 0}, {0, 1}}, b: []cell{{0, 0}, {3, 4}}, spacing: [2]float64{1, 1}, dice: 0.5, iou: 0.3333333333333333, hausdorff: 4.242640687119285},
		{name: "rows two millimeters apart", a: []cell{{0, 0}, {0, 1}}, b: []cell{{0, 0}, {3, 4}}, spacing: [2]float64{2, 1}, dice: 0.5, iou: 0.3333333333333333, hausdorff: 6.708203932499369},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := OverlapsOf(shape.Count(runs(tt.a), runs(tt.b)))
			if !same(got.Dice, tt.dice) || !same(got.IoU, tt.iou) || got.BothEmpty != tt.bothEmpty {
				t.Errorf("overlaps of %v and %v = %+v, want %v, %v, %v", tt.a, tt.b, got, tt.dice, tt.iou, tt.bothEmpty)
			}
			if whole, _ := between(tt.a, tt.b, tt.spacing); !same(whole, tt.hausdorff) {
				t.Errorf("Hausdorff(%v, %v) = %v, want %v", tt.a, tt.b, whole, tt.hausdorff)
			}
		})
	}
}

// cell is a pixel of a mask.
type cell struct{ Row, Column int32 }

// between returns the distance of two masks of up to 13 x 13 cells.
func between(a, b []cell, spacing [2]float64) (whole, percentile95 float64) {
	in := func(cells []cell) []bool {
		mask := make([]bool, 13*13)
		for _, c := range cells {
			mask[c.Row+13*c.Column] = true
		}
		return mask
	}
	return Hausdorff(in(a), in(b), Grid{Size: [3]int{13, 13, 1}, Step: [3]float64{spacing[0], spacing[1], 1}, Flat: true})
}

// runs encodes the cells of a mask of 13 x 13.
func runs(cells []cell) []uint32 {
	return shape.Encode(13, 13, func(x, y int) bool { return slices.Contains(cells, cell{int32(y), int32(x)}) })
}
