package dicomtest

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"assay/internal/audit/dicom"
	"assay/internal/audit/dicom/dict"
)

// Options changes how a file is written. The zero value means a Part 10 file
// with stated lengths.
type Options struct {
	UndefinedLengths bool   // sequences and items end with delimiters
	Preamble         []byte // first bytes of the preamble
	NoMeta           bool   // the data set alone, without preamble and File Meta Information
	Deflate          bool   // compress the data set, as its transfer syntax must say
	Trailing         []byte // after the last element
}

// Build returns the DICOM file that text describes (see the package comment).
// File Meta Information that text does not state is added. It panics if text
// is malformed, since text is part of a test.
func Build(text string) []byte { return BuildWith(text, Options{}) }

// BuildWith is Build with options.
func BuildWith(text string, opts Options) []byte {
	set, err := parse(text)
	if err != nil {
		panic("dicomtest: " + err.Error())
	}
	meta, body := set.split()
	syntax := dict.TransferSyntax{UID: "1.2.840.10008.1.2.1"}
	if e := meta.find(0x00020010); e != nil {
		uid := string(bytes.TrimRight(e.value, "\x00"))
		if known, ok := dict.LookupTransferSyntax(uid); ok {
			syntax = known
		}
	}
	data := writer{implicit: syntax.Implicit, bigEndian: syntax.BigEndian, undefined: opts.UndefinedLengths}
	data.set(body)
	content := append(data.b, opts.Trailing...)
	if opts.NoMeta {
		return content
	}
	if syntax.Deflated || opts.Deflate {
		content = deflate(content)
	}
	out := make([]byte, 128, 512+len(content))
	copy(out, opts.Preamble)
	out = append(out, "DICM"...)
	out = append(out, writeMeta(meta, body, syntax.UID)...)
	return append(out, content...)
}

// writeMeta returns the File Meta Information, with what meta does not state.
func writeMeta(meta, body *dataSet, syntax string) []byte {
	add := func(tag dict.Tag, vr dicom.VR, value []byte) {
		if meta.find(tag) == nil {
			meta.insert(&element{tag: tag, vr: vr, value: pad(value, 0)})
		}
	}
	class, instance := []byte("1.2.840.10008.5.1.4.1.1.7"), []byte("2.25.1")
	if e := body.find(0x00080016); e != nil {
		class = e.value
	}
	if e := body.find(0x00080018); e != nil {
		instance = e.value
	}
	add(0x00020001, dicom.OB, []byte{0, 1})
	add(0x00020002, dicom.UI, class)
	add(0x00020003, dicom.UI, instance)
	add(0x00020010, dicom.UI, []byte(syntax))
	add(0x00020012, dicom.UI, []byte("2.25.2"))
	stated := meta.find(0x00020000)
	if stated != nil {
		meta.remove(0x00020000)
	}
	w := writer{}
	w.set(meta)
	length := binary.LittleEndian.AppendUint32(nil, uint32(len(w.b)))
	if stated != nil {
		length = stated.value
	}
	head := writer{}
	head.element(&element{tag: 0x00020000, vr: dicom.UL, value: length})
	return append(head.b, w.b...)
}

// writer encodes data sets.
type writer struct {
	b         []byte
	implicit  bool
	bigEndian bool
	undefined bool
}

func (w *writer) order() binary.AppendByteOrder {
	if w.bigEndian {
		return binary.BigEndian
	}
	return binary.LittleEndian
}

func (w *writer) tag(t dict.Tag) {
	w.b = w.order().AppendUint16(w.b, t.Group())
	w.b = w.order().AppendUint16(w.b, t.Element())
}

func (w *writer) set(d *dataSet) {
	for _, e := range d.elements {
		w.element(e)
	}
}

// element writes one element. Values are kept little endian and turned here.
func (w *writer) element(e *element) {
	if e.vr == dicom.SQ {
		w.sequence(e)
		return
	}
	if e.fragments != nil {
		w.head(e.tag, e.vr, -1)
		w.item(nil)
		for _, f := range e.fragments {
			w.item(f)
		}
		w.tag(0xFFFEE0DD)
		w.b = append(w.b, 0, 0, 0, 0)
		return
	}
	value := e.value
	if w.bigEndian {
		value = swap(value, e.vr)
	}
	w.head(e.tag, e.vr, len(value))
	w.b = append(w.b, value...)
}

func (w *writer) item(value []byte) {
	w.tag(0xFFFEE000)
	w.b = w.order().AppendUint32(w.b, uint32(len(value)))
	w.b = append(w.b, value...)
}

// head writes tag, VR and length; a length of -1 is undefined.
func (w *writer) head(t dict.Tag, vr dicom.VR, length int) {
	w.tag(t)
	switch {
	case w.implicit:
		w.b = w.order().AppendUint32(w.b, uint32(length))
	case vr.HasLongLength():
		w.b = append(w.b, vr...)
		w.b = append(w.b, 0, 0)
		w.b = w.order().AppendUint32(w.b, uint32(length))
	default:
		if length > 0xFFFF {
			panic(fmt.Sprintf("dicomtest: %v: a %s value of %d bytes does not fit", t, vr, length))
		}
		w.b = append(w.b, vr...)
		w.b = w.order().AppendUint16(w.b, uint16(length))
	}
}

func (w *writer) sequence(e *element) {
	inner := writer{implicit: w.implicit, bigEndian: w.bigEndian, undefined: w.undefined}
	for _, item := range e.items {
		content := inner
		content.b = nil
		content.set(item)
		inner.tag(0xFFFEE000)
		if w.undefined {
			inner.b = append(inner.b, 0xFF, 0xFF, 0xFF, 0xFF)
			inner.b = append(inner.b, content.b...)
			inner.tag(0xFFFEE00D)
			inner.b = append(inner.b, 0, 0, 0, 0)
		} else {
			inner.b = inner.order().AppendUint32(inner.b, uint32(len(content.b)))
			inner.b = append(inner.b, content.b...)
		}
	}
	if !w.undefined {
		w.head(e.tag, dicom.SQ, len(inner.b))
		w.b = append(w.b, inner.b...)
		return
	}
	w.head(e.tag, dicom.SQ, -1)
	w.b = append(w.b, inner.b...)
	w.tag(0xFFFEE0DD)
	w.b = append(w.b, 0, 0, 0, 0)
}

// swap returns value with the bytes of each word turned.
func swap(value []byte, vr dicom.VR) []byte {
	size := vr.WordSize()
	if vr == dicom.AT {
		size = 2
	}
	if size < 2 {
		return value
	}
	out := bytes.Clone(value)
	for i := 0; i+size <= len(out); i += size {
		word := out[i : i+size]
		for a, b := 0, size-1; a < b; a, b = a+1, b-1 {
			word[a], word[b] = word[b], word[a]
		}
	}
	return out
}
