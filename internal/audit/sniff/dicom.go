package sniff

import "encoding/binary"

// hasDICM reports the prefix of a DICOM file.
//
// Source: DICOM PS3.10 Section 7.1.
func hasDICM(b []byte) bool { return len(b) >= 132 && string(b[128:132]) == "DICM" }

// isBareDICOM reports whether b reads as a data set without preamble: the
// first elements have ascending tags of group 0002 or 0008, explicit VRs or
// plausible implicit lengths, and lengths that stay within the file.
func isBareDICOM(b []byte, size int64) bool {
	for _, read := range []func([]byte) (element, bool){readExplicit, readImplicit} {
		if startsDataSet(b, size, read) {
			return true
		}
	}
	return false
}

// element is the header of a data element.
type element struct {
	tag    uint32
	header int   // bytes before the value
	length int64 // bytes of the value
}

// startsDataSet walks up to 5 elements; 2 must be seen, or 1 if it fills the file.
func startsDataSet(b []byte, size int64, read func([]byte) (element, bool)) bool {
	const enough = 5
	var at int64
	var last uint32
	seen := 0
	for seen < enough && at < size {
		if at+8 > int64(len(b)) {
			break
		}
		e, ok := read(b[at:])
		if !ok || seen == 0 && !firstTag(e.tag) || seen > 0 && e.tag <= last {
			return false
		}
		if e.length > size-at-int64(e.header) {
			return false
		}
		last = e.tag
		at += int64(e.header) + e.length
		seen++
	}
	return seen >= 3 || seen >= 2 && at == size
}

// firstTag reports whether a data set may begin with tag.
func firstTag(tag uint32) bool {
	switch {
	case tag == 0x00020000, tag == 0x00020001, tag == 0x00020002, tag == 0x00020010:
		return true
	}
	return tag >= 0x00080000 && tag <= 0x00080060
}

func readTag(b []byte) uint32 {
	return uint32(binary.LittleEndian.Uint16(b))<<16 | uint32(binary.LittleEndian.Uint16(b[2:]))
}

func readExplicit(b []byte) (element, bool) {
	switch string(b[4:6]) {
	case "AE", "AS", "AT", "CS", "DA", "DS", "DT", "FL", "FD", "IS", "LO", "LT", "PN", "SH", "SL", "SS", "ST", "TM", "UI", "UL", "US":
		return element{readTag(b), 8, int64(binary.LittleEndian.Uint16(b[6:]))}, true
	case "OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV":
		if len(b) < 12 {
			return element{}, false
		}
		length := binary.LittleEndian.Uint32(b[8:])
		return element{readTag(b), 12, int64(length)}, b[6] == 0 && b[7] == 0
	}
	return element{}, false
}

func readImplicit(b []byte) (element, bool) {
	length := binary.LittleEndian.Uint32(b[4:])
	return element{readTag(b), 8, int64(length)}, length%2 == 0
}
