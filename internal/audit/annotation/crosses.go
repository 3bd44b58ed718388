package annotation

// maxEdgePairs bounds the pairs of edges that are compared: those of an outline
// of 2,000 points. Of longer ones some edges are compared with all.
const maxEdgePairs = 4_000_000

// crosses reports whether a closed outline crosses itself: whether two of its
// edges cross in a point inside both. Edges that touch or lie on each other, as
// the channel to a hole does, do not cross.
//
// Source: DICOM PS3.3 Section C.8.8.6.3 for the channel.
func crosses(points [][2]float64) bool {
	n := len(points)
	if n > 1 && points[0] == points[n-1] {
		n--
	}
	step := max(1, n*n/maxEdgePairs)
	for i := 0; i < n; i += step {
		a, b := points[i], points[(i+1)%n]
		from := i + 2
		if step > 1 {
			from = 0
		}
		for k := from; k < n; k++ {
			if k == i || (k+1)%n == i || (i+1)%n == k {
				continue
			}
			if cross(a, b, points[k], points[(k+1)%n]) {
				return true
			}
		}
	}
	return false
}

// cross reports whether two edges cross in a point inside both.
func cross(a, b, c, d [2]float64) bool {
	return side(a, b, c)*side(a, b, d) < 0 && side(c, d, a)*side(c, d, b) < 0
}

// side is 1 or -1 by the side of the line from a to b on which p lies, 0 on it.
func side(a, b, p [2]float64) int {
	v := (b[0]-a[0])*(p[1]-a[1]) - (b[1]-a[1])*(p[0]-a[0])
	switch {
	case v > 0:
		return 1
	case v < 0:
		return -1
	}
	return 0
}
