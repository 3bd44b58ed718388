package audit

import (
	"encoding/binary"
	"encoding/hex"
	"math"

	"assay/internal/audit/series"
)

// member is what the set keeps of one file that can be compared with others: a
// DICOM instance, or another image file, of which only file, content and split
// are set. It holds no identifier: UIDs, PatientIDs and dates are keyed hashes.
type member struct {
	file                        int32
	sop, series, study, patient Hash
	birth                       Hash
	content                     [16]byte // the first bytes of SHA-256, to tell equal files
	pixels                      [16]byte // of the pixels as they lie in the file, zero if they cannot be compared
	decoded                     [16]byte // of native pixels, or of those that were decoded; zero if they were not
	age                         int16    // years, -1 if absent
	sex                         byte     // 'M', 'F', 'O' or 0
	modality                    uint8    // see set.modalityName
	split                       split
	captured                    bool // a secondary capture
	place                       series.Place
}

// memberBytes is the length of an encoded member. It starts with the file, so
// that encoded members sort by it.
const memberBytes = 4 + 4*8 + 8 + 16 + 16 + 16 + 2 + 1 + 1 + 2 + 1 + placeBytes

// encode appends the member to b.
func (m *member) encode(b []byte) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(m.file))
	for _, h := range [...]Hash{m.sop, m.series, m.study, m.patient, m.birth} {
		b = append(b, h[:]...)
	}
	b = append(b, m.content[:]...)
	b = append(b, m.pixels[:]...)
	b = append(b, m.decoded[:]...)
	b = binary.BigEndian.AppendUint16(b, uint16(m.age))
	b = append(b, m.sex, m.modality, m.split.fold, byte(m.split.part), 0)
	if m.captured {
		b[len(b)-1] = 1
	}
	return encodePlace(b, &m.place)
}

// decode reads an encoded member.
func (m *member) decode(b []byte) {
	r := fields{b}
	m.file = int32(r.uint32())
	for _, h := range [...]*Hash{&m.sop, &m.series, &m.study, &m.patient, &m.birth} {
		copy(h[:], r.next(len(h)))
	}
	copy(m.content[:], r.next(len(m.content)))
	copy(m.pixels[:], r.next(len(m.pixels)))
	copy(m.decoded[:], r.next(len(m.decoded)))
	m.age = int16(binary.BigEndian.Uint16(r.next(2)))
	m.sex, m.modality = r.byte(), r.byte()
	m.split = split{r.byte(), part(r.byte())}
	m.captured = r.byte() == 1
	decodePlace(&r, &m.place)
}

// placeBytes is the length of an encoded place.
const placeBytes = 4 + 3*4 + 6*4 + 2*4 + 2*4 + 2*4 + 3*8 + 1

// Bits of the last byte of an encoded place.
const (
	hasNumber = 1 << iota
	hasPosition
	hasOrientation
	isLocalizer
)

func encodePlace(b []byte, p *series.Place) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(int32(p.Number)))
	for _, list := range [...][]float64{p.Position[:], p.Orientation[:], p.SpacingMM[:], {p.BetweenMM, p.FrameStepMM}} {
		for _, v := range list {
			b = binary.BigEndian.AppendUint32(b, math.Float32bits(float32(v)))
		}
	}
	b = binary.BigEndian.AppendUint32(b, uint32(p.Rows))
	b = binary.BigEndian.AppendUint32(b, uint32(p.Columns))
	for _, h := range [...]Hash{Hash(p.Frame), Hash(p.Type), Hash(p.Phase)} {
		b = append(b, h[:]...)
	}
	var flags byte
	for bit, set := range [...]bool{p.HasNumber, p.HasPosition, p.HasOrientation, p.Localizer} {
		if set {
			flags |= 1 << bit
		}
	}
	return append(b, flags)
}

func decodePlace(r *fields, p *series.Place) {
	p.Number = int(int32(r.uint32()))
	between := make([]float64, 2)
	for _, list := range [...][]float64{p.Position[:], p.Orientation[:], p.SpacingMM[:], between} {
		for i := range list {
			list[i] = float64(math.Float32frombits(r.uint32()))
		}
	}
	p.BetweenMM, p.FrameStepMM = between[0], between[1]
	p.Rows, p.Columns = int(r.uint32()), int(r.uint32())
	for _, h := range [...]*[8]byte{(*[8]byte)(&p.Frame), (*[8]byte)(&p.Type), (*[8]byte)(&p.Phase)} {
		copy(h[:], r.next(8))
	}
	flags := r.byte()
	p.HasNumber, p.HasPosition = flags&hasNumber != 0, flags&hasPosition != 0
	p.HasOrientation, p.Localizer = flags&hasOrientation != 0, flags&isLocalizer != 0
}

// fields reads the parts of an encoded member.
type fields struct{ b []byte }

func (f *fields) next(n int) []byte {
	out := f.b[:n]
	f.b = f.b[n:]
	return out
}

func (f *fields) uint32() uint32 { return binary.BigEndian.Uint32(f.next(4)) }
func (f *fields) byte() byte     { return f.next(1)[0] }

// contentOf returns the first bytes of a digest in hexadecimal.
func contentOf(sha256 string) (out [16]byte) {
	if len(sha256) >= 2*len(out) {
		hex.Decode(out[:], []byte(sha256[:2*len(out)]))
	}
	return out
}
