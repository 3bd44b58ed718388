package audit

import (
	"bytes"
	"slices"

	"assay/internal/audit/finding"
)

// PixelDigest is the fast hash of the pixels of an image of the set, to be
// compared with other sets. It is no secret and no proof: whoever stores it
// hashes it again with a key, and whoever acts on it compares the bytes.
type PixelDigest struct {
	Digest    [16]byte // XXH3 in 128 bits, highest byte first
	Instances int      // with those pixels, at least 1
	File      int      // index in the manifest of the first of them
}

// duplicateUID reports the files of a group that share a SOPInstanceUID: a
// blocker if their bytes differ, else a warning.
func duplicateUID(g []member, found *collector) {
	f := ruleDuplicateUID.New("(0008,0018) SOPInstanceUID", "", "", finding.Location{})
	same := !slices.ContainsFunc(g, func(m member) bool { return m.content != g[0].content })
	if same {
		f.Severity = finding.Warning
		f.Message = "The same instance is in the set more than once."
	} else {
		f.Message = "One SOPInstanceUID is used by files with different content."
	}
	for _, m := range g {
		found.add(int(m.file), f)
	}
}

// pixels takes a group of instances with equal pixels.
func (s *set) pixels(g []member, found *collector) {
	s.digests = append(s.digests, PixelDigest{Digest: g[0].pixels, Instances: len(g), File: int(g[0].file)})
	if !slices.ContainsFunc(g, func(m member) bool { return m.sop != g[0].sop }) {
		return // copies of one instance, which are another rule's
	}
	f := ruleDuplicatePixels.New("(7FE0,0010) PixelData", "", "", finding.Location{})
	patients := differ(g, func(m *member) Hash { return m.patient })
	switch {
	case patients && g[0].captured:
		f.Severity = finding.Warning
		f.Message = "Different patients have secondary captures with equal pixels: a form or cover page, or one of them is not who the header says."
	case patients:
		f.Message = "Different patients have instances with equal pixels: one of them is not who the header says."
	case differ(g, func(m *member) Hash { return m.study }):
		f.Severity = finding.Warning
		f.Message = "Instances of different studies of one patient have equal pixels."
	default:
		f.Severity = finding.Warning
		f.Message = "Instances of one study have equal pixels and different SOPInstanceUIDs."
	}
	for i, m := range g {
		if i == 0 {
			found.add(int(m.file), f)
		} else {
			found.place(int(m.file), f)
		}
	}
	s.splits.pixels(g, found)
}

// sortDigests puts the digests in their own order, which says nothing of the
// files.
func (s *set) sortDigests() []PixelDigest {
	slices.SortFunc(s.digests, func(a, b PixelDigest) int { return bytes.Compare(a.Digest[:], b.Digest[:]) })
	return s.digests
}

// loneContent is the key of files that are no DICOM instances, by their bytes.
func (m *member) loneContent() groupKey {
	if m.sop != (Hash{}) || m.series != (Hash{}) {
		return groupKey{}
	}
	return groupKey(m.content)
}
