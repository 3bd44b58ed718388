package document

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strings"
	"unicode"

	"assay/internal/audit/sniff"
)

// volume reads the header of an image volume.
func (in *inspection) volume(kind sniff.Kind) error {
	switch kind {
	case sniff.NIfTI:
		in.nifti(io.NewSectionReader(in.f, 0, in.size), in.size)
	case sniff.NIfTIGz:
		z, err := gzip.NewReader(bufio.NewReader(io.NewSectionReader(in.f, 0, in.size)))
		if err != nil {
			in.add(ruleVolumeHeader, hit{message: "The gzip around the volume is damaged."})
			return nil
		}
		in.nifti(z, -1)
	case sniff.Analyze:
		in.analyze()
	case sniff.NRRD, sniff.MHA:
		in.headerLines(kind)
	}
	return in.ctx.Err()
}

// niftiLayout is where the fields of a header stand.
type niftiLayout struct {
	size                                   int
	dim, dimSize                           int
	bitpix, voxOffset                      int
	dbName, description, auxFile, intentAt int
}

// Source: nifti1.h, nifti2.h.
var (
	nifti1 = niftiLayout{size: 348, dim: 40, dimSize: 2, bitpix: 72, voxOffset: 108, dbName: 14, description: 148, auxFile: 228, intentAt: 328}
	nifti2 = niftiLayout{size: 540, dim: 16, dimSize: 8, bitpix: 14, voxOffset: 168, dbName: -1, description: 240, auxFile: 320, intentAt: 508}
)

// maxExtension bounds the bytes of a NIfTI's extensions that are read.
const maxExtension = 16 << 20

// nifti reads the header and the extensions of a volume of size bytes, -1 if
// that is not known.
func (in *inspection) nifti(r io.Reader, size int64) {
	h := make([]byte, 540)
	n, _ := io.ReadFull(r, h[:348])
	if n < 348 {
		in.add(ruleVolumeHeader, hit{message: "The header is cut short."})
		return
	}
	layout, order := nifti1, binary.ByteOrder(binary.LittleEndian)
	switch {
	case binary.LittleEndian.Uint32(h) == 348:
	case binary.BigEndian.Uint32(h) == 348:
		order = binary.BigEndian
	case binary.LittleEndian.Uint32(h) == 540:
		layout = nifti2
	case binary.BigEndian.Uint32(h) == 540:
		layout, order = nifti2, binary.BigEndian
	}
	if layout.size == 540 {
		if _, err := io.ReadFull(r, h[348:]); err != nil {
			in.add(ruleVolumeHeader, hit{message: "The header is cut short."})
			return
		}
	}
	voxels := in.niftiShape(h, layout, order, size)
	in.niftiText("descrip", h[layout.description:][:80])
	in.niftiText("aux_file", h[layout.auxFile:][:24])
	in.niftiText("intent_name", h[layout.intentAt:][:16])
	if layout.dbName >= 0 && in.niftiText("db_name", h[layout.dbName:][:18]) {
		in.add(ruleVolume, hit{path: "db_name", message: "The header names a database entry, often that of a patient."})
	}
	if voxels > int64(layout.size)+4 {
		in.extensions(r, voxels-int64(layout.size), order)
	}
}

// niftiShape holds the dimensions against the file and returns where the
// voxels start, 0 if they are elsewhere or the header is wrong.
func (in *inspection) niftiShape(h []byte, l niftiLayout, order binary.ByteOrder, size int64) int64 {
	dim := func(i int) int64 {
		if l.dimSize == 2 {
			return int64(int16(order.Uint16(h[l.dim+2*i:])))
		}
		return int64(order.Uint64(h[l.dim+8*i:]))
	}
	wrong := func(format string, args ...any) int64 {
		in.add(ruleVolumeHeader, hit{message: fmt.Sprintf(format, args...)})
		return 0
	}
	dims := dim(0)
	if dims < 1 || dims > 7 {
		return wrong("The header has %d dimensions; 1 to 7 are possible.", dims)
	}
	bits := int64(order.Uint16(h[l.bitpix:]))
	bytes := bits
	for i := range int(dims) {
		d := dim(i + 1)
		if d < 1 {
			return wrong("Dimension %d of the header is %d.", i+1, d)
		}
		if bytes > math.MaxInt64/8/max(d, 1) {
			return wrong("The dimensions of the header multiply to more bytes than any file has.")
		}
		bytes *= d
	}
	bytes = (bytes + 7) / 8
	var start int64
	if l.dimSize == 8 {
		start = int64(order.Uint64(h[l.voxOffset:]))
	} else {
		f := float64(math.Float32frombits(order.Uint32(h[l.voxOffset:])))
		if math.IsNaN(f) || math.IsInf(f, 0) || f < 0 || f > 1<<40 {
			return wrong("The place of the voxels in the header is no number.")
		}
		start = int64(f)
	}
	magic := string(h[344:347])
	if l.size == 540 {
		magic = string(h[4:7])
	}
	if strings.HasPrefix(magic, "ni") { // the voxels are in a file of their own
		return start
	}
	if size >= 0 && (start < 0 || start > size || bytes > size-start) {
		return wrong("The header's dimensions need %d bytes from %d on; the file has %d.", bytes, start, size)
	}
	return start
}

