//go:build !linux

package fence

import (
	"context"
	"errors"
	"io"
	"os"
	"sync/atomic"

	"assay/internal/audit"
	"assay/internal/audit/archive"
)

// Pool inspects files in this process: the fence needs Linux.
type Pool struct {
	config Config
	files  atomic.Int64
}

// New returns a pool.
func New(c Config) (*Pool, error) {
	c, err := c.orDefault()
	return &Pool{config: c}, err
}

// Close does nothing.
func (p *Pool) Close() {}

// Isolated says whether files are inspected in processes of their own.
func (p *Pool) Isolated() bool { return false }

// Parallel is how many files to hand over at once.
func (p *Pool) Parallel() int { return p.config.Children }

// Stats returns what the pool has done so far.
func (p *Pool) Stats() Stats { return Stats{Files: int(p.files.Load())} }

// Inspect inspects f in this process.
func (p *Pool) Inspect(ctx context.Context, f audit.File, opts audit.InspectOptions) (audit.Facts, error) {
	p.files.Add(1)
	return audit.Inspect(ctx, f, opts)
}

// ChildMain refuses to run.
func ChildMain(io.Reader, io.Writer) error {
	return errors.New("there are no fenced children on this system")
}

// NewScratch returns temporary space for audit.Options below folder.
func NewScratch(folder string) archive.Scratch { return scratch{folder} }

type scratch struct{ folder string }

func (s scratch) Create() (archive.ScratchFile, error) {
	f, err := os.CreateTemp(s.folder, "assay-scratch-*")
	if err != nil {
		return nil, err
	}
	return &scratchFile{f}, nil
}

type scratchFile struct{ *os.File }

func (s *scratchFile) Close() error {
	return errors.Join(s.File.Close(), os.Remove(s.Name()))
}
