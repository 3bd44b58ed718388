package sniff

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"io"
	"strings"

	"github.com/gabriel-vasile/mimetype"
)

// magics are the kinds that their first bytes prove.
var magics = []struct {
	prefix string
	kind   Kind
}{
	{"\x89PNG\r\n\x1a\n", PNG},
	{"\xff\xd8\xff", JPEG},
	{"\x00\x00\x00\x0cjP  \r\n\x87\n", JP2},
	{"\xff\x4f\xff\x51", JP2},
	{"GIF87a", GIF},
	{"GIF89a", GIF},
	{"%PDF-", PDF},
	{"NRRD000", NRRD},
	{"\x28\xb5\x2f\xfd", Zstd},
	{"\xfd7zXZ\x00", XZ},
	{"7z\xbc\xaf\x27\x1c", SevenZip},
	{"Rar!\x1a\x07", RAR},
	{"\x89HDF\r\n\x1a\n", HDF5},
	{"\x93NUMPY", NumPy},
	{"PAR1", Parquet},
	{"SQLite format 3\x00", Database},
	{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Office},
	{"{\\rtf", RTF},
	{"\x7fELF", Executable},
	{"#!", Executable},
	{"\xfe\xed\xfa\xce", Executable},
	{"\xfe\xed\xfa\xcf", Executable},
	{"\xce\xfa\xed\xfe", Executable},
	{"\xcf\xfa\xed\xfe", Executable},
	{"\xca\xfe\xba\xbe", Executable},
	{"\x00asm", Executable},
	{"!<arch>\n", Executable},
}

func byMagic(w window) Kind {
	for _, m := range magics {
		if len(w.head) >= len(m.prefix) && string(w.head[:len(m.prefix)]) == m.prefix {
			return m.kind
		}
	}
	switch {
	case isProgram(w):
		return Executable
	case isBzip2(w.head):
		return Bzip2
	case isBMP(w):
		return BMP
	case bytes.HasPrefix(w.head, []byte("RIFF")) && string(w.at(8, 4)) == "WEBP":
		return WebP
	case isTIFF(w.head):
		return tiffKind(w)
	case bytes.HasPrefix(w.head, []byte("PK\x03\x04")), bytes.HasPrefix(w.head, []byte("PK\x05\x06")) && w.size >= 22:
		return zipKind(w)
	case bytes.HasPrefix(w.head, []byte("\x1f\x8b\x08")):
		return gzipKind(w.head)
	}
	return Unknown
}

// isProgram reports whether the file starts like a DOS or Windows program:
// MZ, and either a PE header where it points or bytes that are no text.
func isProgram(w window) bool {
	if !bytes.HasPrefix(w.head, []byte("MZ")) {
		return false
	}
	if field := w.at(0x3c, 4); field != nil {
		if string(w.at(int64(binary.LittleEndian.Uint32(field)), 4)) == "PE\x00\x00" {
			return true
		}
	}
	return bytes.IndexByte(w.head, 0) >= 0
}

// isBzip2 reports a first block, or the end of an empty stream.
func isBzip2(b []byte) bool {
	return len(b) >= 10 && string(b[:3]) == "BZh" &&
		(string(b[4:10]) == "1AY&SY" || string(b[4:10]) == "\x17\x72\x45\x38\x50\x90")
}

func isBMP(w window) bool {
	field := w.at(2, 16)
	return bytes.HasPrefix(w.head, []byte("BM")) && field != nil &&
		binary.LittleEndian.Uint32(field[4:]) == 0 && binary.LittleEndian.Uint32(field[12:]) <= 124
}

// zipKind tells documents that are zips from plain archives, by the names of
// the first entries or of those in the directory at the end.
func zipKind(w window) Kind {
	m := mimetype.Detect(w.head)
	for ; m != nil; m = m.Parent() {
		name, _, _ := strings.Cut(m.String(), ";")
		switch {
		case name == "application/vnd.openxmlformats-officedocument.wordprocessingml.document":
			return DOCX
		case name == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet":
			return XLSX
		case name == "application/vnd.openxmlformats-officedocument.presentationml.presentation":
			return PPTX
		case strings.HasPrefix(name, "application/vnd.oasis.opendocument"):
			return ODF
		}
	}
	if !bytes.Contains(w.tail, []byte("[Content_Types].xml")) {
		return Zip
	}
	switch {
	case bytes.Contains(w.tail, []byte("word/document.xml")):
		return DOCX
	case bytes.Contains(w.tail, []byte("xl/workbook.xml")):
		return XLSX
	case bytes.Contains(w.tail, []byte("ppt/presentation.xml")):
		return PPTX
	}
	return Zip
}

// gzipKind looks at the first bytes within gzip.
func gzipKind(head []byte) Kind {
	z, err := gzip.NewReader(bytes.NewReader(head))
	if err != nil {
		return Gzip
	}
	inner := make([]byte, 1024)
	n, _ := io.ReadFull(z, inner) // the head may be cut; what came out counts
	switch inner = inner[:n]; {
	case isNIfTI(inner):
		return NIfTIGz
	case isTar(inner):
		return TarGz
	}
	return Gzip
}

// isNIfTI reports a header of NIfTI-1 or NIfTI-2, in either byte order.
//
// Source: nifti1.h, nifti2.h (sizeof_hdr, magic).
func isNIfTI(b []byte) bool {
	if len(b) >= 348 && headerSize(b) == 348 {
		magic := string(b[344:348])
		return magic == "n+1\x00" || magic == "ni1\x00"
	}
	if len(b) >= 12 && headerSize(b) == 540 {
		magic := string(b[4:8])
		return magic == "n+2\x00" || magic == "ni2\x00"
	}
	return false
}

// isAnalyze reports an ANALYZE 7.5 header: its size, the extents that are
// always 16384 or the letter r, and a sane number of dimensions.
func isAnalyze(b []byte) bool {
	if len(b) < 348 || headerSize(b) != 348 || b[38] != 'r' {
		return false
	}
	return b[40] <= 7 && b[41] <= 7 && b[40]+b[41] > 0
}

func headerSize(b []byte) int {
	little, big := binary.LittleEndian.Uint32(b), binary.BigEndian.Uint32(b)
	return int(min(little, big))
}

// isTar reports a tar header: its checksum holds.
func isTar(b []byte) bool {
	if len(b) < 512 || b[0] == 0 {
		return false
	}
	sum := 0
	for i, c := range b[:512] {
		if i >= 148 && i < 156 {
			c = ' '
		}
		sum += int(c)
	}
	want := 0
	field := strings.Trim(string(b[148:156]), " \x00")
	if field == "" {
		return false
	}
	for _, c := range field {
		if c < '0' || c > '7' {
			return false
		}
		want = want<<3 | int(c-'0')
	}
	return sum == want
}
