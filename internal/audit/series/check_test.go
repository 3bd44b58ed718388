package series_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"assay/internal/audit/series"
)

// stack makes places along the normal of an orientation, numbered from 1.
func stack(o [6]float64, mm ...float64) []series.Place {
	n := [3]float64{o[1]*o[5] - o[2]*o[4], o[2]*o[3] - o[0]*o[5], o[0]*o[4] - o[1]*o[3]}
	list := make([]series.Place, len(mm))
	for i, d := range mm {
		list[i] = series.Place{
			Number: i + 1, HasNumber: true,
			Position: [3]float64{-100 + d*n[0], -100 + d*n[1], d * n[2]}, HasPosition: true,
			Orientation: o, HasOrientation: true,
			SpacingMM: [2]float64{0.7, 0.7}, Rows: 512, Columns: 512,
			Frame: series.Hash{1}, Type: series.Hash{1}, Phase: series.Hash{1},
		}
	}
	return list
}

// even returns n places with one distance.
func even(n int, step float64) []float64 {
	list := make([]float64, n)
	for i := range list {
		list[i] = float64(i) * step
	}
	return list
}

var (
	axial    = [6]float64{1, 0, 0, 0, 1, 0}
	coronal  = [6]float64{1, 0, 0, 0, 0, -1}
	sagittal = [6]float64{0, 1, 0, 0, 0, -1}
)

// tilted is axial, leaned by degrees about the rows.
func tilted(degrees float64) [6]float64 {
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	return [6]float64{1, 0, 0, 0, cos, sin}
}

func with(list []series.Place, change func(i int, p *series.Place)) []series.Place {
	for i := range list {
		change(i, &list[i])
	}
	return list
}

func without(list []series.Place, at ...int) []series.Place {
	var out []series.Place
	for i, p := range list {
		if !slices.Contains(at, i) {
			out = append(out, p)
		}
	}
	return out
}

// renumbered numbers places from 1 in their order.
func renumbered(list []series.Place) []series.Place {
	return with(list, func(i int, p *series.Place) { p.Number = i + 1 })
}

// twoPhases repeats a stack.
func phases(n int, marked bool, list []series.Place) []series.Place {
	var out []series.Place
	for k := range n {
		for _, p := range list {
			if marked {
				p.Phase = series.Hash{byte(k + 1)}
			}
			out = append(out, p)
		}
	}
	return renumbered(out)
}

func lines(r series.Result) []string {
	var out []string
	for _, f := range r.Faults {
		kind := "warning"
		if f.Info {
			kind = "info"
		}
		_, keyword, _ := strings.Cut(f.Path, " ")
		out = append(out, fmt.Sprintf("%s %s %v: %s", kind, keyword, f.At, f.Message))
	}
	return out
}

