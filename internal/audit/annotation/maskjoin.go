package annotation

import (
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
)

// maskFolder and maskSuffix are how folders and files say that they are masks;
// imageFolder and imageSuffix that they are what masks belong to. Of a folder
// of volumes, labels says it too.
var (
	maskFolder   = regexp.MustCompile(`(?i)^(masks?|[a-z0-9]+[-_]masks?|masks?[-_][a-z0-9]+|segmentations?|segs?|segmentation(class|object)|gt|ground[-_ ]?truths?|annotated[-_]masks?)$`)
	volumeFolder = regexp.MustCompile(`(?i)^(labels?|labels?(tr|ts|val)|annotations?)$`)
	imageFolder  = regexp.MustCompile(`(?i)^(images?|imgs?|images?(tr|ts|val)|jpegimages|pngimages|pictures|scans?|volumes?|ct|mri?|xrays?|data)$`)
	maskSuffix   = regexp.MustCompile(`(?i)^(.+)[-_.](mask|masks|seg|segmentation|gt|groundtruth)([-_]?\d{1,2})?$`)
	volumeSuffix = regexp.MustCompile(`(?i)^(.+)[-_.]labels?$`)
	imageSuffix  = regexp.MustCompile(`(?i)^(.+)[-_.](image|img|orig|original|0000)$`)
	objectFolder = regexp.MustCompile(`(?i)^segmentationobject$`) // its values are objects, not classes
)

// maskName is what the path of a file says of masks.
type maskName struct {
	key      string // equal for an image and its masks
	own      string // the key with the folder of a reader, whose image may lie beside
	reader   string // word for the reader of a mask, "" if it tells none
	stem     string
	isMask   bool // by folder or suffix
	isObject bool
}

// nameOfMask reads a path.
func nameOfMask(p string, volume bool) maskName {
	n := maskName{stem: strings.ToLower(stem(path.Base(p)))}
	whole, reader := n.stem, ""
	n.stem, reader = cutReader(whole, false)
	if rest, short := cutReader(whole, true); reader == "" && maskSuffix.MatchString(rest) {
		n.stem, reader = rest, short
	}
	if m := maskSuffix.FindStringSubmatch(n.stem); m != nil {
		n.stem, n.isMask = m[1], true
	} else if m := volumeSuffix.FindStringSubmatch(n.stem); m != nil && volume {
		n.stem, n.isMask = m[1], true
	} else if m := imageSuffix.FindStringSubmatch(n.stem); m != nil {
		n.stem = m[1]
	}
	var rest, own []string
	inFolder := false
	isMask := reader != ""
	for part := range strings.SplitSeq(path.Dir(p), "/") {
		switch {
		case readerFolder.MatchString(part):
			reader, inFolder = fold(part), true
			own = append(own, strings.ToLower(part))
		case maskFolder.MatchString(part), volume && volumeFolder.MatchString(part):
			n.isMask = true
			n.isObject = n.isObject || objectFolder.MatchString(part)
		case imageFolder.MatchString(part), part == ".":
			inFolder = inFolder && part == "." // images that a reader was given
		default:
			rest, own = append(rest, strings.ToLower(part)), append(own, strings.ToLower(part))
		}
	}
	return n.ofReader(rest, own, reader, isMask || inFolder)
}

// ofReader completes a name with the reader that it tells: what lies in the
// folder of a reader, but not among images there, is a mask.
func (n maskName) ofReader(rest, own []string, reader string, isMask bool) maskName {
	n.isMask = n.isMask || isMask
	switch {
	case !n.isMask:
		rest, reader = own, ""
	case reader == "":
		n.stem, reader = cutReader(n.stem, true)
	}
	n.reader = reader
	n.key, n.own = path.Join(append(rest, n.stem)...), path.Join(append(own, n.stem)...)
	return n
}

