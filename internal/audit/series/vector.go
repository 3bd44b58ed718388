package series

import "math"

// normal returns the direction in which slices of an orientation follow each
// other: the product of rows and columns.
//
// Source: DICOM PS3.3 Section C.7.6.2.1.1.
func normal(o [6]float64) [3]float64 {
	n := [3]float64{
		o[1]*o[5] - o[2]*o[4],
		o[2]*o[3] - o[0]*o[5],
		o[0]*o[4] - o[1]*o[3],
	}
	if l := math.Sqrt(dot(n, n)); l > 0 {
		n[0], n[1], n[2] = n[0]/l, n[1]/l, n[2]/l
	}
	return n
}

func dot(a, b [3]float64) float64 { return a[0]*b[0] + a[1]*b[1] + a[2]*b[2] }

// perpendicular reports whether cosines can be those of rows and columns.
func perpendicular(o [6]float64) bool {
	row, column := [3]float64(o[:3]), [3]float64(o[3:])
	return math.Abs(dot(row, row)-1) < 0.05 && math.Abs(dot(column, column)-1) < 0.05 && math.Abs(dot(row, column)) < 0.05
}

// sameCosine is how far cosines may differ by rounding and by steps of a
// gantry, about a degree.
const sameCosine = 0.02

func sameOrientation(a, b [6]float64) bool {
	for i := range a {
		if math.Abs(a[i]-b[i]) > sameCosine {
			return false
		}
	}
	return true
}
