package dicom

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"

	"assay/internal/audit/dicom/dict"
	"assay/internal/audit/finding"
	"assay/internal/audit/intern"
)

const (
	headBytes = 64 << 10 // of a value that is not text shown to the visitor
	undefined = 0xFFFFFFFF

	itemTag         Tag = 0xFFFEE000
	itemDelimTag    Tag = 0xFFFEE00D
	sequenceEndTag  Tag = 0xFFFEE0DD
	trailingPadding Tag = 0xFFFCFFFC
	pixelDataTag    Tag = 0x7FE00010
)

// frame is an open sequence or data set.
type frame struct {
	sequence  bool
	defined   bool  // its length was stated
	limit     int64 // no byte of it is at or past this offset
	tag       Tag   // of the sequence
	item      int   // items seen of a sequence
	implicit  bool
	bigEndian bool
	creators  int // index of its first in scanner.creators
	charset   Charset
}

// creator reserves a block of private elements in a data set.
type creator struct {
	group, block uint16
	name         string
}

// scanner is the state of one Scan.
type scanner struct {
	w     window
	lim   Limits
	visit func(*Element) error
	h     *Header

	pos      int64
	stack    []frame
	parents  []Step
	creators []creator
	charsets map[string]Charset
	e        Element

	inMeta      bool
	metaEnd     int64 // as (0002,0000) states; 0 if it does not
	metaSeen    uint8 // required elements seen, see metaBit
	syntax      dict.TransferSyntax
	lastRoot    Tag   // highest tag of the outermost data set so far
	headerBytes int64 // everything but pixel data
	done        bool  // nothing more can be read
}

var scanners = sync.Pool{New: func() any { return new(scanner) }}

// Scan reads the structure of the DICOM file of size bytes in r and calls
// visit for each data element, of nested ones after the sequence that holds
// them. An error of visit ends the scan and is returned. Everything wrong with
// the file is in the header's problems; the error is otherwise that of ctx or
// of r.
//
// Zero fields of lim mean the default. visit may be nil.
func Scan(ctx context.Context, r io.ReaderAt, size int64, lim Limits, visit func(*Element) error) (*Header, error) {
	s := scanners.Get().(*scanner)
	defer s.release()
	s.w.reset(r, size)
	s.lim = lim.withDefaults()
	s.visit = visit
	h := &Header{Status: Read, Image: Image{Frames: 1}}
	s.h = h
	err := s.run(ctx)
	if errors.Is(err, errInflate) {
		s.refuse("fmt-size-limit", fmt.Sprintf("The deflated data set inflates to more than %d bytes, or more than %d times its size.", s.lim.InflateBytes, s.lim.InflateRatio))
		err = nil
	}
	if err != nil {
		return nil, err
	}
	return h, nil
}

// release empties the scanner and gives it back to the pool.
func (s *scanner) release() {
	*s = scanner{
		w:        s.w.drop(),
		stack:    s.stack[:0],
		parents:  s.parents[:0],
		creators: s.creators[:0],
		charsets: s.charsets,
	}
	scanners.Put(s)
}

func (s *scanner) run(ctx context.Context) error {
	if err := s.open(); err != nil || s.done {
		return err
	}
	for n := 0; !s.done; n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if s.inMeta {
			if err := s.leaveMeta(); err != nil {
				return err
			}
			if s.done {
				break
			}
		}
		if err := s.step(); err != nil {
			return err
		}
	}
	return s.finish()
}

// step reads one element, item or delimiter, or closes the top frame.
func (s *scanner) step() error {
	f := &s.stack[len(s.stack)-1]
	if s.pastEnd(f) {
		return nil
	}
	if s.pos >= min(f.limit, s.w.size) {
		s.close(f)
		return nil
	}
	if f.sequence {
		return s.readItem(f)
	}
	return s.readElement(f)
}