func TestFaultsOfASeries(t *testing.T) {
	tests := []struct {
		name   string
		places []series.Place
		want   []string
	}{
		{"one slice of many is missing", without(stack(axial, even(30, 2.5)...), 12),
			[]string{"warning ImagePositionPatient [11 12]: Two neighboring slices lie 5 mm apart where 2.5 mm are usual: 1 slice is missing."}},
		{"three slices are missing and the rest was numbered anew", renumbered(without(stack(sagittal, even(30, 1.25)...), 12, 13, 14)),
			[]string{"warning ImagePositionPatient [11 12]: Two neighboring slices lie 5 mm apart where 1.25 mm are usual: 3 slices are missing."}},
		{"every other slice of a part is missing, numbers and all", without(stack(axial, even(40, 2)...), 11, 13, 15, 17, 19, 21), []string{
			"warning ImagePositionPatient [10 11]: Two neighboring slices lie 4 mm apart where 2 mm are usual: 1 slice is missing.",
			"warning ImagePositionPatient [11 12]: Two neighboring slices lie 4 mm apart where 2 mm are usual: 1 slice is missing.",
			"warning ImagePositionPatient [12 13]: Two neighboring slices lie 4 mm apart where 2 mm are usual: 1 slice is missing.",
			"warning ImagePositionPatient [13 14]: Two neighboring slices lie 4 mm apart where 2 mm are usual: 1 slice is missing.",
			"warning ImagePositionPatient [14 15]: Two neighboring slices lie 4 mm apart where 2 mm are usual: 1 slice is missing.",
			"warning ImagePositionPatient [15 16]: Two neighboring slices lie 4 mm apart where 2 mm are usual: 1 slice is missing.",
		}},
		{"a slice stands out of line", with(stack(axial, even(20, 3)...), func(i int, p *series.Place) {
			if i == 9 {
				p.Position[2] += 1.2
			}
		}), []string{"warning ImagePositionPatient [8 9 10]: Slices of a series are spaced unevenly: steps of 1.8 to 4.2 mm where 3 mm are usual."}},
		{"a slice is there twice", func() []series.Place {
			list := stack(axial, even(20, 3)...)
			again := list[7]
			again.Number = 21
			return append(list, again)
		}(), []string{"warning ImagePositionPatient [7 20]: At 1 of 20 positions of a series lies more than one slice of the same acquisition."}},
		{"a slice is missing in one of five phases", without(phases(5, false, stack(axial, even(20, 3)...)), 47),
			[]string{"warning ImagePositionPatient [7 27 66 86]: At 1 of 20 positions lie fewer slices than the 5 of the others: 1 are missing."}},
		{"three slices are coronal", with(stack(axial, even(25, 2.5)...), func(i int, p *series.Place) {
			if i == 2 || i == 9 || i == 21 {
				p.Orientation = coronal
			}
		}), []string{
			"warning ImageOrientationPatient [2 9 21]: ImageOrientationPatient differs inside a series: 3 of 25 images differ from most.",
			"warning ImagePositionPatient [1 3]: Two neighboring slices lie 5 mm apart where 2.5 mm are usual: 1 slice is missing.",
			"warning ImagePositionPatient [8 10]: Two neighboring slices lie 5 mm apart where 2.5 mm are usual: 1 slice is missing.",
			"warning ImagePositionPatient [20 22]: Two neighboring slices lie 5 mm apart where 2.5 mm are usual: 1 slice is missing.",
		}},
		{"one slice is leaned by ten degrees", with(stack(axial, even(8, 2.5)...), func(i int, p *series.Place) {
			if i == 7 {
				p.Orientation = tilted(10)
			}
		}), []string{"warning ImageOrientationPatient [7]: ImageOrientationPatient differs inside a series: 1 of 8 images differ from most."}},
		{"two slices have another matrix", with(stack(axial, even(10, 5)...), func(i int, p *series.Place) {
			if i > 7 {
				p.Rows, p.Columns = 256, 256
			}
		}), []string{"warning Rows [8 9]: The matrix differs inside a series: 2 of 10 images differ from most."}},
		{"a slice has another pixel spacing", with(stack(axial, even(10, 5)...), func(i int, p *series.Place) {
			if i == 3 {
				p.SpacingMM = [2]float64{0.9, 0.9}
			}
		}), []string{"warning PixelSpacing [3]: PixelSpacing differs inside a series: 1 of 10 images differ from most."}},
		{"half a series has another frame of reference", with(stack(axial, even(10, 5)...), func(i int, p *series.Place) {
			if i >= 6 {
				p.Frame = series.Hash{2}
			}
		}), []string{"warning FrameOfReferenceUID [6 7 8 9]: FrameOfReferenceUID differs inside a series: 4 of 10 images differ from most, so that their positions cannot be compared."}},
		{"two slices have no number", with(stack(axial, even(10, 5)...), func(i int, p *series.Place) { p.HasNumber = i != 4 && i != 5 }),
			[]string{"warning InstanceNumber [4 5]: InstanceNumber is missing in 2 of 10 images of a series."}},
		{"two slices share a number", with(stack(axial, even(10, 5)...), func(i int, p *series.Place) {
			if i == 6 {
				p.Number = 3
			}
		}), []string{"warning InstanceNumber [2 6]: Images of a series at different places share an InstanceNumber."}},
		{"a number is left out where slices lie evenly", with(stack(axial, even(10, 5)...), func(i int, p *series.Place) {
			if i > 6 {
				p.Number++
			}
		}), []string{"info InstanceNumber [6 7]: InstanceNumber skips 1 between images that lie evenly: they may have been numbered together with others."}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, lines(series.Check("CT", tt.places))); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}

// What is usual in practice and no fault.
func TestUsualSeriesHaveNoFault(t *testing.T) {
	rounded := func(list []series.Place, digits float64) []series.Place {
		return with(list, func(_ int, p *series.Place) {
			for i := range p.Position {
				p.Position[i] = math.Round(p.Position[i]*digits) / digits
			}
		})
	}
	disc := func(degrees, at float64, first int) []series.Place {
		return with(stack(tilted(degrees), even(5, 4)...), func(i int, p *series.Place) {
			p.Number = first + i
			p.Position[2] += at
		})
	}
	tests := []struct {
		name, modality string
		places         []series.Place
		step           float64
	}{
		{"even steps", "CT", stack(axial, even(40, 1.25)...), 1.25},
		{"one slice", "CT", stack(axial, 0), 0},
		{"two slices", "CT", stack(axial, 0, 7), 7},
		{"slices in reverse and interleaved", "MR", func() []series.Place {
			list := stack(coronal, even(21, 4.4)...)
			slices.Reverse(list)
			return with(list, func(i int, p *series.Place) { p.Number = 1 + i*8%21 })
		}(), 4.4},
		{"oblique positions rounded to a tenth", "MR", rounded(stack(tilted(23.7), even(60, 1.1)...), 10), 1.1},
		{"oblique positions rounded to a hundredth, thin slices", "CT", rounded(stack(tilted(11.3), even(60, 0.625)...), 100), 0.625},
		{"orientation rounded differently", "MR", with(stack(tilted(17), even(30, 3)...), func(i int, p *series.Place) {
			p.Orientation[4] += 0.004 * float64(i%2)
			p.Orientation[5] -= 0.004 * float64(i%2)
		}), 3},
		{"gantry tilt: the table moves along its axis", "CT", with(stack(tilted(18), even(30, 0)...), func(i int, p *series.Place) {
			p.Position = [3]float64{-100, -100, 5 * float64(i)}
		}), 4.76},
		{"two spacings, as of the base and the vault of a skull", "CT", stack(axial, append(even(12, 2.5), 32.5, 37.5, 42.5, 47.5, 52.5, 57.5, 62.5)...), 2.5},
		{"two spacings, the second overlapping the first by most of a slice", "CT", stack(axial, append(even(14, 4), 53.1, 60.1, 67.1, 74.1, 81.1, 88.1, 95.1)...), 4},
		{"phases with other acquisition numbers", "CT", phases(4, true, stack(axial, even(20, 5)...)), 5},
		{"phases that nothing tells apart", "MR", phases(6, false, stack(axial, even(20, 5)...)), 5},
		{"a last phase that was ended early", "MR", without(phases(3, false, stack(axial, even(10, 5)...)), 25, 26, 27, 28, 29), 5},
		{"weighted images of diffusion: one without weighting, six with", "MR", phases(7, true, stack(axial, even(22, 5.5)...)), 5.5},
		{"two acquisitions that overlap by a slice", "CT", func() []series.Place {
			list := stack(axial, even(20, 5)...)
			return renumbered(append(list, with(stack(axial, even(20, 5)...), func(i int, p *series.Place) {
				p.Position[2] += 95
				p.Phase = series.Hash{9}
			})...))
		}(), 5},
		{"in phase, opposed phase, water and fat", "MR", func() []series.Place {
			list := phases(4, true, stack(axial, even(30, 3)...))
			return with(list, func(_ int, p *series.Place) { p.Type = p.Phase })
		}(), 3},
		{"slabs through the discs of a spine", "MR", slices.Concat(disc(0, 0, 1), disc(8, 37, 6), disc(-14, 71, 11), disc(-28, 103, 16)), 4},
		{"parallel slabs through the discs of a spine", "MR", slices.Concat(disc(5, 0, 1), disc(5, 37, 6), disc(5, 71.3, 11), disc(5, 109, 16)), 4},
		{"three planes of an overview that does not say so", "MR", slices.Concat(
			stack(axial, even(5, 10)...),
			with(stack(coronal, even(5, 10)...), func(i int, p *series.Place) { p.Number = 6 + i }),
			with(stack(sagittal, even(5, 10)...), func(i int, p *series.Place) { p.Number = 11 + i })), 10},
		{"a radial series", "MR", func() []series.Place {
			var list []series.Place
			for i := range 18 {
				list = append(list, stack(tilted(10*float64(i)), 0)...)
			}
			return renumbered(list)
		}(), 0},
		{"overview images among slices", "CT", append(stack(axial, even(20, 5)...), with(stack(coronal, 0, 0), func(i int, p *series.Place) {
			p.Localizer, p.Rows, p.Number = true, 888, 21+i
		})...), 5},
		{"reformatted images of another type", "CT", append(stack(axial, even(20, 5)...), with(stack(coronal, even(12, 4)...), func(i int, p *series.Place) {
			p.Type, p.Rows, p.Number = series.Hash{7}, 300, 21+i
		})...), 5},
		{"numbers from a hundred on", "CT", with(stack(axial, even(20, 5)...), func(i int, p *series.Place) { p.Number = 100 + i }), 5},
		{"numbers from 1 in each phase", "CT", with(phases(2, true, stack(axial, even(20, 5)...)), func(i int, p *series.Place) { p.Number = 1 + i%20 }), 5},
		{"no numbers", "CT", with(stack(axial, even(20, 5)...), func(i int, p *series.Place) { p.HasNumber = false }), 5},
		{"no positions", "CT", with(stack(axial, even(20, 5)...), func(i int, p *series.Place) { p.HasPosition, p.Rows = false, 100+i }), 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := series.Check(tt.modality, tt.places)
			if len(r.Faults) > 0 {
				t.Errorf("faults: %s", strings.Join(lines(r), "\n"))
			}
			if math.Abs(r.StepMM-tt.step) > 0.05 {
				t.Errorf("usual step = %v mm, want %v", r.StepMM, tt.step)
			}
		})
	}
}
