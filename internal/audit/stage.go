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

	"assay/internal/audit/finding"
)

// Scratch makes temporary space for bytes that must be read at random.
type Scratch interface {
	Create() (ScratchFile, error)
}

// ScratchFile is temporary space that is gone once it is closed.
type ScratchFile interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
}

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
// readable at random: by itself if it can be, else from scratch.
func (a *run) open(ctx context.Context, f planned) (*opened, error) {
	file, err := a.fsys.Open(f.path)
	if err != nil {
		return nil, err
	}
	h := sha256.New()
	if at, ok := file.(io.ReaderAt); ok {
		n, err := copyAtMost(ctx, h, io.NewSectionReader(at, 0, f.size+1), f.size)
		if err != nil {
			file.Close()
			return nil, err
		}
		return &opened{at, n, sum(h), func() { file.Close() }}, nil
	}
	defer file.Close()
	return a.stage(ctx, file, f.size, h)
}

// stage copies a file that can only be read from its start into scratch.
func (a *run) stage(ctx context.Context, file fs.File, size int64, h hash.Hash) (*opened, error) {
	scratch, err := a.opts.Scratch.Create()
	if err != nil {
		return nil, &faultError{fmt.Errorf("make temporary space: %w", err)}
	}
	w := io.NewOffsetWriter(scratch, 0)
	n, err := copyAtMost(ctx, io.MultiWriter(h, w), file, size)
	if err != nil {
		scratch.Close()
		return nil, err
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
	message := "The file could not be read."
	if errors.Is(err, errGrew) {
		message = "The file is larger than its directory says."
	}
	return Facts{
		Status: Refused, Reason: message,
		Findings: []finding.Finding{*refusal(ruleUnreadable, message)},
	}
}

// Memory is scratch space in memory.
type Memory struct{}

// Create returns an empty file in memory.
func (Memory) Create() (ScratchFile, error) { return &memoryFile{}, nil }

type memoryFile struct{ data []byte }

func (m *memoryFile) ReadAt(p []byte, off int64) (int, error) {
	if off >= int64(len(m.data)) {
		return 0, io.EOF
	}
	n := copy(p, m.data[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (m *memoryFile) WriteAt(p []byte, off int64) (int, error) {
	if end := off + int64(len(p)); end > int64(len(m.data)) {
		if off == int64(len(m.data)) {
			m.data = append(m.data, p...)
			return len(p), nil
		}
		grown := make([]byte, end)
		copy(grown, m.data)
		m.data = grown
	}
	return copy(m.data[off:], p), nil
}

func (m *memoryFile) Close() error {
	m.data = nil
	return nil
}
