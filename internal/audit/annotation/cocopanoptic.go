package annotation

import (
	"path"
	"strconv"
	"strings"
)

// judgeSegments takes the segments of a picture. Each is a label.
func (c *coco) judgeSegments(i int) {
	a := &c.a
	if c.panoptic == nil {
		c.panoptic = &Panoptic{}
	}
	c.counts[cocoImageUnknown]++
	image := int32(-1)
	if a.hasImage {
		image = c.images.of(a.image)
	}
	switch {
	case !a.wholeImage:
		c.find(cocoRecord, c.annotationAt(i, ""), "no whole number as image_id")
	case a.file == "":
		c.find(cocoRecord, c.annotationAt(i, ""), "no file_name")
	}
	picture := SegmentPicture{Name: a.file, Place: int32(i)}
	for k := range a.segments {
		s := &a.segments[k]
		c.counts[cocoRecord]++
		switch {
		case !s.hasID:
			c.find(cocoRecord, c.annotationAt(i, "/segments_info/"+strconv.Itoa(k)), "no whole number as id")
		case !s.hasCategory:
			c.find(cocoRecord, c.annotationAt(i, "/segments_info/"+strconv.Itoa(k)), "no whole number as category_id")
		}
		class := c.segmentClass(i, k, s)
		if !c.hold(labelBytes + 16) {
			continue
		}
		kept := Segment{ID: s.id, Area: -1}
		if !s.hasID {
			kept.ID = -1
		}
		if s.hasArea {
			kept.Area = s.area
		}
		picture.Segments = append(picture.Segments, kept)
		l := whole(image, class, int32(i), Positive)
		l.Kind, l.Box = Mask, box32(s.box)
		c.in.facts.Labels = append(c.in.facts.Labels, l)
	}
	if c.hold(64 + len(a.file)) {
		c.panoptic.Pictures = append(c.panoptic.Pictures, picture)
		c.pictures = append(c.pictures, image)
	}
}

// segmentClass returns the number of a segment's category, -1 for none.
func (c *coco) segmentClass(i, k int, s *cocoSegment) int32 {
	if !s.hasCategory {
		return -1
	}
	c.counts[cocoCategoryUnknown]++
	class := c.categories.of(s.category)
	if c.categories.unknown(class) && c.hold(12) {
		c.unlisted = append(c.unlisted, cocoClassAt{int32(i), int32(k), class})
	}
	return class
}

// finishSegments holds the segments against images and categories.
func (c *coco) finishSegments() {
	if c.panoptic == nil {
		return
	}
	c.in.facts.Panoptic = c.panoptic
	for i, image := range c.pictures {
		if c.images.unknown(image) {
			c.find(cocoImageUnknown, c.annotationAt(int(c.panoptic.Pictures[i].Place), "/image_id"), "")
		}
	}
	for _, u := range c.unlisted {
		if c.categories.unknown(u.category) {
			c.find(cocoCategoryUnknown, c.annotationAt(int(u.place), "/segments_info/"+strconv.Itoa(int(u.segment))+"/category_id"), "")
		}
	}
}

// joinPanoptic holds the segments that COCO files list against the pixels of
// their pictures, which are no images of the set.
func joinPanoptic(j *joiner) {
	for i := range j.members {
		if f := j.members[i].Facts; f != nil && f.Panoptic != nil {
			j.panoptic(i, f)
		}
	}
}

func (j *joiner) panoptic(member int, f *Facts) {
	folder, found := j.segmentFolder(member, f)
	if !found {
		return // the set holds no pictures of segments: labels only
	}
	for i := range f.Panoptic.Pictures {
		p := &f.Panoptic.Pictures[i]
		j.check(cocoRules[cocoSegmentPicture], 1)
		picture, ok := j.byPath[path.Join(folder, pngOf(p.Name))]
		if !ok {
			j.find(cocoRules[cocoSegmentPicture], member, "/annotations/"+strconv.Itoa(int(p.Place))+"/file_name", "", "")
			continue
		}
		j.roles[picture] = maskRole
		if pf := j.members[picture].Facts; pf != nil && pf.Picture != nil && pf.Picture.Values != nil {
			j.segments(member, p, picture, pf.Picture.Values)
		}
	}
}

// pngOf is the name of a picture of segments: file_name may name the image.
func pngOf(name string) string {
	return strings.TrimSuffix(name, path.Ext(name)) + ".png"
}

// segmentFolder finds the folder in which the pictures of a file lie. Images
// and pictures often share their names, so a folder that is called like the
// file, or panoptic, comes before one that holds more of them; the images'
// own folder does not count.
func (j *joiner) segmentFolder(member int, f *Facts) (string, bool) {
	counts := map[string]int{}
	var room []int32
	for i := range f.Panoptic.Pictures {
		name := pngOf(f.Panoptic.Pictures[i].Name)
		list, _ := j.byBase.of(strings.ToLower(path.Base(name)), room)
		for _, m := range list {
			if folder, ok := strings.CutSuffix(j.members[m].Path, path.Clean(name)); ok {
				counts[strings.TrimSuffix(folder, "/")]++
			}
		}
	}
	own := stem(path.Base(j.members[member].Path))
	best, most := "", 0
	for folder, n := range counts {
		base := strings.ToLower(path.Base(folder))
		switch {
		case base == strings.ToLower(own):
			n += 4 << 30
		case strings.Contains(base, "panoptic"):
			n += 2 << 30
		case len(counts) > 1 && commonStart(folder, path.Dir(j.members[member].Path)) > 0:
			n += 1 << 30
		case base == "images" || base == "image":
			continue
		}
		if n > most || n == most && folder < best {
			best, most = folder, n
		}
	}
	return best, most > 0
}

// segments holds the segments of a picture against its pixels.
func (j *joiner) segments(member int, p *SegmentPicture, picture int, values []Value) {
	counts := make(map[int64]int64, len(values))
	for _, v := range values {
		counts[v.Value] = v.Count
	}
	at := "/annotations/" + strconv.Itoa(int(p.Place)) + "/segments_info/"
	listed := map[int64]bool{}
	for k, s := range p.Segments {
		if s.ID < 0 {
			continue
		}
		listed[s.ID] = true
		n, ok := counts[s.ID]
		j.check(cocoRules[cocoSegmentAbsent], 1)
		if !ok {
			j.find(cocoRules[cocoSegmentAbsent], member, at+strconv.Itoa(k)+"/id", "", "")
			continue
		}
		if s.Area >= 0 {
			j.check(cocoRules[cocoSegmentArea], 1)
			if s.Area != n {
				j.find(cocoRules[cocoSegmentArea], member, at+strconv.Itoa(k)+"/area", "", "")
			}
		}
	}
	for _, v := range values {
		if v.Value == 0 {
			continue // no segment
		}
		j.check(cocoRules[cocoSegmentUnlisted], 1)
		if !listed[v.Value] {
			j.find(cocoRules[cocoSegmentUnlisted], picture, "pixel id "+strconv.FormatInt(v.Value, 10), "", "")
		}
	}
}
