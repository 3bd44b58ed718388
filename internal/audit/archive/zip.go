package archive

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"assay/internal/audit/sniff"
)

// Records of a zip.
//
// Source: PKWARE APPNOTE.TXT 6.3.10, sections 4.3 and 4.4.
const (
	zipLocalHeader     = 0x04034b50
	zipCentralHeader   = 0x02014b50
	zipEnd             = 0x06054b50
	zip64End           = 0x06064b50
	zip64Locator       = 0x07064b50
	zipDescriptor      = 0x08074b50
	zipLocalSize       = 30
	zipCentralSize     = 46
	zipEndSize         = 22
	zip64EndSize       = 56
	zip64LocatorSize   = 20
	zipFlagEncrypted   = 1 << 0
	zipFlagDescriptor  = 1 << 3
	zipFlagPatched     = 1 << 5
	zipFlagStrong      = 1 << 6
	zipFlagUTF8        = 1 << 11
	zipFlagMasked      = 1 << 13
	zipMethodStored    = 0
	zipMethodDeflated  = 8
	zipMethodAES       = 99
	zipExtra64         = 0x0001
	zipExtraUnixOld    = 0x000d
	zipExtraUnicode    = 0x7075
	zipExtraASiUnix    = 0x756e
	saturated16        = 0xffff
	saturated32        = 0xffffffff
	maxTextBytes       = 64 << 10
	maxTexts           = 1000
	maxCentralPerEntry = zipCentralSize + 3*saturated16
)

// zipReader reads the structure of a zip.
type zipReader struct {
	r    io.ReaderAt
	size int64
	lim  Limits
	b    *builder
}

// zipEntry is an entry as the central directory states it.
type zipEntry struct {
	index             int // from 1
	rawName           []byte
	name              string // decoded
	flags, method     uint16
	crc               uint32
	packed, unpacked  int64
	header            int64 // offset of the local header
	mode              uint32
	modified          time.Time
	refusal           *Refusal
	data              int64 // offset of the content, from the local header
	dataEnd, entryEnd int64
}

func openZip(r io.ReaderAt, size int64, lim Limits) (*FS, error) {
	z := &zipReader{r: r, size: size, lim: lim, b: newBuilder(sniff.Zip, lim)}
	end, err := z.findEnd()
	if err != nil {
		return nil, err
	}
	entries, err := z.readDirectory(end)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if err := z.readLocalHeader(e); err != nil {
			return nil, err
		}
	}
	if err := z.checkLayout(entries, end.offset); err != nil {
		return nil, err
	}
	if err := z.checkTotals(entries); err != nil {
		return nil, err
	}
	for _, e := range entries {
		z.accept(e)
	}
	return z.b.finish(), nil
}

// accept shows e in the FS, or notes why not.
func (z *zipReader) accept(e *zipEntry) {
	if e.refusal != nil {
		z.b.refuse(e.refusal)
		return
	}
	clean, isFolder, reason := checkName(e.name, z.lim)
	if reason == "" && isFolder && e.unpacked > 0 {
		reason = "The name is that of a folder, but the entry has content."
	}
	var n *node
	if reason == "" {
		n, reason = z.b.place(clean, isFolder)
	}
	if reason != "" {
		z.b.refuse(refuseEntry(e.index, e.name, "%s", reason))
		return
	}
	n.modified = e.modified
	if !isFolder {
		n.size = e.unpacked
		n.entry = &zipContent{r: z.r, entry: e, scratch: z.lim.Scratch}
	}
}

// directory is where the central directory lies.
type directory struct {
	offset, size, count int64
}

// findEnd reads the end record, which must be the last thing in the file.
func (z *zipReader) findEnd() (directory, error) {
	tail := make([]byte, min(z.size, zipEndSize+saturated16))
	start := z.size - int64(len(tail))
	if err := readFull(z.r, tail, start); err != nil {
		return directory{}, err
	}
	at := bytes.LastIndex(tail, []byte("PK\x05\x06"))
	if at < 0 || len(tail)-at < zipEndSize {
		return directory{}, refuse("The archive has no end record; it is cut short or damaged.")
	}
	record := tail[at:]
	le := binary.LittleEndian
	comment := int(le.Uint16(record[20:]))
	switch extra := len(record) - zipEndSize - comment; {
	case extra > 0:
		return directory{}, refuse("The archive is followed by %d bytes that do not belong to it.", extra)
	case extra < 0:
		return directory{}, refuse("The archive's comment is cut short.")
	}
	if first := bytes.Index(tail, []byte("PK\x05\x06\x00\x00\x00\x00")); first >= 0 && first != at &&
		len(tail)-first >= zipEndSize && int(le.Uint16(tail[first+20:])) == len(tail)-first-zipEndSize {
		return directory{}, refuse("The archive has two end records, so programs may read two different archives.")
	}
	z.noteText("archive comment", record[zipEndSize:])
	if le.Uint16(record[4:]) != 0 || le.Uint16(record[6:]) != 0 {
		if le.Uint16(record[4:]) != saturated16 {
			return directory{}, refuse("The archive is one part of several; submit it in one piece.")
		}
	}
	d := directory{int64(le.Uint32(record[16:])), int64(le.Uint32(record[12:])), int64(le.Uint16(record[10:]))}
	if int64(le.Uint16(record[8:])) != d.count {
		return directory{}, refuse("The archive's end record counts its entries in two different ways.")
	}
	return z.checkEnd(d, start+int64(at))
}

