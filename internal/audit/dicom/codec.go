package dicom

import (
	"encoding/binary"

	"assay/internal/audit/finding"
)

// codecBytes is how much of the first fragment is searched for its header.
const codecBytes = 16 << 10

// checkCodec compares the size that the first compressed frame states with
// Rows and Columns. A header that is not found says nothing.
func (s *scanner) checkCodec() error {
	p, m := &s.h.PixelData, &s.h.Image
	if s.w.stream != nil || p.FirstLength < 16 || m.has&(hasRows|hasColumns) != hasRows|hasColumns {
		return nil
	}
	b, err := s.w.bytes(p.FirstOffset, int(min(p.FirstLength, codecBytes)))
	if err != nil {
		return err
	}
	if s.syntax.Family == "rle" {
		segments := max(m.SamplesPerPixel, 1) * ((m.BitsAllocated + 7) / 8)
		if len(b) >= 4 && int(binary.LittleEndian.Uint32(b)) != segments {
			s.problem("pix-encapsulation", finding.Blocker, p.Tag, p.Offset, "RLE pixel data has another number of segments than SamplesPerPixel and BitsAllocated need.")
		}
		return nil
	}
	rows, columns, ok := codestreamSize(b)
	if ok && (rows != m.Rows || columns != m.Columns) {
		s.problem("pix-encapsulation", finding.Blocker, p.Tag, p.Offset, "The compressed frame has another size than Rows and Columns say.")
	}
	return nil
}

// codestreamSize finds rows and columns in the head of a JPEG, JPEG-LS, JPEG
// 2000 or HTJ2K codestream.
//
// Source: ITU-T T.81 Annex B, T.87 Annex C, T.800 Annex A.
func codestreamSize(b []byte) (rows, columns int, ok bool) {
	if len(b) < 4 || b[0] != 0xFF {
		return 0, 0, false
	}
	if b[1] == 0x4F { // SOC, then SIZ
		if len(b) < 24 || b[2] != 0xFF || b[3] != 0x51 {
			return 0, 0, false
		}
		word := func(at int) int64 { return int64(binary.BigEndian.Uint32(b[at:])) }
		return int(word(12) - word(20)), int(word(8) - word(16)), true
	}
	if b[1] != 0xD8 {
		return 0, 0, false
	}
	for pos := 2; pos+9 <= len(b) && b[pos] == 0xFF; {
		marker := b[pos+1]
		switch {
		case marker == 0xFF: // fill byte
			pos++
			continue
		case marker == 0xDA, marker == 0xD9:
			return 0, 0, false
		case marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC, marker == 0xF7:
			rows, columns = int(binary.BigEndian.Uint16(b[pos+5:])), int(binary.BigEndian.Uint16(b[pos+7:]))
			return rows, columns, rows > 0 && columns > 0 // 0 rows are told later, by DNL
		}
		pos += 2 + int(binary.BigEndian.Uint16(b[pos+2:]))
	}
	return 0, 0, false
}
