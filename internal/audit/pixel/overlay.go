package pixel

import (
	"strconv"

	"assay/internal/audit/dicom"
)

// overlay is a bitmap that is shown over an image, or alone.
//
// Source: DICOM PS3.3 Section C.9.2.
type overlay struct {
	picture
	group    uint16
	position int  // of its bit in the samples of the image
	hasData  bool // it has bits of its own
}

// isOverlay reports whether a tag is of a repeating group of overlays.
func isOverlay(t dicom.Tag) bool {
	return t.Group() >= 0x6000 && t.Group() <= 0x601E && t.Group()%2 == 0
}

// overlay takes an element of an overlay. It is true once that has pixels.
func (s *dataSet) overlay(e *dicom.Element) bool {
	group := e.Tag.Group()
	var o *overlay
	for _, known := range s.overlays {
		if known.group == group {
			o = known
		}
	}
	if o == nil {
		if len(s.overlays) == maxOverlays {
			return false
		}
		o = &overlay{picture: *newPicture(), group: group}
		o.length = -1
		s.overlays = append(s.overlays, o)
	}
	number := func(into *int) {
		if len(e.Value) >= 2 {
			*into = int(wordOf(e.Value, e.BigEndian))
		}
	}
	switch e.Tag.Element() {
	case 0x0010:
		number(&o.rows)
	case 0x0011:
		number(&o.columns)
	case 0x0015:
		if n, err := strconv.ParseInt(trim(string(e.Value[:min(len(e.Value), 16)])), 10, 32); err == nil {
			o.frames = int(n)
		}
	case 0x0102:
		number(&o.position)
		o.source = e.Path()
	case 0x3000:
		o.place(e)
		o.allocated, o.stored, o.hasData = 1, 1, true
		return true
	}
	return false
}

// isEmbedded reports whether the overlay is one bit of each sample of the
// image, as older objects have it.
func (o *overlay) isEmbedded() bool { return o.source != "" && !o.hasData }

// hasEmbedded reports whether bits of the image belong to overlays.
func (s *dataSet) hasEmbedded() bool {
	for _, o := range s.overlays {
		if o.isEmbedded() {
			return true
		}
	}
	return false
}
