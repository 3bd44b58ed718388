package pixel

// Filter decides whether letters may stand in a frame of gray samples, width
// by height of them, and renders where: a raster, or none. likely lets more
// through, as for images that are of a kind that often shows text.
func Filter(samples []uint16, width, height int, likely bool) []Raster {
	if width <= 0 || height <= 0 || len(samples) != width*height {
		return nil
	}
	f := newFinder(likely)
	s := &series{picture: newPicture(), reader: &reader{count: 1}}
	f.frame(s, 1, &plane{width: width, height: height, samples: samples, step: 1})
	defer f.release()
	return f.rasters()
}
