package agreement

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// slowHausdorff compares every voxel of one surface with every one of the
// other.
func slowHausdorff(a, b []bool, g Grid) (whole, percentile95 float64) {
	at := func(i int32) [3]float64 {
		n := int(i)
		return [3]float64{
			float64(n%g.Size[0]) * g.Step[0], float64(n/g.Size[0]%g.Size[1]) * g.Step[1], float64(n/g.Size[0]/g.Size[1]) * g.Step[2],
		}
	}
	one := func(from, to []int32) []float64 {
		var out []float64
		for _, f := range from {
			best := math.Inf(1)
			for _, t := range to {
				x, y := at(f), at(t)
				best = min(best, math.Hypot(math.Hypot(x[0]-y[0], x[1]-y[1]), x[2]-y[2]))
			}
			out = append(out, best)
		}
		slices.Sort(out)
		return out
	}
	x, y := g.surface(a), g.surface(b)
	there, back := one(x, y), one(y, x)
	return max(there[len(there)-1], back[len(back)-1]), max(quantile(there, 0.95), quantile(back, 0.95))
}

func TestDistanceOfVolumesEqualsComparingAllSurfaces(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 0))
	for range 40 {
		g := Grid{Size: [3]int{2 + rng.IntN(9), 2 + rng.IntN(8), 1 + rng.IntN(6)}, Step: [3]float64{0.7, 0.8, 2.5}}
		g.Flat = g.Size[2] == 1
		a, b := make([]bool, g.voxels()), make([]bool, g.voxels())
		for i := range a {
			a[i], b[i] = rng.IntN(5) == 0, rng.IntN(3) == 0
		}
		a[0], b[len(b)-1] = true, true
		whole, most := Hausdorff(a, b, g)
		wantWhole, wantMost := slowHausdorff(a, b, g)
		if math.Abs(whole-wantWhole) > 1e-9 || math.Abs(most-wantMost) > 1e-9 {
			t.Fatalf("Hausdorff over %v = %v, %v; want %v, %v", g.Size, whole, most, wantWhole, wantMost)
		}
	}
}

func TestDistanceOfVolumesIsInMillimeters(t *testing.T) {
	// Two cubes of 4 voxels a side, the second moved by 2 slices of 3 mm.
	g := Grid{Size: [3]int{4, 4, 6}, Step: [3]float64{1, 1, 3}}
	a, b := make([]bool, 96), make([]bool, 96)
	for i := range 64 {
		a[i], b[i+32] = true, true
	}
	if whole, _ := Hausdorff(a, b, g); whole != 6 {
		t.Errorf("distance of cubes 2 slices of 3 mm apart = %v, want 6", whole)
	}
	if whole, most := Hausdorff(a, make([]bool, 96), g); !math.IsNaN(whole) || !math.IsNaN(most) {
		t.Errorf("distance to an empty mask = %v, %v; want NaN", whole, most)
	}
}

func TestPlaneHasNoSurfaceAboveAndBelow(t *testing.T) {
	in := make([]bool, 25)
	for i := range in {
		in[i] = true
	}
	g := Grid{Size: [3]int{5, 5, 1}, Step: [3]float64{1, 1, 1}, Flat: true}
	if n := len(g.surface(in)); n != 16 {
		t.Errorf("surface of a plane of 5 x 5 = %d cells, want its 16 at the edge", n)
	}
}
