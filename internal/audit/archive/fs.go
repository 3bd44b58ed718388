package archive

import (
	"cmp"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"assay/internal/audit/sniff"
)

// Text is something an archive says in words beside its files, such as a
// comment. It may hold identifiers.
type Text struct {
	Where string // "archive comment", "comment of entry 3"
	Value string // at most 64 KiB
}

// FS shows the accepted entries of an archive. It is safe for concurrent use.
type FS struct {
	kind     sniff.Kind
	root     *node
	nodes    map[string]*node
	files    []string
	refused  []*Refusal
	texts    []Text
	unpacked int64
	staged   ScratchFile
	lim      Limits
}

// node is a file or a folder.
type node struct {
	name     string // path within the archive, "." for the root
	modified time.Time
	file     bool
	entry    opener // the content of a file
	size     int64
	children []*node
}

// opener reads the content of one entry.
type opener interface {
	// open returns the content as a stream that ends with an error unless its
	// size and checksum are those that the archive states.
	open() (io.ReadCloser, error)
	// random returns the content for reading at any place, verified before
	// the first byte, and what frees it.
	random() (io.ReaderAt, io.Closer, error)
}

// Open reads the structure of the archive r of size bytes. The name serves
// messages only. The error is a *Refusal if the archive as a whole cannot be
// trusted, else one of the reader or of the temporary space. Close the FS.
func Open(r io.ReaderAt, size int64, name string, lim Limits) (*FS, error) {
	kind, err := sniff.DetectFile(r, size)
	if err != nil {
		return nil, err
	}
	lim = lim.withDefaults()
	switch kind {
	case sniff.Zip, sniff.DOCX, sniff.XLSX, sniff.PPTX, sniff.ODF:
		return openZip(r, size, lim)
	case sniff.Tar, sniff.TarGz, sniff.Gzip, sniff.Zstd:
		return openTar(r, size, kind, lim)
	}
	return nil, refuse("This is not an archive that can be read here (it is %s); use zip, tar, tar.gz or tar.zst.", kind)
}

// Readable reports whether Open reads archives of kind k.
func Readable(k sniff.Kind) bool {
	switch k {
	case sniff.Zip, sniff.Tar, sniff.TarGz, sniff.Gzip, sniff.Zstd:
		return true
	}
	return false
}

// Kind returns the kind of the archive.
func (f *FS) Kind() sniff.Kind { return f.kind }

// Files returns the paths of all files, in byte order.
func (f *FS) Files() []string { return f.files }

// Refused returns the entries that are not shown, in the archive's order.
func (f *FS) Refused() []*Refusal { return f.refused }

// Texts returns the comments of the archive and its entries.
func (f *FS) Texts() []Text { return f.texts }

// Unpacked returns the bytes of all files.
func (f *FS) Unpacked() int64 { return f.unpacked }

// Close frees the temporary space. Files that are open become unreadable.
func (f *FS) Close() error {
	if f.staged == nil {
		return nil
	}
	return f.staged.Close()
}

// Open opens a file or a folder. A file is a *File.
func (f *FS) Open(name string) (fs.File, error) {
	n, err := f.find("open", name)
	if err != nil {
		return nil, err
	}
	if !n.file {
		return &folder{node: n}, nil
	}
	return &File{node: n}, nil
}

// Stat describes a file or a folder.
func (f *FS) Stat(name string) (fs.FileInfo, error) {
	n, err := f.find("stat", name)
	if err != nil {
		return nil, err
	}
	return info{n}, nil
}

// ReadDir lists a folder by name.
func (f *FS) ReadDir(name string) ([]fs.DirEntry, error) {
	n, err := f.find("readdir", name)
	if err != nil {
		return nil, err
	}
	if n.file {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: fs.ErrInvalid}
	}
	list := make([]fs.DirEntry, len(n.children))
	for i, child := range n.children {
		list[i] = fs.FileInfoToDirEntry(info{child})
	}
	return list, nil
}

