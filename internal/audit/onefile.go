package audit

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"path"
	"strings"
	"time"

	"assay/internal/audit/archive"
	"assay/internal/audit/sniff"
)

// RunFile audits one file: the files inside it if it is an archive that can
// be read, else the file itself. An archive that cannot be trusted is a
// report with a blocker, not an error.
func RunFile(ctx context.Context, name string, r io.ReaderAt, size int64, opts Options) (*Report, error) {
	kind, err := sniff.DetectFile(r, size)
	if err != nil {
		return nil, err
	}
	name = path.Base(filepathSlashes.Replace(name))
	if !fs.ValidPath(name) || name == "." {
		name = "file"
	}
	alone := oneFile{name: name, r: r, size: size}
	if !archive.Readable(kind) {
		return Run(ctx, alone, opts)
	}
	fsys, err := archive.Open(r, size, name, archiveLimits(kind, opts))
	var refused *archive.Refusal
	switch {
	case errors.As(err, &refused):
		opts.Inspect = func(context.Context, File, InspectOptions) (Facts, error) {
			facts := unreadable(refused)
			facts.Kind = string(kind)
			return facts, nil
		}
		return Run(ctx, alone, opts)
	case err != nil:
		return nil, err
	}
	defer fsys.Close()
	return Run(ctx, fsys, opts)
}

// archiveLimits are the limits of an archive that holds the set. A plain tar is
// how a folder arrives, and may have as many entries as a folder has files.
func archiveLimits(kind sniff.Kind, opts Options) archive.Limits {
	set := opts.Limits.orDefault()
	lim := set.archive(opts.Scratch)
	if kind == sniff.Tar {
		lim.Entries = max(lim.Entries, set.Files)
	}
	return lim
}

var filepathSlashes = strings.NewReplacer(`\`, "/")

// oneFile is a file system that holds one file.
type oneFile struct {
	name string
	r    io.ReaderAt
	size int64
}

func (o oneFile) Open(name string) (fs.File, error) {
	switch name {
	case ".":
		return &oneFolder{left: []fs.DirEntry{fs.FileInfoToDirEntry(o.info())}}, nil
	case o.name:
		return &openFile{SectionReader: io.NewSectionReader(o.r, 0, o.size), info: o.info()}, nil
	}
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}

func (o oneFile) info() fileInfo { return fileInfo{o.name, o.size} }

type fileInfo struct {
	name string
	size int64
}

func (i fileInfo) Name() string       { return i.name }
func (i fileInfo) Size() int64        { return i.size }
func (i fileInfo) Mode() fs.FileMode  { return 0o444 }
func (i fileInfo) ModTime() time.Time { return time.Time{} }
func (i fileInfo) IsDir() bool        { return false }
func (i fileInfo) Sys() any           { return nil }

type openFile struct {
	*io.SectionReader
	info fileInfo
}

func (f *openFile) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f *openFile) Close() error               { return nil }

// oneFolder is the root of a oneFile.
type oneFolder struct{ left []fs.DirEntry }

func (d *oneFolder) Stat() (fs.FileInfo, error) { return folderInfo{}, nil }
func (d *oneFolder) Close() error               { return nil }

func (d *oneFolder) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: ".", Err: fs.ErrInvalid}
}

func (d *oneFolder) ReadDir(n int) ([]fs.DirEntry, error) {
	list := d.left
	if n > 0 {
		list = list[:min(n, len(list))]
		if len(list) == 0 {
			return nil, io.EOF
		}
	}
	d.left = d.left[len(list):]
	return list, nil
}

type folderInfo struct{ fileInfo }

func (folderInfo) Name() string      { return "." }
func (folderInfo) Mode() fs.FileMode { return fs.ModeDir | 0o555 }
func (folderInfo) IsDir() bool       { return true }
