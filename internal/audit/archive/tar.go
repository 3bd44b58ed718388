package archive

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"strings"

	"assay/internal/audit/sniff"

	"github.com/klauspost/compress/zstd"
)

// maxWindow is the largest window of a Zstandard frame that is read.
const maxWindow = 64 << 20

func openTar(r io.ReaderAt, size int64, kind sniff.Kind, lim Limits) (*FS, error) {
	whole := io.NewSectionReader(r, 0, size)
	t := &tarReader{lim: lim, b: newBuilder(kind, lim), packed: size, consumed: &counter{r: whole}}
	if kind == sniff.Tar {
		t.plain = whole
		t.source = t.consumed
		return t.read()
	}
	stream, err := decompress(t.consumed, kind)
	if err != nil {
		return nil, t.fault(err)
	}
	defer stream.Close()
	t.source = stream
	t.compressed = true
	files, err := t.read()
	if err != nil && t.b.fs.staged != nil {
		t.b.fs.staged.Close() // the reason of the refusal matters more
	}
	return files, err
}

// decompress returns the bytes within gzip or Zstandard.
func decompress(r io.Reader, kind sniff.Kind) (io.ReadCloser, error) {
	buffered := bufio.NewReaderSize(r, 64<<10)
	if kind == sniff.Zstd {
		z, err := zstd.NewReader(buffered, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderMaxMemory(maxWindow))
		if err != nil {
			return nil, err
		}
		return z.IOReadCloser(), nil
	}
	return gzip.NewReader(buffered)
}

// tarReader reads a tar in one pass.
type tarReader struct {
	lim        Limits
	b          *builder
	plain      *io.SectionReader // a tar that is not compressed
	source     io.Reader
	consumed   *counter
	compressed bool
	packed     int64 // bytes of the archive
	out        int64 // bytes of the tar so far
	zeros      int   // zero bytes at the end of what was read, at most 1024
	total      int64 // bytes of accepted files
	staged     int64 // bytes in temporary space
	scratchErr error // the failure of temporary space, if any
	index      int
}

// counter counts the bytes read, and keeps the failure of its reader apart
// from what a decompressor says about the bytes.
type counter struct {
	r   io.Reader
	n   int64
	err error
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		c.err = err
	}
	return n, err
}

// scratchWriter keeps the failure of temporary space apart likewise.
type scratchWriter struct {
	t *tarReader
	w *io.OffsetWriter
}

func (s scratchWriter) Write(p []byte) (int, error) {
	n, err := s.w.Write(p)
	if err != nil {
		s.t.scratchErr = err
	}
	return n, err
}

// Read passes the tar on while it counts, and holds the ratio.
func (t *tarReader) Read(p []byte) (int, error) {
	n, err := t.source.Read(p)
	t.out += int64(n)
	t.noteZeros(p[:n])
	if t.compressed && t.out/t.lim.Ratio > t.packed {
		return n, refuse("The archive of %s unpacks to more than %d times its size, the limit.", bytesText(t.packed), t.lim.Ratio)
	}
	if t.out > t.lim.TotalBytes+(t.lim.TotalBytes>>3)+1<<20 {
		return n, refuse("The archive unpacks to more than %s, the limit.", bytesText(t.lim.TotalBytes))
	}
	return n, err
}

// seek lets a plain tar be read without its contents.
func (t *tarReader) seek(offset int64, whence int) (int64, error) {
	at, err := t.plain.Seek(offset, whence)
	t.out, t.zeros = at, 0
	return at, err
}

// seekable is a tarReader over a plain tar.
type seekable struct{ *tarReader }

func (s seekable) Seek(offset int64, whence int) (int64, error) { return s.seek(offset, whence) }

func (t *tarReader) noteZeros(p []byte) {
	i := len(p)
	for i > 0 && p[i-1] == 0 {
		i--
	}
	if i > 0 {
		t.zeros = 0
	}
	t.zeros = min(t.zeros+len(p)-i, 2*tarBlock)
}

const tarBlock = 512

// read takes all entries, then holds that nothing follows the end mark.
func (t *tarReader) read() (*FS, error) {
	var in io.Reader = t
	if t.plain != nil {
		in = seekable{t}
	}
	archive := tar.NewReader(in)
	names := 0
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, t.fault(err)
		}
		t.index++
		if t.index > t.lim.Entries {
			return nil, refuse("The archive has more than %d entries, the limit.", t.lim.Entries)
		}
		if names += len(header.Name); names > maxNames {
			return nil, refuse("The names in the archive fill more than %s.", bytesText(maxNames))
		}
		if err := t.take(header, archive); err != nil {
			return nil, t.fault(err)
		}
		t.zeros = 0 // zeros that a file ends in are no end mark
	}
	if err := t.checkEnd(); err != nil {
		return nil, err
	}
	return t.b.finish(), nil
}

