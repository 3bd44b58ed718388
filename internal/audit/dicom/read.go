package dicom

import (
	"bytes"

	"assay/internal/audit/dicom/dict"
	"assay/internal/audit/finding"
)

// head is the decoded header of an element.
type head struct {
	vr, written VR
	length      uint32
	size        int64 // of the header in bytes, 8 or 12
	implicit    bool
}

// readElement reads the element at pos in the data set f.
func (s *scanner) readElement(f *frame) error {
	b, err := s.w.bytes(s.pos, 12)
	if err != nil {
		return err
	}
	if s.pastEnd(f) {
		return nil
	}
	left := min(f.limit, s.w.size) - s.pos
	if int64(len(b)) > left {
		b = b[:left]
	}
	root := len(s.stack) == 1
	if len(b) < 8 {
		if root {
			return s.trailing()
		}
		s.cut(f, "An item ends inside an element header.")
		return nil
	}
	tag := tagOf(b, f.bigEndian)
	if tag.Group() == 0xFFFE {
		return s.readDelimiter(f, tag)
	}
	if root && tag == 0 && uint32Of(b[4:], false) == 0 {
		return s.trailing()
	}
	h, ok := s.parseHead(f, tag, b, left)
	if !ok {
		return s.lost(f, root)
	}
	if !s.count() {
		return nil
	}
	s.fill(f, tag, h)
	if root && tag > s.lastRoot {
		s.lastRoot = tag
	}
	switch {
	case isPixelData(tag):
		return s.readPixelData(f, h)
	case h.length == undefined:
		return s.openSequence(f, h)
	case h.vr == SQ || h.vr == UN && s.hidesSequence(f, h):
		return s.openSequence(f, h)
	}
	return s.readValue(f, h)
}

// fill describes the element at hand for the visitor.
func (s *scanner) fill(f *frame, tag Tag, h head) {
	s.e = Element{
		Parents: s.parents, Tag: tag, VR: h.vr, Written: h.written,
		Offset: s.pos, ValueOffset: s.pos + h.size, Length: int64(h.length),
		Depth: len(s.parents), Private: tag.IsPrivate(),
		Implicit: h.implicit, BigEndian: f.bigEndian, Meta: s.inMeta, Charset: f.charset,
	}
	if h.length == undefined {
		s.e.Length = -1
	}
	if s.e.Private && !tag.IsPrivateCreator() {
		s.e.Creator = s.creatorOf(f, tag)
	}
}

// parseHead decodes the header b of an element of f with left bytes from its
// tag on. It is false if that cannot be an element.
func (s *scanner) parseHead(f *frame, tag Tag, b []byte, left int64) (head, bool) {
	if f.implicit {
		h := head{length: uint32Of(b[4:], f.bigEndian), size: 8, implicit: true}
		h.vr = s.dictionaryVR(tag, h.length)
		// After the pixels, only what the dictionary knows counts as an element
		// that fits badly; the rest is trailing bytes.
		if h.length != undefined && int64(h.length) > left-8 && len(s.stack) == 1 && s.lastRoot >= pixelDataTag && h.vr == UN {
			return h, false
		}
		return h, true
	}
	vr, known := parseVR(b[4], b[5])
	h := head{vr: vr, written: vr, size: 8}
	switch {
	case known && !vr.HasLongLength():
		h.length = uint32(uint16Of(b[6:], f.bigEndian))
	case known || isLetters(b[4], b[5]):
		return s.parseLongHead(f, tag, b, left, h, known)
	default:
		short := int64(uint16Of(b[6:], f.bigEndian))
		if isBlankVR(b[4], b[5]) && short <= left-8 {
			h.length, h.written = uint32(short), "  "
			h.vr = s.dictionaryVR(tag, h.length)
			s.problem("fmt-vr-vm-len", finding.Warning, tag, s.pos, "The VR of an element is blank.")
			return h, true
		}
		h.length, h.written, h.implicit = uint32Of(b[4:], f.bigEndian), "", true
		if h.length != undefined && int64(h.length) > left-8 {
			return h, false
		}
		h.vr = s.dictionaryVR(tag, h.length)
		s.problem("fmt-transfer-syntax", finding.Warning, tag, s.pos, "An element has no VR in a data set whose transfer syntax demands one.")
	}
	return h, true
}

// isBlankVR reports whether some programs write a and b for a VR they do not
// know.
func isBlankVR(a, b byte) bool {
	return a == b && (a == ' ' || a == 0 || a == '?' || a == '-')
}

