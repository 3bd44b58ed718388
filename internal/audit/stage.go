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

	"assay/internal/audit/archive"
	"assay/internal/audit/finding"
)

// opened is a file ready to be inspected, with its digest.
type opened struct {
	content io.ReaderAt
	size    int64
	sha256  string
	close   func()
}

// errGrew is the reason for a file that is larger than it was said to be.
var errGrew = errors.New("the file is larger than its directory says")

// open opens a planned file, reads it once for its digest, and makes it
// readable at random: where it lies if it can be, else from scratch.
func (a *run) open(ctx context.Context, f planned) (*opened, error) {
	file, err := a.fsys.Open(f.path)
	if err != nil {
		return nil, err
	}
	h := sha256.New()
	if content := randomly(file); content != nil {
		n, err := copyAtMost(ctx, h, inOrder(file), f.size)
		if err != nil {
			return nil, errors.Join(err, file.Close())
		}
		return &opened{content, n, sum(h), func() { file.Close() }}, nil
	}
	defer file.Close()
	return a.stage(ctx, file, f.size, h)
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
func (a *run) stage(ctx context.Context, file fs.File, size int64, h hash.Hash) (*opened, error) {
	scratch, err := a.opts.Scratch.Create()
	if err != nil {
		return nil, &faultError{fmt.Errorf("make temporary space: %w", err)}
	}
	w := io.NewOffsetWriter(scratch, 0)
	n, err := copyAtMost(ctx, io.MultiWriter(h, w), file, size)
	if err != nil {
		return nil, errors.Join(err, scratch.Close())
	}
	return &opened{scratch, n, sum(h), func() { scratch.Close() }}, nil
}

func sum(h hash.Hash) string { return hex.EncodeToString(h.Sum(nil)) }

// copyAtMost copies r to w and fails if r holds more than size bytes.
func copyAtMost(ctx context.Context, w io.Writer, r io.Reader, size int64) (int64, error) {
	buf := make([]byte, 256<<10)
	var n int64
	for {
		if err := ctx.Err(); err != nil {
			return n, err
		}
		k, err := r.Read(buf)
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
