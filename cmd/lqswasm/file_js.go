package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"sort"
	"strings"
	"syscall/js"
	"time"

	"assay/internal/audit"
)

// fileSet is a file system of the blobs that the page handed over.
type fileSet struct {
	blobs   map[string]*blob
	folders map[string][]string // folder to the names in it, sorted
}

// blob is a Blob of the browser, read piece by piece.
type blob struct {
	value js.Value
	size  int64
}

// ReadAt waits for the page to read a slice of the blob.
func (b *blob) ReadAt(p []byte, off int64) (int, error) {
	if off >= b.size {
		return 0, io.EOF
	}
	end := min(off+int64(len(p)), b.size)
	buffer, err := await(b.value.Call("slice", float64(off), float64(end)).Call("arrayBuffer"))
	if err != nil {
		return 0, err
	}
	n := js.CopyBytesToGo(p, js.Global().Get("Uint8Array").New(buffer))
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// await waits for a promise. It must not run in the page's own call.
func await(promise js.Value) (js.Value, error) {
	type outcome struct {
		value js.Value
		err   error
	}
	c := make(chan outcome, 1)
	done := js.FuncOf(func(_ js.Value, args []js.Value) any {
		c <- outcome{value: args[0]}
		return nil
	})
	defer done.Release()
	failed := js.FuncOf(func(js.Value, []js.Value) any {
		c <- outcome{err: errors.New("the browser could not read the file")}
		return nil
	})
	defer failed.Release()
	promise.Call("then", done, failed)
	o := <-c
	return o.value, o.err
}

// filesOf reads the array of {path, blob}.
func filesOf(list js.Value) (*fileSet, error) {
	s := &fileSet{blobs: map[string]*blob{}, folders: map[string][]string{".": nil}}
	for i := range list.Length() {
		name := path.Clean(strings.TrimLeft(list.Index(i).Get("path").String(), "/"))
		if !fs.ValidPath(name) || name == "." || s.blobs[name] != nil || s.folders[name] != nil {
			return nil, fmt.Errorf("file %d has no usable path", i+1)
		}
		value := list.Index(i).Get("blob")
		s.blobs[name] = &blob{value, int64(value.Get("size").Float())}
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
			return audit.RunFile(ctx, path.Base(name), b, b.size, opts)
		}
	}
	return audit.Run(ctx, s, opts)
}

// Open opens a file or a folder.
func (s *fileSet) Open(name string) (fs.File, error) {
	if b := s.blobs[name]; b != nil {
		return &openBlob{io.NewSectionReader(b, 0, b.size), info{path.Base(name), b.size, false}}, nil
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
	info info
}

func (f *openBlob) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f *openBlob) Close() error               { return nil }

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
