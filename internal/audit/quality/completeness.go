package quality

import (
	"math"

	"assay/internal/audit/annotation"
	"assay/internal/audit/score"
	"assay/internal/audit/shape"
)

// completeness says how much of the set is labeled, and tells images without a
// label record, and boxes and masks that say nothing.
func (v *view) completeness() Completeness {
	c := Completeness{Images: v.images, Kinds: map[string]int{}}
	inSeries := v.labeledSeries()
	none := !labeled(v.set) // told as one then, not image by image
	for i := range v.set.Items {
		it := &v.set.Items[i]
		if !v.counts(i) {
			c.Orphans += len(v.labels(i))
			continue
		}
		told := !none && !v.heldBack(i)
		if told {
			v.set.Book.Check(ruleUnlabeled, 1)
		}
		if it.Labeled || it.Instance != nil && inSeries[it.Instance.Series] {
			c.Labeled++
		} else if told {
			v.find(ruleUnlabeled, i, annotation.Ref.Image, "", "")
		}
	}
	v.tellHeldBack(none)
	c.Coverage = share(c.Labeled, c.Images)
	present, due := v.set.Attributes()
	c.Attributes, c.AttributeCover = due, share(present, due)
	blank, uncertain, said := 0, 0, 0
	for i := range v.set.Classes {
		blank += v.set.Classes[i].Blank
	}
	for i := range v.set.Labels {
		l := &v.set.Labels[i]
		c.Kinds[kindNames[l.Kind]]++
		switch l.Kind {
		case annotation.WholeImage:
			said++
			if l.State == annotation.Uncertain {
				uncertain++
			}
		case annotation.Box:
			c.Boxes++
			if v.badBox(l) {
				c.BadBoxes++
			}
		case annotation.Mask:
			v.emptyMask(l)
		}
	}
	if blank > 0 || said > 0 {
		c.BlankShare = share(blank, blank+said)
		c.UncertainShare = share(uncertain, said)
	}
	return c
}

var kindNames = map[annotation.Kind]string{
	annotation.WholeImage: "image", annotation.Box: "box", annotation.Polygon: "polygon", annotation.Mask: "mask",
	annotation.Keypoints: "keypoints", annotation.Point: "point", annotation.Line: "line", annotation.Measurement: "measurement",
}

// heldBack reports whether an item is of a test split without any label.
func (v *view) heldBack(item int) bool {
	p := v.part[item]
	return p >= 0 && v.splits[p] == string(annotation.Test) && v.labeled[p] == 0
}

// tellHeldBack tells the images of such a split, unless nothing has labels.
func (v *view) tellHeldBack(none bool) {
	for p, split := range v.splits {
		if split != string(annotation.Test) || none {
			continue
		}
		v.set.Book.Check(ruleHeldBack, v.sizes[p])
		if v.labeled[p] == 0 && v.sizes[p] > 0 {
			v.set.Book.FindMany(ruleHeldBack, v.sizes[p], score.Example{File: score.NoFile})
		}
	}
}

// labeledSeries are series of which an image is labeled: a slice without a
// label of its own is a negative there.
func (v *view) labeledSeries() map[annotation.Hash]bool {
	series := map[annotation.Hash]bool{}
	for i := range v.set.Items {
		if it := &v.set.Items[i]; it.Labeled && it.Instance != nil && it.Instance.Series != (annotation.Hash{}) {
			series[it.Instance.Series] = true
		}
	}
	return series
}

// badBox reports whether a box is degenerate or out of bounds. It tells those
// that no rule of their format tells: every format that has a rule on its
// boxes is left to it, so that none is counted twice.
func (v *view) badBox(l *annotation.SetLabel) bool {
	degenerate, bounds := v.set.FormatOf[l.File].ChecksBoxes()
	x, y, w, h := float64(l.Box[0]), float64(l.Box[1]), float64(l.Box[2]), float64(l.Box[3])
	at := score.Example{File: l.File, Pointer: v.set.PointerOf(l)}
	flat := !(w > 0 && h > 0 && w*h >= 1)
	if !degenerate {
		v.set.Book.Check(ruleFlatBox, 1)
		if flat {
			v.set.Book.Find(ruleFlatBox, at)
		}
	}
	if flat || l.Item < 0 {
		return flat
	}
	it := &v.set.Items[l.Item]
	if it.Width <= 0 || it.Height <= 0 {
		return false
	}
	width, height := float64(it.Width), float64(it.Height)
	out := x < -1 || y < -1 || x+w > width+1 || y+h > height+1
	inside := math.Max(0, math.Min(x+w, width)-math.Max(x, 0)) * math.Max(0, math.Min(y+h, height)-math.Max(y, 0))
	far := out && 1-inside/(w*h) > 0.05
	if !bounds {
		v.set.Book.Check(ruleFarBox, 1)
		v.set.Book.Check(ruleOutBox, 1)
		switch {
		case far:
			v.set.Book.Find(ruleFarBox, at)
		case out:
			v.set.Book.Find(ruleOutBox, at)
		}
	}
	return out
}

// emptyMask tells a mask without a pixel.
func (v *view) emptyMask(l *annotation.SetLabel) {
	if l.Shape < 0 || int(l.Shape) >= len(v.set.Shapes) || v.set.Shapes[l.Shape].Runs == nil {
		return
	}
	v.set.Book.Check(ruleEmptyMask, 1)
	if shape.MaskArea(v.set.Shapes[l.Shape].Runs) == 0 {
		v.set.Book.Find(ruleEmptyMask, score.Example{File: l.File, Pointer: v.set.PointerOf(l)})
	}
}
