package audit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"sync"

	"assay/internal/audit/archive"
	"assay/internal/audit/finding"
)

// opened is a file ready to be inspected.
type opened struct {
	content io.ReaderAt
	inOrder io.Reader // all bytes once, which verifies them; nil if that was done
	size    int64
	sha256  string // if the bytes were read in order
	close   func()
}

// errGrew is the reason for a file that is larger than it was said to be.
var errGrew = errors.New("the file is larger than its directory says")

// open opens a planned file and makes it readable at random: where it lies if
// it can be, else from scratch, which costs reading it once.
func (a *run) open(ctx context.Context, f planned) (*opened, error) {
	file, err := a.fsys.Open(f.path)
	if err != nil {
		return nil, err
	}
	if content := randomly(file); content != nil {
		return &opened{content: content, inOrder: inOrder(file), size: f.size, close: func() { file.Close() }}, nil
	}
	defer file.Close()
	return a.stage(ctx, file, f.size)
}

// sums returns the digests of a file that was inspected. The bytes of a file
// that is read where it lies are verified here, after the inspection, whose
// facts an error makes void.
func (a *run) sums(ctx context.Context, o *opened, facts *Facts) (sums, error) {
	var pixels PixelRange
	if facts.Instance != nil {
		pixels = facts.Instance.Pixels
	}
	if o.inOrder != nil {
		s, n, err := digest(ctx, o.inOrder, o.size, pixels, true)
		if err == nil && n < o.size {
			err = io.ErrUnexpectedEOF
		}
		return s, err
	}
	if pixels.Length == 0 {
		return sums{sha256: o.sha256}, nil
	}
	s, _, err := digest(ctx, io.NewSectionReader(o.content, pixels.Offset, pixels.Length), pixels.Length, PixelRange{0, pixels.Length, pixels.SampleBytes}, false)
	s.sha256 = o.sha256
	return s, err
}

// inArchive is an entry of an archive: to be read to its end before its bytes
// can be trusted, and to be found in the archive if it is not compressed.
type inArchive interface {
	fs.File
	Outer() (r io.ReaderAt, offset, size int64)
}

// randomly returns the content of a file for reading at random, or nil if it
// can only be read in order.
func randomly(file fs.File) io.ReaderAt {
	if entry, ok := file.(inArchive); ok {
		if r, offset, size := entry.Outer(); r != nil {
			return io.NewSectionReader(r, offset, size)
		}
		return nil
	}
	at, ok := file.(io.ReaderAt)
	if !ok {
		return nil
	}
	return at
}

// inOrder returns the content of a file for reading in order. The position of
// a file that several readers share is left alone.
func inOrder(file fs.File) io.Reader {
	if _, ok := file.(inArchive); ok {
		return file
	}
	return io.NewSectionReader(file.(io.ReaderAt), 0, 1<<62)
}

// stage copies a file that can only be read in order into scratch.
func (a *run) stage(ctx context.Context, file fs.File, size int64) (*opened, error) {
	scratch, err := a.opts.Scratch.Create()
	if err != nil {
		return nil, &faultError{fmt.Errorf("make temporary space: %w", err)}
	}
	h, w := sha256.New(), io.NewOffsetWriter(scratch, 0)
	n, err := copyAtMost(ctx, io.MultiWriter(h, w), file, size)
	if err != nil {
		return nil, errors.Join(err, scratch.Close())
	}
	return &opened{content: scratch, size: n, sha256: sum(h), close: func() { scratch.Close() }}, nil
}

func sum(h hash.Hash) string { return hex.EncodeToString(h.Sum(nil)) }

// copyBytes is the size of the buffers of a copy: small enough that what two
// digests read of it comes from the processor's cache.
const copyBytes = 256 << 10

var copyBuffers = sync.Pool{New: func() any { return new([copyBytes]byte) }}

// copyAtMost copies r to w and fails if r holds more than size bytes.
func copyAtMost(ctx context.Context, w io.Writer, r io.Reader, size int64) (int64, error) {
	buf := copyBuffers.Get().(*[copyBytes]byte)
	defer copyBuffers.Put(buf)
	var n int64
	for {
		if err := ctx.Err(); err != nil {
			return n, err
		}
		k, err := r.Read(buf[:])
		n += int64(k)
		if n > size {
			return n, errGrew
		}
		if _, werr := w.Write(buf[:k]); werr != nil {
			return n, &faultError{werr}
		}
		switch {
		case err == io.EOF:
			return n, nil
		case err != nil:
			return n, err
		}
	}
}

// faultError is a failure of our own, such as a full disk: it ends the audit,
// while a file that cannot be read is a finding.
type faultError struct{ cause error }

func (e *faultError) Error() string { return e.cause.Error() }
func (e *faultError) Unwrap() error { return e.cause }

// unreadable turns the error of a file that could not be opened or read into
// facts.
func unreadable(err error) Facts {
	f := *refusal(ruleUnreadable, "The file could not be read.")
	var refused *archive.Refusal
	switch {
	case errors.Is(err, errGrew):
		f.Message = "The file is larger than its directory says."
	case errors.As(err, &refused):
		f = refused.Finding("")
	}
	return Facts{Status: Refused, Reason: f.Message, Findings: []finding.Finding{f}}
}
