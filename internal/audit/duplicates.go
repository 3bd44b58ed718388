package audit

import (
	"bytes"
	"cmp"
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
func (s *set) duplicateUID(g []member, found *collector) {
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
	pixels := differ(g, func(m *member) [16]byte { return m.pixels })
	s.compared.SameUID(filesOf(g), pixels, !same)
}

// digest keeps the digest of a group with equal pixels for other sets: of the
// decoded ones, if one of the group was decoded.
func (s *set) digest(g []member) {
	d := PixelDigest{Digest: g[0].pixels, Instances: len(g), File: int(g[0].file)}
	if i := slices.IndexFunc(g, func(m member) bool { return m.decoded != [16]byte{} }); i >= 0 {
		d.Digest = g[i].decoded
	}
	s.digests = append(s.digests, d)
}

// pixels reports a group of instances with equal pixels.
func (s *set) pixels(g []member, found *collector) {
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
// files, and joins those of one picture in several transfer syntaxes.
func (s *set) sortDigests() []PixelDigest {
	slices.SortFunc(s.digests, func(a, b PixelDigest) int {
		return cmp.Or(bytes.Compare(a.Digest[:], b.Digest[:]), cmp.Compare(a.File, b.File))
	})
	list := s.digests[:0]
	for _, d := range s.digests {
		if n := len(list); n > 0 && list[n-1].Digest == d.Digest {
			list[n-1].Instances += d.Instances
			continue
		}
		list = append(list, d)
	}
	return list
}

// loneContent is the key of files that are no DICOM instances, by their bytes.
func (m *member) loneContent() groupKey {
	if m.sop != (Hash{}) || m.series != (Hash{}) {
		return groupKey{}
	}
	return groupKey(m.content)
}
