package pixel

// coarse is the longer side of an overview, in pixels.
const coarse = 160

// maxMarks bounds the marks of a raster.
const maxMarks = 256

// newOverview returns the mean of the frame in squares.
func newOverview(gray []byte, width, height int) Overview {
	cell := max(1, (max(width, height)+coarse-1)/coarse)
	o := Overview{FrameWidth: width, FrameHeight: height, Width: (width + cell - 1) / cell, Height: (height + cell - 1) / cell}
	sums := make([]int, o.Width*o.Height)
	for y := range height {
		row := sums[y/cell*o.Width:][:o.Width]
		for x, v := range gray[y*width:][:width] {
			row[x/cell] += int(v)
		}
	}
	o.Gray = make([]byte, len(sums))
	for n, s := range sums {
		x, y := n%o.Width*cell, n/o.Width*cell
		o.Gray[n] = byte(s / (min(cell, width-x) * min(cell, height-y)))
	}
	return o
}

func boxesOf(lines []line) []Box {
	out := make([]Box, 0, min(len(lines), maxMarks))
	for _, l := range lines {
		if len(out) < maxMarks {
			out = append(out, Box{l.left, l.top, l.right - l.left + 1, l.bottom - l.top + 1})
		}
	}
	return out
}
