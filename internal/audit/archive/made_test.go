package archive_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"encoding/binary"
	"hash/crc32"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// rawEntry is an entry of a zip of which every header field can be a lie.
type rawEntry struct {
	name      string
	localName string // name if empty
	content   string
	deflate   bool
	flags     uint16
	method    *uint16 // of the central header
	mode      uint32
	extra     string // of both headers
	comment   string

	packed, unpacked *uint32 // of both headers
	localUnpacked    *uint32 // of the local header
	crc              *uint32 // of both headers
	descriptor       string  // behind the content
	gap              string  // behind everything
	header           *uint32 // offset that the directory states
}

func ptr[T any](v T) *T { return &v }

// rawZip writes entries, then junk, the directory and the end record, with
// shift added to the directory's offset.
type rawZip struct {
	before, junk, comment, after string
	entries                      []rawEntry
	count                        *uint16
	shift                        int32
}

func (z rawZip) bytes() []byte {
	le := binary.LittleEndian
	out := []byte(z.before)
	var directory []byte
	for _, e := range z.entries {
		data, method := []byte(e.content), uint16(0)
		if e.deflate {
			data, method = deflated(e.content), 8
		}
		crc, packed, unpacked := crc32.ChecksumIEEE([]byte(e.content)), uint32(len(data)), uint32(len(e.content))
		set(&crc, e.crc)
		set(&packed, e.packed)
		set(&unpacked, e.unpacked)
		localName := e.localName
		if localName == "" {
			localName = e.name
		}
		offset := uint32(len(out))
		set(&offset, e.header)
		localUnpacked := unpacked
		set(&localUnpacked, e.localUnpacked)
		fixed := le.AppendUint16(nil, 20)
		fixed = le.AppendUint16(fixed, e.flags)
		local := le.AppendUint16(fixed, method)
		set(&method, e.method)
		central := le.AppendUint16(append([]byte{0x14, 0x03}, fixed...), method)
		tail := func(b []byte, size uint32) []byte {
			b = append(b, 0, 0, 0x21, 0x50)
			b = le.AppendUint32(b, crc)
			b = le.AppendUint32(b, packed)
			return le.AppendUint32(b, size)
		}
		out = append(out, "PK\x03\x04"...)
		out = append(out, tail(local, localUnpacked)...)
		out = le.AppendUint16(out, uint16(len(localName)))
		out = le.AppendUint16(out, uint16(len(e.extra)))
		out = append(out, localName+e.extra...)
		out = append(out, data...)
		out = append(out, e.descriptor+e.gap...)

		directory = append(directory, "PK\x01\x02"...)
		directory = append(directory, tail(central, unpacked)...)
		directory = le.AppendUint16(directory, uint16(len(e.name)))
		directory = le.AppendUint16(directory, uint16(len(e.extra)))
		directory = le.AppendUint16(directory, uint16(len(e.comment)))
		directory = append(directory, 0, 0, 0, 0)
		directory = le.AppendUint32(directory, e.mode<<16)
		directory = le.AppendUint32(directory, offset)
		directory = append(directory, e.name+e.extra+e.comment...)
	}
	out = append(out, z.junk...)
	at := uint32(int32(len(out)) + z.shift)
	out = append(out, directory...)
	out = append(out, "PK\x05\x06\x00\x00\x00\x00"...)
	count := uint16(len(z.entries))
	set(&count, z.count)
	out = le.AppendUint16(out, count)
	out = le.AppendUint16(out, count)
	out = le.AppendUint32(out, uint32(len(directory)))
	out = le.AppendUint32(out, at)
	out = le.AppendUint16(out, uint16(len(z.comment)))
	return append(out, z.comment+z.after...)
}

func set[T any](v *T, lie *T) {
	if lie != nil {
		*v = *lie
	}
}

func deflated(s string) []byte {
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, flate.BestCompression)
	w.Write([]byte(s))
	w.Close()
	return b.Bytes()
}

// honestZip is made by archive/zip, with data descriptors.
func honestZip(t testing.TB, files map[string]string, names ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range names {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(files[name])); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// tarEntry is a header and its content; Size is taken from the content.
type tarEntry struct {
	tar.Header
	content string
}

func tarFile(name, content string) tarEntry {
	return tarEntry{tar.Header{Name: name, Mode: 0o644, Typeflag: tar.TypeReg}, content}
}

func madeTar(t testing.TB, entries ...tarEntry) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, e := range entries {
		h := e.Header
		h.Size = int64(len(e.content))
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(e.content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func gzipped(b []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	w.Write(b)
	w.Close()
	return out.Bytes()
}

func zstandard(b []byte) []byte {
	w, _ := zstd.NewWriter(nil)
	return w.EncodeAll(b, nil)
}

// noise is text that does not compress away.
func noise(n int) string {
	var b strings.Builder
	x := uint32(1)
	for b.Len() < n {
		x = x*1664525 + 1013904223
		b.WriteByte(byte(x >> 24))
	}
	return b.String()
}
