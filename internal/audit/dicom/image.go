package dicom

import (
	"strconv"
)

// Attributes of Image that were present, as bits of Image.has.
const (
	hasRows = 1 << iota
	hasColumns
	hasFrames
	hasSamples
	hasAllocated
	hasStored
	hasHighBit
)

// learn keeps one attribute of group 0028.
func (m *Image) learn(tag Tag, value []byte, bigEndian bool) {
	number := -1
	if len(value) >= 2 {
		number = int(uint16Of(value, bigEndian))
	}
	set := func(p *int, bit uint16) {
		if number >= 0 {
			*p = number
			m.has |= bit
		}
	}
	switch tag {
	case 0x00280002:
		set(&m.SamplesPerPixel, hasSamples)
	case 0x00280004:
		m.PhotometricInterpretation = uidOf(value)
	case 0x00280006:
		set(&m.PlanarConfiguration, 0)
	case 0x00280008:
		text := string(Trim(value[:min(len(value), 16)]))
		if text != "" {
			m.Frames = 0
			if n, err := strconv.ParseInt(text, 10, 32); err == nil {
				m.Frames = int(n)
			}
			m.has |= hasFrames
		}
	case 0x00280010:
		set(&m.Rows, hasRows)
	case 0x00280011:
		set(&m.Columns, hasColumns)
	case 0x00280100:
		set(&m.BitsAllocated, hasAllocated)
	case 0x00280101:
		set(&m.BitsStored, hasStored)
	case 0x00280102:
		set(&m.HighBit, hasHighBit)
	case 0x00280103:
		set(&m.PixelRepresentation, 0)
	}
}

// frameBits returns the bits of one native frame, or 0 if the attributes that
// say so are absent.
//
// Source: DICOM PS3.5 Section 8.1.1, PS3.3 Section C.7.6.3.1.2 for the
// subsampled interpretations.
func (m *Image) frameBits() int64 {
	const needed = hasRows | hasColumns | hasAllocated
	if m.has&needed != needed {
		return 0
	}
	samples := max(m.SamplesPerPixel, 1)
	bits := int64(m.Rows) * int64(m.Columns) * int64(samples) * int64(m.BitsAllocated)
	if m.PhotometricInterpretation == "YBR_FULL_422" && samples == 3 {
		bits = bits / 3 * 2
	}
	return bits
}
