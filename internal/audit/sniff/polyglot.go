package sniff

import (
	"bytes"
	"io"
)

// Also returns the kinds that a file of kind k passes for besides k, in a
// fixed order: a program in a DICOM preamble, an archive or a web page behind
// an image. A TIFF header before a DICOM file is legal dual use and is
// returned as TIFF; the caller judges.
func Also(k Kind, head, tail []byte, size int64) []Kind {
	return also(k, newWindow(head, tail, size, nil))
}

// AlsoFile is Also on a whole file.
func AlsoFile(k Kind, r io.ReaderAt, size int64) ([]Kind, error) {
	w, err := openWindow(r, size, new(room))
	if err != nil {
		return nil, err
	}
	return also(k, w), nil
}

func also(k Kind, w window) []Kind {
	var list []Kind
	add := func(other Kind) {
		if other != k && other != Unknown {
			list = append(list, other)
		}
	}
	if k == DICOM && hasDICM(w.head) {
		add(preambleKind(w.head[:128]))
	}
	if !isZipBased(k) && hasZipEnd(w.tail) {
		add(Zip)
	}
	if k.Image() || k == PDF || k == DICOM {
		if k != PDF && bytes.Contains(w.head[:min(len(w.head), 1024)], []byte("%PDF-")) {
			add(PDF)
		}
		if hasScript(w.head) || hasScript(w.tail) {
			add(HTML)
		}
	}
	return list
}

func isZipBased(k Kind) bool {
	return k == Zip || k == DOCX || k == XLSX || k == PPTX || k == ODF
}

// preambleKind names what the preamble of a DICOM file pretends to be.
func preambleKind(b []byte) Kind {
	trimmed := bytes.ToLower(bytes.TrimLeft(b, " \t\r\n"))
	switch {
	case len(bytes.Trim(b, "\x00")) == 0:
		return Unknown
	case bytes.HasPrefix(b, []byte("MZ")), bytes.HasPrefix(b, []byte("\x7fELF")), bytes.HasPrefix(b, []byte("#!")),
		bytes.HasPrefix(b, []byte("\xcf\xfa\xed\xfe")), bytes.HasPrefix(b, []byte("\xca\xfe\xba\xbe")):
		return Executable
	case bytes.HasPrefix(b, []byte("PK\x03\x04")):
		return Zip
	case bytes.HasPrefix(b, []byte("%PDF")):
		return PDF
	case isTIFF(b):
		return TIFF
	case bytes.HasPrefix(trimmed, []byte("<")):
		return HTML
	}
	return Unknown
}

func hasScript(b []byte) bool {
	return bytes.Contains(bytes.ToLower(b), []byte("<script"))
}