// parseLongHead decodes a header with two reserved bytes and a length of 32
// bits, as VRs that are not known yet have too, and the wrong short form that
// some programs write instead.
func (s *scanner) parseLongHead(f *frame, tag Tag, b []byte, left int64, h head, known bool) (head, bool) {
	if !known {
		h.vr, h.written = UN, VR(b[4:6])
	}
	if len(b) >= 12 {
		h.length, h.size = uint32Of(b[8:], f.bigEndian), 12
	}
	short := uint32(uint16Of(b[6:], f.bigEndian))
	if h.size == 8 || short != 0 && h.length != undefined && int64(h.length) > left-12 {
		if int64(short) > left-8 || short == 0 && known {
			return h, false
		}
		h.length, h.size = short, 8
		s.problem("fmt-vr-vm-len", finding.Warning, tag, s.pos, "An element states its length in 16 bits where its VR demands 32.")
	}
	if h.vr == UN {
		if vr := s.dictionaryVR(tag, h.length); known || vr == SQ {
			h.vr = vr
		}
	}
	return h, true
}

// dictionaryVR returns the VR that the dictionary has for a tag. Where it
// allows several, the data set decides.
func (s *scanner) dictionaryVR(tag Tag, length uint32) VR {
	text := dict.VR(tag)
	if len(text) == 2 {
		return VR(text)
	}
	switch text {
	case "US or SS":
		if s.h.Image.PixelRepresentation == 1 {
			return SS
		}
		return US
	case "US or SS or OW", "US or OW":
		if length <= 2 {
			return US
		}
		return OW
	case "OB or OW":
		return OW
	}
	return UN
}

// readDelimiter reads a tag of group FFFE where an element should be.
func (s *scanner) readDelimiter(f *frame, tag Tag) error {
	root := len(s.stack) == 1
	switch {
	case root:
		return s.lost(f, root)
	case tag == itemDelimTag && !f.defined:
		s.chargeHeader(8)
		s.pos += 8
		s.pop()
	case tag == itemDelimTag:
		s.problem("fmt-truncated", finding.Warning, f.tag, s.pos, "An item of stated length holds an item delimiter.")
		s.chargeHeader(8)
		s.pos += 8
	case !f.defined:
		s.problem("fmt-truncated", finding.Blocker, f.tag, s.pos, "An item of undefined length ends without its delimiter.")
		s.pop()
	case tag == sequenceEndTag:
		s.problem("fmt-truncated", finding.Warning, f.tag, s.pos, "An item of stated length holds a sequence delimiter.")
		s.chargeHeader(8)
		s.pos += 8
	default:
		return s.lost(f, root)
	}
	return nil
}

// lost gives up on the rest of f, whose bytes at pos are no element.
func (s *scanner) lost(f *frame, root bool) error {
	if root && s.lastRoot >= pixelDataTag {
		return s.trailing()
	}
	if !root && f.defined {
		s.problem("fmt-truncated", finding.Blocker, f.tag, s.pos, "An item holds bytes that are no element; the rest of the item was not checked.")
		s.refuseQuietly("Part of an item could not be read.")
		s.chargeHeader(f.limit - s.pos)
		s.pos = f.limit
		return nil
	}
	s.refuse("fmt-truncated", "The bytes at this point are no element; what follows was not checked.")
	return nil
}

// readValue shows an element that is neither a sequence nor pixel data.
func (s *scanner) readValue(f *frame, h head) error {
	e := &s.e
	n := int64(h.length)
	if room := min(f.limit, s.w.size) - e.ValueOffset; n > room {
		s.overrun(f, "A value")
		n = max(room, 0)
	}
	shown := int64(headBytes)
	if h.vr.IsText() {
		shown = s.lim.TextBytes
		if n > s.lim.TextBytes {
			s.tooLong(e.Tag, "text value", s.lim.TextBytes)
		}
	} else if n > s.lim.ValueBytes {
		s.tooLong(e.Tag, "value", s.lim.ValueBytes)
	}
	if !s.chargeHeader(h.size + n) {
		return nil
	}
	value, err := s.w.bytes(e.ValueOffset, int(min(n, shown)))
	if err != nil {
		return err
	}
	e.Value, e.window = value, &s.w
	s.learn(f, value)
	if err := s.show(); err != nil {
		return err
	}
	s.pos = e.ValueOffset + n
	if e.Tag == trailingPadding && len(s.stack) == 1 {
		return s.checkPadding(e.ValueOffset, n)
	}
	return nil
}