// niftiText scans a field of fixed length and reports whether it is filled.
func (in *inspection) niftiText(name string, b []byte) bool {
	b, _, _ = bytes.Cut(b, []byte{0})
	s := strings.TrimSpace(decodeMetadata(b))
	in.scan(ruleVolume, name, s, 0)
	return filled(s)
}

// extensions reads what stands between header and voxels.
//
// Source: nifti1.h, extended header; NIfTI extension codes.
func (in *inspection) extensions(r io.Reader, room int64, order binary.ByteOrder) {
	flag := make([]byte, 4)
	if _, err := io.ReadFull(r, flag); err != nil || flag[0] == 0 {
		return
	}
	if room > maxExtension {
		in.unread(fmt.Sprintf("The volume's extensions have %d bytes; the first %d were checked.", room, maxExtension))
		room = maxExtension
	}
	b, _ := io.ReadAll(io.LimitReader(r, room-4))
	for len(b) >= 8 {
		size, code := int(order.Uint32(b)), order.Uint32(b[4:])
		if size < 8 || size > len(b) {
			size = len(b)
		}
		path := fmt.Sprintf("extension code %d", code)
		message := "The volume carries an extension of its header."
		if code == 2 {
			message = "The volume carries DICOM attributes as an extension of its header."
		}
		in.add(ruleVolume, hit{path: path, message: message})
		in.printable(path, b[8:size])
		b = b[size:]
	}
}

// printable scans the runs of printable characters within binary content.
func (in *inspection) printable(path string, b []byte) {
	const shortest = 4
	start := -1
	for i := 0; i <= len(b); i++ {
		if i < len(b) && (b[i] >= ' ' && b[i] < 0x7f || b[i] >= 0xa0 || b[i] == '\t') {
			if start < 0 {
				start = i
			}
			continue
		}
		if start >= 0 && i-start >= shortest {
			in.scan(ruleVolume, path, decodeMetadata(b[start:i]), 0)
		}
		start = -1
	}
}

// analyze scans the text fields of ANALYZE 7.5.
func (in *inspection) analyze() {
	h := in.bytesAt(0, 348)
	if h == nil {
		return
	}
	in.niftiText("descrip", h[148:228])
	in.niftiText("aux_file", h[228:252])
	if in.niftiText("db_name", h[14:32]) {
		in.add(ruleVolume, hit{path: "db_name", message: "The header names a database entry, often that of a patient."})
	}
	if in.niftiText("patient_id", h[283:293]) {
		in.add(ruleVolume, hit{path: "patient_id", message: "The header holds a patient's number."})
	}
}

// headerLines scans the keys and values of NRRD or MetaImage, up to the line
// that ends the header.
//
// Source: teem, NRRD definition; ITK, MetaIO.
func (in *inspection) headerLines(kind sniff.Kind) {
	const limit = 1 << 20
	r := bufio.NewReader(io.LimitReader(io.NewSectionReader(in.f, 0, in.size), limit))
	for number := 0; ; number++ {
		line, err := r.ReadString('\n')
		line = strings.TrimRight(line, "\r\n")
		key, value, found := strings.Cut(line, ":=")
		if !found {
			key, value, _ = strings.Cut(line, map[sniff.Kind]string{sniff.NRRD: ":", sniff.MHA: "="}[kind])
		}
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		if number > 0 && line == "" && kind == sniff.NRRD {
			return
		}
		if word, p, promises := promiseOf(key); promises {
			in.promised("key", word, p, value, 0)
		}
		if strings.ContainsFunc(value, unicode.IsLetter) || len(value) >= 8 {
			in.scan(ruleVolume, "header", value, 0)
		}
		if found { // a key of the writer's own may be anything
			in.scan(ruleVolume, "header key", key, 0)
		}
		if err != nil || kind == sniff.MHA && key == "ElementDataFile" {
			return
		}
	}
}