func (f *FS) find(op, name string) (*node, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: op, Path: name, Err: fs.ErrInvalid}
	}
	n, found := f.nodes[name]
	if !found {
		return nil, &fs.PathError{Op: op, Path: name, Err: fs.ErrNotExist}
	}
	return n, nil
}

// info is the fs.FileInfo of a node.
type info struct{ *node }

func (i info) Name() string       { return path.Base(i.name) }
func (i info) Size() int64        { return i.size }
func (i info) ModTime() time.Time { return i.modified }
func (i info) IsDir() bool        { return !i.file }
func (i info) Sys() any           { return nil }

func (i info) Mode() fs.FileMode {
	if !i.file {
		return fs.ModeDir | 0o555
	}
	return 0o444
}

// folder is an open folder.
type folder struct {
	node *node
	at   int
}

func (d *folder) Stat() (fs.FileInfo, error) { return info{d.node}, nil }
func (d *folder) Close() error               { return nil }

func (d *folder) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: d.node.name, Err: fs.ErrInvalid}
}

func (d *folder) ReadDir(n int) ([]fs.DirEntry, error) {
	rest := d.node.children[d.at:]
	if n > 0 {
		if len(rest) == 0 {
			return nil, io.EOF
		}
		rest = rest[:min(n, len(rest))]
	}
	d.at += len(rest)
	list := make([]fs.DirEntry, len(rest))
	for i, child := range rest {
		list[i] = fs.FileInfoToDirEntry(info{child})
	}
	return list, nil
}

// builder collects entries into an FS and refuses names that clash.
type builder struct {
	fs     *FS
	folded map[string]string // collision key to the name that holds it
	names  int
}

func newBuilder(kind sniff.Kind, lim Limits) *builder {
	root := &node{name: "."}
	return &builder{
		fs:     &FS{kind: kind, root: root, nodes: map[string]*node{".": root}, lim: lim},
		folded: map[string]string{},
	}
}

// refuse notes a refused entry.
func (b *builder) refuse(r *Refusal) { b.fs.refused = append(b.fs.refused, r) }

// place checks the name of an entry against those already accepted and makes
// the folders above it. It returns nil and a reason if the entry is refused.
func (b *builder) place(clean string, isFolder bool) (*node, string) {
	if clean == "." {
		return b.fs.root, ""
	}
	parent := b.fs.root
	for i := range len(clean) {
		if clean[i] != '/' {
			continue
		}
		n, reason := b.step(parent, clean[:i], true)
		if reason != "" {
			return nil, reason
		}
		parent = n
	}
	if n, exists := b.fs.nodes[clean]; exists && !isFolder && n.file {
		return nil, "The name stands in the archive more than once."
	}
	return b.step(parent, clean, isFolder)
}

// step returns the node called name below parent, made if it is new.
func (b *builder) step(parent *node, name string, isFolder bool) (*node, string) {
	if n, exists := b.fs.nodes[name]; exists {
		if n.file || !isFolder {
			return nil, "The name stands in the archive both as a file and as a folder."
		}
		return n, ""
	}
	key := collisionKey(name)
	if _, taken := b.folded[key]; taken {
		return nil, "The name differs from another one only by upper and lower case, by how letters are composed, or by dots or blanks at the end; on some computers they are the same file."
	}
	n := &node{name: name, file: !isFolder}
	b.folded[key] = name
	b.fs.nodes[name] = n
	parent.children = append(parent.children, n)
	b.names += len(name)
	return n, ""
}

// finish sorts everything and returns the FS.
func (b *builder) finish() *FS {
	for name, n := range b.fs.nodes {
		slices.SortFunc(n.children, func(x, y *node) int { return cmp.Compare(x.name, y.name) })
		if n.file {
			b.fs.files = append(b.fs.files, name)
			b.fs.unpacked += n.size
		}
	}
	slices.SortFunc(b.fs.files, strings.Compare)
	return b.fs
}
