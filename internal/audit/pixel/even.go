package pixel

// restless is by how many grays, of 255, the ground of letters must differ for
// a region to be rendered once more with an even ground.
const restless = 50

// isRestless reports whether the ground of a region, in cells as high as its
// letters, is light here and dark there: letters on a bar, or over the edge of
// what the image shows. A reader of text takes such edges for the letters.
func (f *finder) isRestless(r region, height, width int) bool {
	cell := max(height, 4)
	low, high := 255, 0
	for top := r.top; top < r.top+r.height; top += cell {
		for left := r.left; left < r.left+r.width; left += cell {
			sum, n := 0, 0
			for y := top; y < min(top+cell, r.top+r.height); y++ {
				for _, v := range f.gray[y*width+left:][:min(cell, r.left+r.width-left)] {
					sum += int(v)
					n++
				}
			}
			low, high = min(low, sum/n), max(high, sum/n)
		}
	}
	return high-low > restless
}

// evened returns a region that shows the letters of a block with less around
// them, on an even ground.
func (r region) evened(b *block, p *plane) region {
	h := b.height
	r.left, r.top = max(b.left-h/2-1, 0), max(b.top-h/4-1, 0)
	r.width = min(b.right+h/2+1, p.width-1) - r.left + 1
	r.height = min(b.bottom+h/4+1, p.height-1) - r.top + 1
	r.even = h
	return r
}

// evenGround takes from every pixel the mean of those around it, as far as a
// letter is high, and doubles what is left.
func evenGround(gray []byte, width, height, radius int) {
	sums := make([]int, (width+1)*(height+1)) // of all pixels above and to the left
	for y := range height {
		line := 0
		for x := range width {
			line += int(gray[y*width+x])
			sums[(y+1)*(width+1)+x+1] = sums[y*(width+1)+x+1] + line
		}
	}
	for y := range height {
		top, bottom := max(y-radius, 0), min(y+radius+1, height)
		for x := range width {
			left, right := max(x-radius, 0), min(x+radius+1, width)
			sum := sums[bottom*(width+1)+right] - sums[top*(width+1)+right] - sums[bottom*(width+1)+left] + sums[top*(width+1)+left]
			mean := sum / ((bottom - top) * (right - left))
			gray[y*width+x] = byte(min(255, max(0, 160+2*(int(gray[y*width+x])-mean))))
		}
	}
}

// settle turns an evened region so that its letters are dark, and whitens what
// is dark and reaches in from outside: the frame of a bar, an edge.
func settle(gray []byte, width, height, margin int) {
	dark, all := 0, 0
	for y := margin / 2; y < height-margin/2; y++ {
		for x := margin; x < width-margin; x++ {
			all++
			if gray[y*width+x] < 128 {
				dark++
			}
		}
	}
	if 2*dark > all {
		for i, v := range gray {
			gray[i] = 255 - v
		}
	}
	var work []int
	take := func(i int) {
		if gray[i] < 128 {
			gray[i] = 255
			work = append(work, i)
		}
	}
	for x := range width {
		take(x)
		take((height-1)*width + x)
	}
	for y := range height {
		take(y * width)
		take(y*width + width - 1)
	}
	for len(work) > 0 {
		i := work[len(work)-1]
		work = work[:len(work)-1]
		if i%width > 0 {
			take(i - 1)
		}
		if i%width < width-1 {
			take(i + 1)
		}
		if i >= width {
			take(i - width)
		}
		if i < width*(height-1) {
			take(i + width)
		}
	}
}
