package dicom

import (
	"fmt"

	"assay/internal/audit/finding"
)

// isPixelData reports whether a tag is Pixel Data, Float Pixel Data or Double
// Float Pixel Data.
func isPixelData(t Tag) bool { return t == pixelDataTag || t == 0x7FE00008 || t == 0x7FE00009 }

// readPixelData shows pixel data, without its value, and steps over it.
func (s *scanner) readPixelData(f *frame, h head) error {
	e := &s.e
	root := len(s.stack) == 1
	p := PixelData{Present: true, Tag: e.Tag, Offset: e.ValueOffset, Length: int64(h.length), Frames: s.h.Image.Frames}
	if h.length == undefined {
		p.Encapsulated = true
		p.Length = 0
	}
	if root {
		s.h.PixelData = p
	}
	if !s.chargeHeader(h.size) {
		return nil
	}
	if err := s.show(); err != nil {
		return err
	}
	if p.Encapsulated {
		return s.readFragments(f, root)
	}
	if root {
		if s.syntax.Encapsulated {
			s.problem("pix-encapsulation", finding.Blocker, e.Tag, s.pos, "Pixel data is not encapsulated, against its transfer syntax.")
		}
		s.checkNativeLength(p.Length)
	}
	n := p.Length
	if room := min(f.limit, s.w.size) - e.ValueOffset; n > room {
		s.overrun(f, "Pixel data")
		n = max(room, 0)
	}
	if s.w.stream != nil && e.ValueOffset+n > s.w.cap {
		return errInflate
	}
	s.pos = e.ValueOffset + n
	return nil
}

// checkNativeLength compares the length of native pixel data with what the
// image attributes say.
func (s *scanner) checkNativeLength(length int64) {
	m := &s.h.Image
	if s.h.PixelData.Tag != pixelDataTag {
		return
	}
	bits := m.frameBits()
	if m.has&(hasRows|hasColumns|hasAllocated) != hasRows|hasColumns|hasAllocated {
		s.problem("pix-length-mismatch", finding.Blocker, pixelDataTag, s.pos, "Rows, Columns or BitsAllocated is absent or empty beside pixel data.")
		return
	}
	if bits == 0 || m.Frames <= 0 {
		s.problem("pix-length-mismatch", finding.Blocker, pixelDataTag, s.pos, "Rows, Columns, BitsAllocated or NumberOfFrames is zero or negative beside pixel data.")
		return
	}
	frames := int64(m.Frames)
	// Compare by division: the product may not fit into 64 bits.
	if (length*8+7)/bits+1 < frames {
		s.problem("pix-length-mismatch", finding.Blocker, pixelDataTag, s.pos, "Pixel data is shorter than Rows, Columns, NumberOfFrames and bits say.")
		return
	}
	want := (bits*frames + 7) / 8
	switch {
	case length == want, length == want+want%2:
	case length < want:
		s.problem("pix-length-mismatch", finding.Blocker, pixelDataTag, s.pos, "Pixel data is shorter than Rows, Columns, NumberOfFrames and bits say.")
	default:
		s.problem("pix-length-mismatch", finding.Warning, pixelDataTag, s.pos, "Pixel data is longer than Rows, Columns, NumberOfFrames and bits say.")
	}
}

// readFragments steps through the items of encapsulated pixel data: the Basic
// Offset Table, the fragments and the delimiter.
//
// Source: DICOM PS3.5 Section A.4.
func (s *scanner) readFragments(f *frame, root bool) error {
	const rule = "pix-encapsulation"
	e := &s.e
	if root && s.syntax.UID != "" && !s.syntax.Encapsulated {
		s.problem(rule, finding.Blocker, e.Tag, s.pos, "Pixel data is encapsulated, against its transfer syntax.")
	}
	first := e.ValueOffset
	pos := first
	t := offsetTable{}
	for item := 0; ; item++ {
		b, err := s.w.bytes(pos, 8)
		if err != nil {
			return err
		}
		s.pos = pos
		if len(b) < 8 || min(f.limit, s.w.size)-pos < 8 {
			s.problem(rule, finding.Blocker, e.Tag, pos, "Encapsulated pixel data ends without its delimiter.")
			s.cut(f, "The file ends inside encapsulated pixel data.")
			return nil
		}
		tag, length := tagOf(b, f.bigEndian), int64(uint32Of(b[4:], f.bigEndian))
		if tag == sequenceEndTag {
			pos += 8
			break
		}
		if tag != itemTag || length == undefined {
			s.problem(rule, finding.Blocker, e.Tag, pos, "Encapsulated pixel data holds something that is no fragment.")
			s.refuse("fmt-truncated", "The bytes at this point are no element; what follows was not checked.")
			return nil
		}
		if !s.count() {
			return nil
		}
		if length > min(f.limit, s.w.size)-pos-8 {
			s.problem(rule, finding.Blocker, e.Tag, pos, "A fragment of pixel data is longer than what is left of the file.")
			s.overrun(f, "A fragment")
			s.pos = min(f.limit, s.w.size)
			return nil
		}
		if length%2 != 0 {
			s.problem(rule, finding.Warning, e.Tag, pos, "A fragment of pixel data has an odd length.")
		}
		if item == 0 {
			if err := t.read(s, f, pos+8, length); err != nil {
				return err
			}
		} else {
			t.fragment(pos, length)
		}
		pos += 8 + length
	}
	s.pos = pos
	if root {
		s.closeFragments(&t, pos-first)
	}
	return nil
}

