package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// joined is a file system whose root holds several files and folders of the
// system, each under its own base name.
type joined struct {
	names []string
	at    map[string]string   // base name to path of a file
	roots map[string]*os.Root // base name to a folder
}

func joinPaths(paths []string) (*joined, error) {
	j := &joined{at: map[string]string{}, roots: map[string]*os.Root{}}
	for _, p := range paths {
		if err := j.add(p); err != nil {
			j.close()
			return nil, err
		}
	}
	slices.Sort(j.names)
	return j, nil
}

func (j *joined) add(p string) error {
	absolute, err := filepath.Abs(p)
	if err != nil {
		return err
	}
	name := filepath.Base(absolute)
	if slices.Contains(j.names, name) {
		return fmt.Errorf("two of the paths are called %s", name)
	}
	info, err := os.Stat(p)
	switch {
	case err != nil:
		return plain(err)
	case info.IsDir():
		if j.roots[name], err = os.OpenRoot(p); err != nil {
			return plain(err)
		}
	case info.Mode().IsRegular():
		j.at[name] = absolute
	default:
		return fmt.Errorf("%s is neither a file nor a folder", p)
	}
	j.names = append(j.names, name)
	return nil
}

func (j *joined) close() {
	for _, r := range j.roots {
		if r != nil {
			r.Close()
		}
	}
}

// Open opens the root, one of the files, or what lies in one of the folders.
func (j *joined) Open(name string) (fs.File, error) {
	if name == "." {
		return nil, &fs.PathError{Op: "open", Path: name, Err: errors.ErrUnsupported}
	}
	first, rest, deeper := strings.Cut(name, "/")
	if root, ok := j.roots[first]; ok {
		if !deeper {
			rest = "."
		}
		return root.FS().Open(rest)
	}
	if at, ok := j.at[first]; ok && !deeper {
		return os.Open(at)
	}
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}

// Stat describes the root, a file or a folder.
func (j *joined) Stat(name string) (fs.FileInfo, error) {
	if name == "." {
		return rootInfo{}, nil
	}
	f, err := j.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.Stat()
}

// ReadDir lists the root or a folder.
func (j *joined) ReadDir(name string) ([]fs.DirEntry, error) {
	if name != "." {
		first, rest, deeper := strings.Cut(name, "/")
		root, ok := j.roots[first]
		if !ok {
			return nil, &fs.PathError{Op: "readdir", Path: name, Err: fs.ErrNotExist}
		}
		if !deeper {
			rest = "."
		}
		return fs.ReadDir(root.FS(), rest)
	}
	list := make([]fs.DirEntry, 0, len(j.names))
	for _, n := range j.names {
		info, err := j.Stat(n)
		if err != nil {
			return nil, err
		}
		list = append(list, renamed{fs.FileInfoToDirEntry(info), n})
	}
	return list, nil
}

// renamed gives the root of a folder its own name.
type renamed struct {
	fs.DirEntry
	name string
}

func (r renamed) Name() string { return r.name }

type rootInfo struct{}

func (rootInfo) Name() string       { return "." }
func (rootInfo) Size() int64        { return 0 }
func (rootInfo) Mode() fs.FileMode  { return fs.ModeDir | 0o555 }
func (rootInfo) ModTime() time.Time { return time.Time{} }
func (rootInfo) IsDir() bool        { return true }
func (rootInfo) Sys() any           { return nil }
