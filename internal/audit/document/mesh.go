package document

import (
	"slices"
	"strings"

	"assay/internal/audit/sniff"
)

// mesh scans what a surface says besides its geometry: the header of a binary
// STL, names, groups, materials, paths of textures and comments.
func (in *inspection) mesh(kind sniff.Kind) error {
	if head := in.bytesAt(0, 84); kind == sniff.STL && isBinary(head) {
		in.stlHeader(head[:80])
		return in.ctx.Err()
	}
	r, exact := in.reader()
	return in.eachLine(r, func(s string, offset int64) {
		if !exact {
			offset = 0
		}
		if word, _, _ := strings.Cut(strings.TrimSpace(s), " "); !geometry[word] {
			in.scan(ruleReport, "text of a surface", s, offset)
		}
	})
}

// geometry are the first words of lines that hold numbers only.
var geometry = map[string]bool{
	"v": true, "vn": true, "vt": true, "vp": true, "f": true, "l": true, "p": true, "s": true, "facet": true, "outer": true, "vertex": true, "endloop": true, "endfacet": true,
	"Ka": true, "Kd": true, "Ks": true, "Ke": true, "Ns": true, "Ni": true, "d": true, "Tr": true, "illum": true,
}

// isBinary reports bytes that no text has. Many programs start the header of a
// binary STL with the word of the textual form.
func isBinary(head []byte) bool {
	return slices.ContainsFunc(head, func(c byte) bool { return c < ' ' && c != '\t' && c != '\r' && c != '\n' || c >= 0x80 })
}

func (in *inspection) stlHeader(b []byte) {
	in.scan(ruleReport, "header of a surface", strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, decodeMetadata(b))), 0)
}