// close ends the top frame at its limit.
func (s *scanner) close(f *frame) {
	if f.limit > s.w.size && f.defined && len(s.stack) > 1 {
		s.overrun(f, "An item or sequence")
	}
	if !f.defined && len(s.stack) > 1 {
		what := "An item"
		if f.sequence {
			what = "A sequence"
		}
		s.problem("fmt-truncated", finding.Blocker, f.tag, s.pos, what+" of undefined length ends without its delimiter.")
		if s.pos >= s.w.size {
			s.refuseQuietly("The file ends inside a sequence.")
		}
	}
	s.pop()
}

// pop leaves the top frame; the outermost data set is never left but ended.
func (s *scanner) pop() {
	last := len(s.stack) - 1
	if last == 0 {
		s.done = true
		return
	}
	f := s.stack[last]
	s.stack = s.stack[:last]
	if !f.sequence {
		s.parents = s.parents[:len(s.parents)-1]
		s.creators = s.creators[:f.creators]
	}
}

// push opens a sequence of the element at hand.
func (s *scanner) push(f frame) { s.stack = append(s.stack, f) }

// count notes one more element, item or fragment. It is false past the limit.
func (s *scanner) count() bool {
	s.h.Elements++
	if s.h.Elements > s.lim.Elements {
		s.refuse("fmt-size-limit", fmt.Sprintf("The file has more than %d elements.", s.lim.Elements))
		return false
	}
	return true
}

// readItem reads an item header or a delimiter within a sequence.
func (s *scanner) readItem(f *frame) error {
	b, err := s.w.bytes(s.pos, 8)
	if err != nil {
		return err
	}
	if s.pastEnd(f) {
		return nil
	}
	if len(b) < 8 || s.pos+8 > f.limit {
		s.cut(f, "A sequence ends inside an item header.")
		return nil
	}
	tag, length := tagOf(b, f.bigEndian), uint32Of(b[4:], f.bigEndian)
	switch tag {
	case itemTag:
		return s.openItem(f, length)
	case sequenceEndTag:
		s.pos += 8
		s.chargeHeader(8)
		if f.defined {
			s.problem("fmt-truncated", finding.Warning, f.tag, s.pos-8, "A sequence of stated length holds a sequence delimiter.")
			return nil
		}
		s.pop()
		return nil
	}
	if f.defined {
		s.problem("fmt-truncated", finding.Blocker, f.tag, s.pos, "A sequence holds something that is no item; the rest of the sequence was not checked.")
		s.refuseQuietly("Part of a sequence could not be read.")
		s.chargeHeader(f.limit - s.pos)
		s.pos = f.limit
		return nil
	}
	s.problem("fmt-truncated", finding.Blocker, f.tag, s.pos, "A sequence of undefined length ends without its delimiter.")
	s.pop()
	return nil
}

// openItem enters the item whose header is at pos.
func (s *scanner) openItem(f *frame, length uint32) error {
	if !s.count() {
		return nil
	}
	depth := len(s.parents) + 1
	if depth > s.lim.Depth {
		s.refuse("fmt-nesting", fmt.Sprintf("Sequences are nested deeper than %d levels.", s.lim.Depth))
		return nil
	}
	if depth > s.h.MaxDepth {
		s.h.MaxDepth = depth
	}
	if depth == s.lim.WarnDepth+1 {
		s.problem("fmt-nesting", finding.Warning, f.tag, s.pos, fmt.Sprintf("Sequences are nested deeper than %d levels; many programs cannot read this.", s.lim.WarnDepth))
	}
	f.item++
	item := frame{
		tag: f.tag, defined: length != undefined, limit: f.limit,
		implicit: f.implicit, bigEndian: f.bigEndian, charset: f.charset,
		creators: len(s.creators),
	}
	s.pos += 8
	s.chargeHeader(8)
	if item.defined {
		if int64(length) > f.limit-s.pos {
			s.overrun(f, "An item")
		} else {
			item.limit = s.pos + int64(length)
		}
	}
	s.parents = append(s.parents, Step{f.tag, f.item})
	s.push(item)
	return s.guessItemVR()
}

