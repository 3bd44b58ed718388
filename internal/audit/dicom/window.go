package dicom

import (
	"compress/flate"
	"errors"
	"io"
	"math"
	"strings"
)

const (
	firstRead = 16 << 10 // bytes of an ordinary header
	laterRead = 4 << 10
	textBytes = 4 << 10 // of buf made a string at once
)

// errInflate ends a deflated data set that passes a limit.
var errInflate = errors.New("inflated data set over its limit")

// window shows parts of a file, forward only, through one buffer that is used
// again. A deflated data set is a stream behind the same two methods.
type window struct {
	r      io.ReaderAt
	stream io.Reader // not nil from the start of a deflated data set
	spare  io.Reader // a stream's decompressor, used again
	cap    int64     // offset at which the stream is over its limit
	size   int64     // of the file; MaxInt64 while a stream's end is unknown
	start  int64     // offset of buf[0]
	buf    []byte
	broken bool // the stream ended in the middle

	// text is a copy of a part of buf, from textAt on, made when a text of it is
	// asked for: few strings hold all values of an ordinary header.
	text   string
	textAt int64 // offset of text
}

// stringAt returns n bytes at offset as a string if buf holds them.
func (w *window) stringAt(offset int64, n int) (string, bool) {
	i := offset - w.start
	if w.stream != nil || i < 0 || i+int64(n) > int64(len(w.buf)) {
		return "", false
	}
	if at := offset - w.textAt; at >= 0 && at+int64(n) <= int64(len(w.text)) {
		return w.text[at : at+int64(n)], true
	}
	w.text, w.textAt = string(w.buf[i:min(len(w.buf), int(i)+max(n, textBytes))]), offset
	return w.text[:n], true
}

// drop lets go of the file.
func (w *window) drop() window {
	kept := window{buf: w.buf[:0]}
	if cap(kept.buf) > 4*headBytes {
		kept.buf = nil
	}
	if r, ok := w.spare.(flate.Resetter); ok && r.Reset(strings.NewReader(""), nil) == nil {
		kept.spare = w.spare
	}
	return kept
}

func (w *window) reset(r io.ReaderAt, size int64) {
	*w = window{r: r, size: size, buf: w.buf[:0], spare: w.spare}
}

// inflate turns the rest of the file, from offset on, into a stream. limit is
// the number of bytes that may come out of it.
func (w *window) inflate(offset, limit int64) {
	section := io.NewSectionReader(w.r, offset, w.size-offset)
	if r, ok := w.spare.(flate.Resetter); !ok || r.Reset(section, nil) != nil {
		w.spare = flate.NewReader(section)
	}
	w.stream = w.spare
	w.cap = offset + limit
	w.size = math.MaxInt64
	w.start, w.buf = offset, w.buf[:0]
}

// bytes returns n bytes at offset, fewer at the end of the file. They are valid
// until the next call. An error is a fault of the reader or errInflate.
func (w *window) bytes(offset int64, n int) ([]byte, error) {
	if i := offset - w.start; i >= 0 && i+int64(n) <= int64(len(w.buf)) {
		return w.buf[i : i+int64(n)], nil
	}
	if w.stream != nil {
		return w.streamBytes(offset, n)
	}
	want := firstRead
	if gap := offset - w.start - int64(len(w.buf)); gap < 0 || gap > laterRead {
		want = laterRead // a jump, most likely over pixels
	}
	if offset == 0 {
		want = firstRead
	}
	if n > want {
		want = n
	}
	if left := w.size - offset; int64(want) > left {
		want = int(max(left, 0))
	}
	w.start, w.text = offset, ""
	w.grow(want)
	got, err := w.r.ReadAt(w.buf[:want], offset)
	w.buf = w.buf[:got]
	if err != nil && !errors.Is(err, io.EOF) && got < want {
		return nil, err
	}
	return w.buf[:min(n, got)], nil
}

// grow makes room for n bytes in buf, which loses its content.
func (w *window) grow(n int) {
	if cap(w.buf) < n {
		w.buf = make([]byte, n)
	}
	w.buf = w.buf[:n]
}

func (w *window) streamBytes(offset int64, n int) ([]byte, error) {
	if err := w.skipTo(offset); err != nil {
		return nil, err
	}
	if offset != w.start {
		return nil, nil // past the end
	}
	for len(w.buf) < n && w.size == math.MaxInt64 {
		if err := w.fill(max(n, firstRead)); err != nil {
			return nil, err
		}
	}
	return w.buf[:min(n, len(w.buf))], nil
}

// skipTo drops what lies before offset.
func (w *window) skipTo(offset int64) error {
	for offset > w.start {
		if i := offset - w.start; i < int64(len(w.buf)) {
			w.buf = w.buf[:copy(w.buf, w.buf[i:])]
			w.start = offset
			return nil
		}
		w.start += int64(len(w.buf))
		w.buf = w.buf[:0]
		if w.start == offset || w.size != math.MaxInt64 {
			return nil
		}
		if err := w.fill(firstRead); err != nil {
			return err
		}
	}
	return nil
}

// fill reads more of the stream behind what buf holds, up to room bytes in
// all, whatever the capacity of buf, so that equal files are read equally.
func (w *window) fill(room int) error {
	if cap(w.buf) < room {
		grown := make([]byte, len(w.buf), room)
		copy(grown, w.buf)
		w.buf = grown
	}
	got, err := w.stream.Read(w.buf[len(w.buf):room])
	w.buf = w.buf[:len(w.buf)+got]
	end := w.start + int64(len(w.buf))
	if end > w.cap {
		return errInflate
	}
	if err == nil {
		return nil
	}
	w.size = end
	var corrupt flate.CorruptInputError
	switch {
	case err == io.EOF:
		return nil
	case errors.Is(err, io.ErrUnexpectedEOF), errors.As(err, &corrupt):
		w.broken = true
		return nil
	}
	return err
}
