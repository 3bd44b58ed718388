package pixel

// Part is a piece of a frame within a Raster.
type Part struct {
	Box       Box     // within the raster
	Left, Top int     // of the piece within the frame
	Scale     float64 // pixels of the raster for one of the frame
}

// Place returns a box of the raster in pixels of the frame.
func (r *Raster) Place(b Box) Box {
	p := Part{Scale: r.Scale}
	middle := b.Y + b.Height/2
	for _, q := range r.Parts {
		if middle >= q.Box.Y && middle < q.Box.Y+q.Box.Height {
			p = q
		}
	}
	if p.Scale <= 0 {
		p.Scale = 1
	}
	scaled := func(n int) int { return int(float64(n)/p.Scale + 0.5) }
	return Box{
		X: max(p.Left+scaled(b.X-p.Box.X), 0), Y: max(p.Top+scaled(b.Y-p.Box.Y), 0),
		Width: max(scaled(b.Width), 1), Height: max(scaled(b.Height), 1),
	}
}
