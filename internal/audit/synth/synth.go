package synth

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/big"
	"math/rand/v2"
	"path"
	"slices"

	"github.com/suyashkumar/dicom"
)

// File is a file of a submission.
type File struct {
	Path string // slashes, relative
	Data []byte
}

// Modality is what kind of series to make.
type Modality string

// Modalities. SC is a secondary capture, whose Modality attribute is OT.
const (
	CT Modality = "CT"
	MR Modality = "MR"
	US Modality = "US"
	DX Modality = "DX"
	SC Modality = "SC"
)

// Modalities returns all modalities.
func Modalities() []Modality { return []Modality{CT, MR, US, DX, SC} }

// Parts returns the body parts that series of a modality can show.
func Parts(m Modality) []string {
	var list []string
	for _, w := range vocabulary[m] {
		if !slices.Contains(list, w.part) {
			list = append(list, w.part)
		}
	}
	return list
}

// Spec says what series to make. The zero value of a field means its default.
type Spec struct {
	Modality Modality
	Seed     uint64
	Slices   int    // instances; 24
	Rows     int    // 128 for CT and MR, 240 for US and SC, 256 for DX
	Columns  int    // 128, 320 for US and SC, 256 for DX
	Part     string // BodyPartExamined, one of Parts(Modality); drawn from the seed
	Subject  string // pseudonym, "SUBJ-0042" from the seed
	Folder   string // above the subject's folder

	Problems []Problem
	Person   *Person // whose identifiers are planted; invented if nil
}

func (s Spec) has(p Problem) bool {
	for _, have := range s.Problems {
		if have == p {
			return true
		}
	}
	return false
}

func (s Spec) withDefaults() Spec {
	rows, columns := 128, 128
	switch s.Modality {
	case US, SC:
		rows, columns = 240, 320
	case DX:
		rows, columns = 256, 256
	}
	if s.Slices == 0 {
		s.Slices = 24
	}
	if s.Rows == 0 {
		s.Rows = rows
	}
	if s.Columns == 0 {
		s.Columns = columns
	}
	if s.Subject == "" {
		s.Subject = fmt.Sprintf("SUBJ-%04d", 1+s.Seed%9999)
	}
	if s.Person == nil {
		p := NewPerson(s.Seed)
		s.Person = &p
	}
	return s
}

// series is a series in the making.
type series struct {
	Spec
	random *rand.Rand
	device device
	words  words
	age    int
	sex    string
	weight int
}

// Series makes the files of one series.
func Series(spec Spec) ([]File, error) {
	s, err := newSeries(spec)
	if err != nil {
		return nil, err
	}
	files := make([]File, 0, s.Slices)
	for i := range s.Slices {
		b, err := s.instance(i)
		if err != nil {
			return nil, fmt.Errorf("synth: instance %d: %w", i+1, err)
		}
		files = append(files, File{s.path(i), b})
	}
	return s.damage(files), nil
}

// newSeries draws what a Spec leaves open.
func newSeries(spec Spec) (*series, error) {
	spec = spec.withDefaults()
	if spec.Rows < 16 || spec.Columns < 16 || spec.Rows > 4096 || spec.Columns > 4096 || spec.Slices < 1 || spec.Slices > 100_000 {
		return nil, fmt.Errorf("synth: %d slices of %d by %d cannot be made", spec.Slices, spec.Rows, spec.Columns)
	}
	s := &series{Spec: spec, random: rand.New(rand.NewPCG(spec.Seed, 0x5eed))}
	return s, s.choose()
}

// choose draws what holds for the whole series.
func (s *series) choose() error {
	devices, found := devices[s.Modality]
	if !found {
		return fmt.Errorf("synth: no modality %q", s.Modality)
	}
	s.device = devices[s.random.IntN(len(devices))]
	var choices []words
	for _, w := range vocabulary[s.Modality] {
		if s.Part == "" || s.Part == w.part {
			choices = append(choices, w)
		}
	}
	if len(choices) == 0 {
		return fmt.Errorf("synth: no %s series of part %q", s.Modality, s.Part)
	}
	s.words = choices[s.random.IntN(len(choices))]
	s.age = 25 + s.random.IntN(60)
	if s.words.part == "HAND" { // taken for the bone age of children
		s.age = 4 + s.random.IntN(14)
	}
	s.weight = 50 + s.random.IntN(50)
	s.sex = [...]string{"F", "M"}[s.random.IntN(2)]
	return nil
}

func (s *series) path(i int) string {
	name := fmt.Sprintf("IM-%04d.dcm", i+1)
	subject := s.Subject
	if s.has(NameInPath) {
		subject = s.Person.fileName()
	}
	return path.Join(s.Folder, subject, fmt.Sprintf("%s-%03d", s.Modality, 1+s.Seed%999), name)
}

// uid returns the UID that follows from the seed and the words, below the
// root for UUIDs.
//
// Source: DICOM PS3.5 Section B.2.
func (s *series) uid(kind string, number int) string {
	h := sha256.New()
	h.Write(binary.LittleEndian.AppendUint64(nil, s.Seed))
	fmt.Fprintf(h, "%s %s %s %d", s.Modality, s.Subject, kind, number)
	id := h.Sum(nil)[:16]
	id[6] = id[6]&0x0f | 0x40 // a version 4 UUID
	id[8] = id[8]&0x3f | 0x80
	if s.has(VendorUIDs) {
		tail := new(big.Int).SetBytes(id[:6]).String()
		return fmt.Sprintf("1.3.12.2.1107.5.1.4.%d.%s123015%s", 10000+s.Seed%90000, s.Person.StudyDate, tail)
	}
	return "2.25." + new(big.Int).SetBytes(id).String()
}

// instance makes the bytes of one instance.
func (s *series) instance(i int) ([]byte, error) {
	h := newHeader()
	s.common(h, i)
	switch s.Modality {
	case CT:
		s.ct(h, i)
	case MR:
		s.mr(h, i)
	case US:
		s.us(h, i)
	case DX:
		s.dx(h, i)
	case SC:
		s.sc(h, i)
	}
	s.plant(h, i)
	if h.err != nil {
		return nil, h.err
	}
	var b bytes.Buffer
	if err := dicom.Write(&b, dicom.Dataset{Elements: h.sorted()}); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
