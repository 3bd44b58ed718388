package audittest

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"

	"assay/internal/audit/dicom/dict"
	"assay/internal/audit/synth"
)

// FaultySet is a set of made series with one fault, or without.
type FaultySet struct {
	Fault string // in words; "none" for a clean set
	Rule  string // that must find it, "" if there is none
	Files []synth.File
	Bear  []string // paths of files of which the rule must name one, at least
}

// FaultySets makes n sets of each fault, and n without, of other sizes, places
// and modalities for each seed.
func FaultySets(seed uint64, n int) ([]FaultySet, error) {
	var list []FaultySet
	for k, kind := range faults {
		for i := range n {
			m := &maker{random: rand.New(rand.NewPCG(seed, uint64(k*10_000+i)))}
			s := FaultySet{Fault: kind.name, Rule: kind.rule}
			s.Files, s.Bear = kind.make(m)
			if m.err != nil {
				return nil, fmt.Errorf("%s, set %d: %w", kind.name, i+1, m.err)
			}
			list = append(list, s)
		}
	}
	return list, nil
}

// Attributes that faults change.
const (
	sopInstance  = dict.Tag(0x00080018)
	patientID    = dict.Tag(0x00100020)
	patientSex   = dict.Tag(0x00100040)
	study        = dict.Tag(0x0020000D)
	number       = dict.Tag(0x00200013)
	position     = dict.Tag(0x00200032)
	orientation  = dict.Tag(0x00200037)
	frame        = dict.Tag(0x00200052)
	rows         = dict.Tag(0x00280010)
	columns      = dict.Tag(0x00280011)
	pixelSpacing = dict.Tag(0x00280030)
	pixelData    = dict.Tag(0x7FE00010)
)

var faults = []struct {
	name, rule string
	make       func(*maker) (files []synth.File, bear []string)
}{
	{"none", "", func(m *maker) ([]synth.File, []string) {
		return append(m.series("", 8, 40), m.series("", 1, 12)...), nil
	}},
	{"slices missing", "set-series-geometry", func(m *maker) ([]synth.File, []string) {
		f := m.series("", 10, 48)
		at, k := m.inside(f, 3), 1+m.random.IntN(3)
		return append(f[:at:at], f[min(at+k, len(f)-2):]...), []string{f[at-1].Path}
	}},
	{"slice there twice", "set-series-geometry", func(m *maker) ([]synth.File, []string) {
		f := m.series("", 10, 48)
		at := m.inside(f, 2)
		again := synth.File{Path: f[at].Path + ".copy.dcm", Data: f[at].Data}
		m.edit(&again, sopInstance, m.uid())
		m.edit(&again, number, fmt.Sprint(len(f)+1))
		m.noise(&again)
		return append(f, again), []string{f[at].Path, again.Path}
	}},
	{"uneven step", "set-series-geometry", func(m *maker) ([]synth.File, []string) {
		f := m.series("", 10, 48)
		at := m.inside(f, 2)
		x, y, z := m.position(&f[at])
		_, _, next := m.position(&f[at+1])
		m.edit(&f[at], position, fmt.Sprintf("%g\\%g\\%.4f", x, y, z+(next-z)*(0.25+0.5*m.random.Float64())))
		return f, []string{f[at].Path}
	}},
	{"another orientation", "set-series-geometry", func(m *maker) ([]synth.File, []string) {
		f := m.series("", 10, 48)
		return f, m.some(f, 4, func(one *synth.File) {
			m.edit(one, orientation, []string{`1\0\0\0\0\-1`, `0\1\0\0\0\-1`, `1\0\0\0\0.966\0.259`}[m.random.IntN(3)])
		})
	}},
	{"another pixel spacing", "set-series-geometry", func(m *maker) ([]synth.File, []string) {
		f := m.series("", 10, 48)
		return f, m.some(f, 4, func(one *synth.File) { m.edit(one, pixelSpacing, `0.333\0.333`) })
	}},
	{"another matrix", "set-series-geometry", func(m *maker) ([]synth.File, []string) {
		f := m.series("", 10, 48)
		return f, m.some(f, 4, func(one *synth.File) {
			m.edit(one, rows, "\x20\x00")
			m.edit(one, columns, "\x80\x00")
		})
	}},
	{"another frame of reference", "set-series-geometry", func(m *maker) ([]synth.File, []string) {
		f := m.series("", 10, 48)
		uid := m.uid()
		return f, m.some(f, 4, func(one *synth.File) { m.edit(one, frame, uid) })
	}},
	{"number left empty", "set-series-geometry", func(m *maker) ([]synth.File, []string) {
		f := m.series("", 10, 48)
		return f, m.some(f, 4, func(one *synth.File) { m.edit(one, number, "") })
	}},
	{"two patients in a series", "set-mixed-patient", func(m *maker) ([]synth.File, []string) {
		f := m.series("", 10, 48)
		return f, m.some(f, 4, func(one *synth.File) { m.edit(one, patientID, "SUBJ-other") })
	}},
	{"a series in two studies", "set-mixed-patient", func(m *maker) ([]synth.File, []string) {
		f := m.series("", 10, 48)
		uid := m.uid()
		return f, m.some(f, 4, func(one *synth.File) { m.edit(one, study, uid) })
	}},
	{"two sexes of a patient", "set-mixed-patient", func(m *maker) ([]synth.File, []string) {
		f := m.series("", 10, 48)
		return f, m.some(f, 4, func(one *synth.File) {
			other := "M"
			if v, _ := Value(one.Data, patientSex); bytes.HasPrefix(v, []byte("M")) {
				other = "F"
			}
			m.edit(one, patientSex, other)
		})
	}},
	{"one UID, two images", "set-duplicate-uid", func(m *maker) ([]synth.File, []string) {
		f := m.series("", 10, 48)
		a, b := m.two(len(f))
		m.copyValue(&f[a], f[b], sopInstance)
		return f, []string{f[a].Path, f[b].Path}
	}},
	{"equal pixels in a series", "set-duplicate-pixels", func(m *maker) ([]synth.File, []string) {
		f := m.series("", 10, 48)
		a, b := m.two(len(f))
		m.copyValue(&f[a], f[b], pixelData)
		return f, []string{f[a].Path, f[b].Path}
	}},
	{"equal pixels of two patients", "set-duplicate-pixels", func(m *maker) ([]synth.File, []string) {
		f, g := m.twoOfOneSize("", "")
		return append(f, g...), []string{f[1].Path, g[0].Path}
	}},
	{"a patient in two parts of a split", "set-split-leakage", func(m *maker) ([]synth.File, []string) {
		parts := m.parts()
		f, g := m.series(parts[0], 3, 12), m.series(parts[1], 3, 12)
		id, err := Value(f[0].Data, patientID)
		m.fail(err)
		for i := range g {
			m.edit(&g[i], patientID, string(id))
		}
		return append(append(f, g...), m.series(parts[0], 3, 8)...), []string{f[0].Path, g[0].Path}
	}},
	{"equal pixels in two parts of a split", "set-split-leakage", func(m *maker) ([]synth.File, []string) {
		parts := m.parts()
		f, g := m.twoOfOneSize(parts[0], parts[1])
		return append(f, g...), []string{f[1].Path, g[0].Path}
	}},
	{"a table puts a patient into two parts", "set-split-leakage", func(m *maker) ([]synth.File, []string) {
		f, g := m.series("", 3, 12), m.series("", 3, 12)
		a, err := Value(f[0].Data, patientID)
		m.fail(err)
		b, err := Value(g[0].Data, patientID)
		m.fail(err)
		rows := fmt.Sprintf("subject_id,site,split\n%s,1,train\n%s,2,train\n%[1]s,1,test\n", bytes.TrimSpace(a), bytes.TrimSpace(b))
		table := synth.File{Path: "participants.csv", Data: []byte(rows)}
		return append(append(f, g...), table), []string{table.Path}
	}},
}

