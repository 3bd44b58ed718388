package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// stream is what is uploaded: one archive as it is, or a tar of files that is
// never written anywhere. It is the same, byte for byte, as the one that the
// upload page makes of the same files, so that either may go on with what the
// other began.
type stream struct {
	parts       []part
	size        int64
	files       int
	fingerprint string // digest of names, sizes and times
}

// part is bytes, or a file.
type part struct {
	bytes []byte
	file  string
	size  int64
}

type sourceFile struct {
	path  string // within the stream
	file  string // on this machine
	size  int64
	milli int64 // time of the last change
}

var (
	archiveName = regexp.MustCompile(`(?i)\.(zip|tar|tgz|tar\.gz|tar\.zst)$`)
	clutter     = regexp.MustCompile(`(^|/)(\.DS_Store|Thumbs\.db)$`)
)

// newStream plans the upload of a file or of a folder.
func newStream(name string) (*stream, error) {
	files, err := sourceFiles(name)
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, usageError{fmt.Errorf("%s holds no files", name)}
	}
	slices.SortFunc(files, func(a, b sourceFile) int { return strings.Compare(a.path, b.path) })
	s := &stream{files: len(files)}
	lines := make([]string, len(files))
	for i, f := range files {
		lines[i] = f.path + "\x00" + strconv.FormatInt(f.size, 10) + "\x00" + strconv.FormatInt(f.milli, 10)
	}
	sum := sha256.Sum256([]byte(strings.Join(lines, "\n")))
	s.fingerprint = hex.EncodeToString(sum[:])
	if len(files) == 1 && archiveName.MatchString(files[0].path) {
		s.add(part{file: files[0].file, size: files[0].size})
		return s, nil
	}
	for _, f := range files {
		s.addEntry(f)
	}
	s.addBytes(make([]byte, 1024))
	return s, nil
}

func sourceFiles(name string) ([]sourceFile, error) {
	absolute, err := filepath.Abs(name)
	if err != nil {
		return nil, err
	}
	base := filepath.Base(absolute)
	var files []sourceFile
	err = filepath.WalkDir(absolute, func(at string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := os.Stat(at)
		if err != nil {
			return err
		}
		if !info.Mode().IsRegular() {
			return fmt.Errorf("%s is neither a file nor a folder", at)
		}
		inside, err := filepath.Rel(absolute, at)
		if err != nil {
			return err
		}
		f := sourceFile{path.Join(base, filepath.ToSlash(inside)), at, info.Size(), info.ModTime().UnixMilli()}
		if !clutter.MatchString(f.path) {
			files = append(files, f)
		}
		return nil
	})
	if err != nil {
		return nil, usageError{plain(err)}
	}
	return files, nil
}

func (s *stream) add(p part) {
	s.parts = append(s.parts, p)
	s.size += p.size
}

func (s *stream) addBytes(b []byte) { s.add(part{bytes: b, size: int64(len(b))}) }

// addEntry adds a file with its tar header; names over 100 bytes, or not of
// ASCII, go into a pax header.
//
// Source: POSIX.1-2017, pax, ustar interchange format.
func (s *stream) addEntry(f sourceFile) {
	if len(f.path) > 100 || strings.ContainsFunc(f.path, func(r rune) bool { return r > 127 }) {
		record := paxRecord(f.path)
		s.addBytes(tarHeader("pax", int64(len(record)), 'x'))
		s.addBytes([]byte(record))
		s.addBytes(padding(int64(len(record))))
	}
	s.addBytes(tarHeader(f.path, f.size, '0'))
	s.add(part{file: f.file, size: f.size})
	s.addBytes(padding(f.size))
}

func padding(n int64) []byte { return make([]byte, (512-n%512)%512) }

func paxRecord(name string) string {
	record := " path=" + name + "\n"
	digits := 1
	for len(strconv.Itoa(len(record)+digits)) > digits {
		digits++
	}
	return strconv.Itoa(len(record)+digits) + record
}

func tarHeader(name string, size int64, kind byte) []byte {
	h := make([]byte, 512)
	copy(h[:100], name)
	octal := func(at, length int, n int64) { copy(h[at:], fmt.Sprintf("%0*o", length-1, n)) }
	octal(100, 8, 0o644)
	octal(108, 8, 0)
	octal(116, 8, 0)
	if size < 8<<30 {
		octal(124, 12, size)
	} else { // base 256, for sizes past 8 GiB
		for i, n := 135, size; i > 124; i, n = i-1, n/256 {
			h[i] = byte(n % 256)
		}
		h[124] = 128
	}
	octal(136, 12, 0)
	copy(h[148:156], "        ")
	h[156] = kind
	copy(h[257:], "ustar\x0000")
	sum := int64(0)
	for _, b := range h {
		sum += int64(b)
	}
	octal(148, 7, sum)
	h[154], h[155] = 0, ' '
	return h
}

// from reads the stream from an offset on. A file that is no longer as long as
// it was is an error: its bytes would not fit its header.
func (s *stream) from(offset int64) io.ReadCloser { return &reading{stream: s, skip: offset} }

type reading struct {
	stream *stream
	next   int   // part
	skip   int64 // bytes before the first that is wanted
	left   int64 // bytes of the open file
	open   *os.File
	bytes  []byte
}

// Read gives the next bytes.
func (r *reading) Read(p []byte) (int, error) {
	for {
		switch {
		case len(r.bytes) > 0:
			n := copy(p, r.bytes)
			r.bytes = r.bytes[n:]
			return n, nil
		case r.open != nil && r.left > 0:
			n, err := r.open.Read(p[:min(int64(len(p)), r.left)])
			r.left -= int64(n)
			if err == io.EOF && r.left > 0 {
				return n, fmt.Errorf("%s became shorter while it was sent", r.open.Name())
			}
			if n > 0 {
				err = nil
			}
			return n, err
		case r.next == len(r.stream.parts):
			return 0, io.EOF
		}
		if err := r.advance(); err != nil {
			return 0, err
		}
	}
}

// advance opens the next part, or passes over it.
func (r *reading) advance() error {
	if err := r.Close(); err != nil {
		return err
	}
	p := r.stream.parts[r.next]
	r.next++
	if r.skip >= p.size {
		r.skip -= p.size
		return nil
	}
	from := r.skip
	r.skip = 0
	if p.file == "" {
		r.bytes = p.bytes[from:]
		return nil
	}
	f, err := os.Open(p.file)
	if err != nil {
		return plain(err)
	}
	r.open, r.left = f, p.size-from
	_, err = f.Seek(from, io.SeekStart)
	return err
}

// Close closes the open file.
func (r *reading) Close() error {
	if r.open == nil {
		return nil
	}
	err := r.open.Close()
	r.open = nil
	return err
}
