package sniff

import (
	"encoding/binary"
	"strings"
)

// isBinarySTL reports a surface in binary: a header of 80 bytes, the number of
// triangles, and 50 bytes for each. A byte may pad it to an even length.
//
// Source: DICOM PS3.17 Annex SSS; 3D Systems, StereoLithography interface.
func isBinarySTL(b []byte, size int64) bool {
	if len(b) < 84 {
		return false
	}
	n := int64(binary.LittleEndian.Uint32(b[80:]))
	want := 84 + 50*n
	return n > 0 && (size == want || size == want+1)
}

// meshKind tells surfaces written as text from other text; Unknown if s is
// none.
func meshKind(s string) Kind {
	if strings.HasPrefix(s, "solid") && strings.Contains(s, "facet normal") {
		return STL
	}
	corners := 0
	for line := range strings.Lines(s) {
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch word {
		case "", "#", "o", "g", "s", "usemtl":
		case "mtllib":
			return OBJ
		case "newmtl":
			return MTL
		case "v", "vn", "vt":
			if strings.ContainsFunc(rest, func(r rune) bool { return !strings.ContainsRune("0123456789.-+eE \t", r) }) {
				return Unknown
			}
			if corners++; corners >= 3 {
				return OBJ
			}
		default:
			if strings.HasPrefix(word, "#") {
				continue
			}
			return Unknown
		}
	}
	return Unknown
}
