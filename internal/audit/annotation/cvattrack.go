package annotation

import (
	"fmt"
	"math"
	"path"
)

// within reports whether a frame is one of the task: frames are counted in the
// task, or in the video it was cut from.
func (c *cvatFile) within(frame int64) bool {
	if c.size >= 0 && frame >= 0 && frame < c.size {
		return true
	}
	return c.stop >= 0 && frame >= max(c.start, 0) && frame <= c.stop
}

// lastFrame is the last one of the task, -1 if it does not say.
func (c *cvatFile) lastFrame() int64 {
	switch {
	case c.stop >= 0:
		return c.stop - (c.stop-max(c.start, 0))%c.step
	case c.size > 0:
		return c.size - 1
	}
	return -1
}

func (c *cvatFile) openTrack(e *xmlElement) {
	if len(c.frames) == 0 {
		c.allFrames()
	}
	c.track = &cvatTrack{label: c.label(e), place: int32(e.Line), origin: cvatOrigin(e), first: -1}
}

// allFrames lists the frames of the task: somebody looked at all of them, so
// that one which no track reaches holds nothing.
func (c *cvatFile) allFrames() {
	first, last := max(c.start, 0), c.lastFrame()
	if (last-first)/c.step >= maxCVATFrames {
		c.in.facts.Beyond++
		return
	}
	for f := first; f <= last && len(c.in.facts.Images) < c.in.Limits.Records; f += c.step {
		c.frameImage(f)
	}
}

// frameImage returns the image of a frame.
func (c *cvatFile) frameImage(frame int64) int32 {
	if i, ok := c.frames[frame]; ok {
		return i
	}
	im := newImage(fmt.Sprintf("%s/frame_%06d", path.Base(c.in.Path), frame))
	im.Width, im.Height, im.Empty = c.width, c.height, true
	i := c.addImage(im)
	if i >= 0 {
		c.frames[frame] = i
	}
	return i
}

// trackShape takes where a track is in a frame. It is in those up to its next
// shape, too.
func (c *cvatFile) trackShape(s *cvatShape, kind Kind) {
	t := c.track
	if s.frame < 0 {
		t.open, t.hasShape = s.visible, true
		return
	}
	if t.open && t.hasShape {
		for f := t.last + c.step; f < s.frame && c.spans < maxCVATSpans; f += c.step {
			c.shows(f)
			c.spans++
		}
	}
	t.last, t.open, t.hasShape = s.frame, s.visible, true
	if !s.visible {
		return
	}
	image := c.frameImage(s.frame)
	if t.first < 0 {
		t.first, t.kind, t.box = image, kind, s.around.box()
		if image >= 0 {
			c.in.facts.Images[image].Empty = false
		}
		return
	}
	c.shows(s.frame)
}

// shows says that the open track reaches a frame besides its first.
func (c *cvatFile) shows(frame int64) {
	i, ok := c.frames[frame]
	if !ok || i == c.track.first {
		return
	}
	im := &c.in.facts.Images[i]
	im.Empty = false
	if im.Tracks < math.MaxInt32 {
		im.Tracks++
	}
}

// closeTrack makes one label of a track, at the frame that shows it first.
func (c *cvatFile) closeTrack(e *xmlElement) {
	t := c.track
	c.track = nil
	c.in.check(ruleCVATEnd, 1)
	if t.open && (c.lastFrame() < 0 || t.last < c.lastFrame()) {
		c.in.find(ruleCVATEnd, e.Pointer(), "", "")
	}
	if t.first < 0 {
		return
	}
	l := newLabel(c.class(t.label), t.kind)
	l.Image, l.Place, l.Origin, l.Box = t.first, t.place, t.origin, t.box
	c.in.addLabel(l)
}
