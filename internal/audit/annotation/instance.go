package annotation

import (
	"crypto/sha256"
	"slices"
	"strings"

	"assay/internal/audit/series"
)

// noImages are SOP Classes whose pixel data is no image that is labeled: it is
// made from one, as a segmentation or a dose is.
//
// Source: DICOM PS3.4 Table B.5-1.
var noImages = map[string]bool{
	segmentationClass: true, labelMapClass: true,
	"Surface Segmentation Storage": true, "Height Map Segmentation Storage": true,
	"RT Dose Storage": true,
}

// isImage reports whether the instance has pixels that labels may be about:
// reports, structure sets, presentation states and their like have none.
func (i *Instance) isImage() bool { return i.Frames > 0 && !noImages[i.SOPClass] }

// firstImage returns the first of some members that is an image, the first of
// all if none is, -1 if there are none.
func (j *joiner) firstImage(members []int) int {
	for _, i := range members {
		if isImage(&j.members[i]) {
			return i
		}
	}
	if len(members) > 0 {
		return members[0]
	}
	return -1
}

// shown returns the image that is meant by one that a file names: itself, the
// image that a segmentation or structure set is about, or another of its series
// if it is not there; -1 if there is none.
func (j *joiner) shown(found int, im *Image) int {
	if found < 0 {
		if im.Series == (Hash{}) || im.SOP == (Hash{}) {
			return -1
		}
		found = j.firstImage(j.bySeries[im.Series])
	}
	if found < 0 || isImage(&j.members[found]) {
		return found
	}
	if f := j.members[found].Facts; f != nil && f.Object != nil && len(f.Images) > 0 {
		found = j.resolve(found, &f.Images[0])
	}
	if found < 0 || !isImage(&j.members[found]) {
		return -1
	}
	return found
}

// seriesOf returns the members that are one item with a member: the images of its
// series, if they are slices of a volume.
func (j *joiner) seriesOf(member int) []int {
	in := j.members[member].Instance
	if in == nil || in.Series == (Hash{}) || !series.Stacks(in.Modality) {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(j.bySeries[in.Series]), func(i int) bool {
		other := j.members[i].Instance
		return !other.isImage() || !series.Stacks(other.Modality)
	})
}

// fill makes an item that holds one slice hold all of its series.
func (j *joiner) fill(it *Item, number int32, members []int) {
	it.File, it.Depth = j.members[members[0]].Index, 0
	digests := make([]string, 0, len(members))
	for _, i := range members {
		m := &j.members[i]
		j.roles[i], j.items[i] = imageRole, number
		it.Files = append(it.Files, m.Index)
		it.Depth += m.Instance.Frames
		if it.Quality == nil && m.Facts != nil {
			it.Quality = m.Facts.Quality
		}
		digests = append(digests, string(m.Digest[:]))
	}
	if len(members) > 1 {
		it.Digest = digestOf(digests)
	}
}

// digestOf returns one digest of the slices of a series in any order, zero if
// one of them is unknown.
func digestOf(digests []string) (out [16]byte) {
	if slices.Contains(digests, string(out[:])) {
		return out
	}
	slices.Sort(digests)
	sum := sha256.Sum256([]byte(strings.Join(digests, "")))
	copy(out[:], sum[:])
	return out
}
