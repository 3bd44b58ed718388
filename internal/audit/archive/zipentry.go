package archive

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// extras are the extra fields that matter, by their content.
type extras struct {
	zip64    []byte
	has64    bool
	unicode  []byte
	unixMode uint32
	links    bool // a Unix field that names a link or device
}

// parseExtra walks the extra fields of a header.
func parseExtra(b []byte) (x extras, reason string) {
	le := binary.LittleEndian
	for len(b) >= 4 {
		id, size := le.Uint16(b), int(le.Uint16(b[2:]))
		b = b[4:]
		if size > len(b) {
			return x, "Its extra fields are longer than the room for them."
		}
		field := b[:size]
		b = b[size:]
		switch {
		case id == zipExtra64 && x.has64:
			return x, "It has two zip64 fields."
		case id == zipExtra64:
			x.zip64, x.has64 = field, true
		case id == zipExtraUnicode:
			x.unicode = field
		case id == zipExtraASiUnix && size >= 6:
			x.unixMode = uint32(le.Uint16(field[4:]))
		case id == zipExtraUnixOld && size > 12:
			x.links = true
		}
	}
	return x, "" // up to 3 bytes of padding are left by some aligning tools
}

// take64 replaces saturated fields by those of the zip64 field, which must be
// there exactly as far as it is needed.
func (e *zipEntry) take64(x extras, disk *uint16) (reason string) {
	le := binary.LittleEndian
	field := x.zip64
	if e.unpacked != saturated32 && e.packed != saturated32 && len(field) >= 16 &&
		(int64(le.Uint64(field)) != e.unpacked || int64(le.Uint64(field[8:])) != e.packed) {
		return "Its zip64 field states other sizes than its header."
	}
	for _, value := range []*int64{&e.unpacked, &e.packed, &e.header} {
		if *value != saturated32 {
			continue
		}
		if !x.has64 {
			continue // exactly 4 GiB - 1 without zip64; the other checks judge it
		}
		if len(field) < 8 {
			return "Its zip64 field is too short."
		}
		big := le.Uint64(field)
		if big > 1<<62 {
			return "Its zip64 field holds an impossible number."
		}
		*value, field = int64(big), field[8:]
	}
	if *disk == saturated16 && x.has64 {
		if len(field) < 4 {
			return "Its zip64 field is too short."
		}
		if le.Uint32(field) == 0 {
			*disk = 0
		}
		field = field[4:]
	}
	if x.has64 && len(field) > 0 && len(field) != len(x.zip64) {
		return "Its zip64 field holds more than it should."
	}
	return ""
}

// Types of Unix files, from the mode.
const (
	modeType    = 0o170000
	modeRegular = 0o100000
	modeFolder  = 0o040000
	modeLink    = 0o120000
)

// judge notes why e is refused, as far as the central directory tells.
func (e *zipEntry) judge(x extras, lim Limits) {
	e.name = decodeName(e.rawName, e.flags&zipFlagUTF8 != 0)
	if reason := e.takeUnicode(x.unicode); reason != "" {
		e.refuse("%s", reason)
		return
	}
	mode := e.mode & modeType
	if mode == 0 || mode == modeRegular {
		mode = x.unixMode & modeType
	}
	switch {
	case e.flags&(zipFlagEncrypted|zipFlagStrong|zipFlagMasked) != 0, e.method == zipMethodAES:
		e.refuse("The entry is encrypted; submit it without a password.")
	case mode == modeLink, x.links:
		e.refuse("The entry is a symbolic link; only files and folders are read.")
	case mode != 0 && mode != modeRegular && mode != modeFolder:
		e.refuse("The entry is a device or another special file; only files and folders are read.")
	case e.flags&zipFlagPatched != 0:
		e.refuse("The entry is a patch to another file, not a file.")
	case e.method != zipMethodStored && e.method != zipMethodDeflated:
		e.refuse("The entry is packed with method %d%s; only stored (0) and deflate (8) are read.", e.method, methodName(e.method))
	case e.method == zipMethodStored && e.packed != e.unpacked:
		e.refuse("The entry is stored as it is, but states two sizes, %s and %s.", bytesText(e.packed), bytesText(e.unpacked))
	case e.unpacked > lim.FileBytes:
		e.refuse("The entry claims %s; the limit for a file is %s.", bytesText(e.unpacked), bytesText(lim.FileBytes))
	case e.unpacked/lim.EntryRatio > e.packed:
		e.refuse("The entry claims %s out of %s packed, %d:1; the limit is %d:1.", bytesText(e.unpacked), bytesText(e.packed), e.unpacked/max(e.packed, 1), lim.EntryRatio)
	}
}

func (e *zipEntry) refuse(format string, args ...any) {
	if e.refusal == nil {
		e.refusal = refuseEntry(e.index, e.name, format, args...)
	}
}