func (s *scanner) show() error {
	if s.visit == nil {
		return nil
	}
	return s.visit(&s.e)
}

// learn keeps what the scanner itself needs of the value at hand.
func (s *scanner) learn(f *frame, value []byte) {
	tag := s.e.Tag
	switch {
	case tag == 0x00080005:
		f.charset = s.parseCharset(value)
		s.e.Charset = f.charset
		if len(s.stack) == 1 {
			s.h.Charset = f.charset
		}
	case tag.IsPrivateCreator():
		if name := s.intern(value[:min(len(value), 64)]); name != "" {
			s.creators = append(s.creators, creator{tag.Group(), tag.Element(), name})
		}
	case len(s.stack) == 1:
		s.learnRoot(tag, value)
	}
}

// learnRoot keeps attributes of the outermost data set.
func (s *scanner) learnRoot(tag Tag, value []byte) {
	h := s.h
	switch tag {
	case 0x00020000:
		if len(value) >= 4 {
			s.metaEnd = s.e.ValueOffset + 4 + int64(uint32Of(value, false))
		}
	case 0x00020002:
		h.MediaStorageSOPClassUID = s.intern(value[:min(len(value), 256)])
	case 0x00020003:
		h.MediaStorageSOPInstanceUID = s.uidAt(value)
	case 0x00020010:
		h.TransferSyntaxUID = s.intern(value[:min(len(value), 256)])
	case 0x00080016:
		h.SOPClassUID = s.intern(value[:min(len(value), 256)])
	case 0x00080018:
		h.SOPInstanceUID = s.uidAt(value)
	case 0x0020000D:
		h.StudyInstanceUID = s.uidAt(value)
	case 0x0020000E:
		h.SeriesInstanceUID = s.uidAt(value)
	case 0x00080060:
		h.Modality = s.intern(value[:min(len(value), 256)])
	default:
		if tag.Group() == 0x0028 {
			h.Image.learn(tag, value, s.e.BigEndian)
		}
	}
	if s.inMeta {
		s.metaSeen |= metaBit(tag)
	}
}

// uidAt is uidOf of the value at hand, as a part of the string for the header.
func (s *scanner) uidAt(value []byte) string {
	b := Trim(value[:min(len(value), 256)])
	if at := bytes.Index(value, b); at >= 0 && len(b) > 0 {
		if text, ok := s.w.stringAt(s.e.ValueOffset+int64(at), len(b)); ok {
			return text
		}
	}
	return string(b)
}

// uidOf returns a short value without its padding.
func uidOf(value []byte) string {
	if len(value) > 256 {
		value = value[:256]
	}
	return string(Trim(value))
}

// openSequence enters the sequence of the element at hand.
func (s *scanner) openSequence(f *frame, h head) error {
	e := &s.e
	in := frame{sequence: true, tag: e.Tag, defined: h.length != undefined, limit: f.limit, implicit: f.implicit, bigEndian: f.bigEndian, charset: f.charset}
	if h.written == UN {
		// Source: DICOM PS3.5 Section 6.2.2, note on UN of undefined length.
		in.implicit, in.bigEndian = true, false
	}
	if !in.defined {
		ok, err := s.startsSequence(e.ValueOffset, in.bigEndian)
		if err != nil {
			return err
		}
		if !ok {
			return s.lost(f, len(s.stack) == 1)
		}
		if h.vr != SQ && h.vr != UN {
			s.problem("fmt-vr-vm-len", finding.Warning, e.Tag, s.pos, "An element has an undefined length that its VR does not allow.")
		}
	} else if room := min(f.limit, s.w.size) - e.ValueOffset; int64(h.length) > room {
		s.overrun(f, "A sequence")
	} else {
		in.limit = e.ValueOffset + int64(h.length)
	}
	e.VR = SQ
	if !s.chargeHeader(h.size) {
		return nil
	}
	if err := s.show(); err != nil {
		return err
	}
	s.pos = e.ValueOffset
	s.push(in)
	return nil
}

// startsSequence reports whether an item or a sequence delimiter is at offset.
func (s *scanner) startsSequence(offset int64, bigEndian bool) (bool, error) {
	b, err := s.w.bytes(offset, 4)
	if err != nil || len(b) < 4 {
		return len(b) == 0, err // an end of file is told later
	}
	tag := tagOf(b, bigEndian)
	return tag == itemTag || tag == sequenceEndTag, nil
}
