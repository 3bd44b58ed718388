package dict

// Tag is a data element tag, 0xGGGGEEEE.
type Tag uint32

// NewTag returns the tag of a group and an element number.
func NewTag(group, element uint16) Tag { return Tag(group)<<16 | Tag(element) }

// Group returns the group number.
func (t Tag) Group() uint16 { return uint16(t >> 16) }

// Element returns the element number within the group.
func (t Tag) Element() uint16 { return uint16(t) }

// IsPrivate reports whether the group number is odd.
func (t Tag) IsPrivate() bool { return t&0x10000 != 0 }

// IsPrivateCreator reports whether t reserves a block of private elements:
// an odd group with an element number from 0010 to 00FF.
//
// Source: DICOM PS3.5 Section 7.8.1.
func (t Tag) IsPrivateCreator() bool {
	return t.IsPrivate() && t.Element() >= 0x10 && t.Element() <= 0xFF
}

// IsGroupLength reports whether the element number is 0000.
func (t Tag) IsGroupLength() bool { return t.Element() == 0 }

// String returns "(0010,0010)", with letters in upper case.
func (t Tag) String() string {
	var b [11]byte
	return string(t.AppendTo(b[:0]))
}

// AppendTo appends the text of String to b.
func (t Tag) AppendTo(b []byte) []byte {
	const digits = "0123456789ABCDEF"
	b = append(b, '(')
	for shift := 28; shift >= 0; shift -= 4 {
		b = append(b, digits[t>>shift&0xF])
		if shift == 16 {
			b = append(b, ',')
		}
	}
	return append(b, ')')
}
