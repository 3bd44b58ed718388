package archive

import (
	"errors"
	"io"
	"sync"
)

// Limits bound what an archive may hold. A zero field takes the value of
// DefaultLimits.
type Limits struct {
	Entries       int   // entries of any sort
	FileBytes     int64 // bytes of one file, unpacked
	TotalBytes    int64 // bytes of all files, unpacked
	Ratio         int64 // bytes out for a byte of archive, overall
	EntryRatio    int64 // bytes out for a packed byte, for each entry
	NamePartBytes int   // bytes of one part of a path
	NameParts     int   // parts of a path

	// Scratch gives temporary space; Memory if nil. A tar that is compressed
	// is unpacked into it, and so is a large zip entry while it is read at
	// random places.
	Scratch Scratch
}

// DefaultLimits are the limits of an uploaded archive.
func DefaultLimits() Limits {
	return Limits{
		Entries:       50_000,
		FileBytes:     2 << 30,
		TotalBytes:    50 << 30,
		Ratio:         200,
		EntryRatio:    1032,
		NamePartBytes: 255,
		NameParts:     32,
	}
}

// maxNames bounds the bytes of all names of an archive that are held at once.
const maxNames = 64 << 20

func (l Limits) withDefaults() Limits {
	d := DefaultLimits()
	if l.Entries == 0 {
		l.Entries = d.Entries
	}
	if l.FileBytes == 0 {
		l.FileBytes = d.FileBytes
	}
	if l.TotalBytes == 0 {
		l.TotalBytes = d.TotalBytes
	}
	if l.Ratio == 0 {
		l.Ratio = d.Ratio
	}
	if l.EntryRatio == 0 {
		l.EntryRatio = d.EntryRatio
	}
	if l.NamePartBytes == 0 {
		l.NamePartBytes = d.NamePartBytes
	}
	if l.NameParts == 0 {
		l.NameParts = d.NameParts
	}
	if l.Scratch == nil {
		l.Scratch = &Memory{Limit: 256 << 20}
	}
	return l
}

// Scratch gives temporary space. It is safe for concurrent use.
type Scratch interface {
	// Create returns an empty file that is gone after Close.
	Create() (ScratchFile, error)
}

// ScratchFile is a temporary file. Its ReadAt is safe for concurrent use.
type ScratchFile interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
}

// Memory is a Scratch in memory, for the browser and for tests.
type Memory struct {
	Limit int64 // bytes of all open files together

	mu   sync.Mutex
	used int64
}

// ErrScratchFull is returned by a write past the limit of Memory.
var ErrScratchFull = errors.New("temporary space is full")

// Create returns an empty file in memory.
func (m *Memory) Create() (ScratchFile, error) { return &memoryFile{memory: m}, nil }

func (m *Memory) take(n int64) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.used+n > m.Limit {
		return false
	}
	m.used += n
	return true
}

// memoryFile keeps its bytes in pages, so that growing it copies nothing.
type memoryFile struct {
	memory *Memory
	mu     sync.RWMutex
	pages  [][]byte
	size   int64
}

const pageSize = 1 << 20

func (f *memoryFile) WriteAt(p []byte, offset int64) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if offset < 0 {
		return 0, errors.New("write before the start of a temporary file")
	}
	for end := offset + int64(len(p)); int64(len(f.pages))*pageSize < end; {
		if !f.memory.take(pageSize) {
			return 0, ErrScratchFull
		}
		f.pages = append(f.pages, make([]byte, pageSize))
	}
	n := 0
	for n < len(p) {
		at := offset + int64(n)
		n += copy(f.pages[at/pageSize][at%pageSize:], p[n:])
	}
	f.size = max(f.size, offset+int64(n))
	return n, nil
}

func (f *memoryFile) ReadAt(p []byte, offset int64) (int, error) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if offset < 0 {
		return 0, errors.New("read before the start of a temporary file")
	}
	n := 0
	for n < len(p) && offset+int64(n) < f.size {
		at := offset + int64(n)
		page := f.pages[at/pageSize][at%pageSize:]
		n += copy(p[n:], page[:min(int64(len(page)), f.size-at)])
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (f *memoryFile) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.memory.take(-int64(len(f.pages)) * pageSize)
	f.pages, f.size = nil, 0
	return nil
}
