package pixel

import (
	"bufio"
	"compress/flate"
	"io"
)

// deflatedEnd bounds how far into a deflated data set pixels are looked for,
// in bytes.
const deflatedEnd = 256 << 20

// inflated shows a deflated data set as if it were inflated in place. It
// reads forward, and starts again to go back.
type inflated struct {
	content     io.ReaderAt
	size, start int64
	stream      *bufio.Reader
	at          int64 // of the next byte of the stream
	restarts    int
}

// maxRestarts bounds the work of going back.
const maxRestarts = 64

func newInflated(content io.ReaderAt, size, start int64) *inflated {
	return &inflated{content: content, size: size, start: start}
}

// Inflated returns n bytes at an offset, as dicom.Scan counts them, of the
// deflated data set whose elements were taken; nil if they cannot be read.
func (in *Inspector) Inflated(content io.ReaderAt, size, offset int64, n int) []byte {
	b := make([]byte, n)
	if _, err := newInflated(content, size, in.metaEnd).ReadAt(b, offset); err != nil {
		return nil
	}
	return b
}

// ReadAt reads inflated bytes at an offset as dicom.Scan counts them.
func (d *inflated) ReadAt(p []byte, offset int64) (int, error) {
	if offset < d.start {
		return d.content.ReadAt(p, offset)
	}
	if offset+int64(len(p)) > deflatedEnd {
		return 0, io.EOF
	}
	if d.stream == nil || offset < d.at {
		if d.restarts++; d.restarts > maxRestarts {
			return 0, io.EOF
		}
		section := io.NewSectionReader(d.content, d.start, d.size-d.start)
		d.stream, d.at = bufio.NewReaderSize(flate.NewReader(section), 64<<10), d.start
	}
	n, err := io.CopyN(io.Discard, d.stream, offset-d.at)
	d.at += n
	if err != nil {
		return 0, io.EOF
	}
	got, err := io.ReadFull(d.stream, p)
	d.at += int64(got)
	if err != nil {
		err = io.EOF
	}
	return got, err
}
