package dicom

// hidesSequence reports whether the value at hand, of unknown VR and stated
// length, is a sequence that parses cleanly, as private sequences are after a
// program that did not know them rewrote the file.
func (s *scanner) hidesSequence(f *frame, h head) bool {
	n := int64(h.length)
	if n < 8 || n > s.lim.ValueBytes || n > min(f.limit, s.w.size)-s.e.ValueOffset {
		return false
	}
	b, err := s.w.bytes(s.e.ValueOffset, 8)
	if err != nil || len(b) < 8 || tagOf(b, false) != itemTag {
		return false
	}
	b, err = s.w.bytes(s.e.ValueOffset, int(n))
	if err != nil || int64(len(b)) < n {
		return false
	}
	if !isCleanSequence(b, true) && !isCleanSequence(b, false) {
		return false
	}
	return true
}

// isCleanSequence reports whether little endian b is exactly a run of items,
// and their elements, implicit or explicit, fill them exactly.
func isCleanSequence(b []byte, implicit bool) bool {
	type level struct {
		end      int
		defined  bool
		sequence bool
	}
	stack := []level{{len(b), true, true}}
	pos := 0
	for len(stack) > 0 {
		top := stack[len(stack)-1]
		if pos >= top.end {
			if !top.defined {
				return false
			}
			stack = stack[:len(stack)-1]
			continue
		}
		if top.end-pos < 8 || len(stack) > 2*64 {
			return false
		}
		tag, length, size := tagOf(b[pos:], false), uint32Of(b[pos+4:], false), 8
		isDelimiter := tag == itemDelimTag && !top.sequence || tag == sequenceEndTag && top.sequence
		switch {
		case isDelimiter && !top.defined:
			stack = stack[:len(stack)-1]
			pos += 8
			continue
		case top.sequence && tag != itemTag, !top.sequence && tag.Group() == 0xFFFE:
			return false
		case !top.sequence && tag.Group() < 8:
			return false
		case !top.sequence && !implicit:
			vr, known := parseVR(b[pos+4], b[pos+5])
			if !known {
				return false
			}
			length = uint32(uint16Of(b[pos+6:], false))
			if vr.HasLongLength() {
				if top.end-pos < 12 {
					return false
				}
				length, size = uint32Of(b[pos+8:], false), 12
			}
		}
		pos += size
		if length == undefined {
			stack = append(stack, level{top.end, false, !top.sequence})
			continue
		}
		if int64(length) > int64(top.end-pos) {
			return false
		}
		if top.sequence {
			stack = append(stack, level{pos + int(length), true, false})
		} else {
			pos += int(length)
		}
	}
	return pos == len(b)
}