// maker makes the series of one set.
type maker struct {
	random *rand.Rand
	err    error
}

func (m *maker) fail(err error) { m.err = errors.Join(m.err, err) }

// series makes a series of CT or MR of least to most slices.
func (m *maker) series(folder string, least, most int) []synth.File {
	return m.made(synth.Spec{Folder: folder, Slices: least + m.random.IntN(most-least+1)})
}

func (m *maker) made(s synth.Spec) []synth.File {
	s.Modality = []synth.Modality{synth.CT, synth.MR}[m.random.IntN(2)]
	s.Seed = m.random.Uint64N(1 << 40)
	s.Rows, s.Columns = 64, 64
	files, err := synth.Series(s)
	m.fail(err)
	return files
}

// twoOfOneSize makes two series, of which the second shows one picture of the
// first.
func (m *maker) twoOfOneSize(one, two string) (f, g []synth.File) {
	f, g = m.series(one, 4, 16), m.series(two, 4, 16)
	m.copyValue(&g[0], f[1], pixelData)
	return f, g
}

// parts returns two different folders of a split.
func (m *maker) parts() [2]string {
	kinds := [][]string{
		{"train", "test"}, {"train", "val"}, {"Training", "Testing"}, {"data/train_set", "data/test_set"}, {"imagesTr", "imagesTs"},
		{"validation", "test"}, {"fold_0", "fold_3"}, {"cohort/TrainImages", "cohort/ValImages"}, {"split-train", "split-holdout"},
	}
	k := kinds[m.random.IntN(len(kinds))]
	return [2]string{k[0], k[1]}
}

// inside returns the index of a file that is at least margin from both ends.
func (m *maker) inside(f []synth.File, margin int) int {
	return margin + m.random.IntN(len(f)-2*margin)
}

func (m *maker) two(n int) (int, int) {
	a := m.random.IntN(n)
	return a, (a + 1 + m.random.IntN(n-1)) % n
}

// some changes one to most files, fewer than half, and returns their paths.
func (m *maker) some(f []synth.File, most int, change func(*synth.File)) []string {
	var paths []string
	for _, i := range m.random.Perm(len(f))[:1+m.random.IntN(most)] {
		change(&f[i])
		paths = append(paths, f[i].Path)
	}
	return paths
}

func (m *maker) edit(f *synth.File, tag dict.Tag, value string) {
	data, err := Edit(f.Data, tag, []byte(value))
	m.fail(err)
	if err == nil {
		f.Data = data
	}
}

func (m *maker) copyValue(to *synth.File, from synth.File, tag dict.Tag) {
	v, err := Value(from.Data, tag)
	m.fail(err)
	m.edit(to, tag, string(v))
}

func (m *maker) noise(f *synth.File) {
	v, err := Value(f.Data, pixelData)
	m.fail(err)
	v = bytes.Clone(v)
	for range 1 + len(v)/50 {
		v[m.random.IntN(len(v)/2)*2] ^= 1
	}
	m.edit(f, pixelData, string(v))
}

func (m *maker) position(f *synth.File) (x, y, z float64) {
	v, err := Value(f.Data, position)
	m.fail(err)
	_, err = fmt.Sscanf(strings.ReplaceAll(strings.Trim(string(v), " "), `\`, " "), "%g %g %g", &x, &y, &z)
	m.fail(err)
	return x, y, z
}

func (m *maker) uid() string {
	return fmt.Sprintf("2.25.%d%d", 1+m.random.Uint64N(1<<60), m.random.Uint64())
}