// joinMasks pairs masks with images by their names. Only what says by its
// folder or suffix that it is a mask is taken for one, and only where an image
// of that name is there.
func joinMasks(j *joiner) {
	images, byStem := map[string][]int{}, map[string][]int{}
	masks := map[string][]int{}
	names := make([]maskName, len(j.members))
	for i := range j.members {
		m := &j.members[i]
		if !isImage(m) || j.roles[i] != unknownRole || isAppleDouble(m.Path) {
			continue
		}
		n := nameOfMask(m.Path, m.Kind.Volume())
		names[i] = n
		if n.isMask && m.Instance == nil {
			masks[n.key] = append(masks[n.key], i)
		} else {
			images[n.key] = append(images[n.key], i)
			byStem[n.stem] = append(byStem[n.stem], i)
		}
	}
	s := maskSet{joiner: j, names: names, maps: j.labelMaps(), images: images, byStem: byStem, folders: map[string]bool{}, masked: map[int]bool{}}
	for _, key := range slices.Sorted(maps.Keys(masks)) {
		for _, mask := range masks[key] {
			s.pair(mask)
		}
	}
	s.rest(masks)
}

// maskSet is the pictures and volumes of a set that have no other layout.
type maskSet struct {
	*joiner
	names          []maskName
	maps           map[string]map[int64]string
	images, byStem map[string][]int
	folders        map[string]bool // with an image that has a mask
	masked         map[int]bool    // images
}

// imageOf finds the image of a mask: by folders and stem, else by the stem
// alone if it is of one image.
func (s *maskSet) imageOf(mask int) int {
	n := s.names[mask]
	for _, list := range [][]int{s.images[n.own], s.images[n.key], s.byStem[n.stem]} {
		if i, ok := s.onlyOne(mask, list); ok {
			return i
		}
	}
	return -1
}

// onlyOne returns the one file of a list that can be the image of a mask.
// Several volumes of a case, or an image in two formats, are no one.
func (s *maskSet) onlyOne(mask int, list []int) (int, bool) {
	found := -1
	for _, i := range list {
		if s.roles[i] != unknownRole && s.roles[i] != imageRole {
			continue
		}
		if s.members[i].Kind.Volume() != s.members[mask].Kind.Volume() && s.members[i].Instance == nil {
			continue
		}
		if found >= 0 {
			return -1, false
		}
		found = i
	}
	return found, found >= 0
}

func (s *maskSet) pair(mask int) {
	image := s.imageOf(mask)
	if image < 0 {
		return
	}
	s.masked[image] = true
	s.folders[path.Dir(s.members[image].Path)] = true
	names := maskNames{names: s.mapOf(mask)}
	if s.names[mask].isObject {
		s.roles[mask] = ignoredRole
		return
	}
	if s.members[mask].Kind.Image() {
		s.countFormat(PNGMask, nil)
	}
	s.maskReaders[mask] = s.readerNamed(s.names[mask].reader)
	s.mask(mask, s.item(image), image, names)
}

// labelMaps returns the maps of values to names, by the folder they are in.
func (j *joiner) labelMaps() map[string]map[int64]string {
	found := map[string]map[int64]string{}
	for i := range j.members {
		f := j.members[i].Facts
		if f != nil && f.Config != nil && f.Formats[0].Format == PNGMask {
			found[path.Dir(j.members[i].Path)] = f.Config.Names
		}
	}
	return found
}

// mapOf returns the names of values from the nearest map above a mask.
func (s *maskSet) mapOf(mask int) map[int64]string {
	for folder := path.Dir(s.members[mask].Path); ; folder = path.Dir(folder) {
		if names, ok := s.maps[folder]; ok {
			return names
		}
		if folder == "." || folder == "/" {
			return nil
		}
	}
}

// rest finds images without a mask among those that have one, and masks
// without an image where others have one.
func (s *maskSet) rest(masks map[string][]int) {
	if len(s.masked) == 0 {
		return
	}
	for i := range s.members {
		if s.names[i].key == "" || !s.folders[path.Dir(s.members[i].Path)] || s.roles[i] == maskRole || s.roles[i] == ignoredRole || s.names[i].isMask {
			continue
		}
		s.check(ruleMaskMissing, 1)
		if !s.masked[i] {
			s.find(ruleMaskMissing, i, "", "", "")
		}
	}
	for _, key := range slices.Sorted(maps.Keys(masks)) {
		for _, mask := range masks[key] {
			s.check(ruleMaskAlone, 1)
			if s.roles[mask] == unknownRole {
				s.find(ruleMaskAlone, mask, "", "", "")
				s.roles[mask] = maskRole
			}
		}
	}
}
