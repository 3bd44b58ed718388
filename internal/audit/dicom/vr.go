package dicom

// VR is a value representation, two capital letters, such as "PN".
//
// Source: DICOM PS3.5 Section 6.2.
type VR string

// Value representations.
const (
	AE VR = "AE" // Application Entity
	AS VR = "AS" // Age String
	AT VR = "AT" // Attribute Tag
	CS VR = "CS" // Code String
	DA VR = "DA" // Date
	DS VR = "DS" // Decimal String
	DT VR = "DT" // Date Time
	FD VR = "FD" // Floating Point Double
	FL VR = "FL" // Floating Point Single
	IS VR = "IS" // Integer String
	LO VR = "LO" // Long String
	LT VR = "LT" // Long Text
	OB VR = "OB" // Other Byte
	OD VR = "OD" // Other Double
	OF VR = "OF" // Other Float
	OL VR = "OL" // Other Long
	OV VR = "OV" // Other 64-bit Very Long
	OW VR = "OW" // Other Word
	PN VR = "PN" // Person Name
	SH VR = "SH" // Short String
	SL VR = "SL" // Signed Long
	SQ VR = "SQ" // Sequence of Items
	SS VR = "SS" // Signed Short
	ST VR = "ST" // Short Text
	SV VR = "SV" // Signed 64-bit Very Long
	TM VR = "TM" // Time
	UC VR = "UC" // Unlimited Characters
	UI VR = "UI" // Unique Identifier
	UL VR = "UL" // Unsigned Long
	UN VR = "UN" // Unknown
	UR VR = "UR" // URI or URL
	US VR = "US" // Unsigned Short
	UT VR = "UT" // Unlimited Text
	UV VR = "UV" // Unsigned 64-bit Very Long
)

// parseVR returns the VR of two letters without allocating. ok is false if
// the standard does not know it.
func parseVR(a, b byte) (vr VR, ok bool) {
	switch uint16(a)<<8 | uint16(b) {
	case 'A'<<8 | 'E':
		return AE, true
	case 'A'<<8 | 'S':
		return AS, true
	case 'A'<<8 | 'T':
		return AT, true
	case 'C'<<8 | 'S':
		return CS, true
	case 'D'<<8 | 'A':
		return DA, true
	case 'D'<<8 | 'S':
		return DS, true
	case 'D'<<8 | 'T':
		return DT, true
	case 'F'<<8 | 'D':
		return FD, true
	case 'F'<<8 | 'L':
		return FL, true
	case 'I'<<8 | 'S':
		return IS, true
	case 'L'<<8 | 'O':
		return LO, true
	case 'L'<<8 | 'T':
		return LT, true
	case 'O'<<8 | 'B':
		return OB, true
	case 'O'<<8 | 'D':
		return OD, true
	case 'O'<<8 | 'F':
		return OF, true
	case 'O'<<8 | 'L':
		return OL, true
	case 'O'<<8 | 'V':
		return OV, true
	case 'O'<<8 | 'W':
		return OW, true
	}
	return parseVRAfterO(a, b)
}

// parseVRAfterO is the second half of parseVR.
func parseVRAfterO(a, b byte) (vr VR, ok bool) {
	switch uint16(a)<<8 | uint16(b) {
	case 'P'<<8 | 'N':
		return PN, true
	case 'S'<<8 | 'H':
		return SH, true
	case 'S'<<8 | 'L':
		return SL, true
	case 'S'<<8 | 'Q':
		return SQ, true
	case 'S'<<8 | 'S':
		return SS, true
	case 'S'<<8 | 'T':
		return ST, true
	case 'S'<<8 | 'V':
		return SV, true
	case 'T'<<8 | 'M':
		return TM, true
	case 'U'<<8 | 'C':
		return UC, true
	case 'U'<<8 | 'I':
		return UI, true
	case 'U'<<8 | 'L':
		return UL, true
	case 'U'<<8 | 'N':
		return UN, true
	case 'U'<<8 | 'R':
		return UR, true
	case 'U'<<8 | 'S':
		return US, true
	case 'U'<<8 | 'T':
		return UT, true
	case 'U'<<8 | 'V':
		return UV, true
	}
	return "", false
}

// IsText reports whether values are strings of characters.
func (v VR) IsText() bool {
	switch v {
	case AE, AS, CS, DA, DS, DT, IS, LO, LT, PN, SH, ST, TM, UC, UI, UR, UT:
		return true
	}
	return false
}

// UsesCharset reports whether Specific Character Set applies to the values;
// the other text VRs are plain ASCII.
//
// Source: DICOM PS3.5 Section 6.1.2.2.
func (v VR) UsesCharset() bool {
	switch v {
	case LO, LT, PN, SH, ST, UC, UT:
		return true
	}
	return false
}

// HasLongLength reports whether the explicit form has a length of 32 bits
// after two reserved bytes.
//
// Source: DICOM PS3.5 Section 7.1.2.
func (v VR) HasLongLength() bool {
	switch v {
	case OB, OD, OF, OL, OV, OW, SQ, SV, UC, UN, UR, UT, UV:
		return true
	}
	return false
}

// WordSize returns the bytes of one value for binary VRs, 1 for OB and UN,
// and 0 for text and sequences.
func (v VR) WordSize() int {
	switch v {
	case OB, UN:
		return 1
	case OW, SS, US:
		return 2
	case AT, FL, OF, OL, SL, UL:
		return 4
	case FD, OD, OV, SV, UV:
		return 8
	}
	return 0
}
