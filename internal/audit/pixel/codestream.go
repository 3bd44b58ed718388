package pixel

import "encoding/binary"

// codestream is what the header of a compressed frame states.
type codestream struct {
	width, height, samples, precision int
	marker                            byte // of JPEG's frame header: 0xC0 baseline, 0xC3 lossless, 0xF7 JPEG-LS; 0x51 of JPEG 2000
}

// parseCodestream reads the header of a JPEG, JPEG-LS, JPEG 2000 or HTJ2K
// codestream.
//
// Source: ITU-T T.81 Annex B, T.87 Annex C, T.800 Annex A.5.1.
func parseCodestream(b []byte) (codestream, bool) {
	if len(b) < 4 || b[0] != 0xFF {
		return codestream{}, false
	}
	if b[1] == 0x4F { // SOC, then SIZ
		if len(b) < 43 || b[2] != 0xFF || b[3] != 0x51 {
			return codestream{}, false
		}
		word := func(at int) int64 { return int64(binary.BigEndian.Uint32(b[at:])) }
		return codestream{
			width: int(word(8) - word(16)), height: int(word(12) - word(20)),
			samples: int(binary.BigEndian.Uint16(b[40:])), precision: int(b[42]&0x7F) + 1, marker: 0x51,
		}, true
	}
	if b[1] != 0xD8 {
		return codestream{}, false
	}
	for pos := 2; pos+10 <= len(b) && b[pos] == 0xFF; {
		switch m := b[pos+1]; {
		case m == 0xFF: // fill byte
			pos++
			continue
		case m == 0xDA, m == 0xD9:
			return codestream{}, false
		case m >= 0xC0 && m <= 0xCF && m != 0xC4 && m != 0xC8 && m != 0xCC, m == 0xF7:
			return codestream{
				width: int(binary.BigEndian.Uint16(b[pos+7:])), height: int(binary.BigEndian.Uint16(b[pos+5:])),
				samples: int(b[pos+9]), precision: int(b[pos+4]), marker: m,
			}, true
		}
		pos += 2 + int(binary.BigEndian.Uint16(b[pos+2:]))
	}
	return codestream{}, false
}