// take accepts or refuses one entry. An error ends the reading.
func (t *tarReader) take(h *tar.Header, content io.Reader) error {
	if h.Typeflag == tar.TypeXGlobalHeader {
		return t.takeGlobal(h)
	}
	clean, isFolder, reason := checkName(h.Name, t.lim)
	if r := t.judge(h, isFolder); r != "" {
		reason = r
	}
	var n *node
	if reason == "" {
		n, reason = t.b.place(clean, isFolder || h.Typeflag == tar.TypeDir)
	}
	if reason != "" {
		t.b.refuse(refuseEntry(t.index, h.Name, "%s", reason))
		return nil // Next skips the content
	}
	n.modified = h.ModTime.UTC()
	if h.Typeflag == tar.TypeDir {
		return nil
	}
	if t.total += h.Size; t.total > t.lim.TotalBytes {
		return refuse("The archive unpacks to more than %s, the limit.", bytesText(t.lim.TotalBytes))
	}
	n.size = h.Size
	if !t.compressed {
		if t.out > t.packed-h.Size {
			return refuse("Entry %d claims %s, more than the archive holds.", t.index, bytesText(h.Size))
		}
		n.entry = section{t.plain, t.out, h.Size}
		return nil
	}
	return t.stage(n, content)
}

// judge returns why an entry of this type, size or form is refused.
func (t *tarReader) judge(h *tar.Header, isFolder bool) string {
	for key := range h.PAXRecords {
		if strings.HasPrefix(key, "GNU.sparse.") {
			return "The entry is a sparse file, which claims bytes that are not there."
		}
	}
	switch h.Typeflag {
	case tar.TypeReg:
		switch {
		case isFolder:
			return "The name is that of a folder, but the entry is a file."
		case h.Size > t.lim.FileBytes:
			return fmt.Sprintf("The entry claims %s; the limit for a file is %s.", bytesText(h.Size), bytesText(t.lim.FileBytes))
		}
		return ""
	case tar.TypeDir:
		if h.Size != 0 {
			return "The entry is a folder, but has content."
		}
		return ""
	case tar.TypeSymlink:
		return "The entry is a symbolic link; only files and folders are read."
	case tar.TypeLink:
		return "The entry is a hard link; only files and folders are read."
	case tar.TypeGNUSparse:
		return "The entry is a sparse file, which claims bytes that are not there."
	}
	return "The entry is a device or another special file; only files and folders are read."
}

// takeGlobal reads a header that speaks for all later entries. Comments are
// kept; anything that changes names or sizes makes the archive ambiguous.
func (t *tarReader) takeGlobal(h *tar.Header) error {
	for key, value := range h.PAXRecords {
		switch key {
		case "path", "linkpath", "size", "hdrcharset":
			return refuse("Entry %d changes the %s of all entries after it, which programs read differently.", t.index, key)
		case "comment":
			if len(t.b.fs.texts) < maxTexts {
				t.b.fs.texts = append(t.b.fs.texts, Text{"archive comment", value[:min(len(value), maxTextBytes)]})
			}
		}
	}
	return nil
}

// stage copies the content to temporary space.
func (t *tarReader) stage(n *node, content io.Reader) error {
	if t.b.fs.staged == nil {
		f, err := t.lim.Scratch.Create()
		if err != nil {
			t.scratchErr = err
			return err
		}
		t.b.fs.staged = f
	}
	before := t.consumed.n
	written, err := io.Copy(scratchWriter{t, io.NewOffsetWriter(t.b.fs.staged, t.staged)}, content)
	if err != nil {
		return err
	}
	if written != n.size {
		return refuse("Entry %d ends after %s; its header states %s.", t.index, bytesText(written), bytesText(n.size))
	}
	// What the decompressor read ahead before is the slack.
	const slack = 128 << 10
	if packed := t.consumed.n - before + slack; written/t.lim.EntryRatio > packed {
		return refuse("Entry %d unpacks to more than %d times its packed size, the limit.", t.index, t.lim.EntryRatio)
	}
	n.entry = section{t.b.fs.staged, t.staged, written}
	t.staged += written
	return nil
}

// checkEnd holds that the end mark was there and only zeros follow.
func (t *tarReader) checkEnd() error {
	if t.zeros < 2*tarBlock {
		return refuse("The archive has no end mark; it is cut short.")
	}
	buf := make([]byte, 32<<10)
	for {
		n, err := t.Read(buf)
		for _, c := range buf[:n] {
			if c != 0 {
				return refuse("The archive goes on after its end mark; programs may read two different archives.")
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return t.fault(err)
		}
	}
}

// fault tells damaged archives from a failing reader or temporary space.
func (t *tarReader) fault(err error) error {
	var refusal *Refusal
	switch {
	case errors.As(err, &refusal):
		return refusal
	case t.consumed.err != nil:
		return t.consumed.err
	case errors.Is(t.scratchErr, ErrScratchFull):
		return refuse("The archive unpacks to more than the temporary space at hand.")
	case t.scratchErr != nil:
		return t.scratchErr
	case errors.Is(err, io.ErrUnexpectedEOF):
		return refuse("The archive is cut short.")
	case errors.Is(err, tar.ErrHeader), errors.Is(err, tar.ErrFieldTooLong):
		if t.index == 0 {
			return refuse("This is not a tar archive, or its first header is damaged.")
		}
		return refuse("The archive is damaged behind entry %d.", t.index)
	case errors.Is(err, gzip.ErrHeader):
		return refuse("The archive is followed by bytes that do not belong to it, or is damaged.")
	case errors.Is(err, gzip.ErrChecksum):
		return refuse("The archive's checksum is wrong; it is damaged.")
	case errors.Is(err, zstd.ErrWindowSizeExceeded), errors.Is(err, zstd.ErrDecoderSizeExceeded):
		return refuse("The archive needs a window of more than %s to unpack, the limit.", bytesText(maxWindow))
	}
	return refuse("The archive is damaged.")
}
