package pixel

// enlarge writes the rectangle of gray from left, top on, out.Width by
// out.Height after scaling by scale, blending neighbors.
func enlarge(out []byte, outWidth, outHeight int, gray []byte, width, height, left, top int, scale float64) {
	const one = 1 << 12
	step := int(one / scale)
	for y := range outHeight {
		fy := max(y*step+step/2-one/2, 0)
		y0 := min(top+fy/one, height-1)
		y1 := min(y0+1, height-1)
		wy := fy % one
		a, b := gray[y0*width:][:width], gray[y1*width:][:width]
		row := out[y*outWidth:][:outWidth]
		for x := range row {
			fx := max(x*step+step/2-one/2, 0)
			x0 := min(left+fx/one, width-1)
			x1 := min(x0+1, width-1)
			wx := fx % one
			upper := int(a[x0])*(one-wx) + int(a[x1])*wx
			lower := int(b[x0])*(one-wx) + int(b[x1])*wx
			row[x] = byte((upper/one*(one-wy) + lower/one*wy) / one)
		}
	}
}