// closeFragments judges the fragments of the outermost pixel data.
func (s *scanner) closeFragments(t *offsetTable, length int64) {
	const rule = "pix-encapsulation"
	p, m := &s.h.PixelData, &s.h.Image
	p.Length, p.Fragments = length, t.fragments
	p.FirstOffset, p.FirstLength = t.firstOffset+8, t.firstLength
	at := func(severity finding.Severity, message string) {
		s.problem(rule, severity, p.Tag, p.Offset, message)
	}
	if t.fragments == 0 {
		at(finding.Blocker, "Encapsulated pixel data holds no fragment.")
		return
	}
	if t.wrong || t.unmet() {
		at(finding.Blocker, "The Basic Offset Table does not point at fragments in order.")
	}
	if m.Frames <= 0 {
		at(finding.Blocker, "NumberOfFrames is zero or negative beside pixel data.")
		return
	}
	if m.has&(hasRows|hasColumns) == hasRows|hasColumns && (m.Rows == 0 || m.Columns == 0) {
		at(finding.Blocker, "Rows or Columns is zero beside pixel data.")
	}
	if s.syntax.Family == "video" {
		return
	}
	switch {
	case t.entries > 0 && t.entries != m.Frames:
		at(finding.Blocker, "The Basic Offset Table has another number of entries than NumberOfFrames says.")
		p.Frames = t.entries
	case t.fragments < m.Frames:
		at(finding.Blocker, "Pixel data has fewer fragments than NumberOfFrames says.")
		p.Frames = t.fragments
	case s.syntax.Family == "rle" && t.fragments != m.Frames:
		at(finding.Blocker, "RLE pixel data does not have one fragment for each frame.")
	}
}

// maxTableBytes bounds the part of a Basic Offset Table that is compared.
const maxTableBytes = 1 << 20

// offsetTable compares a Basic Offset Table with the fragments that follow.
type offsetTable struct {
	offsets     []byte // little endian, of 4 bytes each
	next        int    // index into offsets of the next entry to meet
	base        int64  // offset that entries count from
	entries     int
	fragments   int
	firstOffset int64 // of the first fragment's item
	firstLength int64
	wrong       bool
	bigEndian   bool
}

func (t *offsetTable) read(s *scanner, f *frame, offset, length int64) error {
	t.base = offset + length
	t.entries = int(length / 4)
	t.wrong = length%4 != 0
	t.bigEndian = f.bigEndian
	if !s.chargeHeader(length) {
		return nil
	}
	b, err := s.w.bytes(offset, int(min(length, maxTableBytes)))
	if err != nil {
		return err
	}
	t.offsets = append([]byte(nil), b[:len(b)/4*4]...)
	return nil
}

func (t *offsetTable) fragment(offset, length int64) {
	t.fragments++
	if t.fragments == 1 {
		t.firstOffset, t.firstLength = offset, length
	}
	if t.next >= len(t.offsets) {
		return
	}
	entry := int64(uint32Of(t.offsets[t.next:], t.bigEndian))
	switch at := offset - t.base; {
	case entry == at:
		t.next += 4
	case entry < at:
		t.wrong = true // it pointed between fragments, or back
		t.next = len(t.offsets)
	}
}

// unmet reports whether entries point behind the last fragment.
func (t *offsetTable) unmet() bool { return t.next < len(t.offsets) }

// tooLong notes a value over its limit, which was checked only in part.
func (s *scanner) tooLong(tag Tag, what string, limit int64) {
	message := fmt.Sprintf("A %s is longer than %d bytes; it was not checked past its first part.", what, limit)
	s.problem("fmt-size-limit", finding.Blocker, tag, s.pos, message)
	s.refuseQuietly(message)
}

// checkBits judges how samples are stored.
//
// Source: DICOM PS3.5 Section 8.1.1, PS3.3 Section C.7.6.3.
func (s *scanner) checkBits() {
	const rule = "pix-bits"
	m := &s.h.Image
	if s.h.PixelData.Tag != pixelDataTag || m.has&hasAllocated == 0 {
		return
	}
	at := func(severity finding.Severity, tag Tag, message string) {
		s.problem(rule, severity, tag, s.h.PixelData.Offset, message)
	}
	if m.BitsAllocated != 1 && (m.BitsAllocated == 0 || m.BitsAllocated%8 != 0) {
		at(finding.Blocker, 0x00280100, "BitsAllocated is neither 1 nor a multiple of 8.")
	}
	if m.has&hasStored != 0 && (m.BitsStored > m.BitsAllocated || m.BitsStored == 0) {
		at(finding.Blocker, 0x00280101, "BitsStored is zero or more than BitsAllocated.")
	} else if m.has&(hasStored|hasHighBit) == hasStored|hasHighBit && m.HighBit != m.BitsStored-1 {
		at(finding.Warning, 0x00280102, "HighBit is not BitsStored less one.")
	}
	want := 0
	switch m.PhotometricInterpretation {
	case "MONOCHROME1", "MONOCHROME2", "PALETTE COLOR":
		want = 1
	case "RGB", "YBR_FULL", "YBR_FULL_422", "YBR_PARTIAL_420", "YBR_PARTIAL_422", "YBR_ICT", "YBR_RCT", "HSV":
		want = 3
	case "ARGB", "CMYK":
		want = 4
	}
	if want != 0 && m.has&hasSamples != 0 && m.SamplesPerPixel != want {
		at(finding.Warning, 0x00280002, "SamplesPerPixel does not fit PhotometricInterpretation.")
	}
}

// finish judges what only the end of the file tells.
func (s *scanner) finish() error {
	s.h.Bytes = s.headerBytes
	if s.w.broken {
		s.problem("fmt-truncated", finding.Blocker, 0, s.pos, "The deflated data set is damaged or ends early.")
		s.refuseQuietly("The deflated data set is damaged or ends early.")
	}
	if s.h.PixelData.Present {
		s.checkBits()
		if err := s.checkCodec(); err != nil {
			return err
		}
	}
	return s.checkZipEnd(s.w.size)
}
