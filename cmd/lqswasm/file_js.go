package main

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"path"
	"sort"
	"strings"
	"syscall/js"
	"time"

	"assay/internal/audit"
	"assay/internal/audit/archive"
	"assay/internal/audit/sniff"
)

// fileSet is a file system of the blobs that the page handed over.
type fileSet struct {
	blobs   map[string]*blob
	folders map[string][]string // folder to the names in it, sorted
}

// filesOf reads the array of {path, blob}.
func filesOf(list js.Value) (*fileSet, error) {
	s := &fileSet{blobs: map[string]*blob{}, folders: map[string][]string{".": nil}}
	for i := range list.Length() {
		name := path.Clean(strings.TrimLeft(list.Index(i).Get("path").String(), "/"))
		if !fs.ValidPath(name) || name == "." || s.blobs[name] != nil || s.folders[name] != nil {
			return nil, fmt.Errorf("file %d has no usable path", i+1)
		}
		s.blobs[name] = newBlob(list.Index(i).Get("blob"))
		s.list(name)
	}
	for _, names := range s.folders {
		sort.Strings(names)
	}
	return s, nil
}

// list notes a name in its folder, and the folder in its own.
func (s *fileSet) list(name string) {
	for name != "." {
		folder := path.Dir(name)
		_, known := s.folders[folder]
		s.folders[folder] = append(s.folders[folder], path.Base(name))
		if known {
			return
		}
		name = folder
	}
}

// audit audits the set, or what is inside its only file.
func (s *fileSet) audit(ctx context.Context, opts audit.Options) (*audit.Report, error) {
	if len(s.blobs) == 1 {
		for name, b := range s.blobs {
			if kind, err := sniff.DetectFile(b, b.size); err == nil && archive.Readable(kind) && b.size > archiveBytes {
				return nil, errArchive
			}
			return audit.RunFile(ctx, path.Base(name), b, b.size, opts)
		}
	}
	return audit.Run(ctx, s, opts)
}

// Open opens a file or a folder.
func (s *fileSet) Open(name string) (fs.File, error) {
	if b := s.blobs[name]; b != nil {
		return &openBlob{io.NewSectionReader(b, 0, b.size), b, info{path.Base(name), b.size, false}}, nil
	}
	names, ok := s.folders[name]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	d := &openFolder{info: info{path.Base(name), 0, true}}
	for _, n := range names {
		full := path.Join(name, n)
		if b := s.blobs[full]; b != nil {
			d.left = append(d.left, fs.FileInfoToDirEntry(info{n, b.size, false}))
		} else {
			d.left = append(d.left, fs.FileInfoToDirEntry(info{n, 0, true}))
		}
	}
	return d, nil
}

type info struct {
	name   string
	size   int64
	folder bool
}

func (i info) Name() string       { return i.name }
func (i info) Size() int64        { return i.size }
func (i info) ModTime() time.Time { return time.Time{} }
func (i info) IsDir() bool        { return i.folder }
func (i info) Sys() any           { return nil }

func (i info) Mode() fs.FileMode {
	if i.folder {
		return fs.ModeDir | 0o555
	}
	return 0o444
}

type openBlob struct {
	*io.SectionReader
	blob *blob
	info info
}

func (f *openBlob) Stat() (fs.FileInfo, error) { return f.info, nil }

// Close frees what was read of the blob.
func (f *openBlob) Close() error {
	f.blob.forget()
	return nil
}

type openFolder struct {
	info info
	left []fs.DirEntry
}

func (d *openFolder) Stat() (fs.FileInfo, error) { return d.info, nil }
func (d *openFolder) Close() error               { return nil }

func (d *openFolder) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: d.info.name, Err: fs.ErrInvalid}
}

func (d *openFolder) ReadDir(n int) ([]fs.DirEntry, error) {
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