// takeUnicode applies the Info-ZIP field that gives a name in UTF-8 beside
// one in an old character set. It may not rename an entry whose name is
// already clear.
func (e *zipEntry) takeUnicode(field []byte) (reason string) {
	if len(field) < 5 || field[0] != 1 || binary.LittleEndian.Uint32(field[1:]) != crc32.ChecksumIEEE(e.rawName) {
		return ""
	}
	name := string(field[5:])
	if isASCII(e.rawName) || e.flags&zipFlagUTF8 != 0 {
		if name != string(e.rawName) {
			return "The entry has two different names."
		}
		return ""
	}
	e.name = name
	return ""
}

func isASCII(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// decodeName reads a name: UTF-8 if flagged or valid, else code page 437.
func decodeName(b []byte, flagged bool) string {
	if flagged || utf8.Valid(b) {
		return string(b)
	}
	decoded, err := charmap.CodePage437.NewDecoder().Bytes(b)
	if err != nil {
		return string(b)
	}
	return string(decoded)
}

func methodName(method uint16) string {
	switch method {
	case 1, 2, 3, 4, 5, 6:
		return " (an early method of PKZIP)"
	case 9:
		return " (Deflate64)"
	case 12:
		return " (bzip2)"
	case 14:
		return " (LZMA)"
	case 93:
		return " (Zstandard)"
	case 95:
		return " (XZ)"
	case 98:
		return " (PPMd)"
	}
	return ""
}

// readLocalHeader reads the header in front of the content and holds it
// against the central directory. A header that is not there refuses the
// archive; one that says something else refuses the entry.
func (z *zipReader) readLocalHeader(e *zipEntry) error {
	var h [zipLocalSize]byte
	if e.header < 0 || e.header > z.size-zipLocalSize {
		return refuse("Entry %d of the archive lies outside the archive.", e.index)
	}
	if err := readFull(z.r, h[:], e.header); err != nil {
		return err
	}
	le := binary.LittleEndian
	if le.Uint32(h[:]) != zipLocalHeader {
		return refuse("Entry %d of the archive is not where the directory says.", e.index)
	}
	nameSize, extraSize := int64(le.Uint16(h[26:])), int64(le.Uint16(h[28:]))
	e.data = e.header + zipLocalSize + nameSize + extraSize
	if e.packed < 0 || e.data > z.size || e.packed > z.size-e.data {
		return refuse("Entry %d of the archive claims %s, more than the archive holds.", e.index, bytesText(e.packed))
	}
	e.dataEnd = e.data + e.packed
	if e.refusal != nil {
		return nil
	}
	rest := make([]byte, nameSize+extraSize)
	if err := readFull(z.r, rest, e.header+zipLocalSize); err != nil {
		return err
	}
	name := rest[:nameSize]
	x, reason := parseExtra(rest[nameSize:])
	local := &zipEntry{crc: le.Uint32(h[14:]), packed: int64(le.Uint32(h[18:])), unpacked: int64(le.Uint32(h[22:]))}
	if reason == "" {
		var disk uint16
		reason = local.take64(x, &disk)
	}
	const compared = zipFlagEncrypted | zipFlagDescriptor | zipFlagStrong | zipFlagUTF8 | zipFlagMasked
	flags := le.Uint16(h[6:])
	switch {
	case reason != "":
		e.refuse("%s", reason)
	case !bytes.Equal(name, e.rawName):
		e.refuse("The entry has one name in the directory and another in front of its content.")
	case flags&compared != e.flags&compared:
		e.refuse("The entry's flags in the directory differ from those in front of its content.")
	case le.Uint16(h[8:]) != e.method:
		e.refuse("The entry's method in the directory differs from that in front of its content.")
	case !local.sizesAgree(e):
		e.refuse("The entry's size or checksum in the directory differs from that in front of its content.")
	}
	return nil
}

// sizesAgree compares a local header with the central one. With a data
// descriptor the local fields may be zero, as they are not known yet.
func (local *zipEntry) sizesAgree(e *zipEntry) bool {
	if e.flags&zipFlagDescriptor != 0 && local.crc == 0 && (local.packed == 0 || local.packed == saturated32) && (local.unpacked == 0 || local.unpacked == saturated32) {
		return true
	}
	return local.crc == e.crc && local.packed == e.packed && local.unpacked == e.unpacked
}

// takeDescriptor finds the data descriptor between the content and next, in
// one of its four forms, and sets where the entry ends.
func (z *zipReader) takeDescriptor(e *zipEntry, next int64) error {
	e.entryEnd = e.dataEnd
	room := next - e.dataEnd
	if e.flags&zipFlagDescriptor == 0 || room == 0 {
		return nil // without room, some writers flag a descriptor that is not needed
	}
	if room < 12 || room > 24 {
		return nil // checkLayout says what is wrong
	}
	b := make([]byte, room)
	if err := readFull(z.r, b, e.dataEnd); err != nil {
		return err
	}
	le := binary.LittleEndian
	signed := room == 16 || room == 24
	if signed {
		if le.Uint32(b) != zipDescriptor {
			return nil
		}
		b = b[4:]
	}
	packed, unpacked := int64(0), int64(0)
	switch len(b) {
	case 12:
		packed, unpacked = int64(le.Uint32(b[4:])), int64(le.Uint32(b[8:]))
	case 20:
		packed, unpacked = int64(le.Uint64(b[4:])), int64(le.Uint64(b[12:]))
	default:
		return nil
	}
	e.entryEnd = next
	if le.Uint32(b) != e.crc || packed != e.packed || unpacked != e.unpacked {
		e.refuse("The entry's size or checksum in the directory differs from that behind its content.")
	}
	return nil
}

// zipContent reads the content of an entry.
type zipContent struct {
	r       io.ReaderAt
	entry   *zipEntry
	scratch Scratch
}

func (c *zipContent) open() (io.ReadCloser, error) {
	packed := io.NewSectionReader(c.r, c.entry.data, c.entry.packed)
	s := &zipStream{entry: c.entry, packed: packed, sum: crc32.NewIEEE()}
	if c.entry.method == zipMethodStored {
		s.content = io.NopCloser(packed)
	} else {
		s.inflated = &byteCounter{r: packed}
		s.content = flate.NewReader(s.inflated)
	}
	return s, nil
}

func (c *zipContent) random() (io.ReaderAt, io.Closer, error) {
	stream, err := c.open()
	if err != nil {
		return nil, nil, err
	}
	defer stream.Close()
	if c.entry.method != zipMethodStored {
		return stage(stream, c.entry.unpacked, c.scratch)
	}
	if _, err := io.Copy(io.Discard, stream); err != nil {
		return nil, nil, err
	}
	return io.NewSectionReader(c.r, c.entry.data, c.entry.packed), nil, nil
}

// zipStream is the content of an entry. It never gives more than the stated
// size, and it ends with a refusal if size or checksum differ.
type zipStream struct {
	entry    *zipEntry
	packed   *io.SectionReader
	inflated *byteCounter // nil if stored
	content  io.ReadCloser
	sum      hash.Hash32
	given    int64
}

func (s *zipStream) Close() error { return s.content.Close() }

func (s *zipStream) Read(p []byte) (int, error) {
	left := s.entry.unpacked - s.given
	if left == 0 {
		return 0, s.finish()
	}
	n, err := s.content.Read(p[:min(int64(len(p)), left)])
	s.given += int64(n)
	s.sum.Write(p[:n])
	switch {
	case err == nil:
		return n, nil
	case !errors.Is(err, io.EOF):
		return n, s.fault(err)
	case s.given == s.entry.unpacked:
		return n, s.finish()
	}
	return n, s.refusal("The content ends after %d bytes; the archive states %d.", s.given, s.entry.unpacked)
}

// finish holds the end of the stream against the stated size and checksum.
func (s *zipStream) finish() error {
	var more [1]byte
	for tries := 0; ; tries++ {
		n, err := s.content.Read(more[:])
		if n > 0 {
			return s.refusal("The content goes on after the %d bytes that the archive states.", s.entry.unpacked)
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return s.fault(err)
		}
		if tries == 100 {
			return s.fault(io.ErrNoProgress)
		}
	}
	if s.inflated != nil {
		if unread := s.entry.packed - s.inflated.n; unread > 0 {
			return s.refusal("%s stand behind the packed content within the entry.", bytesText(unread))
		}
	}
	if s.sum.Sum32() != s.entry.crc {
		return s.refusal("The content's checksum is not the one that the archive states; the archive is damaged.")
	}
	return io.EOF
}

// fault tells damaged content from a failing reader.
func (s *zipStream) fault(err error) error {
	var corrupt flate.CorruptInputError
	if errors.As(err, &corrupt) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.ErrNoProgress) {
		return s.refusal("The packed content is damaged.")
	}
	return fmt.Errorf("archive entry %d: %w", s.entry.index, err)
}

func (s *zipStream) refusal(format string, args ...any) error {
	return refuseEntry(s.entry.index, s.entry.name, format, args...)
}

// byteCounter counts what flate takes; being a ByteReader, it is never read
// ahead of the need.
type byteCounter struct {
	r    io.Reader
	buf  [4096]byte
	i, j int
	n    int64
}

func (c *byteCounter) ReadByte() (byte, error) {
	for c.i == c.j {
		n, err := c.r.Read(c.buf[:])
		c.i, c.j = 0, n
		if n == 0 && err != nil {
			return 0, err
		}
	}
	b := c.buf[c.i]
	c.i++
	c.n++
	return b, nil
}

func (c *byteCounter) Read(p []byte) (int, error) {
	if c.i < c.j {
		n := copy(p, c.buf[c.i:c.j])
		c.i += n
		c.n += int64(n)
		return n, nil
	}
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}
