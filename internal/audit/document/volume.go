package document

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"unicode"

	"assay/internal/audit/nifti"
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

// maxExtension bounds the bytes of a NIfTI's extensions that are read.
const maxExtension = 16 << 20

// nifti reads the header and the extensions of a volume of size bytes, -1 if
// that is not known.
func (in *inspection) nifti(r io.Reader, size int64) {
	b := make([]byte, nifti.Size2)
	if _, err := io.ReadFull(r, b[:nifti.Size1]); err != nil {
		in.add(ruleVolumeHeader, hit{message: sentence(nifti.ErrShort)})
		return
	}
	n := nifti.HeaderSize(b)
	if _, err := io.ReadFull(r, b[nifti.Size1:n]); err != nil {
		in.add(ruleVolumeHeader, hit{message: sentence(nifti.ErrShort)})
		return
	}
	h, err := nifti.Parse(b[:n])
	if err == nil && !h.Apart && size >= 0 && (h.Start < 0 || h.Start > size || h.Bytes > size-h.Start) {
		err = fmt.Errorf("the header's dimensions need %d bytes from %d on; the file has %d", h.Bytes, h.Start, size)
	}
	if err != nil {
		in.add(ruleVolumeHeader, hit{message: sentence(err)})
	}
	in.niftiText("descrip", h.Description)
	in.niftiText("aux_file", h.AuxFile)
	in.niftiText("intent_name", h.IntentName)
	if in.niftiText("db_name", h.DBName) {
		in.add(ruleVolume, hit{path: "db_name", message: "The header names a database entry, often that of a patient."})
	}
	if err == nil && h.Start > int64(n)+4 {
		in.extensions(r, h.Start-int64(n), h.Order)
	}
}

// sentence writes an error for the report.
func sentence(err error) string {
	s := err.Error()
	return strings.ToUpper(s[:1]) + s[1:] + "."
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
