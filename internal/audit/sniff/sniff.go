package sniff

import (
	"bytes"
	"errors"
	"io"
	"path"
	"strings"
	"sync"

	"github.com/gabriel-vasile/mimetype"
)

// HeadSize and TailSize are the bytes that Detect wants to see; fewer weaken
// it, more are ignored.
const (
	HeadSize = 16 << 10
	TailSize = 16 << 10
)

// Detect returns the kind of a file of size bytes that starts with head and
// ends with tail; the two may overlap.
func Detect(head, tail []byte, size int64) Kind {
	return detect(newWindow(head, tail, size, nil))
}

// DetectFile is Detect on a whole file. It reads the head, the tail and, for a
// TIFF, the first directory. An error is one of the reader.
func DetectFile(r io.ReaderAt, size int64) (Kind, error) {
	room := rooms.Get().(*room)
	defer rooms.Put(room)
	// Most files are DICOM, which their head alone tells.
	head := room.head[:max(0, min(size, dicomHead))]
	if err := readAt(r, head, 0); err != nil {
		return Unknown, err
	}
	if hasDICM(head) {
		return DICOM, nil
	}
	w, err := openWindow(r, size, room)
	if err != nil {
		return Unknown, err
	}
	return detect(w), nil
}

// dicomHead is the preamble and the prefix of a DICOM file, in bytes.
const dicomHead = 132

// room is where a window's bytes lie.
type room struct {
	head [HeadSize]byte
	tail [TailSize]byte
}

var rooms = sync.Pool{New: func() any { return new(room) }}

// Refine settles a tie between kinds of text by the file's name: a table of a
// single column has nothing in its bytes that says CSV. Any other kind stays.
func Refine(k Kind, name string) Kind {
	if k != Text && k != CSV {
		return k
	}
	switch strings.ToLower(path.Ext(name)) {
	case ".csv":
		return CSV
	case ".tsv", ".tab":
		return TSV
	case ".jsonl", ".ndjson":
		if k == Text {
			return JSONL
		}
	case ".txt", ".md", ".log":
		return Text
	}
	return k
}

// window is the part of a file that is at hand.
type window struct {
	head, tail []byte
	size       int64
	r          io.ReaderAt // nil if head and tail are all there is
}

func newWindow(head, tail []byte, size int64, r io.ReaderAt) window {
	if len(head) > HeadSize {
		head = head[:HeadSize]
	}
	if int64(len(head)) > size {
		head = head[:max(size, 0)]
	}
	if len(tail) > TailSize {
		tail = tail[len(tail)-TailSize:]
	}
	if int64(len(tail)) > size {
		tail = nil
	}
	return window{head, tail, size, r}
}

func openWindow(r io.ReaderAt, size int64, in *room) (window, error) {
	head := in.head[:max(0, min(size, HeadSize))]
	if err := readAt(r, head, 0); err != nil {
		return window{}, err
	}
	tail := head
	if size > HeadSize {
		tail = in.tail[:min(size, TailSize)]
		if err := readAt(r, tail, size-int64(len(tail))); err != nil {
			return window{}, err
		}
	}
	return newWindow(head, tail, size, r), nil
}

// readAt fills b; what lies beyond the end of r is zero, so that nothing of an
// earlier file shows.
func readAt(r io.ReaderAt, b []byte, offset int64) error {
	n, err := r.ReadAt(b, offset)
	clear(b[n:])
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// at returns the n bytes at offset, or nil if they are not at hand.
func (w window) at(offset int64, n int) []byte {
	if offset < 0 || n < 0 || n > HeadSize || offset > w.size-int64(n) {
		return nil
	}
	if end := offset + int64(n); end <= int64(len(w.head)) {
		return w.head[offset:end]
	}
	if start := w.size - int64(len(w.tail)); offset >= start && len(w.tail) > 0 {
		return w.tail[offset-start:][:n]
	}
	if w.r == nil {
		return nil
	}
	b := make([]byte, n)
	if got, _ := w.r.ReadAt(b, offset); got < n {
		return nil
	}
	return b
}

// detect tries the kinds from the surest sign to the weakest.
func detect(w window) Kind {
	switch {
	case w.size <= 0:
		return Empty
	case hasDICM(w.head):
		return DICOM
	}
	if k := byMagic(w); k != Unknown {
		return k
	}
	switch {
	case isNIfTI(w.head):
		return NIfTI
	case isAnalyze(w.head):
		return Analyze
	case isTar(w.head):
		return Tar
	case isBinarySTL(w.head, w.size):
		return STL
	case isBareDICOM(w.head, w.size):
		return DICOM
	}
	if k := textKind(w.head, int64(len(w.head)) == w.size); k != Unknown {
		return k
	}
	if k := byLibrary(w.head); k != Unknown {
		return k
	}
	if hasZipEnd(w.tail) {
		return Zip // something stands before it; archive refuses it with a reason
	}
	return Unknown
}

// byLibrary asks the mimetype library about kinds that we only name.
func byLibrary(head []byte) Kind {
	m := mimetype.Detect(head)
	for ; m != nil; m = m.Parent() {
		name, _, _ := strings.Cut(m.String(), ";")
		switch {
		case strings.HasPrefix(name, "video/"):
			return Video
		case strings.HasPrefix(name, "audio/"):
			return Audio
		case name == "application/x-ole-storage":
			return Office
		case name == "application/x-executable", name == "application/x-sharedlib",
			name == "application/x-mach-binary", name == "application/vnd.microsoft.portable-executable":
			return Executable
		case name == "application/vnd.sqlite3":
			return Database
		case name == "application/x-hdf5", name == "application/x-hdf":
			return HDF5
		}
	}
	return Unknown
}

// hasZipEnd reports whether tail ends in a zip's end-of-directory record.
func hasZipEnd(tail []byte) bool {
	at := bytes.LastIndex(tail, []byte("PK\x05\x06"))
	return at >= 0 && len(tail)-at >= 22 && int(tail[at+20])|int(tail[at+21])<<8 == len(tail)-at-22
}
