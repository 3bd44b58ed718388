package fence

import (
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"

	"assay/internal/audit"
)

// handed is a read-only descriptor of a file's content.
type handed struct {
	file   *os.File
	offset int64
	owned  bool // made here, to be closed here
}

func (h *handed) close() {
	if h.owned {
		h.file.Close()
	}
}

// handOver finds or makes a read-only descriptor that holds the content of f:
// the file itself, the archive that stores it, or a copy.
func handOver(f audit.File, scratch string) (*handed, error) {
	if file, offset, ok := descriptorOf(f.Content, 0); ok {
		if readOnly(file) {
			return &handed{file: file, offset: offset}, nil
		}
		if again, err := reopen(file); err == nil {
			return &handed{file: again, offset: offset, owned: true}, nil
		}
	}
	return copyOver(f, scratch)
}

// descriptorOf looks through sections and wrappers for the file below.
func descriptorOf(r io.ReaderAt, offset int64) (*os.File, int64, bool) {
	switch r := r.(type) {
	case *os.File:
		return r, offset, true
	case interface{ Descriptor() *os.File }:
		file := r.Descriptor()
		return file, offset, file != nil
	case interface {
		Outer() (io.ReaderAt, int64, int64)
	}:
		outer, off, _ := r.Outer()
		return descriptorOf(outer, offset+off)
	}
	return nil, 0, false
}

func readOnly(f *os.File) bool {
	flags, err := unix.FcntlInt(f.Fd(), unix.F_GETFL, 0)
	return err == nil && flags&unix.O_ACCMODE == unix.O_RDONLY
}

// reopen returns a read-only descriptor of an open file.
func reopen(f *os.File) (*os.File, error) {
	return os.OpenFile(fmt.Sprintf("/proc/self/fd/%d", f.Fd()), os.O_RDONLY, 0)
}

// copyOver copies the content to new space and hands over that.
func copyOver(f audit.File, scratch string) (*handed, error) {
	space, err := NewScratch(scratch).Create()
	if err != nil {
		return nil, err
	}
	defer space.Close()
	from := io.NewSectionReader(f.Content, 0, f.SizeBytes)
	if _, err := io.Copy(io.NewOffsetWriter(space, 0), from); err != nil {
		return nil, fmt.Errorf("copy the content: %w", err)
	}
	file := space.(*scratchFile).Descriptor()
	if file == nil {
		return nil, errors.New("copy the content: no descriptor")
	}
	again, err := reopen(file)
	if err != nil {
		return nil, fmt.Errorf("open the copy: %w", err)
	}
	return &handed{file: again, owned: true}, nil
}
