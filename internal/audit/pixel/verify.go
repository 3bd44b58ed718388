package pixel

// features describe how much a line looks like letters.
type features struct {
	contrast float64 // of ink to ground, in grays
	separate float64 // how well two grays explain the line, 0 to 1
	uniform  float64 // share of the ink close to its most frequent gray
	sharp    float64 // of the edges, 1 if they take one pixel
}

// describe measures a line in a gray image.
func describe(gray []byte, width, height int, l line) features {
	var f features
	left, right := max(l.left-1, 0), min(l.right+1, width-1)
	top, bottom := l.top, min(l.bottom, height-1)
	var counts [256]int
	n := 0
	for y := top; y <= bottom; y++ {
		for _, v := range gray[y*width+left : y*width+right+1] {
			if l.dark {
				v = 255 - v
			}
			counts[v]++
			n++
		}
	}
	cut, eta := otsu(&counts, n)
	f.separate = eta
	var sum [2]float64
	var c [2]int
	for v, k := range counts {
		i := 0
		if v > cut {
			i = 1
		}
		sum[i] += float64(v * k)
		c[i] += k
	}
	if c[0] == 0 || c[1] == 0 {
		return f
	}
	low, high := sum[0]/float64(c[0]), sum[1]/float64(c[1])
	f.contrast = high - low
	half := max(int(f.contrast*0.07), 2)
	best := 0
	for v := cut + 1; v < 256; v++ {
		k := 0
		for u := max(v-half, cut+1); u <= min(v+half, 255); u++ {
			k += counts[u]
		}
		best = max(best, k)
	}
	f.uniform = float64(best) / float64(c[1])
	edges, drop := 0, 0
	for y := top; y <= bottom; y++ {
		row := gray[y*width+left : y*width+right+1]
		last := int(row[0])
		for _, v := range row[1:] {
			here := int(v)
			if d := here - last; d != 0 && (isInk(here, cut, l.dark) != isInk(last, cut, l.dark)) {
				edges++
				drop += max(d, -d)
			}
			last = here
		}
	}
	if edges > 0 {
		f.sharp = float64(drop) / float64(edges) / f.contrast
	}
	return f
}

func isInk(v, cut int, dark bool) bool {
	if dark {
		v = 255 - v
	}
	return v > cut
}

// otsu returns the gray that parts counts best, and how well it does.
func otsu(counts *[256]int, n int) (cut int, eta float64) {
	var total, squares float64
	for v, k := range counts {
		total += float64(v * k)
		squares += float64(v*v) * float64(k)
	}
	mean := total / float64(n)
	variance := squares/float64(n) - mean*mean
	if variance <= 0 {
		return 0, 0
	}
	best, sum, seen := 0.0, 0.0, 0
	for v, k := range counts {
		seen += k
		sum += float64(v * k)
		if seen == 0 || seen == n {
			continue
		}
		w := float64(seen) / float64(n)
		d := sum/float64(seen) - (total-sum)/float64(n-seen)
		if b := w * (1 - w) * d * d; b > best {
			best, cut = b, v
		}
	}
	return cut, best / variance
}