// checkEnd takes the zip64 end record into account, if there is one, and
// holds that the directory ends where the end records begin.
func (z *zipReader) checkEnd(d directory, end int64) (directory, error) {
	wants64 := d.offset == saturated32 || d.size == saturated32 || d.count == saturated16
	big, at, found, err := z.read64(end)
	switch {
	case err != nil:
		return directory{}, err
	case found:
		if !agrees(d.offset, big.offset, saturated32) || !agrees(d.size, big.size, saturated32) || !agrees(d.count, big.count, saturated16) {
			return directory{}, refuse("The archive's zip64 record and its end record disagree.")
		}
		d, end = big, at
	case wants64 && (d.offset == saturated32 || d.size == saturated32):
		return directory{}, refuse("The archive promises a zip64 record and has none.")
	}
	switch {
	case d.count > int64(z.lim.Entries):
		return directory{}, refuse("The archive has %d entries; the limit is %d.", d.count, z.lim.Entries)
	case d.offset < 0 || d.size < 0 || d.offset > end || d.size > end-d.offset:
		return directory{}, refuse("The archive's directory lies outside the archive.")
	case d.offset+d.size != end:
		return directory{}, refuse("The archive's directory is not where its end record says; %s stand before the archive or within it that do not belong to it.", bytesText(end-d.offset-d.size))
	case d.size < d.count*zipCentralSize, d.size > d.count*maxCentralPerEntry:
		return directory{}, refuse("The archive's directory of %s cannot hold %d entries.", bytesText(d.size), d.count)
	}
	return d, nil
}

// agrees reports whether a small field says the same as its zip64 twin.
func agrees(small, big, saturated int64) bool { return small == saturated || small == big }

// read64 reads the zip64 end record whose locator ends at end.
func (z *zipReader) read64(end int64) (d directory, at int64, found bool, err error) {
	if end < zip64LocatorSize+zip64EndSize {
		return d, 0, false, nil
	}
	le := binary.LittleEndian
	locator := make([]byte, zip64LocatorSize)
	if err := readFull(z.r, locator, end-zip64LocatorSize); err != nil {
		return d, 0, false, err
	}
	if le.Uint32(locator) != zip64Locator {
		return d, 0, false, nil
	}
	at = int64(le.Uint64(locator[8:]))
	if at != end-zip64LocatorSize-zip64EndSize {
		return d, 0, false, refuse("The archive's zip64 record is not where its locator says.")
	}
	record := make([]byte, zip64EndSize)
	if err := readFull(z.r, record, at); err != nil {
		return d, 0, false, err
	}
	if le.Uint32(record) != zip64End || le.Uint64(record[4:]) != zip64EndSize-12 {
		return d, 0, false, refuse("The archive's zip64 record is damaged.")
	}
	if le.Uint32(locator[4:]) != 0 || le.Uint32(locator[16:]) > 1 || le.Uint32(record[16:]) != 0 || le.Uint32(record[20:]) != 0 {
		return d, 0, false, refuse("The archive is one part of several; submit it in one piece.")
	}
	d = directory{int64(le.Uint64(record[48:])), int64(le.Uint64(record[40:])), int64(le.Uint64(record[32:]))}
	if int64(le.Uint64(record[24:])) != d.count || d.count < 0 || d.offset < 0 || d.size < 0 {
		return d, 0, false, refuse("The archive's zip64 record holds impossible numbers.")
	}
	return d, at, true, nil
}

// readDirectory reads the central directory in one pass.
func (z *zipReader) readDirectory(d directory) ([]*zipEntry, error) {
	buffered := bufio.NewReaderSize(io.NewSectionReader(z.r, d.offset, d.size), 64<<10)
	entries := make([]*zipEntry, 0, d.count)
	var names int64
	for i := range d.count {
		e, err := z.readCentral(buffered, int(i)+1)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, refuse("The archive's directory ends within entry %d of %d.", i+1, d.count)
		}
		if err != nil {
			return nil, err
		}
		if names += int64(len(e.rawName)); names > maxNames {
			return nil, refuse("The names in the archive fill more than %s.", bytesText(maxNames))
		}
		entries = append(entries, e)
	}
	if rest, _ := io.Copy(io.Discard, buffered); rest > 0 {
		return nil, refuse("The archive's directory has %s more than its %d entries.", bytesText(rest), d.count)
	}
	return entries, nil
}