// overrun notes that something is longer than what holds it.
func (s *scanner) overrun(f *frame, what string) {
	s.problem("fmt-truncated", finding.Blocker, f.tag, s.pos, what+" is longer than what is left of the file or sequence that holds it.")
	if f.limit >= s.w.size {
		s.refuseQuietly("The file ends before its last value does.")
	}
}

// cut notes that f ends in the middle of a header, and moves on behind it.
func (s *scanner) cut(f *frame, message string) {
	s.problem("fmt-truncated", finding.Blocker, f.tag, s.pos, message)
	if f.limit >= s.w.size {
		s.refuseQuietly("The file ends in the middle of an element.")
	}
	s.pos = min(f.limit, s.w.size)
	f.limit = s.pos
}

// pastEnd reports whether the last value reached past the end of a deflated
// data set, whose length is known only now.
func (s *scanner) pastEnd(f *frame) bool {
	if s.pos <= s.w.size {
		return false
	}
	what := "A value"
	if isPixelData(s.e.Tag) {
		what = "Pixel data"
	}
	s.pos = s.e.Offset
	s.overrun(f, what)
	s.pos = s.w.size
	return true
}

// guessItemVR looks at the first element of the item just opened: programs
// that copied a sequence without translating it left the other form of VR.
func (s *scanner) guessItemVR() error {
	f := &s.stack[len(s.stack)-1]
	if f.limit-s.pos < 8 {
		return nil
	}
	b, err := s.w.bytes(s.pos, 8)
	if err != nil || len(b) < 8 {
		return err
	}
	if b[0] == 0xFE && b[1] == 0xFF {
		return nil // an empty item
	}
	_, explicit := parseVR(b[4], b[5])
	switch {
	case f.implicit && explicit && int64(uint32Of(b[4:], f.bigEndian)) > f.limit-s.pos-8:
		f.implicit = false
	case !f.implicit && !explicit && int64(uint32Of(b[4:], f.bigEndian)) <= f.limit-s.pos-8 && !isLetters(b[4], b[5]):
		f.implicit = true
	default:
		return nil
	}
	s.problem("fmt-transfer-syntax", finding.Warning, f.tag, s.pos, "Items are encoded with the other form of VR (explicit or implicit) than the data set that holds them.")
	return nil
}

// tagOf reads a tag of 4 bytes.
func tagOf(b []byte, bigEndian bool) Tag {
	if bigEndian {
		return Tag(binary.BigEndian.Uint32(b))
	}
	return dict.NewTag(binary.LittleEndian.Uint16(b), binary.LittleEndian.Uint16(b[2:]))
}

func uint32Of(b []byte, bigEndian bool) uint32 {
	if bigEndian {
		return binary.BigEndian.Uint32(b)
	}
	return binary.LittleEndian.Uint32(b)
}

func uint16Of(b []byte, bigEndian bool) uint16 {
	if bigEndian {
		return binary.BigEndian.Uint16(b)
	}
	return binary.LittleEndian.Uint16(b)
}

func isLetters(a, b byte) bool { return a >= 'A' && a <= 'Z' && b >= 'A' && b <= 'Z' }

// chargeHeader adds n bytes that are not pixel data to the count. It is false
// past the limit.
func (s *scanner) chargeHeader(n int64) bool {
	s.headerBytes += n
	if s.headerBytes > s.lim.HeaderBytes {
		s.refuse("fmt-size-limit", fmt.Sprintf("The file has more than %d bytes besides its pixel data.", s.lim.HeaderBytes))
		return false
	}
	return true
}

// intern returns the creator's name without allocating it twice.
func (s *scanner) intern(value []byte) string {
	return creators.Bytes(Trim(value))
}

// creators keeps the names of private creators and the terms of a header that
// repeat over the files of a set.
var creators intern.Table

// creatorOf returns the creator of a private tag in the data set f.
func (s *scanner) creatorOf(f *frame, t Tag) string {
	block := t.Element() >> 8
	for i := len(s.creators) - 1; i >= f.creators; i-- {
		if c := &s.creators[i]; c.group == t.Group() && c.block == block {
			return c.name
		}
	}
	return ""
}
