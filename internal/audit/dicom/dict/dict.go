package dict

import (
	"sort"
	"strings"
)

// Entry describes a data element.
type Entry struct {
	Tag     Tag    // for a repeating group the first tag of the range, such as (6000,3000)
	Keyword string // "PatientName"; empty for a few retired elements
	Name    string // "Patient's Name"
	VR      string // "PN"; several are joined by " or ": "US or SS"
	VM      string // "1", "1-n", "2-2n", …
	Retired bool
}

// repeat is a data element whose tag has free digits, such as 60XX,3000.
type repeat struct {
	Mask  Tag // bits that must agree
	Entry Entry
}

var (
	groupLength    = Entry{Keyword: "GenericGroupLength", Name: "Generic Group Length", VR: "UL", VM: "1", Retired: true}
	privateCreator = Entry{Keyword: "PrivateCreator", Name: "Private Creator", VR: "LO", VM: "1"}
)

// Lookup returns the entry for a tag. Repeating groups (50xx, 60xx and the
// like), group lengths and private creators have entries too; other private
// elements have none.
func Lookup(t Tag) (Entry, bool) {
	e := Find(t)
	if e == nil {
		return Entry{}, false
	}
	return *e, true
}

// Keyword returns the keyword of a tag, or "".
func Keyword(t Tag) string {
	if e := Find(t); e != nil {
		return e.Keyword
	}
	return ""
}

// VR returns the value representation of a tag as the dictionary writes it
// ("PN", "US or SS"), or "".
func VR(t Tag) string {
	if e := Find(t); e != nil {
		return e.VR
	}
	return ""
}

// Find is Lookup without a copy; nil if there is no entry. The entry is not to
// be changed.
func Find(t Tag) *Entry {
	if t.IsPrivate() {
		if t.IsPrivateCreator() {
			return &privateCreator
		}
		return nil
	}
	low, high := 0, len(elements)
	for low < high {
		middle := int(uint(low+high) >> 1)
		if elements[middle].Tag < t {
			low = middle + 1
		} else {
			high = middle
		}
	}
	if low < len(elements) && elements[low].Tag == t {
		return &elements[low]
	}
	if mayRepeat(t.Group()) {
		for i := range repeats {
			if r := &repeats[i]; t&r.Mask == r.Entry.Tag {
				return &r.Entry
			}
		}
	}
	if t.IsGroupLength() {
		return &groupLength
	}
	return nil
}

func mayRepeat(group uint16) bool {
	switch group {
	case 0x0020, 0x0028, 0x1000, 0x1010:
		return true
	}
	switch group >> 8 {
	case 0x50, 0x60, 0x7F:
		return true
	}
	return false
}

// ByKeyword returns the entry with the keyword, spelled as in the standard.
// It is slow (one pass over the table) and meant for tests and for building
// tables.
func ByKeyword(keyword string) (Entry, bool) {
	if keyword == "" {
		return Entry{}, false
	}
	for i := range elements {
		if elements[i].Keyword == keyword {
			return elements[i], true
		}
	}
	for i := range repeats {
		if repeats[i].Entry.Keyword == keyword {
			return repeats[i].Entry, true
		}
	}
	return Entry{}, false
}

// TransferSyntax describes how a data set is encoded.
type TransferSyntax struct {
	UID          string
	Name         string
	Keyword      string
	Encapsulated bool   // pixel data is a sequence of fragments
	BigEndian    bool   // all values are big endian
	Implicit     bool   // elements carry no VR
	Deflated     bool   // the whole data set is a deflate stream
	Family       string // "native", "jpeg_ls", "video", "other", …
	Lossy        string // "yes", "no", "maybe"
	Retired      bool
}

// IsPrivate reports whether the syntax is a vendor's own.
func (s TransferSyntax) IsPrivate() bool { return !strings.HasPrefix(s.UID, "1.2.840.10008.") }

// LookupTransferSyntax returns the transfer syntax with the UID.
func LookupTransferSyntax(uid string) (TransferSyntax, bool) {
	i := sort.Search(len(transferSyntaxes), func(i int) bool { return transferSyntaxes[i].UID >= uid })
	if i < len(transferSyntaxes) && transferSyntaxes[i].UID == uid {
		return transferSyntaxes[i], true
	}
	return TransferSyntax{}, false
}

// SOPClass describes a SOP Class.
type SOPClass struct {
	UID     string
	Name    string
	Keyword string
	IOD     string // "ct-image"; empty if unknown or not a storage class
	Storage bool
	Retired bool
}

// LookupSOPClass returns the SOP Class with the UID.
func LookupSOPClass(uid string) (SOPClass, bool) {
	i := sort.Search(len(sopClasses), func(i int) bool { return sopClasses[i].UID >= uid })
	if i < len(sopClasses) && sopClasses[i].UID == uid {
		return sopClasses[i], true
	}
	return SOPClass{}, false
}

// SOPClassByKeyword returns the SOP Class with the keyword, such as
// "CTImageStorage". It is slow and meant for tests and for building tables.
func SOPClassByKeyword(keyword string) (SOPClass, bool) {
	for i := range sopClasses {
		if keyword != "" && sopClasses[i].Keyword == keyword {
			return sopClasses[i], true
		}
	}
	return SOPClass{}, false
}

// TransferSyntaxByKeyword returns the transfer syntax with the keyword, such
// as "ExplicitVRLittleEndian".
func TransferSyntaxByKeyword(keyword string) (TransferSyntax, bool) {
	for i := range transferSyntaxes {
		if keyword != "" && transferSyntaxes[i].Keyword == keyword {
			return transferSyntaxes[i], true
		}
	}
	return TransferSyntax{}, false
}
