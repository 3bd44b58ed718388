package audit

import (
	"errors"
	"slices"
	"strings"

	"assay/internal/audit/annotation"
	"assay/internal/audit/archive"
	"assay/internal/audit/deid"
	"assay/internal/audit/finding"
	"assay/internal/audit/spill"
)

// set is what only all files together can tell. It keeps about 200 bytes for
// each file, of which more than room bytes go to temporary space, and no
// identifier: UIDs and PatientIDs are keyed hashes.
type set struct {
	scratch archive.Scratch
	room    int // bytes of records of one sort in memory

	members   *spill.Sorter
	instances int
	encoded   []byte
	parted    bool // a group was too large to be compared at once
	facts     Measured
	data      int // data files that were read

	modalities []string
	sizes      histogram // series by their instances
	spacing    histogram // series by the step of their slices
	numbered   int       // findings on geometry that name numbers
	splits     splits
	tables     splitTables // that name the parts of a split
	digests    []PixelDigest

	headers  *deid.Set
	shared   sharing
	compared *annotation.Compared // for the LQS; nil without
}

// roomOfSort is how many bytes of records one sort keeps in memory: those of
// the files of an ordinary set.
const roomOfSort = 16 << 20

func newSet(scratch archive.Scratch, room int) *set {
	return &set{
		scratch: scratch, room: room,
		members: spill.New(memberBytes, room, scratch),
		headers: deid.NewSet(),
		shared:  newSharing(scratch, room),
		sizes:   newSizes(), spacing: newSteps(),
		modalities: []string{""},
	}
}

// close frees temporary space.
func (s *set) close() error { return errors.Join(s.members.Close(), s.shared.close()) }

// add takes the facts of a file, in the order of the plan. Its error is one of
// temporary space.
func (s *set) add(file int, path string, sums sums, f *Facts) error {
	count(&s.facts.Kinds, orUnknown(f.Kind))
	if f.Data && f.Status == Read {
		s.data++
	}
	if f.Header != nil {
		s.headers.Add(file, f.Header)
	}
	if err := s.shared.add(file, f); err != nil {
		return err
	}
	s.tables.add(file, f.Splits)
	m := member{file: int32(file), content: contentOf(sums.sha256), age: -1}
	switch {
	case f.Instance != nil:
		s.instance(&m, sums, f)
	case !f.Data || f.Status != Read || isLabel(path):
		return nil
	}
	m.split = s.splits.of(path)
	s.encoded = m.encode(s.encoded[:0])
	return s.members.Add(s.encoded)
}

func orUnknown(kind string) string {
	if kind == "" {
		return "unknown"
	}
	return kind
}

// instance fills a member with what a DICOM instance tells.
func (s *set) instance(m *member, sums sums, f *Facts) {
	i := f.Instance
	s.instances++
	s.measure(i)
	m.sop, m.series, m.study, m.patient, m.birth = i.SOPInstance, i.Series, i.Study, i.Patient, i.BirthDate
	m.age, m.place = int16(i.AgeYears), i.Place
	m.modality = s.modality(i.Modality)
	if i.Sex != "" {
		m.sex = i.Sex[0]
	}
	m.captured = strings.Contains(i.SOPClass, "Secondary Capture")
	m.pixels = sums.pixels
	switch {
	case f.Pixels != nil && f.Pixels.Digest != [16]byte{}:
		m.decoded = f.Pixels.Digest
	case i.Pixels.SampleBytes > 0:
		m.decoded = m.pixels
	}
	if f.Pixels != nil && f.Pixels.Constant || i.Modality == "SEG" {
		// Blank frames and masks are equal without being copies.
		m.pixels, m.decoded = [16]byte{}, [16]byte{}
	}
}

// modality returns the number of a modality, 0 for none. There are few: those
// that are known, and "other".
func (s *set) modality(name string) uint8 {
	for i, m := range s.modalities {
		if m == name {
			return uint8(i)
		}
	}
	if len(s.modalities) == 255 {
		return 0
	}
	s.modalities = append(s.modalities, name)
	return uint8(len(s.modalities) - 1)
}

func (s *set) modalityName(n uint8) string { return s.modalities[n] }

// rules reports what the members say about each other, and counts what they
// are. Its error is one of temporary space.
func (s *set) rules(found *collector, name func(file int) string, hash *hasher) error {
	m := &s.facts
	var err error
	if len(s.tables.byKey) > 0 {
		err = s.tables.join(s, name, hash)
		s.tables.leaks(s, found)
	}
	each := func(distinct *int, key func(*member) groupKey, least int, f func([]member)) {
		if err == nil {
			*distinct, err = s.groups(key, least, f)
		}
	}
	var ignored int
	each(&ignored, func(m *member) groupKey { return groupOf(m.sop) }, 2, func(g []member) { s.duplicateUID(g, found) })
	each(&m.Series, func(m *member) groupKey { return groupOf(m.series) }, 1, func(g []member) {
		mixedSeries(g, found)
		s.geometry(g, found)
	})
	each(&m.Studies, func(m *member) groupKey { return groupOf(m.study) }, 2, func(g []member) {
		mixedStudy(g, found)
		s.splits.study(g, found)
	})
	each(&m.Patients, func(m *member) groupKey { return groupOf(m.patient) }, 1, func(g []member) {
		s.patient(g, found)
		s.splits.patient(g, found)
	})
	each(&ignored, func(m *member) groupKey { return m.pixels }, 1, func(g []member) {
		s.digest(g)
		s.pixels(g, found)
	})
	each(&ignored, func(m *member) groupKey { return m.decoded }, 2, func(g []member) {
		// Equal bytes were told; these are equal in another transfer syntax.
		if slices.ContainsFunc(g, func(m member) bool { return m.pixels != g[0].pixels }) {
			s.pixels(g, found)
		}
	})
	each(&ignored, func(m *member) groupKey { return m.loneContent() }, 2, func(g []member) { s.splits.content(g, found) })
	s.headers.Conclude(func(file int, f finding.Finding) { found.add(file, f) })
	m.InstancesPerSeries, m.SliceSpacingMM = s.sizes.bins(), s.spacing.bins()
	return err
}
