package archive

import (
	"errors"
	"io"
	"io/fs"
	"sync"
)

// File is an open file of an archive. Read gives the content in order; ReadAt
// gives any part of it, after the whole content was verified once. Both may be
// used on the same File; Read is not safe for concurrent use, ReadAt is.
type File struct {
	node *node

	stream io.ReadCloser
	failed error

	once   sync.Once
	at     io.ReaderAt
	closer io.Closer
	atErr  error
}

// Stat describes the file.
func (f *File) Stat() (fs.FileInfo, error) { return info{f.node}, nil }

// Size returns the bytes of the file.
func (f *File) Size() int64 { return f.node.size }

// Read reads on. The last read fails with a *Refusal unless size and checksum
// are as the archive states.
func (f *File) Read(p []byte) (int, error) {
	if f.failed != nil {
		return 0, f.failed
	}
	if f.stream == nil {
		if f.stream, f.failed = f.node.entry.open(); f.failed != nil {
			return 0, f.failed
		}
	}
	n, err := f.stream.Read(p)
	f.failed = err
	return n, err
}

// ReadAt reads at a place. The first call verifies the whole content and
// fails with a *Refusal unless size and checksum are as the archive states.
func (f *File) ReadAt(p []byte, offset int64) (int, error) {
	f.once.Do(func() { f.at, f.closer, f.atErr = f.node.entry.random() })
	if f.atErr != nil {
		return 0, f.atErr
	}
	return f.at.ReadAt(p, offset)
}

// Outer returns where the content lies in r, the archive or the temporary
// space; r is nil if it is compressed. The bytes there are verified only once
// the file was read to its end.
func (f *File) Outer() (r io.ReaderAt, offset, size int64) {
	switch e := f.node.entry.(type) {
	case section:
		return e.r, e.offset, e.size
	case *zipContent:
		if e.entry.method == zipMethodStored {
			return e.r, e.entry.data, e.entry.packed
		}
	}
	return nil, 0, 0
}

// Close frees what the file holds.
func (f *File) Close() error {
	f.once.Do(func() { f.atErr = fs.ErrClosed })
	var err error
	if f.stream != nil {
		err = f.stream.Close()
	}
	if f.closer != nil {
		err = errors.Join(err, f.closer.Close())
	}
	f.failed = fs.ErrClosed
	return err
}

// section is a part of a ReaderAt that needs no verifying.
type section struct {
	r            io.ReaderAt
	offset, size int64
}

func (s section) open() (io.ReadCloser, error) {
	return io.NopCloser(io.NewSectionReader(s.r, s.offset, s.size)), nil
}

func (s section) random() (io.ReaderAt, io.Closer, error) {
	return io.NewSectionReader(s.r, s.offset, s.size), nil, nil
}

// stage copies a verified stream into memory if it is small, else into
// temporary space.
func stage(stream io.Reader, size int64, scratch Scratch) (io.ReaderAt, io.Closer, error) {
	const small = 4 << 20
	if size <= small {
		b, err := io.ReadAll(io.LimitReader(stream, small+1))
		if err != nil {
			return nil, nil, err
		}
		return bytesAt(b), nil, nil
	}
	f, err := scratch.Create()
	if err != nil {
		return nil, nil, err
	}
	n, err := io.Copy(io.NewOffsetWriter(f, 0), stream)
	if err != nil {
		return nil, nil, errors.Join(err, f.Close())
	}
	return io.NewSectionReader(f, 0, n), f, nil
}

// bytesAt is a ReaderAt over bytes.
type bytesAt []byte

func (b bytesAt) ReadAt(p []byte, offset int64) (int, error) {
	if offset < 0 || offset > int64(len(b)) {
		return 0, io.EOF
	}
	n := copy(p, b[offset:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}