// readCentral reads one header of the central directory.
func (z *zipReader) readCentral(r *bufio.Reader, index int) (*zipEntry, error) {
	var h [zipCentralSize]byte
	if _, err := io.ReadFull(r, h[:]); err != nil {
		return nil, err
	}
	le := binary.LittleEndian
	if le.Uint32(h[:]) != zipCentralHeader {
		return nil, refuse("The archive's directory is damaged at entry %d.", index)
	}
	e := &zipEntry{
		index: index, flags: le.Uint16(h[8:]), method: le.Uint16(h[10:]), crc: le.Uint32(h[16:]),
		packed: int64(le.Uint32(h[20:])), unpacked: int64(le.Uint32(h[24:])), header: int64(le.Uint32(h[42:])),
		mode: le.Uint32(h[38:]) >> 16, modified: dosTime(le.Uint16(h[14:]), le.Uint16(h[12:])),
	}
	e.rawName = make([]byte, le.Uint16(h[28:]))
	extra := make([]byte, le.Uint16(h[30:]))
	comment := make([]byte, le.Uint16(h[32:]))
	for _, b := range [][]byte{e.rawName, extra, comment} {
		if _, err := io.ReadFull(r, b); err != nil {
			return nil, err
		}
	}
	disk := le.Uint16(h[34:])
	z.noteText(fmt.Sprintf("comment of entry %d", index), comment)
	e.name = string(e.rawName)
	x, reason := parseExtra(extra)
	if reason == "" {
		reason = e.take64(x, &disk)
	}
	switch {
	case reason != "":
		return nil, refuse("Entry %d of the archive: %s", index, reason)
	case disk != 0:
		return nil, refuse("The archive is one part of several; submit it in one piece.")
	}
	e.judge(x, z.lim)
	return e, nil
}

// checkTotals holds the sum of all entries against the limits.
func (z *zipReader) checkTotals(entries []*zipEntry) error {
	var total int64
	for _, e := range entries {
		if e.refusal != nil {
			continue // its claim is not believed
		}
		if e.unpacked > z.lim.TotalBytes-total {
			return refuse("The archive unpacks to more than %s, the limit.", bytesText(z.lim.TotalBytes))
		}
		total += e.unpacked
	}
	if total/z.lim.Ratio > z.size {
		return refuse("The archive of %s claims to unpack to %s, %d:1; the limit is %d:1.", bytesText(z.size), bytesText(total), total/max(z.size, 1), z.lim.Ratio)
	}
	return nil
}

// checkLayout holds that the entries fill the archive up to its directory,
// each in a place of its own.
func (z *zipReader) checkLayout(entries []*zipEntry, end int64) error {
	sorted := slices.Clone(entries)
	slices.SortStableFunc(sorted, func(a, b *zipEntry) int { return cmp.Compare(a.header, b.header) })
	var at int64
	for i, e := range sorted {
		switch {
		case i > 0 && e.header == sorted[i-1].header:
			return refuse("Entries %d and %d of the archive share one place.", sorted[i-1].index, e.index)
		case e.header < at:
			return refuse("Entries %d and %d of the archive overlap.", sorted[i-1].index, e.index)
		case e.header > at && i == 0:
			return refuse("%s stand before the first entry of the archive.", bytesText(e.header))
		case e.header > at:
			return refuse("%s between the entries of the archive belong to none of them.", bytesText(e.header-at))
		}
		next := end
		if i+1 < len(sorted) {
			next = sorted[i+1].header
		}
		if err := z.takeDescriptor(e, next); err != nil {
			return err
		}
		at = e.entryEnd
	}
	if at > end {
		return refuse("An entry of the archive reaches into its directory.")
	}
	if at < end {
		return refuse("%s between the entries of the archive and its directory belong to none of them.", bytesText(end-at))
	}
	return nil
}

// noteText keeps a comment for the audit of text.
func (z *zipReader) noteText(where string, b []byte) {
	if len(b) == 0 || len(z.b.fs.texts) >= maxTexts {
		return
	}
	z.b.fs.texts = append(z.b.fs.texts, Text{where, decodeName(b[:min(len(b), maxTextBytes)], false)})
}

// readFull reads all of b at offset; an end of file is a refusal, as the
// structure pointed past it.
func readFull(r io.ReaderAt, b []byte, offset int64) error {
	n, err := r.ReadAt(b, offset)
	switch {
	case n == len(b):
		return nil
	case err == nil || errors.Is(err, io.EOF):
		return refuse("The archive is cut short.")
	}
	return err
}

// dosTime reads the date and time of MS-DOS, in UTC.
func dosTime(date, clock uint16) time.Time {
	return time.Date(int(date>>9)+1980, time.Month(date>>5&15), int(date&31),
		int(clock>>11), int(clock>>5&63), int(clock&31)*2, 0, time.UTC)
}
