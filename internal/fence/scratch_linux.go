package fence

import (
	"io"
	"os"
	"sync"

	"golang.org/x/sys/unix"

	"assay/internal/audit/archive"
)

// inMemory is how many bytes of a scratch file stay in memory.
const inMemory = 4 << 20

// NewScratch returns temporary space for audit.Options: in memory up to
// 4 MiB a file, above that in an unnamed file below folder, which goes away
// with the process.
func NewScratch(folder string) archive.Scratch { return scratch{folder} }

type scratch struct{ folder string }

func (s scratch) Create() (archive.ScratchFile, error) {
	fd, err := unix.MemfdCreate("scratch", unix.MFD_CLOEXEC)
	if err != nil {
		f, err := unnamed(s.folder)
		return &scratchFile{folder: s.folder, file: f, onDisk: true}, err
	}
	return &scratchFile{folder: s.folder, file: os.NewFile(uintptr(fd), "scratch")}, nil
}

// unnamed creates a file that has no name in the folder.
func unnamed(folder string) (*os.File, error) {
	f, err := os.CreateTemp(folder, "assay-scratch-*")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

type scratchFile struct {
	folder string
	mu     sync.Mutex
	file   *os.File
	onDisk bool
}

// Descriptor returns the file that holds the bytes.
func (s *scratchFile) Descriptor() *os.File {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.file
}

func (s *scratchFile) ReadAt(p []byte, off int64) (int, error) { return s.Descriptor().ReadAt(p, off) }

func (s *scratchFile) WriteAt(p []byte, off int64) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.onDisk && off+int64(len(p)) > inMemory {
		if err := s.toDisk(); err != nil {
			return 0, err
		}
	}
	return s.file.WriteAt(p, off)
}

func (s *scratchFile) toDisk() error {
	disk, err := unnamed(s.folder)
	if err != nil {
		return err
	}
	if _, err := io.Copy(disk, io.NewSectionReader(s.file, 0, inMemory)); err != nil {
		disk.Close()
		return err
	}
	s.file.Close()
	s.file, s.onDisk = disk, true
	return nil
}

func (s *scratchFile) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.file.Close()
}
